"""The running bot's figures for Prometheus: what waits, what is late, what left, how quickly people were answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, func, select

from bot.clock import utc_now
from bot.outbox import Outbox
from bot.outcome import Outcome
from bot.store import Store
from bot.store.letter_reads import backlog, troubles
from bot.store.tables import CASE, CLOCKS, INBOX
from routing.case import OPEN
from routing.sla import PROMISED, Clock

#: Seconds; the promises are 30, 60, 120 and 300.
BUCKETS = (1, 5, 15, 30, 60, 120, 300, 900, 3600, 14400, 86400)


class Figures:
    """Counts outcomes as they are committed, and looks into the database when somebody asks. No names, no words."""

    def __init__(self, store: Store, outbox: Outbox, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._store, self._outbox = store, outbox
        self._outcomes = Counter("wuyou_outcomes", "Decisions committed, by desk.", ["desk"], registry=self.registry)
        self._kept = Histogram(
            "wuyou_clock_seconds",
            "From the resident's first message until a clock was stopped by a person's button.",
            ["clock"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.registry.register(self)

    def committed(self, outcome: Outcome) -> None:
        """Counts one outcome."""
        self._outcomes.labels(outcome.note).inc()
        for change in outcome.changes:
            if isinstance(change, Clock) and change.stopped_at and change.kind in PROMISED:
                self._kept.labels(change.kind).observe((change.stopped_at - change.started_at).total_seconds())

    def collect(self) -> Iterator[Metric]:
        """Reads what waits now. Called by /metrics, off the loop."""
        now = utc_now()
        yield from self._store.db.read_now(lambda connection: list(self._rows(connection, now)))
        sent = GaugeMetricFamily("wuyou_letters_sent", "Letters this process saw leave, by lane.", labels=["lane"])
        for lane, count in self._outbox.seen.letters.items():
            sent.add_metric([lane.name.lower()], count)
        fates = GaugeMetricFamily("wuyou_letters_failed", "Calls that failed, by what it means.", labels=["fate"])
        for fate, count in self._outbox.seen.fates.items():
            fates.add_metric([str(fate)], count)
        yield from (sent, fates)

    @staticmethod
    def _rows(connection: Connection, now: datetime) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("wuyou_letters_waiting", "Letters that wait, by lane.", labels=["lane"])
        oldest = GaugeMetricFamily("wuyou_letters_oldest_seconds", "Age of the oldest that waits.", labels=["lane"])
        for lane, each in backlog(connection).items():
            waiting.add_metric([lane.name.lower()], each.waiting)
            oldest.add_metric([lane.name.lower()], max(0.0, (now - each.oldest).total_seconds()))
        yield from (waiting, oldest)
        yield GaugeMetricFamily(
            "wuyou_letters_in_trouble", "Letters of unknown fate or refused.", value=len(troubles(connection))
        )
        parked = select(func.count()).select_from(INBOX).where(INBOX.c.parked_at.is_not(None))
        yield GaugeMetricFamily(
            "wuyou_messages_parked", "Messages that failed three times.", value=connection.scalar(parked) or 0
        )
        cases = GaugeMetricFamily("wuyou_cases_open", "Open cases, by state.", labels=["state"])
        states = [state.value for state in OPEN]
        for state, count in connection.execute(
            select(CASE.c.state, func.count()).where(CASE.c.state.in_(states)).group_by(CASE.c.state)
        ):
            cases.add_metric([state], count)
        yield cases
        late = GaugeMetricFamily("wuyou_clocks_late", "Clocks past their promise, still running.", labels=["clock"])
        running = (CLOCKS.c.stopped_at.is_(None), CLOCKS.c.paused_at.is_(None), CLOCKS.c.promised_at < now)
        for kind, count in connection.execute(
            select(CLOCKS.c.kind, func.count()).where(*running).group_by(CLOCKS.c.kind)
        ):
            late.add_metric([kind], count)
        yield late
