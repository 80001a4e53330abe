"""Door 1: a message comes in. Stored, then acknowledged; then handled chat by chat in order."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from bot.channels.base import Channel
from bot.desks import decide, joins, waiting, whereabouts
from bot.desks.groups import Hearing, hearing
from bot.mailbag import Mailbag
from bot.messages import Address, Inbound, Kind
from bot.outcome import Outcome, Thread
from bot.scenery import Scenery
from bot.store import Done, Stale, Store
from bot.store.reported import lay_in
from nlu.masks import mask
from routing.directory import Hears

log = structlog.get_logger()

#: Photos sent together come one by one, without an end mark; past this silence the album is whole.
ALBUM_WAIT = 1.0
#: The same decision against changed rows, before the message counts as failed.
LOOKS = 8
#: Characters of one message that are kept; more than any chat app allows, less than would hurt.
MOST_TEXT = 20_000


#: NUL, which PostgreSQL refuses, and the controls of writing direction.
_UNSEEN = re.compile("[\0\u200e\u200f\u202a-\u202e\u2066-\u2069]")


_HOME = Path(__file__).parents[1]
_OURS = frozenset(_HOME / package for package in ("bot", "nlu", "routing"))


class Gate(Protocol):
    """Is this unmistakably a report or a question? Asked in `listen` groups, in memory, before anything is kept."""

    def __call__(self, text: str) -> bool: ...


@dataclass(slots=True)
class _Chat:
    """What waits in one chat, and the task that works it off."""

    waiting: deque[Inbound]
    task: asyncio.Task[None] | None = None


class Intake:
    """Takes messages in. `take` returns once they are stored: only then may the channel acknowledge them."""

    def __init__(
        self,
        store: Store,
        scenery: Scenery,
        gate: Gate,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
        *,
        committed: Callable[[Outcome], None] = lambda outcome: None,
        worker: str = "intake",
        album_wait: float = ALBUM_WAIT,
    ) -> None:
        self._store, self._scenery, self._gate, self._channels, self._now = store, scenery, gate, channels, now
        self._committed, self._worker, self._album_wait = committed, worker, album_wait
        self._bag = Mailbag(partial(store.keep, worker=worker), self._arrived)
        self._chats: dict[Address, _Chat] = {}
        self._loose: set[asyncio.Task[None]] = set()

    async def take(self, inbounds: Sequence[Inbound]) -> None:
        """Stores what was meant for us, and of all else the update id alone."""
        heard = [inbound.cause for inbound in inbounds if await self._hears(inbound) is not Hearing.IGNORE]
        await self._bag.put([clean(inbound) for inbound in inbounds], heard)

    async def lay_in(self, inbounds: Sequence[Inbound]) -> int:
        """Stores many that nobody waits for, all or none; `run` takes them up, some at a time, behind those who wait.
        Returns how many are new."""
        store, cleaned, now = self._store, [clean(inbound) for inbound in inbounds], self._now()
        return await store.db.write(lambda connection: lay_in(connection, store.keys, store.house, cleaned, now))

    async def run(self) -> None:
        """Takes up what an earlier run, or another process that died, left behind. Runs until cancelled, whatever the
        database says meanwhile."""
        while True:
            try:
                for inbound in await self._store.claim(self._worker, self._now(), 200):
                    self._line_up(inbound)
            except Exception:
                log.exception("inbox not read")
            for at, chat in self._chats.items():
                self._set_to_work(at, chat)  # Where it broke off: the database was away for a moment.
            await asyncio.sleep(1.0)

    async def idle(self) -> None:
        """Returns when nothing is waiting here."""
        while tasks := [chat.task for chat in self._chats.values() if chat.task] + list(self._loose):
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stops; what is not handled yet is in the inbox, for the next run."""
        await self._bag.empty()
        tasks = [chat.task for chat in self._chats.values() if chat.task] + list(self._loose)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def handle(self, inbound: Inbound, absorbs: tuple[str, ...] = ()) -> None:
        """Decides one message and commits what it changes. A row that changed meanwhile is looked at again."""
        for _ in range(LOOKS):
            heard, scene, directory = await self._scenery.of(inbound)
            outcome = decide(inbound, heard, scene, directory, self._now())
            if absorbs:
                outcome = replace(outcome, absorbs=absorbs)
            try:
                await self._store.commit(outcome)
            except Stale:
                continue
            except Done:
                log.info("done before", cause=inbound.cause)
                return
            self._committed(outcome)
            case = next((step.case for step in outcome.steps), "")
            log.info("outcome", cause=outcome.cause, desk=outcome.note, case=case, letters=len(outcome.letters))
            return
        raise Stale(f"{inbound.cause}: changed {LOOKS} times while it was decided")

    # --- inside

    async def _hears(self, inbound: Inbound) -> Hearing:
        """What may be kept of it; decided in memory and by who was asked something, before anything is stored."""
        if inbound.kind is Kind.MOVED and not whereabouts.follows(inbound, self._store.directory, self._now()):
            return Hearing.IGNORE  # Where residents are is no business of ours.
        if inbound.kind not in (Kind.MESSAGE, Kind.EDITED) or inbound.private or inbound.addressed:
            return hearing(inbound, None, False, False, False)
        if inbound.album:
            # Whether an album is meant for us, its one caption says, which may come last: decided when it is whole.
            return Hearing.TAKE
        thread = await self._store.known_thread(inbound)
        at, now = inbound.at, self._now()
        group = self._store.directory.group(at.channel, at.bot, at.chat)
        listens = group is not None and group.hears is Hears.LISTEN
        clear = listens and bool(inbound.text) and self._gate(inbound.text)
        return hearing(inbound, group, waiting(thread, now), joins(thread, now), clear)

    def _arrived(self, inbound: Inbound) -> None:
        if inbound.kind is Kind.PRESS:
            self._aside(self._answer(inbound))
        self._line_up(inbound)

    def _line_up(self, inbound: Inbound) -> None:
        chat = self._chats.setdefault(inbound.at, _Chat(deque()))
        if any(each.cause == inbound.cause for each in chat.waiting):
            return
        chat.waiting.append(inbound)
        self._set_to_work(inbound.at, chat)

    def _set_to_work(self, at: Address, chat: _Chat) -> None:
        if chat.task is None:
            chat.task = asyncio.create_task(self._work(at, chat))

    async def _work(self, at: Address, chat: _Chat) -> None:
        """Handles one chat's messages in their order. Ends when none is left, or when not even a failure can be
        written down: then `run` sets it to work again."""
        try:
            while chat.waiting:
                first = chat.waiting[0]
                parts = await self._album(chat, first) if first.album else [first]
                await self._try(parts)
                for part in parts:
                    chat.waiting.remove(part)
        except Exception:
            log.exception("a chat stands still", channel=at.channel, waiting=len(chat.waiting))
        finally:
            chat.task = None
            if not chat.waiting:
                self._chats.pop(at, None)

    async def _try(self, parts: list[Inbound]) -> None:
        """One message, or one album. What fails three times is parked, where people see it, and the chat goes on."""
        whole = _whole(parts)
        while True:
            try:
                if whole.album and not await self._meant(whole):
                    for part in parts:
                        await self._store.drop(part.cause)
                    return
                await self.handle(whole, tuple(part.cause for part in parts if part.cause != whole.cause))
                return
            except asyncio.CancelledError:
                raise
            except Exception as fault:
                reason, tries = _fault(fault), 0
                for part in parts:
                    tries = max(tries, await self._store.fail(part.cause, reason, self._now()))
                log.exception("message failed", cause=whole.cause, tries=tries)
                if tries >= 3 or not tries:  # 0: it waits no more, somebody else has dealt with it.
                    return
                await asyncio.sleep(0.2 * tries)

    async def _album(self, chat: _Chat, first: Inbound) -> list[Inbound]:
        """All parts of the album, once no further one has come for a while."""
        count = -1
        while True:
            parts = [each for each in chat.waiting if each.album == first.album and each.kind is first.kind]
            if len(parts) == count:
                return parts
            count = len(parts)
            await asyncio.sleep(self._album_wait)

    async def _meant(self, album: Inbound) -> bool:
        if album.private or album.addressed:
            return True
        thread: Thread | None = await self._store.known_thread(album)
        now = self._now()
        return waiting(thread, now) or joins(thread, now)

    async def _answer(self, inbound: Inbound) -> None:
        """A pressed button is answered at once, empty and best effort; its result is a letter."""
        try:
            await self._channels[inbound.at.channel].answer(inbound)
        except Exception as fault:
            log.info("press not answered", cause=inbound.cause, reason=type(fault).__name__)

    def _aside(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._loose.add(task)
        task.add_done_callback(self._loose.discard)


def clean(inbound: Inbound) -> Inbound:
    """Returns the message as it may be stored: numbers of people masked, no longer than a message is, and without what
    nobody sees: NUL, and the marks that would turn the writing of a card around."""

    text, argument = _words(inbound.text), _words(inbound.argument)
    title = _UNSEEN.sub("", inbound.title[:200])
    quoted, signal = inbound.quoted, inbound.signal
    if quoted is not None and (said := _words(quoted.text)) != quoted.text:
        quoted = replace(quoted, text=said)
    if signal is not None and (place := _words(signal.place)) != signal.place:
        signal = replace(signal, place=place)
    before = (inbound.text, inbound.argument, inbound.title, inbound.quoted, inbound.signal)
    if (text, argument, title, quoted, signal) == before:
        return inbound  # As nearly always: a copy takes longer than the look.
    return replace(inbound, text=text, argument=argument, title=title, quoted=quoted, signal=signal)


def _words(text: str) -> str:
    return mask(_UNSEEN.sub("", text[:MOST_TEXT])) if text else text


def _fault(fault: Exception) -> str:
    """What went wrong, and in which of our files. Its own words may be somebody's: they stand in the log of this
    machine, not in a row for months."""
    steps = traceback.extract_tb(fault.__traceback__)
    ours = [each for each in steps if _OURS.intersection(Path(each.filename).parents)]  # This file is among them.
    return f"{type(fault).__name__} in {Path(ours[-1].filename).relative_to(_HOME)}:{ours[-1].lineno}"


def _whole(parts: list[Inbound]) -> Inbound:
    """An album as one message: the caption, all pictures, and whose mention or reply any part carries."""
    if len(parts) == 1:
        return parts[0]
    speaks = next((part for part in parts if part.text), parts[0])
    return replace(
        parts[0],
        text=speaks.text,
        media=tuple(media for part in parts for media in part.media),
        addressed=any(part.addressed for part in parts),
        quoted=next((part.quoted for part in parts if part.quoted), None),
        command=speaks.command,
        argument=speaks.argument,
    )
