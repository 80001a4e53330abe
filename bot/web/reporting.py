"""What the doors for other systems share: whose key it is, and handing a report over so that it is stored first."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from aiohttp import web

from bot.channels.systems import NAME, Report, cause_of, read
from bot.messages import Inbound
from bot.store import Store
from bot.store.reported import number_by_cause, numbers
from bot.store.systems import System, hash_of, system_by_key
from bot.web.postbox import Pace

#: Seconds for which the answer waits for a case number; a report that takes longer gets a token alone.
PATIENCE = 1.5
#: Wrong keys of one network in a row, then one in three seconds.
WRONG_KEYS = 30


class Intake(Protocol):
    """Door 1."""

    async def take(self, inbounds: Sequence[Inbound]) -> None: ...

    async def lay_in(self, inbounds: Sequence[Inbound]) -> int: ...


class TooMany(Exception):
    """So many wrong keys came from there that no further one is looked at for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many wrong keys")
        self.seconds = math.ceil(seconds)


def key_in(request: web.Request) -> str:
    """The key that a request carries: `Authorization: Bearer`, else `X-API-Key`; "" without one. Never in the address:
    those stand in logs."""
    if "Authorization" in request.headers:
        scheme, _, bearer = request.headers["Authorization"].partition(" ")
        return bearer.strip() if scheme.lower() == "bearer" else ""
    return request.headers.get("X-API-Key", "")


class Reports:
    """Takes reports to the intake. When `take` returns, the report is stored."""

    def __init__(self, store: Store, intake: Intake, now: Callable[[], datetime], patience: float = PATIENCE) -> None:
        self._store, self._intake, self._now, self._patience = store, intake, now, patience
        #: Of one system: 200 at once, 50 a second.
        self.pace = Pace(burst=200, seconds=0.02)
        self._wrong = Pace(burst=WRONG_KEYS, seconds=3.0)
        self._good: set[bytes] = set()  #: Hashes of keys that were good here.

    async def system(self, key: str, right: str, network: str) -> System | None:
        """Whose key this is, if it is good for that. Raises TooMany. A key that was good before is looked at however
        many wrong ones come from the same place: behind one address there may be a whole city."""
        if not 8 <= len(key) <= 200:
            return None
        hashed = hash_of(key)
        if hashed not in self._good and (wait := self._wrong.left(network)):
            raise TooMany(wait)
        found = await self._store.db.read(lambda connection: system_by_key(connection, key))
        if found is None:
            self._wrong.wait_for(network)
            self._good.discard(hashed)
            return None
        self._good.add(hashed)
        return found if right in found.may else None

    async def take(self, system: System, report: Report, chat: str = "") -> str:
        """Stores the report and returns the number of its case, or "" when deciding takes longer than that. `chat` is
        that of an earlier report which this one adds to."""
        if number := await self.number(system.name, report.id):
            return number  # However long ago it came: ids of messages are forgotten, a case is not.
        await self._intake.take([read(system.name, report, self._now(), chat)])
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + self._patience, 0.01
        while not (number := await self.number(system.name, report.id)) and loop.time() < until:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.1)
        return number

    async def lay_in(self, system: System, reports: Sequence[Report]) -> tuple[int, dict[str, str]]:
        """Stores many reports in one transaction; they are decided one after the other behind all that people write.
        Returns how many are new, and the numbers of those that are cases by now, by the system's id."""
        now = self._now()
        new = await self._intake.lay_in([read(system.name, report, now) for report in reports])
        ids = {cause_of(system.name, report.id): report.id for report in reports}
        found = await self._store.db.read(lambda c: numbers(c, ids))
        return new, {ids[cause]: number for cause, number in found.items()}

    async def number(self, system: str, id: str) -> str:
        """The case that this report became; "" while it is none."""
        return await self._store.db.read(lambda c: number_by_cause(c, cause_of(system, id)))

    async def chat_of(self, system: System, number: str) -> str:
        """Where this case's report came from, if it was this system's; else ""."""
        reporter = (await self._store.scene_for_case(number)).reporter
        if reporter is None or (reporter.at.channel, reporter.at.bot) != (NAME, system.name):
            return ""
        return reporter.at.chat
