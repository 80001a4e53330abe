"""A running fake DingTalk, a channel with two apps on it, and a group with one resident in it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.base import Parcel
from bot.channels.dingtalk import DingTalkChannel
from bot.channels.dingtalk_api import Credentials
from bot.channels.dingtalk_robots import Robot
from bot.messages import Address, Inbound
from tests.bot.channels.conftest import Drawer, Naps
from tests.servers.bot_api_clock import StoppedClock
from tests.servers.dingtalk import DingTalk
from tests.servers.dingtalk_cast import App, Group, Person

Letter = Callable[..., Parcel]


class Ear:
    """What a channel heard so far."""

    def __init__(self) -> None:
        self.heard: list[Inbound] = []
        self.fails = 0  #: So many times storing does not work.
        self.opened = asyncio.Event()  #: Storing waits for it.
        self.opened.set()

    async def take(self, batch: Any) -> None:
        await self.opened.wait()
        if self.fails:
            self.fails -= 1
            raise OSError("the database is away")
        self.heard += batch

    @property
    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.heard]


class Dozes(Naps):
    """Sleeps without sleeping: the clock is put forward instead."""

    def __init__(self, clock: StoppedClock) -> None:
        super().__init__()
        self._clock = clock

    async def __call__(self, seconds: float) -> None:
        await super().__call__(seconds)
        self._clock.forward(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def server(clock: StoppedClock) -> AsyncIterator[DingTalk]:
    async with DingTalk(clock=clock) as running:
        yield running


@pytest.fixture
def second(server: DingTalk) -> App:
    return server.new_app("second")


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def naps(clock: StoppedClock) -> Naps:
    return Dozes(clock)


def credentials(app: App) -> Credentials:
    return Credentials(app.client_id, app.secret, app.robot_code)


@pytest.fixture
async def dingtalk(
    server: DingTalk, second: App, drawer: Drawer, naps: Naps, clock: StoppedClock
) -> AsyncIterator[DingTalkChannel]:
    channel = DingTalkChannel(
        {"one": credentials(server.app), "two": credentials(second)},
        drawer,
        mark="m1",
        robots=(robots := {}),
        base_url=server.url,
        oapi_url=server.url,
        now=lambda: datetime.fromtimestamp(clock.time(), UTC),
        monotonic=clock.monotonic,
        sleep=naps,
    )
    channel.known_robots = robots  # type: ignore[attr-defined]
    yield channel
    await channel.close()


@pytest.fixture
def alice(server: DingTalk) -> Person:
    return server.person("Alice")


@pytest.fixture
def group(server: DingTalk, second: App, alice: Person) -> Group:
    return server.group("3rd village", [alice], [server.app, second])


@pytest.fixture
def letter(group: Group) -> Letter:
    """Makes parcels to the group, or to `chat`, each with a number of its own."""
    numbers = itertools.count(1)

    def make(text: str = "", *, chat: object = None, bot: str = "one", **fields: Any) -> Parcel:
        to = Address("dingtalk", bot, str(group.id if chat is None else chat))
        return Parcel(**{"id": next(numbers), "to": to, "text": text, **fields})

    return make


def robot_for(channel: DingTalkChannel, server: DingTalk, group: Group, name: str = "robot-willow", **more: Any) -> Any:
    """A custom robot of the group that the channel knows by this name."""
    robot = server.robot(group, **more)
    channel.known_robots[name] = Robot(robot.token, robot.secret)  # type: ignore[attr-defined]
    return robot


@asynccontextmanager
async def listening(channel: DingTalkChannel, server: DingTalk, apps: int = 2) -> AsyncIterator[Ear]:
    """The channel with its streams open."""
    ear = Ear()
    task = asyncio.create_task(channel.listen(ear.take))
    try:
        await server.until(lambda: len(server.stream.connections) >= apps)
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
