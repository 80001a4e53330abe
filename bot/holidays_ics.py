"""Holidays as a calendar file (iCal): days off and days worked instead, read whole or refused by line, and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from icalendar import Calendar, Event

from bot.csv_sheet import Faults
from routing.working_hours import Holiday

FILE = "holidays.ics"
MOST_BYTES = 1024 * 1024
_MOST_DAYS = 60  #: Of one event; a longer one is a slip of the pen.
_YEARS = range(2000, 2101)
_BEGIN = re.compile(rb"^BEGIN:VEVENT\s*$", re.MULTILINE | re.IGNORECASE)
#: How calendars mark a day that is worked in exchange: by category, in the title, or as Apple's do.
_WORKED = ("调休", "补班", "上班", "（班）", "(班)")
_OFF = ("放假", "休息", "（休）", "(休)")
_CATEGORIES = frozenset({"WORK", "WORKDAY", "WORKING-DAY", "调休", "补班", "上班", "班"})


def read_holidays(path: Path, faults: Faults) -> tuple[Holiday, ...]:
    """The days of the file's events, in their order; () without a file. What is wrong is noted with the line on which
    its event begins, and then nothing of the file is to be used."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        faults.unreadable(path.name, 1, f"cannot be read: {error.strerror}")
        return ()
    if len(content) > MOST_BYTES:
        faults.unreadable(path.name, 1, f"is larger than {MOST_BYTES // 1024 // 1024} MB")
        return ()
    try:
        content.decode()
        events = Calendar.from_ical(content).walk("VEVENT")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.unreadable(path.name, line, "is not UTF-8; save the calendar as UTF-8 and import it again")
        return ()
    except (ValueError, LookupError) as error:
        faults.unreadable(path.name, 1, f"is not one whole calendar (iCal): {str(error)[:120]}")
        return ()
    lines = [content.count(b"\n", 0, found.start()) + 1 for found in _BEGIN.finditer(content)]
    found: dict[date, Holiday] = {}
    for event, line in zip(events, lines, strict=False):
        try:
            days = list(_days(event))
        except ValueError as error:
            faults.add(path.name, line, str(error))
            continue
        for each in days:
            if found.setdefault(each.day, each).works != each.works:
                faults.add(path.name, line, f"{each.day} is a day off in one event and worked in another")
    return tuple(found[day] for day in sorted(found))


def write_holidays(path: Path, holidays: Iterable[Holiday]) -> None:
    """Writes the file that `read_holidays` reads back alike: an event a day."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//wuyou//holidays//")
    for each in holidays:
        event = Event()
        event.add("uid", f"{each.day}@wuyou")
        event.add("dtstart", each.day)
        event.add("summary", each.name)
        if each.works:
            event.add("categories", ["WORKDAY"])
        calendar.add_component(event)
    path.write_bytes(calendar.to_ical())


def _days(event: Any) -> Iterator[Holiday]:
    """Raises ValueError with what is wrong with the event."""
    if event.errors:
        name, reason = event.errors[0]
        raise ValueError(f"{name or 'a line of the event'} cannot be read: {str(reason)[:120]}")
    if "RRULE" in event or "RDATE" in event:
        raise ValueError("an event that repeats is not read: holidays are decided each year, give each its own event")
    first, end = _day(event, "DTSTART"), _day(event, "DTEND")
    if first is None:
        raise ValueError("an event has no DTSTART")
    if end is None:
        length = event.get("DURATION")
        end = first + (length.dt if length is not None else timedelta(days=1))
    if not 1 <= (end - first).days <= _MOST_DAYS:
        raise ValueError(f"it must last from 1 to {_MOST_DAYS} days; DTEND is the day after the last one")
    if first.year not in _YEARS:
        raise ValueError(f"the year {first.year} is not one from {_YEARS[0]} to {_YEARS[-1]}")
    name = " ".join(str(event.get("SUMMARY", "")).split())[:100]
    works = _worked(event, name)
    for number in range((end - first).days):
        yield Holiday(first + timedelta(days=number), name, works)


def _day(event: Any, name: str) -> date | None:
    value = event.get(name)
    if isinstance(value, list):
        raise ValueError(f"{name} is given twice")
    if value is None:
        return None
    if isinstance(value.dt, datetime) or not isinstance(value.dt, date):
        raise ValueError(f"{name} is not a whole day; write {name};VALUE=DATE:20261001")
    return value.dt


def _worked(event: Any, name: str) -> bool:
    if str(event.get("X-APPLE-SPECIAL-DAY", "")).upper() == "ALTERNATE-WORKDAY":
        return True
    if any(str(each).strip().upper() in _CATEGORIES for each in event.categories):
        return True
    return not any(mark in name for mark in _OFF) and any(mark in name for mark in _WORKED)
