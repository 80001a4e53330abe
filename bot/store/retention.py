"""What has had its time, by kind: how much of it there is, when more comes, and letting it go, some at a time.

Points stay: they stand under an id that nobody is behind any more. The audit stays: it says who looked, and its reasons
went with the keys of those they were about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, literal_column, or_, select, update

from bot.spans import Spans
from bot.store.letter_rows import FILE_IDS
from bot.store.tables import (
    CASE,
    CAUSE,
    INBOX,
    IS_OPEN,
    PERSON_KEY,
    PHOTO,
    PICTURE,
    PUBLIC_NOTE,
    REACH,
    RESIDENT,
    STEP,
)
from bot.store.web_chat import MESSAGES

AT_ONCE = 500  #: Rows of one transaction.
KINDS = ("updates", "photos", "chat", "cases", "people")


@dataclass(frozen=True, slots=True)
class Due:
    """What is due of a kind."""

    kind: str
    count: int
    before: datetime  #: What is older goes.
    next: datetime | None  #: When the oldest of what stays is due; None: nothing is there.


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a kind lies: a table, how old a row is, what names it, and which rows may go once they are old."""

    table: Any
    age: Any
    name: Any
    goes: Callable[[datetime], ColumnElement[bool]]


def _of_open(table: Table) -> ColumnElement[bool]:
    return exists().where(CASE.c.number == table.c.case, IS_OPEN)


def _silent(before: datetime) -> ColumnElement[bool]:
    """Residents who are there, have nothing open, and neither reported nor wrote to a bot alone since then."""
    lately = exists().where(CASE.c.reporter == RESIDENT.c.id, or_(IS_OPEN, CASE.c.opened_at >= before))
    wrote = exists().where(
        REACH.c.channel == RESIDENT.c.channel, REACH.c.user_ix == RESIDENT.c.user_ix, REACH.c.since >= before
    )
    return RESIDENT.c.user_ix.is_not(None) & ~lately & ~wrote


_KEPT = PHOTO.c.state == literal_column("'kept'")
_HAS_PRINT = exists().where(PICTURE.c.key == PHOTO.c.key)
_SOURCES: dict[str, tuple[_Source, ...]] = {
    "updates": (
        _Source(
            INBOX, INBOX.c.received_at, INBOX.c.arrival,
            lambda _: or_(INBOX.c.payload.is_(None), INBOX.c.parked_at.is_not(None)),
        ),
    ),
    "photos": (
        _Source(PICTURE, PICTURE.c.kept_at, PICTURE.c.key, lambda _: ~_of_open(PICTURE)),
        # What has no print: voice messages.
        _Source(PHOTO, PHOTO.c.ordered_at, PHOTO.c.key, lambda _: _KEPT & ~_of_open(PHOTO) & ~_HAS_PRINT),
    ),
    "chat": (_Source(MESSAGES, MESSAGES.c.sent_at, MESSAGES.c.seq, lambda _: MESSAGES.c.seq > 0),),
    "cases": (_Source(CASE, CASE.c.opened_at, CASE.c.number, lambda _: ~IS_OPEN & (func.length(CASE.c.sealed) > 0)),),
    "people": (
        _Source(
            RESIDENT.join(PERSON_KEY, PERSON_KEY.c.id == RESIDENT.c.id), PERSON_KEY.c.created_at, RESIDENT.c.id, _silent
        ),
    ),
}  # fmt: skip


def due(connection: Connection, now: datetime, spans: Spans) -> list[Due]:
    """What would go now, and when the next."""
    found = []
    for kind in KINDS:
        before, count, next_ = now - spans.of(kind), 0, None
        for source in _SOURCES[kind]:
            goes, rows = source.goes(before), select(func.count(), func.min(source.age)).select_from(source.table)
            count += connection.execute(rows.where(goes, source.age < before)).one()[0]
            stays = connection.execute(rows.where(goes, source.age >= before)).one()[1]
            next_ = min(filter(None, (next_, stays)), default=None)
        found.append(Due(kind, count, before, next_ + spans.of(kind) if next_ else None))
    return found


def old(connection: Connection, kind: str, before: datetime) -> list[Any]:
    """The names of what may go, the oldest first; some of it."""
    found: dict[Any, None] = {}
    for source in _SOURCES[kind]:
        rows = select(source.name).select_from(source.table).where(source.goes(before), source.age < before)
        found |= dict.fromkeys(connection.scalars(rows.order_by(source.age).limit(AT_ONCE)))
    return list(found)


def forget_updates(connection: Connection, before: datetime) -> int:
    """Deletes ids of updates and causes dealt with; of what failed and was never put back in line, the words."""
    arrivals = old(connection, "updates", before)
    these = INBOX.c.arrival.in_(arrivals)
    connection.execute(delete(INBOX).where(these, INBOX.c.payload.is_(None)))
    silent = {"payload": None, "parked_at": None, "error": ""}
    connection.execute(update(INBOX).where(these).values(silent))
    causes = select(CAUSE.c.cause).where(CAUSE.c.at < before).limit(AT_ONCE)
    return len(arrivals) + connection.execute(delete(CAUSE).where(CAUSE.c.cause.in_(causes))).rowcount


def forget_photos(connection: Connection, keys: Sequence[str]) -> int:
    """Forgets these pictures, whose files are gone: their cases show them no more."""
    gone = set(keys)
    cases = set(connection.scalars(select(PHOTO.c.case).where(PHOTO.c.key.in_(keys), PHOTO.c.case != "")))
    cases |= set(connection.scalars(select(PICTURE.c.case).where(PICTURE.c.key.in_(keys), PICTURE.c.case != "")))
    for row in connection.execute(
        select(CASE.c.number, CASE.c.photos, CASE.c.result_photos).where(CASE.c.number.in_(cases))
    ).all():
        left = {name: [key for key in getattr(row, name) if key not in gone] for name in ("photos", "result_photos")}
        if left != {"photos": list(row.photos), "result_photos": list(row.result_photos)}:
            its = update(CASE).where(CASE.c.number == row.number)
            connection.execute(its.values(**left, version=CASE.c.version + 1))
    for step in connection.execute(select(STEP.c.id, STEP.c.photos).where(STEP.c.case.in_(cases))).all():
        if left_over := gone.intersection(step.photos or ()):
            stay = [key for key in step.photos if key not in left_over]
            connection.execute(update(STEP).where(STEP.c.id == step.id).values(photos=stay))
    connection.execute(delete(PICTURE).where(PICTURE.c.key.in_(keys)))
    connection.execute(delete(FILE_IDS).where(FILE_IDS.c.key.in_(keys)))
    connection.execute(update(PHOTO).where(PHOTO.c.key.in_(keys)).values(state="refused", sealed=None))
    return len(gone)


def forget_chat(connection: Connection, before: datetime) -> int:
    """Deletes what was written in the browser chat."""
    return connection.execute(delete(MESSAGES).where(MESSAGES.c.seq.in_(old(connection, "chat", before)))).rowcount


def forget_cases(connection: Connection, before: datetime) -> int:
    """Overwrites the words and places of closed cases. That there was such a case, of what kind, in which grid and
    when, stays for the figures."""
    numbers = old(connection, "cases", before)
    nothing: dict[str, Any] = {"sealed": b"", "version": CASE.c.version + 1}
    connection.execute(update(CASE).where(CASE.c.number.in_(numbers)).values(nothing))
    connection.execute(update(STEP).where(STEP.c.case.in_(numbers)).values(sealed=None))
    connection.execute(delete(PUBLIC_NOTE).where(PUBLIC_NOTE.c.case.in_(numbers)))
    return len(numbers)
