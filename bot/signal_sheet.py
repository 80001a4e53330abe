"""A sheet of signals of another system: each row a report, read and checked as a whole before any of it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.channels.systems import Report
from bot.csv_sheet import Faults, Row
from bot.messages import Signal
from bot.webhooks import ID
from routing.directory import Directory
from routing.platforms import CATEGORIES

COLUMNS = ("id", "description")
OPTIONAL = ("service_code", "address_string", "address_id", "lat", "long", "requested_datetime")
MOST_WORDS = 4000
MOST_PLACE = 200


def reports_of(
    rows: Iterator[Row], faults: Faults, directory: Directory, most: int, now: datetime
) -> tuple[Report, ...]:
    """The reports of a sheet of at most so many rows. Raises ImportRefused with every wrong row by line and reason."""
    found: list[Report] = []
    lines: dict[str, int] = {}
    for count, row in enumerate(rows, 1):
        if count > most:
            row.wrong(f"is row {count:,}: at most {most:,} at once")
            break
        report = _report(row, directory, now)
        if (earlier := lines.setdefault(report.id, row.line)) != row.line:
            row.wrong(f"id {report.id!r} stands in line {earlier}, too")
        found.append(report)
    faults.refuse_if_any()
    return tuple(found)


def _report(row: Row, directory: Directory, now: datetime) -> Report:
    id = row.text("id", 100)
    if id and not ID.fullmatch(id):
        row.wrong("id: letters, digits, _ : and - only")
    code = row.maybe("service_code") or ""
    if code and code not in CATEGORIES:
        row.wrong(f"service_code {code!r} is no service")
    address_id = row.maybe("address_id", 100) or ""
    if address_id and not (directory.address(address_id) or directory.area(address_id)):
        row.wrong(f"address_id {address_id!r} is no standard address and no area of the directory")
    words = row.text("description", MOST_WORDS)
    if "\0" in words:
        row.wrong("description holds a control character (U+0000)")
    return Report(
        id,
        words,
        Signal(
            code,
            row.maybe("address_string", MOST_PLACE) or "",
            address_id,
            told_at=row.instant("requested_datetime", now),
        ),
        row.place("lat", "long") if row.maybe("lat") or row.maybe("long") else None,
    )
