"""What the doors for other systems share: whose key it is, and handing a report over so that it is stored first."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.channels.systems import NAME
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Sender, Signal
from bot.store import Store
from bot.store.public_cases import number_by_cause
from bot.store.systems import System, system_by_key
from bot.web.postbox import Intake, Pace

#: Seconds for which the answer waits for a case number; a report that takes longer gets a token alone.
PATIENCE = 1.5


@dataclass(frozen=True, slots=True)
class Report:
    """A report of another system, read and checked."""

    id: str  #: The system's own, or drawn: the same id is the same report.
    words: str = field(repr=False)
    signal: Signal
    location: tuple[float, float] | None = field(default=None, repr=False)
    photos: tuple[str, ...] = ()  #: Keys in our photo store.
    name: str = field(default="", repr=False)  #: Of the person who told the system.
    whose: str = field(default="", repr=False)  #: How the system tells its reporters apart. Only its hash is kept.


class Reports:
    """Takes reports to the intake. When `take` returns, the report is stored."""

    def __init__(self, store: Store, intake: Intake, now: Callable[[], datetime], patience: float = PATIENCE) -> None:
        self._store, self._intake, self._now, self._patience = store, intake, now, patience
        #: Of one system: 200 at once, 50 a second.
        self.pace = Pace(burst=200, seconds=0.02)

    async def system(self, key: str, right: str) -> System | None:
        """Whose key this is, if it is good for that."""
        if not 8 <= len(key) <= 200:
            return None
        found = await self._store.db.read(lambda connection: system_by_key(connection, key))
        return found if found is not None and right in found.may else None

    async def take(self, system: System, report: Report, chat: str = "") -> str:
        """Stores the report and returns the number of its case, or "" when deciding takes longer than that. `chat` is
        that of an earlier report which this one adds to."""
        whose = hashlib.sha256(report.whose.encode()).hexdigest()[:24] if report.whose else ""
        inbound = Inbound(
            key=report.id,
            at=Address(NAME, system.name, chat or f"{system.name}:{report.id}"),
            kind=Kind.MESSAGE,
            sent_at=self._now(),
            private=True,
            sender=Sender(f"{system.name}:{whose}", report.name[:100] or system.name),
            message_id=report.id,
            text=report.words,
            media=tuple(Media(MediaKind.PHOTO, key, key, kept=True) for key in report.photos),
            location=report.location,
            addressed=True,
            signal=report.signal,
        )
        await self._intake.take([inbound])
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + self._patience, 0.01
        while not (number := await self.number(system.name, report.id)) and loop.time() < until:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.1)
        return number

    async def number(self, system: str, id: str) -> str:
        """The case that this report became; "" while it is none."""
        return await self._store.db.read(lambda c: number_by_cause(c, [f"{NAME}:{system}:{id}"]))

    async def chat_of(self, system: System, number: str) -> str:
        """Where this case's report came from, if it was this system's; else ""."""
        reporter = (await self._store.scene_for_case(number)).reporter
        if reporter is None or (reporter.at.channel, reporter.at.bot) != (NAME, system.name):
            return ""
        return reporter.at.chat
