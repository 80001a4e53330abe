"""Server-sent events: an open page hears what happens in its chats, and misses nothing when the line breaks."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web

from bot.channels.web import OVERLAP, ChatRooms, Listener
from bot.store.web_chat import Chat, Message
from bot.web.readers import Reader, Visitor

LOOK = 2.0  #: Seconds between looks where other processes write too: their bells are not heard here.
BEAT = 15.0  #: Seconds of silence after which a comment is sent: proxies and phones drop lines that say nothing.
MOST = 300  #: Changes told one by one; a page that slept longer than that loads itself anew.
RETRY = 2_000  #: Milliseconds after which the browser calls again.

Bubble = Callable[[Message, Chat, Visitor, Reader], str]
Row = Callable[[Chat, Visitor, Reader], str]


class Events:
    """Tells open pages. Each event's id is an instant; who comes back with it is told again what changed since a
    little before: a message known by id and version is the same message, so hearing it twice is harmless."""

    def __init__(self, rooms: ChatRooms, bubble: Bubble, row: Row, *, beat: float = BEAT) -> None:
        self._rooms, self._bubble, self._row, self._beat = rooms, bubble, row, beat

    async def stream(
        self, request: web.Request, visitor: Visitor, reader: Reader, still_in: Callable[[], Awaitable[object]]
    ) -> web.StreamResponse:
        """Runs until the page is closed, or `still_in` raises: the session was ended. It is asked at every beat, and
        while much is said before what is told LOOK seconds after it was asked last."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        since = _since(request, self._rooms.now())
        await response.prepare(request)
        with self._rooms.listening(visitor.user_id) as listener:
            try:
                await response.write(f"retry: {RETRY}\n\n".encode())
                async for _ in self._told(response, listener, visitor, reader, since):
                    await still_in()
            except (ConnectionError, web.HTTPException):
                pass  # The page was closed, or its session was ended.
        return response

    async def _told(
        self, response: web.StreamResponse, listener: Listener, visitor: Visitor, reader: Reader, since: datetime
    ) -> AsyncIterator[None]:
        """Tells what happens; yields where it is to be asked whether the reader is still in."""
        told: dict[str, tuple[int, datetime]] = {}
        asked = time.monotonic()
        said = asked - self._beat
        while not self._rooms.closed:
            if time.monotonic() - asked >= LOOK:
                yield
                asked = time.monotonic()
            listener.chats = {visitor.user_id, *await self._rooms.seats(visitor.user_id)}
            found = await self._rooms.changes(visitor.user_id, since - OVERLAP, MOST + 1)
            if len(found) > MOST:
                await response.write(b"event: reload\ndata: {}\n\n")
                return
            news = [message for message in found if told.get(message.id, (0,))[0] < message.version]
            there = await self._rooms.chats(visitor.user_id, {message.chat for message in news}) if news else []
            mine = {chat.id: chat for chat in there}
            for message in news:
                if message.chat not in mine:  # Left it this very moment.
                    continue
                changed = message.changed_at or message.sent_at
                since = max(since, changed)
                told[message.id] = (message.version, changed)
                await self._send(response, "message", since, self._message(message, mine, visitor, reader))
            for chat in reversed(there):  # The latest last: the page puts each on top.
                content = {"chat": chat.id, "html": self._row(chat, visitor, reader), "unread": chat.unread}
                await self._send(response, "row", since, content)
            told = {id: seen for id, seen in told.items() if seen[1] >= since - OVERLAP * 2}
            if await listener.wait(self._beat if self._rooms.db.sqlite else LOOK) or self._rooms.closed:
                continue
            if time.monotonic() - said >= self._beat:
                await response.write(b": here\n\n")
                said = time.monotonic()

    def _message(self, message: Message, mine: dict[str, Chat], visitor: Visitor, reader: Reader) -> dict[str, object]:
        return {
            "chat": message.chat,
            "id": message.id,
            "seq": message.seq,
            "version": message.version,
            "html": self._bubble(message, mine[message.chat], visitor, reader),
        }

    async def _send(self, response: web.StreamResponse, event: str, at: datetime, content: dict[str, object]) -> None:
        data = json.dumps(content, ensure_ascii=False)
        await response.write(f"event: {event}\nid: {_stamp(at)}\ndata: {data}\n\n".encode())


def _stamp(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _since(request: web.Request, now: datetime) -> datetime:
    """From where the page wants to hear: the last event it got, else the moment it was made."""
    for words in (request.headers.get("Last-Event-ID", ""), request.query.get("since", "")):
        if words.isascii() and words.isdigit() and len(words) <= 16:
            return min(datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(words)), now)
    return now
