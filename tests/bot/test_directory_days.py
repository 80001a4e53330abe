"""leave.csv, hours.csv and holidays.ics: read whole, or refused with every wrong row by file, line and reason."""

from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest

from bot.directory_csv import ImportRefused, read_directory, write_directory
from bot.holidays_ics import MOST_BYTES
from routing.directory import DirectoryRows, Holiday, Leave, Opening
from tests.town import LI, STREET, WANG, rows

NATIONAL = [Holiday(date(2026, 10, day), "国庆节") for day in range(1, 8)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_directory(rows(), tmp_path)
    return tmp_path


def refused(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(ImportRefused) as refusal:
        read_directory(folder)
    return [(fault.file, fault.line, fault.reason) for fault in refusal.value.faults]


def calendar(*events: str) -> str:
    """Events as the lines between BEGIN and END; the first begins on line 4."""
    inner = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:office\n{inner}END:VCALENDAR\n"


def holidays(folder: Path, *events: str) -> tuple[Holiday, ...]:
    (folder / "holidays.ics").write_text(calendar(*events), "utf-8")
    return read_directory(folder).holidays


def test_what_was_written_is_read_back_alike_and_what_is_gone_is_gone(folder: Path) -> None:
    more = replace(
        rows(),
        leave=(
            Leave(LI, date(2026, 10, 1), date(2026, 10, 3), WANG),
            Leave(WANG, date(2026, 11, 1), date(2026, 11, 1)),
        ),
        holidays=(*NATIONAL, Holiday(date(2026, 10, 10), "国庆节后补班", works=True)),
        hours=(Opening(STREET, 1, time(9), time(12)), Opening(STREET, 1, time(14), time(17, 30))),
    )
    write_directory(more, folder)
    assert read_directory(folder) == more
    write_directory(rows(), folder)
    assert read_directory(folder) == rows()


def test_without_the_three_files_nobody_is_away_and_no_day_is_off(folder: Path) -> None:
    assert read_directory(folder) == replace(rows(), leave=(), holidays=(), hours=())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nobody,2026-10-01,2026-10-02,", 'person "nobody" is no person of people.csv'),
        ("li,2026-10-01,2026-10-02,nobody", 'deputy "nobody" is no person of people.csv'),
        ("li,2026-10-01,2026-10-02,li", "nobody is their own deputy"),
        ("li,2026-10-03,2026-10-02,", "to is a day before from"),
        ("li,2026-02-30,2026-10-02,", 'from "2026-02-30" is not a day'),
        ("li,2026-10-01,1.10.2026,", 'to "1.10.2026" is not a day'),
        ("li,2026-09-03,2026-09-03,", "the days overlap with the same person's on line 2"),
    ],
)
def test_a_wrong_leave_is_named(folder: Path, line: str, reason: str) -> None:
    (folder / "leave.csv").write_text(f"person,from,to,deputy\n{LI},2026-09-01,2026-09-03,\n{line}\n", "utf-8")
    assert any(found[:2] == ("leave.csv", 3) and found[2].startswith(reason) for found in refused(folder))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nowhere,1,09:00,17:00", 'area "nowhere" is no area of areas.csv'),
        (f"{STREET},8,09:00,17:00", 'weekday "8" is not a day'),
        (f"{STREET},1,17:00,09:00", "to is not after from"),
        (f"{STREET},1,9,17:00", 'from "9" is not a time'),
    ],
)
def test_wrong_hours_are_named(folder: Path, line: str, reason: str) -> None:
    (folder / "hours.csv").write_text(f"area,weekday,from,to\n{line}\n", "utf-8")
    assert any(found[:2] == ("hours.csv", 2) and found[2].startswith(reason) for found in refused(folder))


def test_an_event_covers_its_days_and_ends_before_dtend(folder: Path) -> None:
    found = holidays(folder, "DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261008\nSUMMARY:国庆节")
    assert list(found) == NATIONAL


@pytest.mark.parametrize("ending", ["", "\nDURATION:P1D"])
def test_an_event_without_an_end_is_a_day(folder: Path, ending: str) -> None:
    assert holidays(folder, f"DTSTART;VALUE=DATE:20270101\nSUMMARY:元旦{ending}") == (
        Holiday(date(2027, 1, 1), "元旦"),
    )


@pytest.mark.parametrize(
    ("mark", "works"),
    [
        ("SUMMARY:国庆节调休", True),
        ("SUMMARY:国庆节（班）", True),
        ("SUMMARY:补班", True),
        ("SUMMARY:国庆节\nCATEGORIES:Holidays,调休", True),
        ("SUMMARY:国庆节\nCATEGORIES:workday", True),
        ("SUMMARY:国庆节\nX-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY", True),
        ("SUMMARY:国庆节（休）\nX-APPLE-SPECIAL-DAY:WORK-HOLIDAY", False),
        ("SUMMARY:国庆节调休放假", False),
        ("SUMMARY:国庆节", False),
        ("CLASS:PUBLIC", False),
    ],
)
def test_a_day_worked_instead_is_known_by_its_mark(folder: Path, mark: str, works: bool) -> None:
    (found,) = holidays(folder, f"DTSTART;VALUE=DATE:20261010\n{mark}")
    assert found.works is works


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("SUMMARY:x", "an event has no DTSTART"),
        ("DTSTART:20261001T090000Z", "DTSTART is not a whole day"),
        ("DTSTART;VALUE=DATE:2026100", "DTSTART cannot be read"),
        ("DTSTART;VALUE=DATE:20261001\nDTSTART;VALUE=DATE:20261002", "DTSTART is given twice"),
        ("DTSTART;VALUE=DATE:20261001\nno colon", "a line of the event cannot be read"),
        ("DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261001", "it must last from 1 to 60 days"),
        ("DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20270101", "it must last from 1 to 60 days"),
        ("DTSTART;VALUE=DATE:19991001", "the year 1999 is not one from 2000"),
        ("DTSTART;VALUE=DATE:20261001\nRRULE:FREQ=YEARLY", "an event that repeats is not read"),
        (
            "DTSTART;VALUE=DATE:20260901\nSUMMARY:调休",
            "2026-09-01 is a day off in one event and worked in another",
        ),
    ],
)
def test_a_wrong_event_is_named_by_the_line_it_begins_on(folder: Path, event: str, reason: str) -> None:
    first = "DTSTART;VALUE=DATE:20260901\nSUMMARY:节"
    (folder / "holidays.ics").write_text(calendar(first, event), "utf-8")
    ((file, line, said),) = refused(folder)
    assert (file, line) == ("holidays.ics", 8)
    assert said.startswith(reason)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 1, "is not one whole calendar"),
        (b"hello", 1, "is not one whole calendar"),
        (calendar().encode() * 2, 1, "is not one whole calendar"),
        (b"END:VEVENT", 1, "is not one whole calendar"),
        (b"BEGIN:VCALENDAR\nX:\xff\n", 2, "is not UTF-8"),
        (b" " * (MOST_BYTES + 1), 1, "is larger than 1 MB"),
    ],
)
def test_what_is_no_calendar_is_refused(folder: Path, content: bytes, line: int, reason: str) -> None:
    (folder / "holidays.ics").write_bytes(content)
    ((file, at, said),) = refused(folder)
    assert (file, at) == ("holidays.ics", line)
    assert said.startswith(reason)


def test_a_calendar_that_cannot_be_opened_is_refused(folder: Path) -> None:
    (folder / "holidays.ics").mkdir()
    assert refused(folder)[0][2].startswith("cannot be read")


def test_an_empty_calendar_is_no_holiday(folder: Path) -> None:
    assert holidays(folder) == DirectoryRows().holidays
