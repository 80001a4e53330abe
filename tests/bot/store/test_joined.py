"""Cases joined and split in any order, on both databases: never a circle, and every reporter hears the end once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.desks import closing, duty, report, same
from bot.desks.turn import Turn
from bot.messages import Letter
from bot.outcome import Outcome, Scene
from bot.store import Database, Keys, Stale, Store
from routing.case import OPEN, Case, IllegalMove, State
from routing.duplicates import may_join
from routing.sla import ClockKind
from tests.bot.store.cast import message, opened
from tests.bot.store.conftest import SECRET, render
from tests.databases import Servers
from tests.fakes import Clock
from tests.thorough import many
from tests.town import BOT, CHANNEL, LI, NOON, rows

MOST = 6
cases = st.integers(0, MOST - 1)


class Street(RuleBasedStateMachine):
    """Neighbours who report, and a cadre who joins, splits and works; the real desks over a real store."""

    new_url: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.runner, self.clock = asyncio.Runner(), Clock(NOON)
        self.db = Database.open(self.new_url())
        self.store = self.run(Store.open(self.db, Keys.of(SECRET), render, now=self.clock, first={CHANNEL: BOT}))
        self.run(self.store.replace_directory(rows()))
        self.numbers: list[str] = []
        self.lead: dict[str, str] = {}  #: What should be joined to what.
        self.causes = itertools.count()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.db.close())
        self.runner.close()

    # --- what people do

    @initialize()
    def two_report(self) -> None:
        self.somebody_reports(False)
        self.somebody_reports(False)

    @rule(private=st.booleans().map(lambda _: False) | st.booleans())
    def somebody_reports(self, private: bool) -> None:
        if len(self.numbers) < MOST:
            at = message(f"u{len(self.numbers)}", now=self.clock())
            fields = {"category": "order.family" if private else "service.light", "private": private}
            self.numbers.append(self.run(opened(self.store, at, **fields)).number)

    @rule(one=cases, other=cases)
    def one_is_joined_to_another(self, one: int, other: int) -> None:
        a, b = self.pick(one), self.pick(other)
        scene = self.scene(a, b)
        outcome = self.decided(scene, lambda turn: same.join(turn, scene.others[b], LI) if b in scene.others else None)
        case, lead = self.case(a), self.case(self.lead.get(b, b))
        assert (outcome is not None) == may_join(case, lead)
        if outcome is not None:
            self.run(self.store.commit(outcome))
            self.joined(a, lead.number)

    @rule(one=cases, other=cases)
    def two_are_joined_to_each_other_at_one_moment(self, one: int, other: int) -> None:
        a, b = self.pick(one), self.pick(other)
        first, second = self.scene(a, b), self.scene(b, a)
        if a == b or not (may_join(self.case(a), self.case(b)) and may_join(self.case(b), self.case(a))):
            return
        there = self.decided(first, lambda turn: same.join(turn, first.others[b], LI))
        back = self.decided(second, lambda turn: same.join(turn, second.others[a], LI))
        assert there is not None
        assert back is not None
        self.run(self.store.commit(there))
        self.joined(a, b)
        try:
            self.run(self.store.commit(back))
        except Stale:
            return
        raise AssertionError("a circle was written")

    @rule(one=cases)
    def one_is_split_again(self, one: int) -> None:
        number = self.pick(one)
        outcome = self.decided(self.scene(number), lambda turn: same.split(turn, LI))
        assert (outcome is not None) == (number in self.lead)
        if outcome is not None:
            self.run(self.store.commit(outcome))
            del self.lead[number]
            case = self.case(number)
            assert (case.state, case.joined_to) == (State.DISPATCHED, "")
            running = {clock.kind for clock in self.scene(number).clocks if clock.running}
            assert {ClockKind.CALL, ClockKind.DONE} <= running, "its promises are made anew"

    @rule(one=cases, minutes=st.integers(0, 90))
    def it_is_dealt_with(self, one: int, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        number = self.pick(one)
        scene = self.scene(number)
        assert scene.case is not None
        assert scene.reporter is not None
        state = scene.case.state
        # A private matter is spoken of alone only, and these wrote in a group.
        speaks = [number] if not scene.case.private or scene.reporter.resident.private else []
        outcome = self.decided(scene, _next(state))
        if outcome is None:
            return
        self.run(self.store.commit(outcome))
        told = {State.ACCEPTED: "same.done", State.DONE: "same.closed"}.get(state)
        followers = sorted(each for each, lead in self.lead.items() if lead == number)
        if told:
            heard = sorted(letter.case for letter in outcome.letters if letter.key == told)
            assert heard == followers, "each of them hears it, once, and nobody else"
            assert len(_to_reporter(outcome, number)) == len(speaks)
        if state in (State.RECEIVED, State.DISPATCHED):
            assert sorted(_statuses(outcome)) == sorted([*speaks, *followers])

    @rule(one=cases)
    def its_reporter_is_not_content(self, one: int) -> None:
        number = self.pick(one)
        before = self.case(number)
        outcome = self.decided(self.scene(number), closing.unsolved)
        assert (outcome is not None) == (before.state in (State.DONE, State.CLOSED, State.JOINED))
        if outcome is not None:
            self.run(self.store.commit(outcome))
            self.lead.pop(number, None)

    @rule(one=cases)
    def its_reporter_takes_it_back(self, one: int) -> None:
        number = self.pick(one)
        waits = number in self.lead.values()
        outcome = self.decided(self.scene(number), report.withdraw)
        assert outcome is not None
        self.run(self.store.commit(outcome))
        assert not waits or self.case(number).state is not State.WITHDRAWN, "others wait for it"

    # --- what holds whatever they did

    @invariant()
    def every_joined_case_leads_to_one_that_is_not(self) -> None:
        for number in self.numbers:
            case = self.case(number)
            assert (case.state is State.JOINED) == (number in self.lead)
            assert case.joined_to == self.lead.get(number, "")
            if case.joined_to:
                assert self.case(case.joined_to).state not in (State.JOINED, State.WITHDRAWN)
                assert not case.private
                assert not self.case(case.joined_to).private

    @invariant()
    def only_what_is_open_has_clocks_that_run(self) -> None:
        for number in self.numbers:
            running = [clock for clock in self.scene(number).clocks if clock.running]
            assert not running or self.case(number).state in OPEN

    @invariant()
    def a_number_leads_to_the_case_it_was_joined_to(self) -> None:
        for number, lead in self.lead.items():
            scene = self.scene(number)
            assert scene.others[lead].number == lead
            assert number in {each.case.number for each in self.scene(lead).joined}

    # --- inside

    def pick(self, index: int) -> str:
        return self.numbers[index % len(self.numbers)]

    def scene(self, number: str, other: str = "") -> Scene:
        found: Scene = self.run(self.store.scene_for_case(number, self.clock(), person=LI, other=other))
        return found

    def case(self, number: str) -> Case:
        case = self.scene(number).case
        assert case is not None
        return case

    def joined(self, number: str, lead: str) -> None:
        self.lead |= {each: lead for each, old in self.lead.items() if old == number}
        self.lead[number] = lead

    def decided(self, scene: Scene, work: Callable[[Turn], object]) -> Outcome | None:
        """What a desk decides; None, and nothing collected, where it may not be."""
        turn = Turn(f"c{next(self.causes)}", scene, self.store.directory, self.clock())
        try:
            work(turn)
        except IllegalMove:
            assert turn.outcome("").steps == ()
            return None
        return turn.outcome("")


def _next(state: State) -> Callable[[Turn], object]:
    """What comes next on the usual way."""
    match state:
        case State.RECEIVED | State.DISPATCHED:
            return _accepted
        case State.ACCEPTED:
            return lambda turn: duty.finish(turn, LI, "换好了")
        case State.DONE:
            return closing.solved
        case _:
            return _refused


def _accepted(turn: Turn) -> None:
    turn.known(holder=LI)
    duty.press(turn, "accept")


def _refused(turn: Turn) -> None:
    raise IllegalMove("nothing comes next")


def _to_reporter(outcome: Outcome, number: str) -> list[Letter]:
    return [each for each in outcome.letters if each.case == number and each.key in ("case.done", "case.closed")]


def _statuses(outcome: Outcome) -> list[str]:
    return [letter.case for letter in outcome.letters if letter.key == "case.status"]


def test_joined_and_split_in_any_order(engine: str, servers: Servers, tmp_path: Path) -> None:
    files = itertools.count()

    def new_url() -> str:
        if engine == "sqlite":
            return servers.sqlite(tmp_path / f"{next(files)}.db", tables=True)
        return servers.postgres(tables=True)

    class Here(Street):
        pass

    Here.new_url = staticmethod(new_url)  # type: ignore[assignment]
    some = settings(
        max_examples=many(12) if engine == "sqlite" else 5,
        stateful_step_count=20,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Here, settings=some)


def test_a_report_that_came_at_the_same_moment_leads_to_one_case() -> None:
    """Two who are each asked about the other: whoever presses first is joined, the other one is too late."""
    one = Case("11111111", State.DISPATCHED, "r", "t", "m", NOON, "灯", category="service.light", urgency="today")
    other = replace(one, number="22222222", opened_at=NOON + timedelta(seconds=1))
    assert may_join(one, other)
    assert not may_join(other, replace(one, state=State.JOINED, joined_to="22222222"))
