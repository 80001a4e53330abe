"""How updates wait, are fetched, confirmed and come again; and what goes wrong on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import telegram
import telegram.error
from aiohttp import web

from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import Chat
from tests.servers.bot_api_clients import keyboard, refusal, updates
from tests.servers.bot_api_people import Person
from tests.servers.gram import aiogram


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


async def test_a_poll_of_a_bot_that_died_disturbs_nobody(server: BotApi, ptb: telegram.Bot, alice: Person) -> None:
    poll = asyncio.create_task(ptb.get_updates(timeout=20))
    await server.until(lambda: server.bot.updates.polling)
    poll.cancel()
    await server.until(lambda: not server.bot.updates.polling)
    alice.writes(server.bot, "kept")
    server.clock.forward(4)
    assert len(await ptb.get_updates()) == 1
    assert not server.refused(409)


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
    server.schedule_next()
    assert (await ptb.send_message(group.id, "later")).message_id == 0
    with pytest.raises(TimeoutError, match=r"the latest calls.*sendMessage 200"):
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


# ---- the webhook ----


class Hook:
    """A bot's webhook: remembers what came and answers what it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.answers: list[web.Response] = []  #: What is answered next; 200 when empty.
        self.gates: dict[str, asyncio.Event] = {}  #: A message with this text waits for its event.

    async def take(self, request: web.Request) -> web.Response:
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        update = await request.json()
        self.heard.append(update)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        gate = self.gates.get(update.get("message", {}).get("text", ""))
        if gate is not None:
            await gate.wait()
        self.in_flight -= 1
        return self.answers.pop(0) if self.answers else web.Response()

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.heard if "message" in update]


@pytest.fixture
async def hook(server: BotApi) -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/telegram/wuyou", hook.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram/wuyou"
    server.bot.updates.patience = 0.001
    yield hook
    for gate in hook.gates.values():
        gate.set()
    await server.bot.updates.hang_up()
    await runner.cleanup()


async def test_the_webhook_gets_what_waited_and_what_comes_with_its_secret(
    server: BotApi, ptb: telegram.Bot, alice: Person, hook: Hook
) -> None:
    alice.writes(server.bot, "before")
    await ptb.set_webhook(hook.url, secret_token="s3cret_-", max_connections=7)
    alice.writes(server.bot, "after")
    await server.until(lambda: not server.bot.updates.pending)
    assert hook.texts == ["before", "after"]
    assert set(hook.secrets) == {"s3cret_-"}
    info = await ptb.get_webhook_info()
    assert (info.url, info.pending_update_count, info.max_connections) == (hook.url, 0, 7)
    assert telegram.Update.de_json(hook.heard[0], ptb).message.text == "before"  # type: ignore[union-attr]


async def test_one_chat_is_served_in_order_and_others_beside_it(
    server: BotApi, ptb: telegram.Bot, alice: Person, hook: Hook
) -> None:
    bob = server.user("Bob")
    hook.gates["slow"] = asyncio.Event()
    await ptb.set_webhook(hook.url)
    alice.writes(server.bot, "slow")
    alice.writes(server.bot, "behind it")
    bob.writes(server.bot, "beside it")
    await server.until(lambda: "beside it" in hook.texts)
    assert "behind it" not in hook.texts
    hook.gates["slow"].set()
    await server.until(lambda: not server.bot.updates.pending)
    assert hook.texts == ["slow", "beside it", "behind it"]


async def test_max_connections_holds_across_chats(server: BotApi, ptb: telegram.Bot, hook: Hook) -> None:
    hook.gates["x"] = asyncio.Event()
    await ptb.set_webhook(hook.url, max_connections=3)
    for number in range(8):
        server.user(f"u{number}").writes(server.bot, "x")
    await server.until(lambda: hook.in_flight == 3)
    hook.gates["x"].set()
    await server.until(lambda: not server.bot.updates.pending)
    assert hook.most_in_flight == 3
    assert len(hook.texts) == 8


async def test_a_press_is_not_ordered_against_messages(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person, hook: Hook
) -> None:
    await ptb.send_message(group.id, "here?", reply_markup=keyboard(("Yes", "y")))
    hook.gates["@wuyou_bot wait"] = asyncio.Event()
    await ptb.set_webhook(hook.url)
    alice.writes(group, "wait", mention=server.bot)
    alice.presses(group.messages[0], "Yes")
    await server.until(lambda: any("callback_query" in update for update in hook.heard))


async def test_what_the_webhook_refuses_comes_again_until_it_is_taken(
    server: BotApi, ptb: telegram.Bot, alice: Person, hook: Hook
) -> None:
    hook.answers = [web.Response(status=500), web.Response(status=503, headers={"Retry-After": "2"})]
    hook.answers += [web.Response(status=404), web.Response(status=204)]
    await ptb.set_webhook(hook.url)
    alice.writes(server.bot, "hear me")
    await server.until(lambda: len(hook.heard) >= 3)
    assert "Wrong response from the webhook" in ((await ptb.get_webhook_info()).last_error_message or "")
    await server.until(lambda: not server.bot.updates.pending)
    assert hook.texts == ["hear me"] * 4
    assert [delivery.status for delivery in server.bot.updates.deliveries] == [500, 503, 404, 204]


async def test_an_update_nobody_takes_is_dropped_when_it_expires(
    server: BotApi, ptb: telegram.Bot, alice: Person, hook: Hook
) -> None:
    hook.answers = [web.Response(status=500)]
    hook.gates["old"] = asyncio.Event()
    await ptb.set_webhook(hook.url)
    alice.writes(server.bot, "old")
    await server.until(lambda: hook.heard)
    server.clock.forward(86_401)
    hook.gates["old"].set()
    await server.until(lambda: not server.bot.updates.pending)
    assert len(hook.heard) == 1


async def test_a_webhook_that_is_not_there_is_tried_again_and_can_be_given_up(
    server: BotApi, ptb: telegram.Bot, alice: Person
) -> None:
    server.bot.updates.patience = 0.001
    await ptb.set_webhook("http://127.0.0.1:9/x")
    alice.writes(server.bot, "kept")
    await server.until(lambda: len(server.bot.updates.deliveries) > 2)
    assert "429" not in await refusal(ptb.set_webhook("http://127.0.0.1:9/y"), telegram.error.RetryAfter)
    await ptb.delete_webhook()
    (update,) = await ptb.get_updates()
    assert update.message is not None
    assert update.message.text == "kept"
    server.clock.forward(1)
    await ptb.set_webhook("http://127.0.0.1:9/y", drop_pending_updates=True)
    assert not server.bot.updates.pending
    server.clock.forward(1)
    assert "unallowed characters" in await refusal(ptb.set_webhook("http://127.0.0.1:9/y", secret_token="字"))


async def test_a_webhooks_answer_may_carry_one_call(
    server: BotApi, ptb: telegram.Bot, alice: Person, hook: Hook
) -> None:
    hook.answers = [web.json_response({"method": "sendMessage", "chat_id": alice.id, "text": "by return"})]
    await ptb.set_webhook(hook.url)
    alice.writes(server.bot, "hello")
    await server.until(lambda: alice.texts == ["by return"])


async def test_a_doubled_update_reaches_the_webhook_twice(
    server: BotApi, ptb: telegram.Bot, alice: Person, hook: Hook
) -> None:
    await ptb.set_webhook(hook.url)
    server.doubles_next_update()
    alice.writes(server.bot, "twice")
    await server.until(lambda: len(hook.heard) == 2)
    assert hook.heard[0] == hook.heard[1]


async def test_a_server_that_was_away_goes_on_where_it_was(
    server: BotApi, ptb: telegram.Bot, alice: Person, hook: Hook
) -> None:
    await ptb.set_webhook(hook.url)
    await server.stop()
    alice.writes(server.bot, "while it was away")
    assert not hook.heard
    await server.start()
    await server.until(lambda: hook.texts == ["while it was away"])
    assert (await ptb.get_webhook_info()).url == hook.url
