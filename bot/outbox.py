"""The only way out: takes letters that may leave now, calls the app, books what came of it. Never sleeps a process."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from bot.channels.base import Channel, Fate, SendError
from bot.hand import Hand
from bot.limits import UNLIMITED, Limits, Refusal, account_until, resent
from bot.messages import Address, Lane
from bot.store import bookings, letter_ink
from bot.store.database import Closed, Database
from bot.store.leases import Account, Haul, Leased, Terms, lease
from bot.store.letter_rows import Post
from bot.store.presence import Presence
from bot.store.private import DataKey
from bot.store.set_back import Ticks, set_back

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Looks so often, in seconds, whether the other workers live.
LOOK = 1.0


async def _nothing(*_: Address) -> None:
    pass


@dataclass(slots=True)
class Timing:
    """How long things may take. The defaults are for apps on the other side of the world."""

    lease: timedelta = timedelta(seconds=20)  #: After a crash its letters are taken up so much later. Renewed by then.
    patience: float = 45.0  #: Seconds for one call, photos and all; past them its fate is unknown.
    grace: float = 10.0  #: Seconds for calls under way when the house closes.
    calls: int = 64  #: At once, for each account.
    look: timedelta = timedelta(seconds=1)  #: Looks so often even without news: another process may have written.


@dataclass(slots=True)
class Sent:
    """What one worker has seen leave, for /metrics."""

    letters: Counter[Lane] = field(default_factory=Counter)
    fates: Counter[Fate] = field(default_factory=Counter)


class Outbox:
    """A worker. Several may run on one database, each under a name of its own.

    `worker_id` is to be the same after a restart: what this worker held when it died is taken up at once then, and
    otherwise when the lease has run out.
    """

    def __init__(
        self,
        db: Database,
        channels: Mapping[str, Channel],
        limits: Mapping[str, Limits],
        clock: Callable[[], datetime],
        worker_id: str,
        on_gone: Callable[[Address], Awaitable[None]] = _nothing,
        on_moved: Callable[[Address, Address], Awaitable[None]] = _nothing,
        *,
        timing: Timing | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        dice: Callable[[], float] = random.random,
        house: DataKey | None = None,
    ) -> None:
        self._db, self._channels, self._clock, self._house = db, channels, clock, house
        self._on_gone, self._on_moved, self._sleep, self._dice = on_gone, on_moved, sleep, dice
        self._timing = timing or Timing()
        self._limits = {name: limits.get(name, UNLIMITED) for name in channels}
        editing = frozenset(name for name, channel in channels.items() if channel.can.edit)
        uploading = frozenset(name for name, channel in channels.items() if channel.can.uploads)
        self._terms = Terms(worker_id, self._limits, editing, self._timing.lease, uploading)
        self._hand = Hand(self._limits, self._timing.calls)
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._refusals: dict[Account, deque[Refusal]] = {}
        self._next_at: Mapping[Account, datetime] = {}
        self._renew_at: datetime | None = None
        self._ticks = Ticks()
        self._presence, self._looked = Presence(db, worker_id), float("-inf")
        self._news, self._idle, self._over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._idle.set()  # Cleared while somebody waits for it.
        self._over.set()
        self._running = False
        self._stopping = False
        self.seen = Sent()

    # --- verbs for others

    def wake(self) -> None:
        """Something was committed that may be a letter. Call it from the loop's own thread."""
        self._news.set()

    @property
    def busy(self) -> bool:
        """A call is under way, or being booked."""
        return bool(self._calls)

    async def run(self) -> None:
        """Works until `stop`, or until cancelled; then waits a little for the calls under way."""
        self._running = True
        self._over.clear()
        try:
            await self._take_up()
            while not self._stopping:
                self._news.clear()
                await self._round()
                await self._rest()
        finally:
            self._running = False
            try:
                await self._close()
            finally:
                await self._presence.leaves()
                self._over.set()

    async def stop(self) -> None:
        """Lets `run` end: no further call begins, those under way are booked."""
        self._stopping = True
        self._news.set()
        await self._over.wait()

    async def drain(self, timeout: float) -> bool:  # noqa: ASYNC109 - it is the verb's own
        """Returns True once nothing waits that could ever leave by itself, False when that took longer (seconds).
        Works also while nobody runs this outbox."""
        alone = None if self._running else asyncio.create_task(self.run())
        self._idle.clear()
        self._news.set()
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            return False
        finally:
            if alone is not None:
                self._stopping = True
                self._news.set()
                await alone
                self._stopping = False
        return True

    # --- the loop

    async def _take_up(self) -> None:
        now = self._clock()

        def take_up(connection: Connection) -> None:
            if lost := bookings.mend(connection, now):
                log.error("outbox.mended", lines=lost)
            set_back(connection, self._terms, now)  # Perhaps while nobody ran.
            while bookings.expired(connection, self._terms, now, self._resend, mine=True):
                pass

        await self._db.write(take_up)

    async def _round(self) -> None:
        """Begins the calls whose instant has come, leases more, begins those."""
        now = self._clock()
        if by := self._ticks.back(now):
            log.warning("outbox.clock_set_back", seconds=by.total_seconds())
            self._hand.set_back(by)
            self._renew_at = None
            await self._patiently(lambda connection: set_back(connection, self._terms, now, by))
        self._ticks.heard(now)
        self._begin(now)
        if looks := time.monotonic() >= self._looked + LOOK:
            self._looked = time.monotonic()
            await self._presence.shows()
        self._next_at = {}  # Not known while it is found out: a call that ends meanwhile brings another round.
        haul = await self._patiently(self._lease_at(now, looks))
        if haul is None:  # The database is out of order; the log says how.
            self._next_at = {("", ""): now + timedelta(seconds=1)}
            return
        self._next_at = haul.next_at
        if haul.letters and self._renew_at is None:
            self._renew_at = now + self._timing.lease / 3
        self._hand.takes(haul.letters)
        self._begin(self._clock())
        if not (haul.next_at or self._hand.idle or self._calls or self._news.is_set()):
            self._idle.set()

    def _lease_at(self, now: datetime, looks: bool) -> Callable[[Connection], Haul]:
        mine = [*self._calls, *self._hand.idle]
        renewing = bool(mine) and self._renew_at is not None and now >= self._renew_at
        if renewing or not mine:
            self._renew_at = now + self._timing.lease / 3 if mine else None
        room = self._hand.room()

        def take(connection: Connection) -> Haul:
            if renewing:  # Before `expired`: a call that takes long is not a worker that died.
                bookings.renew(connection, self._terms, mine, now + self._timing.lease)
            bookings.expired(connection, self._terms, now, self._resend)
            for worker in self._presence.missing(connection, bookings.workers(connection)) if looks else ():
                log.warning("outbox.worker_died", worker=worker)
                bookings.expired(connection, replace(self._terms, worker=worker), now, self._resend, mine=True)
            return lease(connection, self._terms, now, room, self._timing.calls)

        return take

    def _begin(self, now: datetime) -> None:
        while letter := self._hand.begins(now):
            row = letter.parcel.id
            self._calls[row] = asyncio.create_task(self._deliver(letter), name=f"letter {row}")

    async def _rest(self) -> None:
        """Begins the calls whose instant comes, until there is news or more may be leased."""
        look = self._clock() + self._timing.look
        await asyncio.sleep(0)
        while not self._news.is_set() and (due := self._lease_again_at(look)) > (now := self._clock()):
            if self._ticks.back(now):
                return
            self._begin(now)
            self._ticks.heard(now)
            first = self._hand.first()
            until = min(due, first[0] if first else due, now + self._timing.look)
            seconds = (until - now).total_seconds()
            waits = [asyncio.ensure_future(self._news.wait()), asyncio.ensure_future(self._sleep(seconds))]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    def _lease_again_at(self, look: datetime) -> datetime:
        first = self._hand.first()
        renew = self._renew_at if self._calls or first else None
        # Where this worker's hands were full, the next call to begin makes room for another letter.
        room = first[0] if first and first[1] not in self._next_at else look
        return min(look, renew or look, *self._next_at.values(), room)

    async def _close(self) -> None:
        calls = list(self._calls.values())
        if calls:
            _, hanging = await asyncio.wait(calls, timeout=self._timing.grace)
            for call in hanging:
                call.cancel()  # Its fate is unknown; the next worker deals with it.
            await asyncio.gather(*hanging, return_exceptions=True)
        now, back = self._clock(), self._hand.lets_go()

        def put_back(connection: Connection) -> None:
            for letter in back:
                bookings.again(connection, self._terms, letter, now, due=now, failed=False)

        if back:
            with suppress(Closed):
                await self._db.write(put_back)

    # --- one letter

    async def _deliver(self, letter: Leased) -> None:
        """Calls the app and books what came of it."""
        more: bool | None = True
        try:
            told: Awaitable[None] | None = None
            try:
                ref = await self._call(letter)
                now = self._clock()
                self.seen.letters[letter.lane] += 1
                self._refusals.pop(letter.account, None)  # Whose calls get through is not meant as a whole.
                more = await self._book(lambda connection: bookings.sent(connection, self._terms, letter, ref, now))
            except SendError as error:
                self.seen.fates[error.fate] += 1
                told = await self._failed(letter, error)
            except TimeoutError:
                told = await self._failed(letter, SendError(Fate.UNKNOWN, "no answer in time"))
            except Closed:
                return
            except Exception as error:  # a mistake in a channel: the letter is parked for a person
                log.exception("letter.parked", letter=letter.parcel.id, case=letter.case)
                await self._end(letter, Post.UNKNOWN, f"{type(error).__name__}: {error}"[:500])
            if told is not None:
                await told
        except Exception:
            log.exception("letter.not_booked", letter=letter.parcel.id, case=letter.case)
        finally:
            self._calls.pop(letter.parcel.id, None)
            self._hand.done(letter)
            # Another round would find nothing, where nothing waits for this chat and nothing waited for this hand.
            if (
                more is not False
                or letter.pilot
                or self._hand.idle
                or letter.account not in self._next_at
                or not self._idle.is_set()
            ):
                self.wake()

    async def _call(self, letter: Leased) -> str:
        try:
            async with asyncio.timeout(self._timing.patience):
                parcel = letter_ink.opened(self._house, letter.body, letter.parcel)
                return await self._channels[parcel.to.channel].send(parcel)
        finally:
            self._hand.answered(letter, self._clock())

    async def _failed(self, letter: Leased, error: SendError) -> Awaitable[None] | None:
        """Books a failure; returns whom to tell, if anybody."""
        now, to = self._clock(), letter.parcel.to
        log.info("letter.failed", letter=letter.parcel.id, case=letter.case, fate=error.fate, reason=error.reason)
        match error.fate:
            case Fate.WAIT:
                await self._wait(letter, error, now)
            case Fate.SEND_ANEW if letter.parcel.edits:
                await self._again(letter, now, now, error, failed=False, anew=True)
            case Fate.UNKNOWN if not self._resend(letter.lane, to.channel, letter.harmless, letter.failures + 1):
                await self._end(letter, Post.UNKNOWN, error.reason)
            case Fate.RETRY | Fate.UNKNOWN | Fate.SEND_ANEW:
                limits = self._limits[to.channel]
                if pause := limits.pause(letter.failures + 1, self._dice(), error.after):
                    await self._again(letter, now, now + pause, error, failed=True)
                elif limits.schedule:
                    return await self._gone(letter, error.reason)
                else:
                    await self._end(letter, Post.REFUSED, error.reason)
            case Fate.MOVED if error.moved_to:
                new = error.moved_to
                await self._book(lambda connection: bookings.moved(connection, self._terms, letter, new, now))
                return self._on_moved(to, Address(to.channel, to.bot, new))
            case Fate.GONE:
                return await self._gone(letter, error.reason)
            case _:
                await self._end(letter, Post.REFUSED, error.reason)
        return None

    async def _gone(self, letter: Leased, reason: str) -> Awaitable[None]:
        now = self._clock()
        await self._book(lambda connection: bookings.gone(connection, self._terms, letter, reason, now))
        return self._on_gone(letter.parcel.to)

    async def _wait(self, letter: Leased, error: SendError, now: datetime) -> None:
        """A 429: the letter keeps its place, the chat or the account waits, and nobody else does."""
        until = now + timedelta(seconds=max(1.0, error.after))
        recent = self._refusals.setdefault(letter.account, deque(maxlen=256))
        recent.append(Refusal(now, letter.parcel.to.chat, until))
        account = account_until(recent, now)
        idle = [] if account is None else self._hand.lets_go(letter.account)

        def book(connection: Connection) -> None:
            bookings.blocked(connection, letter, until, account)
            bookings.again(connection, self._terms, letter, now, due=now, error=error.reason, failed=False)
            for each in idle:
                bookings.again(connection, self._terms, each, now, due=now, failed=False)

        await self._book(book)

    async def _again(
        self, letter: Leased, now: datetime, due: datetime, error: SendError, *, failed: bool, anew: bool = False
    ) -> None:
        await self._book(
            lambda connection: bookings.again(
                connection,
                self._terms,
                letter,
                now,
                due=due,
                error=error.reason,
                failed=failed,
                anew=anew,
                unsure=error.fate is Fate.UNKNOWN,
            )
        )

    async def _end(self, letter: Leased, state: Post, reason: str) -> None:
        log.warning("letter.ended", letter=letter.parcel.id, case=letter.case, state=state)
        now = self._clock()
        await self._book(lambda connection: bookings.ended(connection, self._terms, letter, now, state, reason))

    def _resend(self, lane: Lane, channel: str, harmless: str, failures: int) -> bool:
        idempotent = channel in self._channels and self._channels[channel].can.idempotent
        return resent(lane, failures, harmless=bool(harmless) or idempotent)

    async def _book(self, fn: Callable[[Connection], T]) -> T | None:
        """Writes what came of a letter; tried again when the database is out of order: unbooked, it goes twice."""
        return await self._patiently(fn, tries=5)

    async def _patiently(self, fn: Callable[[Connection], T], tries: int = 1) -> T | None:
        for left in reversed(range(tries)):
            try:
                return await self._db.write(fn)
            except Closed:
                raise
            except Exception:
                log.exception("outbox.database", tries_left=left)
                await asyncio.sleep(0.2)
        return None
