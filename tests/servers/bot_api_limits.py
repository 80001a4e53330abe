"""How much the server lets through: 30 in any second per bot, 20 a minute per group, uploads of one size spaced."""

from __future__ import annotations

import math
from collections import deque

from tests.servers.bot_api_errors import too_many

#: Files up to this size are never spaced (Client.cpp: `file_size > 100000`).
SMALL_UPLOAD = 100_000


class Window:
    """A sliding window: at most `limit` in any `span` seconds."""

    __slots__ = ("limit", "span", "stamps")

    def __init__(self, limit: int, span: float) -> None:
        self.limit = limit
        self.span = span
        self.stamps: deque[float] = deque()

    def wait(self, now: float, count: int) -> float:
        """Return the seconds until `count` more fit; 0 when they fit now."""
        stamps = self.stamps
        edge = now - self.span
        while stamps and stamps[0] <= edge:
            stamps.popleft()
        over = len(stamps) + count - self.limit
        if over <= 0:
            return 0.0
        return stamps[min(over, len(stamps)) - 1] - edge

    def take(self, now: float, count: int) -> None:
        """Count `count` as sent at `now`."""
        for _ in range(count):
            self.stamps.append(now)


class Limits:
    """The windows of every bot and of every group of a bot. A refused request takes nothing."""

    def __init__(self, per_second: int | None = 30, per_group_minute: int | None = 20) -> None:
        self.per_second = per_second  #: None: not limited.
        self.per_group_minute = per_group_minute  #: None: not limited.
        self.space_uploads = True
        self.refusals = 0  #: How many 429s these windows caused.
        self._bots: dict[int, Window] = {}
        self._groups: dict[tuple[int, int], Window] = {}
        self._uploads: dict[tuple[int, int], float] = {}

    def charge(self, bot: int, chat: int, now: float, count: int = 1) -> None:
        """Let `count` messages (sent or edited) of `bot` into `chat`, or raise the 429 the real server sends.

        A negative chat id is a group. An album counts as the messages in it.
        """
        windows: list[Window] = []
        if self.per_second is not None:
            window = self._bots.get(bot)
            if window is None:
                window = self._bots[bot] = Window(self.per_second, 1.0)
            windows.append(window)
        if self.per_group_minute is not None and chat < 0:
            window = self._groups.get((bot, chat))
            if window is None:
                window = self._groups[bot, chat] = Window(self.per_group_minute, 60.0)
            windows.append(window)
        wait = max((window.wait(now, count) for window in windows), default=0.0)
        if wait > 0:
            self.refusals += 1
            # A float a hair above a whole second must not become one more second.
            raise too_many(max(1, math.ceil(wait - 1e-6)))
        for window in windows:
            window.take(now, count)

    def upload(self, bot: int, size: int, now: float) -> float:
        """Return how many seconds the server sits on an upload of `size` bytes (Client.cpp, on_cmd).

        Uploads of the same total size are spaced by 0.2 to 0.9 s, so the same picture sent to every group crawls;
        once 5 s behind, the answer is 429 with 60 s.
        """
        if not self.space_uploads or size <= SMALL_UPLOAD:
            return 0.0
        last = self._uploads.get((bot, size), -math.inf)
        if last > now + 5.0:
            self.refusals += 1
            raise too_many(60)
        last = max(last + min(max(size * 1e-7, 0.2), 0.9), now - 1.0)
        self._uploads[bot, size] = last
        return max(0.0, last - now)
