"""Updates from Telegram by long polling: confirmed only once they are stored; nothing stops it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing

import pytest
import structlog

from bot.channels.base import Parcel, RenderedButton
from bot.channels.telegram import TelegramChannel
from bot.messages import Inbound, Kind
from tests.bot.channels.conftest import Drawer, Naps
from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import BotAccount, Chat
from tests.servers.bot_api_clock import StoppedClock
from tests.servers.bot_api_people import Person

Letter = Callable[..., Parcel]

YES = ((RenderedButton("对", "place:1:yes"),),)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Tray:
    """Stores what comes, or fails to."""

    def __init__(self) -> None:
        self.inbounds: list[Inbound] = []
        self.failures = 0
        self.refusing = False
        self.news = asyncio.Event()

    async def take(self, inbounds: Sequence[Inbound]) -> None:
        self.news.set()
        if self.refusing:
            self.failures += 1
            raise OSError("the disk is full")
        self.inbounds += inbounds

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.inbounds) < count:
                self.news.clear()
                await self.news.wait()

    @property
    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.inbounds]


@pytest.fixture
async def listening(telegram: TelegramChannel) -> AsyncIterator[Tray]:
    tray = Tray()
    task = asyncio.create_task(telegram.listen(tray.take))
    yield tray
    await ended(task)


# --- confirmed after, not before


async def test_an_update_is_confirmed_only_when_the_next_is_asked_for(
    telegram: TelegramChannel, server: BotApi, group: Chat, alice: Person
) -> None:
    alice.writes(group, "桥塌了", mention=server.bot)
    async with aclosing(telegram.updates_of("one")) as batches:
        (first,) = await anext(batches)
        assert (first.text, len(server.bot.updates.pending)) == ("桥塌了", 1)

        following = asyncio.ensure_future(anext(batches))
        await server.until(lambda: not server.bot.updates.pending)
        alice.writes(group, "快来", mention=server.bot)
        (second,) = await following
        assert second.text == "快来"


async def test_whoever_stops_before_storing_gets_it_again(
    telegram: TelegramChannel, server: BotApi, group: Chat, alice: Person
) -> None:
    alice.writes(group, "桥塌了", mention=server.bot)

    for _ in range(2):
        async with aclosing(telegram.updates()) as batches:
            (inbound,) = await anext(batches)
            assert inbound.text == "桥塌了"


async def test_what_could_not_be_stored_comes_again(
    telegram: TelegramChannel, server: BotApi, naps: Naps, group: Chat, alice: Person, listening: Tray
) -> None:
    listening.refusing = True
    alice.writes(group, "桥塌了", mention=server.bot)
    await server.until(lambda: listening.failures >= 2)
    assert server.bot.updates.pending

    listening.refusing = False
    await listening.until(1)
    await server.until(lambda: not server.bot.updates.pending)

    assert listening.texts == ["桥塌了"]


async def test_all_accounts_are_heard_side_by_side(
    telegram: TelegramChannel, server: BotApi, second: BotAccount, group: Chat, alice: Person
) -> None:
    alice.writes(group, "一", mention=server.bot)
    alice.writes(group, "二", mention=second)
    heard = {}
    async with aclosing(telegram.updates()) as batches:
        async for batch in batches:
            heard |= {inbound.at.bot: inbound.text for inbound in batch}
            if len(heard) == 2:
                break

    assert heard == {"one": "一", "two": "二"}


async def test_an_account_that_is_slow_to_store_does_not_stop_the_other(
    telegram: TelegramChannel, server: BotApi, second: BotAccount, group: Chat, alice: Person
) -> None:
    free, got = asyncio.Event(), asyncio.Event()

    async def take(inbounds: Sequence[Inbound]) -> None:
        if inbounds[0].at.bot == "one":
            await free.wait()
        else:
            got.set()

    task = asyncio.create_task(telegram.listen(take))
    alice.writes(group, "一", mention=server.bot)
    await server.until(lambda: server.bot.updates.pending)
    alice.writes(group, "二", mention=second)
    async with asyncio.timeout(5):
        await got.wait()
    free.set()
    await ended(task)


async def test_where_updates_are_pushed_nothing_is_polled(server: BotApi, drawer: Drawer) -> None:
    pushed = TelegramChannel({"one": server.bot.token}, drawer, base_url=server.url, polling=False)
    assert [batch async for batch in pushed.updates()] == []
    await pushed.listen(Tray().take)
    await pushed.close()

    assert server.calls == []


# --- nothing stops it


async def test_an_update_nobody_can_read_does_not_hold_up_the_others(
    server: BotApi, group: Chat, alice: Person, listening: Tray
) -> None:
    server.injects({"message": {"message_id": "?", "chat": 5}})
    server.injects({"street_festival": {"lanterns": 3}})
    alice.writes(group, "桥塌了", mention=server.bot)
    await listening.until(3)

    assert [(each.kind, each.text) for each in listening.inbounds] == [
        (Kind.IGNORED, ""),
        (Kind.IGNORED, ""),
        (Kind.MESSAGE, "桥塌了"),
    ]


@pytest.mark.parametrize("trouble", ["502", "409", "429", "drop", "garbage"])
async def test_polling_goes_on_after_trouble(
    server: BotApi, naps: Naps, group: Chat, alice: Person, listening: Tray, trouble: str
) -> None:
    match trouble:
        case "drop":
            server.drop_next_request(3, methods="getUpdates")
        case "garbage":
            server.refuse_next(500, "<html>", times=3, methods="getUpdates")
        case "429":
            server.refuse_next(429, retry_after=17, times=3, methods="getUpdates")
        case _:
            server.refuse_next(int(trouble), times=3, methods="getUpdates")
    alice.writes(group, "桥塌了", mention=server.bot)
    await listening.until(1)

    assert listening.texts == ["桥塌了"]
    assert all(0 < seconds <= 60 for seconds in naps.seconds)
    assert (17.0 in naps.seconds) == (trouble == "429")


async def test_pauses_grow_while_telegram_is_out_of_reach(server: BotApi, drawer: Drawer) -> None:
    pauses: list[float] = []

    class Enough(Exception): ...

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 9:
            raise Enough

    nowhere = TelegramChannel({"one": server.bot.token}, drawer, base_url="http://127.0.0.1:9", sleep=sleep)
    with pytest.raises(Enough):
        await anext(nowhere.updates_of("one"))
    await nowhere.close()

    longest = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))


async def test_a_webhook_that_was_left_behind_is_taken_away(
    server: BotApi, group: Chat, alice: Person, telegram: TelegramChannel
) -> None:
    server.bot.updates.webhook = {"url": "https://old.example/x", "secret_token": "", "max_connections": 1}
    tray = Tray()
    task = asyncio.create_task(telegram.listen(tray.take))
    await server.until(lambda: not server.bot.updates.webhook)
    alice.writes(group, "桥塌了", mention=server.bot)
    await tray.until(1)
    await ended(task)


async def test_a_second_program_with_the_same_token_is_named(
    server: BotApi, telegram: TelegramChannel, drawer: Drawer
) -> None:
    tray, other_tray = Tray(), Tray()
    other = TelegramChannel({"one": server.bot.token}, drawer, base_url=server.url)
    with structlog.testing.capture_logs() as lines:
        tasks = [asyncio.create_task(telegram.listen(tray.take)), asyncio.create_task(other.listen(other_tray.take))]
        await server.until(lambda: server.refused(409))
        for task in tasks:
            await ended(task)
    await other.close()

    assert any("Another program uses this bot's token" in line["event"] for line in lines)


# --- what the channel adds


async def test_only_what_is_wanted_is_asked_for(server: BotApi, listening: Tray) -> None:
    await server.until(lambda: server.bot.updates.allowed)

    assert server.bot.updates.allowed == ["message", "edited_message", "callback_query", "my_chat_member"]


async def test_a_press_is_answered_empty_and_once(
    telegram: TelegramChannel, server: BotApi, group: Chat, alice: Person, listening: Tray, letter: Letter
) -> None:
    sent = await telegram.send(letter("对吗？", buttons=YES))
    press = alice.presses(group.kept[int(sent)], "对")
    await listening.until(1)
    (inbound,) = listening.inbounds
    assert inbound.kind is Kind.PRESS

    await telegram.answer(inbound)
    await telegram.answer(inbound)

    assert [answer.get("text") for answer in press.answers] == [None]  # type: ignore[union-attr]


async def test_a_press_older_than_150_seconds_breaks_nothing(
    telegram: TelegramChannel,
    server: BotApi,
    clock: StoppedClock,
    group: Chat,
    alice: Person,
    listening: Tray,
    letter: Letter,
) -> None:
    sent = await telegram.send(letter("对吗？", buttons=YES))
    alice.presses(group.kept[int(sent)], "对")
    await listening.until(1)
    clock.forward(151)

    await telegram.answer(listening.inbounds[0])

    assert not server.written("answerCallbackQuery")


async def test_a_press_telegram_finds_too_old_breaks_nothing(
    telegram: TelegramChannel, server: BotApi, group: Chat, alice: Person, listening: Tray, letter: Letter
) -> None:
    sent = await telegram.send(letter("对吗？", buttons=YES))
    alice.presses(group.kept[int(sent)], "对")
    await listening.until(1)
    server.presses.clear()

    await telegram.answer(listening.inbounds[0])

    assert server.refused(400)


async def test_who_is_an_administrator_is_asked_where_it_decides_and_once_a_minute(
    telegram: TelegramChannel,
    server: BotApi,
    clock: StoppedClock,
    group: Chat,
    alice: Person,
    listening: Tray,
) -> None:
    def asked() -> int:
        return len(server.written("getChatMember"))

    alice.writes(group, "桥塌了", mention=server.bot)
    alice.writes(group, "/hears@wuyou_bot listen")
    await listening.until(2)
    server.promotes(alice, group)
    alice.writes(group, "/hears@wuyou_bot listen")
    await listening.until(3)
    assert asked() == 1
    clock.forward(61)
    alice.writes(group, "/hears@wuyou_bot listen")
    alice.writes(group, "/hears@wuyou_bot mention", anonymous=True)
    await listening.until(5)

    admins = [each.sender.admin for each in listening.inbounds if each.sender]
    assert (admins, asked()) == ([False, False, False, True, True], 2)


async def test_the_switch_under_the_bots_greeting_is_an_administrators_too(
    telegram: TelegramChannel, server: BotApi, group: Chat, alice: Person, listening: Tray, letter: Letter
) -> None:
    server.promotes(alice, group)
    switch = ((RenderedButton("听", "hears:listen"),),)
    sent = await telegram.send(letter("大家好", buttons=switch))
    alice.presses(group.kept[int(sent)], "听")
    await listening.until(1)

    (inbound,) = listening.inbounds
    assert inbound.sender is not None and inbound.sender.admin


async def test_where_the_standing_cannot_be_learned_nobody_is_an_administrator(
    server: BotApi, group: Chat, alice: Person, listening: Tray
) -> None:
    server.promotes(alice, group)
    server.refuse_next(502, methods="getChatMember")
    alice.writes(group, "/hears@wuyou_bot listen")
    await listening.until(1)

    assert listening.inbounds[0].sender is not None
    assert listening.inbounds[0].sender.admin is False
