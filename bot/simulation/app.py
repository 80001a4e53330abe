"""A chat app of the simulation: letters take their way, and it refuses what is over its limits."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from random import Random

from bot.channels.base import Can, Fate, Parcel, RenderedButton, SendError
from bot.messages import Address, Inbound, Letter, Said
from bot.texts import Rendered

#: Seconds of one way to the app or back: the median, and how far it spreads (of a log-normal distribution).
WAY, SPREAD = 0.06, 0.4
#: What Telegram counts: so many in any second for an account, so many in any minute in a group.
_SECOND, _MINUTE = (30, 1.0), (20, 60.0)


def render(letter: Letter) -> Rendered:
    """A letter as people of the simulation read it: the case, the key, and what is asked or came of it."""
    asked = letter.params.get("next")
    words = (letter.case, letter.key, asked.key if isinstance(asked, Said) else "")
    buttons = tuple(
        tuple(RenderedButton(button.label, button.data, button.url) for button in row) for row in letter.buttons
    )
    return Rendered("|".join(words), buttons)


class _Window:
    def __init__(self, count: int, span: float) -> None:
        self.count, self.span, self.times = count, span, deque[float]()

    def over(self, now: float) -> float:
        """Seconds until one more fits; 0 when it fits, and then it is counted."""
        while self.times and self.times[0] <= now - self.span:
            self.times.popleft()
        if len(self.times) < self.count:
            self.times.append(now)
            return 0.0
        return self.times[0] + self.span - now


class SimulatedApp:
    """Implements Channel. Whoever is written to hears it through `arrives`."""

    name = "telegram"
    can = Can(hears_all=True, private=True, first=True, edit=True, recall=True, buttons=True, albums=True)

    def __init__(self, dice: Random, arrives: Callable[[Parcel, str], None]) -> None:
        self._dice, self._arrives = dice, arrives
        self._ids = itertools.count(1)
        self._account = _Window(*_SECOND)
        self._groups: dict[str, _Window] = {}
        self.sent = self.refused = 0

    def way(self) -> float:
        """Seconds of one way."""
        return WAY * self._dice.lognormvariate(0.0, SPREAD)

    async def send(self, parcel: Parcel) -> str:
        await asyncio.sleep(self.way())
        now = asyncio.get_running_loop().time()
        wait = self._account.over(now)
        if not wait and not parcel.to.chat.isdigit():
            wait = self._groups.setdefault(parcel.to.chat, _Window(*_MINUTE)).over(now)
        if wait:
            self.refused += 1
            raise SendError(Fate.WAIT, "Too Many Requests", after=wait)
        ref = parcel.edits or str(next(self._ids))
        self.sent += 1
        self._arrives(parcel, ref)
        await asyncio.sleep(self.way())
        return ref

    async def fetch(self, at: Address, ref: str) -> bytes:
        raise SendError(Fate.GONE, "nobody sends pictures here")

    async def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        return
        yield

    async def answer(self, inbound: Inbound) -> None:
        pass
