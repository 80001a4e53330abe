"""What the doctor finds in the leave of the coming two weeks: hours that lose everybody, deputies who hear nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from bot.doctor_directory import DAY, below_desk, hours, on_duty
from bot.finding import Finding, Level, counted, some
from routing.directory import Area, AreaKind, Directory

DAYS = 14
_WHOLE = (1 << DAY) - 1


def leave_findings(directory: Directory, reach: Collection[str], today: date) -> Iterator[Finding]:
    """What leave takes from the ladder from `today` (local) on, for 14 days. `reach`: ids of those the bot can write
    to. Gaps that are there without any leave are the week's, and not told again."""
    if not directory.absences:
        return
    days = [today + timedelta(days=number) for number in range(DAYS)]
    coming = [leave for leave in directory.absences if leave.first <= days[-1] and leave.last >= today]
    named = sorted({leave.deputy for leave in coming if leave.deputy})
    if deaf := [_named(directory, deputy) for deputy in named if deputy not in reach]:
        yield Finding(
            Level.WARNING,
            f"{len(deaf)} of {len(named)} deputies cannot be written to: {some(deaf)}.",
            "Ask them to open the bot in a private chat and press Start, or name others in leave.csv.",
        )
    circle = {
        leave.person
        for leave in coming
        if leave.deputy
        for day in days
        if leave.holds(day) and directory.absences.deputy(leave.person, day) is None
    }
    if circle:
        yield Finding(
            Level.WARNING,
            f"{len(circle)} of those on leave have deputies who are away too, in a circle: "
            f"{some([_named(directory, person) for person in sorted(circle)])}.",
            "Name somebody in leave.csv who is there.",
        )
    gaps = []
    for grid in directory.areas.values():
        if grid.kind is AreaKind.GRID and (lost := _lost(directory, grid, reach, days)):
            gaps.append(f"{grid.name} ({some(lost, 2)})")
    if gaps:
        yield Finding(
            Level.WARNING,
            f"Leave leaves {counted(len(gaps), 'grid')} with nobody but the desk in hours of the coming {DAYS} days: "
            f"{some(gaps, 3)}.",
            "Name deputies in leave.csv, or be sure that the desk expects it.",
        )


def _lost(directory: Directory, grid: Area, reach: Collection[str], days: list[date]) -> list[str]:
    """The hours, day by day, in which somebody below the desk would be on duty but for leave."""
    people = [person.id for person in below_desk(directory, grid)]
    if not any(directory.absences.on(person, day) for person in people for day in days):
        return []
    found = []
    for day in days:
        usual = there = 0
        for person in people:
            usual |= _own(directory, person, day) if person in reach else 0
            stands = directory.absences.deputy(person, day) if directory.absences.on(person, day) else person
            if stands and stands in reach:
                for each in (stands, *directory.absences.stood_in_for(stands, day)):
                    there |= _own(directory, each, day)
        if lost := usual & ~there:
            shown = "all day" if lost == _WHOLE else hours(lost).removeprefix("Mon ")
            found.append(f"{day:%m-%d} {shown}")
    return found


def _own(directory: Directory, person: str, day: date) -> int:
    """The minutes of that day their shifts cover: bit n is minute n."""
    return on_duty(directory.roster.of(person)) >> (day.isoweekday() - 1) * DAY & _WHOLE


def _named(directory: Directory, id_: str) -> str:
    person = directory.person(id_)
    return f"{person.name} ({id_})" if person else id_
