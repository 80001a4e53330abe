"""route(): who gets a case, in a small town, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.case import Case, State
from routing.directory import Level
from routing.dispatch import Hands
from routing.platforms import CATEGORIES
from routing.route import ladder_of, route, superior
from tests.town import NIGHT, NOON, rows, town

EVERYBODY = frozenset(town().people)
CASE = Case("38164275", State.RECEIVED, "r", "t", "m", NOON, category="service.light", urgency="today", grid="g1")


def asked(*people: str) -> Case:
    return replace(CASE, asked=people)


@pytest.mark.parametrize(
    ("case", "at", "reach", "person", "level"),
    [
        (CASE, NOON, EVERYBODY, "li", "cadre"),
        (replace(CASE, grid="g3"), NOON, EVERYBODY, "zhao", "cadre"),
        (replace(CASE, grid="m1"), NOON, EVERYBODY, "li", "cadre"),  # a stairway of g1
        (replace(CASE, grid="c1"), NOON, EVERYBODY, "lv", "community"),  # no grid known
        (replace(CASE, grid="c2"), NOON, EVERYBODY, "he", "street"),  # a community without a leader
        (replace(CASE, grid="s"), NOON, EVERYBODY, "he", "street"),
        (replace(CASE, grid=""), NOON, EVERYBODY, "feng", "desk"),
        (replace(CASE, grid="nowhere"), NOON, EVERYBODY, "feng", "desk"),
        (CASE, NIGHT, EVERYBODY, "wu", "patrol"),
        (asked("li"), NOON, EVERYBODY, "qian", "patrol"),
        (asked("li", "qian", "sun"), NOON, EVERYBODY, "lv", "community"),
        (asked("li", "qian", "sun", "lv"), NOON, EVERYBODY, "he", "street"),
        (asked("li", "qian", "sun", "lv", "he"), NOON, EVERYBODY, "feng", "desk"),
        (asked("li", "qian", "sun", "lv", "he", "feng"), NOON, EVERYBODY, "feng", "desk"),  # it stays at the desk
        (CASE, NOON, EVERYBODY - {"li"}, "qian", "patrol"),
        (CASE, NOON, frozenset({"feng"}), "feng", "desk"),
        (CASE, NIGHT, frozenset({"feng"}), "feng", "desk"),  # the night's desk cannot be written to
        (CASE, NOON, frozenset({"cao", "kong"}), "cao", "desk"),  # nor the day's: an administrator
        (CASE, NOON, frozenset({"kong", "yan"}), "", ""),
        (CASE, NOON, frozenset(), "", ""),
        (replace(CASE, category="service.other"), NOON, EVERYBODY, "feng", "desk"),
        (replace(CASE, category="order.staff"), NOON, EVERYBODY, "he", "street"),
        (replace(CASE, category="order.staff", asked=("he",)), NOON, EVERYBODY, "feng", "desk"),
        (replace(CASE, category="order.staff"), NOON, frozenset({"li", "qian", "lv"}), "", ""),
        (replace(CASE, category=""), NOON, EVERYBODY, "li", "cadre"),
        (replace(CASE, category="no.such.kind"), NOON, EVERYBODY, "li", "cadre"),
    ],
)
def test_who_is_asked(case: Case, at: object, reach: frozenset[str], person: str, level: str) -> None:
    found = route(case, town(), reach, at)  # type: ignore[arg-type]
    assert (found.person, found.level) == (person, level)


@pytest.mark.parametrize("code", CATEGORIES)
def test_every_kind_has_its_platform_and_a_unit_of_it(code: str) -> None:
    found = route(replace(CASE, category=code), town(), EVERYBODY, NOON)
    assert found.platform == CATEGORIES[code].platform
    unit = town().unit(found.unit)
    assert (unit is None) if code == "order.staff" else (unit is not None and unit.platform == found.platform)
    assert found.person
    assert code in found.reason


def test_within_a_level_the_least_loaded_is_asked() -> None:
    night = {"wu": Hands(3), "zhou": Hands(1)}
    assert route(CASE, town(), EVERYBODY, NIGHT, hands=night).person == "zhou"
    # A free patrol is no reason to pass a busy cadre over, as long as there is time.
    assert route(CASE, town(), EVERYBODY, NOON, hands={"li": Hands(9)}).person == "li"
    assert route(replace(CASE, urgency="now"), town(), EVERYBODY, NOON, hands={"li": Hands(9)}).person == "qian"


def test_above_somebody_nobody_of_their_level_is_asked() -> None:
    assert route(CASE, town(), EVERYBODY, NOON, above="li").person == "qian"
    assert route(CASE, town(), EVERYBODY, NOON, above="qian").person == "lv"
    assert route(CASE, town(), EVERYBODY, NOON, above="he").person == "feng"


def test_the_reason_names_kind_unit_place_person_and_whom_was_asked() -> None:
    reason = route(asked("li"), town(), EVERYBODY, NOON).reason
    for word in ("service.light", "service", "s-works", "柳岸第一网格", "patrol qian", "on duty", "after li"):
        assert word in reason
    assert "nobody can be written to" in route(CASE, town(), (), NOON).reason


def test_a_desk_off_duty_is_still_asked_when_nobody_else_is_there() -> None:
    gap = rows()
    nobody = replace(gap, duty=(), people=tuple(p for p in gap.people if p.id != "he")).directory()
    found = route(CASE, nobody, EVERYBODY, NOON)
    assert (found.level, found.on_duty) == ("desk", False)
    assert "not on duty" in found.reason


@pytest.mark.parametrize(
    ("holder", "steps", "person"),
    [
        ("li", 1, "qian"),
        ("li", 2, "lv"),
        ("li", 3, "he"),
        ("li", 4, "feng"),
        ("li", 40, "feng"),
        ("sun", 1, "lv"),
        ("feng", 1, ""),
        ("wu", 1, "li"),  # went off duty: stands on the ground
        ("", 1, "li"),
    ],
)
def test_who_stands_above(holder: str, steps: int, person: str) -> None:
    assert superior(replace(CASE, holder=holder), town(), EVERYBODY, NOON, steps) == person


def test_nobody_on_the_ground_is_told_of_a_complaint_about_staff() -> None:
    complaint = replace(CASE, category="order.staff")
    for at in (NOON, NIGHT):
        assert {rung.level for rung in ladder_of(complaint, town(), at)} <= {Level.STREET, Level.DESK}
        for holder in ("", "li", "he", "feng", "jiang"):
            for steps in range(1, 6):
                above = superior(replace(complaint, holder=holder), town(), EVERYBODY, at, steps)
                assert above in ("", "he", "feng", "jiang")
