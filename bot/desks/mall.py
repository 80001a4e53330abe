"""The mall in chat: what there is, redeem, the code to fetch it with; and the counter where it is handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.desks.points import aside, refused
from bot.desks.turn import Turn
from bot.ledger import (
    Bought,
    Goods,
    Order,
    OrderState,
    Purse,
    Refusal,
    Scheme,
    Shop,
    balance,
    cancel,
    hand_over,
    order,
    overdue,
    shown,
    take_back,
)
from bot.messages import Address, Button, Inbound, Lane, Letter, Said, Words
from bot.outcome import Outcome, Scan

#: Goods on one letter: four buttons, and one for more.
SHELF = 4


def picture_of(code: str) -> str:
    """The name under which the photo store draws a code's QR."""
    return f"qr-{code}.png"


# --- buying


def shelf(turn: Turn, inbound: Inbound, start: str = "") -> None:
    """/mall: what there is, a button each; what waits to be fetched stands above it."""
    shop, to = turn.scene.shop, aside(turn, inbound)
    if shop is None or to is None:
        return
    there = [goods for goods in shop.goods if goods.stock > 0]
    first = int(start) if start.isascii() and start.isdigit() and int(start) < len(there) else 0
    rows: list[tuple[Button, ...]] = [(_button(turn, goods),) for goods in there[first : first + SHELF]]
    if first + SHELF < len(there):
        rows.append((Button("button.more", f"mall:{first + SHELF}"),))
    waits = [each for each in shop.orders if each.state is OrderState.HELD]
    said: dict[str, Words] = {
        "have": balance(shop.purse, turn.now, shop.scheme),
        "orders": tuple(_order(turn, each) for each in waits),
    }
    if first == 0:
        rows.extend((_show_code(turn, each),) for each in waits[:2])
    key = "mall.shelf" if there else "mall.empty"
    turn.tell(Letter(to, key, said, Lane.REPLY, buttons=tuple(rows), language=turn.thread.resident.language))


def look(turn: Turn, id_: str) -> None:
    """One of the goods: picture, price, what is left, where and when it is handed over."""
    shop = turn.scene.shop
    goods = _goods(shop, id_)
    if shop is None or not turn.thread.private:
        return
    if goods is None:
        refused(turn, Refusal("mall.not_offered"), _BACK)
        return
    said: dict[str, Words] = {
        "name": _name(turn, goods),
        "price": goods.price,
        "stock": str(goods.stock),
        "most": Said("mall.most", {"most": goods.most}) if goods.most else "",
        "pick_up": _pick_up(goods),
        "have": str(balance(shop.purse, turn.now, shop.scheme)),
    }
    # With the purse's version: pressed twice, or on two devices, it is one order.
    redeem = Button("button.redeem", f"redeem:{goods.id}:{goods.price}:{shop.purse.version}")
    thread = turn.thread
    turn.tell(
        Letter(
            thread.at,
            "mall.goods",
            said,
            Lane.REPLY,
            buttons=((redeem,), _BACK) if goods.stock else (_BACK,),
            photos=(goods.picture,) if goods.picture else (),
            language=thread.resident.language,
        )
    )


def redeem(turn: Turn, id_: str, as_read: str) -> None:
    """Orders one piece, if purse and price are still as they were when the button was written."""
    shop = turn.scene.shop
    goods = _goods(shop, id_)
    if shop is None or not turn.thread.private:
        return
    again = (Button("button.mall", "mall"), Button("button.points", "points"))
    if goods is not None and as_read != f"{goods.price}:{shop.purse.version}":
        refused(turn, Refusal("mall.changed"), again)
        return
    booked = order(shop, goods, turn.now, thread=turn.thread.id)
    if isinstance(booked, Refusal):
        refused(turn, booked, again)
        return
    assert goods is not None
    _book(turn, shop.purse, booked)
    _tell_code(turn, booked[0], goods)


def code(turn: Turn, id_: str) -> None:
    """The code of an order that waits, once more."""
    found = _own(turn.scene.shop, id_)
    if found is None or found.state is not OrderState.HELD or not turn.thread.private:
        refused(turn, Refusal("mall.no_such_order"), _BACK)
        return
    goods = _goods(turn.scene.shop, found.goods)
    _tell_code(turn, found, goods)


def unorder(turn: Turn, id_: str) -> None:
    """They want it no more: the points go back."""
    shop = turn.scene.shop
    if shop is None or not turn.thread.private:
        return
    booked = cancel(_own(shop, id_), shop.purse, turn.now, shop.scheme)
    if isinstance(booked, Refusal):
        refused(turn, booked, _BACK)
        return
    _book(turn, shop.purse, booked)
    turn.reply("mall.cancelled", {"price": booked[0].price}, buttons=(_BACK,))


# --- the counter


def fetch(turn: Turn) -> None:
    """/fetch CODE, by staff in their private talk: the piece is handed over, once."""
    _at_the_counter(turn, "mall.handed", "mall.fetched", hand_over_at)


def give_back(turn: Turn) -> None:
    """/takeback CODE: what was handed over came back."""
    _at_the_counter(turn, "mall.taken_back", "mall.cancelled", take_back_at)


def hand_over_at(scan: Scan | None, by: str, own: str, now: datetime, scheme: Scheme) -> Bought | Refusal:
    """The rule with what a scan found."""
    return hand_over(scan.order if scan else None, by, scan.purse if scan else None, now, own=own)


def take_back_at(scan: Scan | None, by: str, own: str, now: datetime, scheme: Scheme) -> Bought | Refusal:
    if scan is not None and own == scan.order.holder:
        return Refusal("mall.not_by_yourself")
    return take_back(scan.order if scan else None, by, scan.purse if scan else None, now, scheme)


def _at_the_counter(
    turn: Turn, done: str, told: str, rule: Callable[[Scan | None, str, str, datetime, Scheme], Bought | Refusal]
) -> None:
    shop, scan = turn.scene.shop, turn.scene.scan
    if not turn.scene.person or not turn.thread.private or shop is None:
        turn.reply("mall.staff_only")
        return
    booked = rule(scan, turn.scene.person, shop.purse.holder, turn.now, shop.scheme)
    if isinstance(booked, Refusal):
        refused(turn, booked)
        return
    assert scan is not None
    _book(turn, scan.purse, booked)
    language = turn.thread.resident.language
    said: dict[str, Words] = {"name": _named(scan.goods, language), "price": booked[0].price}
    turn.reply(done, said)
    turn.tell(*_letter(scan, told, said if told == "mall.cancelled" else None))


def clicked(
    cause: str, scan: Scan | None, by: str, own: str, now: datetime, scheme: Scheme, *, back: bool = False
) -> Outcome | Refusal:
    """The same on a page: what was scanned is handed over, or came `back`; whose it was is told. `own` is the holder id
    of whoever stands at the counter."""
    booked = (take_back_at if back else hand_over_at)(scan, by, own, now, scheme)
    if isinstance(booked, Refusal):
        return booked
    assert scan is not None
    letters = _letter(scan, "mall.cancelled" if back else "mall.fetched")
    note = "mall.taken_back" if back else "mall.handed"
    return Outcome(cause, (scan.purse, booked[0]), entries=booked[1], letters=letters, note=note)


# --- time


def unfetched(scan: Scan, now: datetime, scheme: Scheme) -> Outcome | None:
    """Nobody came in time: the points go back, and whose they are is told. None: not so, or not now."""
    booked = overdue(scan.order, scan.purse, now, scheme)
    if isinstance(booked, Refusal):
        return None
    cause = f"points:unfetched:{scan.order.id}"
    changes, letters = (scan.purse, booked[0]), _letter(scan, "mall.returned")
    return Outcome(cause, changes, entries=booked[1], letters=letters, note="mall.unfetched")


# --- pieces

_BACK = (Button("button.mall", "mall"), Button("button.points", "points"))


def _book(turn: Turn, purse: Purse, booked: Bought) -> None:
    turn.keep(purse, booked[0])
    turn.book(*booked[1])


def _letter(scan: Scan, key: str, said: dict[str, Words] | None = None) -> tuple[Letter, ...]:
    """To whom the order is, where they can be written to alone."""
    thread = scan.thread
    to: Address | None = (thread.at if thread.private else thread.resident.private) if thread else None
    if thread is None or to is None:
        return ()
    language = thread.resident.language
    words: dict[str, Words] = said or {"name": _named(scan.goods, language), "price": scan.order.price}
    rows = ((Button("button.human", "human"),),)
    return (Letter(to, key, words, Lane.UPDATE, buttons=rows, language=language),)


def _tell_code(turn: Turn, found: Order, goods: Goods | None) -> None:
    thread = turn.thread
    said: dict[str, Words] = {
        "name": _name(turn, goods) if goods else found.goods,
        "price": found.price,
        "code": shown(found.code),
        "until": found.until,
        "pick_up": _pick_up(goods) if goods else "",
    }
    turn.tell(
        Letter(
            thread.at,
            "mall.ordered",
            said,
            Lane.REPLY,
            buttons=((Button("button.unorder", f"unorder:{found.id}"),), _BACK),
            photos=(picture_of(found.code),),
            language=thread.resident.language,
        )
    )


def _goods(shop: Shop | None, id_: str) -> Goods | None:
    return next((goods for goods in shop.goods if goods.id == id_), None) if shop else None


def _own(shop: Shop | None, id_: str) -> Order | None:
    return next((each for each in shop.orders if each.id == id_), None) if shop else None


def _named(goods: Goods | None, language: str) -> str:
    if goods is None:
        return ""
    return goods.name_en if language == "en" and goods.name_en else goods.name


def _name(turn: Turn, goods: Goods) -> str:
    return _named(goods, turn.thread.resident.language)


def _pick_up(goods: Goods) -> Words:
    return tuple(Said("mall.pick_up", {"place": each.place, "hours": each.hours}) for each in goods.pick_up)


def _button(turn: Turn, goods: Goods) -> Button:
    return Button("button.goods", f"goods:{goods.id}", params={"name": _name(turn, goods), "price": goods.price})


def _order(turn: Turn, found: Order) -> Words:
    goods = _goods(turn.scene.shop, found.goods)
    name = _name(turn, goods) if goods else found.goods
    return Said("mall.order", {"name": name, "code": shown(found.code), "until": found.until})


def _show_code(turn: Turn, found: Order) -> Button:
    goods = _goods(turn.scene.shop, found.goods)
    name = _name(turn, goods) if goods else found.goods
    return Button("button.order", f"order:{found.id}", params={"name": name})
