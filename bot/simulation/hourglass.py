"""Virtual time: an event loop whose clock leaps to whatever happens next, and the one machine that does the work."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random


class _Leap(selectors.SelectSelector):
    """Waits for nothing: no socket is open. When nobody is ready, it is later at once."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        if timeout > 0:
            self.seconds += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when everybody waits. What runs on it must not wait for threads, sockets or
    other processes; then the same seed gives the same night, however fast the machine is."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        """Seconds since the loop began."""
        return self._leap.seconds


class Wall:
    """The clock on the wall of the simulation: aware UTC, moved by the loop."""

    def __init__(self, start: datetime) -> None:
        self.start = self._now = start
        self._seconds = 0.0

    def __call__(self) -> datetime:
        seconds = asyncio.get_running_loop().time()
        if seconds != self._seconds:
            self._seconds, self._now = seconds, self.start + timedelta(seconds=seconds)
        return self._now

    def seconds(self, at: datetime) -> float:
        return (at - self.start).total_seconds()


class Machine:
    """One processor that takes what comes in its turn. The work itself is done for real, and takes no virtual time;
    that it keeps the next one waiting is counted here.

    Neighbours' talk takes its share: each message of it is drawn and passed through the queue, and nothing more is done
    with it, because the house keeps nothing of it but an id.
    """

    def __init__(self, costs: Mapping[str, float], chatter: float, dice: Random) -> None:
        """`costs`: seconds of work by kind ("chatter" must be there). `chatter`: messages a second."""
        self._costs, self._chatter, self._dice = costs, chatter, dice
        self._free_at = self._next_talk = 0.0
        self.talked = 0  #: Messages of neighbours so far.
        self.longest = 0.0  #: Seconds that anything waited for its turn.
        self._until: Callable[[float], bool] = lambda at: True
        if chatter:
            self._next_talk = dice.expovariate(chatter)

    def talk_until(self, seconds: float) -> None:
        """Neighbours talk until then."""
        self._until = lambda at: at < seconds

    async def works(self, kind: str) -> None:
        """Returns once this piece of work is done."""
        now = asyncio.get_running_loop().time()
        self._talk(now)
        starts = max(now, self._free_at)
        self.longest = max(self.longest, starts - now)
        self._free_at = starts + self._costs[kind]
        await asyncio.sleep(self._free_at - now)

    def _talk(self, now: float) -> None:
        if not self._chatter:
            return
        cost = self._costs["chatter"]
        while self._next_talk <= now and self._until(self._next_talk):
            self._free_at = max(self._free_at, self._next_talk) + cost
            self.talked += 1
            self._next_talk += self._dice.expovariate(self._chatter)
