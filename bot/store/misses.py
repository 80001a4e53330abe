"""Questions without an answer: masked, sealed, counted by their words, and forgotten after a season."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from bot.store.private import DataKey, opened
from bot.store.tables import MISS

_AT_ONCE = 500  #: Parameters of one statement.


@dataclass(frozen=True, slots=True)
class Miss:
    """A question without an answer, and how often it was asked in these words."""

    words: str = field(repr=False)
    times: int
    first_at: datetime
    last_at: datetime


def misses(connection: Connection, house: DataKey, limit: int, since: datetime | None = None) -> list[Miss]:
    """Questions without an answer, the most asked first; `since`: asked again since then."""
    found = select(MISS).order_by(MISS.c.times.desc(), MISS.c.last_at.desc(), MISS.c.words_ix).limit(limit)
    if since is not None:
        found = found.where(MISS.c.last_at >= since)
    return [
        Miss(
            opened(house, "miss|sealed", row.words_ix.hex(), row.sealed).get("words", ""),
            row.times,
            row.first_at,
            row.last_at,
        )
        for row in connection.execute(found)
    ]


def found(connection: Connection, words_ix: bytes) -> None:
    """One of those who asked so has found an answer after all; where it was the only one, the question is forgotten."""
    its = MISS.c.words_ix == words_ix
    if connection.execute(delete(MISS).where(its, MISS.c.times <= 1)).rowcount == 0:
        connection.execute(update(MISS).where(its).values(times=MISS.c.times - 1))


def answered(connection: Connection, words_ix: list[bytes]) -> int:
    """Forgets questions that have got an answer. Returns how many."""
    gone = 0
    for start in range(0, len(words_ix), _AT_ONCE):
        some = words_ix[start : start + _AT_ONCE]
        gone += connection.execute(delete(MISS).where(MISS.c.words_ix.in_(some))).rowcount
    return gone
