"""Versions of what processes keep in memory of the database: the directory, its groups, the FAQ, the ways to staff."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from bot.store.ready import Both
from bot.store.tables import META


def _upward(insert: Any) -> Any:
    new = insert(META).inline()
    return new.on_conflict_do_update(index_elements=[META.c.name], set_={"value": META.c.value + 1})


_UPWARD = Both(_upward)


def _set(insert: Any) -> Any:
    new = insert(META).inline()
    return new.on_conflict_do_update(index_elements=[META.c.name], set_={"value": new.excluded.value})


_PUT = Both(_set)
_ALL = select(META.c.name, META.c.value)


def changed(connection: Connection, name: str) -> None:
    """Counts the version up: every process reads `name` anew."""
    connection.execute(_UPWARD.on(connection), {"name": name, "value": 1})


def put(connection: Connection, name: str, value: int) -> None:
    """Sets a number that is no version."""
    connection.execute(_PUT.on(connection), {"name": name, "value": value})


def versions(connection: Connection) -> dict[str, int]:
    """Name -> version; what never changed is missing."""
    return {row.name: row.value for row in connection.execute(_ALL)}
