"""The web channel's doors: one-time links and sessions. Tokens have 256 bits and are stored hashed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import Field, SQLModel

from bot.store.columns import Bytes, Utc, Words

IDLE = timedelta(days=30)  #: Many residents are old and come once a month; signing in again is a walk to the cadre.
ABSOLUTE = timedelta(days=180)
LINK_LIVES = timedelta(days=7)
TOUCH = timedelta(hours=1)  #: `seen_at` is written at most so often.

_STRICT = {"sqlite_strict": True}


class WebLinkRow(SQLModel, table=True):
    """A one-time link, by the hash of its token."""

    __tablename__ = "web_link"
    __table_args__ = _STRICT
    hash: bytes = Field(primary_key=True, sa_type=Bytes)
    user_id: str = Field(sa_type=Words, foreign_key="web_user.id")
    expires_at: datetime = Field(sa_type=Utc)
    used_at: datetime | None = Field(default=None, sa_type=Utc)


class WebSessionRow(SQLModel, table=True):
    """A browser that came in, by the hash of its cookie."""

    __tablename__ = "web_session"
    __table_args__ = _STRICT
    hash: bytes = Field(primary_key=True, sa_type=Bytes)
    user_id: str = Field(sa_type=Words, foreign_key="web_user.id", index=True)
    began_at: datetime = Field(sa_type=Utc)
    seen_at: datetime = Field(sa_type=Utc)


LINKS, SESSIONS = SQLModel.metadata.tables["web_link"], SQLModel.metadata.tables["web_session"]


@dataclass(frozen=True, slots=True)
class Session:
    """A live session."""

    user_id: str
    stale: bool  #: `seen_at` is old enough to be written again.


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


def invite(connection: Connection, user_id: str, now: datetime, lives: timedelta = LINK_LIVES) -> str:
    """Returns the token of a new one-time link. It is nowhere else: whoever loses it gets another."""
    token = secrets.token_urlsafe(32)
    connection.execute(insert(LINKS).values(hash=_hash(token), user_id=user_id, expires_at=now + lives))
    return token


def link_opens(connection: Connection, token: str, now: datetime) -> bool:
    """Whether the link would open the door. Asking does not use it up (chat apps look at links before people do)."""
    good = (LINKS.c.hash == _hash(token)) & LINKS.c.used_at.is_(None) & (LINKS.c.expires_at > now)
    return connection.execute(select(LINKS.c.user_id).where(good)).first() is not None


def redeem(connection: Connection, token: str, now: datetime) -> str | None:
    """Uses the link up and returns a session's token; None when it was used, has expired or never was."""
    good = (LINKS.c.hash == _hash(token)) & LINKS.c.used_at.is_(None) & (LINKS.c.expires_at > now)
    used = connection.execute(update(LINKS).where(good).values(used_at=now))  # One of two at once gets it.
    if used.rowcount != 1:
        return None
    user_id = connection.scalar(select(LINKS.c.user_id).where(LINKS.c.hash == _hash(token)))
    session = secrets.token_urlsafe(32)
    connection.execute(insert(SESSIONS).values(hash=_hash(session), user_id=user_id, began_at=now, seen_at=now))
    return session


def session_of(connection: Connection, token: str, now: datetime) -> Session | None:
    """The live session of a cookie; None when it was revoked, is too old or was idle too long."""
    row = connection.execute(select(SESSIONS).where(SESSIONS.c.hash == _hash(token))).first()
    if row is None or now - row.seen_at > IDLE or now - row.began_at > ABSOLUTE:
        return None
    return Session(row.user_id, now - row.seen_at > TOUCH)


def touch(connection: Connection, token: str, now: datetime) -> None:
    mine = (SESSIONS.c.hash == _hash(token)) & (SESSIONS.c.seen_at < now)
    connection.execute(update(SESSIONS).where(mine).values(seen_at=now))


def revoke(connection: Connection, token: str) -> None:
    """Ends one session."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.hash == _hash(token)))


def revoke_all(connection: Connection, user_id: str, now: datetime) -> int:
    """Ends every session of a user and closes the links not used yet. Returns how many sessions ended."""
    connection.execute(update(LINKS).where(LINKS.c.user_id == user_id, LINKS.c.used_at.is_(None)).values(used_at=now))
    return connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == user_id)).rowcount


def sweep(connection: Connection, now: datetime) -> None:
    """Erases sessions and links that open nothing any more."""
    connection.execute(
        delete(SESSIONS).where((SESSIONS.c.seen_at < now - IDLE) | (SESSIONS.c.began_at < now - ABSOLUTE))
    )
    connection.execute(delete(LINKS).where((LINKS.c.expires_at < now) | LINKS.c.used_at.is_not(None)))
