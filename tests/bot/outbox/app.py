"""A chat app with verbs for what apps do to a bot, a clock that moves when told, and short words for letters."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.channels.base import Can, Fate, Parcel, RenderedButton, SendError
from bot.messages import Address, Fanout, FanoutOrder, Inbound, Lane, Letter, Recall
from bot.outbox import Outbox
from bot.store import pilots
from bot.store.database import Database
from bot.store.letters import write

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)


class Time:
    """The clock. It stands until somebody sleeps and nothing else is going on, then it jumps."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self.workers: list[Outbox] = []
        self.stands = False  #: Nobody who sleeps wakes by himself.
        self._turned = timedelta(0)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def is_turned(self, by: timedelta) -> None:
        """Somebody changes the clock. Who sleeps does not notice."""
        self.now += by
        self._turned += by

    async def sleep(self, seconds: float) -> None:
        until = self.now - self._turned + timedelta(seconds=seconds)
        while any(worker.busy for worker in self.workers):  # noqa: ASYNC110 - time stands still here
            await asyncio.sleep(0)
        for _ in range(10):  # whoever has news for the sleeper speaks up first
            await asyncio.sleep(0)
        if self.stands:
            await asyncio.Event().wait()
        self.now = max(self.now, until + self._turned)


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a chat, as people see it now."""

    ref: str
    chat: str
    text: str
    at: datetime
    photo: bool = False
    picture: str = ""  #: Which one, where it is one.


@dataclass(frozen=True, slots=True)
class Call:
    chat: str
    text: str
    edits: str
    at: datetime
    bot: str = "b"


@dataclass(slots=True)
class Windows:
    """A server that counts: at most `second` in any second, `minute` in any minute of a group."""

    second: int = 30
    minute: int = 20
    refusals: int = 0
    stamps: dict[Any, deque[datetime]] = field(default_factory=dict)

    def charge(self, bot: str, chat: str, now: datetime) -> float:
        """Returns the seconds to wait, 0 when it is let through and counted."""
        asked = [(bot, self.second, timedelta(seconds=1))]
        if chat.startswith("-"):
            asked.append(((bot, chat), self.minute, timedelta(seconds=60)))  # type: ignore[arg-type]
        for key, limit, span in asked:
            stamps = self.stamps.setdefault(key, deque())
            while stamps and stamps[0] <= now - span:
                stamps.popleft()
            if len(stamps) >= limit:
                self.refusals += 1
                return max(1.0, (stamps[0] + span - now).total_seconds())
        for key, _, _ in asked:
            self.stamps[key].append(now)
        return 0.0


class App:
    """A chat app. What it does when called is said beforehand: `app.refuses(...)`, `app.loses_answer()` ..."""

    name = "telegram"

    def __init__(self, time: Time) -> None:
        self.can = Can(True, True, False, True, True, True, True)
        self.time = time
        self.calls: list[Call] = []
        self.messages: dict[str, Message] = {}
        self.moods: deque[tuple[str, SendError | Exception | None, bool]] = deque()
        self.kicked: set[str] = set()
        self.moved: dict[str, str] = {}
        self.windows: Windows | None = None
        self.inside: Counter[str] = Counter()
        self.gate = asyncio.Event()
        self.gate.set()
        self.called = asyncio.Event()
        self.stopped = asyncio.Event()
        self._left: int | None = None
        self._names: Database | None = None
        self._numbers = iter(range(1, 1_000_000))

    # --- verbs

    def fails(self, fate: Fate, times: int = 1, chat: str = "", **details: Any) -> None:
        for _ in range(times):
            self.moods.append((chat, SendError(fate, fate.value, **details), False))

    def is_offline(self, times: int = 1, chat: str = "") -> None:
        self.fails(Fate.RETRY, times, chat)

    def refuses(self, chat: str = "") -> None:
        self.fails(Fate.REFUSED, chat=chat)

    def floods(self, seconds: float, chat: str = "") -> None:
        self.fails(Fate.WAIT, chat=chat, after=seconds)

    def cannot_edit(self) -> None:
        self.fails(Fate.SEND_ANEW)

    def loses_answer(self, times: int = 1, chat: str = "") -> None:
        """The message is there, and nobody tells us."""
        for _ in range(times):
            self.moods.append((chat, SendError(Fate.UNKNOWN, "no answer"), True))

    def breaks(self) -> None:
        self.moods.append(("", ZeroDivisionError("a mistake in the channel"), False))

    def kicks(self, chat: str) -> None:
        self.kicked.add(chat)

    def moves(self, chat: str, to: str) -> None:
        self.moved[chat] = to

    def counts(self, second: int = 30, minute: int = 20) -> Windows:
        self.windows = Windows(second, minute)
        return self.windows

    def hangs(self) -> None:
        self.gate.clear()

    def uploads(self, names: Database | None = None) -> None:
        """It gives pictures names, which are kept there."""
        self.can, self._names = replace(self.can, uploads=True), names

    def stops_after(self, calls: int) -> None:
        """So many calls are answered; the next ones hang until it goes on."""
        self._left = calls
        self.stopped.clear()

    def goes_on(self) -> None:
        self._left = None
        self.gate.set()

    async def is_called(self) -> None:
        """Returns as soon as a call has begun."""
        await self.called.wait()

    # --- what people see

    def reads(self, chat: str) -> list[str]:
        return [message.text for message in self.messages.values() if message.chat == chat]

    # --- the channel

    async def send(self, parcel: Parcel) -> str:
        chat = parcel.to.chat
        assert not self.inside[chat], "two calls into one chat at the same time"
        self.inside[chat] += 1
        try:
            self.calls.append(Call(chat, parcel.text, parcel.edits, self.time.now, parcel.to.bot))
            self.called.set()
            if self._left is not None:
                self._left -= 1
                if self._left < 0:
                    self.gate.clear()
                    self.stopped.set()
            await self.gate.wait()
            await asyncio.sleep(0)
            ref = self._answer(parcel)
            if self._names and len(parcel.photos) == 1:
                await self._names.write(lambda c: pilots.keep(c, self.name, parcel.to.bot, parcel.photos[0], "AgAC"))
            return ref
        finally:
            self.inside[chat] -= 1

    def _answer(self, parcel: Parcel) -> str:
        chat = parcel.to.chat
        mood = next((each for each in self.moods if each[0] in ("", chat)), None)
        if mood is not None:
            self.moods.remove(mood)
            if mood[2]:
                self._show(parcel)
            if mood[1] is not None:
                raise mood[1]
        if chat in self.kicked:
            raise SendError(Fate.GONE, "bot was kicked")
        if chat in self.moved:
            raise SendError(Fate.MOVED, "upgraded to a supergroup", moved_to=self.moved[chat])
        if self.windows is not None and (wait := self.windows.charge(parcel.to.bot, chat, self.time.now)):
            raise SendError(Fate.WAIT, "Too Many Requests", after=wait)
        return self._show(parcel)

    def _show(self, parcel: Parcel) -> str:
        ref = parcel.edits or str(next(self._numbers))
        photo = bool(parcel.photos) or (ref in self.messages and self.messages[ref].photo)
        assert bool(parcel.edits and photo and not parcel.photos) <= parcel.had_photo, (
            "a photo edited as if it were text"
        )
        before = self.messages[ref].picture if ref in self.messages else ""
        picture = parcel.photos[0] if len(parcel.photos) == 1 else "" if parcel.photos else before
        self.messages[ref] = Message(ref, parcel.to.chat, parcel.text, self.time.now, photo, picture)
        return ref

    async def fetch(self, at: Address, ref: str) -> bytes:
        return b""

    async def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        return
        yield ()

    async def answer(self, inbound: Inbound) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Plain:
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()


def render(letter: Letter) -> Plain:
    rows = tuple(tuple(RenderedButton(each.label, each.data, each.url) for each in row) for row in letter.buttons)
    return Plain(letter.key, rows)


def group(number: int | str = 1, bot: str = "b", channel: str = "telegram") -> Address:
    return Address(channel, bot, f"-{number}")


def person(number: int = 1, bot: str = "b") -> Address:
    return Address("telegram", bot, str(number))


def letter(text: str, to: Address | None = None, **more: Any) -> Letter:
    return Letter(to or group(), text, **more)


def fanout(text: str, groups: Sequence[Address], **more: Any) -> Fanout:
    more.setdefault("lane", Lane.ALERT)
    return Fanout(Letter(Address("", "", ""), text, **more), tuple(groups))


_causes = iter(range(1_000_000_000))


def writing(
    *things: Letter | Fanout | Recall | FanoutOrder,
    now: datetime = NOON,
    cause: str = "",
    render: Callable[[Letter], Any] = render,
) -> Callable[[Connection], None]:
    """The function that writes these as one outcome's; each call is a cause of its own unless told."""
    letters = [thing for thing in things if isinstance(thing, Letter)]
    fanouts = [thing for thing in things if not isinstance(thing, Letter)]
    named = cause or f"cause{next(_causes)}"
    return lambda connection: write(connection, letters, fanouts, named, now, render)


def says(db: Database, *things: Letter | Fanout | Recall | FanoutOrder, now: datetime = NOON, cause: str = "") -> None:
    db.write_now(writing(*things, now=now, cause=cause))


def rows(db: Database, sql: str = "SELECT * FROM outbox ORDER BY id") -> list[Mapping[str, Any]]:
    return db.read_now(lambda connection: [dict(row._mapping) for row in connection.exec_driver_sql(sql)])


def states(db: Database) -> Counter[str]:
    return Counter(row["state"] for row in rows(db))
