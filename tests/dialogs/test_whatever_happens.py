"""Whatever people do in whatever order: a group never reads of a private matter, a door, or what was said alone; and no
message ends where nobody answers it. The acts are drawn from a seed, so that what fails can be played again."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import pytest
from PIL import Image
from sqlalchemy import select

from bot.store.tables import CASE
from nlu.model import Model
from tests.fakes import Event, Message
from tests.rig import GROUPS, Rig, rig
from tests.thorough import many

#: What residents say. The word 密语 stands for what nobody in a group may read from the bot.
_REPORTS = (
    "老公又打我了,密语", "邻居天天晚上吵架骂人,和我家闹矛盾,桂花苑1幢1单元密语", "老板拖欠我三个月工资不给密语",
    "我被骗了,刷单被骗五万块钱密语", "投诉李建国态度恶劣密语", "我家老人走丢了密语", "柳岸路3号门口的路灯坏了",
    "桂花苑3幢2单元502室楼上漏水", "着火了", "有人在桥上", "居住证怎么办",
)  # fmt: skip
_WORDS = (
    "柳岸路1号", "他又来了密语", "算了", "转人工", "解决了", "没解决密语", "谢谢",
    "到底什么时候来密语", "救命他拿刀了密语", "/human", "/mycases", "/case {n}",
)  # fmt: skip
_DATA = (
    "accept:{n}", "pass:{n}", "called:{n}", "arrived:{n}", "finish:{n}", "done:{n}", "take:{n}", "giveback:{n}",
    "solved:{n}", "unsolved:{n}", "rekind:{n}", "replace:{n}", "withdraw:{n}", "human:{n}", "case:{n}", "place:{n}:0",
    "kind:{n}:order.family", "kind:{n}:enforcement.noise", "offer:yes:x", "mycases", "hears:listen",
)  # fmt: skip
_STAFF = ("li", "feng", "qian", "lv", "he")


@pytest.mark.parametrize("seed", range(many(16)))
async def test_a_group_reads_nothing_private(seed: int, tmp_path: Path, model: Model) -> None:
    dice = Random(seed)
    async with rig(tmp_path, model, can_first=dice.random() < 0.5) as house:
        house.app.pictures["f"] = _picture()
        played = [await _report(house, dice)]
        for _ in range(20):
            act = dice.choices((_says, _report, _presses, _forges, _works, _waits), (5, 2, 4, 3, 8, 1))[0]
            played.append(await act(house, dice))
            read = [event for event in house.app.events if event.chat in GROUPS.values() and _tells(event)]
            assert not read, (played, [(event.text, event.buttons) for event in read])
        assert await house.store.parked() == [], played


def _tells(event: Event) -> bool:
    # The staff's own words about an open matter may stand in the group; they hold no secret here.
    words = ("密语", "category.order", "kind.order", "502", "单元", "3号", "1号")
    return any(word in event.text for word in words) or any("order" in label for label in event.buttons)


async def _report(house: Rig, dice: Random) -> str:
    text = dice.choice(_REPORTS)
    await house.says("alice", "willow", f"@bot {text}")
    return f"alice in willow: {text}"


async def _says(house: Rig, dice: Random) -> str:
    text = dice.choice(_WORDS + _REPORTS).replace("{n}", await _number(house))
    where = dice.choice(("willow", "private"))
    answers = house.chat("willow") if where == "willow" and dice.random() < 0.25 else []
    photos = ("f",) if dice.random() < 0.15 else ()
    call = "@bot " if where == "willow" and not text.startswith("/") and dice.random() < 0.7 else ""
    await house.says("alice", where, call + text, photos=photos, reply_to=dice.choice(answers) if answers else None)
    return f"alice in {where}: {call}{text}"


async def _presses(house: Rig, dice: Random) -> str:
    who, where = dice.choice((("alice", "willow"), ("bob", "willow"), ("feng", "willow"), ("alice", "alice")))
    return await _press(house, dice, who, house.chat(where))


async def _works(house: Rig, dice: Random) -> str:
    who = dice.choice(_STAFF)
    pressed = await _press(house, dice, who, house.chat(who)[-3:])
    if dice.random() < 0.3:
        cards = house.chat(who) if dice.random() < 0.5 else []
        answer = dice.choice(cards) if cards else None
        await house.says(who, "private", "上门谈好了", reply_to=answer, photos=("f",) if dice.random() < 0.3 else ())
        pressed += f", {who}: 上门谈好了"
    return pressed


async def _forges(house: Rig, dice: Random) -> str:
    """A button that hangs nowhere, or on another's message: apps let a forger send what they like."""
    who, data = dice.choice(("alice", "bob", *_STAFF)), dice.choice(_DATA).replace("{n}", await _number(house))
    chat = dice.choice(("willow", who))
    message = dice.choice(house.chat(chat) or [Message("m0", house.at(who, chat).chat, "")])
    if chat != "willow":
        message = Message(message.id, house.at(who, "private").chat, "")
    await house.presses(who, message, "x", data=data)
    return f"{who} forges {data} in {chat}"


async def _waits(house: Rig, dice: Random) -> str:
    seconds = dice.choice((30, 120, 400, 5_000, 100_000))
    await house.passes(seconds=seconds)
    return f"{seconds} s"


async def _press(house: Rig, dice: Random, who: str, messages: list[Message]) -> str:
    buttons = [(message, button.data) for message in messages for row in message.buttons for button in row]
    pressed = [each for each in buttons if each[1]]
    if not pressed:
        return "nothing"
    message, data = dice.choice(pressed)
    await house.presses(who, message, "x", data=data)
    return f"{who} presses {data}"


async def _number(house: Rig) -> str:
    opened = await house.store.db.read(lambda c: c.scalar(select(CASE.c.number).limit(1)))
    return (await house.newest()).number if opened else "11111111"


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "JPEG")
    return out.getvalue()
