"""Where patrols said they are: one row each, sealed, gone with the end of the shift."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, literal, select

from bot.outcome import Position
from bot.store.directory_rows import owner
from bot.store.directory_tables import POSITION
from bot.store.meta import changed
from bot.store.private import Keys, opened
from bot.store.ready import Both
from bot.store.rows import key_of
from bot.store.tables import PERSON_KEY


def _newest(insert: Any) -> Any:
    new = insert(POSITION).inline()
    values = {"at": new.excluded.at, "sealed": new.excluded.sealed}
    later = POSITION.c.at < new.excluded.at
    return new.on_conflict_do_update(index_elements=[POSITION.c.person], set_=values, where=later)


_NEWEST = Both(_newest)


def keep(connection: Connection, keys: Keys, position: Position) -> None:
    """Writes down where somebody is; an older place never takes the newer one's. Who is no longer listed has no key,
    and nothing is kept of them."""
    key = key_of(connection, keys, owner(position.person))
    if key is None:
        return
    sealed = key.seal("position|sealed", position.person, {"lat": position.lat, "lon": position.lon})
    connection.execute(_NEWEST.on(connection), {"person": position.person, "at": position.at, "sealed": sealed})
    changed(connection, "positions")


def read(connection: Connection, keys: Keys) -> Mapping[str, Position]:
    """Person id -> where they said they are."""
    own = PERSON_KEY.c.id == literal("staff:") + POSITION.c.person
    rows = connection.execute(select(POSITION, PERSON_KEY.c.wrapped).join_from(POSITION, PERSON_KEY, own))
    found = {}
    for row in rows:
        place = opened(keys.unwrap(owner(row.person), row.wrapped), "position|sealed", row.person, row.sealed)
        if place:
            found[row.person] = Position(row.person, place["lat"], place["lon"], row.at)
    return found


def forget(connection: Connection, before: datetime, stays: Callable[[str], bool]) -> int:
    """Deletes what was shared before that moment, and what is of anybody who does not stay. Returns how many."""
    rows = connection.execute(select(POSITION.c.person, POSITION.c.at)).all()
    gone = [row.person for row in rows if row.at <= before or not stays(row.person)]
    for person in gone:
        connection.execute(delete(POSITION).where(POSITION.c.person == person))
    if gone:
        changed(connection, "positions")
    return len(gone)
