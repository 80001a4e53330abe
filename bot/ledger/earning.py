"""What earns points: a verified thing, once; held for some days; taken back when it turns out untrue."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.ledger.entries import Account, Entry, Purse, Reason, Refusal, Scheme, backwards, lapses, parts, year_of
from routing.sla import LOCAL


class Rule(StrEnum):
    """By what points are earned; each has its number in the scheme, its texts, and its reason in the ledger."""

    TENANT = "tenant"  #: A tenant was registered, consented, and was verified at a visit.
    MOVED_OUT = "moved_out"  #: The notice that one moved out, verified.
    HAZARD = "hazard"  #: A danger was reported and found to be one.


@dataclass(frozen=True, slots=True)
class Thing:
    """Something verified that may earn points. Opaque all through: no names, numbers or addresses in it."""

    rule: Rule
    key: str  #: What counts once: see `counts_once`.
    subject: str = ""  #: The tenant's blind index; forgotten after some weeks.
    pictures: tuple[str, ...] = ()  #: Keys in our photo store.


@dataclass(frozen=True, slots=True)
class Known:
    """What was known around a thing before it earned anything. Committed beside the earning: when somebody else booked
    for the same tenant or with the same picture meanwhile, it is looked at again."""

    thing: str = ""
    subject: str = ""
    pictures: tuple[str, ...] = ()
    since: datetime | None = None  #: From when on `holders` are counted.
    counted: bool = False  #: It earned before, or waits for a person, or was declined or taken back.
    today: int = 0  #: Points that this holder earned in the local day of now.
    month: int = 0
    holders: frozenset[str] = frozenset()  #: Who registered the same subject within the scheme's days.
    seen: bool = False  #: One of the pictures, or one much like it, came with another thing.


class Earned(StrEnum):
    REVIEW = "review"  #: Nothing booked: a person looks at it first.
    HELD = "held"
    FREE = "free"  #: The hold is over: the points can be spent.
    REVERSED = "reversed"
    DECLINED = "declined"


class Verb(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"
    FREE = "free"
    REVERSE = "reverse"


MOVES = {
    (Earned.REVIEW, Verb.APPROVE): Earned.HELD,
    (Earned.REVIEW, Verb.DECLINE): Earned.DECLINED,
    (Earned.HELD, Verb.FREE): Earned.FREE,
    (Earned.HELD, Verb.REVERSE): Earned.REVERSED,
    (Earned.FREE, Verb.REVERSE): Earned.REVERSED,
}


@dataclass(frozen=True, slots=True)
class Earning:
    """One thing, counted once, and what became of its points."""

    thing: str
    rule: Rule
    holder: str
    amount: int
    state: Earned
    at: datetime
    due_at: datetime  #: The hold ends.
    subject: str = ""
    pictures: tuple[str, ...] = ()
    why: str = ""  #: Why a person looks: "landlords" or "picture".
    by: str = ""  #: Person id who approved, declined or took back.
    lot: int = 0  #: The year in which its points were freed.
    version: int = 0

    def after(self, verb: Verb) -> Earned | None:
        """The state after it; None when it may not follow."""
        return MOVES.get((self.state, verb))


@dataclass(frozen=True, slots=True)
class Review:
    """Nothing is booked yet: `earning` waits for a person, who approves or declines."""

    earning: Earning


#: What a rule books: the earning as it is now, and its entries.
Booked = tuple[Earning, tuple[Entry, ...]]


def counts_once(rule: Rule, subject: str, place: str, at: datetime, period: str) -> str:
    """The key of a thing that counts once per subject (a tenant), address and period. `subject` and `place` are blind
    indexes or ids of ours; what comes out tells neither. Raises KeyError for an unknown period."""
    local = at.astimezone(LOCAL)
    months = {"year": 12, "half": 6, "quarter": 3, "month": 1}[period]
    bucket = f"{local.year}/{(local.month - 1) // months}/{months}"
    named = "\x1f".join((rule, subject, place, bucket))
    return f"{rule}:{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def earn(thing: Thing, purse: Purse, known: Known, now: datetime, scheme: Scheme) -> Booked | Review | Refusal:
    """Books what a verified thing earns its holder, on hold; or says in one sentence why not, or that a person looks
    first. The purse is part of the change: commit it beside the earning, with its version."""
    if refused := backwards(purse, now):
        return refused
    amount = scheme.earns.get(thing.rule, 0)
    if amount <= 0:
        return Refusal("points.no_rule")
    if known.counted:
        return Refusal("points.counted")
    if known.today + amount > scheme.day:
        return Refusal("points.day_full", {"most": scheme.day})
    if known.month + amount > scheme.month:
        return Refusal("points.month_full", {"most": scheme.month})
    earning = Earning(
        thing.key, thing.rule, purse.holder, amount, Earned.HELD, now, now + scheme.hold, thing.subject, thing.pictures
    )
    if thing.subject and len(known.holders | {purse.holder}) >= scheme.landlords:
        return Review(replace(earning, state=Earned.REVIEW, why="landlords"))
    if known.seen:
        return Review(replace(earning, state=Earned.REVIEW, why="picture"))
    return earning, (_earned(earning, now),)


def approve(earning: Earning, purse: Purse, by: str, now: datetime, scheme: Scheme) -> Booked | Refusal:
    """A person looked at it and found it right: it is booked, and its hold begins now."""
    if refused := _stopped(earning, Verb.APPROVE, purse, now):
        return refused
    approved = replace(earning, state=Earned.HELD, due_at=now + scheme.hold, by=by)
    return approved, (_earned(approved, now),)


def decline(earning: Earning, by: str) -> Earning | Refusal:
    """A person looked at it and found it wrong: nothing is booked, and it counts no more."""
    if earning.after(Verb.DECLINE) is None:
        return Refusal("points.decided")
    return replace(earning, state=Earned.DECLINED, by=by)


def free(earning: Earning, purse: Purse, now: datetime) -> Booked | Refusal:
    """The hold is over: the points can be spent, but for what the holder owes. They are of the year of now."""
    if refused := _stopped(earning, Verb.FREE, purse, now):
        return refused
    if now < earning.due_at:
        return Refusal("points.on_hold")
    owed = min(purse.owed, earning.amount)
    entries = []
    if owed:
        entries.append(_entry(f"settle:{earning.thing}", earning, Account.PENDING, Account.OWED, owed, now))
    if rest := earning.amount - owed:
        way = (Account.PENDING, Account.POINTS)
        entries.append(_entry(f"free:{earning.thing}", earning, *way, rest, now, year_of(now)))
    return replace(earning, state=Earned.FREE, lot=year_of(now)), tuple(entries)


def reverse(earning: Earning, purse: Purse, by: str, now: datetime, scheme: Scheme) -> Booked | Refusal:
    """It turned out to be untrue: its points go back. What is still on hold is taken whole. Of what was freed as much
    as the holder can spend now is taken, and the rest is owed: kept back from what they earn next. Nobody falls
    below 0, and an order that waits to be fetched is left alone. What would have lapsed by now is let be."""
    if refused := _stopped(earning, Verb.REVERSE, purse, now):
        return refused
    reversed_ = replace(earning, state=Earned.REVERSED, by=by)
    key, street = f"claw:{earning.thing}", Account.STREET
    if earning.state is Earned.HELD:
        return reversed_, (_entry(key, earning, Account.PENDING, street, earning.amount, now),)
    if now >= lapses(earning.lot, scheme):
        return reversed_, ()
    taken = [
        _entry(f"{key}:{lot}", earning, Account.POINTS, street, part, now, lot)
        for lot, part in parts(purse, earning.amount, now, scheme)
    ]
    if rest := earning.amount - sum(entry.amount for entry in taken):
        taken.append(_entry(f"{key}:owed", earning, Account.OWED, street, rest, now))
    return reversed_, tuple(taken)


def _stopped(earning: Earning, verb: Verb, purse: Purse, now: datetime) -> Refusal | None:
    if earning.after(verb) is None:
        return Refusal("points.decided")
    return backwards(purse, now)


_REASONS = {
    (Account.PENDING, Account.OWED): Reason.SETTLED,
    (Account.PENDING, Account.POINTS): Reason.FREED,
}


def _entry(
    key: str, earning: Earning, payer: Account, payee: Account, amount: int, now: datetime, lot: int = 0
) -> Entry:
    reason = _REASONS.get((payer, payee), Reason.CLAWED)
    return Entry(key, earning.holder, payer, payee, amount, reason, earning.thing, now, lot)


def _earned(earning: Earning, now: datetime) -> Entry:
    return Entry(
        f"earn:{earning.thing}", earning.holder, Account.STREET, Account.PENDING, earning.amount,
        Reason(earning.rule), earning.thing, now,
    )  # fmt: skip
