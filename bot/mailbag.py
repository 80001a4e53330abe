"""Mailbag: what comes in together is stored together, in trips that follow each other closely, each sender told of its
own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from bot.messages import Inbound

#: Messages stored together at most: bounds how long the first of them waits.
MOST = 256
#: So many senders are worth a trip while another is under way: what follows is read while these are written.
ENOUGH = 10
#: Trips at one time.
TRIPS = 3

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
    """Carries what comes in to the store, in the order in which it came. `keep` begins at its call to store inbounds
    (of those that are not in the second argument, the ids alone); what it returns gives, when awaited, which of them
    are to be handled here. They are given to `arrived` at once, in that order, even when the sender waits no more."""

    def __init__(self, keep: Keep, arrived: Callable[[Inbound], None]) -> None:
        self._keep, self._arrived = keep, arrived
        self._waiting: list[_Handful] = []
        self._trips: list[asyncio.Task[None]] = []  #: Under way, the earliest first.
        self._soon: asyncio.Handle | None = None

    async def put(self, inbounds: Sequence[Inbound], heard: Collection[str]) -> None:
        """Returns once all of them are stored. Raises what `keep` raised for these; then none of them may be."""
        loop = asyncio.get_running_loop()
        handful = _Handful(inbounds, heard, loop.create_future())
        self._waiting.append(handful)
        if not self._trips and self._soon is None:
            self._soon = loop.call_soon(self._go)  # With all those that come in at this same moment.
        elif len(self._waiting) >= ENOUGH and len(self._trips) < TRIPS:
            self._go()
        await handful.stored

    async def empty(self) -> None:
        """Returns when nothing is on its way to the store."""
        while self._waiting or self._trips:
            await asyncio.wait(self._trips) if self._trips else await asyncio.sleep(0)

    def _go(self) -> None:
        """Sends what waits on its way."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if self._waiting:
            handfuls = self._pack()
            before = self._trips[-1] if self._trips else None
            trip = asyncio.create_task(self._store(handfuls, self._begin(handfuls), before))
            self._trips.append(trip)
            trip.add_done_callback(partial(self._back, handfuls))

    def _back(self, handfuls: Sequence[_Handful], trip: asyncio.Task[None]) -> None:
        self._trips.remove(trip)
        if not trip.cancelled():
            self._go()
            return
        for left in (*handfuls, *self._waiting):  # The loop ends: nobody must wait for ever.
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

    def _begin(self, handfuls: Sequence[_Handful]) -> Awaitable[Sequence[Inbound]]:
        heard = {cause for handful in handfuls for cause in handful.heard}
        return self._keep([inbound for handful in handfuls for inbound in handful.inbounds], heard)

    async def _store(
        self, handfuls: Sequence[_Handful], begun: Awaitable[Sequence[Inbound]], before: asyncio.Task[None] | None
    ) -> None:
        try:
            kept = await begun
        except Exception as error:
            if len(handfuls) == 1:
                handfuls[0].told(error)
            else:  # One that cannot be stored must not refuse the others: now each by itself.
                for handful in handfuls:
                    await self._store([handful], self._begin([handful]), before)
            return
        if before is not None and not before.done():
            await asyncio.wait([before])  # What came first is handled first.
        for inbound in kept:
            self._arrived(inbound)
        for handful in handfuls:
            handful.told()
