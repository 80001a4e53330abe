"""The directory as a folder of files: read whole or refused with every wrong row, and written."""

import csv
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from bot import absence_csv, holidays_ics
from bot.absence_csv import read_hours, read_leave
from bot.csv_sheet import Fault, Faults, ImportRefused, Row, rows_of
from bot.holidays_ics import read_holidays, write_holidays
from routing.directory import (
    Area,
    AreaKind,
    DirectoryRows,
    Group,
    Hears,
    Person,
    Role,
    Shift,
    StandardAddress,
    Unit,
)
from routing.ground import boundary_fault
from routing.platforms import Platform

__all__ = ["COLUMNS", "Fault", "ImportRefused", "read_directory", "write_directory"]

COLUMNS = {
    "areas.csv": ("code", "parent", "kind", "name", "boundary"),
    "people.csv": ("id", "name", "role", "area", "unit", "phone", "channel", "user_id"),
    "units.csv": ("code", "platform", "name", "area"),
    "groups.csv": ("channel", "bot", "chat_id", "area", "name", "hears"),
    "duty.csv": ("person", "weekday", "from", "to"),
    "addresses.csv": ("address_id", "text", "area", "lat", "lon"),
}

#: What an area of each kind may lie in. "" is the top.
_LIES_IN: dict[AreaKind, tuple[str, ...]] = {
    AreaKind.DISTRICT: ("",),
    AreaKind.STREET: ("", AreaKind.DISTRICT),
    AreaKind.COMMUNITY: (AreaKind.STREET,),
    AreaKind.GRID: (AreaKind.COMMUNITY, AreaKind.STREET),
    AreaKind.MICRO: (AreaKind.GRID,),
    AreaKind.ZONE: (AreaKind.STREET, AreaKind.DISTRICT),
    AreaKind.PATROL: (AreaKind.ZONE, AreaKind.STREET),
}
_GROUPS_AT = (AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.GRID, AreaKind.MICRO)
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)
#: Columns a sheet may have as well.
OPTIONAL = {"groups.csv": ("test",)}
_PHONE = re.compile(r"\+?[0-9][0-9 -]{2,22}[0-9]", re.ASCII)
_LONGEST_BOUNDARY = 131_000  #: Characters; the csv module ends a field there.


def read_directory(folder: Path) -> DirectoryRows:
    """The rows of the six files in a folder, and of leave.csv, hours.csv and holidays.ics where they are there, all of
    them checked.

    Raises ImportRefused with every wrong row by file, line and reason when a single one is wrong.
    """
    faults = Faults()

    def sheet(file: str) -> Iterable[Row]:
        return rows_of(folder / file, COLUMNS[file], faults, OPTIONAL.get(file, ()))

    areas = _areas(sheet("areas.csv"))
    units = _units(sheet("units.csv"), areas)
    people = _people(sheet("people.csv"), areas, units)
    groups = _groups(sheet("groups.csv"), areas)
    duty = tuple(_shift(row, people) for row in sheet("duty.csv"))
    addresses = _addresses(sheet("addresses.csv"), areas)
    leave, hours = read_leave(folder, people, faults), read_hours(folder, areas, faults)
    holidays = read_holidays(folder / holidays_ics.FILE, faults)
    faults.refuse_if_any()
    people_, units_ = tuple(people.values()), tuple(units.values())
    return DirectoryRows(tuple(areas.values()), people_, units_, groups, duty, addresses, leave, holidays, hours)


def write_directory(rows: DirectoryRows, folder: Path) -> None:
    """Writes the files that `read_directory` reads back alike; of those that may be left out, the ones with rows. The
    folder is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, "areas.csv", ((a.code, a.parent, a.kind, a.name, a.boundary_wkt) for a in rows.areas))
    _write(
        folder,
        "people.csv",
        ((p.id, p.name, p.role, p.area, p.unit, p.phone, p.channel, p.user_id) for p in rows.people),
    )
    _write(folder, "units.csv", ((u.code, u.platform, u.name, u.area) for u in rows.units))
    tests = any(group.test for group in rows.groups)
    groups = (
        (g.channel, g.bot, g.chat_id, g.area, g.name, g.hears, *(["yes" * g.test] if tests else []))
        for g in rows.groups
    )
    _write(folder, "groups.csv", groups, OPTIONAL["groups.csv"] if tests else ())
    _write(folder, "duty.csv", ((s.person, s.weekday, f"{s.start:%H:%M}", f"{s.end:%H:%M}") for s in rows.duty))
    _write(folder, "addresses.csv", ((a.address_id, a.text, a.area, a.lat, a.lon) for a in rows.addresses))
    for file in (*absence_csv.COLUMNS, holidays_ics.FILE):
        (folder / file).unlink(missing_ok=True)
    if rows.leave:
        _write(folder, "leave.csv", ((a.person, a.first, a.last, a.deputy) for a in rows.leave))
    if rows.hours:
        hours = ((o.area, o.weekday, f"{o.start:%H:%M}", f"{o.end:%H:%M}") for o in rows.hours)
        _write(folder, "hours.csv", hours)
    if rows.holidays:
        write_holidays(folder / holidays_ics.FILE, rows.holidays)


def _write(folder: Path, file: str, lines: Iterable[Iterable[object]], more: tuple[str, ...] = ()) -> None:
    with (folder / file).open("w", encoding="utf-8", newline="") as sheet:
        writer = csv.writer(sheet, lineterminator="\n")
        writer.writerow((*{**COLUMNS, **absence_csv.COLUMNS}[file], *more))
        writer.writerows(lines)


def _once(what: str) -> Callable[[Row, str], None]:
    """Notes a fault for a code that an earlier line has."""
    lines: dict[str, int] = {}

    def check(row: Row, code: str) -> None:
        if code and lines.setdefault(code, row.line) != row.line:
            row.wrong(f'{what} "{code[:40]}" is already on line {lines[code]}')

    return check


def _areas(sheet: Iterable[Row]) -> dict[str, Area]:
    once = _once("code")
    found: dict[str, Area] = {}
    lines: dict[str, Row] = {}
    no_kind: set[str] = set()
    for row in sheet:
        code, parent = row.text("code"), row.maybe("parent")
        if row.maybe("kind") not in list(AreaKind):
            no_kind.add(code)
        kind, name = row.one_of("kind", AreaKind), row.text("name", 100)
        boundary = row.maybe("boundary", _LONGEST_BOUNDARY)
        if boundary and (fault := boundary_fault(boundary)):
            row.wrong(f"boundary {fault}")
        once(row, code)
        found.setdefault(code, Area(code, parent, kind, name, boundary))
        lines.setdefault(code, row)
    for code, area in found.items():
        if no_kind.isdisjoint((code, area.parent)) and (fault := _parent_fault(area, found)):
            lines[code].wrong(fault)
    return found


def _parent_fault(area: Area, areas: dict[str, Area]) -> str | None:
    parent = areas.get(area.parent) if area.parent else None
    if area.parent and parent is None:
        return f'parent "{area.parent[:40]}" is no area of this file'
    walked = [area.code]
    above = parent
    while above and above.code not in walked:
        walked.append(above.code)
        above = areas.get(above.parent) if above.parent else None
    if above and above.code == area.code:
        return f"its parents go in a circle: {' > '.join([*walked, area.code][:12])}"
    lies_in = parent.kind.value if parent else ""
    if lies_in not in _LIES_IN[area.kind]:
        allowed = " or ".join(f"a {kind}" if kind else "no area" for kind in _LIES_IN[area.kind])
        return f"a {area.kind} must have {allowed} as its parent, not {f'a {lies_in}' if lies_in else 'no area'}"
    return None


def _units(sheet: Iterable[Row], areas: dict[str, Area]) -> dict[str, Unit]:
    once = _once("code")
    found: dict[str, Unit] = {}
    for row in sheet:
        platform = row.one_of("platform", Platform)
        unit = Unit(row.text("code"), platform, row.text("name", 100), row.known("area", areas, "area", "areas.csv"))
        once(row, unit.code)
        found.setdefault(unit.code, unit)
    return found


def _people(sheet: Iterable[Row], areas: dict[str, Area], units: dict[str, Unit]) -> dict[str, Person]:
    once, user_once = _once("id"), _once("channel and user_id")
    found: dict[str, Person] = {}
    for row in sheet:
        person = Person(
            row.text("id"),
            row.text("name", 100),
            row.one_of("role", Role),
            row.known("area", areas, "area", "areas.csv"),
            row.known("unit", units, "unit", "units.csv") if row.maybe("unit") else None,
            row.maybe("phone"),
            row.maybe("channel"),
            row.maybe("user_id"),
        )
        if person.role is Role.UNIT and person.unit is None:
            row.wrong("a person of the role unit needs a unit")
        if person.phone and not _PHONE.fullmatch(person.phone):
            row.wrong("phone is not a telephone number")  # Not quoted back: faults end up on screens and in logs.
        if (person.channel is None) != (person.user_id is None):
            row.wrong("channel and user_id are given together or both left empty")
        if person.channel and not _CHANNEL.fullmatch(person.channel):
            row.wrong('channel is not a name such as "telegram"')
        if person.has_chat:
            user_once(row, f"{person.channel} {person.user_id}")
        once(row, person.id)
        found.setdefault(person.id, person)
    return found


def _groups(sheet: Iterable[Row], areas: dict[str, Area]) -> tuple[Group, ...]:
    once = _once("channel, bot and chat_id")
    found: list[Group] = []
    for row in sheet:
        group = Group(
            row.text("channel"),
            row.text("bot"),
            row.text("chat_id"),
            row.known("area", areas, "area", "areas.csv"),
            row.text("name", 255),
            row.one_of("hears", Hears),
            row.maybe("test") == "yes",
        )
        if row.maybe("test") not in (None, "yes"):
            row.wrong('test is "yes" for a group that hears drills alone, else empty')
        if group.channel and not _CHANNEL.fullmatch(group.channel):
            row.wrong('channel is not a name such as "telegram"')
        if (area := areas.get(group.area)) and area.kind not in _GROUPS_AT:
            row.wrong(f"a group belongs to a community or a grid, not to a {area.kind}")
        once(row, f"{group.channel} {group.bot} {group.chat_id}")
        found.append(group)
    return tuple(found)


def _shift(row: Row, people: dict[str, Person]) -> Shift:
    person = row.known("person", people, "person", "people.csv")
    return Shift(person, row.weekday("weekday"), row.clock("from"), row.clock("to"))


def _addresses(sheet: Iterable[Row], areas: dict[str, Area]) -> tuple[StandardAddress, ...]:
    once = _once("address_id")
    found: list[StandardAddress] = []
    for row in sheet:
        code, text = row.text("address_id"), row.text("text", 200)
        area = row.known("area", areas, "area", "areas.csv")
        once(row, code)
        found.append(StandardAddress(code, text, area, *row.place("lat", "lon")))
    return tuple(found)
