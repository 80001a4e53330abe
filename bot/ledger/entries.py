"""Entry: points from one account to another, added, never changed. Purse: what one holder has. And their rules.

Double entry: each entry takes from one account what it gives to another, so that the sum over all is 0 by its form.
Every entry concerns exactly one holder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.messages import Words
from routing.sla import LOCAL

#: Points of one entry at most: more is a slip of somebody's hand.
MOST = 1_000_000
#: So far clocks of several machines may differ. A clock further back than the newest entry books nothing.
SKEW = timedelta(minutes=2)


class Account(StrEnum):
    """Where points can be. STREET and MALL are one each; of the others every holder has their own."""

    STREET = "street"  #: Issues points and takes back what lapses: minus what is out.
    MALL = "mall"  #: What was spent.
    PENDING = "pending"  #: Earned, on hold until it stood for some days.
    POINTS = "points"  #: To be spent: one account a year in which they were freed (a lot).
    HELD = "held"  #: For orders that wait to be fetched.
    OWED = "owed"  #: Spent and then found to have been unearned: never above 0; kept back from what is earned next.


class Reason(StrEnum):
    """Why points moved. The first three are the rules by which they are earned."""

    TENANT = "tenant"
    MOVED_OUT = "moved_out"
    HAZARD = "hazard"
    FREED = "freed"  #: The hold is over.
    SETTLED = "settled"  #: Kept back for what was owed.
    ORDERED = "ordered"
    FETCHED = "fetched"
    RETURNED = "returned"  #: Not fetched, cancelled, or taken back over the counter.
    LAPSED = "lapsed"
    CLAWED = "clawed"  #: What earned them turned out to be untrue.


_A = Account
_EARNED = frozenset({(_A.STREET, _A.PENDING)})
#: Which way points may go for a reason. Nothing else makes points, or takes them from anybody.
WAYS: Mapping[Reason, frozenset[tuple[Account, Account]]] = {
    Reason.TENANT: _EARNED,
    Reason.MOVED_OUT: _EARNED,
    Reason.HAZARD: _EARNED,
    Reason.FREED: frozenset({(_A.PENDING, _A.POINTS)}),
    Reason.SETTLED: frozenset({(_A.PENDING, _A.OWED)}),
    Reason.ORDERED: frozenset({(_A.POINTS, _A.HELD)}),
    Reason.FETCHED: frozenset({(_A.HELD, _A.MALL)}),
    Reason.RETURNED: frozenset({(_A.HELD, _A.POINTS), (_A.MALL, _A.POINTS)}),
    Reason.LAPSED: frozenset({(_A.POINTS, _A.STREET)}),
    Reason.CLAWED: frozenset({(_A.PENDING, _A.STREET), (_A.POINTS, _A.STREET), (_A.OWED, _A.STREET)}),
}


class BadEntry(ValueError):
    """No such entry can be: the amount is no whole number from 1 to MOST, or points do not go this way."""


@dataclass(frozen=True, slots=True)
class Entry:
    """So many points from `payer` to `payee`. Raises BadEntry for what is none."""

    key: str  #: Unique: what is booked twice under one key is booked once.
    holder: str  #: Whose: opaque; who that is stands in the purse, as long as it does.
    payer: Account
    payee: Account
    amount: int
    reason: Reason
    thing: str  #: What it is for: the key of what was earned for, the id of an order.
    at: datetime
    lot: int = 0  #: The year of the POINTS account in it; 0 when there is none.

    def __post_init__(self) -> None:
        if type(self.amount) is not int or not 1 <= self.amount <= MOST:
            raise BadEntry(f"{self.key}: {self.amount!r} is no number of points from 1 to {MOST}")
        if (self.payer, self.payee) not in WAYS[self.reason]:
            raise BadEntry(f"{self.key}: {self.reason} moves nothing from {self.payer} to {self.payee}")
        if (Account.POINTS in (self.payer, self.payee)) != (self.lot > 0):
            raise BadEntry(f"{self.key}: points to be spent have a year, others have none")
        if not self.key or not self.holder:
            raise BadEntry("an entry has a key and a holder")


def body(entry: Entry) -> str:
    """All of it but when: the same key with another body is refused."""
    parts = (entry.key, entry.holder, entry.payer, entry.payee, entry.lot, entry.amount, entry.reason, entry.thing)
    return "\x1f".join(map(str, parts))


def bound(last: bytes, seq: int, entry: Entry) -> bytes:
    """SHA-256 of the entry, its place in the row and the hash of the entry before it: 32 bytes."""
    return hashlib.sha256(last + f"{seq}\x1f{body(entry)}\x1f{entry.at.astimezone(UTC).isoformat()}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Scheme:
    """What the street decided about points; config.yaml, section `points`."""

    earns: Mapping[str, int] = field(default_factory=lambda: {"tenant": 60, "moved_out": 10, "hazard": 20})
    per_yuan: int = 60
    hold: timedelta = timedelta(days=7)
    day: int = 600  #: Earned by one holder in one local day at most.
    month: int = 3000
    period: str = "year"  #: In which one tenant counts once at an address: "year", "half", "quarter" or "month".
    landlords: int = 3  #: From so many on within `landlords_within`, one tenant is looked at by a person.
    landlords_within: timedelta = timedelta(days=30)
    years_kept: int = 1  #: Points freed in one year lapse at the end of the year so many later.
    fetch: timedelta = timedelta(days=7)  #: So long an order waits to be fetched.


@dataclass(frozen=True, slots=True)
class Purse:
    """What one holder has, as it stood at `version`: each change of it counts up, so two at once are no race."""

    holder: str  #: Ours, random: the name under which entries stay.
    resident: str = ""  #: Empty once that person was erased.
    lots: tuple[tuple[int, int], ...] = ()  #: (year, points), the oldest first.
    pending: int = 0
    held: int = 0
    owed: int = 0  #: 0 or more: so much of what is earned next is kept back.
    newest: datetime | None = None  #: When anything was booked last, by anybody.
    version: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing is booked; `key` is the one sentence that says why."""

    key: str
    params: Mapping[str, Words] = field(default_factory=dict)


def year_of(at: datetime) -> int:
    """The local calendar year."""
    return at.astimezone(LOCAL).year


def began(year: int) -> datetime:
    """Local midnight of its first of January."""
    return datetime(year, 1, 1, tzinfo=LOCAL)


def lapses(lot: int, scheme: Scheme) -> datetime:
    """The instant from which points of that year can be spent no more."""
    return began(lot + scheme.years_kept + 1)


def balance(purse: Purse, now: datetime, scheme: Scheme) -> int:
    """Points that can be spent now."""
    return sum(points for lot, points in purse.lots if now < lapses(lot, scheme))


def backwards(purse: Purse, now: datetime) -> Refusal | None:
    """Whether the clock stands before what was booked already: then a day's cap, a hold and a year mean nothing."""
    return Refusal("points.clock") if purse.newest is not None and now < purse.newest - SKEW else None


def redeem(purse: Purse, price: int, thing: str, now: datetime, scheme: Scheme) -> tuple[Entry, ...] | Refusal:
    """Holds points for an order, those that lapse first before the others."""
    if refused := backwards(purse, now):
        return refused
    if type(price) is not int or not 1 <= price <= MOST:
        return Refusal("points.amount")
    have = balance(purse, now, scheme)
    if have < price:
        return Refusal("points.too_few", {"need": price, "have": have})
    return tuple(
        Entry(f"hold:{thing}:{lot}", purse.holder, Account.POINTS, Account.HELD, part, Reason.ORDERED, thing, now, lot)
        for lot, part in parts(purse, price, now, scheme)
    )


def parts(purse: Purse, amount: int, now: datetime, scheme: Scheme) -> Iterator[tuple[int, int]]:
    """Yields (year, points) until the amount is reached or nothing is left, the oldest first."""
    for lot, points in sorted(purse.lots):
        part = min(points, amount) if now < lapses(lot, scheme) else 0
        if part > 0:
            yield lot, part
            amount -= part


def lapse(purse: Purse, now: datetime, scheme: Scheme) -> tuple[Entry, ...]:
    """Takes back what was not spent in its time. Nothing while the clock stands wrong."""
    if backwards(purse, now):
        return ()
    holder, street, reason = purse.holder, Account.STREET, Reason.LAPSED
    return tuple(
        # With the version: points may come back into a lot that lapsed once, by a changed setting.
        Entry(f"lapse:{holder}:{lot}:{purse.version}", holder, Account.POINTS, street, points, reason, "", now, lot)
        for lot, points in sorted(purse.lots)
        if points > 0 and now >= lapses(lot, scheme)
    )
