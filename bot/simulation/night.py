"""One night of a street: reports come as they come, people do what they do, and what came of it is counted."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from bot.simulation.app import SimulatedApp
from bot.simulation.figures import Figures, counted
from bot.simulation.hourglass import Machine, VirtualLoop, Wall
from bot.simulation.house import SimulatedHouse, furnished
from bot.simulation.people import Town
from bot.simulation.street import rows
from bot.simulation.words import Listener, Pen
from routing.dispatch import Plan, Policy

#: Monday, 20:00 local.
EVENING = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
#: Of 2.5 messages a second in 446 groups one in 50 is a report.
ONE_IN = 50
#: Seconds that people go on after the last report.
AFTER = 1800.0
#: Seconds of work of one processor, rounded up from `make bench`: neighbours' talk, a message, a press, a tick.
COSTS = {"chatter": 0.001, "message": 0.01, "press": 0.006, "tick": 0.006}


@dataclass(frozen=True, slots=True)
class Night:
    """What is simulated. `reports` come over `hours` at the usual load; at `load` times that, so many times as fast."""

    reports: int = 2000
    hours: float = 11.0
    people: int = 221
    areas: int = 12
    seed: int = 1
    load: float = 1.0

    @property
    def rate(self) -> float:
        """Reports a second."""
        return self.reports / (self.hours * 3600) * self.load


def simulate(night: Night, policy: str, told: Callable[[int], None] = lambda count: None) -> Figures:
    """Plays the night and returns what was measured. `told` hears how many reports have come so far."""
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_play(night, policy, told))


async def _play(night: Night, policy: str, told: Callable[[int], None]) -> Figures:
    def dice(whose: str) -> Random:
        # Everybody has dice of their own: what is reported, where and when, is the same under every policy.
        return Random(f"{night.seed} {whose}")  # noqa: S311 - a drawing, no secret

    wall = Wall(EVENING)
    store = await furnished(rows(night.people, night.areas), wall, dice("store"))
    store.plan = Plan(Policy(policy))
    listener = Listener(dice("listener"))
    machine = Machine(COSTS, night.rate * (ONE_IN - 1), dice("talk"))
    town: Town

    app = SimulatedApp(dice("app"), lambda parcel, ref: town.arrives(parcel, ref))  # noqa: PLW0108 - moves in later
    house = SimulatedHouse(store, app, machine, listener, wall)
    town = Town(house, dice("people"))
    town.moves_in()
    pen, comes = Pen(store.directory, dice("reports")), dice("coming")
    running = [asyncio.create_task(house.outbox.run()), asyncio.create_task(house.sweeps())]
    machine.talk_until(night.hours * 3600 / night.load + AFTER)
    for number in range(1, night.reports + 1):
        await asyncio.sleep(comes.expovariate(night.rate))
        report = pen.writes(number, wall())
        listener.learns(report)
        town.goes(town.reports_it(report))
        told(number)
    await asyncio.sleep(AFTER)
    town.rest()
    await house.intake.idle()
    found = await counted(store, town, house, wall(), policy)
    for task in running:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await house.intake.close()
    await store.db.close()
    return found
