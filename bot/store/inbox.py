"""The inbox: stored before acknowledged, known again by membership, handed out chat by chat in order, or parked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, literal_column, null, or_, select, update

from bot.messages import Address, Inbound, Kind
from bot.store.inbound_words import inbound_of, inbound_words
from bot.store.private import DataKey, Keys, Tampered
from bot.store.ready import Both, Ready
from bot.store.rows import chat_index
from bot.store.tables import INBOX, LEASE

TRIES = 3  #: A message that failed so often waits for a person.
LEASE_TIME = timedelta(seconds=30)  #: So long a chat waits when the process that handles it has died.

MOST_LEASES = 100_000  #: Remembered at most before the ended ones are dropped.


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that failed too often, for a person to look at."""

    cause: str
    inbound: Inbound
    tries: int
    error: str
    parked_at: datetime


#: What reading a row raises whose payload was damaged, moved, or written by a version that knew other words.
_UNREADABLE = (Tampered, LookupError, TypeError, ValueError, ArithmeticError)


class _Row(NamedTuple):
    """An update as it is stored."""

    cause: str
    chat_ix: bytes
    payload: bytes | None  #: None: of this one only the id is kept.


Heard = Callable[[Inbound], bool] | Collection[str]


def _insert(rows: int) -> Ready:
    """INSERT of so many rows at once, of those whose cause is not there yet; each row's values have its number."""
    row = {"received_at": bindparam("at", type_=INBOX.c.received_at.type), "tries": 0, "error": ""}
    names = ("cause", "chat_ix", "payload")
    several = [
        {**row, **{name: bindparam(f"{name}{n}", type_=INBOX.c[name].type) for name in names}} for n in range(rows)
    ]
    return Ready(Both(lambda insert: insert(INBOX).values(several).on_conflict_do_nothing()))


#: Every statement lets another thread run (the event loop's), and comes back only when that one lets go.
_INSERTS = {rows: _insert(rows) for rows in (32, 16, 8, 4, 2, 1)}
_NAMES = [(f"cause{n}", f"chat_ix{n}", f"payload{n}") for n in range(32)]
_PAYLOAD = Ready(select(INBOX.c.payload).where(INBOX.c.cause == bindparam("cause")))
_LEASE = Ready(
    Both(
        lambda insert: (
            lambda new: new.on_conflict_do_update(
                index_elements=[LEASE.c.chat_ix],
                set_={"worker": new.excluded.worker, "until": new.excluded.until},
                where=or_(
                    LEASE.c.worker == new.excluded.worker, LEASE.c.until < bindparam("free", type_=LEASE.c.until.type)
                ),
            )
        )(insert(LEASE))
    )
)
_WAITING = and_(INBOX.c.payload.is_not(None), INBOX.c.parked_at.is_(None))
_ITSELF = INBOX.alias("itself")
_OLDER = Ready(
    select(INBOX.c.arrival)
    .where(
        _WAITING,
        INBOX.c.chat_ix == bindparam("chat_ix"),
        INBOX.c.arrival < select(_ITSELF.c.arrival).where(_ITSELF.c.cause == bindparam("cause")).scalar_subquery(),
    )
    .limit(1)
)
_CLAIMABLE = (
    select(INBOX.c.cause, INBOX.c.chat_ix, INBOX.c.payload)
    .join_from(INBOX, LEASE, LEASE.c.chat_ix == INBOX.c.chat_ix, isouter=True)
    .where(
        _WAITING,
        or_(
            LEASE.c.chat_ix.is_(None),
            LEASE.c.worker == bindparam("worker"),
            LEASE.c.until < bindparam("free", type_=LEASE.c.until.type),
        ),
    )
    .order_by(INBOX.c.arrival)
    .limit(bindparam("most"))
)
#: Marks a row as dealt with: the payload goes, the id stays. Rowcount 0: it was before, or never came.
DEALT_WITH = Ready(
    update(INBOX)
    .where(INBOX.c.cause == bindparam("its"), INBOX.c.payload.is_not(None))
    .values(payload=null(), parked_at=null(), error=literal_column("''"))
)
_FAILED = (
    update(INBOX)
    .where(INBOX.c.cause == bindparam("its"), INBOX.c.payload.is_not(None))
    .values(tries=INBOX.c.tries + 1, error=bindparam("why"))
    .returning(INBOX.c.tries)
)
_PARK = update(INBOX).where(INBOX.c.cause == bindparam("its")).values(parked_at=bindparam("at"))
_PARKED = (
    select(INBOX.c.cause, INBOX.c.payload, INBOX.c.tries, INBOX.c.error, INBOX.c.parked_at)
    .where(INBOX.c.parked_at.is_not(None), INBOX.c.payload.is_not(None))
    .order_by(INBOX.c.parked_at, INBOX.c.arrival)
    .limit(bindparam("most"))
)
_RETRY = (
    update(INBOX)
    .where(INBOX.c.cause == bindparam("its"), INBOX.c.parked_at.is_not(None))
    .values(parked_at=None, tries=0)
)


class Tray:
    """What this process has in hand: chats it leases (and until when), causes it was given and has not settled."""

    def __init__(self, worker: str, *, alone: bool) -> None:
        self.worker = worker
        self.alone = alone  #: No other process serves this database (SQLite): a lease is never waited for.
        self.leases: dict[bytes, datetime] = {}
        self.taken: dict[str, bytes] = {}  #: Cause -> its chat.

    def free(self, now: datetime) -> datetime:
        """Leases that end before this may be taken over."""
        return datetime.max.replace(tzinfo=now.tzinfo) - timedelta(days=1) if self.alone else now

    def holds(self, chat_ix: bytes, now: datetime) -> bool:
        """Whether the chat is ours for a while yet; with half the time gone it is leased again."""
        until = self.leases.get(chat_ix)
        return until is not None and until - now > LEASE_TIME / 2

    def leased(self, chats: Iterable[bytes], now: datetime) -> None:
        """These chats were leased at that instant, unless they were held for a while yet."""
        if len(self.leases) > MOST_LEASES:
            self.leases = {chat_ix: until for chat_ix, until in list(self.leases.items()) if until > now}
        for chat_ix in chats:
            if not self.holds(chat_ix, now):
                self.leases[chat_ix] = now + LEASE_TIME

    def unsure(self, chats: Iterable[bytes]) -> None:
        """Whether these are leased is not known: asked anew with their next message, after what may wait there."""
        for chat_ix in chats:
            self.leases.pop(chat_ix, None)

    def took(self, rows: Iterable[tuple[str, bytes]], now: datetime) -> None:
        """(cause, chat) of what was handed out at that instant."""
        rows = list(rows)
        self.taken.update(rows)
        self.leased((chat_ix for _, chat_ix in rows), now)

    def settled(self, *causes: str) -> None:
        for cause in causes:
            self.taken.pop(cause, None)

    def ending(self, now: datetime) -> list[bytes]:
        """Chats in which something is in hand and whose lease is to be renewed."""
        return [] if self.alone else sorted({chat for chat in self.taken.values() if not self.holds(chat, now)})


def keep(
    connection: Connection,
    keys: Keys,
    house: DataKey,
    tray: Tray,
    inbounds: Sequence[Inbound],
    heard: Heard | None,
    now: datetime,
) -> list[tuple[bool, bytes]]:
    """Returns for each inbound whether it is new and this process is to handle it now (after those of the chat that it
    has already), and its chat's index."""
    rows = []
    for inbound in inbounds:
        cause = inbound.cause
        wanted = inbound.kind is not Kind.IGNORED and is_heard(inbound, heard)
        payload = house.seal("inbox|payload", cause, inbound_words(inbound)) if wanted else None
        rows.append(_Row(cause, chat_index(keys, inbound.at), payload))
    new = _insert_new(connection, rows, now)
    return [(row.payload in new and _is_ours(connection, tray, row, now), row.chat_ix) for row in rows]


def lay_in(connection: Connection, keys: Keys, house: DataKey, inbounds: Sequence[Inbound], now: datetime) -> int:
    """Stores them for whoever claims next: no chat is leased. Returns how many are new."""
    rows = [
        _Row(each.cause, chat_index(keys, each.at), house.seal("inbox|payload", each.cause, inbound_words(each)))
        for each in inbounds
    ]
    return len(_insert_new(connection, rows, now))


def _is_ours(connection: Connection, tray: Tray, row: _Row, now: datetime) -> bool:
    return tray.holds(row.chat_ix, now) or _leased_anew(connection, tray, row.chat_ix, row.cause, now)


def _insert_new(connection: Connection, rows: Sequence[_Row], now: datetime) -> set[bytes | None]:
    """Inserts those whose cause is not there yet. Returns their payloads, which are all different: each is sealed with
    a nonce of its own."""
    new: set[bytes | None] = set()
    while rows:
        size = next(size for size in _INSERTS if size <= len(rows))
        several, rows = rows[:size], rows[size:]
        values: dict[str, Any] = {"at": now}
        for names, row in zip(_NAMES, several, strict=False):
            values.update(zip(names, row, strict=True))
        if _INSERTS[size].count(connection, values) == size:
            new.update(row.payload for row in several)
        elif size > 1:  # Some came before. Which ones: those that have another payload.
            for row in several:
                found = _PAYLOAD.first(connection, {"cause": row.cause})
                if found is not None and found[0] == row.payload:
                    new.add(row.payload)
    return new - {None}


def is_heard(inbound: Inbound, heard: Heard | None) -> bool:
    if heard is None:
        return True
    return heard(inbound) if callable(heard) else inbound.cause in heard


def lease(connection: Connection, tray: Tray, chat_ix: bytes, now: datetime) -> bool:
    """Returns whether the chat is ours for LEASE_TIME from now."""
    values = {"chat_ix": chat_ix, "worker": tray.worker, "until": now + LEASE_TIME, "free": tray.free(now)}
    return _LEASE.count(connection, values) > 0


def _leased_anew(connection: Connection, tray: Tray, chat_ix: bytes, cause: str, now: datetime) -> bool:
    """Leases the chat. When we did not have it at all and older messages wait there (of a process that died), ours
    is not handled before them: `claim` hands them all out in order."""
    if not lease(connection, tray, chat_ix, now):
        return False
    if chat_ix not in tray.leases and _OLDER.first(connection, {"chat_ix": chat_ix, "cause": cause}) is not None:
        return False
    # At once, not after the commit: the chat's next message may be written with this one, and follows it.
    tray.leased([chat_ix], now)
    return True


def claimable(connection: Connection, tray: Tray, now: datetime, limit: int) -> list[tuple[str, bytes, bytes]]:
    """The waiting rows (cause, chat, payload) of chats that are ours or free and that we have not taken, by arrival."""
    values = {"worker": tray.worker, "free": tray.free(now), "most": limit + len(tray.taken)}
    found = connection.execute(_CLAIMABLE, values)
    return [(cause, chat_ix, payload) for cause, chat_ix, payload in found if cause not in tray.taken][:limit]


def claim(
    connection: Connection, house: DataKey, tray: Tray, now: datetime, limit: int
) -> tuple[list[tuple[str, bytes, Inbound]], set[bytes]]:
    """Leases the chats of waiting rows, and those in which this process is still at work. Returns (cause, chat,
    inbound) of what is ours now, by arrival, and all chats that were leased. What cannot be opened is parked: it must
    not keep all others waiting."""
    rows = claimable(connection, tray, now, limit)
    chats = sorted({row[1] for row in rows} | set(tray.ending(now)))  # One order for all: no two wait for each other.
    ours = {chat_ix for chat_ix in chats if lease(connection, tray, chat_ix, now)}
    found = []
    for cause, chat_ix, payload in rows:
        if chat_ix not in ours:
            continue
        try:
            found.append((cause, chat_ix, inbound_of(house.open("inbox|payload", cause, payload))))
        except _UNREADABLE as fault:
            why = {"its": cause, "why": f"cannot be read: {type(fault).__name__}"}
            connection.execute(_FAILED, why)
            connection.execute(_PARK, {"its": cause, "at": now})
    return found, ours


def fail(connection: Connection, cause: str, error: str, now: datetime) -> int:
    """Returns how often it has failed by now; at TRIES it is parked. 0 when nothing of that cause waits."""
    tries = connection.execute(_FAILED, {"its": cause, "why": error[:500].replace("\x00", "")}).scalar()
    if tries is not None and tries >= TRIES:
        connection.execute(_PARK, {"its": cause, "at": now})
    return int(tries or 0)


def parked(connection: Connection, house: DataKey, limit: int) -> list[Parked]:
    """The parked messages, oldest first. One that cannot be opened is shown as an IGNORED one without words."""
    found = []
    for cause, payload, tries, error, parked_at in connection.execute(_PARKED, {"most": limit}):
        try:
            inbound = inbound_of(house.open("inbox|payload", cause, payload))
        except _UNREADABLE:
            channel, bot, key = cause.split(":", 2)
            inbound = Inbound(key, Address(channel, bot, ""), Kind.IGNORED, parked_at)
        found.append(Parked(cause, inbound, tries, error, parked_at))
    return found


def retry(connection: Connection, cause: str) -> bool:
    """Puts a parked message back in line; `claim` hands it out. False when it is not parked."""
    return connection.execute(_RETRY, {"its": cause}).rowcount > 0


def drop(connection: Connection, cause: str) -> bool:
    """Marks it dealt with, without an outcome; its payload goes. False when nothing of that cause waits."""
    return DEALT_WITH.count(connection, {"its": cause}) > 0
