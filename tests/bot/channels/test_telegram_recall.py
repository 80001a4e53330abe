"""Taken back at Telegram: another picture and other words in place of what was sent; deleted where that fails."""

from __future__ import annotations

import pytest

from bot.channels.base import Fate
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_parts import MOST_CAPTION
from tests.bot.channels.conftest import Drawer
from tests.bot.channels.test_telegram_send import Letter, refused
from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import Chat
from tests.servers.bot_api_clients import picture

FACE, NEUTRAL = "face.jpg", "neutral.jpg"


@pytest.fixture(autouse=True)
def pictures(drawer: Drawer) -> None:
    drawer.pictures |= {FACE: picture("red"), NEUTRAL: picture("grey"), "other.jpg": picture("blue")}


@pytest.fixture
async def sent(telegram: TelegramChannel, letter: Letter) -> str:
    return await telegram.send(letter("寻人", photos=(FACE,), whole=True))


def found(letter: Letter, sent: str, **more: object) -> object:
    facts = {"photos": (NEUTRAL,), "edits": sent, "had_photo": True, "shows": FACE, "recalls": True, "whole": True}
    return letter("已找到，谢谢", **facts | more)


async def test_the_picture_and_the_words_are_replaced_in_place(
    telegram: TelegramChannel, server: BotApi, group: Chat, letter: Letter, sent: str
) -> None:
    before = group.messages[-1].photo

    assert await telegram.send(found(letter, sent)) == sent

    [message] = group.messages
    assert (message.caption, message.photo is before) == ("已找到，谢谢", False)
    assert await telegram.send(found(letter, sent)) == sent, "once more is no error"


async def test_the_neutral_picture_is_uploaded_once(
    telegram: TelegramChannel, drawer: Drawer, group: Chat, letter: Letter
) -> None:
    refs = [await telegram.send(letter(f"寻人{n}", photos=(FACE,))) for n in range(4)]

    for ref in refs:
        await telegram.send(found(letter, ref))

    assert (drawer.taken.count(FACE), drawer.taken.count(NEUTRAL)) == (1, 1)


@pytest.mark.parametrize("why", ["message can't be edited", "message to edit not found", "MEDIA_INVALID"])
async def test_what_cannot_be_changed_is_deleted_and_the_words_follow(
    telegram: TelegramChannel, server: BotApi, group: Chat, letter: Letter, sent: str, why: str
) -> None:
    server.refuse_next(400, f"Bad Request: {why}", methods="editMessageMedia")

    again = await telegram.send(found(letter, sent))

    assert again != sent
    assert [(message.text, message.photo) for message in group.messages if not message.deleted] == [
        ("已找到，谢谢", None)
    ]


async def test_without_a_neutral_picture_the_message_is_deleted(
    telegram: TelegramChannel, drawer: Drawer, group: Chat, letter: Letter, sent: str
) -> None:
    del drawer.pictures[NEUTRAL]

    await telegram.send(found(letter, sent))

    assert [message.text for message in group.messages if not message.deleted] == ["已找到，谢谢"]


async def test_a_recall_without_any_picture_never_leaves_the_face(
    telegram: TelegramChannel, group: Chat, letter: Letter, sent: str
) -> None:
    await telegram.send(found(letter, sent, photos=()))

    assert [message.text for message in group.messages if not message.deleted] == ["已找到，谢谢"]


async def test_what_can_be_neither_changed_nor_deleted_is_said_so(
    telegram: TelegramChannel, server: BotApi, letter: Letter, sent: str
) -> None:
    server.refuse_next(400, "Bad Request: message can't be edited", methods="editMessageMedia")
    server.refuse_next(400, "Bad Request: message can't be deleted for everyone", methods="deleteMessage")

    await refused(telegram.send(found(letter, sent)), Fate.SEND_ANEW)


async def test_a_deletion_that_has_to_wait_waits(
    telegram: TelegramChannel, server: BotApi, letter: Letter, sent: str
) -> None:
    server.refuse_next(400, "Bad Request: message can't be edited", methods="editMessageMedia")
    server.refuse_next(429, "Too Many Requests: retry after 9", methods="deleteMessage", retry_after=9)

    waiting = await refused(telegram.send(found(letter, sent)), Fate.WAIT)

    assert waiting.after == 9


async def test_where_the_picture_was_refused_at_first_the_words_are_replaced(
    telegram: TelegramChannel, server: BotApi, drawer: Drawer, group: Chat, letter: Letter
) -> None:
    drawer.pictures[FACE] = b"no picture"
    sent = await telegram.send(letter("寻人", photos=(FACE,)))
    server.refuse_next(400, "Bad Request: there is no media in the message to edit", methods="editMessageMedia")

    assert await telegram.send(found(letter, sent)) == sent
    assert group.texts == ["已找到，谢谢"]


async def test_a_correction_replaces_the_picture_only_where_it_is_another(
    telegram: TelegramChannel, server: BotApi, group: Chat, letter: Letter, sent: str
) -> None:
    facts = {"edits": sent, "had_photo": True, "shows": FACE}

    await telegram.send(letter("寻人：蓝衣", photos=(FACE,), **facts))
    assert server.calls[-1].method == "editMessageCaption"

    await telegram.send(letter("寻人：蓝衣", photos=("other.jpg",), **facts))
    assert server.calls[-1].method == "editMessageMedia"


async def test_a_correction_whose_picture_is_gone_changes_the_words(
    telegram: TelegramChannel, group: Chat, letter: Letter, sent: str
) -> None:
    await telegram.send(letter("寻人：蓝衣", photos=("lost.jpg",), edits=sent, had_photo=True, shows=FACE))

    assert group.messages[-1].caption == "寻人：蓝衣"


async def test_what_may_have_to_be_taken_back_is_one_message(
    telegram: TelegramChannel, group: Chat, letter: Letter
) -> None:
    sent = await telegram.send(letter("寻人。" * 500, photos=(FACE,), whole=True))

    [message] = group.messages
    assert message.photo is not None
    assert 0 < len(message.caption or "") <= MOST_CAPTION
    await telegram.send(found(letter, sent))
    assert group.messages[0].caption == "已找到，谢谢"
