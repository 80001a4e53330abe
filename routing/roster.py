"""The roster: weekly shifts in local time, who is away, and who is on duty."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from routing.absence import Absences
from routing.working_hours import LOCAL


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
    """Everybody's shifts and leave. Who has no shift, and stands in for nobody who has, is never on duty."""

    __slots__ = ("_shifts", "absences")

    def __init__(self, shifts: Iterable[Shift], absences: Absences | None = None) -> None:
        lists: dict[str, list[Shift]] = {}
        for shift in shifts:
            lists.setdefault(shift.person, []).append(shift)
        self._shifts = {person: tuple(found) for person, found in lists.items()}
        self.absences = absences or Absences()

    def of(self, person: str) -> tuple[Shift, ...]:
        return self._shifts.get(person, ())

    def on_duty(self, person: str, now: datetime) -> bool:
        """Whether a shift of theirs, or of somebody they stand in for, covers `now` (aware), and they are not away."""
        if not self.absences:
            return (shifts := self._shifts.get(person)) is not None and _covers(shifts, now.astimezone(LOCAL))
        local = now.astimezone(LOCAL)
        if self.absences.on(person, local.date()):
            return False
        everybody = (person, *self.absences.stood_in_for(person, local.date()))
        return any(_covers(self.of(each), local) for each in everybody)


def _covers(shifts: Iterable[Shift], local: datetime) -> bool:
    today, clock = local.isoweekday(), local.time()
    return any(shift.holds(today, clock) for shift in shifts)
