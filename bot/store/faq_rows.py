"""The FAQ in rows: what operators import, add and withdraw, and what it said before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, literal, select, update

from bot.outcome import FaqEntry
from bot.store.columns import Flag
from bot.store.directory_tables import FAQ, FAQ_CHANGE
from bot.store.meta import changed
from bot.store.ready import Both
from nlu.audience import Audience


@dataclass(frozen=True, slots=True)
class FaqChange:
    """What an entry said from a version on; `said` is empty when it was withdrawn then."""

    entry: str
    version: int
    at: datetime
    by: str
    said: dict[str, Any] = field(default_factory=dict)


def _anew(insert: Any) -> Any:
    new = insert(FAQ).inline()
    columns = {column.name: new.excluded[column.name] for column in FAQ.columns if column.name != "id"}
    return new.on_conflict_do_update(index_elements=[FAQ.c.id], set_=columns)


_PUT = Both(_anew)
_IN_USE = FAQ.c.withdrawn == literal(False, Flag())
#: Entries asked for in one statement.
_AT_ONCE = 500


def put(connection: Connection, entries: Iterable[FaqEntry], now: datetime, by: str = "") -> int:
    """Adds entries, or changes those of the same id (a withdrawn one comes back); one that says what it said before
    is let be. Returns how many were changed."""
    wanted = {entry.id: _content(entry) for entry in entries}
    before = _there(connection, list(wanted))
    rows, steps = [], []
    for id_, content in wanted.items():
        version, withdrawn, said = before.get(id_, (0, True, {}))
        if said == content and not withdrawn:
            continue
        row = {"id": id_, "version": version + 1, "withdrawn": False, "changed_at": now, "changed_by": by}
        rows.append({**content, **row})
        steps.append({"entry": id_, "version": version + 1, "at": now, "by": by, "content": _plain(content)})
    if rows:
        connection.execute(_PUT.on(connection), rows)
        connection.execute(insert(FAQ_CHANGE), steps)
        changed(connection, "faq")
    return len(rows)


def withdraw(connection: Connection, entry: str, now: datetime, by: str = "") -> bool:
    """Takes an entry out of use; it stays in the rows. False when none of that id is in use."""
    values = {"withdrawn": True, "version": FAQ.c.version + 1, "changed_at": now, "changed_by": by}
    done = connection.execute(update(FAQ).where(FAQ.c.id == entry, _IN_USE).values(values))
    if done.rowcount:
        version = connection.scalar(select(FAQ.c.version).where(FAQ.c.id == entry))
        step: dict[str, Any] = {"entry": entry, "version": version, "at": now, "by": by, "content": {}}
        connection.execute(insert(FAQ_CHANGE), [step])
        changed(connection, "faq")
    return done.rowcount > 0


def read_faq(connection: Connection) -> dict[str, FaqEntry]:
    """The entries in use, by id; those whose time is over or has not come are among them."""
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
            row.valid_from,
            row.valid_until,
            row.area,
            Audience(row.audience),
            row.instead_of,
            row.changed_at,
            row.changed_by,
        )
        for row in rows
    }


def history(connection: Connection, entry: str) -> list[FaqChange]:
    """What an entry said, the newest first; what it said before changes were kept is not among it."""
    rows = connection.execute(
        select(FAQ_CHANGE).where(FAQ_CHANGE.c.entry == entry).order_by(FAQ_CHANGE.c.version.desc())
    )
    return [FaqChange(row.entry, row.version, row.at, row.by, row.content) for row in rows]


def _content(entry: FaqEntry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "answer": entry.answer,
        "phrasings": list(entry.phrasings),
        "source": entry.source,
        "dated": entry.dated,
        "title_en": entry.title_en,
        "answer_en": entry.answer_en,
        "sample": entry.sample,
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
        "area": entry.area,
        "audience": entry.audience.value,
        "instead_of": entry.instead_of,
    }


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, date) else value for name, value in content.items()}


def _there(connection: Connection, ids: list[str]) -> dict[str, tuple[int, bool, dict[str, Any]]]:
    """Id -> version, whether it is withdrawn, and what it says; of those that are there."""
    found = {}
    for start in range(0, len(ids), _AT_ONCE):
        for row in connection.execute(select(FAQ).where(FAQ.c.id.in_(ids[start : start + _AT_ONCE]))).mappings():
            said = {name: row[name] for name in _CONTENT}
            found[row["id"]] = (row["version"], row["withdrawn"], said)
    return found


_CONTENT = tuple(_content(FaqEntry("", "", "")))
