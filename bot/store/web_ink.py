"""Names and messages of the browser chat, sealed: each under its author's key, the bot's under its reader's.

A sealed value stands in its text column as a mark and base64, so that sealed and plain rows can lie side by side.
Destroying a person's key makes what they wrote, and what the bot wrote to them alone, unreadable in backups too.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from bot.store.private import HOUSE, DataKey, Keys
from bot.store.rows import Stale, key_of, new_key
from bot.store.tables import PERSON_KEY

#: No text that was ever written begins with it: controls are taken out before.
MARK = "\x01"


def owner_of(user_id: str | None) -> str:
    """Whose key: a user's, or the house's for what everybody in a group may read."""
    return f"web:{user_id}" if user_id else HOUSE


def sealed(
    connection: Connection, keys: Keys | None, owner: str, place: str, row: str, value: dict[str, Any], now: datetime
) -> str | None:
    """The value as it is kept; None without keys: then it is kept as it is. Under a destroyed key nothing is kept."""
    if keys is None:
        return None
    key = _key(connection, keys, owner, now)
    return MARK + b64encode(key.seal(place, row, value)).decode() if key else MARK


def opened(
    connection: Connection, keys: Keys | None, owner: str, place: str, row: str, kept: str
) -> dict[str, Any] | None:
    """The value; {} when its key was destroyed or is not at hand; None when it was not sealed. Raises Tampered."""
    if not kept.startswith(MARK):
        return None
    key = key_of(connection, keys, owner) if keys and kept != MARK else None
    value: dict[str, Any] = key.open(place, row, b64decode(kept[1:])) if key else {}
    return value


def renewed(connection: Connection, keys: Keys, owner: str, now: datetime) -> None:
    """Gives somebody who was erased and comes again a key of their own once more."""
    if key_of(connection, keys, owner) is None:
        key, wrapped = keys.fresh(owner)
        again = {"wrapped": wrapped, "created_at": now, "destroyed_at": None}
        gone = (PERSON_KEY.c.id == owner) & PERSON_KEY.c.wrapped.is_(None)
        if connection.execute(update(PERSON_KEY).where(gone).values(again)).rowcount == 0:
            _key(connection, keys, key.id, now)


def _key(connection: Connection, keys: Keys, owner: str, now: datetime) -> DataKey | None:
    """The owner's key, made at the first word; None when it was destroyed."""
    if key := key_of(connection, keys, owner):
        return key
    try:
        return new_key(connection, keys, owner, now)
    except Stale:  # Another process made it at this moment; or it was destroyed.
        return key_of(connection, keys, owner)
