"""The sheets of the directory that may be left out: leave.csv (who is away) and hours.csv (when an office is open)."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

from bot.csv_sheet import Faults, Row, rows_of
from routing.absence import Leave
from routing.working_hours import Opening

COLUMNS = {
    "leave.csv": ("person", "from", "to", "deputy"),
    "hours.csv": ("area", "weekday", "from", "to"),
}


def read_leave(folder: Path, people: Container[str], faults: Faults) -> tuple[Leave, ...]:
    """The rows of leave.csv; () without the file. Faults are noted by line."""
    found: list[Leave] = []
    lines: dict[str, list[tuple[Leave, int]]] = {}
    for row in _sheet(folder, "leave.csv", faults):
        person = row.known("person", people, "person", "people.csv")
        first, last = row.day("from"), row.day("to")
        deputy = row.known("deputy", people, "person", "people.csv") if row.maybe("deputy") else None
        leave = Leave(person, first, last, deputy)
        if last < first:
            row.wrong("to is a day before from")
        if deputy == person:
            row.wrong("nobody is their own deputy; leave deputy empty when nobody stands in")
        before = lines.setdefault(person, [])
        for other, line in before:
            if other.first <= last and first <= other.last:
                row.wrong(f"the days overlap with the same person's on line {line}")
        before.append((leave, row.line))
        found.append(leave)
    return tuple(found)


def read_hours(folder: Path, areas: Container[str], faults: Faults) -> tuple[Opening, ...]:
    """The rows of hours.csv; () without the file. Faults are noted by line."""
    found: list[Opening] = []
    for row in _sheet(folder, "hours.csv", faults):
        area = row.known("area", areas, "area", "areas.csv")
        opening = Opening(area, row.weekday("weekday"), row.clock("from"), row.clock("to"))
        if opening.end <= opening.start:
            row.wrong("to is not after from; hours over midnight are two rows")
        found.append(opening)
    return tuple(found)


def _sheet(folder: Path, file: str, faults: Faults) -> Iterator[Row]:
    if (folder / file).exists():
        yield from rows_of(folder / file, COLUMNS[file], faults)
