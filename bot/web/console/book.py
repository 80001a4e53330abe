"""Writing into the audit from a page: again, when another process wrote at the same moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import DBAPIError

from bot.store import Store, accounts_audit
from bot.store.accounts_audit import Deed

TRIES = 5


async def write_down(store: Store, by: str, deed: Deed, subject: str, now: datetime, reason: str = "") -> None:
    """Adds a line. Whatever it stands for is only shown or done once it is written."""
    for left in reversed(range(TRIES)):
        try:
            await store.db.write(lambda c: accounts_audit.write(c, store.house, by, deed, subject, now, reason))
            return
        except DBAPIError:
            if not left:
                raise
