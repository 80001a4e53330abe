"""Turns: what anybody may ask for, and costs something, is done one after the other, with room for all else between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: Who waits at most; the next one is sent away.
MOST_WAITING = 64


class Full(Exception):
    """Too many wait already."""


class Turns:
    """One at a time, and after each a rest for as long as it took: however many ask, half of the loop is left to the
    messages of the street."""

    def __init__(self, waiting: int = MOST_WAITING) -> None:
        self._one, self._left = asyncio.Semaphore(1), waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for its turn. Raises Full."""
        if not self._left:
            raise Full
        self._left -= 1
        try:
            await self._one.acquire()
        finally:
            self._left += 1
        began = time.thread_time()
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(time.thread_time() - began, self._one.release)
