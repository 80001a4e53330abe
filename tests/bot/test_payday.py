"""Time and points in the running house: holds end, orders go back and their holder hears of it, years lapse; once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.ledger import Earning, Goods, Rule, Scheme, Thing, balance, earn, order
from bot.outcome import Outcome
from bot.payday import Payday
from bot.store import Database, Keys, Store, earnings, ledger, mall, tenant_rows
from bot.tenancy import ANSWER, Tenancy, decline, invite
from tests.bot.store.cast import private
from tests.bot.store.conftest import SECRET, render
from tests.town import GRID_1, LI, NOON, rows, user_of

SCHEME = Scheme()


@dataclass
class House:
    store: Store
    now: datetime
    told: list[Outcome]

    @property
    def payday(self) -> Payday:
        return Payday(self.store, SCHEME, lambda: self.now, committed=self.told.append)


@pytest.fixture
async def house(tables_url: str) -> AsyncIterator[House]:
    db = Database.open(tables_url)
    house = House(None, NOON, [])  # type: ignore[arg-type]
    house.store = await Store.open(db, Keys.of(SECRET), render, now=lambda: house.now)
    yield house
    await db.close()


async def alice(house: House) -> tuple[str, str]:
    """Her resident id, and that of her talk."""
    thread = await house.store.thread(private("41001"))
    if not thread.version:
        await house.store.commit(Outcome("alice", (thread,)))
    return thread.resident.id, thread.id


async def earned(house: House, key: str) -> Earning:
    who, _ = await alice(house)
    purse = await house.store.db.read(lambda c: ledger.purse_of(c, who))
    thing = Thing(Rule.TENANT, key, "s")
    known = await house.store.db.read(lambda c: earnings.known(c, thing, purse.holder, house.now, SCHEME))
    booked = earn(thing, purse, known, house.now, SCHEME)
    assert isinstance(booked, tuple)
    await house.store.commit(Outcome(f"earn:{key}", (purse, known, booked[0]), entries=booked[1]))
    return booked[0]


async def spendable(house: House) -> int:
    who, _ = await alice(house)
    return balance(await house.store.db.read(lambda c: ledger.purse_of(c, who)), house.now, SCHEME)


async def test_a_hold_that_is_over_is_booked_once_however_many_look(house: House) -> None:
    await earned(house, "a")
    house.now += timedelta(days=7)
    assert await house.payday.look() == 1
    assert await house.payday.look() == 0
    assert (await spendable(house), [each.note for each in house.told]) == (60, ["points.freed"])
    assert await house.store.db.read(ledger.first_bad) is None


async def test_nobody_fetched_it_so_the_points_go_back_and_their_holder_hears_of_it(house: House) -> None:
    await house.store.db.write(lambda c: mall.put_goods(c, Goods("rice", "大米", 60, 1)))
    await earned(house, "a")
    house.now += timedelta(days=7)
    await house.payday.look()
    who, thread = await alice(house)
    shop = await house.store.db.read(lambda c: mall.shop(c, who, house.now, SCHEME))
    placed = order(shop, shop.goods[0], house.now, thread=thread)
    assert isinstance(placed, tuple)
    await house.store.commit(Outcome("order", (shop.purse, placed[0]), entries=placed[1]))
    house.now += timedelta(days=7)
    assert await house.payday.look() == 1
    (letter,) = house.told[-1].letters
    assert (letter.key, letter.to.chat, letter.params["name"]) == ("mall.returned", "41001", "大米")
    assert await spendable(house) == 60
    assert await house.payday.look() == 0


async def test_a_year_that_is_over_takes_what_was_not_spent(house: House) -> None:
    await earned(house, "a")
    house.now += timedelta(days=7)
    await house.payday.look()
    house.now = house.now.replace(year=house.now.year + 2)
    assert await house.payday.look() == 1
    assert house.told[-1].note == "points.lapsed"
    assert await house.payday.look() == 0
    assert await house.store.db.read(ledger.first_bad) is None


async def test_which_tenant_it_was_is_forgotten_after_its_days(house: House) -> None:
    await earned(house, "a")
    house.now += timedelta(days=31)
    await house.payday.look()
    read = await house.store.db.read(lambda c: earnings.earning(c, "a"))
    assert read is not None
    assert read.subject == ""


async def test_who_is_erased_leaves_entries_that_lead_nowhere(house: House) -> None:
    await earned(house, "a")
    who, _ = await alice(house)
    holder = (await house.store.db.read(lambda c: ledger.purse_of(c, who))).holder
    assert await house.store.erase(who)
    left = await house.store.db.read(lambda c: ledger.purse(c, holder))
    assert left is not None
    assert (left.resident, left.pending) == ("", 60)
    house.now += timedelta(days=7)
    assert await house.payday.look() == 1, "and time goes on"
    assert await house.store.db.read(ledger.first_bad) is None


@pytest.mark.parametrize("declined", [False, True])
async def test_a_registration_without_an_answer_is_let_go_and_the_cadre_learns_no_more(
    house: House, declined: bool
) -> None:
    await house.store.replace_directory(rows())
    await house.store.keep([private(user_of(LI))])
    who, _ = await alice(house)
    home = tenant_rows.home_of(house.store.keys, "a1")
    began = invite(
        "t1", who, grid=GRID_1, home=home, address="a1", place="桂花苑", name="小张", since=NOON.date(), now=NOON
    )
    assert isinstance(began, Tenancy)
    await house.store.commit(Outcome("invited", (began,)))
    if declined:
        said = decline(replace(began, version=1))
        assert isinstance(said, Tenancy)
        await house.store.commit(Outcome("declined", (said,)))
    assert (await house.payday.look(), house.told) == (0, [])
    house.now += ANSWER
    assert await house.payday.look() == 1
    assert await house.payday.look() == 0
    assert await house.store.db.read(lambda c: tenant_rows.one(c, house.store.keys, "t1")) is None
    assert await house.store.db.read(ledger.first_bad) is None
    (letter,) = house.told[-1].letters
    assert (letter.to.chat, letter.key, dict(letter.params)) == (user_of(LI), "tenancy.lapsed", {"at": NOON})
