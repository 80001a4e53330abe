"""The same conversation over the Telegram Bot API, polled and pushed: the real house against the strict fake."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import House, build, run
from bot.config import Settings
from bot.directory_csv import read_directory
from bot.texts import Texts
from tests.crash.test_kill_minus_nine import street
from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import Chat, Message
from tests.servers.bot_api_clients import picture
from tests.servers.bot_api_people import Person

TEXTS = Texts.load()


def said(key: str) -> str:
    """The words of a text that stand before its first blank, or between two of them: the longest such piece."""
    return max(re.split(r"\{\w+\}|\n", TEXTS.template(key, "zh")), key=len).strip()


def button(name: str) -> str:
    return TEXTS.say(f"button.{name}", language="zh")


#: What is looked for on the screen.
NUMBER, ARRIVED, END = said("case.head.later"), said("case.next.arrived"), said("case.closed")
HELLO, WELCOME = said("groups.hello_mention"), said("welcome.resident")
#: Seconds; a busy machine is slow. Nothing is judged by it.
PATIENCE = 30.0


class Town:
    """A group on the fake server with a resident, the cadre of its grid, and the bot."""

    def __init__(self, server: BotApi, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.alice, self.bob, self.cadre = server.user("Alice"), server.user("Bob"), server.user("Li")
        self.group = server.group("平安群", members=[self.alice, self.bob, self.cadre])
        self.cadre.starts(server.bot)
        street(folder, self.group, self.cadre)

    async def reads(self, where: Chat | Person, words: str) -> Message:
        """Waits until the newest such message stands there, and returns it."""

        def found() -> Message | None:
            return next((each for each in reversed(where.messages) if words in (each.text or each.caption or "")), None)

        await self.server.until(found, within=PATIENCE)
        message = found()
        assert message is not None
        return message

    async def offers(self, where: Chat | Person, label: str) -> Message:
        """Waits until a message there has this button, and returns the newest one."""

        def found() -> Message | None:
            return next((each for each in reversed(where.messages) if label in each.buttons), None)

        await self.server.until(found, within=PATIENCE)
        message = found()
        assert message is not None
        return message


@asynccontextmanager
async def living(town: Town, model_folder: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> AsyncIterator[House]:
    """The house, running, hearing Telegram in this mode."""
    monkeypatch.setenv("E2E_TOKEN", town.server.bot.token)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    telegram: dict[str, Any] = {
        "enabled": True,
        "base_url": town.server.url,
        "mode": mode,
        "bots": [{"name": "bot1", "token_env": "E2E_TOKEN"}],
    }
    settings = Settings.model_validate(
        {
            "database": f"sqlite:///{town.folder / 'town.db'}",
            "photos": str(town.folder / "photos"),
            "keys": str(town.folder / "keys"),
            "web": {"port": port, "public_url": f"http://127.0.0.1:{port}"},
            "channels": {"web": {"enabled": False}, "telegram": telegram},
        }
    )
    async with build(settings, model_folder=model_folder) as house:
        await house.store.replace_directory(read_directory(town.folder / "street"))
        opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(run(house, opened.set_result))
        try:
            await opened
            yield house
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def test_a_lamp_is_reported_mended_and_confirmed(
    tmp_path: Path, model: object, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with BotApi() as server:
        server.bot.updates.slows_repeats = False
        town = Town(server, tmp_path)
        async with living(town, model_folder, monkeypatch, "polling"):
            server.adds_bot(town.group)
            await town.reads(town.group, HELLO)  # It says what it hears.
            asked = town.alice.sends_photo(
                town.group, picture(), caption="柳岸路3号门口的路灯坏了三天了", mention=server.bot
            )
            first = await town.reads(town.group, NUMBER)
            assert first.reply_to is not None
            assert first.reply_to.id == asked.id
            await town.offers(town.cadre, button("accept"))
            await server.until(lambda: any(each.photo for each in town.cadre.messages), within=PATIENCE)
            for label in (button("accept"), button("called"), button("arrived"), button("finish")):
                town.cadre.presses(await town.offers(town.cadre, label), label)
            await town.offers(town.cadre, button("no_words"))
            assert ARRIVED in (first.text or ""), "the resident's message is edited in place"
            town.cadre.sends_photo(server.bot, picture(), caption="灯泡换好了")
            done = await town.offers(town.group, button("solved"))
            await server.until(lambda: any(each.photo for each in town.group.messages), within=PATIENCE)
            town.bob.presses(done, button("solved"))  # Not his to say.
            town.alice.presses(done, button("solved"))
            await town.reads(town.group, END)
            assert len([each for each in town.cadre.messages if NUMBER in (each.text or "")]) == 1
            assert all(press.answered for press in server.presses.values())
            assert not server.refused(429)


async def test_a_private_matter_goes_on_alone_through_the_link(
    tmp_path: Path, model: object, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with BotApi() as server:
        server.bot.updates.slows_repeats = False
        town = Town(server, tmp_path)
        async with living(town, model_folder, monkeypatch, "polling"):
            server.adds_bot(town.group)
            town.alice.writes(town.group, "隔壁夫妻天天打架,老公打老婆", mention=server.bot)
            door = await town.offers(town.group, button("talk_aside"))
            assert not [word for word in ("夫妻", "打架", "老婆", "纠纷") if word in (door.text or "")]
            town.bob.presses(door, button("talk_aside"))  # The link is Alice's; Bob gets a welcome and no case.
            await town.reads(town.bob, WELCOME)
            town.alice.presses(door, button("talk_aside"))
            await town.reads(town.alice, NUMBER)
            assert not any(NUMBER in (each.text or "") for each in town.bob.messages)


async def test_what_is_pushed_is_stored_once_and_a_group_that_moves_is_followed(
    tmp_path: Path, model: object, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with BotApi() as server:
        server.bot.updates.patience = 0.001
        town = Town(server, tmp_path)
        async with living(town, model_folder, monkeypatch, "webhook"):
            server.adds_bot(town.group)
            server.doubles_next_update()
            town.alice.writes(town.group, "柳岸路3号门口的路灯坏了", mention=server.bot)
            await town.reads(town.group, NUMBER)
            moved = server.migrate(town.group)
            town.bob.writes(moved, "柳岸路5号门口的井盖没了", mention=server.bot)
            await town.reads(moved, NUMBER)
            numbered = [each for each in town.group.messages if NUMBER in (each.text or "")]
            assert len(numbered) == 1
