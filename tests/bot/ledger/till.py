"""A till for tests: reads, asks the rule and commits as the doors do, on either engine; crashes when it is told to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select, text

from bot.desks import mall as mall_desk
from bot.desks import points as points_desk
from bot.ledger import (
    Account,
    Earning,
    Entry,
    Goods,
    Order,
    Purse,
    Reason,
    Refusal,
    Review,
    Rule,
    Scheme,
    Shop,
    Thing,
    approve,
    cancel,
    decline,
    earn,
    hand_over,
    order,
    reverse,
    take_back,
    year_of,
)
from bot.outcome import Outcome, Points, Scan
from bot.store import Database, Done, Keys, Stale, earnings, ledger, mall
from bot.store.commit import Transaction
from bot.store.ledger_tables import BALANCE, LEDGER
from bot.store.private import DataKey
from bot.store.rows import house_key
from bot.store.tables import PERSON_KEY, RESIDENT
from tests.bot.store.conftest import SECRET, render
from tests.town import NOON

T = TypeVar("T")
#: As the rules' refusals and the store's word that somebody was quicker, too often in a row.
LOOKS = 8

SCHEME = Scheme()


class Crash(Exception):
    """The process died here."""


#: What a door decides after a look: what changes, or why nothing does.
Decided = tuple[tuple[Points, ...], tuple[Entry, ...]] | Refusal | Review | None


class Till:
    """Every verb returns what the rule said. `crash` is "before" or "after" the next commit."""

    def __init__(self, db: Database, scheme: Scheme = SCHEME, now: datetime = NOON) -> None:
        self.db, self.scheme, self.now = db, scheme, now
        self.crash = ""
        self._causes = itertools.count(1)
        self.keys = Keys.of(SECRET)
        self.house: DataKey = db.write_now(lambda c: house_key(c, self.keys, NOON))
        self.keys.remember(self.house)

    # --- who and what there is

    def resident(self, name: str) -> str:
        """Somebody who may have a purse."""

        def write(c: Connection) -> None:
            if c.execute(select(RESIDENT.c.id).where(RESIDENT.c.id == name)).first() is None:
                c.execute(PERSON_KEY.insert().values(id=name, wrapped=b"", created_at=NOON))
                c.execute(RESIDENT.insert().values(id=name, channel="telegram", language="", version=1))

        self.db.write_now(write)
        return name

    def goods(self, id_: str = "rice", price: int = 60, stock: int = 3, **more: Any) -> Goods:
        goods = Goods(id_, f"name of {id_}", price, stock, **more)
        self.db.write_now(lambda c: mall.put_goods(c, goods))
        return goods

    def purse(self, who: str) -> Purse:
        return self.db.read_now(lambda c: ledger.purse_of(c, who))

    def shop(self, who: str) -> Shop:
        return self.db.read_now(lambda c: mall.shop(c, who, self.now, self.scheme))

    # --- verbs

    def earn(self, who: str, thing: Thing) -> Earning | Refusal | Review:
        def decide() -> tuple[Decided, Any]:
            purse = self.purse(who)
            known = self.db.read_now(lambda c: earnings.known(c, thing, purse.holder, self.now, self.scheme))
            booked = earn(thing, purse, known, self.now, self.scheme)
            if isinstance(booked, Refusal):
                return booked, booked
            if isinstance(booked, Review):
                return ((purse, known, booked.earning), ()), booked
            return ((purse, known, booked[0]), booked[1]), booked[0]

        return self.do(decide)

    def given(self, who: str, points: int, *, year: int = 0) -> None:
        """So many points to be spent, by entries as the rules write them."""
        purse, n = self.purse(who), next(self._causes)
        lot = year or year_of(self.now)
        way = (Account.PENDING, Account.POINTS)
        entries = (
            Entry(f"g{n}", purse.holder, Account.STREET, Account.PENDING, points, Reason.TENANT, f"t{n}", self.now),
            Entry(f"f{n}", purse.holder, *way, points, Reason.FREED, f"t{n}", self.now, lot),
        )
        self.commit(Outcome(f"given:{n}", (purse,), entries=entries))

    def approve(self, thing: str, by: str = "cadre") -> Earning | Refusal:
        return self._of_thing(thing, lambda found, purse: approve(found, purse, by, self.now, self.scheme))

    def reverse(self, thing: str, by: str = "cadre") -> Earning | Refusal:
        return self._of_thing(thing, lambda found, purse: reverse(found, purse, by, self.now, self.scheme))

    def decline(self, thing: str, by: str = "cadre") -> Earning | Refusal:
        def decide() -> tuple[Decided, Any]:
            done = decline(self._earning(thing), by)
            return (done, done) if isinstance(done, Refusal) else (((done,), ()), done)

        return self.do(decide)

    def order(self, who: str, goods: str) -> Order | Refusal:
        def decide() -> tuple[Decided, Any]:
            shop = self.shop(who)
            booked = order(shop, next((each for each in shop.goods if each.id == goods), None), self.now)
            return self._both(shop.purse, booked)

        return self.do(decide)

    def cancel(self, who: str, code: str) -> Order | Refusal:
        def decide() -> tuple[Decided, Any]:
            purse = self.purse(who)
            found = self.db.read_now(lambda c: mall.by_code(c, code))
            return self._both(purse, cancel(found, purse, self.now, self.scheme))

        return self.do(decide)

    def hand_over(self, code: str, by: str = "cadre", *, own: str = "") -> Order | Refusal:
        def decide() -> tuple[Decided, Any]:
            found, purse = self._opened(code)
            return self._both(purse, hand_over(found, by, purse, self.now, own=own))

        return self.do(decide)

    def take_back(self, code: str, by: str = "cadre") -> Order | Refusal:
        def decide() -> tuple[Decided, Any]:
            found, purse = self._opened(code)
            return self._both(purse, take_back(found, by, purse, self.now, self.scheme))

        return self.do(decide)

    def restock(self, goods: str, more: int) -> bool:
        return self.db.write_now(lambda c: mall.restock(c, goods, more))

    def payday(self) -> int:
        """What time does: holds end, orders lapse, years too. Returns how much of it was booked."""
        count = 0
        for earning in self.db.read_now(lambda c: earnings.due(c, self.now, 1000)):
            purse = self.db.read_now(lambda c, its=earning: ledger.purse(c, its.holder))
            count += self._tick(points_desk.freed(earning, purse, self.now))
        for late in self.db.read_now(lambda c: mall.overdue(c, self.now, 1000)):
            purse = self.db.read_now(lambda c, its=late: ledger.purse(c, its.holder))
            count += self._tick(mall_desk.unfetched(Scan(late, purse, None, None), self.now, self.scheme))
        before = year_of(self.now) - self.scheme.years_kept
        for holder in self.db.read_now(lambda c: ledger.lapsing(c, before, 1000)):
            purse = self.db.read_now(lambda c, its=holder: ledger.purse(c, its))
            count += self._tick(points_desk.lapsed(purse, self.now, self.scheme))
        return count

    # --- committing

    def do(self, decide: Callable[[], tuple[Decided, Any]]) -> Any:
        """Looks, decides, commits; looks again when somebody was quicker, and when it crashed: the message comes again.
        A refusal is a letter, which is committed under the same cause."""
        cause, first = f"test:{next(self._causes)}", None
        for _ in range(LOOKS):
            decided, said = decide()
            changes, entries = decided if isinstance(decided, tuple) else ((), ())
            try:
                self.commit(Outcome(cause, changes, entries=entries))
            except Stale:
                continue
            except Crash:
                first = said
                continue
            except Done:
                return first  # It was written before it crashed; whoever asked reads that.
            return said
        raise Stale("changed too often")

    def commit(self, outcome: Outcome) -> None:
        crash, self.crash = self.crash, ""

        def write(connection: Connection) -> None:
            Transaction(connection, self.keys, self.house, self.now).write(outcome, render)
            if crash == "before":
                raise Crash

        self.db.write_now(write)
        if crash:
            raise Crash

    def _tick(self, outcome: Outcome | None) -> int:
        if outcome is None:
            return 0
        try:
            self.commit(outcome)
        except (Stale, Done):
            return 0
        except Crash:
            return self._tick(outcome)
        return 1

    # --- pieces

    def _both(self, purse: Purse | None, booked: Any) -> tuple[Decided, Any]:
        if isinstance(booked, Refusal):
            return booked, booked
        assert purse is not None
        return ((purse, booked[0]), booked[1]), booked[0]

    def _earning(self, thing: str) -> Earning:
        found = self.db.read_now(lambda c: earnings.earning(c, thing))
        assert found is not None
        return found

    def _of_thing(self, thing: str, rule: Callable[[Earning, Purse], Any]) -> Any:
        def decide() -> tuple[Decided, Any]:
            found = self._earning(thing)
            purse = self.db.read_now(lambda c: ledger.purse(c, found.holder))
            assert purse is not None
            return self._both(purse, rule(found, purse))

        return self.do(decide)

    def _opened(self, code: str) -> tuple[Order | None, Purse | None]:
        found = self.db.read_now(lambda c: mall.by_code(c, code))
        return found, self.db.read_now(lambda c: ledger.purse(c, found.holder)) if found else None

    # --- looking

    def seq(self) -> int:
        return int(self.db.read_now(lambda c: c.scalar(select(func.count()).select_from(LEDGER))) or 0)

    def balances(self) -> dict[tuple[str, str, int], int]:
        rows = self.db.read_now(lambda c: c.execute(select(BALANCE)).all())
        return {(row.holder, row.account, row.lot): row.balance for row in rows}

    def stock(self, goods: str) -> int:
        found = self.db.read_now(lambda c: mall.one(c, goods))
        assert found is not None
        return found.stock

    def bad(self) -> ledger.Bad | None:
        return self.db.read_now(ledger.first_bad)


def thing(n: int | str, rule: Rule = Rule.TENANT, subject: str = "", pictures: tuple[str, ...] = ()) -> Thing:
    return Thing(rule, f"{rule}:{n}", subject, pictures)


def later(till: Till, **time: float) -> None:
    till.now += timedelta(**time)


def emptied(db: Database) -> None:
    """All rows of points gone, against the ledger's own trigger: for the next example of a property."""

    def write(connection: Connection) -> None:
        names = (
            "mall_order",
            "goods",
            "earning_picture",
            "earning",
            "purse",
            "ledger_account",
            "ledger_head",
            "ledger",
        )
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for name in (*names, "cause"):
                connection.execute(text(f"DELETE FROM {name}"))
            return
        trigger = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'ledger_no_delete'"))
        connection.execute(text("DROP TRIGGER ledger_no_delete"))
        for name in (*names, "cause"):
            connection.execute(text(f"DELETE FROM {name}"))
        connection.execute(text(str(trigger)))

    db.write_now(write)
