"""DingTalk as a channel: several apps, each heard over its stream; sending by app robots and by custom robots.

The promise: a message is acknowledged only after whoever asked for it came back for more, which is after it was stored.
DingTalk itself promises less: what is pushed while no connection stands may be lost, and what was not acknowledged may
come again or not. So connections overlap, storing is tried until it succeeds, and a message that comes twice is known
by its id.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from yarl import URL

from bot.channels.base import Can, Fate, Parcel, SendError
from bot.channels.dingtalk_api import App, Credentials, Wire
from bot.channels.dingtalk_fate import trouble
from bot.channels.dingtalk_read import NAME, OUTSIDER, Unreadable, ignored, read, session_of
from bot.channels.dingtalk_robots import ROBOTS, Robot, Robots
from bot.channels.dingtalk_send import Courier
from bot.channels.dingtalk_stream import IDLE, Delivery, Stream
from bot.channels.dingtalk_words import text_param, with_links
from bot.channels.pictures import Album, FileIds
from bot.messages import Address, Inbound, Sender

log = structlog.get_logger(__name__)

K = TypeVar("K")
V = TypeVar("V")

#: Deliveries that wait to be stored, of all apps; past them nothing more is read.
MOST_WAITING = 1000
MOST_BATCH = 256
#: Talks with outsiders that can still be answered, and messages whose writer is named by the answer.
MOST_SESSIONS = 10_000


def utc_now() -> datetime:
    return datetime.now(UTC)


class DingTalkChannel:
    """All our apps at DingTalk. `apps`: account name -> credentials; `robots`: name -> custom robot, all of them under
    the account "robots". `mark` is this database's own."""

    name = NAME
    can = Can(
        hears_all=False, private=True, first=True, edit=True, recall=True, buttons=True, albums=False,
        uploads=True, outsiders=OUTSIDER,
    )  # fmt: skip

    def __init__(
        self,
        apps: Mapping[str, Credentials],
        album: Album,
        *,
        mark: str,
        robots: Mapping[str, Robot] | None = None,
        base_url: str = "https://api.dingtalk.com",
        oapi_url: str = "https://oapi.dingtalk.com",
        file_ids: FileIds | None = None,
        idle: float = IDLE,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._wire = Wire(base_url, oapi_url, monotonic)
        self._apps = {name: App(name, each, self._wire, monotonic) for name, each in apps.items()}
        self._courier = Courier(album, mark, file_ids)
        self._robots = Robots({} if robots is None else robots, self._wire, now)
        self._idle, self._now, self._monotonic, self._sleep = idle, now, monotonic, sleep
        self._sessions: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
        self._writers: OrderedDict[str, Sender] = OrderedDict()

    async def close(self) -> None:
        await self._wire.close()

    # --- in

    async def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        """What comes, of all apps. Whoever asks for the next batch acknowledges the one before."""
        queue: asyncio.Queue[tuple[str, Delivery]] = asyncio.Queue(MOST_WAITING)

        async def hear(name: str, app: App) -> None:
            async def deliver(delivery: Delivery) -> None:
                await queue.put((name, delivery))

            await Stream(app, idle=self._idle, monotonic=self._monotonic, sleep=self._sleep).run(deliver)

        ears = [asyncio.create_task(hear(name, app), name=f"dingtalk {name}") for name, app in self._apps.items()]
        try:
            while True:
                came = [await queue.get()]
                while not queue.empty() and len(came) < MOST_BATCH:
                    came.append(queue.get_nowait())
                # Each message comes over any one of an app's connections: those that wait together are put in order.
                batch = sorted(self._read_all(came), key=lambda inbound: inbound.sent_at)
                if batch:
                    yield batch
                await asyncio.gather(*(delivery.answer() for _, delivery in came))
        finally:
            for ear in ears:
                ear.cancel()
            await asyncio.gather(*ears, return_exceptions=True)

    async def listen(self, take: Callable[[Sequence[Inbound]], Awaitable[None]]) -> None:
        """Gives `take` what comes, until cancelled. What it could not store is not acknowledged and kept at hand until
        it can: DingTalk may never send it again."""
        async with aclosing(self.updates()) as batches:  # type: ignore[type-var]
            async for batch in batches:
                while True:
                    try:
                        await take(batch)
                        break
                    except Exception:  # a door
                        log.exception("dingtalk.not_taken", messages=len(batch))
                        await self._sleep(1.0)

    async def answer(self, inbound: Inbound) -> None:
        """Nothing: the acknowledgement of the press answered it."""

    # --- out

    async def send(self, parcel: Parcel) -> str:
        """Returns the card's number or the message's key; "" where DingTalk gives none. Raises SendError."""
        if parcel.to.bot == ROBOTS:
            return await self._robots.send(parcel)
        app = self._app(parcel.to.bot)
        if parcel.to.chat.startswith(OUTSIDER):
            return await self._answer_outsider(parcel)
        return await self._courier.carry(app, parcel, self._writers.get(parcel.reply_to))

    async def recall(self, at: Address, message_id: str) -> None:
        """Takes a message back, within 24 hours; one that is gone already is no error. Raises SendError: REFUSED for a
        card, which is changed by an edit, and for what a custom robot said."""
        if at.bot == ROBOTS or not message_id:
            raise SendError(Fate.REFUSED, "what a custom robot said cannot be taken back")
        await self._courier.take_back(self._app(at.bot), at, message_id)

    async def fetch(self, at: Address, ref: str) -> bytes:
        """Returns the bytes behind a downloadCode. Raises SendError: GONE for what DingTalk has no more, RETRY or WAIT
        when it may go better later."""
        if not ref:
            raise SendError(Fate.GONE, "a message without a file")
        return await self._app(at.bot).download(ref)

    async def knock(self, name: str) -> None:
        """Tries an app's id, secret and stream without opening one. Raises SendError."""
        app = self._app(name)
        await app.token()
        await app.door()

    # --- inside

    def _app(self, name: str) -> App:
        try:
            return self._apps[name]
        except KeyError:
            raise SendError(Fate.GONE, f"no DingTalk app {name!r} in the configuration") from None

    def _read_all(self, came: Sequence[tuple[str, Delivery]]) -> list[Inbound]:
        found = []
        for name, delivery in came:
            push = delivery.push
            try:
                inbound = read(push, name, self._now())
                self._remember(name, inbound, *session_of(push))
            except Unreadable as fault:
                log.error("dingtalk.unreadable", app=name, fault=str(fault))
                inbound = ignored(push, name, self._now())
            if inbound is not None:
                found.append(inbound)
        return found

    def _remember(self, account: str, inbound: Inbound | None, chat: str, webhook: str, until: float) -> None:
        """Keeps in memory what an answer needs; after a restart it does without."""
        if inbound and inbound.sender and not (inbound.private or inbound.press):
            _keep(self._writers, inbound.message_id, inbound.sender)
        if chat and self._is_dingtalk(webhook):
            _keep(self._sessions, (account, chat), (webhook, until))

    def _is_dingtalk(self, webhook: str) -> bool:
        """Whether an address that came with a message leads to DingTalk: words go there."""
        host = URL(webhook).host or ""
        own = {URL(self._wire.base_url).host, URL(self._wire.oapi_url).host}
        return host in own or host.endswith(".dingtalk.com")

    async def _answer_outsider(self, parcel: Parcel) -> str:
        """Somebody outside the organisation can be answered for an hour and a half after they wrote, in words."""
        webhook, until = self._sessions.get((parcel.to.bot, parcel.to.chat), ("", 0.0))
        if until <= self._now().timestamp():
            raise SendError(Fate.GONE, "outside the organisation, and did not write of late")
        if parcel.edits:
            raise SendError(Fate.SEND_ANEW, "words cannot be changed")
        body = f'{{"msgtype": "text", "text": {text_param(with_links(parcel))}}}'
        headers: dict[str, Any] = {"Content-Type": "application/json"}
        if wrong := trouble(await self._wire.ask("POST", webhook, data=body.encode(), headers=headers)):
            raise wrong
        return ""


def _keep(memory: OrderedDict[K, V], key: K, value: V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > MOST_SESSIONS:
        memory.popitem(last=False)
