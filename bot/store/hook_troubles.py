"""What endpoints did not hear: whose messages fail, what was never delivered, and sending it again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal_column, select

from bot.store import bookings
from bot.store.hook_letters import NAME
from bot.store.letter_rows import IS_WAITING, LETTERS, PAYLOADS
from bot.store.systems import HOOK

_O = LETTERS.c
_OF_HOOKS = (_O.channel == NAME, _O.bot == NAME)
#: Given up, with its words still there.
_MISSED = _O.state.in_([literal_column(f"'{state}'") for state in ("gone", "refused", "unknown")])


@dataclass(frozen=True, slots=True)
class Late:
    """An endpoint whose first message in line failed and is tried again."""

    name: str
    waiting: int
    since: datetime  #: When the oldest was written.
    error: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A message that an endpoint never took."""

    id: int
    written_at: datetime
    error: str


def late(connection: Connection) -> list[Late]:
    """The endpoints that fail now, by name."""
    first = select(_O.chat, func.min(_O.id).label("row"), func.count().label("count")).where(*_OF_HOOKS, IS_WAITING)
    lines = first.group_by(_O.chat).subquery()
    rows = select(lines.c.chat, lines.c.count, _O.created_at, _O.error).join(LETTERS, _O.id == lines.c.row)
    found = connection.execute(rows.where(_O.attempt > 0).order_by(lines.c.chat))
    return [Late(*row) for row in found]


def gone(connection: Connection) -> list[tuple[str, datetime, str]]:
    """(name, when, why) of the endpoints that were closed by their own doing."""
    rows = select(HOOK.c.name, HOOK.c.closed_at, HOOK.c.closed_why).where(HOOK.c.closed_why != "")
    return [(name, at, why) for name, at, why in connection.execute(rows.order_by(HOOK.c.name))]


def missed(connection: Connection, name: str, most: int = 10_000) -> list[Missed]:
    """What this endpoint never took, the oldest first; what it said is kept for a month."""
    there: Any = LETTERS.join(PAYLOADS, _O.payload_id == PAYLOADS.c.id)
    rows = select(_O.id, _O.created_at, _O.error).select_from(there)
    rows = rows.where(*_OF_HOOKS, _O.chat == name, _MISSED, PAYLOADS.c.text != literal_column("''"))
    return [Missed(*row) for row in connection.execute(rows.order_by(_O.id).limit(most))]


def send_again(connection: Connection, name: str, now: datetime, only: Collection[int] = ()) -> int:
    """Puts what this endpoint missed (of these numbers only, where any are named) back in line, under the same ids.
    Returns how many."""
    wanted = [each.id for each in missed(connection, name) if not only or each.id in only]
    return sum(bookings.resolve(connection, row, now, resend=True) for row in wanted)
