"""Goods and orders: the last piece once, one order from two devices, one hand-over from one code; points come back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.ledger import LETTERS, Order, OrderState, Refusal, Scheme, balance, code_of, order, shown
from bot.outcome import Outcome
from bot.store import Database, Stale, ledger, mall, points
from tests.bot.ledger.till import Till, later


def placed(said: object) -> Order:
    assert isinstance(said, Order), said
    return said


def spendable(till: Till, who: str) -> int:
    return balance(till.purse(who), till.now, till.scheme)


@pytest.fixture
def rice(till: Till) -> Till:
    """A till with three bags of rice and people with points."""
    till.goods("rice", 60, 3)
    for who in ("alice", "bob", "carol"):
        till.given(who, 100)
    return till


def test_an_order_holds_the_points_and_a_piece_until_its_code_is_shown(rice: Till) -> None:
    found = placed(rice.order("alice", "rice"))
    assert (spendable(rice, "alice"), rice.purse("alice").held, rice.stock("rice")) == (40, 60, 2)
    done = placed(rice.hand_over(found.code))
    assert (done.state, done.by, done.settled_at) == (OrderState.FETCHED, "cadre", rice.now)
    assert (rice.purse("alice").held, rice.balances()["", "mall", 0], rice.stock("rice")) == (0, 60, 2)
    assert rice.bad() is None


def test_a_second_scan_says_when_the_first_was_and_books_nothing(rice: Till) -> None:
    found, at = placed(rice.order("alice", "rice")), rice.now
    rice.hand_over(found.code)
    later(rice, minutes=5)
    assert rice.hand_over(found.code) == Refusal("mall.fetched_already", {"at": at})
    assert rice.balances()["", "mall", 0] == 60


def test_nobody_came_so_the_points_and_the_piece_go_back(rice: Till) -> None:
    found = placed(rice.order("alice", "rice"))
    later(rice, days=6, hours=23)
    assert rice.payday() == 0
    later(rice, hours=1)
    assert rice.hand_over(found.code) == Refusal("mall.too_late"), "late is late, even before it is booked"
    assert (rice.payday(), rice.payday()) == (1, 0)
    assert (spendable(rice, "alice"), rice.purse("alice").held, rice.stock("rice")) == (100, 0, 3)
    assert rice.hand_over(found.code) == Refusal("mall.too_late")
    assert rice.bad() is None


def test_its_holder_may_cancel_it_and_nobody_else(rice: Till) -> None:
    found = placed(rice.order("alice", "rice"))
    assert rice.cancel("bob", found.code) == Refusal("mall.no_such_order")
    assert placed(rice.cancel("alice", found.code)).state is OrderState.RETURNED
    assert rice.cancel("alice", found.code) == Refusal("mall.settled")
    assert (spendable(rice, "alice"), rice.stock("rice")) == (100, 3)


def test_what_was_handed_over_by_mistake_is_taken_back_and_the_first_entry_stays(rice: Till) -> None:
    found = placed(rice.order("alice", "rice"))
    assert rice.take_back(found.code) == Refusal("mall.settled")
    rice.hand_over(found.code)
    before = rice.seq()
    assert placed(rice.take_back(found.code)).state is OrderState.RETURNED
    assert (spendable(rice, "alice"), rice.balances()["", "mall", 0], rice.stock("rice")) == (100, 0, 3)
    assert rice.seq() == before + 1
    assert rice.take_back(found.code) == Refusal("mall.settled")
    assert rice.bad() is None


def test_points_held_over_the_end_of_their_last_year_come_back_as_this_years(till: Till) -> None:
    till.goods("rice", 60)
    till.given("alice", 60, year=till.now.year - 1)
    till.now = till.now.replace(month=12, day=30)
    placed(till.order("alice", "rice"))
    later(till, days=8)
    till.payday()
    assert till.purse("alice").lots == ((till.now.year, 60),)
    assert till.bad() is None


def test_the_oldest_points_are_spent_first(till: Till) -> None:
    till.goods("rice", 60)
    till.given("alice", 50, year=till.now.year - 1)
    till.given("alice", 50)
    assert placed(till.order("alice", "rice")).paid == ((till.now.year - 1, 50), (till.now.year, 10))


# --- refused, and nothing is booked


def test_what_cannot_be_had_is_said_in_one_sentence(rice: Till) -> None:
    rice.goods("car", 101, 1)
    rice.goods("cap", 1, 5, most=1)
    rice.goods("old", 1, 1, offered=False)
    rice.goods("gone", 1, 0)
    placed(rice.order("alice", "cap"))
    before = (rice.balances(), rice.seq())
    assert rice.order("alice", "car") == Refusal("points.too_few", {"need": 101, "have": 99})
    assert rice.order("alice", "cap") == Refusal("mall.limit", {"most": 1})
    assert rice.order("alice", "old") == Refusal("mall.not_offered")
    assert rice.order("alice", "nothing") == Refusal("mall.not_offered")
    assert rice.order("alice", "gone") == Refusal("mall.sold_out")
    later(rice, hours=-1)
    assert rice.order("alice", "rice") == Refusal("points.clock")
    assert (rice.balances(), rice.seq()) == before


def test_the_limit_for_one_person_is_for_a_year_and_returned_pieces_do_not_count(rice: Till) -> None:
    rice.goods("cap", 1, 5, most=1)
    first = placed(rice.order("alice", "cap"))
    rice.cancel("alice", first.code)
    rice.hand_over(placed(rice.order("alice", "cap")).code)
    assert rice.order("alice", "cap") == Refusal("mall.limit", {"most": 1})
    rice.now = rice.now.replace(year=rice.now.year + 1, month=1, day=2)
    placed(rice.order("alice", "cap"))


def test_at_the_counter_nothing_is_given_for_a_wrong_code_or_to_oneself(rice: Till) -> None:
    found = placed(rice.order("alice", "rice"))
    for code in ("", "AAAAAA", found.id, "'; DROP TABLE mall_order"):
        assert rice.hand_over(code_of(code)) == Refusal("mall.no_such_code")
    assert rice.hand_over(found.code, own=found.holder) == Refusal("mall.not_by_yourself")
    assert rice.hand_over(found.code, by="") == Refusal("mall.not_by_yourself")
    later(rice, hours=-1)
    assert rice.hand_over(found.code) == Refusal("points.clock")
    assert rice.balances().get(("", "mall", 0), 0) == 0


@pytest.mark.parametrize(
    "typed", ["k7qf3m", " K7Q F3M ", "K7Q-F3M", "Ｋ７Ｑ Ｆ３Ｍ", "https://wuyou.example/fetch/K7QF3M", "K7QF3M\n"]
)
def test_a_code_is_read_however_it_is_typed_or_scanned(typed: str) -> None:
    assert code_of(typed) == "K7QF3M"


@pytest.mark.parametrize(
    "typed", ["", "K7QF3", "K7QF3MM", "K7QF30", "K7QFO3", "K7QF31", "K7QF3I", "K7QF3L", "x" * 9999]
)
def test_what_is_no_code_opens_nothing(typed: str) -> None:
    assert code_of(typed) == ""


def test_codes_have_no_letters_that_are_mistaken() -> None:
    assert not set("0O1IL") & set(LETTERS)
    drawn = {mall.code() for _ in range(2000)}
    assert len(drawn) > 1990
    assert all(code_of(shown(code)) == code for code in drawn)


# --- at once


def test_two_devices_at_once_are_one_order(rice: Till) -> None:
    rice.given("alice", 100)  # Enough for two: what keeps them apart is the purse's version alone.
    one, two = rice.shop("alice"), rice.shop("alice")
    for n, shop in enumerate((one, two)):
        booked = order(shop, shop.goods[0], rice.now)
        assert isinstance(booked, tuple)
        outcome = Outcome(f"device:{n}", (shop.purse, booked[0]), entries=booked[1])
        if n:
            with pytest.raises(Stale):
                rice.commit(outcome)
        else:
            rice.commit(outcome)
    assert (spendable(rice, "alice"), rice.stock("rice")) == (140, 2)


async def test_fifty_at_once_for_the_last_piece_make_exactly_one(db: Database, till: Till) -> None:
    till.goods("tv", 60, 1)
    people = [till.resident(f"r{n}") for n in range(50)]
    for who in people:
        till.given(who, 60)

    async def redeem(n: int, who: str) -> object:
        for look in range(3):
            shop = await db.read(lambda c: mall.shop(c, who, till.now, till.scheme))
            booked = order(shop, shop.goods[0] if shop.goods else None, till.now)
            if isinstance(booked, Refusal):
                return booked
            outcome = Outcome(f"r:{n}:{look}", (shop.purse, booked[0]), entries=booked[1])
            try:
                await db.write(lambda c, its=outcome: points.write(c, its))
            except Stale:
                continue
            return booked[0]
        raise AssertionError("looked three times")

    said = await asyncio.gather(*(redeem(n, who) for n, who in enumerate(people)))
    assert sum(isinstance(each, Order) for each in said) == 1
    assert [each for each in said if not isinstance(each, Order)] == [Refusal("mall.sold_out")] * 49
    assert till.stock("tv") == 0
    assert till.bad() is None


async def test_fifty_at_once_for_enough_pieces_each_get_one_at_the_first_try(db: Database, till: Till) -> None:
    till.goods("egg", 10, 50)
    people = [till.resident(f"r{n}") for n in range(50)]
    for who in people:
        till.given(who, 60)
    shops = [await db.read(lambda c, its=who: mall.shop(c, its, till.now, till.scheme)) for who in people]
    writes = []
    for n, shop in enumerate(shops):
        booked = order(shop, shop.goods[0], till.now)
        assert isinstance(booked, tuple)
        outcome = Outcome(f"r:{n}", (shop.purse, booked[0]), entries=booked[1])
        writes.append(db.write(lambda c, its=outcome: points.write(c, its)))
    await asyncio.gather(*writes)
    assert till.stock("egg") == 0
    assert till.bad() is None


async def test_two_processes_that_book_at_once_stand_one_behind_the_other(tables_url: str, till: Till) -> None:
    """Each with a writer of its own, on purses and goods of both: nothing is lost, nothing goes twice."""
    till.goods("egg", 1, 30)
    people = [till.resident(f"r{n}") for n in range(10)]
    for who in people:
        till.given(who, 60)
    houses = [Database.open(tables_url) for _ in range(2)]

    async def redeem(house: Database, n: int) -> int:
        for look in range(50):
            shop = await house.read(lambda c: mall.shop(c, people[n % 10], till.now, till.scheme))
            booked = order(shop, shop.goods[0], till.now)
            if isinstance(booked, Refusal):
                return 0
            outcome = Outcome(f"r:{n}:{look}", (shop.purse, booked[0]), entries=booked[1])
            try:
                await house.write(lambda c, its=outcome: points.write(c, its))  # type: ignore[misc]
            except Stale:
                continue
            return 1
        raise AssertionError("fifty looks")

    done = await asyncio.gather(*(redeem(houses[n % 2], n) for n in range(40)))
    for house in houses:
        await house.close()
    assert (sum(done), till.stock("egg")) == (30, 0)
    assert till.bad() is None


def test_a_price_that_changed_meanwhile_is_looked_at_again(rice: Till) -> None:
    shop = rice.shop("alice")
    booked = order(shop, shop.goods[0], rice.now)
    assert isinstance(booked, tuple)

    def dearer(c: Connection) -> None:
        goods = mall.one(c, "rice")
        assert goods is not None
        mall.put_goods(c, type(goods)(**{**{f: getattr(goods, f) for f in goods.__slots__}, "price": 70}))

    rice.db.write_now(dearer)
    with pytest.raises(Stale):
        rice.commit(Outcome("x", (shop.purse, booked[0]), entries=booked[1]))
    assert placed(rice.order("alice", "rice")).price == 70


# --- stock, and the database itself


def test_the_stock_is_counted_and_never_falls_below_0(rice: Till) -> None:
    assert rice.restock("rice", 4)
    assert rice.restock("rice", -7)
    assert not rice.restock("rice", -1)
    assert not rice.restock("nothing", 1)
    assert rice.stock("rice") == 0
    for statement in ("UPDATE goods SET stock = -1", "UPDATE goods SET price = 0", "UPDATE goods SET price = 1000001"):
        with pytest.raises(DBAPIError):
            rice.db.write_now(lambda c, its=statement: c.execute(text(its)))


def test_erased_somebody_leaves_entries_under_a_name_that_leads_nowhere(rice: Till) -> None:
    found = placed(rice.order("alice", "rice"))
    before = rice.balances()
    assert rice.db.write_now(lambda c: mall.forget(c, "alice"))
    assert not rice.db.write_now(lambda c: mall.forget(c, "alice"))
    assert (rice.balances(), rice.bad()) == (before, None)
    read = rice.db.read_now(lambda c: ledger.purse(c, found.holder))
    assert read is not None
    assert read.resident == ""
    assert rice.purse("alice").holder != found.holder, "who comes back is new"
    later(rice, days=8)
    assert rice.payday() == 1, "what waited goes back all the same"
    assert rice.db.read_now(lambda c: mall.by_code(c, found.code)).thread == ""  # type: ignore[union-attr]


def test_a_shop_shows_what_waits_first(rice: Till) -> None:
    rice.scheme = Scheme(fetch=timedelta(days=3))
    first = placed(rice.order("alice", "rice"))
    rice.hand_over(first.code)
    rice.given("alice", 100)
    second = placed(rice.order("alice", "rice"))
    assert [each.code for each in rice.shop("alice").orders] == [second.code, first.code]
    assert rice.shop("alice").bought == {"rice": 2}
