"""Books: the address book, the FAQ and the ways to staff. Kept in rows, read from memory, alike in every process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from bot.messages import Address
from bot.outcome import FaqEntry
from bot.store import directory_past, directory_rows, faq_rows, memory, misses, positions, rules_taken, shredding
from bot.store.database import Database
from bot.store.memory import Memory
from bot.store.private import DataKey, Keys, KeyTrouble
from bot.store.shredding import KEYS
from nlu.normalise import normalise
from routing.directory import Directory, DirectoryRows, Group
from routing.dispatch import FREE, USUAL, Hands
from routing.rules import CATALOGUE_ONLY

log = structlog.get_logger()

#: Other processes' imports are looked for so often, in seconds.
LOOK = 0.4


class Books:
    """What changes seldom and is read at every message."""

    def __init__(
        self, db: Database, keys: Keys, house: DataKey, now: Callable[[], datetime], first: Mapping[str, str]
    ) -> None:
        """`first` is channel -> bot where a bot may write to people who never wrote to it."""
        self.db, self.keys, self.house = db, keys, house
        self._now, self._first = now, first
        self._memory = Memory()
        self._looked = time.monotonic()
        self._asked = self._read_up_to = 0
        self._reading = asyncio.Lock()
        self.rules = CATALOGUE_ONLY  #: Goes into each scene; whoever reads the file of rules puts them here.
        self.plan = USUAL  #: How cases are dispatched; goes into each scene as well.

    @property
    def directory(self) -> Directory:
        """The address book of this moment."""
        return self._memory.directory

    @property
    def faq(self) -> Mapping[str, FaqEntry]:
        """The FAQ entries in use, by id. Another object whenever something in it changed."""
        return self._memory.faq

    @property
    def reach(self) -> Mapping[str, Address]:
        """Person id -> where the bot can write to that person of the staff alone."""
        return self._memory.reach

    async def refresh(self) -> None:
        """Reads the snapshots anew where another process (or this one) changed something. Those who ask while it is
        being read share the next reading."""
        self._asked += 1
        mine = self._asked
        async with self._reading:
            if self._read_up_to >= mine:
                return
            up_to, old = self._asked, self._memory
            self._looked = time.monotonic()
            self._memory = await self.db.read(lambda c: memory.read(c, self.keys, self.house, old, self._first))
            self._read_up_to = up_to
            if self._memory.versions.get(KEYS) != old.versions.get(KEYS):
                await self.follow_keys()

    async def follow_keys(self) -> None:
        """Takes over what was done to the keys, here or by another process: other ones in the file, another one of the
        house's, people who were erased."""
        now = self._now()
        names = await self.db.read(lambda c: shredding.due(c, now))
        try:
            await asyncio.to_thread(self.keys.reload)
            await asyncio.to_thread(self.keys.destroy, *names)
        except (KeyTrouble, OSError) as fault:  # The bot goes on with the keys it has; each night it tries again.
            log.error("key file not followed", reason=f"{type(fault).__name__}: {fault}")
        await self.db.read(lambda c: shredding.follow(c, self.keys, self.house))

    async def look(self) -> None:
        """Refreshes, unless that was done a moment ago."""
        if time.monotonic() - self._looked > LOOK:
            await self.refresh()

    def placed(self, hands: Mapping[str, Hands]) -> Mapping[str, Hands]:
        """These hands, with where patrols said they are, as long as that counts."""
        if not (shared := self._memory.positions):
            return hands
        since = self._now() - self.plan.fresh
        there = {each.person: (each.lat, each.lon) for each in shared.values() if each.at > since}
        return {**hands, **{person: replace(hands.get(person, FREE), at=at) for person, at in there.items()}}

    # --- writing

    async def forget_positions(self, now: datetime) -> int:
        """Deletes where patrols said they are: of those whose shift has ended, and what counts no more. Returns how
        many."""
        if not self._memory.positions:
            return 0
        since, directory = now - self.plan.fresh, self.directory
        gone = await self.db.write(lambda c: positions.forget(c, since, lambda person: directory.on_duty(person, now)))
        await self.refresh()
        return gone

    async def replace_directory(self, rows: DirectoryRows) -> tuple[Group, ...]:
        """Puts these rows in the place of the old address book; what they change of it is kept. Returns the groups that
        hear otherwise than before."""
        now = self._now()

        def write(connection: Connection) -> tuple[Group, ...]:
            directory_past.keep(connection, rows, now)
            return directory_rows.replace_directory(connection, self.keys, rows, now)

        otherwise = await self.db.write(write)
        await self.refresh()
        return otherwise

    async def directory_at(self, at: datetime) -> directory_past.Past | None:
        """The address book as it was at that moment; None before its history begins."""
        return await self.db.read(lambda connection: directory_past.directory_at(connection, self.keys, at))

    async def history_from(self) -> datetime | None:
        """When the history of the address book begins; None while nothing was imported."""
        return await self.db.read(directory_past.begin)

    async def changed_after(self, at: datetime) -> datetime | None:
        """When the address book was first changed after that moment; None: it is as it was."""
        return await self.db.read(lambda connection: directory_past.changed_after(connection, at))

    async def take_rules(self, version: str, content: str) -> bool:
        """Writes down that a file of rules is in force. False when it was on record as the newest already."""
        now = self._now()
        return await self.db.write(lambda connection: rules_taken.keep(connection, now, version, content))

    async def rules_at(self, at: datetime) -> rules_taken.RulesTaken | None:
        """The rules that were in force at that moment; None where none are on record."""
        return await self.db.read(lambda connection: rules_taken.rules_at(connection, at))

    async def unbound_groups(self) -> list[tuple[str, str, str, str]]:
        """(channel, bot, chat id, title) of groups the bot sits in that no import has named."""
        return await self.db.read(directory_rows.unbound_groups)

    async def faq_put(self, entries: Iterable[FaqEntry], by: str = "") -> int:
        """Adds entries, or changes those of the same id, as `by`. Returns how many said something else before."""
        now, entries = self._now(), tuple(entries)
        asked = (normalise(words) for entry in entries for words in (entry.title, *entry.phrasings))
        kept = [self.keys.blind("miss", words) for words in dict.fromkeys(asked)]

        def write(connection: Connection) -> int:
            misses.answered(connection, kept)  # What is a phrasing now has found its answer.
            return faq_rows.put(connection, entries, now, by)

        count = await self.db.write(write)
        await self.refresh()
        return count

    async def faq_withdraw(self, entry: str, by: str = "") -> bool:
        """Takes an entry out of use, as `by`. False when none of that id is in use."""
        now = self._now()
        done = await self.db.write(lambda connection: faq_rows.withdraw(connection, entry, now, by))
        await self.refresh()
        return done

    async def faq_list(self) -> tuple[FaqEntry, ...]:
        await self.refresh()
        return tuple(self.faq.values())

    async def faq_history(self, entry: str) -> list[faq_rows.FaqChange]:
        """What an entry said, by whom and when, the newest first."""
        return await self.db.read(lambda connection: faq_rows.history(connection, entry))

    async def misses(self, limit: int = 100, since: datetime | None = None) -> list[misses.Miss]:
        """Questions without an answer, the most asked first; `since`: asked again since then."""
        return await self.db.read(lambda connection: misses.misses(connection, self.house, limit, since))
