"""A running fake Bot API, a channel with two accounts on it, and a group with one resident in it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.channels.base import Parcel
from bot.channels.telegram import TelegramChannel
from bot.messages import Address
from bot.photos import PhotoGone
from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import BotAccount, Chat
from tests.servers.bot_api_clock import StoppedClock
from tests.servers.bot_api_people import Person


class Drawer:
    """Kept pictures, by key; notes what was taken out."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}
        self.taken: list[str] = []

    async def read(self, key: str) -> bytes:
        self.taken.append(key)
        if key not in self.pictures:
            raise PhotoGone(key)
        return self.pictures[key]


class Naps:
    """Sleeps without sleeping."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def server(clock: StoppedClock) -> AsyncIterator[BotApi]:
    async with BotApi(clock=clock) as running:
        running.bot.updates.slows_repeats = False
        yield running


@pytest.fixture
def second(server: BotApi) -> BotAccount:
    """Another bot account of ours."""
    account = server.new_bot("wuyou2_bot", "无忧二")
    account.updates.slows_repeats = False
    return account


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
async def telegram(
    server: BotApi, second: BotAccount, drawer: Drawer, naps: Naps, clock: StoppedClock
) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(
        {"one": server.bot.token, "two": second.token},
        drawer,
        base_url=server.url,
        secrets={"one": "s3cret-One"},
        monotonic=clock.monotonic,
        sleep=naps,
        poll_seconds=1,
    )
    await channel.start()
    yield channel
    await channel.close()


@pytest.fixture
def alice(server: BotApi) -> Person:
    return server.user("Alice", username="alice_li")


@pytest.fixture
def group(server: BotApi, second: BotAccount, alice: Person) -> Chat:
    return server.group("3rd village", [alice], bots=[server.bot, second])


@pytest.fixture
def letter(group: Chat) -> Callable[..., Parcel]:
    """Makes parcels to the group, or to `chat`, each with a number of its own."""
    numbers = itertools.count(1)

    def make(text: str = "", *, chat: object = None, bot: str = "one", **fields: Any) -> Parcel:
        to = Address("telegram", bot, str(group.id if chat is None else chat))
        return Parcel(**{"id": next(numbers), "to": to, "text": text, **fields})

    return make
