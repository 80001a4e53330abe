"""The same conversation over the Telegram Bot API, polled and pushed: the real house against the strict fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests import town as rows
from tests.e2e.running import ARRIVED, END, NUMBER, PATIENCE, button, living, newest, said
from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import Chat, Message
from tests.servers.bot_api_clients import picture
from tests.servers.bot_api_people import Person

HELLO, WELCOME = said("groups.hello_mention"), said("welcome.resident")


class Town:
    """A group on the fake server with a resident, the cadre of its grid, and the bot."""

    def __init__(self, server: BotApi) -> None:
        self.server = server
        self.alice, self.bob, self.cadre = server.user("Alice"), server.user("Bob"), server.user("Li")
        self.group = server.group("平安群", members=[self.alice, self.bob, self.cadre])
        self.cadre.starts(server.bot)

    async def reads(self, where: Chat | Person, words: str) -> Message:
        return await newest(self.server.until, where, lambda each: words in (each.text or each.caption or ""))

    async def offers(self, where: Chat | Person, label: str) -> Message:
        return await newest(self.server.until, where, lambda each: label in each.buttons)


@asynccontextmanager
async def hearing(
    mode: str, town: Town, folder: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """The house, running, hearing Telegram in this mode."""
    telegram = {
        "enabled": True,
        "base_url": town.server.url,
        "mode": mode,
        "bots": [{"name": "bot1", "token_env": "E2E_TOKEN"}],
    }
    there = rows.on("telegram", "bot1", str(town.group.id), str(town.cadre.id))
    secrets = {"E2E_TOKEN": town.server.bot.token}
    async with living(folder, model_folder, monkeypatch, there, secrets, telegram=telegram):
        yield


async def test_a_lamp_is_reported_mended_and_confirmed(
    tmp_path: Path, model: object, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with BotApi() as server:
        server.bot.updates.slows_repeats = False
        town = Town(server)
        async with hearing("polling", town, tmp_path, model_folder, monkeypatch):
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
        town = Town(server)
        async with hearing("polling", town, tmp_path, model_folder, monkeypatch):
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
        town = Town(server)
        async with hearing("webhook", town, tmp_path, model_folder, monkeypatch):
            server.adds_bot(town.group)
            server.doubles_next_update()
            town.alice.writes(town.group, "柳岸路3号门口的路灯坏了", mention=server.bot)
            await town.reads(town.group, NUMBER)
            moved = server.migrate(town.group)
            town.bob.writes(moved, "柳岸路5号门口的井盖没了", mention=server.bot)
            await town.reads(moved, NUMBER)
            numbered = [each for each in town.group.messages if NUMBER in (each.text or "")]
            assert len(numbered) == 1
