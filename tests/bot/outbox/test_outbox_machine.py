"""Whatever happens in whatever order: never two calls into one chat, order within a lane, never sent again, no letter
lost, no window broken. On the store's own functions, with workers that crash."""

from __future__ import annotations

import itertools
import tempfile
from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial
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

from bot.limits import Limits, Rate
from bot.messages import Lane
from bot.store import bookings
from bot.store.database import Database
from bot.store.leases import Leased, Terms, lease
from bot.store.letter_rows import Post
from tests.bot.outbox.app import NOON, fanout, group, letter, person, rows, writing
from tests.bot.outbox.conftest import clean, tables
from tests.bot.outbox.test_limits import most_in
from tests.thorough import many

S = timedelta(seconds=1)
LIMITS = Limits(
    bot=Rate.per_second(5, burst=3), group=Rate.within(6, 20 * S, burst=2), private=Rate(S, burst=2)
)  # fmt: skip
CHATS = [group(1), group(2), group(3), person(7), group(1, bot="other")]
END = {Post.SENT, Post.UNKNOWN, Post.REFUSED, Post.GONE}


def resend(lane: Lane, channel: str, edits: str, failures: int) -> bool:
    return bool(edits) or lane not in (Lane.ALERT, Lane.CHATTER)


class OutboxMachine(RuleBasedStateMachine):
    db: Database

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.words = itertools.count()
        self.refs = itertools.count(1)
        self.terms = {
            name: Terms(name, {"telegram": LIMITS}, frozenset({"telegram"}), 10 * S) for name in ("one", "two")
        }  # fmt: skip
        self.hands: dict[str, list[Leased]] = {"one": [], "two": []}
        self.said: set[int] = set()  #: Rows recorded as sent.
        self.shows: dict[tuple[str, str, str], str] = {}  #: (bot, chat, slot) -> the message that shows it.
        self.latest: dict[tuple[str, str, str], str] = {}  #: Slot -> the last words written for it.
        self.reads: dict[tuple[str, str, str], str] = {}  #: Slot -> the words its chat reads.
        self.begun: dict[tuple[str, ...], list[datetime]] = defaultdict(list)

    @initialize()
    def an_empty_house(self) -> None:
        clean(self.db)

    def do(self, fn: Any) -> Any:
        return self.db.write_now(fn)

    # --- things that happen

    @rule(
        to=st.sampled_from(CHATS), lane=st.sampled_from(Lane), slot=st.sampled_from(["", "", "a", "b"]),
        fresh=st.booleans(), photos=st.sampled_from([(), (), ("p",), ("p", "q")]),
    )  # fmt: skip
    def somebody_writes(self, to: Any, lane: Lane, slot: str, fresh: bool, photos: tuple[str, ...]) -> None:
        words = f"w{next(self.words)}"
        self.latest[to.bot, to.chat, slot] = words
        one = letter(words, to, lane=lane, slot=slot, fresh=fresh and bool(slot), photos=photos)
        self.do(writing(one, now=self.now))

    @rule(slot=st.sampled_from(["", "a"]), lane=st.sampled_from([Lane.ALERT, Lane.CHATTER]))
    def everybody_is_told(self, slot: str, lane: Lane) -> None:
        words = f"w{next(self.words)}"
        self.latest |= {(to.bot, to.chat, slot): words for to in CHATS}
        self.do(writing(fanout(words, CHATS, slot=slot, lane=lane), now=self.now))

    @rule(worker=st.sampled_from(["one", "two"]), room=st.integers(1, 6))
    def a_worker_leases(self, worker: str, room: int) -> None:
        before = {row["id"]: row for row in rows(self.db)}
        haul = self.do(lambda c: lease(c, self.terms[worker], self.now, {}, room))
        for each in haul.letters:
            row = before[each.parcel.id]
            assert row["state"] == Post.WAITING
            assert row["due"] <= micros(self.now)
            ahead = [
                other for other in before.values()
                if other["state"] == Post.WAITING and other["id"] < row["id"]
                and all(other[name] == row[name] for name in ("bot", "chat", "lane"))
            ]  # fmt: skip
            assert not ahead, "order within (chat, lane)"
            shown = self.shows.get((row["bot"], row["chat"], row["slot"])) if row["slot"] else None
            assert each.parcel.edits == ("" if row["fresh"] else shown or "")
            cost = 1 if each.parcel.edits else max(1, len(each.parcel.photos))
            self.begun[row["bot"],] += [each.at] * cost
            self.begun[row["bot"], row["chat"]] += [each.at] * cost
        self.hands[worker] += haul.letters

    @rule(worker=st.sampled_from(["one", "two"]), seconds=st.sampled_from([0, 0.5, 4]))
    def a_worker_has_a_good_day(self, worker: str, seconds: float) -> None:
        for _ in range(4):
            mine = len(self.hands[worker])
            self.a_worker_leases(worker, 6)
            for each in self.hands[worker][mine:]:
                self.hands[worker].remove(each)
                self.taken(self.terms[worker], each)
            self.now += timedelta(seconds=seconds)

    def in_hand(self) -> bool:
        return any(self.hands.values())

    def one_of(self, data: st.DataObject) -> tuple[Terms, Leased]:
        worker = data.draw(st.sampled_from([name for name, hand in self.hands.items() if hand]))
        each = data.draw(st.sampled_from(self.hands[worker]))
        self.hands[worker].remove(each)
        return self.terms[worker], each

    @precondition(in_hand)
    @rule(data=st.data())
    def the_app_takes_one(self, data: st.DataObject) -> None:
        self.taken(*self.one_of(data))

    def taken(self, terms: Terms, each: Leased) -> None:
        ref = each.parcel.edits or f"m{next(self.refs)}"
        slot = (each.parcel.to.bot, each.parcel.to.chat, each.slot)
        before = {row["id"]: row for row in rows(self.db)}[each.parcel.id]
        self.do(partial(bookings.sent, terms=terms, letter=each, ref=ref, now=self.now))
        after = {row["id"]: row for row in rows(self.db)}[each.parcel.id]
        if before["state"] in (Post.SENT, Post.MERGED) or (
            before["state"] == Post.LEASED and before["worker"] != terms.worker
        ):
            self.latest.pop(slot, None)  # Its lease had run out and somebody else had it: two told the same story.
            return
        if each.slot:
            self.shows[slot] = ref
            self.reads[slot] = each.parcel.text
        assert (after["state"] == Post.SENT) == (before["payload_id"] == each.body)

    @precondition(in_hand)
    @rule(data=st.data(), anew=st.booleans(), wait=st.sampled_from([0, 1, 4]))
    def a_call_fails(self, data: st.DataObject, anew: bool, wait: int) -> None:
        terms, each = self.one_of(data)
        due = self.now + wait * S
        self.do(lambda c: bookings.again(c, terms, each, self.now, due=due, error="x", anew=anew and bool(each.slot)))

    @precondition(in_hand)
    @rule(data=st.data(), account=st.booleans())
    def a_429_comes(self, data: st.DataObject, account: bool) -> None:
        terms, each = self.one_of(data)
        until = self.now + 5 * S

        def book(c: Any) -> None:
            bookings.blocked(c, each, until, until if account else None)
            bookings.again(c, terms, each, self.now, due=self.now, failed=False)

        self.do(book)

    @precondition(in_hand)
    @rule(data=st.data(), state=st.sampled_from([Post.REFUSED, Post.UNKNOWN]))
    def a_letter_ends_badly(self, data: st.DataObject, state: Post) -> None:
        terms, each = self.one_of(data)
        self.do(lambda c: bookings.ended(c, terms, each, self.now, state, "x"))
        self.forget(each)

    @precondition(in_hand)
    @rule(data=st.data())
    def the_bot_is_thrown_out(self, data: st.DataObject) -> None:
        terms, each = self.one_of(data)
        self.do(lambda c: bookings.gone(c, terms, each, "kicked", self.now))
        self.forget(each)

    @precondition(in_hand)
    @rule(data=st.data())
    def the_group_moves(self, data: st.DataObject) -> None:
        terms, each = self.one_of(data)
        chat = f"-9{abs(int(each.parcel.to.chat))}" if len(each.parcel.to.chat) < 6 else "-1"
        self.do(lambda c: bookings.moved(c, terms, each, chat, self.now))
        self.forget(each)
        self.latest = {slot: words for slot, words in self.latest.items() if slot[1] != chat}

    def forget(self, each: Leased) -> None:
        """What this chat should read in the end is not said any more."""
        self.latest = {slot: words for slot, words in self.latest.items() if slot[1] != each.parcel.to.chat}

    @precondition(in_hand)
    @rule(data=st.data())
    def a_worker_crashes(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from([name for name, hand in self.hands.items() if hand]))
        self.hands[worker] = []
        if data.draw(st.booleans(), label="it comes back at once"):
            self.do(lambda c: bookings.expired(c, self.terms[worker], self.now, resend, mine=True))

    @rule(seconds=st.sampled_from([0.1, 0.5, 1, 3, 11]), worker=st.sampled_from(["one", "two"]))
    def time_passes(self, seconds: float, worker: str) -> None:
        self.now += timedelta(seconds=seconds)
        self.do(lambda c: bookings.expired(c, self.terms[worker], self.now, resend))

    @precondition(in_hand)
    @rule(worker=st.sampled_from(["one", "two"]))
    def a_worker_renews(self, worker: str) -> None:
        ids = [each.parcel.id for each in self.hands[worker]]
        if ids:
            self.do(lambda c: bookings.renew(c, self.terms[worker], ids, self.now + 10 * S))

    # --- what always holds

    @invariant()
    def at_most_one_call_per_chat(self) -> None:
        leased = [(row["bot"], row["chat"]) for row in rows(self.db) if row["state"] == Post.LEASED]
        assert len(leased) == len(set(leased))

    @invariant()
    def what_was_sent_stays_sent(self) -> None:
        sent = {row["id"] for row in rows(self.db) if row["state"] == Post.SENT}
        assert self.said <= sent
        self.said = sent

    @invariant()
    def every_waiting_letter_has_its_line(self) -> None:
        assert self.db.write_now(lambda c: bookings.mend(c, self.now)) == 0

    @invariant()
    def no_window_breaks(self) -> None:
        for key, begun in self.begun.items():
            if len(key) == 1:
                assert most_in(sorted(begun), S) <= 1 + 5 + 1, "paced: one and five a second; an album leaves as one"
            elif key[1].startswith("-"):
                assert most_in(sorted(begun), 20 * S) <= 6

    def teardown(self) -> None:
        """The workers die, a third one comes and has all the time it needs: nothing may be left in between."""
        terms = Terms("three", {"telegram": LIMITS}, frozenset({"telegram"}), 10 * S)
        for _ in range(2000):
            self.now += 1 * S
            self.do(lambda c: bookings.expired(c, terms, self.now, resend))
            haul = self.do(lambda c: lease(c, terms, self.now, {}, 64))
            for each in haul.letters:
                ref = each.parcel.edits or f"m{next(self.refs)}"
                self.do(partial(bookings.sent, terms=terms, letter=each, ref=ref, now=self.now))
                self.reads[each.parcel.to.bot, each.parcel.to.chat, each.slot] = each.parcel.text
            if all(row["state"] in (*END, Post.MERGED) for row in rows(self.db)):
                break
        left = rows(self.db)
        assert {row["state"] for row in left} <= {*END, Post.MERGED}
        ends = {row["id"]: row for row in left}
        for row in left:
            while row["state"] == Post.MERGED:
                row = ends[row["merged_into"]]
            assert row["state"] in END
            assert (row["state"] == Post.SENT) or row["error"]
        assert rows(self.db, "SELECT * FROM queue") == []
        parked = {(row["bot"], row["chat"], row["slot"]) for row in left if row["state"] in END - {Post.SENT}}
        for slot, words in self.latest.items():
            if slot[2] and slot not in parked:
                assert self.reads.get(slot) == words, "a slot shows its last words in the end"


def micros(at: datetime) -> int:
    return int((at - NOON) / timedelta(microseconds=1)) + int(NOON.timestamp()) * 1_000_000


def play(db: Database, examples: int, steps: int) -> None:
    class Machine(OutboxMachine):
        pass

    Machine.db = db
    checks = list(HealthCheck)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, suppress_health_check=checks, database=None
        ),
    )


def test_whatever_happens_on_sqlite() -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Database.open(f"sqlite:///{Path(folder)}/house.db")
        tables(db)
        try:
            play(db, many(40), 40)
        finally:
            db.close_now()


@pytest.mark.postgres
def test_whatever_happens_on_postgres(postgres: str) -> None:
    db = Database.open(postgres)
    try:
        play(db, many(10), 40)
    finally:
        db.close_now()
