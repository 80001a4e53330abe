"""Working hours: when an office is open, over the week, the holidays and the days worked instead. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day that is not what its weekday says: off, or worked in exchange for another (调休)."""

    day: date
    name: str
    works: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """An area's office is open on a weekday (1-7 from Monday) from start to end, local time, on one day."""

    area: str
    weekday: int
    start: time
    end: time


#: Where nothing else is said: Monday to Friday. The afternoon's end is when a clock of working days ends.
OFFICE = tuple(Opening("", weekday, time(9), time(17, 30)) for weekday in range(1, 6))


class WorkingHours:
    """When one office is open. A day worked instead has its own weekday's hours, else those of the week's first."""

    __slots__ = ("_first", "_holidays", "_week")

    def __init__(self, openings: Iterable[Opening] = OFFICE, holidays: Iterable[Holiday] = ()) -> None:
        """Raises ValueError when the office is never open: no clock of it would ever end."""
        week: dict[int, list[tuple[time, time]]] = {}
        for each in openings:
            if each.start < each.end:
                week.setdefault(each.weekday, []).append((each.start, each.end))
        if not week:
            raise ValueError("an office that is never open keeps no promise")
        self._week: Mapping[int, tuple[tuple[time, time], ...]] = {
            weekday: tuple(_merged(sorted(spans))) for weekday, spans in week.items()
        }
        self._first = self._week[min(self._week)]
        self._holidays = {each.day: each.works for each in holidays}

    def spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """When it is open on that local day, in order, as aware local times. () on a day off."""
        works = self._holidays.get(day)
        if works is False:
            return ()
        hours = self._week.get(day.isoweekday(), self._first if works else ())
        return tuple((datetime.combine(day, a, LOCAL), datetime.combine(day, b, LOCAL)) for a, b in hours)

    def after(self, start: datetime, seconds: int) -> datetime:
        """The instant by which it has been open for so many seconds (1 or more) since `start`: never inside hours when
        it is closed. In the zone of `start`."""
        return self.later(start, timedelta(seconds=seconds))

    def later(self, start: datetime, left: timedelta) -> datetime:
        """The same for any length of time. Of none it is `start`, or when it opens next."""
        for opens, closes in self._from(start):
            if left <= closes - opens:
                return (opens + left).astimezone(start.tzinfo)
            left -= closes - opens
        raise AssertionError("a week without end has an end")  # pragma: no cover

    def between(self, start: datetime, end: datetime) -> int:
        """How many whole seconds it is open from `start` to `end`; 0 when `end` is not after `start`."""
        return self.open_for(start, end) // timedelta(seconds=1)

    def open_for(self, start: datetime, end: datetime) -> timedelta:
        """How long it is open from `start` to `end`, exactly; nothing when `end` is not after `start`."""
        found = timedelta()
        for opens, closes in self._from(start):  # pragma: no branch - the weeks do not end
            if opens >= end:
                break
            found += min(closes, end) - opens
        return found

    def days_after(self, start: datetime, days: int) -> datetime:
        """When it closes on the n-th working day after the local day of `start`. In the zone of `start`."""
        day = start.astimezone(LOCAL).date()
        closes = start
        while days:
            day += timedelta(days=1)
            if spans := self.spans(day):
                days, closes = days - 1, spans[-1][1]
        return closes.astimezone(start.tzinfo)

    def _from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans from `start` on, the first one cut there; without end."""
        start = start.astimezone(LOCAL)
        day = start.date()
        while True:
            for opens, closes in self.spans(day):
                if closes > start:
                    yield max(opens, start), closes
            day += timedelta(days=1)


def _merged(spans: list[tuple[time, time]]) -> Iterator[tuple[time, time]]:
    """Sorted spans without overlaps: an hour counts once."""
    start, end = spans[0]
    for opens, closes in spans[1:]:
        if opens <= end:
            end = max(end, closes)
        else:
            yield start, end
            start, end = opens, closes
    yield start, end
