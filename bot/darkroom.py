"""Pictures ordered from an app: fetched, cleaned, kept, and shown to those whom they concern."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from bot.channels.base import Channel, Fate, SendError
from bot.desks.missing.sightings import pictured
from bot.desks.pictures import photos_kept, photos_refused
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
        """Fetches what is ordered, until cancelled, whatever the database says meanwhile."""
        while True:
            self._ordered.clear()
            try:
                settled = await self.develop()
            except Exception:
                log.exception("photos not looked for")
                settled = 0
            if not settled:
                try:
                    await asyncio.wait_for(self._ordered.wait(), 1.0)
                except TimeoutError:
                    continue

    async def develop(self) -> int:
        """Fetches every picture that is due; returns how many orders were settled. Those of one case that arrive
        together are shown together: an album rings once."""
        loop = asyncio.get_running_loop()
        orders = [
            order for order in await self._store.photo_orders(50) if self._not_before.get(order.key, 0.0) <= loop.time()
        ]
        fates = await asyncio.gather(*(self._fetched(order) for order in orders))
        albums: dict[tuple[str, bool, bool], list[PhotoOrder]] = {}
        for order, kept in zip(orders, fates, strict=True):
            if kept is not None:
                albums.setdefault((order.case, order.result, kept), []).append(order)
        return sum([await self._settle(tuple(album), kept=kept) for (_, _, kept), album in albums.items()])

    async def _fetched(self, order: PhotoOrder) -> bool | None:
        """True when it is kept, False when it never will be, None when it is to be tried again later."""
        try:
            data = await self._channels[order.at.channel].fetch(order.at, order.media.ref)
            await self._photos.keep(data, order.key)
        except PhotoRefused:
            return False
        except SendError as fault:
            return False if fault.fate in (Fate.GONE, Fate.REFUSED) else self._again(order, fault.reason)
        except Exception as fault:
            log.exception("photo not fetched", photo=order.key)
            return self._again(order, type(fault).__name__)
        return True

    def _again(self, order: PhotoOrder, reason: str) -> bool | None:
        tries = self._tries[order.key] = self._tries.get(order.key, 0) + 1
        if tries > len(PATIENCE):
            log.error("photo given up", photo=order.key, reason=reason)
            return False
        self._not_before[order.key] = asyncio.get_running_loop().time() + PATIENCE[tries - 1]
        return None

    async def _settle(self, album: tuple[PhotoOrder, ...], *, kept: bool) -> int:
        """The pictures join their case, or their sender hears that they could not be opened: once, by its own cause.
        Returns how many were settled."""
        for order in album:
            self._tries.pop(order.key, None)
            self._not_before.pop(order.key, None)
        cause, states = f"photo:{album[0].key}", [(order.key, "kept" if kept else "refused") for order in album]
        pictures = tuple(order.key for order in album) if kept else ()
        for _ in range(LOOKS):
            scene = await self._store.scene_for_case(album[0].case, pictures=pictures)
            if scene.alert is not None and kept:
                outcome = pictured(album, cause, scene, self._store.directory, self._now())
            elif scene.case is None:
                outcome = Outcome(cause, note="photo.no_case")
            else:
                develop = photos_kept if kept else photos_refused
                outcome = develop(album, cause, scene, self._store.directory, self._now())
            try:
                await self._store.commit(outcome, photos=states)
            except Stale:
                continue
            except Done:
                return len(album)
            self._committed(outcome)
            return len(album)
        return 0
