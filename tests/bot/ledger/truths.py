"""What is true of points whatever happened: read from the rows, reckoned apart from the rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select

from bot.ledger import Earned, Earning, Order, OrderState, Reason
from bot.store.earnings import _COLUMNS as EARNING_COLUMNS
from bot.store.earnings import _earning
from bot.store.ledger import entry_of
from bot.store.ledger_tables import LEDGER
from bot.store.mall import _ORDER_COLUMNS, _order, goods
from routing.sla import LOCAL
from tests.bot.ledger.till import Till

COUNTS = (Earned.REVIEW, Earned.HELD, Earned.FREE)
KEPT = (OrderState.HELD, OrderState.FETCHED)


def check(till: Till, stocked: Mapping[str, int]) -> None:
    """Asserts all of it. `stocked` is how many pieces of each goods ever came."""
    earnings, orders = _earnings(till), _orders(till)
    _balances(till, earnings, orders)
    _earned(till, earnings)
    _stock(till, orders, stocked)


def _earnings(till: Till) -> list[Earning]:
    return [_earning(row) for row in till.db.read_now(lambda c: c.execute(select(*EARNING_COLUMNS)).all())]


def _orders(till: Till) -> list[Order]:
    return [_order(row) for row in till.db.read_now(lambda c: c.execute(select(*_ORDER_COLUMNS)).all())]


def _balances(till: Till, earnings: list[Earning], orders: list[Order]) -> None:
    assert till.bad() is None
    balances = till.balances()
    assert sum(balances.values()) == 0
    assert all(balance >= 0 for (_, account, _), balance in balances.items() if account not in ("street", "owed"))
    assert balances.get(("", "mall", 0), 0) == sum(each.price for each in orders if each.state is OrderState.FETCHED)
    pending, held = Counter[str](), Counter[str]()
    for earning in earnings:
        pending[earning.holder] += earning.amount * (earning.state is Earned.HELD)
    for order in orders:
        held[order.holder] += order.price * (order.state is OrderState.HELD)
        assert sum(points for _, points in order.paid) == order.price
    for holder in {*pending, *held}:
        assert balances.get((holder, "pending", 0), 0) == pending[holder]
        assert balances.get((holder, "held", 0), 0) == held[holder]


def _earned(till: Till, earnings: list[Earning]) -> None:
    columns = ("key", "holder", "payer", "payee", "amount", "reason", "thing", "at", "lot")
    rows = till.db.read_now(lambda c: c.execute(select(*(LEDGER.c[name] for name in columns))).all())
    entries = [entry_of(row) for row in rows]
    once = Counter(e.thing for e in entries if e.reason in (Reason.TENANT, Reason.MOVED_OUT, Reason.HAZARD))
    assert all(count == 1 for count in once.values()), "one earning per thing"
    assert max(Counter(e.thing for e in entries if e.reason is Reason.FETCHED).values(), default=1) == 1
    begun = {e.thing: e.at for e in entries if e.thing in once and e.reason is Reason(e.thing.partition(":")[0])}
    for entry in entries:
        if entry.reason in (Reason.FREED, Reason.SETTLED):
            assert entry.at >= begun[entry.thing] + till.scheme.hold, "on hold for so long"
    days, months = Counter[object](), Counter[object]()
    landlords, pictures = defaultdict[str, list[Earning]](list), Counter[str]()
    for earning in earnings:
        assert (earning.thing in once) == (earning.state not in (Earned.REVIEW, Earned.DECLINED))
        local = earning.at.astimezone(LOCAL)
        days[earning.holder, local.date()] += earning.amount * (earning.state in COUNTS)
        months[earning.holder, local.year, local.month] += earning.amount * (earning.state in COUNTS)
        if not earning.why:
            landlords[earning.subject].append(earning)
            pictures.update(earning.pictures)
    assert max(days.values(), default=0) <= till.scheme.day
    assert max(months.values(), default=0) <= till.scheme.month
    assert max(pictures.values(), default=1) == 1, "one photo, one thing, unless a person looked"
    for subject, their in landlords.items():
        for last in their if subject else ():
            near = [e for e in their if last.at - timedelta(days=30) <= e.at <= last.at]
            assert len({e.holder for e in near}) < till.scheme.landlords, "three landlords: a person looks"


def _stock(till: Till, orders: list[Order], stocked: Mapping[str, int]) -> None:
    taken = Counter(order.goods for order in orders if order.state in KEPT)
    bought = Counter((o.holder, o.goods, o.placed_at.astimezone(LOCAL).year) for o in orders if o.state in KEPT)
    for each in till.db.read_now(lambda c: goods(c, all_=True)):
        assert each.stock >= 0
        assert each.stock + taken[each.id] == stocked[each.id]
        most = max((count for (_, id_, _), count in bought.items() if id_ == each.id), default=0)
        assert not each.most or most <= each.most
