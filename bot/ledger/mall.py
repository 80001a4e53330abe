"""Goods, Order: what points buy. An order holds the points and one piece of the stock until its code is scanned."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.ledger.entries import Account, Entry, Purse, Reason, Refusal, Scheme, backwards, lapses, redeem, year_of

#: Of a code: no 0 and O, no 1, I and L.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
#: 31^6 codes, 900 million; only staff can try one.
LENGTH = 6


@dataclass(frozen=True, slots=True)
class PickUp:
    """Where goods are handed over, and when, in the street's words."""

    place: str
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Goods:
    """Something on offer. `stock` is what was there when it was read; an order takes one piece as it is written."""

    id: str
    name: str
    price: int  #: Points.
    stock: int
    most: int = 0  #: Pieces for one person in one local year; 0: no limit.
    pick_up: tuple[PickUp, ...] = ()
    name_en: str = ""
    picture: str = ""  #: Key in the photo store.
    offered: bool = True
    version: int = 0


class OrderState(StrEnum):
    HELD = "held"
    FETCHED = "fetched"
    RETURNED = "returned"  #: The points went back, the piece too.


class Verb(StrEnum):
    FETCH = "fetch"
    CANCEL = "cancel"  #: By its holder.
    LAPSE = "lapse"  #: Not fetched in time.
    TAKE_BACK = "take_back"  #: Handed over by mistake, or brought back: by staff.


MOVES = {
    (OrderState.HELD, Verb.FETCH): OrderState.FETCHED,
    (OrderState.HELD, Verb.CANCEL): OrderState.RETURNED,
    (OrderState.HELD, Verb.LAPSE): OrderState.RETURNED,
    (OrderState.FETCHED, Verb.TAKE_BACK): OrderState.RETURNED,
}


@dataclass(frozen=True, slots=True)
class Order:
    """One piece, ordered. Whoever shows its code gets it: a neighbour or the family may fetch it."""

    id: str  #: Ours, random: what the ledger names. The code opens it, the id does not.
    code: str = field(repr=False)
    goods: str
    holder: str
    price: int
    paid: tuple[tuple[int, int], ...]  #: (year, points): from which lots.
    state: OrderState
    placed_at: datetime
    until: datetime  #: To be fetched before this.
    thread: str = ""  #: The talk in which its holder hears of it; empty once they were erased.
    by: str = ""  #: Person id who handed it over, or took it back.
    settled_at: datetime | None = None  #: Fetched or returned.
    version: int = 0

    def after(self, verb: Verb) -> OrderState | None:
        """The state after it; None when it may not follow."""
        return MOVES.get((self.state, verb))


@dataclass(frozen=True, slots=True)
class Shop:
    """What is known when somebody speaks of their points or of the mall."""

    purse: Purse
    scheme: Scheme
    goods: tuple[Goods, ...] = ()  #: On offer, the cheapest first.
    orders: tuple[Order, ...] = ()  #: Theirs: those that wait, then the newest others.
    bought: Mapping[str, int] = field(default_factory=dict)  #: Goods id -> pieces this local year, returned ones not.
    lines: tuple[Entry, ...] = ()  #: The newest entries, the newest first.
    id: str = ""  #: For an order: nobody has it.
    code: str = field(default="", repr=False)


#: What a verb books: the order as it is now, and its entries.
Bought = tuple[Order, tuple[Entry, ...]]


def code_of(words: str) -> str:
    """The code in what was typed or scanned (a QR's address ends with it), or ""."""
    plain = unicodedata.normalize("NFKC", words[:300]).strip().upper().rpartition("/")[2]
    code = "".join(char for char in plain if char not in " -·.")
    return code if len(code) == LENGTH and all(char in LETTERS for char in code) else ""


def shown(code: str) -> str:
    """A code as people read it: "K7Q F3M"."""
    return f"{code[:3]} {code[3:]}"


def order(shop: Shop, goods: Goods | None, now: datetime, *, thread: str = "") -> Bought | Refusal:
    """Orders one piece: holds the points and the piece. The purse is part of the change, so that two devices at once
    are one order; the stock is taken as it is written."""
    purse, scheme = shop.purse, shop.scheme
    if goods is None or not goods.offered:
        return Refusal("mall.not_offered")
    if goods.stock < 1:
        return Refusal("mall.sold_out")
    if goods.most and shop.bought.get(goods.id, 0) >= goods.most:
        return Refusal("mall.limit", {"most": goods.most})
    entries = redeem(purse, goods.price, shop.id, now, scheme)
    if isinstance(entries, Refusal):
        return entries
    paid = tuple((entry.lot, entry.amount) for entry in entries)
    until = now + scheme.fetch
    placed = Order(shop.id, shop.code, goods.id, purse.holder, goods.price, paid, OrderState.HELD, now, until, thread)
    return placed, entries


def hand_over(found: Order | None, by: str, purse: Purse | None, now: datetime, *, own: str = "") -> Bought | Refusal:
    """Gives the piece to whoever shows the code: `by` is the person id at the counter, `own` their own holder id.
    `purse` is the order's. One code, one piece: the second scan says when the first was."""
    if found is None or purse is None:
        return Refusal("mall.no_such_code")
    if found.state is OrderState.FETCHED:
        return Refusal("mall.fetched_already", {"at": found.settled_at or found.placed_at})
    if found.after(Verb.FETCH) is None or now >= found.until:
        return Refusal("mall.too_late")
    if not by or own == found.holder:
        return Refusal("mall.not_by_yourself")
    if refused := backwards(purse, now):
        return refused
    held, mall = Account.HELD, Account.MALL
    entry = Entry(f"fetch:{found.id}", found.holder, held, mall, found.price, Reason.FETCHED, found.id, now)
    return replace(found, state=OrderState.FETCHED, by=by, settled_at=now), (entry,)


def cancel(found: Order | None, purse: Purse, now: datetime, scheme: Scheme) -> Bought | Refusal:
    """Their holder wants it no more."""
    if found is None or found.holder != purse.holder:
        return Refusal("mall.no_such_order")
    return _returned(found, Verb.CANCEL, purse, now, scheme, found.by)


def overdue(found: Order, purse: Purse, now: datetime, scheme: Scheme) -> Bought | Refusal:
    """Nobody fetched it in time: the points go back."""
    if now < found.until:
        return Refusal("points.on_hold")
    return _returned(found, Verb.LAPSE, purse, now, scheme, found.by)


def take_back(found: Order | None, by: str, purse: Purse | None, now: datetime, scheme: Scheme) -> Bought | Refusal:
    """What was handed over came back over the counter: the points go back, the first entry stays as it is."""
    if found is None or purse is None:
        return Refusal("mall.no_such_code")
    return _returned(found, Verb.TAKE_BACK, purse, now, scheme, by)


def _returned(found: Order, verb: Verb, purse: Purse, now: datetime, scheme: Scheme, by: str) -> Bought | Refusal:
    """Points go back to where they came from. Of a year that lapsed meanwhile they are of this year: nobody loses
    points while the street had them."""
    if found.after(verb) is None:
        return Refusal("mall.settled")
    if refused := backwards(purse, now):
        return refused
    payer = Account.HELD if found.state is OrderState.HELD else Account.MALL
    back: dict[int, int] = {}
    for lot, points in found.paid:
        year = lot if now < lapses(lot, scheme) else year_of(now)
        back[year] = back.get(year, 0) + points
    entries = tuple(
        Entry(
            f"back:{found.id}:{year}", found.holder, payer, Account.POINTS, points, Reason.RETURNED, found.id, now, year
        )
        for year, points in sorted(back.items())
    )
    return replace(found, state=OrderState.RETURNED, by=by, settled_at=now), entries
