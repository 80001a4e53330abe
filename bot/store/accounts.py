"""Accounts of those at the desk: set-up codes, passwords (hashed), sessions that can be ended, failed tries."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Index, delete, func, insert, select, update
from sqlmodel import Field, SQLModel

from bot.store.columns import Bytes, Utc, Words
from bot.store.ready import Both, Ready
from bot.store.tables import STRICT, table

IDLE = timedelta(minutes=30)  #: Of a session nobody used.
ABSOLUTE = timedelta(hours=12)  #: Of a session, however busy.
CODE_LIVES = timedelta(hours=72)
TOUCH = timedelta(minutes=1)  #: `seen_at` is written at most so often.

#: Characters of a set-up code: none that looks like another. 16 of them are 78 bits.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE = 16


class AccountRow(SQLModel, table=True):
    """Who may sign in: a person of the directory. Without a password a code waits to be used."""

    __tablename__ = "desk_account"
    __table_args__ = STRICT
    person: str = Field(primary_key=True, sa_type=Words)
    password: str | None = Field(default=None, sa_type=Words)  #: As argon2 writes it.
    code: bytes | None = Field(default=None, sa_type=Bytes, unique=True)
    code_until: datetime | None = Field(default=None, sa_type=Utc)
    invited_at: datetime = Field(sa_type=Utc)
    set_at: datetime | None = Field(default=None, sa_type=Utc)
    revoked_at: datetime | None = Field(default=None, sa_type=Utc)


class DeskSessionRow(SQLModel, table=True):
    """A browser that signed in, by the hash of its cookie."""

    __tablename__ = "desk_session"
    __table_args__ = (Index("desk_session_person", "person"), STRICT)
    hash: bytes = Field(primary_key=True, sa_type=Bytes)
    person: str = Field(sa_type=Words, foreign_key="desk_account.person")
    began_at: datetime = Field(sa_type=Utc)
    seen_at: datetime = Field(sa_type=Utc)


class TryRow(SQLModel, table=True):
    """How often somebody tried of late, by a blind index of the name or the address: when the allowance is whole."""

    __tablename__ = "desk_try"
    __table_args__ = STRICT
    key: bytes = Field(primary_key=True, sa_type=Bytes)
    full_at: datetime = Field(sa_type=Utc)


ACCOUNT, SESSION, TRY = table(AccountRow), table(DeskSessionRow), table(TryRow)


def _try(insert: Any) -> Any:
    new = insert(TRY).inline()
    return new.on_conflict_do_update(index_elements=[TRY.c.key], set_={"full_at": new.excluded.full_at})


_TRIED = Ready(Both(_try))


@dataclass(frozen=True, slots=True)
class Account:
    """An account, without its secrets."""

    person: str
    ready: bool  #: Has a password.
    code_until: datetime | None
    invited_at: datetime
    revoked_at: datetime | None
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class DeskSession:
    """A live session."""

    person: str
    token: str = field(repr=False)
    began_at: datetime
    stale: bool  #: `seen_at` is old enough to be written again.


def hash_of(token: str) -> bytes:
    """What is kept of a token or a code: both are random, so a plain hash does."""
    return sha256(token.encode("utf-8", "replace")).digest()


# --- invitations


def invite(connection: Connection, person: str, now: datetime) -> str:
    """Returns a new set-up code, shown this once. The one before opens nothing more; a password that is there holds
    until the code is used."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE))
    new = {"code": hash_of(code), "code_until": now + CODE_LIVES, "invited_at": now, "revoked_at": None}
    if connection.execute(update(ACCOUNT).where(ACCOUNT.c.person == person).values(new)).rowcount == 0:
        connection.execute(insert(ACCOUNT).values(person=person, **new))
    return "-".join(code[at : at + 4] for at in range(0, _CODE, 4))


def plain_code(written: str) -> str:
    """A code as it was typed, without hyphens and blanks."""
    return "".join(char for char in written.lower() if char in _LETTERS)


def invited(connection: Connection, code: str, now: datetime) -> str | None:
    """Whose code this is, while it can be used. Asking does not use it up."""
    good = (ACCOUNT.c.code == hash_of(plain_code(code))) & (ACCOUNT.c.code_until > now)
    found: str | None = connection.scalar(select(ACCOUNT.c.person).where(good))
    return found


def set_up(connection: Connection, code: str, password: str, now: datetime) -> str | None:
    """Uses the code up: `password` (hashed) is the person's from now on, and sessions of the old one end. Returns the
    person, None when the code was used or is too old."""
    person = invited(connection, code, now)
    good = (ACCOUNT.c.code == hash_of(plain_code(code))) & (ACCOUNT.c.code_until > now)
    new = {"password": password, "code": None, "code_until": None, "set_at": now, "revoked_at": None}
    if person is None or connection.execute(update(ACCOUNT).where(good).values(new)).rowcount != 1:
        return None
    sign_out_everywhere(connection, person)
    return person


def revoke(connection: Connection, person: str, now: datetime) -> bool:
    """Closes the account: password, code and sessions are gone. False when there is none open."""
    gone = {"password": None, "code": None, "code_until": None, "revoked_at": now}
    mine = (ACCOUNT.c.person == person) & ACCOUNT.c.revoked_at.is_(None)
    done = connection.execute(update(ACCOUNT).where(mine).values(gone)).rowcount > 0
    sign_out_everywhere(connection, person)
    return done


def accounts(connection: Connection, now: datetime) -> list[Account]:
    """All accounts, those that were revoked, too."""
    live = (SESSION.c.seen_at > now - IDLE) & (SESSION.c.began_at > now - ABSOLUTE)
    counted = select(SESSION.c.person, func.count()).where(live).group_by(SESSION.c.person)
    sessions = {row[0]: row[1] for row in connection.execute(counted)}
    return [
        Account(
            row.person, row.password is not None, row.code_until, row.invited_at, row.revoked_at,
            sessions.get(row.person, 0),
        )
        for row in connection.execute(select(ACCOUNT).order_by(ACCOUNT.c.person))
    ]  # fmt: skip


def password_of(connection: Connection, person: str) -> str | None:
    """The hash of the person's password; None for an unknown or revoked one."""
    mine = (ACCOUNT.c.person == person) & ACCOUNT.c.revoked_at.is_(None)
    found: str | None = connection.scalar(select(ACCOUNT.c.password).where(mine))
    return found


def held_password_of(connection: Connection, person: str) -> str | None:
    """The same; nobody changes it until this transaction ends, and whoever waits to ends the session made here, too."""
    mine = (ACCOUNT.c.person == person) & ACCOUNT.c.revoked_at.is_(None)
    found: str | None = connection.scalar(select(ACCOUNT.c.password).where(mine).with_for_update())
    return found


def change_password(connection: Connection, person: str, password: str, now: datetime, but: str) -> None:
    """Another password (hashed), unless the account was closed meanwhile. Every session of the person ends but that of
    the token `but`."""
    mine = (ACCOUNT.c.person == person) & ACCOUNT.c.revoked_at.is_(None)
    connection.execute(update(ACCOUNT).where(mine).values(password=password, set_at=now))
    others = (SESSION.c.person == person) & (SESSION.c.hash != hash_of(but))
    connection.execute(delete(SESSION).where(others))


# --- sessions


def sign_in(connection: Connection, person: str, now: datetime) -> str:
    """Returns the token of a new session: 256 bits, of which the hash is kept."""
    token = secrets.token_urlsafe(32)
    connection.execute(insert(SESSION).values(hash=hash_of(token), person=person, began_at=now, seen_at=now))
    return token


def session_of(connection: Connection, token: str, now: datetime) -> DeskSession | None:
    """The live session of a cookie; None when it was ended, is too old or was idle too long, or the account is
    closed."""
    its = (SESSION.c.hash == hash_of(token)) & (ACCOUNT.c.person == SESSION.c.person) & ACCOUNT.c.revoked_at.is_(None)
    row: Any = connection.execute(select(SESSION).where(its)).first()
    if row is None or now - row.seen_at > IDLE or now - row.began_at > ABSOLUTE:
        return None
    return DeskSession(row.person, token, row.began_at, now - row.seen_at > TOUCH)


def touch(connection: Connection, token: str, now: datetime) -> None:
    mine = (SESSION.c.hash == hash_of(token)) & (SESSION.c.seen_at < now)
    connection.execute(update(SESSION).where(mine).values(seen_at=now))


def sign_out(connection: Connection, token: str) -> None:
    connection.execute(delete(SESSION).where(SESSION.c.hash == hash_of(token)))


def sign_out_everywhere(connection: Connection, person: str) -> int:
    """Ends every session of the person. Returns how many there were."""
    return connection.execute(delete(SESSION).where(SESSION.c.person == person)).rowcount


# --- tries


def tried(connection: Connection, key: bytes, now: datetime, most: int, every: timedelta) -> timedelta:
    """Counts a try. Returns no time, or how long to wait for the next one; then this one did not count. So many may
    follow each other at once, then one in `every`."""
    kept = connection.scalar(select(TRY.c.full_at).where(TRY.c.key == key).with_for_update())
    full_at = max(kept, now) if kept else now
    wait: timedelta = full_at + every - now - most * every
    if wait > timedelta(0):
        return wait
    _TRIED.count(connection, {"key": key, "full_at": full_at + every})
    return timedelta(0)


def forgive(connection: Connection, *keys: bytes) -> None:
    """Whoever got in had tried rightly."""
    connection.execute(delete(TRY).where(TRY.c.key.in_(keys)))


def sweep(connection: Connection, now: datetime) -> None:
    """Erases sessions that are over, and tries that count no more."""
    over = (SESSION.c.seen_at < now - IDLE) | (SESSION.c.began_at < now - ABSOLUTE)
    connection.execute(delete(SESSION).where(over))
    connection.execute(delete(TRY).where(TRY.c.full_at < now))
