"""Door 3: time passes. APScheduler only wakes the sweeper; the truth is `due_at` in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.desks.overdue import due
from bot.outcome import Outcome
from bot.store import Done, Stale, Store
from routing.sla import Clock

log = structlog.get_logger()

#: Seconds between two looks.
EVERY = 0.25
#: Seconds between two clearances of what has had its day.
TIDY_EVERY = 60.0
#: Clocks taken at one look; after an outage the next looks take the rest.
AT_ONCE = 500


def utc_now() -> datetime:
    """The one clock of the running bot: aware UTC."""
    return datetime.now(UTC)


class Sweeper:
    """Fires the clocks that are due: each exactly once, however many sweepers look and however late they are."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        *,
        committed: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self._store, self._now, self._committed = store, now, committed
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._sweeping = asyncio.Lock()

    def start(self) -> None:
        """Begins to look every 250 ms. A look that takes longer swallows the next ones, and nothing is missed by it."""
        self._scheduler.add_job(
            self.sweep, IntervalTrigger(seconds=EVERY), max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.add_job(
            self.tidy, IntervalTrigger(seconds=TIDY_EVERY), max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def sweep(self) -> int:
        """Fires every clock that is due now. Returns how many."""
        if self._sweeping.locked():
            return 0
        async with self._sweeping:
            try:
                clocks = await self._store.due(self._now(), AT_ONCE)
                for clock in clocks:
                    await self._fire(clock)
            except Exception:
                log.exception("sweep failed")
                return 0
            return len(clocks)

    async def tidy(self) -> None:
        """Forgets what has had its day. What is too much for one time is left for the next."""
        try:
            await self._store.tidy(self._now())
            await self._store.forget_positions(self._now())
        except Exception:
            log.exception("tidying failed")

    async def _fire(self, clock: Clock) -> None:
        try:
            scene = await self._store.scene_for_tick(clock)
            outcome = due(clock, scene, self._store.directory, self._now())
            await self._store.commit(outcome)
        except (Done, Stale):
            return  # Somebody else fired or stopped it; if it still runs, the next look finds it.
        except Exception:
            log.exception("clock failed", case=clock.subject, clock=clock.kind)
            return
        late = (self._now() - clock.due_at).total_seconds()
        log.info("clock", case=clock.subject, clock=clock.kind, rung=clock.rung, late=round(late, 2), desk=outcome.note)
        self._committed(outcome)
