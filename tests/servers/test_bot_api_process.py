"""The fake Bot API as a process of its own, told what to do over HTTP: what crash tests lean on."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import telegram

from tests.servers.bot_api_clients import picture

ROOT = Path(__file__).parents[2]


class Remote:
    """The control side of a running process."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http

    async def say(self, verb: str, **said: Any) -> Any:
        """Return the result of `verb`, or raise its error."""
        async with self._http.post(f"{self.url}/_control/{verb}", json=said) as answer:
            body = await answer.json()
            if answer.status != 200:
                raise LookupError(body["error"])
            return body["result"]


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    command = [sys.executable, "-m", "tests.servers.bot_api", "--bot", "second_bot=42:AAF_second"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    async with aiohttp.ClientSession() as http:
        yield Remote(url, http)
    process.kill()
    await process.communicate()


async def test_a_whole_conversation_is_played_from_outside(remote: Remote) -> None:
    alice = (await remote.say("user", name="Alice"))["id"]
    group = (await remote.say("group", title="3rd village", members=[alice], bots=["second_bot"]))["id"]
    hers = await remote.say("writes", who=alice, where=group, text="rubbish", mention="second_bot")
    content = base64.b64encode(picture()).decode()
    await remote.say(
        "sends_photo", who=alice, where=group, content=content, caption="@second_bot here", reply_to=hers["message_id"]
    )
    await remote.say("injects", bot="second_bot", update={"flower": {"kind": "peony"}})
    assert (await remote.say("state"))["second_bot"]["webhook"]["pending_update_count"] == 3
    async with telegram.Bot("42:AAF_second", base_url=f"{remote.url}/bot") as bot:
        first, second, third = await bot.get_updates()
        assert first.message is not None
        assert first.message.text == "@second_bot rubbish"
        assert second.message is not None
        assert second.message.photo
        assert second.message.reply_to_message is not None
        assert third.effective_message is None
        await remote.say("lose_next_response")
        with pytest.raises(telegram.error.NetworkError):
            await bot.send_message(group, "case A7K")
        button = telegram.InlineKeyboardButton("Yes", callback_data="y")
        await bot.send_message(group, "here?", reply_markup=telegram.InlineKeyboardMarkup([[button]]))
        shown = await remote.say("messages", where=group)
        assert [message["text"] for message in shown] == ["case A7K", "here?"]
        await remote.say("presses", who=alice, where=group, message_id=shown[1]["message_id"], button="Yes")
        await remote.say("starts", who=alice, bot="second_bot", payload="k3")
        await bot.send_message(alice, "in private")
        assert (await remote.say("messages", where="second_bot", who=alice))[0]["text"] == "in private"
        assert [call["lost"] for call in await remote.say("calls") if call["method"] == "sendMessage"] == [
            True, False, False,
        ]  # fmt: skip


async def test_a_wrong_order_is_answered_with_what_is_wrong(remote: Remote) -> None:
    with pytest.raises(LookupError, match="no verb 'dance'"):
        await remote.say("dance")
    with pytest.raises(LookupError, match="KeyError"):
        await remote.say("writes", who=1, where=-5, text="x")
    await remote.say("forward", seconds=60)
    assert await remote.say("refuse_next", code=429, retry_after=3, methods=["sendPhoto"]) is None
