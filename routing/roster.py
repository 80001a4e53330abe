"""The roster: weekly shifts in local time, who is away, and who is on duty."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from routing.absence import Absences
from routing.working_hours import LOCAL


@dataclass(frozen=True, slots=True)
class Shift:
    """A weekly shift in local time, [start, end), to the second. An end not after its start lies on the next day."""

    person: str
    weekday: int  #: 1-7 from Monday; the day on which the shift starts.
    start: time
    end: time


class Roster:
    """Everybody's shifts and leave. Who has no shift, and stands in for nobody who has, is never on duty."""

    __slots__ = ("_shifts", "_weeks", "absences")

    def __init__(self, shifts: Iterable[Shift], absences: Absences | None = None) -> None:
        lists: dict[str, list[Shift]] = {}
        for shift in shifts:
            lists.setdefault(shift.person, []).append(shift)
        self._shifts = {person: tuple(found) for person, found in lists.items()}
        self._weeks = {person: _week(found) for person, found in self._shifts.items()}
        self.absences = absences or Absences()

    def of(self, person: str) -> tuple[Shift, ...]:
        return self._shifts.get(person, ())

    def on_duty(self, person: str, now: datetime) -> bool:
        """Whether a shift of theirs, or of somebody they stand in for, covers `now` (aware), and they are not away."""
        local = now.astimezone(LOCAL)
        if not self.absences:
            return self._at_work(person, _second(local))
        if self.absences.on(person, local.date()):
            return False
        everybody = (person, *self.absences.stood_in_for(person, local.date()))
        return any(self._at_work(each, _second(local)) for each in everybody)

    def _at_work(self, person: str, second: int) -> bool:
        week = self._weeks.get(person)
        return week is not None and bisect_right(week, second) % 2 == 1


_DAY = 24 * 3600
_WEEK = 7 * _DAY


def _second(local: datetime) -> int:
    """The seconds since Monday, 00:00."""
    return local.weekday() * _DAY + local.hour * 3600 + local.minute * 60 + local.second


def _week(shifts: Iterable[Shift]) -> tuple[int, ...]:
    """When work begins and ends, in turns, in seconds since Monday, 00:00: shifts that touch or overlap are one, and
    one that crosses into the next week stands at both ends."""
    parts: list[tuple[int, int]] = []
    for shift in shifts:
        start, end = ((shift.weekday - 1) * _DAY + _seconds(at) for at in (shift.start, shift.end))
        end += _DAY if end <= start else 0
        parts += [(start, min(end, _WEEK)), *([(0, end - _WEEK)] if end > _WEEK else [])]
    turns: list[int] = []
    for start, end in sorted(parts):
        if turns and start <= turns[-1]:
            turns[-1] = max(turns[-1], end)
        else:
            turns += [start, end]
    return tuple(turns)


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
