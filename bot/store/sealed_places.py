"""Every place in which something sealed lies, with whose key seals it: the one list for changing keys.

A new sealed column is added here, or a change of keys would leave it behind; a test holds the list against the tables.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, and_, select, tuple_, update

from bot.store.accounts_audit import AUDIT
from bot.store.alert_rows import ALERT, ALERT_STEP
from bot.store.alert_rows import owner as alert
from bot.store.columns import micros
from bot.store.directory_rows import owner as staff
from bot.store.directory_tables import PERSON, POSITION
from bot.store.letter_rows import PAYLOADS
from bot.store.private import HOUSE, DataKey
from bot.store.systems import HOOK, SYSTEM
from bot.store.tables import CASE, INBOX, LINK, MISS, PHOTO, REACH, RESIDENT, STEP, THREAD
from bot.store.tenant_rows import TENANCY
from bot.store.tenant_rows import owner as tenant
from bot.store.web_chat import CHATS, MESSAGES, NAME_PLACE, USERS, WORDS_PLACE, writer_of
from bot.store.web_ink import MARK, owner_of

#: Beginnings of the owners whose data keys are changed; other keys are only wrapped anew.
CHANGED = ("staff:", "web:", "alert:", "tenant:")


@dataclass(frozen=True, slots=True)
class Place:
    """A column with sealed values, and how a row of it says whose they are."""

    table: Table
    column: str
    name: str  #: As it stands in the associated data.
    owner: Callable[[Row[Any]], str]
    row: Callable[[Row[Any]], str]  #: The row's name in the associated data.
    also: Select[Any] | None = None  #: What is read beside the table's own columns, joined.
    fixed: bool = False  #: Rows that may never be changed: their keys stay as they are.

    def rows(self, connection: Connection, after: tuple[Any, ...] | None, most: int) -> list[Row[Any]]:
        """The next rows by primary key in which something is sealed."""
        keys = tuple(self.table.primary_key.columns)
        wanted = (self.also if self.also is not None else select(self.table)).where(
            self.table.c[self.column].is_not(None)
        )
        if after is not None:
            wanted = wanted.where(tuple_(*keys) > tuple_(*after) if len(keys) > 1 else keys[0] > after[0])
        return list(connection.execute(wanted.order_by(*keys).limit(most)))

    def at(self, row: Row[Any]) -> tuple[Any, ...]:
        return tuple(row._mapping[column.name] for column in self.table.primary_key.columns)

    def sealed(self, row: Row[Any]) -> bytes | None:
        """What lies sealed there; None where nothing does."""
        kept = row._mapping[self.column]
        if isinstance(kept, str):
            return b64decode(kept[1:]) if kept.startswith(MARK) and kept != MARK else None
        return kept or None

    def anew(self, connection: Connection, row: Row[Any], key: DataKey) -> bool:
        """Seals the value with the key that seals now. False when there is nothing to do, or the row was changed
        meanwhile (whoever did so sealed it newly). Raises Tampered."""
        kept, name = self.sealed(row), self.row(row)
        if kept is None or key.opens_newly(self.name, name, kept):
            return False
        new: Any = key.seal_bytes(self.name, name, key.open_bytes(self.name, name, kept))
        was = row._mapping[self.column]
        if isinstance(was, str):
            new = MARK + b64encode(new).decode()
        here = and_(*(column == row._mapping[column.name] for column in self.table.primary_key.columns))
        same = self.table.c[self.column] == was
        return connection.execute(update(self.table).where(here, same).values({self.column: new})).rowcount > 0


def _house(row: Row[Any]) -> str:
    return HOUSE


PLACES: tuple[Place, ...] = (
    Place(RESIDENT, "sealed", "resident|sealed", lambda row: row.id, lambda row: row.id),
    Place(THREAD, "sealed", "thread|sealed", lambda row: row.resident, lambda row: row.id),
    Place(CASE, "sealed", "cases|sealed", lambda row: row.reporter, lambda row: row.number),
    Place(
        STEP, "sealed", "step|sealed", lambda row: row.reporter, lambda row: f"{row.cause}#{row.position}",
        select(STEP, CASE.c.reporter).join(CASE, CASE.c.number == STEP.c.case),
    ),
    Place(LINK, "sealed", "link|sealed", lambda row: row.resident, lambda row: row.hash.hex()),
    Place(PERSON, "sealed", "person|sealed", lambda row: staff(row.id), lambda row: row.id),
    Place(POSITION, "sealed", "position|sealed", lambda row: staff(row.person), lambda row: row.person),
    Place(ALERT, "sealed", "alert|sealed", lambda row: alert(row.id), lambda row: row.id),
    Place(
        ALERT_STEP, "sealed", "alert_step|sealed", lambda row: alert(row.alert),
        lambda row: f"{row.cause}#{row.position}",
    ),
    Place(TENANCY, "sealed", "tenancy|sealed", lambda row: tenant(row.id), lambda row: row.id),
    Place(REACH, "sealed", "reach|sealed", _house, lambda row: f"{row.channel}|{row.bot}|{row.user_ix.hex()}"),
    Place(INBOX, "payload", "inbox|payload", _house, lambda row: row.cause),
    Place(PHOTO, "sealed", "photo|sealed", _house, lambda row: row.key),
    Place(MISS, "sealed", "miss|sealed", _house, lambda row: row.words_ix.hex()),
    Place(PAYLOADS, "text", "payload|text", _house, lambda row: str(row.id)),
    Place(SYSTEM, "sealed", "system|sealed", _house, lambda row: row.name),
    Place(HOOK, "sealed", "hook|sealed", _house, lambda row: row.name),
    Place(
        AUDIT, "sealed", "audit|sealed", lambda row: row.owner or HOUSE,
        lambda row: f"{row.subject}|{micros(row.at)}", fixed=True,
    ),
    Place(USERS, "name", NAME_PLACE, lambda row: owner_of(row.id), lambda row: row.id),
    Place(
        MESSAGES, "text", WORDS_PLACE, lambda row: writer_of(row.author, row.owner), lambda row: row.id,
        select(MESSAGES, CHATS.c.owner).join(CHATS, CHATS.c.id == MESSAGES.c.chat),
    ),
)  # fmt: skip
