"""A strict fake of the Telegram Bot API server: real sockets, real refusals, a cast with verbs.

In a test or benchmark:

    async with BotApi() as server:
        group = server.group("3rd village", [alice := server.user("Alice")], bots=[server.bot])
        alice.writes(group, "rubbish at the bridge", mention=server.bot)
        ...                                   # the program under test talks to server.base_url with server.bot.token
        await server.until(lambda: group.texts)

As a process of its own: `python -m tests.servers.bot_api --port N`; bot_api_control.py says what it can be told.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import inspect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

from tests.servers import bot_api_queries as queries
from tests.servers import bot_api_sends as sends
from tests.servers.bot_api_cast import Cast
from tests.servers.bot_api_chats import BotAccount
from tests.servers.bot_api_clock import Clock
from tests.servers.bot_api_control import Control
from tests.servers.bot_api_errors import Refused
from tests.servers.bot_api_faults import WRITES, Fault, Faults
from tests.servers.bot_api_files import UPLOAD_LIMIT
from tests.servers.bot_api_limits import Limits
from tests.servers.bot_api_request import Request, Upload, read_body
from tests.servers.bot_api_updates import Updates

Method = Callable[[Cast, Request], Any]

METHODS: dict[str, Method] = {
    "getme": queries.get_me,
    "getupdates": queries.get_updates,
    "setwebhook": queries.set_webhook,
    "deletewebhook": queries.delete_webhook,
    "getwebhookinfo": queries.get_webhook_info,
    "sendmessage": sends.send_message,
    "sendphoto": sends.send_photo,
    "senddocument": sends.send_document,
    "sendvoice": sends.send_voice,
    "sendlocation": sends.send_location,
    "sendmediagroup": sends.send_media_group,
    "sendchataction": queries.send_chat_action,
    "editmessagetext": sends.edit_message_text,
    "editmessagecaption": sends.edit_message_caption,
    "editmessagemedia": sends.edit_message_media,
    "editmessagereplymarkup": sends.edit_message_reply_markup,
    "deletemessage": queries.delete_message,
    "deletemessages": queries.delete_messages,
    "pinchatmessage": queries.pin_chat_message,
    "unpinchatmessage": queries.unpin_chat_message,
    "setmessagereaction": queries.set_message_reaction,
    "answercallbackquery": queries.answer_callback_query,
    "getfile": queries.get_file,
    "getchat": queries.get_chat,
    "getchatadministrators": queries.get_chat_administrators,
    "getchatmember": queries.get_chat_member,
    "getchatmembercount": queries.get_chat_member_count,
    "leavechat": queries.leave_chat,
    "setmycommands": queries.set_my_commands,
    "getmycommands": queries.get_my_commands,
    "deletemycommands": queries.delete_my_commands,
    "setmyname": queries.set_about,
    "setmydescription": queries.set_about,
    "setmyshortdescription": queries.set_about,
    "setchatmenubutton": queries.set_about,
}

_TOKEN = re.compile(r"\d+:[\w-]+")
_MALFORMED = Refused(404, "Not Found")
_UNAUTHORIZED = Refused(401, "Unauthorized")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a bot and its answer."""

    started: float  #: Monotonic seconds (the server's clock).
    ended: float
    bot: str  #: username
    method: str  #: As the bot wrote it.
    values: dict[str, Any]
    code: int  #: 200, or the error code that was answered.
    description: str = ""
    lost: bool = False  #: Performed or dropped, but not answered.

    @property
    def chat(self) -> int:
        """Return the chat_id, 0 when there is none."""
        try:
            return int(self.values.get("chat_id", 0))
        except (TypeError, ValueError):
            return 0


class BotApi(Cast, Faults):
    """The server. `bot` is its first bot account; `new_bot` makes more."""

    def __init__(self, *, clock: Clock | None = None, limits: Limits | None = None, port: int = 0) -> None:
        Cast.__init__(self, clock, limits)
        Faults.__init__(self)
        self.calls: list[Call] = []
        self.latency = 0.0  #: Seconds before each answer to a sending or editing call.
        #: Real servers sit on uploads of equal size; tests that count messages switch the waiting off.
        self.waits_on_uploads = True
        self._port = port
        self._tokens: dict[str, BotAccount] = {}
        self._called = asyncio.Event()
        self._control = Control(self)
        self._runner: web.ServerRunner | None = None
        #: The first account; functions that take `bot=None` mean this one.
        self.bot = self.new_bot("wuyou_bot", "无忧")

    # ---- life ----

    async def start(self) -> None:
        """Listen on 127.0.0.1; after a `stop` on the same port as before, with all that was there."""
        server = web.Server(self._answer, request_factory=self._request, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        for bot in self.bots:
            bot.updates.resume()

    async def stop(self) -> None:
        """End polls and pushes, close every connection."""
        for bot in self.bots:
            bot.updates.end_polls()
            await bot.updates.hang_up()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    @staticmethod
    def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=UPLOAD_LIMIT + 100_000)

    # ---- where it is ----

    @property
    def url(self) -> str:
        """Return http://127.0.0.1:PORT (aiogram's TelegramAPIServer.from_base takes this)."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """Return the base_url of python-telegram-bot's Bot."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """Return the base_file_url of python-telegram-bot's Bot."""
        return f"{self.url}/file/bot"

    def new_bot(
        self, username: str, name: str = "", *, privacy: bool = True, token: str = "", id: int | None = None
    ) -> BotAccount:
        """Return a new bot account."""
        number = id if id is not None else int(token.partition(":")[0]) if token else self.number(7_000_000_000)
        token = token or f"{number}:AAF{username:_<32.32}"

        async def call(method: str, values: dict[str, Any]) -> None:
            await self.perform(bot, method, values, {})

        updates = Updates(self.clock, 812_000_000 + 1000 * len(self.bots), call)
        bot = BotAccount(number, username, name or username, token, updates, privacy)
        self.bots.append(bot)
        if self._runner is not None:
            updates.resume()
        self._tokens[token] = bot
        return bot

    # ---- what the tests ask ----

    async def until(self, condition: Callable[[], Any], within: float = 5.0) -> None:
        """Wait until `condition()` is true. TimeoutError says what came instead."""
        try:
            async with asyncio.timeout(within):
                while not condition():
                    self._called.clear()
                    # Looked at after every call; and now and then, for what happens between calls.
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._called.wait(), 0.02)
        except TimeoutError:
            latest = [f"{call.method} {call.code} {call.description}" for call in self.calls[-8:]]
            raise TimeoutError(f"it did not come to that within {within} s; the latest calls: {latest}") from None

    def written(self, *methods: str) -> list[Call]:
        """Return the calls that sent or edited something and were performed, or those of `methods`."""
        wanted = {name.lower() for name in methods} or WRITES
        return [call for call in self.calls if call.method.lower() in wanted and call.code == 200]

    def refused(self, code: int) -> list[Call]:
        """Return the calls that were answered with `code`."""
        return [call for call in self.calls if call.code == code]

    # ---- the calls ----

    async def perform(
        self, bot: BotAccount, name: str, values: dict[str, Any], uploads: dict[str, Upload], fault: Fault | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Do one call and return the status and body of its answer; it is in `calls` afterwards."""
        started = self.clock.monotonic()
        method = METHODS.get(name.lower())
        code, description = 200, ""
        try:
            if fault is not None and fault.refusal is not None:
                raise fault.refusal
            if method is None:
                raise _MALFORMED
            if uploads:
                wait = self.limits.upload(bot.id, sum(len(content) for _, content in uploads.values()), started)
                if wait and self.waits_on_uploads:
                    await asyncio.sleep(wait)
            result = method(self, Request(bot, values, uploads))
            if inspect.isawaitable(result):
                result = await result
            if fault is not None and fault.kind == "schedule":
                result = {**result, "message_id": 0}
            body = {"ok": True, "result": result}
        except Refused as refusal:
            code, description, body = refusal.code, refusal.description, refusal.body()
        lost = fault is not None and fault.kind == "lose"
        self.calls.append(Call(started, self.clock.monotonic(), bot.username, name, values, code, description, lost))
        self._called.set()
        return code, body

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/bot"):
            return await self._answer_call(request, path)
        if path.startswith("/file/bot"):
            return self._answer_file(path)
        if path.startswith("/_control/"):
            return await self._control.answer(request, path.removeprefix("/_control/"))
        return _reply(_MALFORMED.code, _MALFORMED.body())

    async def _answer_call(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        token, _, name = path[4:].partition("/")
        bot = self._tokens.get(token)
        if bot is None:
            refusal = _UNAUTHORIZED if _TOKEN.fullmatch(token) else _MALFORMED
            return _reply(refusal.code, refusal.body())
        try:
            values, uploads = await read_body(request)
        except ValueError:
            return _reply(400, Refused(400, "Bad Request: can't parse the request").body())
        method = name.lower()
        fault = self.due(method)
        if fault is not None and fault.kind == "drop":
            now = self.clock.monotonic()
            self.calls.append(Call(now, now, bot.username, name, values, 0, "dropped", True))
            return _hang_up(request)
        code, body = await self.perform(bot, name, values, uploads, fault)
        if self.latency and method in WRITES:
            await asyncio.sleep(self.latency)
        if fault is not None:
            if fault.kind == "lose":
                return _hang_up(request)
            if fault.gate is not None:
                await fault.gate.wait()
            elif fault.seconds:
                await asyncio.sleep(fault.seconds)
        return _reply(code, body)

    def _answer_file(self, path: str) -> web.StreamResponse:
        token, _, rest = path.removeprefix("/file/bot").partition("/")
        bot = self._tokens.get(token)
        content = None if bot is None else self.files.fetch(bot.id, rest, self.clock.monotonic())
        if content is None:
            return _reply(_MALFORMED.code, _MALFORMED.body())
        return web.Response(body=content, content_type="application/octet-stream")


def _reply(code: int, body: Any) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), status=code, content_type="application/json")


def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    """Cut the connection; the returned answer reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def serve(port: int, tokens: list[str], limited: bool) -> None:
    """Run until killed, with a bot for each `username=token`; the first line printed is the address."""
    limits = Limits() if limited else Limits(None, None)
    server = BotApi(port=port, limits=limits)
    for account in tokens:
        username, _, token = account.partition("=")
        if token == "":
            raise SystemExit(f"--bot wants USERNAME=TOKEN, not {account!r}")
        server.new_bot(username, token=token)
    async with server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.bot_api", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0: any free one; the address is the first line printed")
    parser.add_argument("--bot", action="append", default=[], metavar="USERNAME=TOKEN", help="one more bot account")
    parser.add_argument("--no-limits", action="store_true", help="no 429 but those asked for")
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.bot, not options.no_limits))


if __name__ == "__main__":
    main()
