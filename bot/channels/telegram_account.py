"""One bot account at Telegram: its two connection pools, who it is there, asking for its updates, what goes wrong."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import os
import random
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog
from telegram import Bot
from telegram.error import Conflict, EndPointNotFound, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram_fate import reason, seconds
from bot.channels.telegram_read import ALLOWED, Me

log = structlog.get_logger(__name__)

LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class About:
    """What Telegram says of an account."""

    me: Me
    hears_all: bool  #: Privacy mode is off: it gets every message of its groups, also where it is no administrator.


class Account:
    """A bot account. `url` is the server's address; `secret` the webhook's, made from the token where it is empty."""

    def __init__(self, name: str, token: str, secret: str, url: str, usernames: MutableMapping[str, str]) -> None:
        self.name, self._usernames = name, usernames
        # Tells nothing of the token, and needs no configuration.
        self.secret = secret or hmac.new(token.encode(), b"webhook", hashlib.sha256).hexdigest()
        # Reading the machine's certificates takes 0.1 s a pool, and a plain address (a server of our own) needs none.
        extra: dict[str, Any] = {"verify": False} if url.startswith("http://") else {}
        self._sends = HTTPXRequest(
            connection_pool_size=72,
            connect_timeout=10,
            read_timeout=20,
            write_timeout=20,
            media_write_timeout=30,
            pool_timeout=5,
            httpx_kwargs=extra,
        )
        # A pool of its own: fifty seconds of waiting take no connection from a letter.
        self._waits = HTTPXRequest(connection_pool_size=2, connect_timeout=10, read_timeout=60, httpx_kwargs=extra)
        self.bot = _bot(token, url, self._sends)
        self._polls = _bot(token, url, self._waits)
        self._about: About | None = None
        self._meeting = asyncio.Lock()

    async def open(self) -> None:
        await asyncio.gather(self._sends.initialize(), self._waits.initialize())

    async def close(self) -> None:
        await asyncio.gather(self._sends.shutdown(), self._waits.shutdown())

    async def meet(self) -> About:
        """Returns who we are there; Telegram is asked once. Raises TelegramError."""
        if self._about is not None:
            return self._about
        async with self._meeting:
            if self._about is None:
                user = await self.bot.get_me(connect_timeout=10, read_timeout=10)
                self._about = About(Me(self.name, user.id, user.username or ""), bool(user.can_read_all_group_messages))
                self._usernames[self.name] = self._about.me.username
            return self._about

    async def poll(self, offset: int, patience: int) -> list[dict[str, Any]]:
        """Returns the raw updates from `offset` on, waiting up to `patience` seconds for the first; all before are
        confirmed. Raises TelegramError. Not Bot.get_updates: there one update that the library cannot read holds up
        all others."""
        asked = {"offset": offset, "timeout": patience, "limit": 100, "allowed_updates": list(ALLOWED)}
        # In lower case: under its own name the library warns that it has a method for it.
        found = await self._polls.do_api_request("getupdates", api_kwargs=asked, read_timeout=patience + 10.0)
        return [raw for raw in found if isinstance(raw, dict)] if isinstance(found, list) else []


def _bot(token: str, url: str, request: HTTPXRequest) -> Bot:
    return Bot(
        token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=request,
        get_updates_request=request,
    )


def trouble(name: str, error: TelegramError, failures: int) -> float:
    """Says in a sentence what is wrong with an account, and returns how many seconds to wait before the next try."""
    if isinstance(error, RetryAfter):
        return seconds(error)
    if isinstance(error, InvalidToken | EndPointNotFound):
        log.error("Telegram does not know the token of this bot: look at its token_env", bot=name)
        return LONGEST_PAUSE
    if isinstance(error, Conflict):
        log.error(
            "Another program uses this bot's token, or a webhook was set meanwhile: only one may ask for its messages",
            bot=name,
            reason=reason(error),
        )
    else:
        log.warning("telegram.unreachable", bot=name, failures=failures, reason=reason(error))
    # Jitter, so that several accounts do not all come again at the same moment.
    return min(LONGEST_PAUSE, 2.0 ** min(failures - 1, 6)) * (0.5 + random.random() / 2)  # noqa: S311


def hush() -> None:
    """These libraries write addresses with the token in them, and what people wrote, into the log."""
    for name, least in (("httpx", logging.WARNING), ("httpcore", logging.WARNING), ("telegram", logging.INFO)):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, least))
    # Times as timedelta, which the library's next version gives anyway; else each 429 comes with a warning.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
