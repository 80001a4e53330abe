"""MOVES, pair by pair, and a machine that tries everything: an illegal move changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from routing.case import MOVES, OPEN, Case, IllegalMove, State, Step, Verb, mermaid
from routing.sla import PROMISED, Clock, ClockKind, retime, start
from tests.thorough import many

AT = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
CASE = Case(
    "38164275", State.RECEIVED, "r1", "t1", "m1", AT, words="灯坏了", holder="li", asked=("li",), photos=("a.jpg",)
)


def step(verb: Verb, **given: object) -> Step:
    return replace(Step(CASE.number, verb, AT, "somebody", "words", ("b.jpg",), "other"), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_every_pair_moves_as_the_table_says_or_not_at_all(state: State, verb: Verb) -> None:
    case = replace(CASE, state=state)
    if (state, verb) in MOVES:
        assert case.may(verb)
        assert case.after(step(verb)).state is MOVES[state, verb]
        return
    assert not case.may(verb)
    before = replace(case)
    with pytest.raises(IllegalMove):
        case.after(step(verb))
    assert case == before


def test_accepted_is_only_ever_said_by_a_person() -> None:
    assert {verb for (_, verb), after in MOVES.items() if after is State.ACCEPTED and _ is not State.ACCEPTED} == {
        Verb.ACCEPT
    }


def test_what_has_ended_moves_only_by_reopening() -> None:
    for ended in set(State) - OPEN:
        leads = {verb: after for (state, verb), after in MOVES.items() if state is ended and after is not ended}
        assert leads == ({} if ended is State.WITHDRAWN else {Verb.REOPEN: State.RECEIVED})


def test_from_every_open_state_an_end_can_be_reached() -> None:
    reach = {state: {after for (before, _), after in MOVES.items() if before is state} for state in State}
    for state in OPEN:
        seen, rim = {state}, {state}
        while rim := {after for each in rim for after in reach[each]} - seen:
            seen |= rim
        assert State.CLOSED in seen


@pytest.mark.parametrize(
    ("state", "verb", "holder", "asked"),
    [
        (State.RECEIVED, Verb.DISPATCH, "other", ("li", "other")),
        (State.DISPATCHED, Verb.DISPATCH, "other", ("li", "other")),
        (State.DISPATCHED, Verb.ACCEPT, "somebody", ("li", "somebody")),
        (State.ACCEPTED, Verb.PASS_ON, "", ("li",)),
        (State.DONE, Verb.REOPEN, "", ()),
        (State.ACCEPTED, Verb.CALL, "li", ("li",)),
        (State.ACCEPTED, Verb.ESCALATE, "li", ("li",)),
    ],
)
def test_who_has_it_after_a_step(state: State, verb: Verb, holder: str, asked: tuple[str, ...]) -> None:
    after = replace(CASE, state=state).after(step(verb))
    assert (after.holder, after.asked) == (holder, asked)


def test_whoever_accepts_after_being_asked_is_named_once() -> None:
    assert replace(CASE, state=State.DISPATCHED).after(step(Verb.ACCEPT, by="li")).asked == ("li",)


def test_details_are_added_and_never_replace() -> None:
    after = CASE.after(step(Verb.DETAIL))
    assert (after.words, after.photos) == ("灯坏了\nwords", ("a.jpg", "b.jpg"))
    assert CASE.after(step(Verb.DETAIL, words="", photos=())) == CASE


def test_a_finish_keeps_words_and_photos_apart_from_the_report() -> None:
    after = replace(CASE, state=State.ACCEPTED).after(step(Verb.FINISH))
    assert (after.result, after.result_photos, after.words, after.photos) == (
        "words",
        ("b.jpg",),
        "灯坏了",
        ("a.jpg",),
    )


def test_a_joined_case_names_the_other_until_they_part() -> None:
    joined = replace(CASE, resembles="other").after(step(Verb.JOIN))
    assert (joined.joined_to, joined.resembles, joined.open) == ("other", "", False)
    assert joined.after(step(Verb.REOPEN)).joined_to == ""


def test_the_number_is_shown_in_two_halves() -> None:
    assert CASE.shown == "3816 4275"


def test_the_diagram_has_an_edge_for_every_move_that_leads_elsewhere() -> None:
    lines = "\n".join(mermaid())
    for (state, verb), after in MOVES.items():
        if state is not after:
            assert any(f"{state} --> {after}:" in line and verb in line for line in lines.splitlines())


class AnyLife(RuleBasedStateMachine):
    """A case and its clocks under any order of steps, by anybody, legal or not."""

    def __init__(self) -> None:
        super().__init__()
        self.now = AT
        self.case = replace(CASE, holder="", asked=())
        self.clocks = {clock.kind: clock for clock in start(CASE.number, "today", AT)}
        self.steps: list[Step] = []

    @rule(verb=st.sampled_from(Verb), by=st.sampled_from(["li", "wang", "r1"]), to=st.sampled_from(["li", "wang"]))
    def steps_on(self, verb: Verb, by: str, to: str) -> None:
        done = Step(self.case.number, verb, self.now, by, "", (), to)
        before = self.case
        try:
            self.case = self.case.after(done)
            self.steps.append(done)
        except IllegalMove:
            assert self.case is before
            assert (before.state, verb) not in MOVES

    @rule(seconds=st.integers(0, 3600))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(kind=st.sampled_from(PROMISED), what=st.sampled_from(["stop", "pause", "resume", "rang"]))
    def a_clock_is_touched(self, kind: ClockKind, what: str) -> None:
        before = self.clocks[kind]
        after: Clock = getattr(before, what)(self.now)
        if before.stopped_at:
            assert what == "rang" or after == before, "a stopped clock stays as it is"
            return
        assert after.promised_at >= before.promised_at, "by itself a promise never comes nearer"
        assert after.rung >= before.rung
        self.clocks[kind] = after

    @rule(urgency=st.sampled_from(["now", "today", "days"]))
    def another_kind_comes_to_light(self, urgency: str) -> None:
        timed = retime(tuple(self.clocks.values()), urgency, self.now)
        assert {clock.kind for clock in timed} >= set(self.clocks)
        for clock in timed:
            old = self.clocks.get(clock.kind, clock)
            assert not old.stopped_at or clock == old
            assert clock.started_at == AT, "all start at the first message"
        self.clocks = {clock.kind: clock for clock in timed}

    @invariant()
    def whoever_holds_it_was_asked(self) -> None:
        assert not self.case.holder or self.case.holder in self.case.asked

    @invariant()
    def a_case_that_is_with_somebody_names_them(self) -> None:
        if self.case.state in (State.DISPATCHED, State.ACCEPTED, State.ARRIVED):
            assert self.case.holder

    @invariant()
    def nobody_accepted_before_a_person_did(self) -> None:
        if self.case.state in (State.ACCEPTED, State.ARRIVED, State.DONE):
            assert any(each.verb is Verb.ACCEPT for each in self.steps)


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=many(60), stateful_step_count=30)
