"""Pictures ordered from an app: fetched, cleaned, kept, and shown to those whom they concern."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from bot.channels.base import Channel, Fate, SendError
from bot.desks.pictures import photo_kept, photo_refused
from bot.outcome import Outcome, PhotoOrder
from bot.photos import PhotoRefused, Photos
from bot.store import Done, Stale, Store

log = structlog.get_logger()

#: Seconds between tries when an app does not hand a picture over.
PATIENCE = (1.0, 5.0, 30.0, 120.0, 600.0)
LOOKS = 8


class Darkroom:
    """Works the orders off. An order is a row: what a crash leaves is found again at the next start."""

    def __init__(
        self,
        store: Store,
        photos: Photos,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
        *,
        committed: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self._store, self._photos, self._channels, self._now = store, photos, channels, now
        self._committed = committed
        self._ordered = asyncio.Event()
        self._tries: dict[str, int] = {}
        self._not_before: dict[str, float] = {}

    def wake(self) -> None:
        """There may be a new order."""
        self._ordered.set()

    async def run(self) -> None:
        """Fetches what is ordered, until cancelled."""
        while True:
            self._ordered.clear()
            if not await self.develop():
                try:
                    await asyncio.wait_for(self._ordered.wait(), 1.0)
                except TimeoutError:
                    continue

    async def develop(self) -> int:
        """Fetches every picture that is due; returns how many orders were settled."""
        loop = asyncio.get_running_loop()
        orders = [
            order for order in await self._store.photo_orders(50) if self._not_before.get(order.key, 0.0) <= loop.time()
        ]
        return sum(await asyncio.gather(*(self._one(order) for order in orders)))

    async def _one(self, order: PhotoOrder) -> bool:
        try:
            data = await self._channels[order.at.channel].fetch(order.at, order.media.ref)
            await self._photos.keep(data, order.key)
        except PhotoRefused:
            return await self._settle(order, kept=False)
        except SendError as fault:
            if fault.fate in (Fate.GONE, Fate.REFUSED):
                return await self._settle(order, kept=False)
            return await self._again(order, fault.reason)
        except Exception as fault:
            log.exception("photo not fetched", photo=order.key)
            return await self._again(order, type(fault).__name__)
        return await self._settle(order, kept=True)

    async def _again(self, order: PhotoOrder, reason: str) -> bool:
        tries = self._tries[order.key] = self._tries.get(order.key, 0) + 1
        if tries > len(PATIENCE):
            log.error("photo given up", photo=order.key, reason=reason)
            return await self._settle(order, kept=False)
        self._not_before[order.key] = asyncio.get_running_loop().time() + PATIENCE[tries - 1]
        return False

    async def _settle(self, order: PhotoOrder, *, kept: bool) -> bool:
        """The picture joins its case, or its sender hears that it could not be opened: once, by its own cause."""
        cause = f"photo:{order.key}"
        for _ in range(LOOKS):
            scene = await self._store.scene_for_case(order.case)
            if scene.case is None:
                outcome = Outcome(cause, note="photo.no_case")
            else:
                develop = photo_kept if kept else photo_refused
                outcome = develop(order, cause, scene, self._store.directory, self._now())
            try:
                await self._store.commit(outcome, photo=(order.key, "kept" if kept else "refused"))
            except Stale:
                continue
            except Done:
                return True
            self._committed(outcome)
            return True
        return False
