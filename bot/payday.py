"""What time does to points: holds end, orders that nobody fetched go back, years lapse; and registrations of tenants
that nobody answered. Booked once, however late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from bot.desks import mall, points, tenants
from bot.ledger import Scheme, year_of
from bot.outcome import Outcome
from bot.store import Done, Stale, Store, earnings, ledger, tenant_rows
from bot.store import mall as mall_rows
from bot.store.points import scan_of

log = structlog.get_logger()

#: Seconds between two looks: nobody waits for points to the second.
EVERY = 60.0
#: Of each kind at one look; the next look takes the rest.
AT_ONCE = 500


class Payday:
    """Books what has become due. Several processes may look: the cause is the thing itself, and the purse has a
    version."""

    def __init__(
        self,
        store: Store,
        scheme: Scheme,
        now: Callable[[], datetime],
        *,
        committed: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self._store, self._scheme, self._now, self._committed = store, scheme, now, committed

    async def run(self) -> None:
        """Looks until cancelled, whatever the database says meanwhile."""
        while True:
            count = 0
            try:
                count = await self.look()
            except Exception:
                log.exception("points not booked")
            await asyncio.sleep(EVERY if count < AT_ONCE else 0)

    async def look(self) -> int:
        """Books what is due now. Returns how much of it there was."""
        now, store = self._now(), self._store
        count = 0
        for earning in await store.db.read(lambda c: earnings.due(c, now, AT_ONCE)):
            purse = await store.db.read(partial(ledger.purse, holder=earning.holder))
            count += await self._book(points.freed(earning, purse, now) if purse else None)
        for order in await store.db.read(lambda c: mall_rows.overdue(c, now, AT_ONCE)):
            scan = await store.db.read(partial(scan_of, keys=store.keys, house=store.house, order=order))
            count += await self._book(mall.unfetched(scan, now, self._scheme) if scan else None)
        before = year_of(now) - self._scheme.years_kept
        for holder in await store.db.read(lambda c: ledger.lapsing(c, before, AT_ONCE)):
            purse = await store.db.read(partial(ledger.purse, holder=holder))
            count += await self._book(points.lapsed(purse, now, self._scheme) if purse else None)
        for tenancy in await store.db.read(lambda c: tenant_rows.due(c, now, AT_ONCE)):
            cadres = [store.reach.get(person.id) for person in store.directory.cadres_of(tenancy.grid)]
            count += await self._book(tenants.lapsed(tenancy, now, filter(None, cadres)))
        forget = now - self._scheme.landlords_within
        await store.db.write(lambda c: earnings.forget_subjects(c, forget, AT_ONCE))
        return count

    async def _book(self, outcome: Outcome | None) -> int:
        if outcome is None:
            return 0
        try:
            await self._store.commit(outcome)
        except (Done, Stale):
            return 0  # Somebody else was quicker; if it is still due, the next look finds it.
        log.info("points", cause=outcome.cause, desk=outcome.note)
        self._committed(outcome)
        return 1
