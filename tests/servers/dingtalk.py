"""A strict fake of DingTalk: the two HTTP interfaces, the file host, the stream; real sockets, real refusals.

In a test:

    async with DingTalk() as server:
        group = server.group("3rd village", [alice := server.person("Alice")])
        alice.says(group, "rubbish at the bridge")
        ...                          # the program under test talks to server.url with server.app's id and secret
        await server.until(lambda: group.texts)

What is not written down anywhere is a guess and said to be one: how a second card with the same outTrackId is answered,
and whether a message that was not acknowledged comes again (reports say both; `stream.repeats`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

from tests.servers import dingtalk_cards as cards
from tests.servers import dingtalk_sends as sends
from tests.servers.bot_api_clock import Clock
from tests.servers.dingtalk_cast import App, Cast, Json
from tests.servers.dingtalk_faults import HTML, Faults, Refused, need
from tests.servers.dingtalk_stream import Stream

METHODS: dict[tuple[str, str], Callable[[Cast, App, Json], Json]] = {
    ("POST", "/v1.0/robot/groupMessages/send"): sends.group_send,
    ("POST", "/v1.0/robot/groupMessages/recall"): sends.group_recall,
    ("POST", "/v1.0/robot/oToMessages/batchSend"): sends.people_send,
    ("POST", "/v1.0/robot/otoMessages/batchRecall"): sends.people_recall,
    ("POST", "/v1.0/robot/messageFiles/download"): sends.file_link,
    ("POST", "/v1.0/card/instances"): cards.create,
    ("POST", "/v1.0/card/instances/deliver"): cards.deliver,
    ("POST", "/v1.0/card/instances/createAndDeliver"): cards.create_and_deliver,
    ("PUT", "/v1.0/card/instances"): cards.update,
}
PER_SECOND = 20  #: Calls of one app to one method.
MOST_UPLOAD = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One call and its answer."""

    path: str
    values: Json
    status: int
    code: str | int = ""


class DingTalk(Cast, Faults):
    """The server. `app` is the first app; `new_app` makes more."""

    def __init__(self, *, clock: Clock | None = None, limited: bool = True) -> None:
        Cast.__init__(self, clock)
        Faults.__init__(self)
        self.stream = Stream(self)
        self.pushes = self.stream.push
        self.calls: list[Call] = []
        self.token_seconds = 7200.0
        self.limited = limited
        self._tokens: dict[str, tuple[App, float]] = {}
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._called = asyncio.Event()

    # ---- life ----

    async def start(self) -> None:
        """Listen on 127.0.0.1; after a `stop` on the same port as before."""
        application = web.Application(client_max_size=MOST_UPLOAD + 100_000)
        application.add_routes([web.get("/connect", self.stream.connect), web.route("*", "/{path:.*}", self._answer)])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.stream.over = False
        self._ticking = asyncio.create_task(self.stream.run())

    async def stop(self) -> None:
        self.stream.over = True
        self.stream.changed.set()
        await self._ticking
        for connection in list(self.stream.connections):
            await connection.socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    # ---- what the tests ask ----

    async def until(self, condition: Callable[[], Any], within: float = 5.0) -> None:
        """Wait until `condition()` is true. TimeoutError says what came instead."""
        try:
            async with asyncio.timeout(within):
                while not condition():
                    # Looked at after every call; and now and then, for what happens between calls.
                    self._called.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(0.02):
                            await self._called.wait()
        except TimeoutError:
            latest = [f"{call.path} {call.status} {call.code}" for call in self.calls[-8:]]
            raise TimeoutError(f"it did not come to that within {within} s; the latest calls: {latest}") from None

    def called(self, path: str) -> list[Call]:
        """Return the calls whose path ends so."""
        return [call for call in self.calls if call.path.endswith(path)]

    def forget_tokens(self) -> None:
        """Every token is wrong from now on."""
        self._tokens.clear()

    # ---- the calls ----

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith("/files/"):
            return self._file(request)
        values = await self._values(request)
        fault = self.due(path)
        status, code = 200, ""
        try:
            if fault is not None and fault.kind == "drop":
                return self._hang_up(request, Call(path, values, 0, "dropped"))
            if fault is not None and fault.kind == "html":
                self.calls.append(Call(path, values, 200, "html"))
                return web.Response(text=HTML, content_type="text/html")
            if fault is not None and fault.kind == "busy":
                self.calls.append(Call(path, values, 200, 1111))
                return web.json_response({"status": 1111, "wait": fault.wait})
            if fault is not None and fault.refusal is not None:
                raise fault.refusal
            body = json.dumps(self._perform(request, values))
        except Refused as refused:
            status, code, body = refused.status, refused.code, refused.body()
        call = Call(path, values, status, code)
        if fault is not None and fault.kind == "lose":
            return self._hang_up(request, call)
        self.calls.append(call)
        self._called.set()
        return web.Response(body=body.encode(), status=status, content_type="application/json")

    def _perform(self, request: web.Request, values: Json) -> Json:
        path, query = request.path, dict(request.query)
        if path == "/v1.0/oauth2/accessToken":
            return self._token(values)
        if path == "/v1.0/gateway/connections/open":
            return self.stream.open(values, self.url)
        if path == "/robot/send":
            return sends.robot_send(self, query, values)
        if path == "/robot/sendBySession":
            return sends.by_session(self, query.get("session", ""), values)
        if path == "/media/upload":
            self._app(query.get("access_token", ""), path, old=True)
            if query.get("type") not in ("image", "file") or not values.get("media"):
                raise Refused(200, 40035, "no media")
            media = f"@lAL{self.number()}"
            self.media[media] = values["media"]
            return {"errcode": 0, "errmsg": "ok", "media_id": media, "type": "image", "created_at": 0}
        app = self._app(request.headers.get("x-acs-dingtalk-access-token", ""), path)
        method = METHODS.get((request.method, path))
        if method is None:
            raise Refused(404, "InvalidAction.NotFound", path)
        return method(self, app, values)

    def _token(self, values: Json) -> Json:
        need(values, "appKey", "appSecret")
        app = next((app for app in self.apps if app.client_id == values["appKey"]), None)
        if app is None or app.secret != values["appSecret"]:
            raise Refused(400, "invalidClientIdOrSecret", "\u65e0\u6548\u7684clientId\u6216\u8005clientSecret")
        token = f"token-of-{app.name}-{self.number()}"
        self._tokens[token] = (app, self.clock.time() + self.token_seconds)
        return {"accessToken": token, "expireIn": int(self.token_seconds)}

    def _app(self, token: str, path: str, *, old: bool = False) -> App:
        app, until = self._tokens.get(token, (None, 0.0))
        if app is None or until <= self.clock.time():
            raise Refused(200, 40014, "invalid access_token") if old else Refused(401, "InvalidAuthentication")
        recent, now = self._recent[app.name, path], self.clock.monotonic()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if self.limited and len(recent) >= PER_SECOND:
            if old:
                raise Refused(200, 90018, "app qps limit")
            raise Refused(403, "Forbidden.AccessDenied.QpsLimitForApi", "qps limit for app and api")
        recent.append(now)
        return app

    async def _values(self, request: web.Request) -> Json:
        if request.content_type == "multipart/form-data":
            form = await request.post()
            return {name: part.file.read() if isinstance(part, web.FileField) else part for name, part in form.items()}
        text = await request.text()
        try:
            values = json.loads(text) if text else {}
        except ValueError:
            values = {}
        return values if isinstance(values, dict) else {}

    def _file(self, request: web.Request) -> web.StreamResponse:
        code = request.path.removeprefix("/files/")
        self.calls.append(Call("/files", {"headers": dict(request.headers)}, 200))
        if int(request.query.get("until", "0")) < self.clock.time() or code not in self.files:
            return web.Response(status=403, text="<Error>AccessDenied</Error>")
        return web.Response(body=self.files[code], content_type="image/jpeg")

    def _hang_up(self, request: web.Request, call: Call) -> web.StreamResponse:
        self.calls.append(call)
        with contextlib.suppress(AttributeError):
            request.transport.abort()  # type: ignore[union-attr]
        return web.Response()
