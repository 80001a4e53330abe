"""Killed with -9 wherever it hurts, while Telegram redelivers: each message one case, each letter there, few copies."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from bot.directory_csv import write_directory
from nlu.model import Model
from routing.directory import Group, Shift
from tests import town
from tests.crash.house import POINTS
from tests.servers.bot_api import BotApi, Limits
from tests.servers.bot_api_chats import Chat, Message
from tests.servers.bot_api_clients import picture
from tests.servers.bot_api_people import Person

#: Seconds for a process to start, work and die on a slow, busy machine. Nothing is judged by it.
PATIENCE = 120.0
NUMBER = re.compile(r"[1-9]{4} [1-9]{4}")


class Runs:
    """Starts the house again and again on the same folder."""

    def __init__(self, folder: Path, server: BotApi, model: Path) -> None:
        self._folder, self._server = folder, server
        self._env = os.environ | {"CRASH_TOKEN": server.bot.token, "CRASH_MODEL": str(model)}

    async def start(self, point: str = "") -> asyncio.subprocess.Process:
        with (self._folder / "log").open("ab") as log:
            return await self._spawn(point, log)

    async def _spawn(self, point: str, log: BinaryIO) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.crash.house", str(self._folder), self._server.url, *([point] if point else []),
            stdout=asyncio.subprocess.PIPE, stderr=log, env=self._env,
        )  # fmt: skip


async def ended(process: asyncio.subprocess.Process) -> int:
    """Waits for its end and leaves no pipe open."""
    await process.communicate()
    assert process.returncode is not None
    return process.returncode


def street(folder: Path, group: Chat, cadre: Person) -> None:
    """The town, with this group and this cadre as they are on the server."""
    rows = town.rows()
    people = tuple(replace(each, user_id=str(cadre.id)) if each.id == town.LI else each for each in rows.people)
    groups = (Group(town.CHANNEL, town.BOT, str(group.id), town.GRID_1, "平安群"),)
    day_and_night = tuple(Shift(town.LI, day, time(0), time(0)) for day in range(1, 8))
    duty = (*(shift for shift in rows.duty if shift.person != town.LI), *day_and_night)
    write_directory(replace(rows, people=people, groups=groups, duty=duty), folder / "street")


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
        street(tmp_path, group, cadre)
        runs = Runs(tmp_path, server, model_folder)
        said: list[Message] = []

        def says(number: int) -> None:
            words = f"柳岸路{number + 1}号门口的路灯坏了"
            said.append(alice[number].sends_photo(group, picture(), caption=words, mention=server.bot))

        for number, point in enumerate(POINTS):
            process = await runs.start(point)
            says(number)
            assert await asyncio.wait_for(ended(process), PATIENCE) == -9, point
        process = await runs.start()
        says(len(POINTS))
        try:
            await server.until(lambda: len(answers(group)) == len(said), within=PATIENCE)
            await server.until(lambda: not unsent(tmp_path / "crash.db"), within=PATIENCE)
        finally:
            process.terminate()
            await asyncio.wait_for(ended(process), PATIENCE)
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
