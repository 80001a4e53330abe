"""The book of who looked behind a mask, and why: only ever added to, each line bound to the one before it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Index, insert, select
from sqlmodel import Field, SQLModel

from bot.store.columns import Big, Bytes, Utc, Words, micros
from bot.store.private import DataKey, Keys, opened
from bot.store.rows import key_of
from bot.store.tables import STRICT, one_of, table, where


class Deed(StrEnum):
    INVITE = "invite"  #: A set-up code was made.
    REVOKE = "revoke"
    SET_UP = "set_up"  #: A password was set by a code.
    SIGN_IN = "sign_in"
    PASSWORD = "password"  #: A password was changed.
    UNMASK = "unmask"  #: Saw who reported a case.
    RETRY = "retry"  #: Put a parked message, or an alert's letter to a group, back in line.
    DROP = "drop"  #: Dropped a parked message, or let a group be that was not reached.


class AuditRow(SQLModel, table=True):
    """One line of the book. A trigger refuses to change or delete any."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_subject", "subject", "by", "at"),
        where("audit_owner", "owner <> ''", "owner", "id"),
        one_of("deed", Deed),
        STRICT,
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Words)  #: Person id, or "console" for a command.
    deed: str = Field(sa_type=Words)
    subject: str = Field(sa_type=Words)  #: Case number, person id, or the cause of a parked message.
    sealed: bytes | None = Field(default=None, sa_type=Bytes)  #: The reason.
    follows: bytes = Field(sa_type=Bytes, unique=True)  #: `bound` of the line before: no two follow the same one.
    bound: bytes = Field(sa_type=Bytes)  #: A hash of this line and of the one before it.
    #: The resident it is about, under whose key the reason lies; empty: the house's.
    owner: str = Field(default="", sa_type=Words, sa_column_kwargs={"server_default": ""})


AUDIT = table(AuditRow)

#: How long a mask stays lifted after a reason was given.
LIFTED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as it is read."""

    at: datetime
    by: str
    deed: Deed
    subject: str
    reason: str = field(default="", repr=False)


def write(
    connection: Connection,
    house: DataKey,
    by: str,
    deed: Deed,
    subject: str,
    now: datetime,
    reason: str = "",
    about: DataKey | None = None,
) -> None:
    """Adds a line. `about`: the key of the resident whose data was looked at; they are shown the line, and the reason
    goes with them. Two processes that write at once follow the same line, which the database refuses one of them."""
    key = about or house
    sealed = key.seal("audit|sealed", f"{subject}|{micros(now)}", {"reason": reason}) if reason else None
    row: dict[str, Any] = {"at": now, "by": by, "deed": deed.value, "subject": subject, "sealed": sealed}
    row["owner"] = about.id if about else ""
    last = connection.scalar(select(AUDIT.c.bound).order_by(AUDIT.c.id.desc()).limit(1)) or b""
    connection.execute(insert(AUDIT).values(**row, follows=last, bound=_bound(last, row)))


def unmasked(connection: Connection, subject: str, by: str, since: datetime) -> bool:
    """Whether this person gave a reason for this case since then."""
    mine = (AUDIT.c.subject == subject, AUDIT.c.by == by, AUDIT.c.at > since, AUDIT.c.deed == Deed.UNMASK.value)
    return connection.execute(select(AUDIT.c.id).where(*mine).limit(1)).first() is not None


def entries(
    connection: Connection, keys: Keys, house: DataKey, limit: int = 100, subject: str = "", about: str = ""
) -> list[Entry]:
    """The newest lines: of one subject, about one resident, or all."""
    wanted = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    if subject:
        wanted = wanted.where(AUDIT.c.subject == subject)
    if about:
        wanted = wanted.where(AUDIT.c.owner == about)
    found = []
    for row in connection.execute(wanted):
        key = key_of(connection, keys, row.owner) if row.owner else house
        words = opened(key, "audit|sealed", f"{row.subject}|{micros(row.at)}", row.sealed or None)
        found.append(Entry(row.at, row.by, Deed(row.deed), row.subject, words.get("reason", "")))
    return found


def first_bad(connection: Connection) -> int | None:
    """The id of the first line that does not follow from the one before it; None when all do."""
    last = b""
    for row in connection.execute(select(AUDIT).order_by(AUDIT.c.id)):
        if row.follows != last or not hmac.compare_digest(row.bound, _bound(last, row._mapping)):
            return int(row.id)
        last = row.bound
    return None


def _bound(last: bytes, row: Any) -> bytes:
    parts = [str(micros(row["at"])), row["by"], row["deed"], row["subject"], (row["sealed"] or b"").hex()]
    if row["owner"]:  # Lines of before there was this column are bound without it.
        parts.append(row["owner"])
    return sha256(last + "\x1f".join(parts).encode()).digest()
