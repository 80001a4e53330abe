"""The house of a simulation: real store, intake, desks, clocks and outbox, on rows in memory and virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from math import ceil
from random import Random

from bot.clock import EVERY, Sweeper
from bot.intake import Intake
from bot.knowledge import Knowledge
from bot.limits import TELEGRAM
from bot.messages import Inbound
from bot.outbox import Outbox, Timing
from bot.outcome import Fresh, Outcome, Scene, Thread
from bot.scenery import Scenery
from bot.simulation.app import SimulatedApp, render
from bot.simulation.hourglass import Machine, Wall
from bot.simulation.rows import RowsInMemory
from bot.simulation.street import BOT, CHANNEL
from bot.simulation.words import Listener
from bot.store import Keys, Store
from bot.store.migrate import migrate
from bot.store.reads import Found
from routing.directory import DirectoryRows, Group
from routing.sla import Clock

#: Another process could write to the rows of a real house; here only news brings work, so the outbox need not look.
_NEVER = timedelta(hours=1)


class SeededStore(Store):
    """The store; case numbers and ids are drawn from the simulation's seed."""

    dice: Random

    async def look(self) -> None:
        """Nobody else writes to these rows."""

    async def thread(self, inbound: Inbound) -> Thread:
        found = await super().thread(inbound)
        if found.version:
            return found
        resident = found.resident
        if not resident.version:
            resident = replace(resident, id=f"{self.dice.getrandbits(64):016x}")
        return replace(found, id=f"{self.dice.getrandbits(64):016x}", resident=resident)

    def _scene(self, found: Found, thread: Thread | None, group: Group | None, person: str, photos: int) -> Scene:
        number, token = "".join(self.dice.choices("123456789", k=8)), f"{self.dice.getrandbits(172):043x}"
        return replace(super()._scene(found, thread, group, person, photos), fresh=Fresh(number, token))


class SimulatedHouse:
    """One house with its doors. What comes in goes through the machine first: that is the time it costs."""

    def __init__(self, store: SeededStore, app: SimulatedApp, machine: Machine, listener: Listener, wall: Wall) -> None:
        self.store, self.app, self.machine, self.wall = store, app, machine, wall
        channels = {CHANNEL: app}
        self.outbox = Outbox(
            store.db, channels, {CHANNEL: TELEGRAM}, wall, "simulation",
            timing=Timing(look=_NEVER), dice=store.dice.random, house=store.house,
        )  # fmt: skip
        scenery = Scenery(store, listener, Knowledge(), channels, wall)
        self.intake = Intake(store, scenery, lambda text: False, channels, wall, committed=self._committed)
        self._sweeper = Sweeper(store, wall, committed=self._committed)
        self._due: list[datetime] = []
        self._news = asyncio.Event()
        self.heard: list[Callable[[Outcome], None]] = []  #: Told of every outcome.
        self.ticks = 0

    async def post(self, inbound: Inbound) -> None:
        """A message or a press reaches the house, and is worked on when its turn comes."""
        await asyncio.sleep(self.app.way())
        await self.machine.works("press" if inbound.press else "message")
        await self.intake.take([inbound])

    async def sweeps(self) -> None:
        """Looks every 250 ms, as the running house does; looks at which nothing can be due are left out."""
        while True:
            self._news.clear()
            now = self.wall()
            if not self._due:
                await self._news.wait()
                continue
            if self._due[0] > now:
                look = ceil(self.wall.seconds(self._due[0]) / EVERY) * EVERY - self.wall.seconds(now)
                try:
                    async with asyncio.timeout(look):
                        await self._news.wait()
                except TimeoutError:
                    pass
                else:
                    continue
            now = self.wall()
            while self._due and self._due[0] <= now:
                heappop(self._due)
            fired = await self._sweeper.sweep()
            self.ticks += fired
            for _ in range(fired):
                await self.machine.works("tick")

    def _committed(self, outcome: Outcome) -> None:
        if outcome.letters or outcome.fanouts:
            self.outbox.wake()
        for change in outcome.changes:
            if isinstance(change, Clock) and change.running:
                heappush(self._due, change.due_at)
                self._news.set()
        for hears in self.heard:
            hears(outcome)


async def furnished(rows: DirectoryRows, wall: Wall, dice: Random) -> SeededStore:
    """A store in memory with the street in it."""
    db = RowsInMemory()
    migrate(db)
    keys = Keys.of(dice.randbytes(32))
    store = await SeededStore.open(db, keys, render, now=wall, first={CHANNEL: BOT})
    assert isinstance(store, SeededStore)
    store.dice = dice
    await store.replace_directory(rows)
    return store
