"""Pictures in rows: ordered with a message, then kept or refused."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, literal_column, select, update

from bot.messages import Address, Media, MediaKind
from bot.outcome import PhotoOrder
from bot.store.private import DataKey, opened
from bot.store.tables import PHOTO

#: Written into the statement, not bound: only so do both engines use the index over waiting ones.
_IS_WAITING = PHOTO.c.state == literal_column("'waiting'")
_WAITING = select(PHOTO).where(_IS_WAITING).order_by(PHOTO.c.ordered_at, PHOTO.c.key).limit(bindparam("most"))
_SETTLE = update(PHOTO).where(PHOTO.c.key == bindparam("its")).values(state=bindparam("now"), sealed=None)


def waiting(connection: Connection, house: DataKey, limit: int) -> list[PhotoOrder]:
    """The orders that are neither kept nor refused yet, oldest first."""
    orders = []
    for row in connection.execute(_WAITING, {"most": limit}):
        words = opened(house, "photo|sealed", row.key, row.sealed)
        media = Media(
            MediaKind(row.kind), words.get("ref", ""), words.get("unique", ""), row.size, words.get("kept", False)
        )
        at = Address(row.channel, row.bot, words.get("chat", ""))
        orders.append(PhotoOrder(row.key, at, media, row.case, row.result))
    return orders


def settle(connection: Connection, key: str, state: str) -> None:
    """Kept or refused; what the app calls the picture, and the chat it came from, are forgotten."""
    connection.execute(_SETTLE, {"its": key, "now": state})


def states(connection: Connection, keys: list[str]) -> dict[str, str]:
    """Key -> "waiting", "kept" or "refused"; an unknown key is missing."""
    rows = connection.execute(select(PHOTO.c.key, PHOTO.c.state).where(PHOTO.c.key.in_(keys)))
    return {row.key: row.state for row in rows}
