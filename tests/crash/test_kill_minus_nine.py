"""Killed with -9 wherever it hurts, while Telegram redelivers: each message one case, each letter there, few copies."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from bot.directory_csv import write_directory
from nlu.model import Model
from tests import town
from tests.crash.house import POINTS as ALL
from tests.servers.bot_api import BotApi, Limits
from tests.servers.bot_api_chats import Chat, Message
from tests.servers.bot_api_clients import picture

#: Seconds for a process to start, work and die on a slow, busy machine. Nothing is judged by it.
PATIENCE = 120.0
NUMBER = re.compile(r"[1-9]{4} [1-9]{4}")
POINTS = [point for point in ALL if not point.startswith("card ")]


class Runs:
    """Starts the house again and again on the same folder, each time in a new process."""

    def __init__(self, forge: asyncio.subprocess.Process, folder: Path, url: str) -> None:
        self._forge, self._folder, self._url = forge, folder, url

    async def start(self, point: str = "") -> int:
        """Returns the id of the process."""
        assert self._forge.stdin is not None
        self._forge.stdin.write(json.dumps([str(self._folder), self._url, point]).encode() + b"\n")
        return await self._reads()

    async def ended(self) -> int:
        """Returns the exit code of the house that runs, once it has ended."""
        return await self._reads()

    async def _reads(self) -> int:
        assert self._forge.stdout is not None
        return int(await asyncio.wait_for(self._forge.stdout.readline(), PATIENCE))


@asynccontextmanager
async def forge(folder: Path, url: str, model: Path, **env: str) -> AsyncIterator[Runs]:
    """A process with the modules imported, that makes the houses, with `env` in their environment; it ends with its
    input."""
    env = {**os.environ, **env, "CRASH_MODEL": str(model)}
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.crash.house",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log, env=env,
        )  # fmt: skip
    try:
        yield Runs(process, folder, url)
    finally:
        await process.communicate(b"")


def rows(file: Path, sql: str) -> list[Any]:
    """Reads the house's database from outside."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


def unsent(file: Path) -> list[Any]:
    """Letters that have not arrived, by state; one that a later letter took the place of has."""
    return rows(file, "SELECT state, count(*) FROM outbox WHERE state NOT IN ('sent', 'merged') GROUP BY state")


def answers(group: Chat) -> Counter[int]:
    """Message id -> how many messages of the bot's reply to it with a case number."""
    numbered = [each for each in group.messages if NUMBER.search(each.text or each.caption or "")]
    return Counter(each.reply_to.id for each in numbered if each.reply_to)


async def test_killed_at_every_point_nothing_is_lost_and_nothing_is_doubled(
    tmp_path: Path, model: Model, model_folder: Path
) -> None:
    # How many may leave at once is tested elsewhere: here everything goes that can.
    async with BotApi(limits=Limits(per_second=None, per_group_minute=None)) as server:
        server.bot.updates.slows_repeats = False
        alice = [server.user(f"Alice{number}") for number in range(len(POINTS) + 1)]
        cadre = server.user("Li")
        group = server.group("平安群", members=[*alice, cadre])
        server.adds_bot(group)
        cadre.starts(server.bot)
        write_directory(town.on(town.CHANNEL, town.BOT, str(group.id), str(cadre.id)), tmp_path / "street")
        said: list[Message] = []

        def says(number: int) -> None:
            words = f"柳岸路{number + 1}号门口的路灯坏了"
            said.append(alice[number].sends_photo(group, picture(), caption=words, mention=server.bot))

        async with forge(tmp_path, server.url, model_folder, CRASH_TOKEN=server.bot.token) as runs:
            for number, point in enumerate(POINTS):
                await runs.start(point)
                says(number)
                assert await runs.ended() == -signal.SIGKILL, point
            last = await runs.start()
            says(len(POINTS))
            try:
                await server.until(lambda: len(answers(group)) == len(said), within=PATIENCE)
                await server.until(lambda: not unsent(tmp_path / "crash.db"), within=PATIENCE)
            finally:
                os.kill(last, signal.SIGTERM)
                await runs.ended()
        copies = answers(group)
        assert set(copies) == {message.id for message in said}, "an answer is missing"
        assert sum(copies.values()) <= len(said) + len(POINTS), "more than one extra copy for each kill"
        cases = rows(tmp_path / "crash.db", "SELECT message, count(*) FROM cases GROUP BY message")
        assert dict(cases) == {str(message.id): 1 for message in said}, "a message became no or two cases"
        assert not unsent(tmp_path / "crash.db"), "a letter is not there"
        cards = Counter(
            found[0] for each in cadre.messages if (found := NUMBER.search(each.text or each.caption or ""))
        )
        assert len(cards) >= len(said), "a card is not there"


pytestmark = pytest.mark.crash
