"""The clocks: deadlines by urgency, working hours, red / yellow / green. Arithmetic in UTC, offices in local time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from routing.working_hours import LOCAL as LOCAL
from routing.working_hours import WorkingHours

#: The office of whoever has said nothing else.
USUAL = WorkingHours()


class ClockKind(StrEnum):
    SIGN = "sign"  #: The letter with the case number is recorded as sent. The software keeps it.
    DISPATCH = "dispatch"  #: A card to somebody on duty is recorded as sent. The software keeps it.
    CALL = "call"  #: A person has called back.
    ARRIVE = "arrive"
    DONE = "done"
    PLACE = "place"  #: The resident was asked where; past it the case goes out with what is known.
    ANSWER = "answer"  #: The resident was asked "solved?"; past it the case is closed.
    APPROVAL = "approval"  #: Of an alert: an approver was asked; past it the next one is asked as well.
    RING = "ring"  #: Of an alert: the groups of the next ring are told.
    EXPIRY = "expiry"  #: Of an alert: it is taken back everywhere; one that never went out is given up.
    ERASURE = "erasure"  #: Of an alert that is over: what it said of a person is forgotten.


#: The clocks a resident is promised, in their order.
PROMISED = (ClockKind.SIGN, ClockKind.DISPATCH, ClockKind.CALL, ClockKind.ARRIVE, ClockKind.DONE)


#: Of a unit; a hundred thousand working hours are some 48 years.
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: plain, in working days, or in hours when the office is open."""

    seconds: int = 0
    working_days: int = 0
    working: bool = False  #: The seconds count only while the office is open.

    @classmethod
    def parse(cls, text: str) -> Span:
        """Reads "30s", "2m", "4h", "1wd", "8wh". Raises ValueError with a sentence otherwise."""
        units = {"s": 1, "m": 60, "h": 3600, "wh": 3600, "wd": 0}
        number, unit = text.rstrip("smhwd"), text.lstrip("0123456789")
        if not (number.isascii() and number.isdigit()) or not 0 < int(number) <= _LONGEST or unit not in units:
            raise ValueError(
                f"{text!r} is no length of time; write 30s, 2m, 4h, 1wd (working days) or 8wh (working hours)"
            )
        if unit == "wd":
            return cls(working_days=int(number))
        return cls(seconds=int(number) * units[unit], working=unit == "wh")

    @property
    def stands_still(self) -> bool:
        """Whether it depends on when the office is open."""
        return self.working or bool(self.working_days)

    def after(self, start: datetime, hours: WorkingHours = USUAL) -> datetime:
        """Returns the deadline, in the zone of `start`. A clock of working days ends when the office closes on the
        n-th working day after (the usual one at 17:30)."""
        if self.working_days:
            return hours.days_after(start, self.working_days)
        if self.working:
            return hours.after(start, self.seconds)
        return start + timedelta(seconds=self.seconds)


#: clocks[urgency][kind] -> Span
Clocks = Mapping[str, Mapping[str, Span]]

_TABLE = {
    "now": {"sign": "30s", "dispatch": "1m", "call": "2m", "arrive": "5m", "done": "24h"},
    "today": {"sign": "30s", "dispatch": "10m", "call": "1h", "arrive": "4h", "done": "24h"},
    "days": {"sign": "30s", "dispatch": "2h", "call": "1wd", "done": "5wd"},
}

#: The catalogue's clocks; config.yaml may override each.
CATALOGUE: Clocks = {urgency: {kind: Span.parse(text) for kind, text in row.items()} for urgency, row in _TABLE.items()}


@dataclass(frozen=True, slots=True)
class Clock:
    """A row with a deadline. It runs while neither stopped nor paused; `rung` counts how often it went off."""

    subject: str  #: The case's number, or the alert's id.
    kind: ClockKind
    started_at: datetime
    due_at: datetime  #: The next instant at which something happens: the promise, then each rung of the ladder.
    promised_at: datetime  #: The deadline as promised; never moved by a rung.
    rung: int = 0
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    breached_at: datetime | None = None
    version: int = 0

    @property
    def running(self) -> bool:
        return self.stopped_at is None and self.paused_at is None

    def stop(self, now: datetime) -> Clock:
        """Returns the clock stopped; a stopped one stays as it is."""
        return self if self.stopped_at else replace(self, stopped_at=now, paused_at=None)

    def pause(self, now: datetime) -> Clock:
        return replace(self, paused_at=now) if self.running else self

    def resume(self, now: datetime, hours: WorkingHours | None = None) -> Clock:
        """Returns the clock running again, its deadlines later by the time it stood. Of a clock that counts working
        time `hours` are the office's: what was left of it when it was paused is left again, no more and no less. A
        promise that was past by then stays where it is."""
        if self.paused_at is None or self.stopped_at:
            return self
        stood = now - self.paused_at
        if hours is None:
            return replace(self, paused_at=None, due_at=self.due_at + stood, promised_at=self.promised_at + stood)
        promised = self.promised_at
        if self.paused_at < promised:
            promised = hours.later(now, hours.open_for(self.paused_at, promised))
        due = promised
        if self.due_at != self.promised_at:  # What rings before the promise, or again after it, counts plain time.
            due = self.due_at + stood
            due = min(due, promised) if self.due_at < self.promised_at else due
        return replace(self, paused_at=None, due_at=due, promised_at=promised)

    def rang(self, now: datetime) -> Clock:
        """Returns the clock after it went off: one rung up, due again after half its length (1 minute to 1 day). From
        the fourth time on it waits twice as long each time: whoever is left to hear it has heard it."""
        half = (self.promised_at - self.started_at) / 2
        patience = max(half, timedelta(minutes=1)) * 2 ** min(max(0, self.rung - 2), 12)
        wait = min(patience, timedelta(days=1))
        return replace(self, rung=self.rung + 1, due_at=now + wait, breached_at=self.breached_at or now)


class Light(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"  #: Less than a fifth of the time is left.
    RED = "red"


def light(clock: Clock, now: datetime) -> Light:
    """Returns the clock's colour: red past its promise, yellow in the last fifth, else green. A stopped clock keeps
    the colour of the moment it stopped; yellow counts as green once stopped in time."""
    at = clock.stopped_at or clock.paused_at or now
    if at > clock.promised_at:
        return Light.RED
    if clock.stopped_at:
        return Light.GREEN
    length = clock.promised_at - clock.started_at
    return Light.YELLOW if clock.promised_at - at < length / 5 else Light.GREEN


def start(
    subject: str, urgency: str, opened_at: datetime, clocks: Clocks = CATALOGUE, hours: WorkingHours = USUAL
) -> tuple[Clock, ...]:
    """Returns the case's promised clocks, all started at the resident's first message. `hours`: when the office that
    answers for its place is open."""
    return tuple(
        Clock(subject, kind, opened_at, due, due)
        for kind in PROMISED
        if (span := clocks[urgency].get(kind)) is not None
        for due in (span.after(opened_at, hours),)
    )


def retime(
    clocks: tuple[Clock, ...],
    urgency: str,
    now: datetime,
    table: Clocks = CATALOGUE,
    hours: WorkingHours = USUAL,
    *,
    was: tuple[str, WorkingHours] | None = None,
) -> tuple[Clock, ...]:
    """Returns the running clocks with the deadlines of another urgency, still counted from the first message. What that
    urgency does not promise stops now; what only it promises is added. A clock that went off already stays as it is.
    `was`: the urgency and the office by which they were counted, for what stood meanwhile is not counted now either.
    """
    if not clocks:
        return ()
    fresh = {clock.kind: clock for clock in start(clocks[0].subject, urgency, _first(clocks), table, hours)}
    changed = []
    for clock in clocks:
        promise = fresh.pop(clock.kind, None)
        if clock.kind in PROMISED and clock.stopped_at is None and not clock.rung:
            if promise is None:
                clock = clock.stop(now)
            else:
                stood = _stood(clock, table[was[0]].get(clock.kind), was[1]) if was else timedelta()
                due = _later(promise.promised_at, stood, table[urgency][clock.kind], hours)
                clock = replace(clock, due_at=due, promised_at=due)
        changed.append(clock)
    return (*changed, *fresh.values())


def elsewhere(
    clocks: tuple[Clock, ...],
    urgency: str,
    hours: WorkingHours,
    table: Clocks = CATALOGUE,
    before: WorkingHours = USUAL,
) -> tuple[Clock, ...]:
    """Returns the clocks as another office keeps them, after a case got another place: only those that count working
    time move, and only while they have neither stopped nor gone off. They still count from where they started, by the
    new office's hours, and what stood while `before` was open stands as long there."""
    moved = []
    for clock in clocks:
        span = table[urgency].get(clock.kind)
        if span and span.stands_still and clock.stopped_at is None and not clock.rung:
            due = _later(span.after(clock.started_at, hours), _stood(clock, span, before), span, hours)
            clock = replace(clock, due_at=due, promised_at=due)
        moved.append(clock)
    return tuple(moved)


def _stood(clock: Clock, span: Span | None, hours: WorkingHours) -> timedelta:
    """How long it stood before now, in the time it counts: by so much its promise lies behind the span's end. (A pause
    that goes on moves the promise when it ends.)"""
    if span is None:
        return timedelta()
    end = span.after(clock.started_at, hours)
    if span.stands_still:
        return hours.open_for(end, clock.promised_at)
    return max(timedelta(), clock.promised_at - end)


def _later(end: datetime, stood: timedelta, span: Span, hours: WorkingHours) -> datetime:
    if span.stands_still and stood:
        return hours.later(end, stood)
    return end + stood


def _first(clocks: tuple[Clock, ...]) -> datetime:
    """When the promises began: a reopened case promises anew, and its old clocks are gone."""
    return min((clock.started_at for clock in clocks if clock.kind in PROMISED), default=clocks[0].started_at)
