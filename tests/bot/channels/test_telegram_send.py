"""Letters to Telegram, against the strict fake: what arrives, what is edited, what a refusal means."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.channels.base import Fate, Parcel, RenderedButton, SendError
from bot.channels.telegram import TelegramChannel
from tests.bot.channels.conftest import Drawer
from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import BotAccount, Chat
from tests.servers.bot_api_clients import picture
from tests.servers.bot_api_people import Person

Letter = Callable[..., Parcel]

YES = ((RenderedButton("对", "place:1:yes"), RenderedButton("更多", url="https://t.me/wuyou_bot?start=r7Kd2x")),)


async def refused(call: object, fate: Fate) -> SendError:
    with pytest.raises(SendError) as caught:
        await call  # type: ignore[misc]
    assert caught.value.fate is fate, caught.value.reason
    return caught.value


# --- new messages


async def test_words_arrive_with_buttons_as_a_reply(
    telegram: TelegramChannel, group: Chat, alice: Person, letter: Letter
) -> None:
    asked = alice.writes(group, "桥塌了")

    sent = await telegram.send(letter("收到。", buttons=YES, reply_to=str(asked.id)))

    message = group.messages[-1]
    assert (str(message.id), message.text, message.reply_to) == (sent, "收到。", asked)
    assert message.button("对")["callback_data"] == "place:1:yes"
    assert message.button("更多")["url"] == "https://t.me/wuyou_bot?start=r7Kd2x"


async def test_a_letter_arrives_although_what_it_answers_was_deleted(
    telegram: TelegramChannel, group: Chat, alice: Person, letter: Letter
) -> None:
    asked = alice.writes(group, "桥塌了")
    alice.deletes(asked)

    await telegram.send(letter("收到。", reply_to=str(asked.id)))

    assert group.texts == ["收到。"]


@pytest.mark.parametrize("why", ["message to be replied not found", "message thread not found", "TOPIC_CLOSED"])
async def test_a_letter_arrives_although_its_topic_takes_no_answer(
    telegram: TelegramChannel, server: BotApi, group: Chat, letter: Letter, why: str
) -> None:
    server.refuse_next(400, f"Bad Request: {why}")

    await telegram.send(letter("收到。", reply_to="5"))

    assert group.texts == ["收到。"]


async def test_a_link_unfolds_no_preview(telegram: TelegramChannel, server: BotApi, letter: Letter) -> None:
    await telegram.send(letter("https://example.org"))

    assert "is_disabled" in str(server.written("sendMessage")[0].values["link_preview_options"])


async def test_words_that_are_too_many_are_cut_and_arrive(
    telegram: TelegramChannel, group: Chat, letter: Letter
) -> None:
    await telegram.send(letter("第一句。" * 3000))

    assert group.texts[0].endswith("句。…")


async def test_one_picture_carries_the_words(
    telegram: TelegramChannel, group: Chat, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["a.jpg"] = picture()

    sent = await telegram.send(letter("桥头的垃圾", photos=("a.jpg",), buttons=YES))

    (message,) = group.messages
    assert (str(message.id), message.caption, message.buttons) == (sent, "桥头的垃圾", ["对", "更多"])
    assert message.photo is not None and message.photo.content == drawer.pictures["a.jpg"]


async def test_several_pictures_come_first_and_the_words_are_the_letter(
    telegram: TelegramChannel, group: Chat, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures |= {"a.jpg": picture("red"), "b.jpg": picture("blue")}

    sent = await telegram.send(letter("两张", photos=("a.jpg", "b.jpg"), buttons=YES))

    first, other, words = group.messages
    assert first.album == other.album is not None
    assert (str(words.id), words.text, words.buttons) == (sent, "两张", ["对", "更多"])


async def test_a_voice_message_is_sent_as_one(
    telegram: TelegramChannel, group: Chat, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["v.ogg"] = b"OggS voice"

    await telegram.send(letter("听听", photos=("v.ogg",)))

    assert (group.messages[0].field_name, group.messages[0].caption) == ("voice", "听听")


async def test_a_place_comes_after_the_words(telegram: TelegramChannel, group: Chat, letter: Letter) -> None:
    sent = await telegram.send(letter("在这里", location=(30.18, 120.26)))

    words, pin = group.messages
    assert (str(words.id), words.text, pin.location) == (sent, "在这里", (30.18, 120.26))


async def test_an_empty_letter_is_refused(telegram: TelegramChannel, letter: Letter) -> None:
    await refused(telegram.send(letter("")), Fate.REFUSED)


async def test_a_picture_is_uploaded_once_for_each_account_however_many_show_it(
    telegram: TelegramChannel, server: BotApi, second: BotAccount, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["a.jpg"] = picture()
    groups = [server.group(f"group {n}", bots=[server.bot, second]) for n in range(6)]

    await asyncio.gather(*(telegram.send(letter("寻人", photos=("a.jpg",), chat=each.id)) for each in groups))
    await telegram.send(letter("寻人", photos=("a.jpg",), chat=groups[0].id, bot="two"))

    assert drawer.taken == ["a.jpg", "a.jpg"]
    assert all(each.messages[0].photo is not None for each in groups)


async def test_a_file_id_that_is_no_longer_good_is_uploaded_anew(
    telegram: TelegramChannel, server: BotApi, group: Chat, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["a.jpg"] = picture()
    await telegram.send(letter("一", photos=("a.jpg",)))
    server.refuse_next(400, "Bad Request: wrong file identifier/HTTP URL specified")

    await telegram.send(letter("二", photos=("a.jpg",)))

    assert group.texts == ["一", "二"]
    assert drawer.taken == ["a.jpg", "a.jpg"]


async def test_the_words_arrive_without_a_picture_that_is_gone_or_none(
    telegram: TelegramChannel, group: Chat, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures |= {"broken.jpg": b"no picture", "a.jpg": picture()}

    await telegram.send(letter("没了", photos=("gone.jpg",)))
    await telegram.send(letter("坏了", photos=("broken.jpg",), buttons=YES))
    await telegram.send(letter("一张在", photos=("gone.jpg", "a.jpg")))

    assert [message.shown for message in group.messages] == ["没了", "坏了", "", "一张在"]
    assert group.messages[1].buttons == ["对", "更多"]


async def test_where_pictures_are_forbidden_the_words_arrive(
    telegram: TelegramChannel, server: BotApi, group: Chat, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["a.jpg"] = picture()
    server.mutes(server.bot, group, "can_send_photos")

    await telegram.send(letter("桥头", photos=("a.jpg",)))

    assert group.texts == ["桥头"]


# --- half sent


async def test_what_was_sent_of_a_letter_is_not_sent_again(
    telegram: TelegramChannel, server: BotApi, group: Chat, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures |= {"a.jpg": picture("red"), "b.jpg": picture("blue")}
    parcel = letter("两张", photos=("a.jpg", "b.jpg"))
    server.refuse_next(429, retry_after=3, methods="sendMessage")

    error = await refused(telegram.send(parcel), Fate.WAIT)
    await telegram.send(parcel)

    assert error.after == 3
    assert [message.shown for message in group.messages] == ["", "", "两张"]


async def test_another_letter_in_its_place_begins_anew(
    telegram: TelegramChannel, server: BotApi, group: Chat, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures |= {"a.jpg": picture("red"), "b.jpg": picture("blue"), "c.jpg": picture("green")}
    server.refuse_next(429, retry_after=3, methods="sendMessage")

    await refused(telegram.send(letter("两张", photos=("a.jpg", "b.jpg"), id=7)), Fate.WAIT)
    await telegram.send(letter("又两张", photos=("b.jpg", "c.jpg"), id=7))

    assert [message.shown for message in group.messages] == ["", "", "", "", "又两张"]


# --- edits


async def test_an_edit_changes_words_and_buttons_in_place(
    telegram: TelegramChannel, group: Chat, letter: Letter
) -> None:
    sent = await telegram.send(letter("收到。", buttons=YES))

    edited = await telegram.send(letter("王师傅来了。", edits=sent))

    (message,) = group.messages
    assert (edited, message.text, message.buttons) == (sent, "王师傅来了。", [])


async def test_an_edit_that_changes_nothing_is_a_success(telegram: TelegramChannel, letter: Letter) -> None:
    sent = await telegram.send(letter("收到。", buttons=YES))

    assert await telegram.send(letter("收到。", buttons=YES, edits=sent)) == sent


@pytest.mark.parametrize(("words", "count"), [("短", 1), ("短", 2), ("长" * 2000, 1)])
async def test_the_words_of_a_letter_with_pictures_are_edited_where_they_stand(
    telegram: TelegramChannel, group: Chat, drawer: Drawer, letter: Letter, words: str, count: int
) -> None:
    drawer.pictures |= {"0.jpg": picture("red"), "1.jpg": picture("blue")}
    photos = tuple(f"{n}.jpg" for n in range(count))
    sent = await telegram.send(letter(words, photos=photos))

    for now in ("已派单", "已派单。" * 400 if words != "短" or count > 1 else "好"):
        await telegram.send(letter(now, photos=photos, edits=sent, had_photo=True, buttons=YES))

        assert (group.kept[int(sent)].shown, group.kept[int(sent)].buttons) == (now, ["对", "更多"])


async def test_words_that_no_longer_fit_under_the_picture_are_sent_anew(
    telegram: TelegramChannel, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["a.jpg"] = picture()
    sent = await telegram.send(letter("短", photos=("a.jpg",)))

    await refused(telegram.send(letter("长" * 2000, edits=sent, had_photo=True)), Fate.SEND_ANEW)


async def test_what_cannot_be_edited_is_sent_anew(
    telegram: TelegramChannel, group: Chat, alice: Person, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["a.jpg"] = picture()
    shown = await telegram.send(letter("图", photos=("a.jpg",)))
    hers = alice.writes(group, "桥塌了")

    for edits in ("99999", str(hers.id), shown, "0", ""):
        if edits:
            await refused(telegram.send(letter("新", edits=edits)), Fate.SEND_ANEW)


async def test_an_edit_whose_answer_was_lost_is_simply_done_again(
    telegram: TelegramChannel, server: BotApi, group: Chat, letter: Letter
) -> None:
    sent = await telegram.send(letter("一"))
    server.lose_next_response()

    await refused(telegram.send(letter("二", edits=sent)), Fate.RETRY)
    await telegram.send(letter("二", edits=sent))

    assert group.texts == ["二"]
