"""An alert is sent, corrected, paused, cancelled and taken back while calls fail, answers are lost and workers die:
what was stopped does not leave, and a face that was taken back is seen nowhere, or the group is listed."""

from __future__ import annotations

import itertools
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.limits import TELEGRAM
from bot.messages import Fanout, FanoutOrder, FanoutVerb, Lane, Letter
from bot.store import bookings, pilots
from bot.store.database import Database
from bot.store.fanout_reads import progress
from bot.store.leases import Leased, Terms, lease
from bot.store.letter_rows import FanoutState, Post
from tests.bot.outbox.app import NOON, group, letter, rows, writing
from tests.bot.outbox.conftest import clean, tables
from tests.bot.outbox.test_fanouts import GROUPS, recall
from tests.thorough import many

S = timedelta(seconds=1)
CHATS = GROUPS[:6]
WORKERS = st.sampled_from(["one", "two"])
OVER = (FanoutState.CANCELLED, FanoutState.RECALLED)


def terms(worker: str) -> Terms:
    names = frozenset({"telegram"})
    return Terms(worker, {"telegram": TELEGRAM}, names, 10 * S, names)


def resend(lane: Lane, channel: str, harmless: str, failures: int) -> bool:
    return bool(harmless) or lane is not Lane.ALERT


class FanoutMachine(RuleBasedStateMachine):
    db: Database

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.numbers = itertools.count(1)
        self.state = FanoutState.RUNNING
        self.lane = Lane.ALERT
        self.hands: dict[str, list[Leased]] = {"one": [], "two": []}
        self.visible: dict[tuple[str, str], str] = {}  #: (chat, message) -> the picture it shows.
        self.heard: set[str] = set()  #: Chats in which it was seen, or may have been.

    @initialize(lane=st.sampled_from([Lane.ALERT, Lane.UPDATE]))
    def an_empty_house(self, lane: Lane) -> None:
        clean(self.db)
        self.lane = lane
        self.a_ring_is_told(set(CHATS), "1")
        self.a_worker_leases("one")

    def do(self, fn: Any) -> Any:
        return self.db.write_now(fn)

    def says(self, *things: Any) -> None:
        self.do(writing(*things, now=self.now))

    # --- what people order

    @rule(chats=st.sets(st.sampled_from(CHATS), min_size=1), tag=st.sampled_from(["1", "2"]))
    def a_ring_is_told(self, chats: set[Any], tag: str) -> None:
        letter = Letter(group(), "missing", lane=self.lane, case="a1", slot="a1:alert", photos=("face",))
        self.says(Fanout(letter, tuple(sorted(chats, key=str)), tag))

    def in_hand(self) -> bool:
        return any(self.hands.values())

    @rule(verb=st.sampled_from(FanoutVerb))
    def somebody_orders(self, verb: FanoutVerb) -> None:
        self.says(FanoutOrder("a1", verb))
        match self.state, verb:
            case FanoutState.RUNNING, FanoutVerb.PAUSE:
                self.state = FanoutState.PAUSED
            case FanoutState.PAUSED, FanoutVerb.RESUME:
                self.state = FanoutState.RUNNING
            case ((FanoutState.RUNNING | FanoutState.PAUSED), FanoutVerb.CANCEL):
                self.state = FanoutState.CANCELLED

    @precondition(in_hand)
    @rule()
    def it_is_taken_back_in_flight(self) -> None:
        self.it_is_taken_back()

    @rule()
    def it_is_taken_back(self) -> None:
        self.says(recall(lane=self.lane))
        self.state = FanoutState.RECALLED

    @rule(to=st.sampled_from(CHATS))
    def somebody_else_writes(self, to: Any) -> None:
        self.says(letter("a card", to, lane=Lane.DUTY))

    # --- what workers do

    @rule(worker=WORKERS)
    def a_worker_leases(self, worker: str) -> None:
        for each in self.do(lambda c: lease(c, terms(worker), self.now, {}, 4)).letters:
            if each.case and not each.parcel.recalls:
                assert self.state is FanoutState.RUNNING, "what was stopped does not leave"
            if each.parcel.recalls and not each.parcel.edits:
                assert each.parcel.photos == ()
                assert each.parcel.to.chat in self.heard, "nobody hears the end of what was never begun"
            self.hands[worker].append(each)

    def one_of(self, data: st.DataObject) -> tuple[Terms, Leased]:
        worker = data.draw(st.sampled_from([name for name, hand in self.hands.items() if hand]))
        return terms(worker), self.hands[worker].pop(data.draw(st.integers(0, len(self.hands[worker]) - 1)))

    def may_have_heard(self, *letters: Leased) -> None:
        self.heard |= {each.parcel.to.chat for each in letters if each.case}

    def appears(self, each: Leased) -> str:
        """The app shows it."""
        self.may_have_heard(each)
        ref = each.parcel.edits or f"m{next(self.numbers)}"
        key = (each.parcel.to.chat, ref)
        self.visible[key] = each.parcel.photos[0] if each.parcel.photos else self.visible.get(key, "")
        return ref

    @precondition(in_hand)
    @rule(data=st.data(), named=st.booleans())
    def the_app_takes_one(self, data: st.DataObject, named: bool) -> None:
        holder, each = self.one_of(data)
        ref = self.appears(each)
        if named and each.parcel.photos:
            self.do(lambda c: pilots.keep(c, "telegram", "b", each.parcel.photos[0], "AgAC"))
        self.do(lambda c: bookings.sent(c, holder, each, ref, self.now))

    @precondition(in_hand)
    @rule(data=st.data())
    def an_answer_is_lost(self, data: st.DataObject) -> None:
        holder, each = self.one_of(data)
        self.may_have_heard(each)
        if data.draw(st.booleans(), label="it arrived"):
            self.appears(each)
        if resend(each.lane, "telegram", each.parcel.edits or ("x" if each.parcel.recalls else ""), 1):
            self.do(lambda c: bookings.again(c, holder, each, self.now, due=self.now, error="x", unsure=True))
        else:
            self.do(lambda c: bookings.ended(c, holder, each, self.now, Post.UNKNOWN, "no answer"))

    @precondition(in_hand)
    @rule(data=st.data(), how=st.sampled_from(["again", "429", "refused", "gone"]))
    def a_call_fails(self, data: st.DataObject, how: str) -> None:
        holder, each = self.one_of(data)
        match how:
            case "again":
                self.do(lambda c: bookings.again(c, holder, each, self.now, due=self.now + S, error="x"))
            case "429":
                self.do(lambda c: bookings.blocked(c, each, self.now + 5 * S, None))
                self.do(lambda c: bookings.again(c, holder, each, self.now, due=self.now, failed=False))
            case "refused":
                self.do(lambda c: bookings.ended(c, holder, each, self.now, Post.REFUSED, "x"))
            case _:
                self.do(lambda c: bookings.gone(c, holder, each, "kicked", self.now))

    @precondition(in_hand)
    @rule(data=st.data())
    def an_edit_is_impossible(self, data: st.DataObject) -> None:
        holder, each = self.one_of(data)
        anew = bool(each.parcel.edits)
        self.do(lambda c: bookings.again(c, holder, each, self.now, due=self.now, error="x", anew=anew))

    @precondition(in_hand)
    @rule(data=st.data())
    def a_worker_dies(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from([name for name, hand in self.hands.items() if hand]))
        self.may_have_heard(*self.hands[worker])
        for each in self.hands[worker]:
            if data.draw(st.booleans(), label="it arrived"):
                self.appears(each)
        self.hands[worker] = []
        if data.draw(st.booleans(), label="it is missed at once"):
            self.do(lambda c: bookings.expired(c, terms(worker), self.now, resend, mine=True))

    @rule(seconds=st.sampled_from([0.2, 2, 11]), worker=WORKERS)
    def time_passes(self, seconds: float, worker: str) -> None:
        """Past ten seconds those in hand are dealt with as if their worker had died: it may only be slow."""
        self.now += timedelta(seconds=seconds)
        self.may_have_heard(*self.hands["one"], *self.hands["two"])
        self.do(lambda c: bookings.expired(c, terms(worker), self.now, resend))

    # --- what always holds

    @invariant()
    def it_stands_as_it_was_told(self) -> None:
        states = {row["state"] for row in rows(self.db) if row["tag"] and not row["recalls"]}
        assert not (self.state is FanoutState.PAUSED and Post.WAITING in states)
        assert not (self.state in OVER and states & {Post.WAITING, Post.HELD})
        assert not (self.state is FanoutState.RUNNING and Post.HELD in states)
        assert self.db.read_now(lambda c: progress(c, "a1", {}, self.now)).state is self.state

    @invariant()
    def every_waiting_letter_has_its_line(self) -> None:
        assert self.db.write_now(lambda c: bookings.mend(c, self.now)) == 0

    def teardown(self) -> None:
        """Who is slow comes back; a third worker has all the time it needs. If it was taken back, the face is seen in
        no group but those that are listed."""
        if self.state is FanoutState.PAUSED:
            self.somebody_orders(FanoutVerb.RESUME)
        for worker, hand in self.hands.items():
            for each in hand:
                ref = self.appears(each)
                self.do(lambda c, each=each, ref=ref, w=worker: bookings.sent(c, terms(w), each, ref, self.now))
        self.hands = {"one": [], "two": [], "three": []}
        for _ in range(500):
            self.now += S
            self.do(lambda c: bookings.expired(c, terms("three"), self.now, resend))
            self.a_worker_leases("three")
            for each in self.hands["three"]:
                ref = self.appears(each)
                self.do(lambda c, each=each, ref=ref: bookings.sent(c, terms("three"), each, ref, self.now))
            self.hands["three"] = []
            if not [row for row in rows(self.db) if row["state"] in (Post.WAITING, Post.LEASED)]:
                break
        left = rows(self.db)
        assert not {row["state"] for row in left} & {Post.WAITING, Post.LEASED, Post.HELD}
        assert rows(self.db, "SELECT * FROM queue") == []
        if self.state is FanoutState.RECALLED:
            listed = {row["chat"] for row in left if row["state"] in (Post.UNKNOWN, Post.REFUSED, Post.GONE)}
            kept = {row["chat"] for row in left if row["recalls"] and row["fresh"]}  # It could not be changed there.
            # Of unknown fate and sent again: the slot knows one of two copies.
            copies = {row["chat"] for row in left if row["attempt"]} if self.lane is Lane.UPDATE else set()
            faces = {chat for (chat, _), picture in self.visible.items() if picture == "face"}
            assert faces <= listed | kept | copies


def play(db: Database, examples: int) -> None:
    class Machine(FanoutMachine):
        pass

    Machine.db = db
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def test_whatever_happens_to_a_fanout_on_sqlite() -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Database.open(f"sqlite:///{Path(folder)}/house.db")
        tables(db)
        try:
            play(db, many(40))
        finally:
            db.close_now()


@pytest.mark.postgres
def test_whatever_happens_to_a_fanout_on_postgres(postgres: str) -> None:
    db = Database.open(postgres)
    try:
        play(db, many(10))
    finally:
        db.close_now()
