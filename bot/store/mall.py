"""Goods and orders in rows. The stock is counted by the database as an order is written: the last piece goes once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from bot.ledger import LENGTH, LETTERS, Goods, Order, OrderState, PickUp, Purse, Scheme, Shop, began, year_of
from bot.store.columns import Big, Json, Utc, Words
from bot.store.drawn import below, drawn
from bot.store.ledger import newest_of, purse_of
from bot.store.ledger_tables import GOODS, ORDER, PURSE
from bot.store.ready import Both, Ready
from bot.store.rows import Stale

SHOWN = 8  #: Orders of one holder that a desk sees, beside those that wait.
LINES = 12  #: Entries.
WAITING = 50  #: Orders of one holder that wait, at most.

_G, _O = GOODS.c, ORDER.c
_GOODS_COLUMNS = [
    _G.id, _G.name, _G.price, _G.stock, _G.most, _G.pick_up, _G.name_en, _G.picture, _G.offered, _G.version
]  # fmt: skip
_ORDER_COLUMNS = [
    _O.id, _O.code, _O.goods, _O.holder, _O.price, _O.paid, _O.state, _O.placed_at, _O.until, _O.thread, _O.by,
    _O.settled_at, _O.version,
]  # fmt: skip
_NEW_GOODS = Ready(Both(lambda insert: insert(GOODS).inline().on_conflict_do_nothing()))
_CHANGE_GOODS = Ready(
    update(GOODS)
    .where(_G.id == bindparam("its", type_=Words()), _G.version == bindparam("old", type_=Big))
    .values(
        {
            **{name: bindparam(f"to_{name}", type_=_G[name].type) for name in ("name", "price", "most", "name_en")},
            **{name: bindparam(f"to_{name}", type_=_G[name].type) for name in ("picture", "offered")},
            "pick_up": bindparam("to_pick_up", type_=Json()),
            "version": _G.version + 1,
        }
    )
)
_NEW_ORDER = Ready(Both(lambda insert: insert(ORDER).inline().on_conflict_do_nothing()))
_CHANGE_ORDER = Ready(
    update(ORDER)
    .where(_O.id == bindparam("its", type_=Words()), _O.version == bindparam("old", type_=Big))
    .values(
        state=bindparam("to_state", type_=Words()),
        by=bindparam("to_by", type_=Words()),
        settled_at=bindparam("to_settled", type_=Utc()),
        version=_O.version + 1,
    )
)
#: Not by the goods' version: fifty may order at once, and only the last piece is worth a second look.
_TAKE = Ready(
    update(GOODS)
    .where(_G.id == bindparam("its", type_=Words()), _G.price == bindparam("at", type_=Big))
    .where(_G.stock >= 1, _G.offered == bindparam("yes", type_=_G.offered.type))
    .values(stock=_G.stock - 1)
)
_BACK = Ready(update(GOODS).where(_G.id == bindparam("its", type_=Words())).values(stock=_G.stock + 1))
_STOCK = Ready(
    update(GOODS)
    .where(_G.id == bindparam("its", type_=Words()), _G.stock + bindparam("more", type_=Big) >= 0)
    .values(stock=_G.stock + bindparam("more", type_=Big))
)


# --- writing


def put_goods(connection: Connection, goods: Goods) -> None:
    """Writes new goods with their stock, or what is said of old ones: their stock is counted, see `restock`. Raises
    Stale when there is one of that id already, or it changed since it was read."""
    words = {name: getattr(goods, name) for name in ("name", "price", "most", "name_en", "picture", "offered")}
    pick_up = [[each.place, each.hours] for each in goods.pick_up]
    if goods.version:
        changed = {f"to_{name}": value for name, value in words.items()}
        done = _CHANGE_GOODS.count(connection, changed | {"its": goods.id, "old": goods.version, "to_pick_up": pick_up})
    else:
        row = words | {"id": goods.id, "stock": goods.stock, "pick_up": pick_up, "version": 1}
        done = _NEW_GOODS.count(connection, row)
    if not done:
        raise Stale(f"goods {goods.id}: no longer at version {goods.version}")


def restock(connection: Connection, goods: str, more: int) -> bool:
    """So many pieces came (or went, below 0). False when there are no such goods, or fewer than are to go."""
    return bool(_STOCK.count(connection, {"its": goods, "more": more}))


def put_order(connection: Connection, order: Order) -> None:
    """Writes a new order and takes its piece from the stock, or what became of one and puts the piece back. Raises
    Stale when the last piece went meanwhile, the price changed, or the order did."""
    if order.version:
        values = {"its": order.id, "old": order.version, "to_state": order.state.value, "to_by": order.by}
        done = _CHANGE_ORDER.count(connection, values | {"to_settled": order.settled_at})
        if done and order.state is OrderState.RETURNED:
            _BACK.count(connection, {"its": order.goods})
    else:
        done = _TAKE.count(connection, {"its": order.goods, "at": order.price, "yes": True})
        if done:
            row = {each.name: getattr(order, each.name) for each in fields(order)}
            paid = [list(part) for part in order.paid]
            done = _NEW_ORDER.count(connection, row | {"paid": paid, "state": order.state.value, "version": 1})
    if not done:
        raise Stale(f"order {order.id}: it, or the stock of {order.goods}, is not as it was read")


def forget(connection: Connection, resident: str) -> bool:
    """The resident is erased: nothing leads from their entries to them any more. False when they had no purse."""
    holder = connection.scalar(select(PURSE.c.holder).where(PURSE.c.resident == resident))
    if holder is None:
        return False
    connection.execute(update(ORDER).where(_O.holder == holder).values(thread=""))
    connection.execute(update(PURSE).where(PURSE.c.holder == holder).values(resident=None, version=PURSE.c.version + 1))
    return True


# --- reading


def shop(connection: Connection, resident: str, now: datetime, scheme: Scheme) -> Shop:
    """All that is known when this resident speaks of points or of the mall."""
    purse = purse_of(connection, resident)
    return Shop(
        purse,
        scheme,
        tuple(goods(connection)),
        tuple(orders_of(connection, purse)),
        bought(connection, purse, now),
        tuple(newest_of(connection, purse.holder, LINES)),
        drawn(8).hex(),
        code(),
    )


def code() -> str:
    """A code as it is drawn: one that is taken makes the commit Stale, and the next draw is another."""
    lot, letters = below(len(LETTERS) ** LENGTH), ""
    for _ in range(LENGTH):
        lot, place = divmod(lot, len(LETTERS))
        letters += LETTERS[place]
    return letters


def goods(connection: Connection, *, all_: bool = False) -> list[Goods]:
    """What is on offer, the cheapest first; with `all_` also what no longer is."""
    wanted = select(*_GOODS_COLUMNS).order_by(_G.price, _G.id)
    rows = connection.execute(wanted if all_ else wanted.where(_G.offered == True))  # noqa: E712 - a column
    return [_goods(row) for row in rows]


def one(connection: Connection, id_: str) -> Goods | None:
    """One of the goods, on offer or not."""
    row = connection.execute(select(*_GOODS_COLUMNS).where(_G.id == id_)).first()
    return _goods(row) if row else None


def orders_of(connection: Connection, purse: Purse) -> list[Order]:
    """A holder's orders: those that wait, then the newest others."""
    mine = select(*_ORDER_COLUMNS).where(_O.holder == purse.holder)
    waits = mine.where(_O.state == OrderState.HELD.value).order_by(_O.until).limit(WAITING)
    others = mine.where(_O.state != OrderState.HELD.value).order_by(_O.placed_at.desc()).limit(SHOWN)
    return [_order(row) for rows in (waits, others) for row in connection.execute(rows)]


def bought(connection: Connection, purse: Purse, now: datetime) -> Mapping[str, int]:
    """Goods id -> pieces this holder ordered in the local year of now; what was returned does not count."""
    mine = (_O.holder == purse.holder, _O.placed_at >= began(year_of(now)), _O.state != OrderState.RETURNED.value)
    rows = connection.execute(select(_O.goods, func.count()).where(*mine).group_by(_O.goods))
    return {row[0]: row[1] for row in rows}


def by_code(connection: Connection, code: str) -> Order | None:
    """The order that a code opens."""
    row = connection.execute(select(*_ORDER_COLUMNS).where(_O.code == code, _O.code != "")).first()
    return _order(row) if row else None


def waiting(connection: Connection, now: datetime) -> dict[str, tuple[int, datetime]]:
    """Goods id -> how many orders can still be fetched, and until when the first of them."""
    held = select(_O.goods, func.count(), func.min(_O.until))
    held = held.where(_O.state == OrderState.HELD.value, _O.until > now).group_by(_O.goods)
    return {row[0]: (row[1], row[2]) for row in connection.execute(held)}


def overdue(connection: Connection, now: datetime, most: int) -> list[Order]:
    """Orders nobody fetched in time, the longest ago first."""
    late = select(*_ORDER_COLUMNS).where(_O.state == OrderState.HELD.value, _O.until <= now)
    return [_order(row) for row in connection.execute(late.order_by(_O.until).limit(most))]


def _goods(row: Iterable[Any]) -> Goods:
    read = Goods(*row)
    return replace(read, pick_up=tuple(PickUp(*each) for each in read.pick_up))  # type: ignore[misc]


def _order(row: Iterable[Any]) -> Order:
    read = Order(*row)
    return replace(read, paid=tuple((lot, points) for lot, points in read.paid), state=OrderState(read.state))
