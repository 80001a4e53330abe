"""What the doctor finds in leave: hours that lose everybody below the desk, deputies who hear nothing, circles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.doctor_leave import leave_findings
from routing.directory import Leave, Role
from tests import town

EVERYBODY = frozenset(town.town().people)
PATROLS = tuple(person.id for person in town.rows().people if person.role is Role.PATROL)
TODAY = date(2026, 10, 5)


def found(*leave: Leave, reach: frozenset[str] = EVERYBODY) -> list[str]:
    directory = replace(town.rows(), leave=leave).directory()
    return [finding.what for finding in leave_findings(directory, reach, TODAY)]


def away(person: str, deputy: str | None = None, start: int = 0, days: int = 1) -> Leave:
    first = TODAY + timedelta(days=start)
    return Leave(person, first, first + timedelta(days=days - 1), deputy)


def all_below_the_desk(deputy: str | None = None) -> list[Leave]:
    return [away(person, deputy) for person in (*PATROLS, town.LI, town.WANG, town.COMMUNITY_LEADER)]


def test_nobody_on_leave_is_nothing_to_tell() -> None:
    assert found() == []


def test_leave_that_others_cover_is_nothing_to_tell() -> None:
    assert found(away(town.LI)) == []


def test_hours_that_lose_everybody_but_the_desk_are_named_by_day() -> None:
    (gap,) = found(*all_below_the_desk())
    assert "nobody but the desk" in gap
    assert "柳岸第一网格 (10-05 all day)" in gap


def test_hours_of_a_part_of_the_day_are_named() -> None:
    by_day = [leave for leave in all_below_the_desk() if leave.person not in town.PATROLS_BY_NIGHT]
    gap = found(*by_day)[0]
    assert "柳岸第一网格 (10-05 07:00-19:00)" in gap


def test_a_deputy_who_can_be_written_to_fills_the_gap() -> None:
    assert found(*all_below_the_desk(town.LEADER)) == []


def test_a_deputy_who_cannot_be_written_to_is_named_and_fills_nothing() -> None:
    said = found(*all_below_the_desk(town.LEADER), reach=EVERYBODY - {town.LEADER})
    assert said[0] == f"1 of 1 deputies cannot be written to: 何志明 ({town.LEADER})."
    assert "nobody but the desk" in said[1]


def test_deputies_in_a_circle_are_named() -> None:
    said = found(away(town.LI, town.WANG), away(town.WANG, town.LI))
    assert any("in a circle" in each and "李建国" in each for each in said)


def test_a_deputy_who_is_not_in_the_directory_is_named_by_id() -> None:
    assert "gone" in found(away(town.LI, "gone"))[0]


def test_leave_that_is_over_or_far_off_is_not_looked_at() -> None:
    assert found(away(town.LI, "gone", start=-3), away(town.LI, "gone", start=14)) == []
    assert found(away(town.LI, "gone", start=13)) != []
