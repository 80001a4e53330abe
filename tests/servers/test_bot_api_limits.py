"""The fake Bot API counts: messages a second and a minute, characters, bytes on a button."""

from __future__ import annotations

from datetime import timedelta

import pytest
import telegram
import telegram.error

from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import Chat
from tests.servers.bot_api_clients import keyboard, picture, refusal
from tests.servers.bot_api_people import Person


def seconds(refused: telegram.error.RetryAfter) -> float:
    """Return how long the server asked to wait."""
    assert isinstance(refused.retry_after, timedelta)
    return refused.retry_after.total_seconds()


async def test_thirty_messages_pass_in_any_second(server: BotApi, ptb: telegram.Bot) -> None:
    chats = [server.group(f"g{number}", bots=[server.bot]) for number in range(31)]
    for chat in chats[:30]:
        await ptb.send_message(chat.id, "alert")
    with pytest.raises(telegram.error.RetryAfter) as slow:
        await ptb.send_message(chats[30].id, "alert")
    assert seconds(slow.value) == 1
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
    assert seconds(slow.value) == 41
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
    server.limits.per_second = None
    for _ in range(30):  # 1 s of credit and 5 s of debt, at 0.2 s each
        await ptb.send_document(alice.id, large)
    server.clock.forward(0.1)
    for _ in range(2):
        await ptb.send_document(alice.id, large)
    with pytest.raises(telegram.error.RetryAfter) as slow:
        await ptb.send_document(alice.id, large)
    assert seconds(slow.value) == 60
    await ptb.send_document(alice.id, large + b"x")  # another size is another queue


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
