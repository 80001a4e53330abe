"""The server's two clocks, and the verb that moves them: 48 hours pass without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Wall time for dates, monotonic time for limits; `forward` moves both at once."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._ahead = 0.0

    def time(self) -> float:
        """Return Unix time in seconds."""
        return self._wall() + self._ahead

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self._monotonic() + self._ahead

    def forward(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self._ahead += seconds


class StoppedClock(Clock):
    """A clock that moves only by `forward`: for tests that count what fits into one second."""

    def __init__(self, wall: float = 1_790_000_000.0) -> None:
        super().__init__(lambda: wall, lambda: 1_000.0)
