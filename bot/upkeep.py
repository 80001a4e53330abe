"""Upkeep: what personal data needs by itself. Who asked is erased within minutes; each night, what had its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.my_data import MyData, Shelf
from bot.spans import Spans
from bot.store import Store, meta, retention, rotation, shredding
from bot.store.private import HOUSE, ages, photo_name
from routing.sla import LOCAL

log = structlog.get_logger()

EVERY = 30.0  #: Seconds between two looks for those who want to be erased.
HOUR = 3  #: Of the night, local time, from which the daily round is made.
PAUSE = 0.05  #: Seconds between two transactions of the daily round: others write too.
_DONE = "retention"  #: In `meta`: the local day (as an ordinal) whose round was made.


class Upkeep:
    """Looks after what is kept. Every process may have one: a day's round is made by one of them."""

    def __init__(
        self,
        store: Store,
        photos: Shelf,
        data: MyData,
        now: Callable[[], datetime],
        spans: Spans,
        copies: timedelta = rotation.COPIES,
        wait: rotation.Wait = asyncio.sleep,
    ) -> None:
        """`copies`: so long a copy of the database is meant to open whole. `wait`: between steps, while others work."""
        self._store, self._photos, self._data, self._now = store, photos, data, now
        self.spans, self._copies, self._wait = spans, copies, wait

    async def run(self) -> None:
        """Looks until cancelled, whatever the database says meanwhile."""
        await self._safely(self._data.erase_left_over)
        while True:
            await self._safely(self._data.erase_wanted)
            if self._now().astimezone(LOCAL).hour >= HOUR and await self._safely(self._is_first):
                await self._safely(self.round)
            await asyncio.sleep(EVERY)

    async def round(self) -> dict[str, int]:
        """Lets go what has had its time. Returns how much of each kind."""
        now = self._now()
        gone = dict.fromkeys(retention.KINDS, 0)
        for kind in retention.KINDS:
            while some := await self._some(kind, now - self.spans.of(kind)):
                gone[kind] += some
                await self._wait(PAUSE)
        await self._data.erase_left_over()
        await self._store.follow_keys()  # What is due to be cut out of the key file by now.
        await self._sweep(now)
        await self._another_house_key(now)
        if any(gone.values()):
            await self._store.db.fold()
        log.info("retention", **gone)
        return gone

    # --- inside

    async def _some(self, kind: str, before: datetime) -> int:
        """One helping of a kind; 0 when nothing is left."""
        db = self._store.db
        match kind:
            case "updates":
                return await db.write(lambda c: retention.forget_updates(c, before))
            case "chat":
                return await db.write(lambda c: retention.forget_chat(c, before))
            case "cases":
                return await db.write(lambda c: retention.forget_cases(c, before))
            case "photos":
                keys = await db.read(lambda c: retention.old(c, kind, before))
                await self._photos.delete(keys)
                return await db.write(lambda c: retention.forget_photos(c, keys)) if keys else 0
            case _:
                people = await db.read(lambda c: retention.old(c, kind, before))
                return sum([await self._data.erase(resident) for resident in people])

    async def _sweep(self, now: datetime) -> None:
        """Deletes the files of pictures whose keys were cut out: those of alerts that are forgotten. Only what is
        written down as cut out goes: a key file that was mixed up deletes nothing."""
        cut = set(await self._store.db.read(lambda c: shredding.due(c, now)))
        shut = [name for name in await self._photos.names() if photo_name(name) in cut] if cut else []
        await self._photos.delete(shut)

    async def _another_house_key(self, now: datetime) -> None:
        """So that what copies hold of letters on their way, and of ways to write to people, does not open for ever."""
        store = self._store
        wrapped = await store.db.read(rotation.wrapped_house)
        if wrapped is None or now.timestamp() - ages(wrapped)[0][1] < self._copies.total_seconds():
            return
        await rotation.change_data_keys(store.db, store.keys, now, only=HOUSE, keep=self._copies, wait=self._wait)
        await store.follow_keys()

    async def _is_first(self) -> bool:
        """Whether this process makes the round of this day."""
        today = self._now().astimezone(LOCAL).date().toordinal()

        def claim(connection: Connection) -> bool:
            if meta.versions(connection).get(_DONE, 0) >= today:
                return False
            meta.put(connection, _DONE, today)
            return True

        return await self._store.db.write(claim)

    @staticmethod
    async def _safely(work: Callable[[], object]) -> object:
        try:
            return await work()  # type: ignore[misc]
        except Exception:
            log.exception("upkeep failed")
            return None
