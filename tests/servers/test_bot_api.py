"""The fake Bot API is strict: what the real server refuses it refuses, for two clients that know nothing of it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import aiogram
import aiogram.exceptions
import pytest
import telegram
import telegram.error
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import BufferedInputFile, InputMediaPhoto
from PIL import Image
from telegram.request import HTTPXRequest

from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import Chat, Press
from tests.servers.bot_api_clock import StoppedClock
from tests.servers.bot_api_people import Person


def picture(colour: str = "green", size: tuple[int, int] = (320, 200)) -> bytes:
    """Return a small JPEG."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def keyboard(*buttons: tuple[str, str]) -> telegram.InlineKeyboardMarkup:
    """Return one row of buttons: (words, data)."""
    return telegram.InlineKeyboardMarkup(
        [[telegram.InlineKeyboardButton(text, callback_data=d) for text, d in buttons]]
    )


class PromptSession(AiohttpSession):
    """aiogram's session without the quarter of a second it waits for TLS when it closes."""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


@pytest.fixture(autouse=True)
def _periods_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without it python-telegram-bot warns whenever it makes a RetryAfter, and here warnings are errors.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def server() -> AsyncIterator[BotApi]:
    async with BotApi(clock=StoppedClock()) as running:
        yield running


@pytest.fixture
async def ptb(server: BotApi) -> AsyncIterator[telegram.Bot]:
    bot = telegram.Bot(
        server.bot.token,
        base_url=server.base_url,
        base_file_url=server.base_file_url,
        # Reading the machine's certificates costs 0.1 s each time, and nothing here is https.
        request=HTTPXRequest(connection_pool_size=64, read_timeout=10, httpx_kwargs={"verify": False}),
        get_updates_request=HTTPXRequest(connection_pool_size=4, read_timeout=60, httpx_kwargs={"verify": False}),
    )
    async with bot:
        yield bot


@pytest.fixture
async def gram(server: BotApi) -> AsyncIterator[aiogram.Bot]:
    session = PromptSession(api=TelegramAPIServer.from_base(server.url))
    async with aiogram.Bot(server.bot.token, session=session) as bot:
        yield bot


@pytest.fixture
def alice(server: BotApi) -> Person:
    return server.user("Alice", username="alice_li")


@pytest.fixture
def group(server: BotApi, alice: Person) -> Chat:
    return server.group("3rd village", [alice], bots=[server.bot])


async def updates(server: BotApi, ptb: telegram.Bot) -> tuple[telegram.Update, ...]:
    """Return and confirm what waits."""
    found = await ptb.get_updates(allowed_updates=[])
    if found:
        server.clock.forward(4)
        await ptb.get_updates(offset=found[-1].update_id + 1)
    server.clock.forward(4)
    return found


async def refusal(call: Awaitable[Any], kind: type[Exception] = telegram.error.BadRequest) -> str:
    """Return what the server said when it refused `call`."""
    with pytest.raises(kind) as caught:
        await call
    return str(caught.value)


# ---- two clients ----


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
    uploaded = await gram.send_photo(group.id, BufferedInputFile(picture("red"), "red.jpg"))
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
    media = [InputMediaPhoto(media=BufferedInputFile(picture(c), "p.jpg"), caption=c) for c in ("red", "blue")]
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


# ---- limits ----


async def test_thirty_messages_pass_in_any_second(server: BotApi, ptb: telegram.Bot) -> None:
    chats = [server.group(f"g{number}", bots=[server.bot]) for number in range(31)]
    for chat in chats[:30]:
        await ptb.send_message(chat.id, "alert")
    with pytest.raises(telegram.error.RetryAfter) as slow:
        await ptb.send_message(chats[30].id, "alert")
    assert slow.value.retry_after.total_seconds() == 1
    server.clock.forward(1.0)
    await ptb.send_message(chats[30].id, "alert")
    assert server.limits.refusals == 1


async def test_twenty_a_minute_pass_in_a_group_and_edits_count(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person
) -> None:
    sent = await ptb.send_message(group.id, "0")
    for number in range(1, 20):
        server.clock.forward(1)
        await sent.edit_text(str(number))
    with pytest.raises(telegram.error.RetryAfter) as slow:
        await sent.edit_text("20")
    assert slow.value.retry_after.total_seconds() == 41
    server.clock.forward(40.9)
    with pytest.raises(telegram.error.RetryAfter):
        await ptb.send_message(group.id, "20")
    server.clock.forward(0.2)
    await ptb.send_message(group.id, "20")
    alice.starts(server.bot)
    for number in range(25):  # private chats have no limit by the minute
        server.clock.forward(0.1)
        await ptb.send_message(alice.id, str(number))


async def test_the_body_of_a_429_is_the_real_one(server: BotApi, group: Chat) -> None:
    import aiohttp

    server.refuse_next(429, retry_after=3)
    async with aiohttp.ClientSession() as http:
        url = f"{server.base_url}{server.bot.token}/sendMessage"
        async with http.post(url, json={"chat_id": group.id, "text": "x"}) as answer:
            assert answer.status == 429
            assert await answer.json() == {
                "ok": False,
                "error_code": 429,
                "description": "Too Many Requests: retry after 3",
                "parameters": {"retry_after": 3},
            }
        async with http.get(url, params={"chat_id": group.id, "text": "by query"}) as answer:
            assert (await answer.json())["result"]["text"] == "by query"
        for path, code, words in (
            (f"/bot{server.bot.token}/sendFlowers", 404, "Not Found"),
            ("/bot123:nobody/getMe", 401, "Unauthorized"),
            ("/bot/getMe", 404, "Not Found"),
            ("/", 404, "Not Found"),
        ):
            async with http.get(server.url + path) as answer:
                assert await answer.json() == {"ok": False, "error_code": code, "description": words}
                assert answer.status == code


async def test_an_album_counts_every_photo(server: BotApi, ptb: telegram.Bot, group: Chat) -> None:
    file_id = (await ptb.send_photo(group.id, picture())).photo[-1].file_id
    album = [telegram.InputMediaPhoto(file_id)] * 10
    await ptb.send_media_group(group.id, album)
    with pytest.raises(telegram.error.RetryAfter):
        await ptb.send_media_group(group.id, album)
    assert len(group.messages) == 11


async def test_the_same_large_file_uploaded_again_and_again_is_slowed_down(
    server: BotApi, ptb: telegram.Bot, alice: Person
) -> None:
    server.waits_on_uploads = False
    alice.starts(server.bot)
    large = b"x" * 200_000
    passed = 0
    with pytest.raises(telegram.error.RetryAfter) as slow:
        for _ in range(60):
            await ptb.send_document(alice.id, large)
            passed += 1
            if passed % 25 == 0:
                server.clock.forward(1)
    assert slow.value.retry_after.total_seconds() == 60
    assert 25 <= passed <= 40


# ---- lengths ----


async def test_lengths_are_counted_after_the_markup_is_read(ptb: telegram.Bot, group: Chat) -> None:
    await ptb.send_message(group.id, "<b>" + "字" * 4096 + "</b>", parse_mode="HTML")
    assert await refusal(ptb.send_message(group.id, "字" * 4097)) == "Message is too long"
    assert await refusal(ptb.send_message(group.id, " \n ")) == "Message text is empty"
    assert await refusal(ptb.send_message(group.id, "<b></b>", parse_mode="HTML")) == "Message text is empty"
    await ptb.send_photo(group.id, picture(), caption="<i>" + "x" * 1024 + "</i>", parse_mode="HTML")
    assert await refusal(ptb.send_photo(group.id, picture(), caption="x" * 1025)) == "Message caption is too long"


@pytest.mark.parametrize(
    ("mode", "text", "words"),
    [
        ("HTML", "1 < 2", "can't parse entities: unclosed start tag"),
        ("HTML", "<h1>x</h1>", 'unsupported start tag "h1"'),
        ("HTML", "<b>x", "can't find end tag"),
        ("HTML", "<b><i>x</b></i>", "unmatched end tag"),
        ("MarkdownV2", "12.5", "is reserved"),
        ("MarkdownV2", "*x", "can't find end"),
    ],
)
async def test_broken_markup_is_refused(ptb: telegram.Bot, group: Chat, mode: str, text: str, words: str) -> None:
    assert words in (await refusal(ptb.send_message(group.id, text, parse_mode=mode))).lower()


async def test_markup_becomes_entities_in_utf16(ptb: telegram.Bot, group: Chat) -> None:
    sent = await ptb.send_message(group.id, "🔥<b>火</b> <a href='https://a.cn/x'>看</a>", parse_mode="HTML")
    assert sent.text == "🔥火 看"
    assert [(e.type, e.offset, e.length) for e in sent.entities] == [("bold", 2, 1), ("text_link", 4, 1)]
    marked = await ptb.send_message(group.id, "*A\\-7* [x](http://a.cn/\\)) `c`", parse_mode="MarkdownV2")
    assert marked.text == "A-7 x c"
    assert [e.type for e in marked.entities] == ["bold", "text_link", "code"]


@pytest.mark.parametrize("data", ["x" * 65, "字" * 22])
async def test_button_data_is_at_most_64_bytes(ptb: telegram.Bot, group: Chat, data: str) -> None:
    await ptb.send_message(group.id, "x", reply_markup=keyboard(("ok", data[:-1])))
    assert (await refusal(ptb.send_message(group.id, "x", reply_markup=keyboard(("ok", data))))).upper() == (
        "BUTTON_DATA_INVALID"
    )


async def test_buttons_lead_only_where_the_app_can_go(ptb: telegram.Bot, group: Chat) -> None:
    def link(url: str) -> telegram.InlineKeyboardMarkup:
        return telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("go", url=url)]])

    await ptb.send_message(group.id, "x", reply_markup=link("https://t.me/wuyou_bot?start=" + "a-_9" * 16))
    long = link("https://t.me/wuyou_bot?start=" + "a" * 65)
    assert (await refusal(ptb.send_message(group.id, "x", reply_markup=long))).upper() == "BUTTON_URL_INVALID"
    local = link("http://localhost:8080/x")
    assert "wrong http url" in (await refusal(ptb.send_message(group.id, "x", reply_markup=local))).lower()
    app = telegram.InlineKeyboardButton("go", web_app=telegram.WebAppInfo("https://a.cn"))
    markup = telegram.InlineKeyboardMarkup([[app]])
    assert (await refusal(ptb.send_message(group.id, "x", reply_markup=markup))).upper() == "BUTTON_TYPE_INVALID"


# ---- who may be written to ----


async def test_a_bot_cannot_write_first(server: BotApi, ptb: telegram.Bot, alice: Person, group: Chat) -> None:
    stranger = server.user("Bob")
    assert await refusal(ptb.send_message(stranger.id, "x")) == "Chat not found"
    said = await refusal(ptb.send_message(alice.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: bot can't initiate conversation with a user"
    alice.starts(server.bot, "k3_-")
    await ptb.send_message(alice.id, "now")
    assert alice.texts == ["now"]
    with pytest.raises(ValueError, match="payload"):
        alice.starts(server.bot, "not allowed")


async def test_people_who_block_or_leave_cannot_be_written_to(server: BotApi, ptb: telegram.Bot, alice: Person) -> None:
    alice.starts(server.bot)
    alice.blocks(server.bot)
    said = await refusal(ptb.send_message(alice.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: bot was blocked by the user"
    heard = await updates(server, ptb)
    change = heard[-1].my_chat_member
    assert change is not None
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")
    assert change.chat.type == "private"
    alice.starts(server.bot)
    await ptb.send_message(alice.id, "again")
    server.deactivates(alice)
    said = await refusal(ptb.send_message(alice.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: user is deactivated"


async def test_groups_that_are_closed_to_the_bot_say_why(server: BotApi, ptb: telegram.Bot, group: Chat) -> None:
    assert await refusal(ptb.send_message(-1001, "x")) == "Chat not found"
    server.mutes(server.bot, group)
    assert "not enough rights to send text messages" in (await refusal(ptb.send_message(group.id, "x"))).lower()
    assert await ptb.leave_chat(group.id)
    said = await refusal(ptb.send_message(group.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: bot is not a member of the supergroup chat"
    small = server.group("small", kind="group", bots=[server.bot])
    server.removes_bot(small)
    said = await refusal(ptb.send_message(small.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: bot was kicked from the group chat"
    gone = server.group("gone", kind="group", bots=[server.bot])
    server.deletes_group(gone)
    said = await refusal(ptb.send_message(gone.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: the group chat was deleted"


async def test_a_group_that_became_a_supergroup_names_its_new_id(
    server: BotApi, ptb: telegram.Bot, alice: Person
) -> None:
    small = server.group("small", [alice], kind="group", bots=[server.bot])
    before = await ptb.send_message(small.id, "before")
    new = server.migrate(small)
    with pytest.raises(telegram.error.ChatMigrated) as moved:
        await ptb.send_message(small.id, "x")
    assert moved.value.new_chat_id == new.id
    assert await refusal(before.edit_text("after")) == "Message can't be edited"
    sent = await ptb.send_message(new.id, "after")
    assert sent.message_id == 2  # numbers start anew; 1 is the service message
    heard = [update.message for update in await updates(server, ptb)]
    assert [m.migrate_to_chat_id or m.migrate_from_chat_id for m in heard if m] == [new.id, small.id]
    alice.writes(small, "/help@wuyou_bot")  # people are carried over
    assert new.everything[-1].shown == "/help@wuyou_bot"


async def test_topics_must_exist(server: BotApi, ptb: telegram.Bot, alice: Person, group: Chat) -> None:
    forum = server.group("forum", [alice], bots=[server.bot], forum=True)
    thread = server.topic(forum, "repairs")
    sent = await ptb.send_message(forum.id, "x", message_thread_id=thread)
    assert (sent.message_thread_id, sent.is_topic_message) == (thread, True)
    for wrong in (1, 99):
        said = await refusal(ptb.send_message(forum.id, "x", message_thread_id=wrong))
        assert said == "Message thread not found"
    await ptb.send_message(group.id, "a plain group ignores it", message_thread_id=99)


# ---- editing, deleting, replying ----


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


# ---- buttons ----


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


# ---- what the bot hears ----


async def test_privacy_hides_talk_that_is_not_meant_for_the_bot(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person
) -> None:
    asked = await ptb.send_message(group.id, "where?")
    other = server.new_bot("other_bot", privacy=False)
    server.stands(other, group, "member")
    alice.writes(group, "did you see the match?")
    alice.writes(group, "@wuyou_bot rubbish")
    alice.writes(group, "烟🔥 @WuYou_bot")
    alice.writes(group, "at the bridge", reply_to=group.kept[asked.message_id])
    alice.writes(group, "/help@wuyou_bot")
    alice.writes(group, "/help@other_bot")
    alice.writes(group, "/help")
    alice.writes(group, "mail me@wuyou_bot.example")
    alice.sends_photo(group, picture(), caption="@wuyou_bot here")
    alice.sends_photo(group, picture())
    alice.leaves(group)
    heard = [update.message for update in await updates(server, ptb)]
    assert [m.text or m.caption or m.left_chat_member.first_name for m in heard if m] == [
        "@wuyou_bot rubbish", "烟🔥 @WuYou_bot", "at the bridge", "/help@wuyou_bot", "/help", "@wuyou_bot here", "Alice",
    ]  # fmt: skip
    assert heard[2] is not None
    assert heard[2].reply_to_message is not None
    assert len(other.updates.pending) == 12  # privacy off: its own arrival, and everything but what the other bot said


async def test_an_administrator_bot_hears_everything(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person
) -> None:
    server.promotes(server.bot, group)
    alice.writes(group, "talk")
    change, talk = await updates(server, ptb)
    assert change.my_chat_member is not None
    assert change.my_chat_member.new_chat_member.status == "administrator"
    assert talk.message is not None
    assert talk.message.text == "talk"
    administrators = await ptb.get_chat_administrators(group.id)
    assert {member.status for member in administrators} == {"creator", "administrator"}
    assert (await ptb.get_chat_member(group.id, alice.id)).status == "member"
    assert (await ptb.get_chat(group.id)).title == "3rd village"


async def test_joining_a_group_is_told_twice(server: BotApi, ptb: telegram.Bot, gram: aiogram.Bot) -> None:
    server.adds_bot(server.group("new"))
    server.removes_bot(server.adds_bot(server.group("other")).chat)
    heard = await gram.get_updates()
    assert [update.event_type for update in heard] == ["my_chat_member", "message"] * 2 + ["my_chat_member"]
    assert heard[1].message is not None
    assert heard[1].message.new_chat_members is not None
    assert heard[1].message.new_chat_members[0].id == server.bot.id


async def test_people_send_places_voices_stickers_albums_and_edits(
    server: BotApi, ptb: telegram.Bot, gram: aiogram.Bot, alice: Person
) -> None:
    place = alice.sends_location(server.bot, 30.18, 120.26, live=900)
    alice.moves(place, 30.19, 120.27)
    alice.sends_voice(server.bot)
    alice.sends_sticker(server.bot)
    alice.sends_document(server.bot, b"%PDF")
    alice.sends_photo(server.bot, picture(), caption="1", album="a")
    alice.sends_photo(server.bot, picture("red"), album="a")
    alice.edits(alice.writes(server.bot, "brigde"), "bridge")
    by_aiogram = await gram.get_updates()
    server.clock.forward(4)
    for heard in (by_aiogram, await updates(server, ptb)):
        assert len(heard) == 9
        assert heard[1].edited_message is not None
        assert heard[1].edited_message.location is not None
        assert heard[1].edited_message.location.latitude == 30.19
        assert heard[2].message is not None
        assert heard[2].message.voice is not None
        assert heard[2].message.voice.mime_type == "audio/ogg"
        assert heard[5].message is not None
        assert heard[6].message is not None
        assert heard[5].message.media_group_id == heard[6].message.media_group_id is not None
        assert heard[8].edited_message is not None
        assert heard[8].edited_message.text == "bridge"


# ---- getUpdates ----


async def test_the_offset_confirms_and_nothing_else_does(server: BotApi, ptb: telegram.Bot, alice: Person) -> None:
    for number in range(120):
        alice.writes(server.bot, str(number))
    first = await ptb.get_updates()
    assert len(first) == 100
    server.clock.forward(4)
    assert [update.update_id for update in await ptb.get_updates(limit=3)] == [u.update_id for u in first[:3]]
    server.clock.forward(4)
    rest = await ptb.get_updates(offset=first[-1].update_id + 1)
    assert len(rest) == 20
    server.clock.forward(4)
    assert len(await ptb.get_updates(offset=-5)) == 5
    assert len(server.bot.updates.pending) == 5


async def test_repeating_the_same_offset_in_haste_gives_one(server: BotApi, ptb: telegram.Bot, alice: Person) -> None:
    alice.writes(server.bot, "1")
    alice.writes(server.bot, "2")
    assert len(await ptb.get_updates()) == 2
    assert len(await ptb.get_updates()) == 1


async def test_a_long_poll_ends_with_the_first_update(server: BotApi, ptb: telegram.Bot, alice: Person) -> None:
    poll = asyncio.create_task(ptb.get_updates(timeout=20))
    await server.until(lambda: server.bot.updates.polling)
    alice.writes(server.bot, "hello")
    assert len(await poll) == 1


async def test_a_second_poll_ends_the_first(server: BotApi, ptb: telegram.Bot, gram: aiogram.Bot) -> None:
    poll = asyncio.create_task(ptb.get_updates(timeout=20))
    await server.until(lambda: server.bot.updates.polling)
    other = asyncio.create_task(gram.get_updates(timeout=20))
    assert "terminated by other getUpdates request" in await refusal(poll, telegram.error.Conflict)
    await server.until(lambda: server.bot.updates.polling)
    await ptb.set_webhook("https://a.cn/x")
    with pytest.raises(aiogram.exceptions.TelegramConflictError, match="terminated by setWebhook"):
        await other
    assert "webhook is active" in await refusal(ptb.get_updates(), telegram.error.Conflict)
    await ptb.delete_webhook()
    server.clock.forward(4)
    assert await ptb.get_updates() == ()


async def test_updates_are_forgotten_after_a_day(server: BotApi, ptb: telegram.Bot, alice: Person) -> None:
    alice.writes(server.bot, "old")
    server.clock.forward(86_401)
    alice.writes(server.bot, "new")
    (update,) = await ptb.get_updates()
    assert update.message is not None
    assert update.message.text == "new"


async def test_an_update_may_come_again_after_it_was_confirmed(
    server: BotApi, ptb: telegram.Bot, alice: Person
) -> None:
    alice.writes(server.bot, "once")
    (first,) = await updates(server, ptb)
    server.repeats_last_update(2)
    again = await ptb.get_updates(offset=first.update_id + 1)
    assert [update.update_id for update in again] == [first.update_id] * 2
    server.doubles_next_update()
    alice.writes(server.bot, "twice")
    server.clock.forward(4)
    doubled = await ptb.get_updates(offset=first.update_id + 1)
    assert [update.message.text for update in doubled if update.message] == ["twice"] * 2
    server.clock.forward(4)


async def test_chat_member_comes_only_when_asked_for(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person
) -> None:
    server.promotes(server.bot, group)
    server.promotes(alice, group)
    assert [update.chat_member for update in await updates(server, ptb)] == [None]
    await ptb.get_updates(allowed_updates=["chat_member"])
    server.demotes(alice, group)
    alice.writes(group, "not asked for")
    server.clock.forward(4)
    (update,) = await ptb.get_updates()
    assert update.chat_member is not None


# ---- faults and setting up ----


async def test_a_lost_response_was_performed(server: BotApi, ptb: telegram.Bot, group: Chat) -> None:
    server.lose_next_response()
    await refusal(ptb.send_message(group.id, "once"), telegram.error.NetworkError)
    assert group.texts == ["once"]
    assert server.calls[-1].lost
    server.drop_next_request()
    await refusal(ptb.send_message(group.id, "never"), telegram.error.NetworkError)
    assert group.texts == ["once"]
    await ptb.send_message(group.id, "and on")
    assert group.texts == ["once", "and on"]


async def test_faults_hit_the_calls_they_name(server: BotApi, ptb: telegram.Bot, group: Chat) -> None:
    server.refuse_next(502, methods="getMe", times=2)
    server.refuse_next(400, "Bad Request: not enough rights to send text messages to the chat")
    await ptb.get_updates()
    assert "not enough rights" in (await refusal(ptb.send_message(group.id, "x"))).lower()
    await refusal(ptb.get_me(), telegram.error.NetworkError)
    await refusal(ptb.get_me(), telegram.error.NetworkError)
    assert await ptb.get_me()
    gate = server.hold_next_response()
    sending = asyncio.create_task(ptb.send_message(group.id, "held"))
    await server.until(lambda: group.texts)
    assert not sending.done()
    gate.set()
    assert (await sending).text == "held"
    with pytest.raises(TimeoutError, match="the latest calls.*sendMessage 200"):
        await server.until(lambda: False, within=0.01)


async def test_commands_are_set_and_checked(ptb: telegram.Bot, group: Chat) -> None:
    await ptb.set_my_commands([("help", "帮助"), ("mycases", "我的事项")], language_code="zh")
    assert [c.command for c in await ptb.get_my_commands(language_code="zh")] == ["help", "mycases"]
    assert await ptb.get_my_commands() == ()
    assert (await refusal(ptb.set_my_commands([("帮助", "x")]))).upper() == "BOT_COMMAND_INVALID"
    assert await ptb.send_chat_action(group.id, "typing")
    assert await ptb.send_location(group.id, 30.1, 120.2)
    assert group.messages[-1].location == (30.1, 120.2)


async def test_what_the_bot_did_is_in_the_log(server: BotApi, ptb: telegram.Bot, group: Chat) -> None:
    await ptb.send_message(group.id, "x")
    server.clock.forward(2)
    await ptb.send_chat_action(group.id, "typing")
    await refusal(ptb.send_message(group.id, "x" * 5000))
    sent, _, refused = server.calls[-3:]
    assert (sent.method, sent.chat, sent.code) == ("sendMessage", group.id, 200)
    assert refused.started - sent.started == 2
    assert server.written() == [sent]
    assert server.refused(400) == [refused]
