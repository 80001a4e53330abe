"""Looks across cases every few seconds: is something happening? A desk words it, and the database says it once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.desks.bursts import alarm
from bot.outcome import Outcome
from bot.store import Done, Stale, Store
from routing.bursts import Limits, bursts, likely

log = structlog.get_logger()

#: Seconds between two looks.
EVERY = 10.0
#: A burst is followed back so far.
LASTS = timedelta(hours=24)
#: What is usual is the mean of so many days, counted anew so often.
USUAL, ANEW = timedelta(days=7), timedelta(hours=1)


class Lookout:
    """Notices bursts. Several processes may look: the cause of an alarm is the burst."""

    def __init__(
        self,
        store: Store,
        limits: Limits,
        now: Callable[[], datetime],
        *,
        committed: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self._store, self._limits, self._now, self._committed = store, limits, now, committed
        self._usual: dict[str, float] = {}
        self._counted: datetime | None = None

    async def run(self) -> None:
        """Looks until cancelled, whatever the database says meanwhile."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("bursts not looked for")
            await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Tells the desks of what goes on now. Returns how many bursts there are."""
        now, limits = self._now(), self._limits
        recent = await self._store.reports(now - limits.window)
        if not likely(recent, now, limits):
            return 0
        usual = await self._ordinary(now)
        kinds = likely(recent, now, limits, usual)
        reports = [each for kind in kinds for each in await self._store.reports(now - LASTS, kind)]
        found = bursts(reports, now, limits, usual)
        for burst in found:
            outcome = alarm(burst, self._store.directory, self._store.reach, now)
            try:
                await self._store.commit(outcome)
            except (Done, Stale):
                continue  # Told before, at this size.
            log.info("burst", category=burst.category, groups=burst.groups, people=burst.people)
            self._committed(outcome)
        return len(found)

    async def _ordinary(self, now: datetime) -> dict[str, float]:
        """How many of each category come in one window, as a mean of the days before this one."""
        if self._counted is None or now - self._counted >= ANEW:
            until = now - LASTS
            counts, first = await self._store.counts(until - USUAL, until)
            # A young house has not seen much: what it has is taken for a day's at least.
            span = max(until - first, timedelta(days=1)) if first else USUAL
            share = self._limits.window / min(span, USUAL)
            self._usual, self._counted = {kind: count * share for kind, count in counts.items()}, now
        return self._usual
