"""What a night came to: how long each clock ran, which promises were broken, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from bot.simulation.house import SeededStore, SimulatedHouse
from bot.simulation.people import Town, Why
from bot.store.rows import CLOCK_COLUMNS, clock_of
from bot.store.tables import CASE, CLOCKS, STEP
from routing.case import State, Verb
from routing.sla import PROMISED, Clock, ClockKind


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """One kind of clock, in seconds from the resident's message; what was waited for the resident's own answer is left
    out. A clock that still runs counts with its time so far once its promise is broken, and not at all before."""

    count: int
    running: int  #: Not over yet, and not late yet.
    p50: float
    p95: float
    p99: float
    breaches: dict[str, int]  #: Cause -> broken promises.

    @property
    def broken(self) -> int:
        return sum(self.breaches.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """One night under one policy."""

    policy: str
    reports: int
    cases: int
    states: dict[str, int]
    clocks: dict[str, ClockFigures]
    letters: int
    refused: int  #: Letters that the app refused for its limits.
    asked: float  #: Persons asked for each case, on average.
    talk: int  #: Messages of neighbours.
    longest_wait: float  #: Seconds that anything waited for the machine.
    ticks: int


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value below which that share (0 to 100) lies, by the nearest rank; 0 without values."""
    if not sorted_values:
        return 0.0
    return sorted_values[max(0, -(-int(len(sorted_values) * share) // 100) - 1)]


async def counted(store: SeededStore, town: Town, house: SimulatedHouse, now: datetime, policy: str) -> Figures:
    """Reads the rows of the night."""
    clocks, steps, states = await store.db.read(_rows)
    by_kind: dict[ClockKind, list[Clock]] = defaultdict(list)
    for clock in clocks:
        if clock.kind in PROMISED:
            by_kind[clock.kind].append(clock)
    cause = Causes(town, steps, house)
    return Figures(
        policy=policy,
        reports=len(town.written),
        cases=sum(states.values()),
        states={state.value: states[state.value] for state in State if states[state.value]},
        clocks={kind.value: _figures(kind, by_kind[kind], now, cause) for kind in PROMISED},
        letters=house.app.sent,
        refused=house.app.refused,
        asked=round(cause.asked / max(1, sum(states.values())), 3),
        talk=house.machine.talked,
        longest_wait=round(house.machine.longest, 3),
        ticks=house.ticks,
    )


@dataclass(frozen=True, slots=True)
class _Done:
    verb: str
    at: datetime
    by: str


def _rows(connection: Connection) -> tuple[list[Clock], dict[str, list[_Done]], Counter[str]]:
    clocks = [clock_of(row) for row in connection.execute(select(*CLOCK_COLUMNS).order_by(CLOCKS.c.started_at))]
    steps: dict[str, list[_Done]] = defaultdict(list)
    for row in connection.execute(select(STEP.c.case, STEP.c.verb, STEP.c.at, STEP.c.by).order_by(STEP.c.id)):
        steps[row.case].append(_Done(row.verb, row.at, row.by))
    states = Counter(connection.execute(select(CASE.c.state)).scalars())
    return clocks, steps, states


def _figures(kind: ClockKind, clocks: Iterable[Clock], now: datetime, cause: Causes) -> ClockFigures:
    took: list[float] = []
    running = 0
    breaches: Counter[str] = Counter()
    for clock in clocks:
        at = clock.stopped_at or clock.paused_at or now
        late = at > clock.promised_at
        if clock.stopped_at is None and not late:
            running += 1
            continue
        took.append((at - clock.started_at).total_seconds() - cause.paused(clock))
        if late:
            breaches[cause.of(kind, clock)] += 1
    took.sort()
    p50, p95, p99 = (round(percentile(took, share), 3) for share in (50, 95, 99))
    return ClockFigures(len(took), running, p50, p95, p99, dict(sorted(breaches.items())))


class Causes:
    """Why a promise was broken, by what is known of everybody afterwards."""

    def __init__(self, town: Town, steps: dict[str, list[_Done]], house: SimulatedHouse) -> None:
        self._town, self._steps, self._table = town, steps, house.store.table
        self.asked = sum(step.verb == Verb.DISPATCH for done in steps.values() for step in done)

    def paused(self, clock: Clock) -> float:
        """Seconds that the clock stood while the resident was asked."""
        report = self._town.reports.get(clock.subject)
        span = self._table[report.urgency].get(clock.kind) if report and clock.kind is ClockKind.DISPATCH else None
        if span is None or not span.seconds:
            return 0.0
        return max(0.0, (clock.promised_at - clock.started_at).total_seconds() - span.seconds)

    def of(self, kind: ClockKind, clock: Clock) -> str:
        """One cause: the first thing without which it would have been kept."""
        done = self._steps[clock.subject]
        if kind is ClockKind.SIGN:
            return "letters waited"
        sent = [step.at for step in done if step.verb == Verb.DISPATCH]
        if not sent or sent[0] > clock.promised_at:
            return "nobody to ask"
        if kind is ClockKind.DISPATCH:
            return "letters waited"
        accepted = next((step.at for step in done if step.verb == Verb.ACCEPT), None)
        if accepted is None or accepted > clock.promised_at:
            reasons = {why for why, _ in self._town.refusals.get(clock.subject, ())}
            for why in (Why.BUSY, Why.REFUSED, Why.SILENT, Why.OFF_DUTY):
                if why in reasons:
                    return why.value
            return "slow to answer"
        job = self._town.held.get(clock.subject)
        if job is not None and job.others:
            return "had others in hand"
        called = next((step.at for step in done if step.verb == Verb.CALL), None)
        if kind is ClockKind.CALL or called is None or called > clock.promised_at:
            return "slow to call"
        return "long way" if kind is ClockKind.ARRIVE else "long work"
