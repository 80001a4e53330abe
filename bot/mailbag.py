"""Mailbag: what comes in while something is being stored is stored together next, each sender told of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from bot.messages import Inbound

#: Messages stored together at most: bounds how long the first of them waits.
MOST = 256

Keep = Callable[[Sequence[Inbound], Collection[str]], Awaitable[Sequence[Inbound]]]


@dataclass(slots=True)
class _Handful:
    """What one sender brought, and whom to tell."""

    inbounds: Sequence[Inbound]
    heard: Collection[str]
    stored: asyncio.Future[None]

    def told(self, error: Exception | None = None) -> None:
        if self.stored.done():
            return  # The sender went away; what it brought is stored all the same.
        if error is None:
            self.stored.set_result(None)
        else:
            self.stored.set_exception(error)


class Mailbag:
    """Carries what comes in to the store, in the order in which it came. `keep` stores inbounds (of those that are not
    in the second argument, the ids alone) and returns which of them are to be handled here; they are given to `arrived`
    at once, in that order, whether or not the sender still waits."""

    def __init__(self, keep: Keep, arrived: Callable[[Inbound], None]) -> None:
        self._keep, self._arrived = keep, arrived
        self._waiting: list[_Handful] = []
        self._carrier: asyncio.Task[None] | None = None

    async def put(self, inbounds: Sequence[Inbound], heard: Collection[str]) -> None:
        """Returns once all of them are stored. Raises what `keep` raised for these; then none of them may be."""
        handful = _Handful(inbounds, heard, asyncio.get_running_loop().create_future())
        self._waiting.append(handful)
        if self._carrier is None:
            self._carrier = asyncio.create_task(self._carry())
        await handful.stored

    async def empty(self) -> None:
        """Returns when nothing is on its way to the store."""
        while self._carrier is not None:
            await asyncio.wait([self._carrier])

    async def _carry(self) -> None:
        handfuls: list[_Handful] = []
        try:
            while self._waiting:
                handfuls = self._pack()
                await self._store(handfuls)
        finally:
            self._carrier = None
            for left in (*handfuls, *self._waiting):  # Only when cancelled: nobody must wait for ever.
                left.stored.cancel()
            self._waiting.clear()

    def _pack(self) -> list[_Handful]:
        """As many handfuls as go together; one that is larger than that goes alone."""
        count = packed = 0
        for handful in self._waiting:
            count += len(handful.inbounds)
            if packed and count > MOST:
                break
            packed += 1
        handfuls, self._waiting = self._waiting[:packed], self._waiting[packed:]
        return handfuls

    async def _store(self, handfuls: Sequence[_Handful]) -> None:
        heard = {cause for handful in handfuls for cause in handful.heard}
        try:
            kept = await self._keep([inbound for handful in handfuls for inbound in handful.inbounds], heard)
        except Exception as error:
            if len(handfuls) == 1:
                handfuls[0].told(error)
            else:  # One that cannot be stored must not refuse the others: now each by itself.
                for handful in handfuls:
                    await self._store([handful])
            return
        for inbound in kept:
            self._arrived(inbound)
        for handful in handfuls:
            handful.told()
