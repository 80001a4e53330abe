"""aiogram, imported by those who speak through it: its hundreds of models take three seconds of each process."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.servers.bot_api import BotApi


class _Late:
    """Stands for the library until a test asks it for something; pytest asks whatever a module holds for its
    `_mock_name` and its like, long before."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
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
