"""The fake DingTalk's stream: tickets, websockets, frames pushed to one connection at random, acknowledgements kept."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.servers.dingtalk_cast import BOT_TOPIC, CARD_TOPIC, App, Cast, Json
from tests.servers.dingtalk_faults import Refused, need

TICKET_SECONDS = 90.0
#: After "disconnect" there is silence for so long, then the socket is closed.
FAREWELL_SECONDS = 10.0
#: Without an acknowledgement a message comes once more.
AGAIN_SECONDS = 60.0
SUBSCRIPTIONS = {("CALLBACK", BOT_TOPIC), ("CALLBACK", CARD_TOPIC)}


@dataclass(eq=False)
class Connection:
    """One websocket of an app."""

    app: App
    request: web.Request
    socket: web.WebSocketResponse
    closes_at: float = 0.0  #: It was told to go, and is closed then; 0: it was not.
    zombie: bool = False  #: Answers pings; frames do not reach it.


@dataclass(eq=False)
class Frame:
    """A frame on its way."""

    app: App
    id: str
    body: Json
    at: float
    sent: int = 0


@dataclass
class Ack:
    id: str
    code: int
    data: Json
    connection: Connection


@dataclass
class Stream:
    """The connections and what was pushed over them."""

    cast: Cast
    connections: list[Connection] = field(default_factory=list)
    tickets: dict[str, tuple[App, float]] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)  #: Not acknowledged.
    done: list[Frame] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)
    opened: int = 0  #: How many sockets were opened so far.
    pongs: list[str] = field(default_factory=list)
    repeats: bool = True  #: What is not acknowledged comes again after AGAIN_SECONDS, once.
    over: bool = False
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    # ---- verbs ----

    def push(self, app: App, topic: str, data: Json) -> str:
        """Push a callback; it leaves at the next tick of the server. Return its messageId."""
        return self.push_raw(app, "CALLBACK", topic, json.dumps(data, ensure_ascii=False))

    def push_raw(self, app: App, kind: str, topic: str, data: str, **headers: str) -> str:
        id = f"frame{self.cast.number()}"
        head = {
            "topic": topic,
            "messageId": id,
            "contentType": "application/json",
            "appId": "x",
            "time": "0",
            **headers,
        }
        body = {"specVersion": "1.0", "type": kind, "headers": head, "data": data}
        self.frames.append(Frame(app, id, body, self.cast.clock.time()))
        self.changed.set()
        return id

    def double(self, id: str) -> None:
        """Send this frame once more, whether it was acknowledged or not."""
        frame = next(frame for frame in self.all if frame.id == id)
        self.frames.append(Frame(frame.app, frame.id, frame.body, self.cast.clock.time()))
        self.changed.set()

    def repeat_unanswered(self) -> None:
        """Let what nobody acknowledged come again now."""
        for frame in self.frames:
            frame.sent = 0
        self.changed.set()

    def disconnect(self) -> None:
        """Tell every connection to go; nothing more comes over it, and it is closed 10 s later."""
        for connection in self.connections:
            if not connection.closes_at:
                connection.closes_at = self.cast.clock.time() + FAREWELL_SECONDS
                self._system(connection, "disconnect", {"reason": "balance"})

    def ping(self, opaque: str = "42") -> None:
        for connection in self.connections:
            self._system(connection, "ping", {"opaque": opaque})

    def zombify(self) -> None:
        """From now on the connections that are there bring nothing, though they answer pings."""
        for connection in self.connections:
            connection.zombie = True

    def cut(self) -> None:
        """Cut every connection without a word."""
        for connection in list(self.connections):
            if connection.request.transport is not None:
                connection.request.transport.abort()

    def acked(self, id: str) -> list[Ack]:
        return [ack for ack in self.acks if ack.id == id]

    # ---- the server's side ----

    def open(self, values: Json, url: str) -> Json:
        """Hand out a ticket: one connection, 90 s."""
        need(values, "clientId", "clientSecret", "subscriptions")
        app = next((app for app in self.cast.apps if app.client_id == values["clientId"]), None)
        if app is None or app.secret != values["clientSecret"]:
            raise Refused(401, "InvalidAuthentication", "clientId or clientSecret is wrong")
        asked = {(each["type"], each["topic"]) for each in values["subscriptions"]}
        if not asked >= SUBSCRIPTIONS:
            raise Refused(400, "param.subscriptionsInvalid", f"missing: {SUBSCRIPTIONS - asked}")
        ticket = f"ticket-{self.cast.number()}+/="
        self.tickets[ticket] = (app, self.cast.clock.time() + TICKET_SECONDS)
        return {"endpoint": url.replace("http", "ws", 1) + "/connect", "ticket": ticket}

    async def connect(self, request: web.Request) -> web.StreamResponse:
        app, until = self.tickets.pop(request.query.get("ticket", ""), (None, 0.0))
        if app is None or until < self.cast.clock.time():
            return web.Response(status=401, text="ticket is used or over")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(app, request, socket)
        self.connections.append(connection)
        self.opened += 1
        self.changed.set()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(connection, json.loads(message.data))
        finally:
            self.connections.remove(connection)
            self.changed.set()
        return socket

    async def run(self) -> None:
        """Send what is to be sent, until `over`."""
        while not self.over:
            self.changed.clear()
            await self._tick()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.02):
                    await self.changed.wait()

    async def _tick(self) -> None:
        now = self.cast.clock.time()
        for connection in list(self.connections):
            if connection.closes_at and connection.closes_at <= now:
                await connection.socket.close()
        for frame in list(self.frames):
            due = frame.sent == 0 or (self.repeats and frame.sent == 1 and frame.at + AGAIN_SECONDS <= now)
            if not due:
                continue
            ways = [each for each in self.connections if each.app is frame.app and not each.closes_at]
            if not ways:
                continue
            way = self.dice.choice(ways)
            frame.sent, frame.at = frame.sent + 1, now
            if not way.zombie:
                await self._write(way, frame.body)

    def _hear(self, connection: Connection, said: Json) -> None:
        id, data = said["headers"]["messageId"], json.loads(said["data"])
        assert said["code"] in (200, 404, 500), said
        assert {"message", "data"} <= said.keys(), said
        if "opaque" in data:
            self.pongs.append(data["opaque"])
        else:
            self.acks.append(Ack(id, said["code"], data, connection))
            self._done(id)
        self.changed.set()

    def _done(self, id: str) -> None:
        self.done += [frame for frame in self.frames if frame.id == id]
        self.frames = [frame for frame in self.frames if frame.id != id]

    @property
    def all(self) -> list[Frame]:
        return [*self.frames, *self.done]

    def _system(self, connection: Connection, topic: str, data: Json) -> None:
        head = {"topic": topic, "messageId": f"sys{self.cast.number()}", "contentType": "application/json"}
        body = {"specVersion": "1.0", "type": "SYSTEM", "headers": head, "data": json.dumps(data)}
        if not connection.zombie:
            self._soon(connection, body)

    def _soon(self, connection: Connection, body: Json) -> None:
        task = asyncio.get_running_loop().create_task(self._write(connection, body))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    @staticmethod
    async def _write(connection: Connection, body: Json) -> None:
        try:
            await connection.socket.send_str(json.dumps(body, ensure_ascii=False))
        except ConnectionError:
            return  # It went away meanwhile; what was not acknowledged comes again.
