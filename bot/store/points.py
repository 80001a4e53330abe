"""What an Outcome changes about points, written together: purses, goods, earnings, orders, and their entries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from bot.ledger import Earning, Goods, Known, Order, Purse, Scheme, Shop
from bot.outcome import Outcome, Scan
from bot.store import earnings, ledger, mall
from bot.store.ledger_tables import PURSE
from bot.store.private import DataKey, Keys
from bot.store.reads import thread_by_id
from bot.store.rows import user_index
from bot.store.tables import RESIDENT
from routing.directory import Person


def write(connection: Connection, outcome: Outcome) -> None:
    """Raises Stale when something is not as it was read, and NotBooked for entries that no rule decides."""
    if outcome.entries:
        ledger.lock(connection)  # First of all: whoever holds the end of the ledger waits for nobody else's rows.
    _whole(outcome)
    for known in (each for each in outcome.changes if isinstance(each, Known)):
        earnings.still(connection, known)
    for change in outcome.changes:
        match change:
            case Purse():
                ledger.put(connection, change)
            case Goods():
                mall.put_goods(connection, change)
            case Earning():
                earnings.put(connection, change)
            case Order():
                mall.put_order(connection, change)
            case _:
                pass  # None of our business.
    ledger.post(connection, outcome.entries)


def _whole(outcome: Outcome) -> None:
    """Raises NotBooked for entries without the purse they change, and for a new earning without what was known around
    it: nothing would keep two of them apart."""
    purses = {each.holder for each in outcome.changes if isinstance(each, Purse)}
    known = {each.thing for each in outcome.changes if isinstance(each, Known)}
    new = {each.thing for each in outcome.changes if isinstance(each, Earning) and not each.version}
    if strange := {each.holder for each in outcome.entries} - purses:
        raise ledger.NotBooked(f"{outcome.cause}: entries of {sorted(strange)} without their purse")
    if blind := new - known:
        raise ledger.NotBooked(f"{outcome.cause}: {sorted(blind)} without what was known around it")


def at_the_mall(
    connection: Connection, keys: Keys, house: DataKey, resident: str, code: str, now: datetime, scheme: Scheme
) -> tuple[Shop, Scan | None]:
    """What this resident has and can have for it; with a code, the order that it opens, whoever's it is."""
    found = mall.by_code(connection, code) if code else None
    scan = scan_of(connection, keys, house, found) if found else None
    return mall.shop(connection, resident, now, scheme), scan


def own_holder(connection: Connection, keys: Keys, person: Person) -> str:
    """The holder id of somebody of the staff, by their own account in a chat; "" when they never had points."""
    if not person.channel or not person.user_id:
        return ""
    index = user_index(keys, person.channel, person.user_id)
    theirs = select(PURSE.c.holder).join(RESIDENT, RESIDENT.c.id == PURSE.c.resident)
    found = connection.scalar(theirs.where(RESIDENT.c.channel == person.channel, RESIDENT.c.user_ix == index))
    return found or ""


def scan_of(connection: Connection, keys: Keys, house: DataKey, order: Order) -> Scan | None:
    """An order with its purse, its goods, and the talk in which its holder hears of it."""
    purse = ledger.purse(connection, order.holder)
    thread = thread_by_id(connection, keys, house, order.thread) if order.thread else None
    return Scan(order, purse, mall.one(connection, order.goods), thread) if purse else None
