"""The same letters to the same groups: this outbox, and python-telegram-bot's AIORateLimiter beside it.

Both over python-telegram-bot, against a Bot API that enforces Telegram's limits: each in turn, on a server of its own.

`python -m benchmarks.rate_limiter [--letters N ...]`
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot

from benchmarks.alerts import LIMITS, Street, telegram
from benchmarks.outbox import FLOOR, fan, opened, utc
from benchmarks.table import Figure
from bot.messages import Lane
from bot.outbox import Outbox
from tests.servers.bot_api import BotApi

#: Past so many times its floor a run is ended, and what had arrived by then is told.
PATIENCE = 2.0
RETRIES = 5


async def ours(letters: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        db = opened(f"sqlite:///{Path(folder) / 'bench.db'}")
        async with BotApi() as server:
            server.latency = 0.05
            street = Street.made(db, server, letters)
            channel = telegram(db, server.url, server.bot.token)
            await channel.start()
            outbox = Outbox(db, {"telegram": channel}, LIMITS, utc, "one")
            server.calls.clear()
            began = time.monotonic()
            await street.says(fan("notice", street.groups, Lane.ALERT), cause="bench")
            await outbox.drain(PATIENCE * letters / FLOOR)
            await channel.close()
            figures = told("outbox", server, letters, began)
        await db.close()
    return figures


async def theirs(letters: int) -> list[Figure]:
    async with BotApi() as server:
        server.latency = 0.05
        chats = [server.group(f"group {number}", bots=[server.bot]).id for number in range(letters)]
        limiter = AIORateLimiter(max_retries=RETRIES)
        bot = ExtBot(server.bot.token, base_url=server.base_url, rate_limiter=limiter)

        async def send(chat: int) -> None:
            try:
                await bot.send_message(chat, "notice")
            except TelegramError:
                return  # Given up: it is missing among those that arrived.

        async with bot:
            server.calls.clear()
            began = time.monotonic()
            sending = [asyncio.create_task(send(chat)) for chat in chats]
            _, late = await asyncio.wait(sending, timeout=PATIENCE * letters / FLOOR)
            for each in late:
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        return told("AIORateLimiter", server, letters, began)


def told(who: str, server: BotApi, letters: int, began: float) -> list[Figure]:
    calls = server.written()
    took = max(call.ended for call in calls) - began
    copies = Counter(call.chat for call in calls)
    floor, refused = letters / FLOOR, len(server.refused(429))
    once = sum(count == 1 for count in copies.values())
    figures = [
        Figure(f"{letters:,} groups by the {who}", took, "s", f"floor {floor:.2f} s"),
        Figure("  against the floor", took / floor, "x", "within 1.05", took / floor <= 1.05),
        Figure("  groups that did not get it just once", letters - once, "", "0", once == letters),
        Figure("  answered 429", refused, "", "fewer than 10", refused < 10),
    ]
    return figures if who == "outbox" else [replace(each, asked="", kept=None) for each in figures]


async def measure(several: Sequence[int] = (446, 2000)) -> list[Figure]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    figures = []
    for letters in several:
        figures += await ours(letters)
        figures += await theirs(letters)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--letters", type=int, nargs="*", default=[446, 2000])
    for letters in parser.parse_args().letters:
        for figure in asyncio.run(measure([letters])):
            print(figure, flush=True)


if __name__ == "__main__":
    main()
