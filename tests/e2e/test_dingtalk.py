"""A whole conversation over DingTalk: the real house, with its intake and outbox, against the strict fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests import town as rows
from tests.e2e.running import ARRIVED, END, NUMBER, PATIENCE, button, living, newest, said
from tests.servers.bot_api_clients import picture
from tests.servers.dingtalk import DingTalk
from tests.servers.dingtalk_cast import Group, Message, Person

#: "Write to me alone": where no link leads there.
ALONE = said("case.write_to_me")


class Town:
    """A group with a resident of the organisation and one from outside, the cadre of its grid, and the robot."""

    def __init__(self, server: DingTalk) -> None:
        self.server = server
        self.alice, self.bob = server.person("Alice"), server.person("Bob", inside=False)
        self.cadre = server.person("Li")
        self.group = server.group("平安群", [self.alice, self.bob, self.cadre])

    async def reads(self, where: Group | Person, words: str) -> Message:
        return await newest(self.server.until, where, lambda each: words in each.text)

    async def offers(self, where: Group | Person, label: str) -> Message:
        return await newest(self.server.until, where, lambda each: label in each.labels)


@asynccontextmanager
async def streaming(
    town: Town, folder: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """The house, running, its stream open."""
    server = town.server
    dingtalk = {
        "enabled": True,
        "base_url": server.url,
        "oapi_url": server.url,
        "apps": [{"name": "app1", "client_id_env": "E2E_ID", "secret_env": "E2E_SECRET"}],
    }
    there = rows.on("dingtalk", "app1", town.group.id, town.cadre.staff_id)
    secrets = {"E2E_ID": server.app.client_id, "E2E_SECRET": server.app.secret}
    async with living(folder, model_folder, monkeypatch, there, secrets, dingtalk=dingtalk):
        await server.until(lambda: server.stream.connections, within=PATIENCE)
        yield


async def test_a_lamp_is_reported_with_a_photo_mended_and_confirmed(
    tmp_path: Path, model: object, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with DingTalk() as server:
        town = Town(server)
        async with streaming(town, tmp_path, model_folder, monkeypatch):
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
        town = Town(server)
        async with streaming(town, tmp_path, model_folder, monkeypatch):
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
        town = Town(server)
        async with streaming(town, tmp_path, model_folder, monkeypatch):
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
