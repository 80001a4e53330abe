"""Destroying keys: in the row, and in the key file of every machine, so that no copy of the database opens them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from bot.store import meta
from bot.store.personal_tables import CUT_OUT
from bot.store.private import HOUSE, DataKey, Keys, names_of
from bot.store.ready import Both
from bot.store.tables import PERSON_KEY

#: What processes watch to know that keys were changed or destroyed.
KEYS = "keys"


def _once(insert: Any) -> Any:
    return insert(CUT_OUT).inline().on_conflict_do_nothing()


_CUT = Both(_once)
_DUE = select(CUT_OUT.c.name).where(CUT_OUT.c.due <= bindparam("now", type_=CUT_OUT.c.due.type))


def shred(connection: Connection, keys: Keys, owner: str, now: datetime) -> bool:
    """Destroys the owner's data key in its row, and has it cut out of the key files (`cut`, once this is committed).
    False when there was none."""
    wrapped = connection.scalar(select(PERSON_KEY.c.wrapped).where(PERSON_KEY.c.id == owner))
    if wrapped is None:
        return False
    destroyed = {"wrapped": None, "destroyed_at": now}
    connection.execute(update(PERSON_KEY).where(PERSON_KEY.c.id == owner).values(destroyed))
    cut_out(connection, names_of(owner, wrapped), now)
    keys.forget(owner)
    return True


def cut_out(connection: Connection, names: Iterable[str], due: datetime) -> None:
    """Has these names cut out of every machine's key file from `due` on."""
    rows = [{"name": name, "due": due} for name in names]
    if rows:
        connection.execute(_CUT.on(connection), rows)
        meta.changed(connection, KEYS)


def due(connection: Connection, now: datetime) -> list[str]:
    """The names that are to be cut out by now, or were."""
    return list(connection.scalars(_DUE, {"now": now}))


def follow(connection: Connection, keys: Keys, house: DataKey) -> None:
    """Takes over what became of the house's own key."""
    wrapped = connection.scalar(select(PERSON_KEY.c.wrapped).where(PERSON_KEY.c.id == HOUSE))
    new = keys.unwrap(HOUSE, wrapped)
    if new is not None:
        house.renew(new)
        keys.remember(house)
