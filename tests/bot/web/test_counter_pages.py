"""The mall at the desk and at the counter: goods, what waits, and one code handed over once; and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.ledger import Goods, OrderState, PickUp, Rule, Scheme, Thing, balance, earn, free, order
from bot.outcome import Outcome
from bot.store import earnings, ledger, mall
from bot.store.ledger_tables import LEDGER
from bot.texts import Texts
from tests import town
from tests.bot.store.cast import private
from tests.bot.web.alert_desk import picture
from tests.bot.web.desk_house import DeskHouse, at_work, desk_house, key_of
from tests.bot.web.visiting import Guest, guest

SCHEME = Scheme()
TEXTS = Texts.load()
RICE = Goods("rice", "大米 5 公斤", 60, 3, pick_up=(PickUp("柳桥社区服务站", "周一至周五"), PickUp("新桥小店")))
FENG, LI = town.DESK_BY_DAY, town.LI


def say(key: str, **params: Any) -> str:
    return TEXTS.say(key, params, "zh")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        await house.store.db.write(lambda c: mall.put_goods(c, RICE))
        yield house


async def ordered(here: DeskHouse, user: str = "u-orders", code: str = "") -> str:
    """Somebody with points orders rice. Returns the code."""
    came = replace(private(words="积分"), sent_at=here.clock())
    assert came.sender is not None
    came = replace(came, sender=replace(came.sender, user_id=user))
    thread = await here.store.thread(came)
    await here.store.commit(Outcome(f"hello:{user}", (thread.resident, thread)))
    resident, now = thread.resident.id, here.clock()
    purse = await here.store.db.read(lambda c: ledger.purse_of(c, resident))
    thing = Thing(Rule.TENANT, f"tenant:{user}")
    known = await here.store.db.read(lambda c: earnings.known(c, thing, purse.holder, now, SCHEME))
    earned = earn(thing, purse, known, now, SCHEME)
    assert isinstance(earned, tuple)
    await here.store.commit(Outcome(f"earn:{user}", (purse, known, earned[0]), entries=earned[1]))
    here.clock.forward(minutes=8 * 24 * 60)
    await freed(here, purse.holder, thing.key)
    shop = await here.store.db.read(lambda c: mall.shop(c, resident, here.clock(), SCHEME))
    booked = order(replace(shop, code=code or shop.code), shop.goods[0], here.clock(), thread=thread.id)
    assert isinstance(booked, tuple), booked
    await here.store.commit(Outcome(f"order:{user}", (shop.purse, booked[0]), entries=booked[1]))
    return booked[0].code


async def freed(here: DeskHouse, holder: str, thing: str) -> None:
    earning = await here.store.db.read(lambda c: earnings.earning(c, thing))
    purse = await here.store.db.read(lambda c: ledger.purse(c, holder))
    assert earning is not None and purse is not None
    booked = free(earning, purse, here.clock())
    assert isinstance(booked, tuple)
    await here.store.commit(Outcome(f"free:{thing}", (purse, booked[0]), entries=booked[1]))


async def state(here: DeskHouse, code: str) -> OrderState:
    found = await here.store.db.read(lambda c: mall.by_code(c, code))
    assert found is not None
    return found.state


async def entries(here: DeskHouse) -> int:
    return await here.store.db.read(lambda c: c.scalar(select(func.count()).select_from(LEDGER)) or 0)


async def press(visitor: Guest, code: str, act: str = "hand") -> str:
    page = await visitor.open(f"/desk/orders/{code}")
    return await visitor.send(f"/desk/orders/{code}/{act}", key=key_of(page))


async def goods(here: DeskHouse, id_: str = "rice") -> Goods:
    found = await here.store.db.read(lambda c: mall.one(c, id_))
    assert found is not None
    return found


def form(**fields: Any) -> dict[str, Any]:
    usual = {
        "name": "洗衣液",
        "price": "90",
        "stock": "5",
        "most": "2",
        "place0": "柳桥社区服务站",
        "hours0": "9:00-17:00",
    }
    return {**usual, **fields}


# --- the counter


async def test_a_cadre_scans_and_hands_over_and_a_second_scan_is_told_when_the_first_was(here: DeskHouse) -> None:
    code = await ordered(here)
    async with at_work(here, LI) as li:
        await li.open(f"/fetch/{code}")
        assert li.url == f"/desk/orders/{code}" and "大米 5 公斤" in li.page
        await press(li, code)
        assert li.status == 200 and say("web.desk.orders.done.hand") in li.page
        assert await state(here, code) is OrderState.FETCHED
        booked, told = await entries(here), len(here.letters())
        here.clock.forward(minutes=5)
        page = await li.open(f"/desk/orders/{code}")
        assert "已经领过了" in page and 'id="form-hand"' not in page
    async with at_work(here, FENG) as feng:
        page = await feng.open("/desk/mall")
        await feng.send(f"/desk/orders/{code}/hand", key="e" * 32)
        assert feng.status == 409 and "已经领过了" in feng.page
    assert (await entries(here), len(here.letters())) == (booked, told)
    assert told == 1  # Whose it was is told that it was fetched.


async def test_one_form_sent_by_two_fingers_at_once_books_once(here: DeskHouse) -> None:
    code = await ordered(here)
    async with at_work(here, LI) as li:
        key = key_of(await li.open(f"/desk/orders/{code}"))
        before = await entries(here)
        await asyncio.gather(*(li.send(f"/desk/orders/{code}/hand", key=key, follow=False) for _ in range(6)))
        await li.send(f"/desk/orders/{code}/hand", key=key, follow=False)
        assert li.status == 303
    assert await entries(here) == before + 1


async def test_whoever_is_not_signed_in_sees_one_sentence_the_same_for_every_code(here: DeskHouse) -> None:
    code = await ordered(here)
    async with guest(here.house) as visitor:
        seen = (await visitor.open(f"/fetch/{code}")).replace(code, "CODE")
        assert visitor.status == 200 and say("web.fetch.words") in seen
        assert "大米" not in seen and visitor.headers["X-Robots-Tag"] == "noindex, noarchive"
        other = await visitor.open("/fetch/222222")
        assert seen.partition("<body")[2] == other.replace("222222", "CODE").partition("<body")[2]
        for wrong in ("nonsense", "0OIL11", "K7QF3MM", "%00", "a" * 2000):
            await visitor.open(f"/fetch/{wrong}")
            assert visitor.status == 404, wrong
    assert await state(here, code) is OrderState.HELD  # Looking changes nothing.


async def test_without_the_right_the_code_opens_nothing(here: DeskHouse) -> None:
    code = await ordered(here)
    async with at_work(here, town.AUTHOR) as author:
        assert "大米" not in await author.open(f"/fetch/{code}")
        await author.open(f"/desk/orders/{code}")
        assert author.status == 403
        await author.open("/desk/account")
        await author.send(f"/desk/orders/{code}/hand", key="k" * 32)
        assert author.status == 403
    async with at_work(here, LI) as li:
        for page in ("/desk/cases", "/desk/mall", "/desk/people", "/desk/parked", "/desk/alerts"):
            await li.open(page)
            assert li.status == 403, page
        await li.open("/desk")
        assert li.url == "/desk/orders"
    assert await state(here, code) is OrderState.HELD


async def test_nobody_hands_over_or_takes_back_what_they_ordered_themselves(here: DeskHouse) -> None:
    feng = here.store.directory.person(FENG)
    assert feng is not None and feng.user_id
    code = await ordered(here, user=feng.user_id)
    async with at_work(here, FENG) as visitor:
        page = await visitor.open(f"/desk/orders/{code}")
        assert say("mall.not_by_yourself") in page and 'id="form-hand"' not in page
        await visitor.open("/desk/orders")
        await visitor.send(f"/desk/orders/{code}/hand", key="b" * 32)
        assert visitor.status == 409 and await state(here, code) is OrderState.HELD
    async with at_work(here, LI) as li:
        await press(li, code)
        assert await state(here, code) is OrderState.FETCHED
    async with at_work(here, FENG) as visitor:
        await visitor.open("/desk/orders")
        await visitor.send(f"/desk/orders/{code}/back", key="b" * 32)
        assert visitor.status == 409 and await state(here, code) is OrderState.FETCHED


async def test_a_code_that_is_none_another_qr_and_one_too_late_are_refused_in_a_sentence(here: DeskHouse) -> None:
    code = await ordered(here)
    before = await entries(here)
    async with at_work(here, LI) as li:
        for typed in ("", "K7Q", "不是码", "https://evil.example/pay/123", "-1", "9" * 90):
            await li.open("/desk/orders")
            await li.send("/desk/orders", code=typed)
            assert li.status == 422 and say("mall.no_such_code") in li.page, typed
        await li.send("/desk/orders", code="222 222")
        assert li.status == 404 and say("mall.no_such_code") in li.page
        await li.send("/desk/orders", code=f" https://wuyou.example/fetch/{code.lower()} ")
        assert li.status == 200 and li.url == f"/desk/orders/{code}"
        key = key_of(li.page)
        here.clock.forward(minutes=8 * 24 * 60)
    async with at_work(here, LI) as li:
        await li.open("/desk/orders")
        await li.send(f"/desk/orders/{code}/hand", key=key)
        assert li.status == 409 and say("mall.too_late") in li.page
    assert await entries(here) == before


async def test_what_comes_back_gives_points_and_piece_back_once(here: DeskHouse) -> None:
    code = await ordered(here)
    async with at_work(here, LI) as li:
        await press(li, code)
        stock = (await goods(here)).stock
        await press(li, code, "back")
        assert say("web.desk.orders.done.back", points="60") in li.page
        await li.send(f"/desk/orders/{code}/back", key="a" * 32)
        assert li.status == 409 and say("mall.settled") in li.page
    found = await here.store.db.read(lambda c: mall.by_code(c, code))
    assert found is not None and found.state is OrderState.RETURNED and found.by == LI
    assert (await goods(here)).stock == stock + 1
    purse = await here.store.db.read(lambda c: ledger.purse(c, found.holder))
    assert purse is not None and balance(purse, here.clock(), SCHEME) == 60


async def test_what_waits_is_counted_by_place_and_no_code_is_on_the_list(here: DeskHouse) -> None:
    codes = [await ordered(here, user) for user in ("u-1", "u-2")]  # Eight days apart: the first is too late.
    async with at_work(here, LI) as li:
        page = await li.open("/desk/orders")
    assert "柳桥社区服务站" in page and "新桥小店" in page and "× 1" in page
    assert not any(code in page for code in codes)


# --- goods


async def test_goods_are_put_on_offer_with_a_picture_and_the_same_form_twice_is_one(here: DeskHouse) -> None:
    async with at_work(here) as feng:
        key = key_of(await feng.open("/desk/mall/new"))
        for _ in range(2):
            await feng.send("/desk/mall", key=key, photos=[picture()], **form(price="９０"))
            assert feng.status == 200, feng.page
        id_ = feng.url.split("?")[0].rpartition("/")[2]
        await feng.open(f"/desk/mall/{id_}/picture")
        assert feng.headers["Content-Type"] == "image/jpeg"
        assert "洗衣液" in await feng.open("/desk/mall")
    there = await here.store.db.read(lambda c: mall.goods(c, all_=True))
    assert [each.name for each in there] == ["大米 5 公斤", "洗衣液"]
    made = there[1]
    assert (made.price, made.stock, made.most, made.offered) == (90, 5, 2, True)
    assert made.pick_up == (PickUp("柳桥社区服务站", "9:00-17:00"),)


@pytest.mark.parametrize(
    ("field", "words"),
    [("price", each) for each in ("", "0", "-60", "1000001", "9" * 30, "1e3", "60.5", "1_0", "六十", "=1+1")]
    + [("stock", each) for each in ("-1", "1000001", "x")]
    + [("most", each) for each in ("-1", "1000001", "x")]
    + [("name", ""), ("name", "米" * 41), ("place0", "")],
)
async def test_a_number_that_is_none_negative_or_huge_writes_nothing_and_keeps_what_was_typed(
    here: DeskHouse, field: str, words: str
) -> None:
    async with at_work(here) as feng:
        key = key_of(await feng.open("/desk/mall/new"))
        await feng.send("/desk/mall", key=key, **form(**{field: words, "name_en": "Soap flakes"}))
        assert feng.status == 422 and 'role="alert"' in feng.page and "Soap flakes" in feng.page
    assert len(await here.store.db.read(lambda c: mall.goods(c, all_=True))) == 1


async def test_the_stock_is_counted_once_per_click_and_never_below_0_or_past_the_most(here: DeskHouse) -> None:
    async with at_work(here) as feng:
        key = key_of(await feng.open("/desk/mall/rice"))
        for _ in range(3):
            await feng.send("/desk/mall/rice/stock", key=key, more="10", way="came")
            assert feng.status == 200
        assert (await goods(here)).stock == 13
        for more, way in (("14", "went"), ("1000000", "came"), ("-5", "came"), ("0", "came"), ("9" * 12, "went")):
            key = key_of(await feng.open("/desk/mall/rice"))
            await feng.send("/desk/mall/rice/stock", key=key, more=more, way=way)
            assert feng.status == 422 and 'role="alert"' in feng.page, (more, way)
        assert (await goods(here)).stock == 13
        # What was refused is not used up: the same form may be mended.
        await feng.send("/desk/mall/rice/stock", key=key, more="13", way="went")
        assert (await goods(here)).stock == 0


async def test_two_people_change_one_thing_and_the_later_one_looks_again(here: DeskHouse) -> None:
    async with at_work(here) as feng, at_work(here, town.DESK_BY_NIGHT) as other:
        first, second = await feng.open("/desk/mall/rice"), await other.open("/desk/mall/rice")
        change = form(name="大米", price="70", version="1")
        await feng.send("/desk/mall/rice/change", key=key_of(first), **change)
        assert feng.status == 200 and say("web.desk.mall.done.change") in feng.page
        await feng.send("/desk/mall/rice/change", key=key_of(first), **change)
        assert feng.status == 200  # Sent twice: the first one did it.
        await other.send("/desk/mall/rice/change", key=key_of(second), **form(price="1", version="1"))
        assert other.status == 409 and say("web.desk.mall.refused.late") in other.page
        await other.send("/desk/mall/rice/change", key="d" * 32, **form(price="1", version="-1"))
        assert other.status == 409
    assert ((await goods(here)).price, (await goods(here)).stock) == (70, 3)


async def test_withdrawn_goods_are_still_handed_over_and_can_be_offered_again(here: DeskHouse) -> None:
    code = await ordered(here)
    async with at_work(here) as feng:
        key = key_of(await feng.open("/desk/mall/rice"))
        await feng.send("/desk/mall/rice/withdraw", key=key, version="1")
        assert not (await goods(here)).offered
        await press(feng, code)
        assert await state(here, code) is OrderState.FETCHED
        key = key_of(await feng.open("/desk/mall/rice"))
        await feng.send("/desk/mall/rice/offer", key=key, version="2")
        assert (await goods(here)).offered
        await feng.open("/desk/mall/nothing-like-it")
        assert feng.status == 404
