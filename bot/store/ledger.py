"""The ledger in rows: entries added one behind another, balances with them, purses; and whether all of it is true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, update

from bot.ledger import SKEW, Account, BadEntry, Entry, Purse, Reason, body, bound
from bot.store.columns import Big, Utc, Words, instant
from bot.store.drawn import drawn
from bot.store.ledger_tables import BALANCE, HEAD, LEDGER, PURSE
from bot.store.ready import Both, Ready
from bot.store.rows import Stale


class NotBooked(ValueError):
    """An entry that no rule decides so: its key stands for another one, or it is of a time before what is booked."""


#: Accounts that may go below 0; each is written by adding to it whether it is there or not.
_FREE = (Account.STREET, Account.OWED)
#: Accounts that are one each, whoever the holder is.
_ONE_EACH = (Account.STREET, Account.MALL)
#: Entries looked at in one go by `first_bad`.
PAGE = 10_000

_L = LEDGER.c
_COLUMNS = [_L.key, _L.holder, _L.payer, _L.payee, _L.amount, _L.reason, _L.thing, _L.at, _L.lot]
_HERE = and_(
    BALANCE.c.holder == bindparam("its_holder", type_=Words()),
    BALANCE.c.account == bindparam("its_account", type_=Words()),
    BALANCE.c.lot == bindparam("its_lot", type_=Big),
)
_CHANGE = bindparam("change", type_=Big)


def _adding(insert: Any) -> Any:
    new = insert(BALANCE).inline()
    keys = [BALANCE.c.holder, BALANCE.c.account, BALANCE.c.lot]
    return new.on_conflict_do_update(index_elements=keys, set_={"balance": BALANCE.c.balance + new.excluded.balance})


_ADD = Ready(Both(_adding))
_TAKE = Ready(update(BALANCE).where(_HERE, BALANCE.c.balance >= _CHANGE).values(balance=BALANCE.c.balance - _CHANGE))
_REPAY = Ready(
    update(BALANCE).where(_HERE, BALANCE.c.balance + _CHANGE <= 0).values(balance=BALANCE.c.balance + _CHANGE)
)
_ENTRY = Ready(Both(lambda insert: insert(LEDGER).inline().on_conflict_do_nothing(index_elements=[LEDGER.c.key])))
_BY_KEY = Ready(select(*_COLUMNS).where(_L.key == bindparam("its_key", type_=Words())))
_HEAD = Ready(select(HEAD.c.seq, HEAD.c.bound, HEAD.c.at).where(HEAD.c.id == 1).with_for_update())
_FIRST = Ready(Both(lambda insert: insert(HEAD).inline().on_conflict_do_nothing()))
_AHEAD = Ready(
    update(HEAD)
    .where(HEAD.c.id == 1)
    .values(
        seq=bindparam("to_seq", type_=Big),
        bound=bindparam("to_bound"),
        at=bindparam("to_at", type_=Utc()),
    )
)
_NEWEST = Ready(select(HEAD.c.at).where(HEAD.c.id == 1))
_BALANCES = Ready(
    select(BALANCE.c.account, BALANCE.c.lot, BALANCE.c.balance).where(
        BALANCE.c.holder == bindparam("its", type_=Words())
    )
)
_PURSE_COLUMNS = (PURSE.c.holder, PURSE.c.resident, PURSE.c.version)
_OF_RESIDENT = Ready(select(*_PURSE_COLUMNS).where(PURSE.c.resident == bindparam("its", type_=Words())))
_OF_HOLDER = Ready(select(*_PURSE_COLUMNS).where(PURSE.c.holder == bindparam("its", type_=Words())))
_NEW_PURSE = Ready(Both(lambda insert: insert(PURSE).inline().on_conflict_do_nothing()))
_PURSE = Ready(
    update(PURSE)
    .where(PURSE.c.holder == bindparam("its", type_=Words()), PURSE.c.version == bindparam("old", type_=Big))
    .values(version=PURSE.c.version + 1)
)
_NEWEST_OF = Ready(
    select(*_COLUMNS)
    .where(_L.holder == bindparam("its", type_=Words()))
    .order_by(_L.seq.desc())
    .limit(bindparam("most", type_=Big))
)

_BEGINNING = instant(0)


# --- adding


def lock(connection: Connection) -> tuple[int, bytes, datetime]:
    """The end of the ledger (number, hash, newest instant), held until the transaction ends."""
    row = _HEAD.first(connection, {})
    if row is None:
        _FIRST.count(connection, {"id": 1, "seq": 0, "bound": b"", "at": _BEGINNING})
        row = _HEAD.first(connection, {})
        assert row is not None
    return row[0], row[1], row[2]


def post(connection: Connection, entries: Sequence[Entry]) -> int:
    """Adds entries, and to the balances. Returns how many are new: one that stands there already, word for word, is
    left as it is. Raises NotBooked for a key that stands for something else and for an instant before the ledger's,
    Stale when an account has less than is taken from it; the caller's savepoint takes all of it back."""
    if not entries:
        return 0
    seq, last, newest = lock(connection)
    began = seq
    for entry in entries:
        if entry.at < newest - SKEW:
            raise NotBooked(f"{entry.key}: the clock stands {newest - entry.at} before what is booked already")
        row = {
            "seq": seq + 1,
            "key": entry.key,
            "holder": entry.holder,
            "payer": entry.payer.value,
            "payee": entry.payee.value,
            "amount": entry.amount,
            "reason": entry.reason.value,
            "thing": entry.thing,
            "at": entry.at,
            "lot": entry.lot,
            "follows": last,
            "bound": (its := bound(last, seq + 1, entry)),
        }
        if not _ENTRY.count(connection, row):
            _same(connection, entry)
            continue
        _move(connection, entry)
        seq, last, newest = seq + 1, its, max(newest, entry.at)
    if seq > began:
        _AHEAD.count(connection, {"to_seq": seq, "to_bound": last, "to_at": newest})
    return seq - began


def _same(connection: Connection, entry: Entry) -> None:
    """Raises NotBooked unless what stands under its key says the same."""
    row = _BY_KEY.first(connection, {"its_key": entry.key})
    if row is None or body(entry_of(row)) != body(entry):
        raise NotBooked(f"{entry.key}: this key stands for another entry")


def _move(connection: Connection, entry: Entry) -> None:
    payer, payee = _at(entry, entry.payer), _at(entry, entry.payee)
    if entry.payer in _FREE:
        _ADD.count(connection, _row(payer, -entry.amount))
    elif not _TAKE.count(connection, _its(payer, entry.amount)):
        raise Stale(f"{entry.key}: there are no {entry.amount} points in {entry.payer}")
    if entry.payee is Account.OWED:
        if not _REPAY.count(connection, _its(payee, entry.amount)):
            raise Stale(f"{entry.key}: so much is not owed")
    else:
        _ADD.count(connection, _row(payee, entry.amount))


Where = tuple[str, Account, int]


def _at(entry: Entry, account: Account) -> Where:
    holder = "" if account in _ONE_EACH else entry.holder
    return holder, account, entry.lot if account is Account.POINTS else 0


def _row(where: Where, amount: int) -> dict[str, Any]:
    return {"holder": where[0], "account": where[1].value, "lot": where[2], "balance": amount}


def _its(where: Where, amount: int) -> dict[str, Any]:
    return {"its_holder": where[0], "its_account": where[1].value, "its_lot": where[2], "change": amount}


# --- purses


def put(connection: Connection, purse: Purse) -> None:
    """Something in the purse changes: its version counts up. Raises Stale when it did meanwhile."""
    if purse.version:
        done = _PURSE.count(connection, {"its": purse.holder, "old": purse.version})
    else:
        row = {"holder": purse.holder, "resident": purse.resident or None, "version": 1}
        done = _NEW_PURSE.count(connection, row)
    if not done:
        raise Stale(f"purse {purse.holder} is no longer at version {purse.version}")


def purse_of(connection: Connection, resident: str) -> Purse:
    """The resident's purse; an empty new one (version 0, not written) for who never had any."""
    row = _OF_RESIDENT.first(connection, {"its": resident})
    if row is None:
        return Purse(drawn(8).hex(), resident, newest=_newest(connection))
    return _filled(connection, row)


def purse(connection: Connection, holder: str) -> Purse | None:
    """The purse of a holder, whoever it is."""
    row = _OF_HOLDER.first(connection, {"its": holder})
    return _filled(connection, row) if row else None


def _filled(connection: Connection, row: Sequence[Any]) -> Purse:
    holder, resident, version = row
    lots, sums = [], defaultdict[str, int](int)
    for account, lot, balance in _BALANCES.rows(connection, {"its": holder}):
        if account == Account.POINTS:
            lots.append((lot, balance))
        sums[account] = balance
    return Purse(
        holder,
        resident or "",
        tuple(sorted(each for each in lots if each[1])),
        sums[Account.PENDING],
        sums[Account.HELD],
        -sums[Account.OWED],
        _newest(connection),
        version,
    )


def _newest(connection: Connection) -> datetime | None:
    row = _NEWEST.first(connection, {})
    return row[0] if row and row[0] > _BEGINNING else None


def newest_of(connection: Connection, holder: str, most: int) -> list[Entry]:
    """A holder's entries, the newest first."""
    return [entry_of(row) for row in _NEWEST_OF.rows(connection, {"its": holder, "most": most})]


def entry_of(row: Sequence[Any]) -> Entry:
    """`row` in the order of the entry's fields. Raises BadEntry for what is none."""
    key, holder, payer, payee, amount, reason, thing, at, lot = row
    return Entry(key, holder, Account(payer), Account(payee), amount, Reason(reason), thing, at, lot)


def lapsing(connection: Connection, before: int, most: int) -> list[str]:
    """Holders with points of a year before that one."""
    lots = select(BALANCE.c.holder).where(BALANCE.c.account == "points", BALANCE.c.balance > 0, BALANCE.c.lot < before)
    return list(connection.scalars(lots.distinct().order_by(BALANCE.c.holder).limit(most)))


# --- whether it is true


class Wrong(StrEnum):
    NO_ENTRY = "no_entry"  #: What stands there can be no entry.
    GAP = "gap"  #: The one before it is missing.
    CHAIN = "chain"  #: It, or one before it, was changed.
    BELOW_0 = "below_0"  #: It takes more than there is.
    EARLIER = "earlier"  #: It is of a time before the entry ahead of it.
    END = "end"  #: Entries are missing at the end, or were added past the ledger.
    BALANCE = "balance"  #: A balance is not the sum of its entries.


@dataclass(frozen=True, slots=True)
class Bad:
    """The first thing that is wrong."""

    what: Wrong
    seq: int  #: Of the entry; 0 for a balance.
    key: str = ""  #: Of the entry; for a balance, its account.


def first_bad(connection: Connection) -> Bad | None:
    """Goes through the whole ledger; returns the first entry that is wrong, else a balance that is, else None."""
    seq, last, newest = 0, b"", _BEGINNING
    sums = defaultdict[Where, int](int)
    for row in _all(connection):
        number, follows, its, words = row[0], row[1], row[2], row[3:]
        if number != seq + 1:
            return Bad(Wrong.GAP, number, words[0])
        try:
            entry = entry_of(words)
        except (BadEntry, ValueError):
            return Bad(Wrong.NO_ENTRY, number, words[0])
        if follows != last or its != bound(last, number, entry):
            return Bad(Wrong.CHAIN, number, entry.key)
        if entry.at < newest - SKEW:
            return Bad(Wrong.EARLIER, number, entry.key)
        payer, payee = _at(entry, entry.payer), _at(entry, entry.payee)
        sums[payer] -= entry.amount
        sums[payee] += entry.amount
        if (entry.payer not in _FREE and sums[payer] < 0) or (entry.payee is Account.OWED and sums[payee] > 0):
            return Bad(Wrong.BELOW_0, number, entry.key)
        seq, last, newest = number, its, max(newest, entry.at)
    head = connection.execute(select(HEAD.c.seq, HEAD.c.bound)).first()
    if (head.seq, head.bound) != (seq, last) if head else seq:
        return Bad(Wrong.END, seq)
    return _bad_balance(connection, sums)


def _bad_balance(connection: Connection, sums: dict[Where, int]) -> Bad | None:
    stored = {(row.holder, Account(row.account), row.lot): row.balance for row in connection.execute(select(BALANCE))}
    for where in sorted(sums.keys() | stored.keys()):
        if sums.get(where, 0) != stored.get(where, 0):
            return Bad(Wrong.BALANCE, 0, "/".join(str(part) for part in where if part))
    return None


def _all(connection: Connection) -> Iterator[Any]:
    """Every entry, page by page: (seq, follows, bound, and the entry's columns)."""
    after = 0
    while True:
        page = select(_L.seq, _L.follows, _L.bound, *_COLUMNS).where(_L.seq > after).order_by(_L.seq).limit(PAGE)
        rows = connection.execute(page).all()
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1][0]
