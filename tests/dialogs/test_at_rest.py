"""A whole conversation at rest: nothing of what people said, where they live or who they are lies in plain on the disk,
in the log, or for ever; and of neighbours' talk nothing but an id was ever written."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.messages import Inbound, Kind, Quoted, Sender
from bot.store.letter_rows import PAYLOADS
from nlu.model import Model
from tests.rig import rig

#: What is said, named or sent in the conversation below, and whoever's it is.
SAID = (
    "半夜吵架", "砸东西", "绿铁门", "13812345678", "12345678", "330106199003071234", "199003071234", "周美玲",
    "孙女住在隔壁", "已经上门劝过", "30.0049", "楼下老王", "电表箱冒火花", "老王家的猫", "谁见过我家的伞",
)  # fmt: skip


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("town.db*")}


def _plain(folder: Path, words: tuple[str, ...] = SAID) -> list[tuple[str, str]]:
    return [(word, name) for name, content in _files(folder).items() for word in words if word.encode() in content]


async def test_nothing_personal_lies_in_plain(tmp_path: Path, model: Model) -> None:
    with capture_logs() as logs:
        async with rig(tmp_path, model) as house:
            hello = Inbound("k1", house.at("mei", "private"), Kind.MESSAGE, house.clock(), private=True, addressed=True)
            await house.comes(replace(hello, sender=Sender("u-mei", "周美玲"), message_id="h", text="你好"))
            # A private matter with a door, a telephone and an identity number; the bot's card repeats the words.
            text = "@bot 邻居天天半夜吵架骂人砸东西,柳岸路1号绿铁门里,我电话13812345678,身份证330106199003071234"
            await house.says("mei", "willow", text)
            await house.says("mei", "private", "孙女住在隔壁")
            assert "半夜吵架" in house.last("li", "card.case").text, "the card says it, so its body held it"
            await house.presses("li", house.last("li", "card.case"), "accept")
            await house.presses("li", house.last("li", "card.case"), "finish")
            await house.says("li", "private", "已经上门劝过")
            # A report with a place on the map, and one whose words are a neighbour's.
            await house.says("mei", "grid1", "@bot 路灯坏了", pin=(30.0049, 120.0051))
            quoted = Quoted("q1", user_id="u-bob", text="楼下老王说电表箱冒火花")
            await house.says("mei", "grid1", "@bot 帮忙报一下", quoted=quoted)
            # What is none of the bot's business, and a question nobody has an answer for.
            await house.says("bob", "willow", "老王家的猫又跑出来了")
            await house.says("bob", "willow", "谁见过我家的伞")
            await house.passes(minutes=10)
            assert _plain(tmp_path) == []
    assert _plain(tmp_path) == []
    assert not [(word, line) for line in logs for word in SAID if word in repr(line)]


async def test_of_neighbours_talk_an_id_is_all_that_is_written(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        before = _count(tmp_path)
        inbound = await house.says("bob", "willow", "谁见过我家的伞")
        await house.says("carol", "willow", "老王家的猫又跑出来了", photos=("f1",), album="a1", addressed=False)
        await house.passes(minutes=1)
        after = _count(tmp_path)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"inbox": 2}
    with sqlite3.connect(tmp_path / "town.db") as db:
        rows = db.execute("SELECT cause, payload, error, tries, parked_at FROM inbox").fetchall()
    db.close()
    assert all(row[1:] == (None, "", 0, None) for row in rows)
    assert inbound.cause in {row[0] for row in rows}


def _count(folder: Path) -> dict[str, int]:
    db = sqlite3.connect(folder / "town.db")
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counts = {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    db.close()
    return {name: count for name, count in counts.items() if name != "inbox_lease"}


async def test_a_letters_words_are_forgotten_an_hour_after_they_were_sent(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        await house.says("alice", "willow", "@bot 柳岸路3号门口的路灯坏了")
        full = PAYLOADS.select().where(PAYLOADS.c.text != "")
        assert await house.store.db.read(lambda c: c.execute(full).all())
        await house.sweeper.tidy()
        assert await house.store.db.read(lambda c: c.execute(full).all()), "not at once: a copy may still be needed"
        house.clock.forward(hours=1, seconds=1)
        await house.sweeper.tidy()
        assert not await house.store.db.read(lambda c: c.execute(full).all())
        # The message it became can still be edited: an edit brings its own words.
        await house.presses("li", house.last("li", "card.case"), "accept")
        assert "case.next.accepted" in house.last("willow").text


async def test_the_running_house_tidies_by_itself(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.clock.TIDY_EVERY", 0.01)
    async with rig(tmp_path, model) as house:
        await house.says("alice", "willow", "@bot 柳岸路3号门口的路灯坏了")
        house.clock.forward(hours=2)
        house.sweeper.start()
        full = PAYLOADS.select().where(PAYLOADS.c.text != "")
        async with asyncio.timeout(20):
            while await house.store.db.read(lambda c: c.execute(full).all()):  # noqa: ASYNC110 - it stands in rows
                await asyncio.sleep(0.01)
        house.sweeper.stop()
