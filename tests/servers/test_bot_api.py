"""The fake Bot API serves two clients that know nothing of it, and refuses what the real server refuses."""

from __future__ import annotations

from typing import Any

import pytest
import telegram
import telegram.error

from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import Chat, Press
from tests.servers.bot_api_clients import keyboard, picture, refusal, updates
from tests.servers.bot_api_people import Person
from tests.servers.gram import aiogram


async def test_both_clients_know_who_they_are(ptb: telegram.Bot, gram: aiogram.Bot) -> None:
    assert (await ptb.get_me()).can_read_all_group_messages is False
    assert (await gram.get_me()).username == ptb.username == "wuyou_bot"


async def test_a_message_with_buttons_is_sent_and_edited_by_both_clients(
    ptb: telegram.Bot, gram: aiogram.Bot, group: Chat
) -> None:
    sent = await ptb.send_message(group.id, "<b>收到</b> & A7K", parse_mode="HTML", reply_markup=keyboard(("好", "ok")))
    assert group.texts == ["收到 & A7K"]
    assert group.messages[0].buttons == ["好"]
    assert sent.entities[0].type == "bold"
    edited = await gram.edit_message_text("已派人", chat_id=group.id, message_id=sent.message_id)
    assert isinstance(edited, aiogram.types.Message)
    assert edited.edit_date
    assert group.texts == ["已派人"]
    assert group.messages[0].buttons == []  # an edit without a keyboard takes it away
    assert [version.shown for version in group.messages[0].versions] == ["收到 & A7K"]
    assert group.messages[0].versions[0].buttons == ("好",)


async def test_photos_are_uploaded_once_and_sent_again_by_file_id(
    server: BotApi, ptb: telegram.Bot, gram: aiogram.Bot, group: Chat
) -> None:
    first = await ptb.send_photo(group.id, picture(), caption="bridge")
    again = await gram.send_photo(group.id, first.photo[-1].file_id)
    assert again.photo is not None
    assert again.photo[-1].file_unique_id == first.photo[-1].file_unique_id
    assert [message.photo.content for message in group.messages if message.photo] == [picture()] * 2
    uploaded = await gram.send_photo(group.id, aiogram.types.BufferedInputFile(picture("red"), "red.jpg"))
    assert uploaded.photo is not None
    assert uploaded.photo[-1].width == 320
    stranger = server.new_bot("other_bot")
    other_group = server.group("x", bots=[stranger])
    async with telegram.Bot(stranger.token, base_url=server.base_url) as other:
        said = await refusal(other.send_photo(other_group.id, first.photo[-1].file_id))
    assert said.lower() == "wrong file identifier/http url specified"


async def test_a_photo_of_a_resident_is_fetched(server: BotApi, ptb: telegram.Bot, alice: Person) -> None:
    alice.sends_photo(server.bot, picture(), caption="看这里")
    (update,) = await updates(server, ptb)
    assert update.message is not None
    small, large = update.message.photo
    file = await large.get_file()
    assert bytes(await file.download_as_bytearray()) == picture()
    assert bytes(await (await small.get_file()).download_as_bytearray()) != picture()
    server.clock.forward(3601)
    with pytest.raises(telegram.error.InvalidToken):  # the client's name for any 404
        await file.download_as_bytearray()
    assert "temporarily unavailable" in await refusal(ptb.get_file("AgACnonsense"))


async def test_aiogram_downloads_and_sends_albums(
    server: BotApi, gram: aiogram.Bot, group: Chat, alice: Person
) -> None:
    files = {colour: aiogram.types.BufferedInputFile(picture(colour), "p.jpg") for colour in ("red", "blue")}
    media: list[Any] = [aiogram.types.InputMediaPhoto(media=file, caption=colour) for colour, file in files.items()]
    sent = await gram.send_media_group(group.id, media)
    assert len({message.media_group_id for message in sent}) == 1
    assert group.texts == ["red", "blue"]
    with pytest.raises(aiogram.exceptions.TelegramBadRequest, match="2-10"):
        await gram.send_media_group(group.id, media[:1])
    with pytest.raises(aiogram.exceptions.TelegramBadRequest, match="2-10"):
        await gram.send_media_group(group.id, media * 6)
    alice.sends_photo(server.bot, picture())
    (update,) = await gram.get_updates()
    assert update.message is not None
    assert update.message.photo is not None
    file = await gram.download(update.message.photo[-1])
    assert file is not None
    assert file.read() == picture()


async def test_aiogram_hears_errors_by_their_kind(server: BotApi, gram: aiogram.Bot, group: Chat) -> None:
    server.refuse_next(429, retry_after=7)
    with pytest.raises(aiogram.exceptions.TelegramRetryAfter) as slow:
        await gram.send_message(group.id, "x")
    assert slow.value.retry_after == 7
    server.block(group)
    with pytest.raises(aiogram.exceptions.TelegramForbiddenError, match="kicked from the supergroup"):
        await gram.send_message(group.id, "x")
    small = server.group("small", kind="group", bots=[server.bot])
    new = server.migrate(small)
    with pytest.raises(aiogram.exceptions.TelegramMigrateToChat) as moved:
        await gram.send_message(small.id, "x")
    assert moved.value.migrate_to_chat_id == new.id
    server.lose_next_response()
    with pytest.raises(aiogram.exceptions.TelegramNetworkError):
        await gram.send_message(new.id, "once")
    assert new.texts == ["once"]


async def test_the_same_content_again_is_not_a_change(ptb: telegram.Bot, group: Chat) -> None:
    sent = await ptb.send_message(group.id, "x", reply_markup=keyboard(("a", "b")))
    assert (await refusal(sent.edit_text("x", reply_markup=keyboard(("a", "b"))))).startswith("Message is not modified")
    assert await sent.edit_reply_markup(keyboard(("a", "c")))
    assert (await refusal(sent.edit_reply_markup(keyboard(("a", "c"))))).startswith("Message is not modified")
    await sent.edit_text("x")
    assert (await refusal(sent.edit_text("x"))).startswith("Message is not modified")


async def test_a_photo_cannot_become_text_but_its_picture_and_words_change(ptb: telegram.Bot, group: Chat) -> None:
    sent = await ptb.send_photo(group.id, picture(), caption="missing")
    assert await refusal(sent.edit_text("found")) == "There is no text in the message to edit"
    await sent.edit_caption("found")
    await sent.edit_media(telegram.InputMediaPhoto(picture("blue"), caption="safe"))
    (shown,) = group.messages
    assert shown.photo is not None
    assert (shown.shown, shown.photo.content) == ("safe", picture("blue"))
    assert [version.shown for version in shown.versions] == ["missing", "found"]
    assert shown.versions[0].photo is not None
    assert shown.versions[0].photo.content == picture()
    text = await ptb.send_message(group.id, "x")
    said = await refusal(ptb.edit_message_caption(group.id, text.message_id, caption="y"))
    assert said == "There is no caption in the message to edit"


async def test_only_what_is_there_and_own_can_be_edited(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person
) -> None:
    hers = alice.writes(group, "hello")
    assert await refusal(ptb.edit_message_text("x", group.id, hers.id)) == "Message can't be edited"
    assert await refusal(ptb.edit_message_text("x", group.id, 999)) == "Message to edit not found"
    assert await refusal(ptb.send_message(group.id, "x", reply_to_message_id=999)) == "Message to be replied not found"
    sent = await ptb.send_message(group.id, "x", reply_to_message_id=999, allow_sending_without_reply=True)
    assert sent.reply_to_message is None
    reply = await ptb.send_message(group.id, "x", reply_to_message_id=hers.id)
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.text == "hello"


async def test_messages_are_deleted_within_48_hours(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person
) -> None:
    old = await ptb.send_message(group.id, "alert")
    server.clock.forward(48 * 3600 - 60)
    young = await ptb.send_message(group.id, "alert")
    assert await young.delete()
    assert group.texts == ["alert"]
    assert await refusal(young.delete()) == "Message to delete not found"
    server.clock.forward(60)
    assert await refusal(old.delete()) == "Message can't be deleted for everyone"
    assert await old.edit_text("taken back")  # edits have no such limit
    hers = alice.writes(group, "hello")
    assert await refusal(ptb.delete_message(group.id, hers.id)) == "Message can't be deleted"
    server.promotes(server.bot, group, "can_delete_messages")
    assert await ptb.delete_message(group.id, hers.id)


async def test_what_is_no_picture_is_refused(ptb: telegram.Bot, group: Chat) -> None:
    assert (await refusal(ptb.send_photo(group.id, b"not a picture"))).upper() == "IMAGE_PROCESS_FAILED"
    assert (await refusal(ptb.send_photo(group.id, picture(size=(2100, 100))))).upper() == "PHOTO_INVALID_DIMENSIONS"
    assert "wrong file identifier" in (await refusal(ptb.send_photo(group.id, "AgACinvented"))).lower()


async def test_a_press_is_answered_within_150_seconds(
    server: BotApi, ptb: telegram.Bot, gram: aiogram.Bot, group: Chat, alice: Person
) -> None:
    await ptb.send_message(group.id, "here?", reply_markup=keyboard(("Yes", "here:1"), ("No", "here:0")))
    press = alice.presses(group.messages[0], "Yes")
    assert isinstance(press, Press)
    (update,) = await updates(server, ptb)
    query = update.callback_query
    assert query is not None
    assert query.data == "here:1"
    assert query.message is not None
    assert query.message.message_id == group.messages[0].id
    assert "long" in (await refusal(query.answer("x" * 201))).lower()
    assert await query.answer("x" * 200)
    assert press.answered
    late = alice.presses(group.messages[0], "here:0")
    assert isinstance(late, Press)
    (heard,) = await gram.get_updates()
    assert heard.callback_query is not None
    server.clock.forward(151)
    with pytest.raises(aiogram.exceptions.TelegramBadRequest, match="query is too old and response timeout expired"):
        await heard.callback_query.answer()
    assert not late.answered
    assert await ptb.get_updates() == ()  # and the update itself lives no longer
    with pytest.raises(LookupError):
        alice.presses(group.messages[0], "Perhaps")


async def test_a_link_button_leads_into_the_private_chat(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person
) -> None:
    button = telegram.InlineKeyboardButton("In private", url="https://t.me/wuyou_bot?start=k3")
    await ptb.send_message(group.id, "x", reply_markup=telegram.InlineKeyboardMarkup([[button]]))
    alice.presses(group.messages[0], "In private")
    (update,) = await updates(server, ptb)
    assert update.message is not None
    assert update.message.text == "/start k3"
    assert update.message.chat.id == alice.id
    assert update.message.parse_entities(["bot_command"])
