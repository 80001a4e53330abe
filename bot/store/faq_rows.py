"""The FAQ in rows: what operators import, add and withdraw; and the questions nobody had an answer for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, literal, select, update

from bot.outcome import FaqEntry
from bot.store.columns import Flag
from bot.store.directory_tables import FAQ
from bot.store.meta import changed
from bot.store.private import DataKey, opened
from bot.store.ready import Both
from bot.store.tables import MISS


@dataclass(frozen=True, slots=True)
class Miss:
    """A question without an answer, and how often it was asked in these words."""

    words: str = field(repr=False)
    times: int
    first_at: datetime
    last_at: datetime


def _anew(insert: Any) -> Any:
    new = insert(FAQ).inline()
    columns = {column.name: new.excluded[column.name] for column in FAQ.columns if column.name not in ("id", "version")}
    return new.on_conflict_do_update(index_elements=[FAQ.c.id], set_={**columns, "version": FAQ.c.version + 1})


_PUT = Both(_anew)
_IN_USE = FAQ.c.withdrawn == literal(False, Flag())


def put(connection: Connection, entries: Iterable[FaqEntry]) -> int:
    """Adds entries, or changes those of the same id (a withdrawn one comes back). Returns how many."""
    rows = [
        {
            "id": entry.id,
            "title": entry.title,
            "answer": entry.answer,
            "phrasings": list(entry.phrasings),
            "source": entry.source,
            "dated": entry.dated,
            "title_en": entry.title_en,
            "answer_en": entry.answer_en,
            "sample": entry.sample,
            "version": 1,
            "withdrawn": False,
        }
        for entry in entries
    ]
    if rows:
        connection.execute(_PUT.on(connection), rows)
        changed(connection, "faq")
    return len(rows)


def withdraw(connection: Connection, entry: str) -> bool:
    """Takes an entry out of use; it stays in the rows. False when none of that id is in use."""
    done = connection.execute(
        update(FAQ).where(FAQ.c.id == entry, _IN_USE).values(withdrawn=True, version=FAQ.c.version + 1)
    )
    if done.rowcount:
        changed(connection, "faq")
    return done.rowcount > 0


def read_faq(connection: Connection) -> dict[str, FaqEntry]:
    """The entries in use, by id."""
    rows = connection.execute(select(FAQ).where(_IN_USE).order_by(FAQ.c.id))
    return {
        row.id: FaqEntry(
            row.id,
            row.title,
            row.answer,
            tuple(row.phrasings),
            row.source,
            row.dated,
            row.title_en,
            row.answer_en,
            row.sample,
            row.version,
        )
        for row in rows
    }


def misses(connection: Connection, house: DataKey, limit: int) -> list[Miss]:
    """Questions without an answer, the most asked first."""
    rows = connection.execute(select(MISS).order_by(MISS.c.times.desc(), MISS.c.last_at.desc()).limit(limit))
    return [
        Miss(
            opened(house, "miss|sealed", row.words_ix.hex(), row.sealed).get("words", ""),
            row.times,
            row.first_at,
            row.last_at,
        )
        for row in rows
    ]
