"""The roster: weekly shifts in local time, and who is on duty."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from routing.sla import LOCAL


@dataclass(frozen=True, slots=True)
class Shift:
    """A weekly shift in local time, [start, end). An end not after its start lies on the next day."""

    person: str
    weekday: int  #: 1-7 from Monday; the day on which the shift starts.
    start: time
    end: time

    def covers(self, local: datetime) -> bool:
        return self.holds(local.isoweekday(), local.time())

    def holds(self, today: int, clock: time) -> bool:
        """Whether it covers that local time of a day of the week, 1-7."""
        if self.weekday == today:
            return self.start <= clock and (clock < self.end or self.end <= self.start)
        return self.end <= self.start and self.weekday % 7 + 1 == today and clock < self.end


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
        if not (shifts := self._shifts.get(person)):
            return False
        local = now.astimezone(LOCAL)
        today, clock = local.isoweekday(), local.time()
        return any(shift.holds(today, clock) for shift in shifts)
