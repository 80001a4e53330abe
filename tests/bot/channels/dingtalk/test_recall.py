"""Taken back at DingTalk: a card is changed, its picture recalled; what is no card is recalled, and words follow."""

from __future__ import annotations

import pytest

from bot.channels.base import Fate, Parcel
from bot.channels.dingtalk import DingTalkChannel
from tests.bot.channels.conftest import Drawer
from tests.bot.channels.dingtalk.conftest import Letter, robot_for
from tests.bot.channels.dingtalk.test_send import YES, refused
from tests.servers.dingtalk import DingTalk
from tests.servers.dingtalk_cast import Group

FACE = "face.jpg"


@pytest.fixture(autouse=True)
def pictures(drawer: Drawer) -> None:
    drawer.pictures |= {FACE: b"face", "neutral.jpg": b"neutral", "other.jpg": b"other"}


def found(letter: Letter, sent: str, **more: object) -> Parcel:
    facts = {"photos": ("neutral.jpg",), "edits": sent, "had_photo": True, "shows": FACE, "recalls": True}
    return letter("已找到，谢谢", **facts | more)


def seen(group: Group) -> list[tuple[str, str]]:
    return [(message.kind, message.text) for message in group.messages if not message.recalled]


async def test_the_card_is_changed_and_its_picture_taken_back(
    dingtalk: DingTalkChannel, group: Group, letter: Letter
) -> None:
    sent = await dingtalk.send(letter("寻人", photos=(FACE,), buttons=YES))

    number = await dingtalk.send(found(letter, sent))

    assert seen(group) == [("card", "已找到，谢谢")]
    assert number == sent.partition(",")[0]
    assert await dingtalk.send(found(letter, sent)) == number, "once more is no error"


async def test_words_without_buttons_are_taken_back_and_followed(
    dingtalk: DingTalkChannel, group: Group, letter: Letter
) -> None:
    sent = await dingtalk.send(letter("寻人", photos=(FACE,)))

    await dingtalk.send(found(letter, sent))

    assert seen(group) == [("text", "已找到，谢谢")]


@pytest.mark.parametrize("buttons", [YES, ()])
async def test_after_a_day_the_words_change_and_it_is_said_that_the_picture_stays(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter, buttons: object
) -> None:
    sent = await dingtalk.send(letter("寻人", photos=(FACE,), buttons=buttons))
    server.clock.forward(25 * 3600)

    await refused(dingtalk.send(found(letter, sent)), Fate.SEND_ANEW)

    assert seen(group)[-1] == (("card", "已找到，谢谢") if buttons else ("text", "寻人"))


async def test_a_card_that_is_gone_still_loses_its_picture(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter
) -> None:
    sent = await dingtalk.send(letter("寻人", photos=(FACE,), buttons=YES))
    server.refuse_next(404, "card.notExist", path="/card/instances")

    await refused(dingtalk.send(found(letter, sent)), Fate.SEND_ANEW)

    assert [kind for kind, _ in seen(group)] == ["card"]


async def test_a_correction_brings_another_picture_only_where_it_is_another(
    dingtalk: DingTalkChannel, group: Group, letter: Letter
) -> None:
    sent = await dingtalk.send(letter("寻人", photos=(FACE,), buttons=YES))

    same = await dingtalk.send(letter("蓝衣", photos=(FACE,), buttons=YES, edits=sent, had_photo=True, shows=FACE))
    other = await dingtalk.send(
        letter("灰衣", photos=("other.jpg",), buttons=YES, edits=same, had_photo=True, shows=FACE)
    )

    assert same == sent
    assert other != sent
    assert [message.kind for message in group.messages if message.recalled] == ["picture"]
    assert sorted(seen(group)) == [("card", "灰衣"), ("picture", "")]


async def test_a_group_that_only_hears_gets_words_and_never_a_picture(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter
) -> None:
    robot_for(dingtalk, server, group)
    to = {"chat": "robot-willow", "bot": "robots"}

    assert await dingtalk.send(letter("寻人", photos=(FACE,), **to)) == ""
    assert await dingtalk.send(letter("已找到，谢谢", recalls=True, **to)) == ""

    assert seen(group) == [("robot", "寻人"), ("robot", "已找到，谢谢")]
