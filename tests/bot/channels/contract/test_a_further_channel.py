"""A further chat app is one file: the smallest one is put into the real house, and a case goes its way over it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.channels.base import Channel
from bot.intake import Intake
from bot.knowledge import Knowledge
from bot.outbox import Outbox
from bot.scenery import Scenery
from bot.store import Database, Keys, Store
from nlu.model import Model
from nlu.understand import Understand
from tests import town
from tests.bot.channels.contract.postcard import NAME, PostcardChannel, PostOffice
from tests.bot.channels.contract.stages import PostcardStage
from tests.fakes import Clock
from tests.rig import render
from tests.tables import tables_at

ROOT = Path(__file__).parents[4]


class House:
    """The real store, intake, desks and outbox, with no app but this one."""

    def __init__(self, office: PostOffice, channel: PostcardChannel, intake: Intake, outbox: Outbox) -> None:
        self.office, self._intake, self._outbox = office, intake, outbox
        self._batches = channel.updates()

    async def says(self, who: str, box: str, text: str) -> None:
        self.office.post(box=box, text=text, name=who, title="平安群", **{"from": who})
        await self._goes_on()

    async def presses(self, who: str, box: str, label: str) -> None:
        cards = [(name, b.data) for name, card in self.office.boxes[box].items() for row in card.buttons for b in row
                 if b.text == label]  # fmt: skip
        assert cards, f"no button {label}"
        name, data = cards[-1]
        self.office.post(box=box, pressed=data, card=name, name=who, title="平安群", **{"from": who})
        await self._goes_on()

    def reads(self, box: str) -> list[str]:
        return [card.text.partition(" | ")[0] for card in self.office.boxes[box].values()]

    async def close(self) -> None:
        await self._batches.aclose()

    async def _goes_on(self) -> None:
        await self._intake.take(await anext(self._batches))
        await self._intake.idle()
        assert await self._outbox.drain(10)


@asynccontextmanager
async def house(folder: Path, model: Model) -> AsyncIterator[House]:
    office, clock = PostOffice({"willow": {}, "alice": {}, town.LI: {}}), Clock(town.NOON)
    channel = PostcardChannel(office, "office", PostcardStage().drawer)
    channels: dict[str, Channel] = {NAME: channel}
    db = Database.open(tables_at(folder / "house.db"))
    try:
        keys = Keys.load(folder / "keys", create=True)
        store = await Store.open(db, keys, render, now=clock, first={NAME: "office"})
        await store.replace_directory(town.on(NAME, "office", "willow", town.LI))
        nlu, knowledge = Understand(model), Knowledge(model.background, model.entries)
        knowledge.follow(store.faq, store.directory)
        scenery = Scenery(store, nlu, knowledge, channels, clock)
        outbox = Outbox(db, channels, {}, clock, "further", store.lost, house=store.house)
        intake = Intake(store, scenery, lambda text: nlu.gate(text, knowledge.lexicon), channels, clock)
        opened = House(office, channel, intake, outbox)
        yield opened
        await opened.close()
        await intake.close()
    finally:
        await db.close()


async def test_a_case_goes_its_way_over_an_app_of_one_file(tmp_path: Path, model: Model) -> None:
    async with house(tmp_path, model) as here:
        await here.says("alice", "willow", "柳岸路3号门口的路灯坏了")
        assert len(here.reads("willow")) == 1
        assert any("card.case" in each for each in here.reads(town.LI))
        for label in ("accept", "called", "arrived"):
            await here.presses(town.LI, town.LI, label)
        assert len(here.reads("willow")) == 1, "edited in place"
        assert "next.arrived" in here.reads("willow")[0]


def test_every_place_that_a_chat_app_touches_is_named_and_is_there() -> None:
    words = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    part = words.partition("## A further chat app")[2].partition("\n## ")[0]
    named = set(re.findall(r"`((?:bot|tests|docs)/[\w./]+|config\.yaml|CHANGELOG\.md)`", part))
    assert named >= {
        "bot/channels/base.py", "bot/limits.py", "bot/config.py", "bot/__main__.py", "bot/doctor.py", "config.yaml",
        "docs/configuration.md", "tests/bot/channels/contract/postcard.py", "tests/bot/channels/contract/stages.py",
    }  # fmt: skip
    assert not [name for name in named if "NAME" not in name and not (ROOT / name).exists()]


@pytest.mark.parametrize("file", ["telegram", "dingtalk", "web", "hooks", "systems"])
def test_channels_know_nothing_of_each_other(file: str) -> None:
    others = {"telegram", "dingtalk", "web", "hooks", "systems"} - {file}
    for path in (ROOT / "bot" / "channels").glob(f"{file}*.py"):
        found = re.findall(r"^from bot\.channels\.(\w+)", path.read_text("utf-8"), re.MULTILINE)
        assert not [each for each in found if each.partition("_")[0] in others], path.name
