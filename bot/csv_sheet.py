"""A CSV sheet from outside: its rows with their line numbers, and every fault found in them."""

import csv
import io
import math
import re
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from routing.working_hours import LOCAL

#: A million addresses are some 100 MB.
MOST_BYTES = 512 * 1024 * 1024
_HH_MM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
#: What was told longer ago is a slip of the pen; a clock elsewhere may be ahead of ours.
YEAR, AHEAD = timedelta(days=366), timedelta(minutes=5)
_SHOWN = 40  #: Characters of a wrong value that are quoted back.

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where. Line 1 is the header."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


class ImportRefused(Exception):
    """Nothing was imported: `faults` names every wrong row."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


@dataclass(slots=True)
class Faults:
    """Collects faults, so that one look shows them all."""

    found: list[Fault] = field(default_factory=list)
    #: Files that could not be read to their end: what seems to be missing from them may be there.
    unread: set[str] = field(default_factory=set)

    def add(self, file: str, line: int, reason: str) -> None:
        self.found.append(Fault(file, line, reason))

    def unreadable(self, file: str, line: int, reason: str) -> None:
        self.add(file, line, reason)
        self.unread.add(file)

    def refuse_if_any(self) -> None:
        """Raises ImportRefused with every fault, in the order of the lines."""
        if self.found:
            raise ImportRefused(tuple(sorted(self.found, key=lambda fault: (fault.file, fault.line))))


class Row:
    """One row. Each reader returns the value or, after noting the fault, something of the right type: a sheet with a
    fault is never used."""

    __slots__ = ("_faults", "_values", "file", "line")

    def __init__(self, file: str, line: int, values: dict[str, str], faults: Faults) -> None:
        self.file, self.line, self._values, self._faults = file, line, values, faults

    def wrong(self, reason: str) -> None:
        self._faults.add(self.file, self.line, reason)

    def maybe(self, column: str, most: int = 64) -> str | None:
        """The trimmed text, None when empty."""
        value = self._values[column].strip()
        if len(value) > most:
            self.wrong(f"{column} is {len(value)} characters long, at most {most} are allowed")
        elif (bad := next((c for c in value if unicodedata.category(c) == "Cc"), None)) and most <= 1000:
            self.wrong(f"{column} holds a control character (U+{ord(bad):04X})")
        return value or None

    def text(self, column: str, most: int = 64) -> str:
        value = self.maybe(column, most)
        if value is None:
            self.wrong(f"{column} is empty")
        return value or ""

    def one_of(self, column: str, choices: type[E]) -> E:
        """The choice written there; after noting a fault, the first."""
        value = self.maybe(column)
        for choice in choices:
            if choice.value == value:
                return choice
        self.wrong(f"{column} {_quoted(value)} is not one of {', '.join(choices)}")
        return next(iter(choices))

    def known(self, column: str, among: Container[str], what: str, file: str) -> str:
        """A code that the other file has."""
        value = self.text(column)
        if value and value not in among and file not in self._faults.unread:
            self.wrong(f"{column} {_quoted(value)} is no {what} of {file}")
        return value

    def clock(self, column: str) -> time:
        value = self.maybe(column)
        if match := _HH_MM.fullmatch(value or ""):
            return time(int(match[1]), int(match[2]))
        self.wrong(f"{column} {_quoted(value)} is not a time HH:MM from 00:00 to 23:59")
        return time()

    def weekday(self, column: str) -> int:
        value = self.maybe(column)
        if value in ("1", "2", "3", "4", "5", "6", "7"):
            return int(value)
        self.wrong(f"{column} {_quoted(value)} is not a day from 1 (Monday) to 7 (Sunday)")
        return 1

    def day(self, column: str) -> date:
        value = self.maybe(column)
        try:
            if _DAY.fullmatch(value or ""):
                return date.fromisoformat(value or "")
        except ValueError:
            pass  # 2026-02-30
        self.wrong(f"{column} {_quoted(value)} is not a day such as 2026-10-01")
        return date(2000, 1, 1)

    def instant(self, column: str, now: datetime) -> datetime | None:
        """An instant of the last year, None when empty. Without an offset it is local time."""
        value = self.maybe(column)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value) if _INSTANT.fullmatch(value) else None
            at = at and (at if at.tzinfo else at.replace(tzinfo=LOCAL)).astimezone(UTC)
        except (ValueError, OverflowError):  # 2026-02-30; the first day of the year 1
            at = None
        if at is None:
            self.wrong(f"{column} {_quoted(value)} is not an instant such as 2026-10-01T08:30:00+08:00")
        elif not now - YEAR < at <= now + AHEAD:
            self.wrong(f"{column} {_quoted(value)} is not within the last year")
        return at

    def place(self, latitude: str, longitude: str) -> tuple[float, float]:
        """(lat, lon) in degrees."""
        lat, lon = self._degrees(latitude), self._degrees(longitude)
        if lat is None or lon is None:
            return 0.0, 0.0
        if abs(lat) > 90 and abs(lat) <= 180 and abs(lon) <= 90:
            self.wrong(f"{latitude} {lat:g} and {longitude} {lon:g} are swapped")
        elif abs(lat) > 90 or abs(lon) > 180:
            self.wrong(f"{latitude} {lat:g}, {longitude} {lon:g} lies outside the globe")
        return lat, lon

    def _degrees(self, column: str) -> float | None:
        value = self.maybe(column)
        try:
            degrees = float(value or "")
        except ValueError:
            degrees = math.nan
        if math.isfinite(degrees):
            return degrees
        self.wrong(f"{column} {_quoted(value)} is not a number of degrees")
        return None


def rows_of(path: Path, columns: tuple[str, ...], faults: Faults, optional: tuple[str, ...] = ()) -> Iterator[Row]:
    """The rows of a sheet: UTF-8 (with or without a BOM), a header with exactly these columns in any order,
    and those of the `optional` ones that it wants; the others are empty.

    Empty lines are passed over. What cannot be read is a fault, and ends the sheet.
    """
    content = _content_of(path, faults)
    if content is not None:
        yield from rows_in(path.name, content, columns, faults, optional)


def rows_in(
    name: str, content: bytes, columns: tuple[str, ...], faults: Faults, optional: tuple[str, ...] = ()
) -> Iterator[Row]:
    """The rows of a sheet that did not come as a file; faults call it `name`."""
    text = _text_of(name, content, faults)
    if text is None:
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = [column.strip() for column in next(reader, [])]
        if reason := _header_fault(header, columns, optional):
            faults.unreadable(name, 1, reason)
            return
        line = reader.line_num + 1
        for values in reader:
            if any(value.strip() for value in values):
                if len(values) == len(header):
                    yield Row(name, line, dict.fromkeys(optional, "") | dict(zip(header, values, strict=True)), faults)
                else:
                    faults.add(name, line, f"has {len(values)} fields, the header has {len(header)}")
            line = reader.line_num + 1
    except csv.Error as error:
        faults.unreadable(name, line, f"cannot be read as CSV: {error}")


def _content_of(path: Path, faults: Faults) -> bytes | None:
    try:
        if path.stat().st_size > MOST_BYTES:
            faults.unreadable(path.name, 1, f"is larger than {MOST_BYTES // 1024 // 1024} MB")
            return None
        return path.read_bytes()
    except FileNotFoundError:
        faults.unreadable(path.name, 1, "is missing; all six files are needed, the header alone will do")
        return None
    except OSError as error:
        faults.unreadable(path.name, 1, f"cannot be read: {error.strerror}")
        return None


def _text_of(name: str, content: bytes, faults: Faults) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.unreadable(name, line, f"is not UTF-8{_guess(content)}; save the file as CSV UTF-8 and import it again")
        return None


def _guess(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return " but UTF-16"
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return " but GBK, as a Chinese Excel saves it"


def _header_fault(header: list[str], columns: tuple[str, ...], optional: tuple[str, ...]) -> str | None:
    if missing := [column for column in columns if column not in header]:
        return f"has no column {', '.join(missing)}; the header is {','.join(columns)}"
    if unknown := [column for column in header if column not in (*columns, *optional)]:
        known = ",".join((*columns, *optional))
        return f"has an unknown column {', '.join(map(_quoted, unknown))}; the header is {known}"
    if len(set(header)) < len(header):
        return f"names a column twice; the header is {','.join(columns)}"
    return None


def _quoted(value: str | None) -> str:
    value = value or ""
    return f'"{value[:_SHOWN]}…"' if len(value) > _SHOWN else f'"{value}"'
