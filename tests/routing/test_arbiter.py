"""A case that nobody takes as theirs: after the third "not ours" somebody decides whose it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from routing.case import Case, State, Step, Verb
from routing.route import passed_on, route
from tests.town import NIGHT, NOON, town

EVERYBODY = frozenset(town().people)
CASE = Case("38164275", State.RECEIVED, "r", "t", "m", NOON, category="service.light", urgency="today", grid="g1")


@pytest.mark.parametrize(
    ("passed", "asked", "person", "arbiter"),
    [
        (2, ("li", "qian"), "sun", False),
        (3, ("li", "qian", "sun"), "feng", True),
        (4, ("li", "qian", "sun", "feng"), "he", True),  # the desk itself passed it on: a leader of the street
        (5, ("li", "qian", "sun", "feng", "he"), "feng", True),  # and there it stays
    ],
)
def test_after_more_than_two_not_ours_the_desk_decides(
    passed: int, asked: tuple[str, ...], person: str, arbiter: bool
) -> None:
    found = route(replace(CASE, asked=asked), town(), EVERYBODY, NOON, passed=passed)
    assert (found.person, found.arbiter) == (person, arbiter)
    assert (f"arbiter: passed on {passed} times" in found.reason) is arbiter


def test_the_arbiter_is_whoever_can_be_written_to() -> None:
    asked = replace(CASE, asked=("li", "qian", "sun"))
    assert route(asked, town(), EVERYBODY, NIGHT, passed=3).person == "jiang"
    assert route(asked, town(), EVERYBODY - {"jiang"}, NIGHT, passed=3).person == "feng"  # not on duty
    assert route(asked, town(), EVERYBODY - {"jiang", "feng"}, NOON, passed=3).person == "cao"  # an administrator
    assert route(asked, town(), frozenset(), NOON, passed=3).person == ""


def steps(*verbs: str) -> Iterable[Step]:
    for place, verb in enumerate(verbs):
        name, _, by = verb.partition(" by ")
        yield Step("38164275", Verb(name), NOON + timedelta(minutes=place), by or "bot")


@pytest.mark.parametrize(
    ("verbs", "times"),
    [
        ((), 0),
        (("receive", "dispatch", "pass_on", "dispatch", "pass_on", "dispatch"), 2),
        (("pass_on", "pass_on", "pass_on", "dispatch", "dispatch by clock"), 3),
        (("pass_on", "pass_on", "pass_on", "dispatch by feng", "pass_on"), 1),  # a person decided meanwhile
        (("pass_on", "pass_on", "finish", "reopen", "pass_on"), 1),
        (("receive", "escalate by clock", "detail"), 0),
    ],
)
def test_not_ours_is_counted_since_a_person_decided_or_it_was_reopened(verbs: tuple[str, ...], times: int) -> None:
    assert passed_on(steps(*verbs)) == times
