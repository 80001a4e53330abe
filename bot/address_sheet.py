"""A sheet of addresses as people wrote them, matched row by row with the library, and the sheet of what was found."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bot.csv_sheet import Faults, rows_of
from routing.address import Candidate, match, sure
from routing.directory import Directory

__all__ = ["COLUMNS", "Account", "Match", "Result", "matched", "read_sheet", "write_sheet"]

COLUMNS = ("text",)
OPTIONAL = ("id", "area", "lat", "lon")
WRITTEN = ("id", "text", "area", "result", "address_id", "address", "grid", "score", "others")
_LONGEST = 1001
_OWN_GRID = 0.5  #: No more than the row's own grid: nothing was found in the words.
#: What a spreadsheet would take for a formula, in their full-width forms, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Result(StrEnum):
    MATCHED = "matched"  #: One place that needs no asking.
    AMBIGUOUS = "ambiguous"  #: Some that may be meant; a person should choose.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """A row of the sheet."""

    id: str
    text: str = field(repr=False)
    area: str | None
    pin: tuple[float, float] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """A row with what may be meant by it, best first."""

    asked: Asked
    result: Result
    found: tuple[Candidate, ...]


@dataclass(slots=True)
class Account:
    """How many rows came out how."""

    counts: Counter[Result] = field(default_factory=Counter)

    def of(self, matches: Iterable[Match]) -> Iterator[Match]:
        """The same matches, counted as they pass."""
        for each in matches:
            self.counts[each.result] += 1
            yield each

    @property
    def rows(self) -> int:
        return self.counts.total()


def read_sheet(path: Path, directory: Directory) -> tuple[Asked, ...]:
    """The rows: `text`, and if the sheet has them `id`, `area` (a code of the directory), `lat` and `lon` (WGS-84).

    Raises ImportRefused with every wrong row by line and reason; a row without a text is not wrong.
    """
    faults = Faults()
    found = []
    for row in rows_of(path, COLUMNS, faults, OPTIONAL):
        area = row.known("area", directory.areas, "area", "the directory") if row.maybe("area") else None
        pin = row.place("lat", "lon") if row.maybe("lat") or row.maybe("lon") else None
        found.append(Asked(row.maybe("id") or str(row.line), row.maybe("text", _LONGEST) or "", area, pin))
    faults.refuse_if_any()
    return tuple(found)


def matched(rows: Iterable[Asked], directory: Directory) -> Iterator[Match]:
    """Each row with its places, one after the other."""
    for row in rows:
        found = match(row.text, row.pin, row.area, directory)
        if not any(each.score > _OWN_GRID for each in found):
            yield Match(row, Result.NONE, ())
        else:
            yield Match(row, Result.MATCHED if sure(found) else Result.AMBIGUOUS, found)


def write_sheet(path: Path, matches: Iterable[Match]) -> None:
    """Writes them as CSV for a spreadsheet. The file is there when it is whole, or as it was before."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as sheet:
            writer = csv.writer(sheet, lineterminator="\n")
            writer.writerow(WRITTEN)
            writer.writerows(map(_line, matches))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _line(each: Match) -> list[str]:
    asked = each.asked
    first = each.found[0] if each.found else None
    best = (first.address_id or "", first.text, first.grid or "", f"{first.score:.2f}") if first else ("", "", "", "")
    others = " | ".join(f"{other.text} ({other.score:.2f})" for other in each.found[1:])
    return [_defused(cell) for cell in (asked.id, asked.text, asked.area or "", each.result, *best, others)]


def _defused(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell
