"""Who may do what on the desk's page, as rules: areas, private matters, complaints about oneself, whoever holds it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.desks.permits import RIGHTS, Right, covers, hidden, rights_of, rights_on
from routing.case import Case, State
from routing.directory import Directory, Person, Role
from tests import town

CASE = Case("38164275", State.DISPATCHED, "r", "t", "m", town.NOON, "路灯不亮", "service.light", grid=town.GRID_1)


def person(name: str) -> Person:
    found = town.town().person(name)
    assert found is not None
    return found


def test_roles_that_work_with_cards_have_a_counter_at_most_and_no_case_even_if_they_hold_it() -> None:
    assert set(Role) - RIGHTS.keys() == {Role.PATROL}
    assert rights_of(person(town.LI)) == {Right.HOME, Right.HAND_OVER}
    assert rights_on(person(town.LI), replace(CASE, holder=town.LI), town.town()) == frozenset()


@pytest.mark.parametrize(
    ("who", "area", "yes"),
    [
        (town.DESK_BY_DAY, town.GRID_1, True),
        (town.DESK_BY_DAY, town.STREET, True),
        (town.DESK_BY_DAY, town.DISTRICT, False),
        (town.DESK_BY_DAY, "", True),
        (town.COMMUNITY_LEADER, town.GRID_2, True),
        (town.COMMUNITY_LEADER, town.GRID_3, False),
        (town.COMMUNITY_LEADER, "", False),
        (town.COMMUNITY_LEADER, "elsewhere", False),
    ],
)
def test_an_area_holds_what_lies_in_it_and_a_street_what_has_no_place(who: str, area: str, yes: bool) -> None:
    assert covers(person(who), area, town.town()) is yes


def test_a_private_matter_is_for_the_desk_and_whoever_holds_it() -> None:
    private = replace(CASE, category="order.family", private=True)
    assert Right.ACT in rights_on(person(town.DESK_BY_DAY), private, town.town())
    assert rights_on(person(town.COMMUNITY_LEADER), private, town.town()) == frozenset()
    held = replace(private, holder=town.COMMUNITY_LEADER)
    assert {Right.CASES, Right.PRIVATE, Right.ACT} <= rights_on(person(town.COMMUNITY_LEADER), held, town.town())


def test_an_editor_sees_no_case_and_an_approver_changes_none() -> None:
    assert rights_on(person(town.AUTHOR), CASE, town.town()) == frozenset()
    found = rights_on(person(town.APPROVER_1), CASE, town.town())
    assert Right.CASES in found and not found & {Right.ACT, Right.REROUTE, Right.UNMASK, Right.PRIVATE}


def test_a_complaint_is_hidden_from_whom_it_is_about_and_from_their_unit() -> None:
    rows = town.rows()
    unit = "s-police"
    colleague = Person("colleague", "甲乙", Role.LEADER, town.STREET, unit)
    directory = Directory.of(rows.areas, (*rows.people, colleague), rows.units, rows.groups, rows.duty)
    about = replace(CASE, category="order.staff", words="那个严警官收了钱", holder="")
    assert hidden(colleague, about, directory)
    assert rights_on(colleague, about, directory) == frozenset()
    assert not hidden(person(town.LEADER), about, directory)
    desk = replace(about, words="接线的人骂我")
    assert rights_on(person(town.DESK_BY_DAY), desk, directory) == frozenset()
    assert rights_on(person(town.DESK_BY_DAY), replace(desk, holder=town.DESK_BY_DAY), directory) == frozenset()
    assert not hidden(person(town.DESK_BY_DAY), replace(desk, category="order.neighbour"), directory)
