"""Telegram's webhook: the secret, what is refused, stored before answered, and the fake's own pushing."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from bot.channels.telegram import TelegramChannel
from bot.messages import Inbound
from bot.web.telegram_hook import SECRET, routes
from tests.bot.channels.test_telegram_read import recorded
from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import BotAccount, Chat
from tests.servers.bot_api_people import Person


@dataclass(slots=True)
class Tray:
    """Stores what comes, or fails to."""

    inbounds: list[Inbound] = field(default_factory=list)
    failures: int = 0

    async def take(self, inbounds: Sequence[Inbound]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        self.inbounds += inbounds


@pytest.fixture
def tray() -> Tray:
    return Tray()


@pytest.fixture
async def door(telegram: TelegramChannel, tray: Tray) -> AsyncIterator[str]:
    """Where the webhook listens."""
    application = web.Application(client_max_size=1000)  # smaller than a long update: the door has its own measure
    application.add_routes(routes(telegram, tray))
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def push(url: str, body: object, secret: str | None = "s3cret-One", bot: str = "one") -> int:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if secret is None else {SECRET: secret}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/telegram/{bot}", data=io.BytesIO(data), headers=headers) as answer,
    ):
        assert answer.status in (404, 413) or await answer.read() == b""
        return answer.status


async def test_an_update_with_the_secret_is_stored(door: str, tray: Tray) -> None:
    assert await push(door, recorded("mention")) == 200
    assert [(each.at.bot, each.key, each.addressed) for each in tray.inbounds] == [("one", "812000002", True)]


@pytest.mark.parametrize("secret", [None, "", "s3cret-on", "S3cret-One", "s3cret-Onex", "é"])
async def test_without_the_right_secret_nothing_is_read(door: str, tray: Tray, secret: str | None) -> None:
    assert await push(door, recorded("mention"), secret) == 403
    assert tray.inbounds == []


async def test_one_accounts_secret_opens_no_other(door: str, tray: Tray) -> None:
    assert await push(door, recorded("mention"), bot="two") == 403
    assert tray.inbounds == []


async def test_an_account_without_a_configured_secret_still_has_one(door: str) -> None:
    assert await push(door, recorded("mention"), "", bot="two") == 403


async def test_an_unknown_account_is_not_found(door: str) -> None:
    assert await push(door, recorded("mention"), bot="three") == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff\xfe", b"{}", b'{"update_id":"7"}', b"[" * 100_000])
async def test_what_is_no_update_is_refused(door: str, tray: Tray, body: bytes) -> None:
    assert await push(door, body) == 400
    assert tray.inbounds == []


async def test_what_is_not_packed_as_it_says_is_refused(door: str, tray: Tray) -> None:
    headers = {SECRET: "s3cret-One", "Content-Encoding": "gzip"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{door}/telegram/one", data=b"{}", headers=headers) as answer,
    ):
        assert answer.status == 400
    assert tray.inbounds == []


async def test_five_megabytes_are_taken_and_nine_are_not(door: str, tray: Tray) -> None:
    update = recorded("private_text")
    update["message"]["text"] = "x" * 5_000_000
    assert await push(door, update) == 200
    update["message"]["text"] = "x" * 9_000_000
    assert await push(door, update) == 413
    assert len(tray.inbounds) == 1


async def test_an_update_nobody_can_read_is_answered_and_its_number_kept(door: str, tray: Tray) -> None:
    assert await push(door, {"update_id": 7, "message": {"chat": 5}}) == 200
    assert [(each.key, each.kind) for each in tray.inbounds] == [("7", "ignored")]


async def test_what_could_not_be_stored_is_not_confirmed(door: str, tray: Tray) -> None:
    tray.failures = 1
    assert await push(door, recorded("mention")) == 500
    assert await push(door, recorded("mention")) == 200


async def test_telegram_pushes_and_comes_again_until_it_is_stored(
    telegram: TelegramChannel,
    server: BotApi,
    second: BotAccount,
    group: Chat,
    alice: Person,
    door: str,
    tray: Tray,
) -> None:
    server.bot.updates.patience = second.updates.patience = 0.001
    tray.failures = 2
    assert await telegram.set_webhooks(door + "/")

    alice.writes(group, "一", mention=server.bot)
    alice.writes(group, "二", mention=second)
    await server.until(lambda: len(tray.inbounds) == 2 and not server.bot.updates.pending)

    assert {(each.at.bot, each.text) for each in tray.inbounds} == {("one", "一"), ("two", "二")}
    assert server.bot.updates.webhook["secret_token"] == "s3cret-One"
    assert server.bot.updates.webhook["max_connections"] == 100
    assert len(second.updates.webhook["secret_token"]) == 64
    await telegram.delete_webhooks()
    assert not server.bot.updates.webhook


async def test_a_webhook_address_that_telegram_refuses_is_said(telegram: TelegramChannel) -> None:
    assert await telegram.set_webhooks("ftp://nowhere") is False


async def test_webhooks_are_set_once_telegram_can_be_reached(
    telegram: TelegramChannel, server: BotApi, second: BotAccount, door: str
) -> None:
    server.refuse_next(502, times=3, methods="setWebhook")

    assert await telegram.set_webhooks(door)
    assert server.bot.updates.webhook and second.updates.webhook
