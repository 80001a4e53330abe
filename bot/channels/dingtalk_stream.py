"""DingTalk's stream: Stream keeps a websocket open, hands over what is pushed, and answers it when told to.

Nothing is acknowledged here by itself: whoever takes a delivery answers it once it is stored. A connection is replaced
before it dies: when the server says "disconnect" the next one is opened first and the old one is heard until it closes.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog

from bot.channels.base import SendError
from bot.channels.dingtalk_api import App
from bot.channels.dingtalk_read import CARD_TOPIC, Push

log = structlog.get_logger(__name__)

#: Seconds without a frame after which a connection is taken for dead. A server that sends no pings at all would be
#: called anew each minute for nothing: as long as none was heard, the patience doubles, up to LONGEST_IDLE.
IDLE, LONGEST_IDLE = 60.0, 600.0
#: The server closes 10 s after "disconnect"; it is waited for a little longer.
FAREWELL = 15.0
#: A connection that lived shorter was no success.
SHORT = 5.0
LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that was pushed, and the connection that waits for its answer."""

    push: Push
    event: bool
    socket: aiohttp.ClientWebSocketResponse

    async def answer(self) -> None:
        """Acknowledges it. When the connection is gone it comes again, and is known."""
        # What answers a pressed button may change the card; an empty object leaves it as it is.
        response: dict[str, Any] | None = {} if self.push.topic == CARD_TOPIC else None
        data = {"status": "SUCCESS", "message": "success"} if self.event else {"response": response}
        with suppress(ConnectionError, RuntimeError, aiohttp.ClientError):
            await self.socket.send_str(_reply(self.push.id, data))


class Stream:
    """The stream of one app. `idle` in seconds."""

    def __init__(
        self,
        app: App,
        *,
        idle: float = IDLE,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._app, self._idle, self._least = app, idle, idle
        self._monotonic, self._sleep, self._dice = monotonic, sleep, dice

    async def run(self, deliver: Callable[[Delivery], Awaitable[None]]) -> None:
        """Hears, until cancelled, whatever goes wrong. `deliver` may make it wait."""
        failures, readers = 0, set[asyncio.Task[None]]()
        try:
            while True:
                opened = self._monotonic()
                try:
                    socket = await self._open()
                except Exception as error:  # a door
                    failures += 1
                    reason = error.reason if isinstance(error, SendError) else type(error).__name__
                    log.warning("dingtalk.unreachable", app=self._app.name, failures=failures, reason=reason)
                    await self._sleep(self._pause(failures, error))
                    continue
                over = asyncio.Event()
                reader = asyncio.create_task(self._read(socket, over, deliver))
                readers.add(reader)
                reader.add_done_callback(readers.discard)
                await over.wait()
                if self._monotonic() - opened < SHORT:
                    failures += 1
                    await self._sleep(self._pause(failures))
                else:
                    failures = 0
        finally:
            for each in list(readers):
                each.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        address, ticket = await self._app.door()
        patience = aiohttp.ClientWSTimeout(ws_close=2.0)
        # Our own pings keep the way open (and find a dead one); that frames come is watched apart.
        return await self._app.wire.session.ws_connect(
            address, params={"ticket": ticket}, timeout=patience, heartbeat=30.0, max_msg_size=4 * 1024 * 1024
        )

    async def _read(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        over: asyncio.Event,
        deliver: Callable[[Delivery], Awaitable[None]],
    ) -> None:
        """Hears one connection to its end; `over` is set as soon as another one should be opened."""
        try:
            while True:
                try:
                    async with asyncio.timeout(FAREWELL if over.is_set() else self._idle):
                        message = await socket.receive()
                except TimeoutError:
                    if over.is_set():
                        return
                    log.info("dingtalk.silent", app=self._app.name, seconds=self._idle)
                    self._idle = min(self._idle * 2, max(LONGEST_IDLE, self._least))
                    over.set()
                    continue
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                await self._take(socket, message.data, over, deliver)
        except Exception:  # a door: the next connection is opened
            log.exception("dingtalk.stream", app=self._app.name)
        finally:
            over.set()
            await socket.close()

    async def _take(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        text: str,
        over: asyncio.Event,
        deliver: Callable[[Delivery], Awaitable[None]],
    ) -> None:
        try:
            frame = json.loads(text)
            kind, head = frame["type"], frame["headers"]
            topic, id, data = str(head["topic"]), str(head["messageId"]), str(frame.get("data") or "{}")
        except (ValueError, LookupError, TypeError) as error:
            log.error("dingtalk.unreadable", app=self._app.name, fault=type(error).__name__)
            return
        if kind == "SYSTEM":
            if topic == "disconnect":
                over.set()
            elif topic == "ping":
                self._idle = self._least  # It does send them: their absence says something.
                await socket.send_str(_reply(id, json.loads(data)))
            return
        await deliver(Delivery(Push(topic, id, data), kind == "EVENT", socket))

    def _pause(self, failures: int, error: Exception | None = None) -> float:
        """Seconds before the next try, never all apps at once; at least as long as DingTalk asked for."""
        asked = error.after if isinstance(error, SendError) else 0.0
        return max(asked, min(LONGEST_PAUSE, 2.0 ** min(failures - 1, 6)) * (0.5 + self._dice() / 2))


def _reply(id: str, data: dict[str, Any]) -> str:
    headers = {"messageId": id, "contentType": "application/json"}
    return json.dumps({"code": 200, "headers": headers, "message": "OK", "data": json.dumps(data)})
