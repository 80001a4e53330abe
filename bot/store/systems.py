"""Other systems: their keys (hashed), what each may do, and the endpoints that are told what becomes of cases."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlmodel import Field, SQLModel

from bot.store.columns import Bytes, Flag, Json, Utc, Words
from bot.store.private import DataKey
from bot.store.tables import STRICT, table
from bot.webhooks import secret_of

#: What a key may be good for.
MAY = ("open311", "signals", "cap", "pfif", "missing")


class SystemRow(SQLModel, table=True):
    """Another system that may report. Of its key the hash is kept; its webhook secret is sealed, for signing needs
    it as it is."""

    __tablename__ = "system"
    __table_args__ = STRICT
    name: str = Field(primary_key=True, sa_type=Words)
    key_hash: bytes = Field(sa_type=Bytes, unique=True)
    may: Any = Field(default_factory=list, sa_type=Json)
    sealed: bytes = Field(sa_type=Bytes)
    created_at: datetime = Field(sa_type=Utc)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Utc)


class HookRow(SQLModel, table=True):
    """An endpoint that hears what becomes of cases. `inside`: it may lie in a private network."""

    __tablename__ = "hook"
    __table_args__ = STRICT
    name: str = Field(primary_key=True, sa_type=Words)
    url: str = Field(sa_type=Words)
    events: Any = Field(default_factory=list, sa_type=Json)
    inside: bool = Field(default=False, sa_type=Flag)
    sealed: bytes = Field(sa_type=Bytes)
    created_at: datetime = Field(sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
    closed_why: str = Field(default="", sa_type=Words)


SYSTEM, HOOK = table(SystemRow), table(HookRow)


@dataclass(frozen=True, slots=True)
class System:
    """Another system, as its key showed it."""

    name: str
    may: frozenset[str]
    created_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """An endpoint. `events` are beginnings of event types ("case" is all of them)."""

    name: str
    url: str
    events: tuple[str, ...]
    inside: bool
    secret: str = field(repr=False)
    created_at: datetime
    closed_at: datetime | None = None
    closed_why: str = ""  #: Where nobody here closed it: what it answered.


# --- keys


def add_system(
    connection: Connection, house: DataKey, name: str, may: Iterable[str], now: datetime
) -> tuple[str, str] | None:
    """Returns (key, webhook secret), which are shown this once. A name whose key was withdrawn gets a new one; None
    when it has one."""
    key, secret = "wy_" + secrets.token_urlsafe(32), secret_of(secrets.token_bytes(32))
    row = {
        "key_hash": hash_of(key),
        "may": sorted(may),
        "sealed": house.seal("system|sealed", name, {"secret": secret}),
        "created_at": now,
        "withdrawn_at": None,
    }
    there = connection.execute(select(SYSTEM.c.withdrawn_at).where(SYSTEM.c.name == name)).first()
    if there is None:
        connection.execute(SYSTEM.insert().values(name=name, **row))
    elif there.withdrawn_at is None:
        return None
    else:
        connection.execute(update(SYSTEM).where(SYSTEM.c.name == name).values(**row))
    return key, secret


def withdraw_system(connection: Connection, name: str, now: datetime) -> bool:
    """From now on the key opens nothing. False when none of that name is in use."""
    live = (SYSTEM.c.name == name) & SYSTEM.c.withdrawn_at.is_(None)
    return connection.execute(update(SYSTEM).where(live).values(withdrawn_at=now)).rowcount > 0


def all_systems(connection: Connection) -> list[System]:
    return [_system(row) for row in connection.execute(select(SYSTEM).order_by(SYSTEM.c.name))]


def system_by_key(connection: Connection, key: str) -> System | None:
    """Whose key this is, if it is still good."""
    live = (SYSTEM.c.key_hash == hash_of(key)) & SYSTEM.c.withdrawn_at.is_(None)
    row = connection.execute(select(SYSTEM).where(live)).first()
    return _system(row) if row else None


def signers(connection: Connection, house: DataKey) -> list[tuple[System, str]]:
    """The systems that may send signals, with their webhook secrets."""
    rows = connection.execute(select(SYSTEM).where(SYSTEM.c.withdrawn_at.is_(None)).order_by(SYSTEM.c.name))
    found = [(_system(row), _secret(house, "system", row)) for row in rows]
    return [(system, secret) for system, secret in found if "signals" in system.may]


def hash_of(key: str) -> bytes:
    """What is kept of a key: it has 256 random bits, so a plain hash does."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


# --- endpoints


def add_hook(
    connection: Connection, house: DataKey, name: str, url: str, events: Iterable[str], inside: bool, now: datetime
) -> str | None:
    """Returns the endpoint's secret, which is shown this once; None when there is one of that name in use."""
    secret = secret_of(secrets.token_bytes(32))
    row = {
        "url": url,
        "events": sorted(events),
        "inside": inside,
        "sealed": house.seal("hook|sealed", name, {"secret": secret}),
        "created_at": now,
        "closed_at": None,
        "closed_why": "",
    }
    there = connection.execute(select(HOOK.c.closed_at).where(HOOK.c.name == name)).first()
    if there is None:
        connection.execute(HOOK.insert().values(name=name, **row))
    elif there.closed_at is None:
        return None
    else:
        connection.execute(update(HOOK).where(HOOK.c.name == name).values(**row))
    return secret


def close_hook(connection: Connection, name: str, now: datetime, why: str = "") -> bool:
    """It hears nothing more. `why` is its own doing; without it somebody here wants it so, also of one that went by
    itself. False when none of that name is in use."""
    live = (HOOK.c.name == name) & HOOK.c.closed_at.is_(None)
    closed = connection.execute(update(HOOK).where(live).values(closed_at=now, closed_why=why)).rowcount > 0
    if closed or why:
        return closed
    went = (HOOK.c.name == name) & (HOOK.c.closed_why != "")
    return connection.execute(update(HOOK).where(went).values(closed_why="")).rowcount > 0


def resume_hook(connection: Connection, name: str) -> bool:
    """It hears again, at its old address and with its old secret. False when none of that name is closed."""
    closed = (HOOK.c.name == name) & HOOK.c.closed_at.is_not(None)
    return connection.execute(update(HOOK).where(closed).values(closed_at=None, closed_why="")).rowcount > 0


def hooks(connection: Connection, house: DataKey) -> list[Hook]:
    """All endpoints, those that were closed, too."""
    return [
        Hook(
            row.name,
            row.url,
            tuple(row.events),
            row.inside,
            _secret(house, "hook", row),
            row.created_at,
            row.closed_at,
            row.closed_why,
        )
        for row in connection.execute(select(HOOK).order_by(HOOK.c.name))
    ]


def _system(row: Any) -> System:
    return System(row.name, frozenset(row.may), row.created_at, row.withdrawn_at)


def _secret(house: DataKey, kind: str, row: Any) -> str:
    return str(house.open(f"{kind}|sealed", row.name, row.sealed)["secret"])
