"""Watch: what is looked at across cases. Who is where, what was told in a time, what resembles what, what is usual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, literal_column, or_, select

from bot.outcome import Near, Thread
from bot.store import memory, prints, reads
from bot.store.alerts import Alerts
from bot.store.database import Database
from bot.store.near import Around, Likeness, Opened, near, pictured
from bot.store.private import DataKey, Keys
from bot.store.ready import Ready
from bot.store.tables import CASE, THREAD
from routing.bursts import Report
from routing.case import Case, State

#: Reports that are read at one look; more than come in a day.
MOST = 100_000

_WITHDRAWN = CASE.c.state == literal_column(f"'{State.WITHDRAWN.value}'")
_SINCE = CASE.c.opened_at >= bindparam("since", type_=CASE.c.opened_at.type)
_REPORTS = Ready(
    select(
        CASE.c.number, CASE.c.category, CASE.c.reporter, CASE.c.grid, CASE.c.opened_at,
        THREAD.c.channel, THREAD.c.bot, THREAD.c.chat,
    )
    .join_from(CASE, THREAD, CASE.c.thread == THREAD.c.id)
    .where(_SINCE, ~_WITHDRAWN)
    .where(or_(bindparam("kind", type_=CASE.c.category.type) == "", CASE.c.category == bindparam("kind")))
    .order_by(CASE.c.opened_at.desc())
    .limit(bindparam("most"))
)  # fmt: skip
_COUNTS = Ready(
    select(CASE.c.category, func.count(), func.min(CASE.c.opened_at))
    .where(_SINCE, CASE.c.opened_at < bindparam("until", type_=CASE.c.opened_at.type), ~_WITHDRAWN)
    .group_by(CASE.c.category)
)


class Watch(Alerts):
    """Reads across cases, and the prints of pictures."""

    def __init__(
        self, db: Database, keys: Keys, house: DataKey, now: Callable[[], datetime], first: Mapping[str, str]
    ) -> None:
        super().__init__(db, keys, house, now, first)
        self._opened = Opened(keys)

    async def areas_of(self, thread: Thread) -> set[str]:
        """The areas of the groups in which this person spoke with the bot, and of their newest cases."""
        if not thread.resident.version:
            return set()
        whose = thread.resident.id
        chats, grids = await self.db.read(lambda connection: reads.whereabouts(connection, whose))
        groups = (self.directory.group(*chat) for chat in chats)
        return {group.area for group in groups if group is not None} | grids

    async def homes_of(self, thread: Thread) -> tuple[str, ...]:
        """The areas of the groups in which this person spoke with the bot, each once."""
        if not thread.resident.version:
            return ()
        whose = thread.resident.id
        chats, _ = await self.db.read(lambda connection: reads.whereabouts(connection, whose))
        groups = (self.directory.group(*chat) for chat in chats)
        return tuple(dict.fromkeys(group.area for group in groups if group is not None))

    async def told(self, start: datetime, end: datetime) -> list[tuple[str, str, bool, str]]:
        """(number, words, whether it is private, grid) of the cases opened from `start` until before `end`. Of private
        ones the words are not opened."""
        return await self.db.read(lambda connection: reads.told(connection, self.keys, start, end))

    async def near(
        self, case: Case, likeness: Likeness, area: str, now: datetime, category: str = ""
    ) -> tuple[Near, ...]:
        """The open cases near one that is there already, compared with its own words. `category` is the kind that it
        is said to be now; empty: that of the case."""
        areas = memory.neighbourhood(self.directory, area)
        around = Around(now, likeness, pictures=case.photos, case=case, category=category)

        def read(connection: Connection) -> tuple[Near, ...]:
            found = near(connection, self._opened, areas, around)
            return pictured(connection, self.keys, found, around)[0] if case.photos else found

        return await self.db.read(read)

    async def keep_print(self, key: str, print_: int) -> None:
        """Keeps the print of a picture, to know the picture again."""
        now = self._now()
        await self.db.write(lambda connection: prints.keep(connection, key, print_, now))

    async def reports(self, since: datetime, category: str = "") -> list[Report]:
        """What was reported since then (of one kind), the newest first: from where, by whom; none of the words."""
        asked = {"since": since, "kind": category, "most": MOST}

        def read(connection: Connection) -> list[Report]:
            return [_report(*row) for row in _REPORTS.rows(connection, asked)]

        return await self.db.read(read)

    async def counts(self, since: datetime, until: datetime) -> tuple[dict[str, int], datetime | None]:
        """How many cases of each category were opened in that time, and when the first of them was."""
        rows = await self.db.read(lambda connection: _COUNTS.rows(connection, {"since": since, "until": until}))
        return {row[0]: row[1] for row in rows}, min((row[2] for row in rows), default=None)


def _report(
    number: str, category: str, reporter: str, grid: str, at: datetime, channel: str, bot: str, chat: str | None
) -> Report:
    # Who writes alone is counted by where it is. Another system speaks for many people: each of its reports is one.
    who = number if channel == "systems" else reporter
    return Report(number, category, who, f"{channel}:{bot}:{chat}" if chat else grid, grid, at)
