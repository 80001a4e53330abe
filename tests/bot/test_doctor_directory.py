"""What the doctor finds in a directory: areas, people and groups that nobody would hear from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.doctor_directory import DAY, WEEK, directory_findings, hours, on_duty
from bot.finding import Finding, Level
from routing.directory import AreaKind, DirectoryRows, Role
from routing.roster import Roster, Shift
from routing.sla import LOCAL
from tests import town

WEB_BOTS = {"web:web", "telegram:bot1"}
EVERYBODY = frozenset(town.town().people)


def about(found: list[Finding], words: str) -> Finding:
    """The one finding that speaks of it."""
    (finding,) = [each for each in found if words in each.what]
    return finding


def found_in(rows: DirectoryRows, reach: frozenset[str] = EVERYBODY) -> list[Finding]:
    return list(directory_findings(rows.directory(), reach, WEB_BOTS))


def test_the_town_has_nobody_but_the_desk_at_night_in_the_grids_without_patrols() -> None:
    assert not [each for each in found_in(town.rows()) if each.level is Level.WARNING]
    patrols = frozenset(p.id for p in town.rows().people if p.role is Role.PATROL)
    finding = about(found_in(town.rows(), EVERYBODY - patrols), "nobody but the desk")
    assert "every day 19:00-07:00" in finding.what


def test_hours_without_even_the_desk_are_told() -> None:
    rows = town.rows()
    lazy = tuple(
        shift
        for shift in rows.duty
        if not (shift.weekday == 7 and shift.person in (town.DESK_BY_DAY, *town.PATROLS_BY_DAY))
    )
    gone = tuple(
        shift for shift in lazy if not (shift.weekday == 7 and shift.person in (town.LI, town.COMMUNITY_LEADER))
    )
    finding = about(found_in(replace(rows, duty=gone)), "not even at the desk")
    assert "柳岸第一网格 (Sun 07:00-19:00)" in finding.what
    assert finding.what.startswith("1 of 4 grids")


def test_those_who_cannot_be_written_to_are_named() -> None:
    finding = about(found_in(town.rows(), EVERYBODY - {town.LI}), "never started the bot")
    assert "李建国 (li)" in finding.what
    assert "Start" in finding.mend
    without = tuple(replace(p, channel=None, user_id=None) if p.id == town.WANG else p for p in town.rows().people)
    assert "王秀英" in about(found_in(replace(town.rows(), people=without)), "no chat account").what


def test_what_is_missing_in_the_directory_is_told() -> None:
    rows = town.rows()
    assert about(found_in(DirectoryRows()), "directory is empty").mend.startswith("wuyou import")
    no_desk = tuple(person for person in rows.people if person.role is not Role.DESK)
    assert about(found_in(replace(rows, people=no_desk)), "Nobody sits").level is Level.BROKEN
    no_li = tuple(person for person in rows.people if person.id != town.LI)
    assert "柳岸第一网格" in about(found_in(replace(rows, people=no_li)), "no cadre").what
    flat = tuple(replace(area, boundary_wkt=None) if area.code == town.GRID_2 else area for area in rows.areas)
    assert "柳岸第二网格" in about(found_in(replace(rows, areas=flat)), "no boundary").what
    no_grids = tuple(area for area in rows.areas if area.kind not in (AreaKind.GRID, AreaKind.MICRO))
    assert about(found_in(replace(rows, areas=no_grids, groups=())), "There is no grid")
    assert about(found_in(replace(rows, groups=())), "no group")


def test_a_group_of_a_bot_that_does_not_run_is_told() -> None:
    found = list(directory_findings(town.town(), EVERYBODY, {"web:web"}))
    assert about(found, "'bot1', which").level is Level.WARNING


def test_the_minutes_of_a_week_agree_with_the_roster() -> None:
    shifts = (
        Shift("x", 1, time(7), time(19)),
        Shift("x", 3, time(19), time(7)),
        Shift("x", 5, time(8), time(8)),
        Shift("x", 7, time(22, 30), time(6, 15)),
    )
    monday, minutes, roster = datetime(2026, 1, 5, tzinfo=LOCAL), on_duty(shifts), Roster(shifts)
    for minute in range(0, WEEK, 5):
        instant = (monday + timedelta(minutes=minute)).astimezone(UTC)
        assert bool(minutes >> minute & 1) == roster.on_duty("x", instant), instant


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([(0, WEEK)], "all week"),
        ([(day * DAY + 19 * 60, day * DAY + 31 * 60) for day in range(7)], "every day 19:00-07:00"),
        ([(5 * DAY, 7 * DAY)], "Sat 00:00-Mon 00:00"),
        ([(420, 1140)], "Mon 07:00-19:00"),
        ([(6 * DAY + 1320, 7 * DAY + 360)], "Sun 22:00-Mon 06:00"),
        (
            [(day * DAY, day * DAY + 60) for day in range(5)],
            "Mon 00:00-01:00, Tue 00:00-01:00, Wed 00:00-01:00 and 2 more",
        ),
    ],
)
def test_hours_are_told_in_words(spans: list[tuple[int, int]], words: str) -> None:
    minutes = 0
    for start, end in spans:
        for minute in range(start, end):
            minutes |= 1 << (minute % WEEK)
    assert hours(minutes) == words
