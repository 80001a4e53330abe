"""The roster: weekly shifts in local time, and who is on duty."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from routing.sla import LOCAL


@dataclass(frozen=True, slots=True)
class Shift:
    """A weekly shift in local time, [start, end). An end not after its start lies on the next day."""

    person: str
    weekday: int  #: 1-7 from Monday; the day on which the shift starts.
    start: time
    end: time

    def covers(self, local: datetime) -> bool:
        clock, today = local.time(), local.isoweekday()
        if self.start < self.end:
            return self.weekday == today and self.start <= clock < self.end
        yesterday = (local - timedelta(days=1)).isoweekday()
        return (self.weekday == today and clock >= self.start) or (self.weekday == yesterday and clock < self.end)


class Roster:
    """Everybody's shifts. Who has none is never on duty."""

    __slots__ = ("_shifts",)

    def __init__(self, shifts: Iterable[Shift]) -> None:
        lists: dict[str, list[Shift]] = {}
        for shift in shifts:
            lists.setdefault(shift.person, []).append(shift)
        self._shifts = {person: tuple(found) for person, found in lists.items()}

    def of(self, person: str) -> tuple[Shift, ...]:
        return self._shifts.get(person, ())

    def on_duty(self, person: str, now: datetime) -> bool:
        """Whether a shift of theirs covers `now` (aware)."""
        local = now.astimezone(LOCAL)
        return any(shift.covers(local) for shift in self.of(person))
