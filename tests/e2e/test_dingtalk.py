"""A whole conversation over DingTalk: the real house, with its intake and outbox, against the strict fake."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import House, build, run
from bot.config import Settings
from bot.directory_csv import read_directory, write_directory
from routing.directory import Group as Bound
from routing.directory import Shift
from tests import town
from tests.e2e.test_telegram import ARRIVED, END, NUMBER, PATIENCE, button, said
from tests.servers.bot_api_clients import picture
from tests.servers.dingtalk import DingTalk
from tests.servers.dingtalk_cast import Group, Message, Person

#: "Write to me alone": where no link leads there.
ALONE = said("case.write_to_me")


class Town:
    """A group with a resident of the organisation and one from outside, the cadre of its grid, and the robot."""

    def __init__(self, server: DingTalk, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.alice, self.bob, self.cadre = (
            server.person("Alice"),
            server.person("Bob", inside=False),
            server.person("Li"),
        )
        self.group = server.group("平安群", [self.alice, self.bob, self.cadre])

    def street(self) -> None:
        """Writes the town with this group and this cadre as they are on the server."""
        rows = town.rows()
        people = tuple(
            replace(each, channel="dingtalk", user_id=self.cadre.staff_id) if each.id == town.LI else each
            for each in rows.people
        )
        groups = (Bound("dingtalk", "app1", self.group.id, town.GRID_1, "平安群"),)
        always = tuple(Shift(town.LI, day, time(0), time(0)) for day in range(1, 8))
        duty = (*(shift for shift in rows.duty if shift.person != town.LI), *always)
        write_directory(replace(rows, people=people, groups=groups, duty=duty), self.folder / "street")

    async def reads(self, where: Group | Person, words: str) -> Message:
        """Waits until the newest such message stands there, and returns it."""
        found: list[Message] = []

        def look() -> bool:
            found[:] = [each for each in where.messages if words in each.text]
            return bool(found)

        await self.server.until(look, within=PATIENCE)
        return found[-1]

    async def offers(self, where: Group | Person, label: str) -> Message:
        """Waits until a card there has this button, and returns the newest one."""
        found: list[Message] = []

        def look() -> bool:
            found[:] = [each for each in where.messages if label in each.labels]
            return bool(found)

        await self.server.until(look, within=PATIENCE)
        return found[-1]


@asynccontextmanager
async def living(town: Town, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """The house, running, its stream open."""
    app = town.server.app
    monkeypatch.setenv("E2E_ID", app.client_id)
    monkeypatch.setenv("E2E_SECRET", app.secret)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    dingtalk: dict[str, Any] = {
        "enabled": True,
        "base_url": town.server.url,
        "oapi_url": town.server.url,
        "apps": [{"name": "app1", "client_id_env": "E2E_ID", "secret_env": "E2E_SECRET"}],
    }
    settings = Settings.model_validate(
        {
            "database": f"sqlite:///{town.folder / 'town.db'}",
            "photos": str(town.folder / "photos"),
            "keys": str(town.folder / "keys"),
            "web": {"port": port},
            "channels": {"web": {"enabled": False}, "dingtalk": dingtalk},
        }
    )
    town.street()
    async with build(settings, model_folder=model_folder) as house:
        await house.store.replace_directory(read_directory(town.folder / "street"))
        opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(run(house, opened.set_result))
        try:
            await opened
            await town.server.until(lambda: town.server.stream.connections, within=PATIENCE)
            yield house
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def test_a_lamp_is_reported_with_a_photo_mended_and_confirmed(
    tmp_path: Path, model: object, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with DingTalk() as server:
        town = Town(server, tmp_path)
        async with living(town, model_folder, monkeypatch):
            town.alice.sends_rich(town.group, "柳岸路3号门口的路灯坏了三天了", picture())
            first = await town.reads(town.group, NUMBER)
            await town.offers(town.cadre, button("accept"))
            await server.until(lambda: [m for m in town.cadre.messages if m.kind == "picture"], within=PATIENCE)
            for label in (button("accept"), button("called"), button("arrived"), button("finish")):
                town.cadre.presses(await town.offers(town.cadre, label), label)
            await town.offers(town.cadre, button("no_words"))
            assert ARRIVED in first.text, "the resident's card is edited in place"
            town.cadre.sends_rich(server.app, "灯泡换好了", picture())
            done = await town.offers(town.group, button("solved"))
            await server.until(lambda: [m for m in town.group.messages if m.kind == "picture"], within=PATIENCE)
            town.bob.presses(done, button("solved"))  # Not his to say.
            town.alice.presses(done, button("solved"))
            await town.reads(town.group, END)
            await server.until(lambda: not server.stream.frames, within=PATIENCE)  # Everything was acknowledged.
            assert len([each for each in town.cadre.messages if NUMBER in each.text]) == 1
            assert not [call for call in server.calls if call.status >= 400]


async def test_what_comes_twice_is_one_case_and_a_farewell_loses_nothing(
    tmp_path: Path, model: object, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with DingTalk() as server:
        town = Town(server, tmp_path)
        async with living(town, model_folder, monkeypatch):
            town.bob.says(town.group, "柳岸路3号门口的路灯坏了")
            await town.reads(town.group, NUMBER)
            server.stream.double(server.stream.acks[0].id)
            await server.until(lambda: len(server.stream.acks) == 2, within=PATIENCE)
            server.stream.disconnect()
            town.alice.says(town.group, "柳岸路5号门口的井盖没了")
            await server.until(lambda: len(numbered(town.group)) == 2, within=PATIENCE)
        assert len(numbered(town.group)) == 2


async def test_a_private_matter_is_spoken_of_alone_and_of_an_outsider_once_they_write(
    tmp_path: Path, model: object, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with DingTalk() as server:
        town = Town(server, tmp_path)
        async with living(town, model_folder, monkeypatch):
            town.alice.says(town.group, "隔壁夫妻天天打架,老公打老婆")
            await town.reads(town.alice, NUMBER)
            await server.until(lambda: len(town.group.texts) == 1, within=PATIENCE)
            town.bob.says(town.group, "楼上老公天天打老婆")
            await town.reads(town.group, ALONE)
            assert town.bob.texts == [], "nobody can write to him first"
            town.bob.says(server.app, "我来了")
            await server.until(lambda: town.bob.texts, within=PATIENCE)
        words = "".join(town.group.texts)
        assert not [word for word in ("夫妻", "打架", "老婆", "纠纷", "家庭") if word in words]


def numbered(group: Group) -> list[Message]:
    return [each for each in group.messages if NUMBER in each.text]
