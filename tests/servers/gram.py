"""aiogram, imported by those who speak through it: its hundreds of models take three seconds of each process."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.servers.bot_api import BotApi

#: One worker imports it, not all.
together = pytest.mark.xdist_group("aiogram")


class _Late:
    """Stands for the library until somebody asks it for something."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("aiogram"), name)


aiogram: Any = _Late()


@asynccontextmanager
async def opened(server: BotApi) -> AsyncIterator[Any]:
    """Its bot, on that server."""
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    class PromptSession(AiohttpSession):
        """Without the quarter of a second that it waits for TLS when it closes."""

        async def close(self) -> None:
            if self._session is not None:
                await self._session.close()

    session = PromptSession(api=TelegramAPIServer.from_base(server.url))
    async with aiogram.Bot(server.bot.token, session=session) as bot:
        yield bot
