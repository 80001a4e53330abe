"""What other systems reported: which of it is there, which case each report became, and many laid in at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, bindparam, select

from bot.messages import Inbound
from bot.store import inbox
from bot.store.inbound_words import without_nul
from bot.store.private import DataKey, Keys
from bot.store.ready import Ready
from bot.store.tables import INBOX, STEP

_NUMBER = Ready(select(STEP.c.case).where(STEP.c.cause == bindparam("its")).order_by(STEP.c.position).limit(1))
_AT_ONCE = 500  #: Values in one statement.


def number_by_cause(connection: Connection, cause: str) -> str:
    """The case that this cause was a step of; "" while it is none."""
    row = _NUMBER.first(connection, {"its": cause})
    return str(row[0]) if row else ""


def numbers(connection: Connection, causes: Iterable[str]) -> dict[str, str]:
    """For each of these causes that was a step of a case, that case."""
    found: dict[str, str] = {}
    for some in _parts(causes):
        steps = select(STEP.c.cause, STEP.c.case).where(STEP.c.cause.in_(some)).order_by(STEP.c.position)
        for cause, number in connection.execute(steps):
            found.setdefault(cause, number)
    return found


def lay_in(connection: Connection, keys: Keys, house: DataKey, inbounds: Sequence[Inbound], now: datetime) -> int:
    """Stores those that never came before, for whichever process claims next: no chat is leased for them. Returns how
    many they were. (An id in the inbox is forgotten in time; a case, and what it began with, is not.)"""
    here = set(numbers(connection, (inbound.cause for inbound in inbounds)))
    new = [without_nul(inbound) for inbound in inbounds if inbound.cause not in here]
    return inbox.lay_in(connection, keys, house, new, now)


def waiting(connection: Connection, causes: Iterable[str]) -> int:
    """How many of these are not decided yet; those that were parked for a person, too."""
    rows = select(INBOX.c.cause).where(INBOX.c.payload.is_not(None))
    return sum(len(connection.execute(rows.where(INBOX.c.cause.in_(some))).all()) for some in _parts(causes))


def _parts(causes: Iterable[str]) -> Iterator[list[str]]:
    left = iter(causes)
    while some := list(islice(left, _AT_ONCE)):
        yield some
