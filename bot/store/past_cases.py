"""Past cases as they are routed again on trial: read only, with where each was reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from bot.store.private import Keys
from bot.store.rows import CASES, case_of
from bot.store.tables import CASE, THREAD
from routing.case import Case

#: Rows taken from the database at a time.
_AT_A_TIME = 500


def past(connection: Connection, keys: Keys, start: datetime, end: datetime) -> Iterator[tuple[Case, str]]:
    """Yields the cases opened from `start` until before `end`, the oldest first, each with its source
    ("telegram:bot1"). Their words are opened, for rules may ask for them: do not show them."""
    query = (
        CASES.add_columns(THREAD.c.channel, THREAD.c.bot)
        .join(THREAD, CASE.c.thread == THREAD.c.id)
        .where(CASE.c.opened_at >= start, CASE.c.opened_at < end)
        .order_by(CASE.c.opened_at, CASE.c.number)
    )
    for rows in connection.execution_options(yield_per=_AT_A_TIME).execute(query).partitions():
        for *row, channel, bot in rows:
            yield case_of(row, keys), f"{channel}:{bot}"
