"""Whatever happens in whatever order, with crashes in it: the sum is 0, none is below 0, the stock never is, one thing
earns once, one code opens once, nothing is spent twice."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from bot.ledger import BadEntry, Earning, Order, Refusal, Review, Rule, Scheme, balance, order
from bot.outcome import Outcome
from bot.store import Database, Stale
from bot.store.ledger import NotBooked, entry_of, post
from bot.store.ledger_tables import LEDGER
from tests.bot.ledger.till import Till, emptied, thing
from tests.bot.ledger.truths import check
from tests.databases import Servers
from tests.tables import tables_at
from tests.thorough import many

PEOPLE = ("alice", "bob", "carol", "dave")
WHO, CRASH = st.sampled_from(PEOPLE), st.sampled_from(["", "", "", "before", "after"])
GOODS = st.sampled_from(["rice", "egg", "cap"])
PICK = st.integers(0, 99)
SCHEME = Scheme(day=150, month=400, hold=timedelta(days=2))


class PointsMachine(RuleBasedStateMachine):
    db: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.things: list[str] = []
        self.codes: list[str] = []
        self.given: Counter[str] = Counter()  #: Code -> how often it opened, less how often that was taken back.
        self.stocked: Counter[str] = Counter()

    @initialize()
    def a_street(self) -> None:
        emptied(self.db)
        self.till = Till(self.db, SCHEME)
        for who in PEOPLE:
            self.till.resident(who)
        for id_, price, stock, most in (("rice", 60, 2, 0), ("egg", 20, 3, 0), ("cap", 10, 3, 1)):
            self.till.goods(id_, price, stock, most=most)
            self.stocked[id_] = stock
        self.a_good_week("")

    # --- what happens

    @rule(who=WHO, n=st.integers(0, 9), kind=st.sampled_from(Rule), subject=st.sampled_from(["", "s", "t"]),
          picture=st.sampled_from(["", "", "", "p", "q", "r"]), crash=CRASH)  # fmt: skip
    def something_was_verified(self, who: str, n: int, kind: Rule, subject: str, picture: str, crash: str) -> None:
        one = thing(n, kind, subject, (picture,) if picture else ())
        self.till.crash = crash
        before = self.till.seq()
        said = self.till.earn(who, one)
        assert self.till.seq() == before + isinstance(said, Earning)
        if not isinstance(said, Refusal):
            assert one.key not in self.things
            self.things.append(one.key)

    @rule(n=PICK, verb=st.sampled_from(["approve", "decline", "reverse"]), crash=CRASH)
    def a_person_decides(self, n: int, verb: str, crash: str) -> None:
        if self.things:
            self.till.crash = crash
            getattr(self.till, verb)(self.things[-1 - n % min(len(self.things), 8)])

    @rule(hours=st.sampled_from([1, 9, 24, 24 * 2, 24 * 7, 24 * 30, 24 * 365]))
    def time_passes(self, hours: int) -> None:
        self.till.now += timedelta(hours=hours)

    @rule(crash=CRASH)
    def what_is_due_is_booked(self, crash: str) -> None:
        self.till.crash = crash
        self.till.payday()
        self.till.crash = ""

    @rule(crash=CRASH)
    def a_good_week(self, crash: str) -> None:
        """The way to points that can be spent, in one step."""
        for n, who in enumerate(PEOPLE):
            one = thing(f"{self.till.now:%Y%m%d%H}{n}")
            if not isinstance(self.till.earn(who, one), Refusal):
                self.things.append(one.key)
        self.till.now += SCHEME.hold
        self.what_is_due_is_booked(crash)

    @rule(who=WHO, goods=GOODS, crash=CRASH)
    def somebody_orders(self, who: str, goods: str, crash: str) -> None:
        had, before = balance(self.till.purse(who), self.till.now, SCHEME), self.till.stock(goods)
        self.till.crash = crash
        said = self.till.order(who, goods)
        got = isinstance(said, Order)
        assert self.till.stock(goods) == before - got
        assert balance(self.till.purse(who), self.till.now, SCHEME) == had - (
            said.price if isinstance(said, Order) else 0
        )
        if isinstance(said, Order):
            self.codes.append(said.code)

    @rule(who=WHO, goods=GOODS)
    def two_devices_order_at_once(self, who: str, goods: str) -> None:
        shops = [self.till.shop(who), self.till.shop(who)]
        done = 0
        for n, shop in enumerate(shops):
            booked = order(shop, next(each for each in shop.goods if each.id == goods), self.till.now)
            if isinstance(booked, tuple):
                try:
                    self.till.commit(Outcome(f"d{n}:{shop.id}", (shop.purse, booked[0]), entries=booked[1]))
                except Stale:
                    continue
                done += 1
                self.codes.append(booked[0].code)
        assert done <= 1

    @rule(who=WHO, goods=GOODS, crash=CRASH)
    def somebody_orders_and_fetches(self, who: str, goods: str, crash: str) -> None:
        before = len(self.codes)
        self.somebody_orders(who, goods, "")
        if len(self.codes) > before:
            self.a_code_is_shown(0, crash, "fetch", who)

    @rule(n=PICK, crash=CRASH, verb=st.sampled_from(["fetch", "fetch", "take_back", "cancel"]), who=WHO)
    def a_code_is_shown(self, n: int, crash: str, verb: str, who: str) -> None:
        if not self.codes:
            return
        code, self.till.crash = self.codes[-1 - n % min(len(self.codes), 4)], crash  # The newest: others lapsed.
        match verb:
            case "fetch":
                self.given[code] += isinstance(self.till.hand_over(code), Order)
            case "take_back":
                self.given[code] -= isinstance(self.till.take_back(code), Order)
            case _:
                self.till.cancel(who, code)
        assert self.given[code] in (0, 1), "one code, one piece"

    @rule(goods=GOODS, more=st.integers(-3, 3))
    def the_stock_is_counted(self, goods: str, more: int) -> None:
        self.stocked[goods] += more * self.till.restock(goods, more)

    # --- what must not happen

    @rule(who=WHO, goods=GOODS, back=st.sampled_from([timedelta(minutes=3), timedelta(days=1), timedelta(days=400)]))
    def the_clock_goes_back(self, who: str, goods: str, back: timedelta) -> None:
        before, now = self.till.seq(), self.till.now
        if before and self.till.purse(who).newest == now:
            self.till.now = now - back
            assert isinstance(self.till.order(who, goods), Refusal)
            assert isinstance(self.till.earn(who, thing("back")), Refusal)
            assert self.till.payday() == 0
            self.till.now = now
            assert self.till.seq() == before

    @rule(n=PICK, amount=st.sampled_from([-1, 0, 1, 61, 10**7]))
    def an_entry_is_played_again(self, n: int, amount: int) -> None:
        columns = [
            LEDGER.c[name] for name in ("key", "holder", "payer", "payee", "amount", "reason", "thing", "at", "lot")
        ]
        rows = self.db.read_now(lambda c: c.execute(select(*columns).order_by(LEDGER.c.seq)).all())
        if not rows:
            return
        entry = replace(entry_of(rows[n % len(rows)]), at=self.till.now)
        assert self.db.write_now(lambda c: post(c, [entry])) == 0
        try:
            forged = replace(entry, amount=amount)
        except BadEntry:
            assert not 1 <= amount <= 1_000_000
            return
        if forged != entry:
            with pytest.raises(NotBooked):
                self.db.write_now(lambda c: post(c, [forged]))

    # --- what is true all the while

    @invariant()
    def all_is_true(self) -> None:
        if hasattr(self, "till"):
            check(self.till, self.stocked)


@pytest.fixture
def points(engine: str, servers: Servers) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        url = tables_at(Path(folder) / "points.db") if engine == "sqlite" else servers.postgres(tables=True)
        db = Database.open(url)
        yield db
        db.close_now()
        servers.drop(url)


def test_whatever_happens_points_are_right(points: Database, engine: str) -> None:
    machine = type("Machine", (PointsMachine,), {"db": points})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=many(40 if engine == "sqlite" else 20),
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_review_is_no_earning_yet(points: Database) -> None:
    emptied(points)
    till = Till(points, SCHEME)
    for n, who in enumerate(PEOPLE[:3]):
        till.resident(who)
        said = till.earn(who, thing(n, subject="s"))
    assert isinstance(said, Review)
    check(till, {})
