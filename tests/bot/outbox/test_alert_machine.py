"""Whatever happens to an alert and to the outbox, in whatever order: no group reads words that two persons do not stand
behind, nobody outside the rings reads anything, and once it is taken back no group is left with it unseen."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, text

from bot import alert_door
from bot.channels.base import RenderedButton
from bot.clock import Sweeper
from bot.desks import missing
from bot.desks.missing import Refused
from bot.limits import Limits
from bot.messages import Lane, Letter
from bot.outcome import Outcome, Standing
from bot.store import Database, Keys, Store, alert_rows, bookings, letter_ink
from bot.store.fanout_reads import progress, unreached
from bot.store.leases import Leased, Terms, lease
from bot.store.letter_rows import Post
from routing.alert import OUT, Alert, Content, Ending, Kind, Missing, State
from routing.directory import Group
from routing.rings import rings
from tests import town
from tests.databases import Servers
from tests.thorough import many

S = timedelta(seconds=1)
NEUTRAL = "calm.jpg"
OUTSIDE = ("alerts.missing", "alerts.notice")  #: What groups read while it is out.
PEOPLE = (town.DESK_BY_DAY, town.APPROVER_1, town.APPROVER_2)
TERMS = Terms("one", {"telegram": Limits()}, frozenset({"telegram"}), 10 * S)
_KEPT = (
    "outbox",
    "fanout",
    "file_id",
    "payload",
    "queue",
    "slot",
    "rate_state",
    "clock",
    "alert_step",
    "alert",
    "cause",
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Plain:
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()


def render(letter: Letter) -> Plain:
    """What matters here: which text it is, and whose words."""
    return Plain(f"{letter.key}|{letter.params.get('words', '')}")


@dataclass(frozen=True)
class Shown:
    """A message as a group sees it."""

    chat: str
    text: str
    picture: str


class AlertMachine(RuleBasedStateMachine):
    store: Store
    run: Callable[[Any], Any]
    clock: list[Any]

    def __init__(self) -> None:
        super().__init__()
        self.words = itertools.count()
        self.refs = itertools.count(1)
        self.id = ""
        self.hand: list[Leased] = []
        self.messages: dict[str, Shown] = {}
        self.wrote: dict[str, str] = {}  #: Words -> who wrote them.
        self.approved: set[str] = set()  #: Words with a second person's yes.
        self.furthest = town.NOON
        self.unsure: set[str] = set()  #: Chats in which a call's answer was lost.

    @property
    def now(self) -> Any:
        return self.clock[0]

    @initialize(kind=st.sampled_from([Kind.MISSING, Kind.MISSING, Kind.NOTICE]))
    def an_empty_house(self, kind: Kind) -> None:
        def clean(connection: Connection) -> None:
            for name in _KEPT:
                connection.execute(text(f"DELETE FROM {name}"))
            connection.execute(text("DELETE FROM person_key WHERE id LIKE 'alert:%'"))

        self.store.db.write_now(clean)
        self.clock[0] = town.NOON
        self.kind = kind
        content = self.content(PEOPLE[0])
        begun = self.does(missing.begin, by=PEOPLE[0], kind=kind, area=town.GRID_1, content=content)
        assert begun is not None
        self.id = next(change.id for change in begun.changes if isinstance(change, Alert))

    def content(self, by: str) -> Content:
        words = f"w{next(self.words)}"
        self.wrote[words] = by
        person = Missing("阿婆", 78, clothes="红衣", place="桥头", seen_at=town.NOON)
        return Content("停水", words, person if self.kind is Kind.MISSING else None, "mother.jpg")

    @property
    def alert(self) -> Alert:
        found = self.store.db.read_now(lambda c: alert_rows.alert(c, self.store.keys, self.id))
        assert found is not None
        return found

    def does(self, verb: Callable[..., Outcome], **said: Any) -> Outcome | None:
        """None: it was refused."""
        cause = f"click:{next(_numbers)}"

        def decide(scene: Any, directory: Any, now: Any) -> Outcome:
            return verb(cause, scene, directory, now, **said)

        try:
            return self.run(alert_door.do(self.store, self.id, cause, decide, lambda: self.now))  # type: ignore[no-any-return]
        except Refused:
            return None

    # --- people

    @rule(by=st.sampled_from(PEOPLE), edits=st.booleans())
    def somebody_writes(self, by: str, edits: bool) -> None:
        self.does(missing.edit if edits else missing.correct, by=by, content=self.content(by))

    @rule(by=st.sampled_from(PEOPLE))
    def somebody_submits(self, by: str) -> None:
        self.does(missing.submit, by=by)

    @rule(by=st.sampled_from(PEOPLE))
    def somebody_approves(self, by: str) -> None:
        before = self.alert
        waiting = before.correction.content if before.correction else before.content
        done = self.does(missing.approve, by=by, confirmed=True, reference="7")
        if done is not None:
            assert self.wrote[waiting.words] != by
            self.approved.add(waiting.words)

    @rule()
    def it_goes_out_at_once(self) -> None:
        self.somebody_submits(PEOPLE[0])
        self.somebody_approves(PEOPLE[1])
        self.somebody_approves(PEOPLE[2])

    @rule(by=st.sampled_from(PEOPLE))
    def somebody_declines(self, by: str) -> None:
        self.does(missing.decline, by=by)

    @rule(to=st.sampled_from(["community", "street"]))
    def somebody_widens(self, to: str) -> None:
        self.does(missing.widen, by=PEOPLE[0], to=to)

    @rule(verb=st.sampled_from([missing.pause, missing.resume, missing.resume, missing.cancel]))
    def somebody_orders(self, verb: Callable[..., Outcome]) -> None:
        self.does(verb, by=PEOPLE[0])

    @rule(ending=st.sampled_from([Ending.FOUND, Ending.FALSE]))
    def somebody_takes_it_back(self, ending: Ending) -> None:
        if self.does(missing.take_back, by=PEOPLE[0], ending=ending) and self.hand:
            event("taken back while still sending")

    # --- time

    @rule(minutes=st.sampled_from([0.2, 3, 11, 60, -30]))
    def time_passes(self, minutes: float) -> None:
        """Or jumps: the clocks of machines do."""
        self.clock[0] += timedelta(minutes=minutes)
        self.furthest = max(self.furthest, self.now)
        self.sweeps()

    @rule()
    def a_day_passes(self) -> None:
        self.time_passes(24 * 60)

    def sweeps(self) -> None:
        for _ in range(6):
            if not self.run(Sweeper(self.store, lambda: self.now).sweep()):
                break
        self.write(lambda c: bookings.expired(c, TERMS, self.now, _resend))

    # --- the outbox

    def write(self, fn: Any) -> Any:
        return self.store.db.write_now(fn)

    def leases(self, room: int) -> list[Leased]:
        house = self.store.house
        haul: list[Leased] = self.write(lambda c: lease(c, TERMS, self.now, {}, room)).letters
        return [replace(each, parcel=letter_ink.opened(house, each.body, each.parcel)) for each in haul]

    @rule(room=st.integers(1, 3))
    def a_worker_leases(self, room: int) -> None:
        standing, letters = self.alert.state, self.leases(room)
        for each in letters:
            assert standing is State.LIVE or not each.parcel.text.startswith(OUTSIDE), "paused, stopped, or over"
        self.hand += letters

    @precondition(lambda self: bool(self.hand))
    @rule(first=st.booleans())
    def the_app_takes_one(self, first: bool) -> None:
        self.taken(self.hand.pop(0 if first else -1))

    def taken(self, each: Leased, *, answered: bool = True) -> None:
        parcel = each.parcel
        ref = parcel.edits or f"m{next(self.refs)}"
        before = self.messages.get(ref)
        picture = parcel.photos[0] if parcel.photos else before.picture if before else ""
        self.messages[ref] = Shown(parcel.to.chat, parcel.text, picture)
        if answered:
            self.write(lambda c: bookings.sent(c, TERMS, each, ref, self.now))

    @precondition(lambda self: bool(self.hand))
    @rule()
    def an_answer_is_lost(self) -> None:
        each = self.hand.pop()
        self.unsure.add(each.parcel.to.chat)
        self.taken(each, answered=False)
        self.write(lambda c: bookings.ended(c, TERMS, each, self.now, Post.UNKNOWN, "no answer"))

    @precondition(lambda self: bool(self.hand))
    @rule()
    def a_429_comes(self) -> None:
        each = self.hand.pop()
        until = self.now + 5 * S

        def book(c: Connection) -> None:
            bookings.blocked(c, each, until, None)
            bookings.again(c, TERMS, each, self.now, due=self.now, failed=False)

        self.write(book)

    @precondition(lambda self: bool(self.hand))
    @rule()
    def the_group_takes_nothing_any_more(self) -> None:
        each = self.hand.pop()
        self.write(lambda c: bookings.gone(c, TERMS, each, "kicked", self.now))
        self.unsure.add(each.parcel.to.chat)

    @precondition(lambda self: bool(self.hand))
    @rule(half_way=st.booleans())
    def a_worker_dies(self, half_way: bool) -> None:
        """Perhaps after the app took the letters, before anybody wrote it down."""
        for each in self.hand:
            self.unsure.add(each.parcel.to.chat)
            if half_way:
                self.taken(each, answered=False)
        self.hand = []
        self.write(lambda c: bookings.expired(c, TERMS, self.now, _resend, mine=True))

    def everything_leaves(self) -> None:
        for _ in range(60):
            while self.hand:
                self.taken(self.hand.pop())
            self.clock[0] += S
            self.write(lambda c: bookings.expired(c, TERMS, self.now, _resend))
            self.hand += self.leases(64)
            if not self.hand and not self.waits():
                return
        raise AssertionError("something waits for ever")

    def waits(self) -> bool:
        asked = text("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'leased')")
        return bool(self.store.db.read_now(lambda c: c.scalar(asked)))

    # --- what always holds

    @invariant()
    def no_group_reads_what_two_persons_do_not_stand_behind(self) -> None:
        for shown in self.messages.values():
            key, _, words = shown.text.partition("|")
            if key in OUTSIDE:
                assert words in self.approved

    @invariant()
    def nobody_outside_the_rings_reads_anything(self) -> None:
        if not self.id:
            return
        alert = self.alert
        order = {"": -1, "grid": 0, "community": 1, "street": 2, "district": 3}
        told = {
            group.chat_id
            for ring in rings(self.store.directory, alert.area)
            if order[ring.kind] <= order[alert.ring or ""]
            for group in ring.groups
        }
        assert {shown.chat for shown in self.messages.values()} <= told

    @invariant()
    def no_group_is_told_twice(self) -> None:
        chats = [s.chat for s in self.messages.values() if s.chat not in self.unsure]
        assert len(chats) == len(set(chats))

    def teardown(self) -> None:
        """Everything leaves that may; then it is taken back, and everything leaves again."""
        if not self.id:
            return
        self.clock[0] = self.furthest
        self.everything_leaves()
        alert = self.alert
        if alert.state is State.LIVE:
            for shown in self.messages.values():
                if shown.chat not in self.unsure:
                    assert shown.text.endswith(f"|{alert.content.words}"), "corrected everywhere"
        if alert.state in OUT:
            self.does(missing.take_back, by=PEOPLE[0], ending=Ending.WITHDRAWN)
        self.everything_leaves()
        how = self.store.db.read_now(lambda c: progress(c, self.id, {"telegram": Limits()}, self.now))
        listed = {each.to.chat for each in self.store.db.read_now(lambda c: unreached(c, self.id))}
        assert how.all.waiting == how.all.held == 0
        for shown in self.messages.values():
            if shown.text.startswith(OUTSIDE) or shown.picture == "mother.jpg":
                assert shown.chat in listed, "a group is left with it, and nobody sees that"
        for days in (2, 31):  # What is not out is given up; what it said of anybody is forgotten.
            self.clock[0] += timedelta(days=days)
            self.sweeps()
        assert self.alert.erased
        assert not self.run(self.store.due(self.now + timedelta(days=365)))


def _resend(lane: Lane, channel: str, edits: str, failures: int) -> bool:
    return bool(edits) or lane not in (Lane.ALERT, Lane.NOTICE, Lane.CHATTER)


def play(url: str, examples: int, steps: int) -> None:
    clock = [town.NOON]
    db = Database.open(url)
    with asyncio.Runner() as runner:
        try:
            keys = Keys.of(bytes(range(32)))
            store = runner.run(Store.open(db, keys, render, now=lambda: clock[0]))
            here = town.rows()
            groups = tuple(group for group in here.groups if group.channel == town.CHANNEL)
            trial = Group(town.CHANNEL, town.BOT, "-9", town.GRID_1, "演练群", test=True)
            runner.run(store.replace_directory(replace(here, groups=(*groups, trial))))
            store.standing = Standing(neutral=NEUTRAL)
            machine = type(
                "Machine", (AlertMachine,), {"store": store, "run": staticmethod(runner.run), "clock": clock}
            )
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=examples, stateful_step_count=steps, database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )  # fmt: skip
        finally:
            runner.run(db.close())


def test_whatever_happens_to_an_alert_on_sqlite(servers: Servers, tmp_path: Path) -> None:
    play(servers.sqlite(tmp_path / "house.db", tables=True), many(30), 25)


@pytest.mark.postgres
def test_whatever_happens_to_an_alert_on_postgres(servers: Servers) -> None:
    play(servers.postgres(tables=True), many(8), 25)
