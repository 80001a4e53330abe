"""Writing into the audit from a page: again, when another process wrote at the same moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.store import Store, accounts_audit
from bot.store.accounts_audit import Deed
from bot.store.rows import key_of

TRIES = 5


async def write_down(
    store: Store, by: str, deed: Deed, subject: str, now: datetime, reason: str = "", about: str = ""
) -> None:
    """Adds a line; `about` is the resident whose data was looked at. Whatever it stands for is only shown or done once
    it is written."""

    def write(connection: Connection) -> None:
        key = key_of(connection, store.keys, about) if about else None
        accounts_audit.write(connection, store.house, by, deed, subject, now, reason, key)

    for left in reversed(range(TRIES)):
        try:
            await store.db.write(write)
            return
        except DBAPIError:
            if not left:
                raise
