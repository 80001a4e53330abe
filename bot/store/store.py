"""Store: one object for all that is kept. Each method is one transaction, or one read in one snapshot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.messages import Address, Inbound, Kind
from bot.outcome import Link, Outcome, PhotoOrder, Resident, Scene, Thread
from bot.store import erasure, inbox, letters, links, memory, people, photo_rows, reads, tidying
from bot.store.commit import Transaction, Written
from bot.store.database import Database
from bot.store.drawn import drawn, fresh
from bot.store.inbound_words import without_nul
from bot.store.inbox import Heard, Parked, Tray
from bot.store.near import Likeness
from bot.store.private import DataKey, Keys
from bot.store.reads import Found, Wanted
from bot.store.rows import Done, Stale, chat_index, house_key
from bot.store.watch import Watch
from routing.directory import Group
from routing.sla import CATALOGUE, Clock, Clocks

T = TypeVar("T")

#: Two transactions of PostgreSQL that got in each other's way: nothing was written, look again.
_IN_THE_WAY = frozenset({"40001", "40P01"})

#: Ways to people of which is remembered that they stand in the rows.
MOST_REACHED = 100_000


def utc_now() -> datetime:
    return datetime.now(UTC)


class Store(Watch):
    """Everything that is kept. Deciding is elsewhere; here it is read for a decision and written by its Outcome."""

    def __init__(
        self,
        db: Database,
        keys: Keys,
        house: DataKey,
        render: letters.Render,
        *,
        now: Callable[[], datetime] = utc_now,
        worker: str = "",
        first: Mapping[str, str] | None = None,
        table: Clocks = CATALOGUE,
        usernames: Mapping[str, str] | None = None,
        link_life: timedelta = timedelta(hours=24),
    ) -> None:
        """Use `open`. `first` is channel -> bot where a bot may write first; `table`, `usernames` and `link_life` go
        into each scene as they are."""
        super().__init__(db, keys, house, now, first or {})
        self._render = render
        self.table, self.usernames, self.link_life = table, usernames or {}, link_life
        # Two processes may have one name: each is itself all the same.
        self._tray = Tray(f"{worker}/{drawn(6).hex()}", alone=db.sqlite)
        self._reached: set[tuple[str, Address]] = set()
        self._neighbourhood = lru_cache(maxsize=4096)(memory.neighbourhood)
        self._candidates = lru_cache(maxsize=4096)(memory.candidates)

    @classmethod
    async def open(
        cls,
        db: Database,
        keys: Keys,
        render: letters.Render,
        *,
        now: Callable[[], datetime] = utc_now,
        worker: str = "",
        first: Mapping[str, str] | None = None,
        table: Clocks = CATALOGUE,
        usernames: Mapping[str, str] | None = None,
        link_life: timedelta = timedelta(hours=24),
    ) -> Store:
        """Returns the store of a database whose tables are there (`migrate` first), with its snapshots read."""
        try:
            house = await db.write(lambda connection: house_key(connection, keys, now()))
        except Stale:  # Another process made it at the same moment.
            house = await db.write(lambda connection: house_key(connection, keys, now()))
        keys.remember(house)
        store = cls(
            db, keys, house, render,
            now=now, worker=worker, first=first, table=table, usernames=usernames, link_life=link_life,
        )  # fmt: skip
        await store.refresh()
        return store

    async def refresh(self) -> None:
        """Reads the snapshots anew where something changed. What was worked out from the old address book goes with it:
        each is large, and a thousand groups that the bot is added to make a thousand of them."""
        old = self.directory
        await super().refresh()
        if self.directory is not old:
            self._neighbourhood.cache_clear()
            self._candidates.cache_clear()

    # --- the inbox

    def keep(
        self, inbounds: Sequence[Inbound], heard: Heard | None = None, *, worker: str = "", now: datetime | None = None
    ) -> Awaitable[list[Inbound]]:
        """Begins to store what came in; once what it returns was awaited, the channel may acknowledge. That gives those
        that are new and that this process is to handle now, in order. Of what is not `heard` (causes, or a question per
        inbound) and of IGNORED only the id is stored. (Leases are this process's, whichever `worker` of it asks.)"""
        now, tray = now or self._now(), self._tray
        inbounds = [without_nul(inbound) for inbound in inbounds]
        ways, left = self._private(inbounds, heard)
        chats, gone = [chat_index(self.keys, inbound.at) for inbound in inbounds], list[bool]()

        def write(connection: Connection) -> list[tuple[bool, bytes]]:
            kept = inbox.keep(connection, self.keys, self.house, tray, inbounds, heard, now)
            if ways:
                people.reached(connection, self.keys, self.house, ways, now)
            for at in left:
                people.lost(connection, self.keys, at)
            if gone:
                tray.unsure(chats)
            return kept

        def lost() -> None:  # Cancelled too: it may be stored, now or in a moment, and nobody has it in hand.
            gone.append(True)
            tray.unsure(chats)

        return self._kept(inbounds, self.db.write(write), lost, (ways, left), now)

    async def _kept(
        self,
        inbounds: Sequence[Inbound],
        written: Awaitable[list[tuple[bool, bytes]]],
        lost: Callable[[], None],
        private: tuple[Sequence[tuple[str, Address]], Sequence[Address]],
        now: datetime,
    ) -> list[Inbound]:
        try:
            kept = await written
        except BaseException:
            lost()
            raise
        if len(self._reached) > MOST_REACHED:
            self._reached.clear()  # Each is written once more, which changes nothing.
        ways, left = private
        self._reached.update(ways)
        ours = [(inbound, chat_ix) for inbound, (mine, chat_ix) in zip(inbounds, kept, strict=True) if mine]
        self._tray.took(((inbound.cause, chat_ix) for inbound, chat_ix in ours), now)
        if left or any(self.directory.person_by_user(at.channel, user_id) for user_id, at in ways):
            self._reached.difference_update([way for way in self._reached if way[1] in left])
            await self.refresh()
        return [inbound for inbound, _ in ours]

    async def claim(self, worker: str, now: datetime, limit: int = 200) -> list[Inbound]:
        """Returns waiting messages that nobody handles (left by an earlier run or a process that died, or put back),
        by arrival, and leases their chats. What was returned once is not returned again by this process, whichever
        `worker` of it asks."""
        tray = self._tray
        waiting = await self.db.read(lambda connection: inbox.claimable(connection, tray, now, limit))
        if not waiting and not tray.ending(now):
            return []
        found, leased = await self.db.write(lambda c: inbox.claim(c, self.house, tray, now, limit))
        ours = [row for row in found if row[0] not in tray.taken]
        tray.took(((cause, chat_ix) for cause, chat_ix, _ in ours), now)
        tray.leased(leased, now)
        return [inbound for _, _, inbound in ours]

    async def fail(self, cause: str, error: str, now: datetime) -> int:
        """Counts a try and returns how many there were; at the third the message is parked. Until then it stays with
        the caller, who tries again."""
        tries = await self.db.write(lambda connection: inbox.fail(connection, cause, error, now))
        if tries >= inbox.TRIES:
            self._tray.settled(cause)
        return tries

    async def drop(self, cause: str) -> bool:
        """Done with, without an outcome; its payload is erased. False when nothing of that cause was waiting."""
        dropped = await self.db.write(lambda connection: inbox.drop(connection, cause))
        self._tray.settled(cause)
        return dropped

    async def parked(self, limit: int = 100) -> list[Parked]:
        return await self.db.read(lambda connection: inbox.parked(connection, self.house, limit))

    async def retry(self, cause: str) -> bool:
        """Puts a parked message back; the next `claim` returns it. False when it is not parked."""
        self._tray.settled(cause)
        return await self.db.write(lambda connection: inbox.retry(connection, cause))

    # --- reading for a decision

    async def known_thread(self, inbound: Inbound) -> Thread | None:
        """The talk of this person in this chat, if there is one."""
        return (await self.db.read(lambda connection: reads.talk(connection, self.keys, self.house, inbound)))[1]

    async def thread(self, inbound: Inbound) -> Thread:
        """The talk of this person in this chat; a new one (version 0, in memory only) when there is none."""
        read = partial(reads.talk, keys=self.keys, house=self.house, inbound=inbound)
        resident, thread = await self.db.read(read)
        if thread is not None:
            return thread
        at, sender = inbound.at, inbound.sender
        if resident is None:
            name, language = (sender.name, sender.language) if sender else ("", "")
            private = at if inbound.private else None
            resident = Resident(drawn(8).hex(), at.channel, reads.writer(inbound), name, language, private)
        return Thread(drawn(8).hex(), at, resident, inbound.private)

    async def scene(
        self,
        inbound: Inbound,
        thread: Thread,
        *,
        number: str = "",
        other: str = "",
        area: str = "",
        likeness: Likeness | None = None,
        category: str = "",
        location: tuple[float, float] | None = None,
        now: datetime | None = None,
    ) -> Scene:
        """Returns all that is known around a message, read in one snapshot.

        The case in question is `number`, else the one of the link whose token came with /start, else the draft's;
        `other` is another one that a button names beside it.
        `area` (else the case's grid, else the group's area) says whose load counts and, with `likeness`, where near
        cases of the last 7 days are looked for, and more of the heard `category` (else the case's) than of others.
        """
        now = now or self._now()
        at, draft = inbound.at, thread.draft
        token = inbound.argument if inbound.command == "start" else ""
        if not number and not token and draft and draft.until > now:
            number = draft.case
        group = self.directory.group(at.channel, at.bot, at.chat)
        wanted = Wanted(
            now, thread, number, token,
            area=area, or_area=group.area if group else "", likeness=likeness, category=category,
            location=location or inbound.location, other=other,
            pictures=tuple(each.ref for each in inbound.media if each.kept),
        )  # fmt: skip
        found = await self._find(wanted)
        sender = inbound.sender
        person = self.directory.person_by_user(at.channel, sender.user_id) if sender else None
        photos = len(inbound.media) + (len(inbound.quoted.media) if inbound.quoted else 0)
        photos += len(draft.media) if draft else 0  # "Yes, report it": what was overheard may have pictures.
        return self._scene(found, thread, group, person.id if person else "", photos)

    async def scene_for_tick(self, clock: Clock) -> Scene:
        """Returns all that is known around a clock that went off."""
        return await self.scene_for_case(clock.subject)

    async def scene_for_case(
        self,
        number: str,
        now: datetime | None = None,
        *,
        person: str = "",
        other: str = "",
        pictures: tuple[str, ...] = (),
    ) -> Scene:
        """Returns all that is known around a case, for pictures of it or a click on a page by `person`, who names the
        `other` case beside it."""
        found = await self._find(Wanted(now or self._now(), number=number, other=other, pictures=pictures))
        return self._scene(found, None, None, person, 0)

    async def due(self, now: datetime, limit: int = 500) -> list[Clock]:
        """The running clocks with due_at <= now, the longest overdue first."""
        await self.look()
        return await self.db.read(lambda connection: reads.due(connection, now, limit))

    # --- writing what was decided

    async def commit(self, outcome: Outcome, *, photos: Sequence[tuple[str, str]] = ()) -> None:
        """Writes all of the outcome in one transaction, once per cause. Raises Done when the cause was dealt with
        before, and Stale when something was changed since it was read; in both cases nothing is written. `photos`
        are orders that are settled with it: (key, "kept" or "refused")."""
        now = self._now()

        def write(connection: Connection) -> Written:
            written = Transaction(connection, self.keys, self.house, now).write(outcome, self._render)
            for key, state in photos:
                photo_rows.settle(connection, key, state)
            return written

        try:
            written = await self.db.write(write)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") in _IN_THE_WAY:
                raise Stale(outcome.cause) from error
            raise
        except Done:
            self._tray.settled(outcome.cause, *outcome.absorbs)
            raise
        for key in written.keys:
            self.keys.remember(key)
        self._tray.settled(outcome.cause, *outcome.absorbs)
        if written.groups:
            await self.refresh()

    # --- photos, links, people

    async def photo_orders(self, limit: int = 50) -> list[PhotoOrder]:
        """Pictures that are neither kept nor refused yet, the oldest order first."""
        return await self.db.read(lambda connection: photo_rows.waiting(connection, self.house, limit))

    async def use_link(self, token: str, now: datetime) -> Link | None:
        """Opens a one-time link and closes it behind: the second caller gets None."""
        return await self.db.write(lambda connection: links.use(connection, self.keys, token, now))

    async def lost(self, at: Address) -> None:
        """The bot cannot write to this private chat any more."""
        if await self.db.write(lambda connection: people.lost(connection, self.keys, at)):
            self._reached = {way for way in self._reached if way[1] != at}
            await self.refresh()

    async def erase(self, resident: str) -> bool:
        """Destroys the resident's key, in the key file too, and overwrites their words. False when there is no such
        one."""
        now = self._now()
        done = await self.db.write(lambda connection: erasure.erase(connection, self.keys, resident, now))
        await self.follow_keys()
        self._opened.forget()
        self._reached.clear()
        return done

    async def tidy(self, now: datetime) -> int:
        """Forgets what has had its day: ids of old updates, causes, links, drafts nobody answered, sent letters' words.
        Returns how many rows there were; call again while there are many."""
        return await self.db.write(lambda connection: tidying.tidy(connection, now))

    # --- inside

    def _private(
        self, inbounds: Iterable[Inbound], heard: Heard | None
    ) -> tuple[list[tuple[str, Address]], list[Address]]:
        """Who wrote to a bot alone that we did not know of, and who left."""
        ways, left = [], []
        for inbound in inbounds:
            if not inbound.private or inbound.sender is None or not inbox.is_heard(inbound, heard):
                continue
            way = (inbound.sender.user_id, inbound.at)
            if inbound.kind is Kind.LEFT:
                left.append(inbound.at)
            elif inbound.kind is not Kind.IGNORED and way not in self._reached:
                ways.append(way)
        return ways, left

    async def _find(self, wanted: Wanted) -> Found:
        await self.look()
        directory = self.directory
        areas = partial(self._neighbourhood, directory)
        holders = partial(self._candidates, directory)
        return await self.db.read(lambda c: reads.scene(c, self.keys, self.house, self._opened, wanted, areas, holders))

    def _scene(self, found: Found, thread: Thread | None, group: Group | None, person: str, photos: int) -> Scene:
        return Scene(
            fresh=fresh(photos),
            thread=thread,
            group=group,
            person=person,
            case=found.case,
            clocks=found.clocks,
            steps=found.steps,
            reporter=found.reporter,
            mine=found.mine,
            near=found.near,
            seen=found.seen,
            joined=found.joined,
            others=found.others,
            reach=self.reach,
            hands=self.placed(found.hands),
            plan=self.plan,
            faq=self.faq,
            table=self.table,
            rules=self.rules,
            link_life=self.link_life,
            link=found.link,
            usernames=self.usernames,
            alert=found.alert,
            standing=self.standing,
            pictures=found.pictures,
            sightings=found.sightings,
        )
