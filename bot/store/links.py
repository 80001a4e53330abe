"""One-time links: only the hash of the token is stored, the subject is sealed under its resident's key."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from bot.outcome import Link
from bot.store.private import Keys, opened
from bot.store.rows import key_of
from bot.store.tables import LINK

_LINK = select(LINK.c.hash, LINK.c.purpose, LINK.c.sealed, LINK.c.resident, LINK.c.expires_at).where(
    LINK.c.hash == bindparam("hash")
)


def link_hash(token: str) -> bytes:
    """What is stored of a token: it has 256 random bits, so a plain hash does."""
    return hashlib.sha256(token.encode()).digest()


def read(connection: Connection, keys: Keys, token: str, now: datetime, resident: str = "") -> Link | None:
    """Returns the link, if it is still open and, where one is named, this resident's."""
    row = connection.execute(_LINK, {"hash": link_hash(token)}).first()
    if row is None or row.expires_at <= now or (resident and row.resident != resident):
        return None
    words = opened(key_of(connection, keys, row.resident), "link|sealed", row.hash.hex(), row.sealed or None)
    return Link(token, row.purpose, words.get("subject", ""), row.resident, row.expires_at)


def use(connection: Connection, keys: Keys, token: str, now: datetime) -> Link | None:
    """Returns the link and closes it; None when it was used, has ended, or never was."""
    open_now = (LINK.c.hash == link_hash(token)) & (LINK.c.expires_at > now)
    found = read(connection, keys, token, now)
    if found is None or not connection.execute(update(LINK).where(open_now).values(expires_at=now)).rowcount:
        return None
    return found
