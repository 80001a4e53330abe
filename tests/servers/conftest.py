"""A running fake Bot API, its two clients, and a group with one resident in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import telegram
from telegram.request import HTTPXRequest

from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import Chat
from tests.servers.bot_api_clock import StoppedClock
from tests.servers.bot_api_people import Person
from tests.servers.gram import aiogram, opened


@pytest.fixture(autouse=True)
def _periods_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without it python-telegram-bot warns whenever it makes a RetryAfter, and here warnings are errors.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def server() -> AsyncIterator[BotApi]:
    async with BotApi(clock=StoppedClock()) as running:
        yield running


@pytest.fixture
async def ptb(server: BotApi) -> AsyncIterator[telegram.Bot]:
    bot = telegram.Bot(
        server.bot.token,
        base_url=server.base_url,
        base_file_url=server.base_file_url,
        # Reading the machine's certificates costs 0.1 s each time, and nothing here is https.
        request=HTTPXRequest(connection_pool_size=64, read_timeout=10, httpx_kwargs={"verify": False}),
        get_updates_request=HTTPXRequest(connection_pool_size=4, read_timeout=60, httpx_kwargs={"verify": False}),
    )
    async with bot:
        yield bot


@pytest.fixture
async def gram(server: BotApi) -> AsyncIterator[aiogram.Bot]:
    async with opened(server) as bot:
        yield bot


@pytest.fixture
def alice(server: BotApi) -> Person:
    return server.user("Alice", username="alice_li")


@pytest.fixture
def group(server: BotApi, alice: Person) -> Chat:
    return server.group("3rd village", [alice], bots=[server.bot])
