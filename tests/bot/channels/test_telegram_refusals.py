"""What a refusal, an accident or a missing file of Telegram means for a letter, against the strict fake."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.channels.base import Fate, Parcel, RenderedButton, SendError
from bot.channels.telegram import TelegramChannel
from bot.messages import Address
from tests.bot.channels.conftest import Drawer
from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import BotAccount, Chat
from tests.servers.bot_api_clients import picture
from tests.servers.bot_api_clock import StoppedClock
from tests.servers.bot_api_people import Person

Letter = Callable[..., Parcel]

YES = ((RenderedButton("对", "place:1:yes"), RenderedButton("更多", url="https://t.me/wuyou_bot?start=r7Kd2x")),)


async def refused(call: object, fate: Fate) -> SendError:
    with pytest.raises(SendError) as caught:
        await call  # type: ignore[misc]
    assert caught.value.fate is fate, caught.value.reason
    return caught.value


# --- refusals and accidents


async def test_a_lost_answer_leaves_the_fate_unknown(
    telegram: TelegramChannel, server: BotApi, group: Chat, letter: Letter
) -> None:
    server.lose_next_response()

    await refused(telegram.send(letter("收到。")), Fate.UNKNOWN)

    assert group.texts == ["收到。"]


async def test_a_server_that_is_not_there_got_nothing(letter: Letter, drawer: Drawer, server: BotApi) -> None:
    nowhere = TelegramChannel({"one": server.bot.token}, drawer, base_url="http://127.0.0.1:9")
    try:
        await nowhere.start()
        await refused(nowhere.send(letter("收到。")), Fate.RETRY)
        assert nowhere.usernames == {}
    finally:
        await nowhere.close()


async def test_the_twenty_first_message_in_a_minute_waits(
    telegram: TelegramChannel, clock: StoppedClock, letter: Letter
) -> None:
    for number in range(20):
        await telegram.send(letter(str(number)))
        clock.forward(1.5)

    error = await refused(telegram.send(letter("21")), Fate.WAIT)

    assert error.after >= 1


async def test_a_group_that_moved_says_where_to(
    telegram: TelegramChannel, server: BotApi, alice: Person, letter: Letter
) -> None:
    old = server.group("small", [alice], bots=[server.bot], kind="group")
    new = server.migrate(old)

    error = await refused(telegram.send(letter("收到。", chat=old.id)), Fate.MOVED)

    assert error.moved_to == str(new.id)


async def test_chats_that_take_nothing_more_are_gone(
    telegram: TelegramChannel, server: BotApi, group: Chat, alice: Person, letter: Letter
) -> None:
    bob, carol = server.user("Bob"), server.user("Carol")
    alice.starts(server.bot)
    alice.blocks(server.bot)
    group.members |= server.group("other", [bob], bots=[server.bot]).members
    server.removes_bot(group)

    for chat in (alice.id, bob.id, carol.id, group.id, -100999, "x"):
        await refused(telegram.send(letter("收到。", chat=chat)), Fate.GONE)


async def test_a_letter_that_telegram_will_never_take_is_refused(telegram: TelegramChannel, letter: Letter) -> None:
    await refused(telegram.send(letter("好", buttons=((RenderedButton("对", "x" * 65),),))), Fate.REFUSED)


async def test_a_wrong_token_holds_letters_back_and_is_in_no_message(
    server: BotApi, drawer: Drawer, letter: Letter
) -> None:
    token = "123456:AAF_not_a_token_that_anybody_knows"
    stranger = TelegramChannel({"one": token}, drawer, base_url=server.url)
    try:
        await stranger.start()
        error = await refused(stranger.send(letter("收到。")), Fate.RETRY)
        other = await refused(stranger.describe("one"), Fate.RETRY)
        assert token not in error.reason + other.reason
    finally:
        await stranger.close()


async def test_an_account_that_is_not_configured_takes_no_letter(telegram: TelegramChannel, letter: Letter) -> None:
    await refused(telegram.send(letter("收到。", bot="three")), Fate.GONE)


async def test_two_accounts_write_each_in_its_own_name(
    telegram: TelegramChannel, server: BotApi, second: BotAccount, group: Chat, letter: Letter
) -> None:
    await telegram.send(letter("一"))
    await telegram.send(letter("二", bot="two"))

    assert [message.sender for message in group.messages] == [server.bot, second]
    assert telegram.usernames == {"one": "wuyou_bot", "two": "wuyou2_bot"}


async def test_an_account_is_described(telegram: TelegramChannel, server: BotApi) -> None:
    about = await telegram.describe("one")

    assert (about.me.id, about.me.username, about.hears_all) == (server.bot.id, "wuyou_bot", False)


async def test_a_message_is_taken_back_once_and_twice(telegram: TelegramChannel, group: Chat, letter: Letter) -> None:
    parcel = letter("寻人")
    sent = await telegram.send(parcel)

    await telegram.recall(parcel.to, sent)
    await telegram.recall(parcel.to, sent)

    assert group.texts == []


# --- pictures from people


async def test_a_persons_picture_is_fetched(
    telegram: TelegramChannel, server: BotApi, group: Chat, alice: Person
) -> None:
    taken = picture("red")
    sent = alice.sends_photo(group, taken, mention=server.bot)
    (inbound,) = await anext(telegram.updates_of("one"))

    assert inbound.message_id == str(sent.id)
    assert await telegram.fetch(inbound.at, inbound.media[0].ref) == taken


async def test_a_picture_that_telegram_has_no_more_is_gone(telegram: TelegramChannel, group: Chat) -> None:
    at = Address("telegram", "one", str(group.id))

    for ref in ("", "AgACnothing", "x"):
        await refused(telegram.fetch(at, ref), Fate.GONE)


async def test_a_picture_that_cannot_be_had_now_may_be_had_later(
    telegram: TelegramChannel, server: BotApi, group: Chat
) -> None:
    at = Address("telegram", "one", str(group.id))
    server.refuse_next(502, methods="getFile")
    await refused(telegram.fetch(at, "AgAC"), Fate.RETRY)
    server.lose_next_response(methods="getFile")
    await refused(telegram.fetch(at, "AgAC"), Fate.RETRY)
    server.refuse_next(429, retry_after=2, methods="getFile")
    await refused(telegram.fetch(at, "AgAC"), Fate.WAIT)
