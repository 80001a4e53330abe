"""Points and the mall in chat: told to oneself alone, redeemed with two presses, handed over with a code."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.ledger import Account, Entry, Goods, PickUp, Reason, year_of
from bot.outcome import FaqEntry, Outcome
from bot.store import ledger, mall
from bot.store.ledger_tables import LEDGER
from nlu.model import Model
from nlu.understanding import Answer, Guess, Stance
from tests import town
from tests.fakes import Message
from tests.rig import Rig, rig

RICE = Goods("rice", "大米", 60, 2, pick_up=(PickUp("柳桥社区服务站", "周一至周五 9:00-17:00"),))


async def stocked(house: Rig, *goods: Goods) -> None:
    for each in goods or (RICE,):
        await house.store.db.write(lambda c, its=each: mall.put_goods(c, its))


async def given(house: Rig, who: str, points: int) -> None:
    """So many points to be spent, to somebody who wrote to the bot alone before."""
    if not house.app.chat(town.user_of(who)):
        await house.says(who, "private", "/points")
    thread = await house.store.thread(house.last_in)  # type: ignore[arg-type]
    purse = await house.store.db.read(lambda c: ledger.purse_of(c, thread.resident.id))
    n, now = next(house.keys), house.clock()
    way = (Account.PENDING, Account.POINTS)
    entries = (
        Entry(f"g{n}", purse.holder, Account.STREET, Account.PENDING, points, Reason.TENANT, "tenant:1", now),
        Entry(f"f{n}", purse.holder, *way, points, Reason.FREED, "tenant:1", now, year_of(now)),
    )
    await house.store.commit(Outcome(f"given:{n}", (purse,), entries=entries))


def button(message: Message, label: str) -> str:
    return message.data(label)


def code_in(message: Message) -> str:
    found = re.search(r"\b([2-9A-Z]{3}) ([2-9A-Z]{3})\b", message.text)
    assert found, message.text
    return found.group(1) + found.group(2)


async def bought(house: Rig, who: str = "alice") -> Message:
    """Somebody buys a bag of rice; returns the message with the code."""
    await house.says(who, "private", "积分商城")
    await house.presses(who, house.last(who, "mall.shelf"), "goods", data="goods:rice")
    await house.presses(who, house.last(who, "mall.goods"), "redeem")
    return house.last(who)


async def seq(house: Rig) -> int:
    bad = await house.store.db.read(ledger.first_bad)
    assert bad is None
    return len(await house.store.db.read(lambda c: c.execute(LEDGER.select()).all()))


@pytest.mark.parametrize("words", ["/points", "我的积分", "我有多少积分？", "查一下我的积分", "积分余额"])
async def test_what_somebody_has_is_told_to_them_alone_with_the_reasons(house: Rig, words: str) -> None:
    await given(house, "alice", 60)
    await house.says("alice", "private", words)
    told = house.last("alice")
    assert told.text.startswith("points.purse points.until points.line points.why.tenant")
    assert [b.text for row in told.buttons for b in row] == ["mall", "human"]


async def test_who_has_nothing_is_told_so(house: Rig) -> None:
    await house.says("alice", "private", "/points")
    assert house.last("alice").text.startswith("points.purse")
    assert "points.line" not in house.last("alice").text


@pytest.mark.parametrize("words", ["/points", "/mall", "@bot 我的积分"])
async def test_in_a_group_nothing_is_said_of_points(house: Rig, words: str) -> None:
    await given(house, "alice", 60)
    await house.says("alice", "willow", words)
    assert house.last("willow").text.startswith("mine.written")
    assert house.last("alice").text.startswith(("points.purse", "mall.shelf", "mall.empty"))


async def test_two_presses_and_a_code_with_its_qr(house: Rig) -> None:
    await stocked(house)
    await given(house, "alice", 100)
    told = await bought(house)
    assert told.text.startswith("mall.ordered mall.pick_up")
    assert told.photos == (f"qr-{code_in(told)}.png",)
    await house.says("alice", "private", "积分商城")
    assert "mall.order" in house.last("alice").text
    assert house.last("alice").has("order")


async def test_a_button_pressed_twice_or_on_an_old_message_is_one_order(house: Rig) -> None:
    await stocked(house)
    await given(house, "alice", 200)
    await bought(house)
    before = await seq(house)
    await house.presses("alice", house.last("alice", "mall.goods"), "redeem")
    assert house.last("alice").text.startswith("mall.changed")
    assert await seq(house) == before


async def test_what_cannot_be_had_is_one_sentence(house: Rig) -> None:
    await stocked(house)
    await given(house, "alice", 59)
    told = await bought(house)
    assert told.text.startswith("points.too_few")
    for forged in ("redeem:rice:1:1", "redeem:rice:-60:1", "redeem:nothing:60:1", "redeem:rice", "goods:x", "order:x",
                   "unorder:x", "mall:99999999999999999999", "mall:-4"):  # fmt: skip
        await house.presses("alice", house.last("alice"), "mall", data=forged)
    assert await seq(house) == 2


async def test_nobody_reads_or_cancels_anothers_order(house: Rig) -> None:
    await stocked(house)
    await given(house, "alice", 100)
    told = await bought(house)
    await given(house, "bob", 100)
    before = await seq(house)
    mine = button(told, "unorder")
    for data in (mine, mine.replace("unorder", "order")):
        await house.presses("bob", house.last("bob"), "mall", data=data)
        assert house.last("bob").text.startswith("mall.no_such_order")
    assert await seq(house) == before


async def test_its_holder_cancels_it(house: Rig) -> None:
    await stocked(house)
    await given(house, "alice", 100)
    told = await bought(house)
    await house.presses("alice", told, "unorder")
    assert house.last("alice").text.startswith("mall.cancelled")
    await house.presses("alice", told, "unorder")
    assert house.last("alice").text.startswith("mall.settled")


async def test_staff_hand_it_over_once_and_its_holder_hears_of_it(house: Rig) -> None:
    await stocked(house)
    await given(house, "alice", 100)
    code = code_in(await bought(house))
    await house.says("li", "private", f"取货 {code.lower()}")
    assert house.last("li").text.startswith("mall.handed")
    assert house.last("alice").text.startswith("mall.fetched")
    before = await seq(house)
    await house.says("wang", "private", f"/fetch {code}")
    assert house.last("wang").text.startswith("mall.fetched_already")
    assert await seq(house) == before
    await house.says("wang", "private", f"退货 {code}")
    assert house.last("wang").text.startswith("mall.taken_back")
    assert house.last("alice").text.startswith("mall.cancelled")


async def test_a_resident_with_anothers_code_gets_nothing_by_writing_it(house: Rig) -> None:
    await stocked(house)
    await given(house, "alice", 100)
    code = code_in(await bought(house))
    before = await seq(house)
    await house.says("bob", "private", f"/fetch {code}")
    assert house.last("bob").text.startswith("mall.staff_only")
    await house.says("li", "willow", f"/fetch {code}")
    assert house.last("willow").text.startswith("mall.staff_only")
    await house.says("li", "private", "/fetch AAAAAA")
    assert house.last("li").text.startswith("mall.no_such_code")
    assert await seq(house) == before


async def test_staff_do_not_hand_over_what_is_their_own(house: Rig) -> None:
    await stocked(house)
    await given(house, "li", 100)
    code = code_in(await bought(house, "li"))
    await house.says("li", "private", f"/fetch {code}")
    assert house.last("li").text.startswith("mall.not_by_yourself")
    await house.says("wang", "private", f"/fetch {code}")
    assert house.last("wang").text.startswith("mall.handed")


async def test_a_long_shelf_is_shown_four_at_a_time(house: Rig) -> None:
    await stocked(house, *(Goods(f"g{n}", f"东西{n}", 10 + n, 1) for n in range(6)))
    await house.says("alice", "private", "/mall")
    first = house.last("alice", "mall.shelf")
    assert [b.data for row in first.buttons for b in row] == ["goods:g0", "goods:g1", "goods:g2", "goods:g3", "mall:4"]
    await house.presses("alice", first, "more")
    assert [b.data for row in house.last("alice", "mall.shelf").buttons for b in row] == ["goods:g4", "goods:g5"]


async def test_an_empty_mall_says_so(house: Rig) -> None:
    await house.says("alice", "private", "/mall")
    assert house.last("alice").text.startswith("mall.empty")


async def test_fifty_who_press_at_once_for_the_last_piece(house: Rig) -> None:
    await stocked(house, Goods("tv", "电视机", 60, 1))
    people = [f"resident{n}" for n in range(50)]
    for who in people:
        await given(house, who, 60)
        await house.says(who, "private", "/mall")
        await house.presses(who, house.last(who, "mall.shelf"), "goods", data="goods:tv")
    await asyncio.gather(*(house.presses(who, house.last(who, "mall.goods"), "redeem", settle=False) for who in people))
    await house.settles()
    said = Counter(house.last(who).text.split(" ")[0] for who in people)
    assert said == {"mall.ordered": 1, "mall.sold_out": 49}
    assert not await house.store.parked()
    await seq(house)


@pytest.mark.parametrize("has", [True, False])
async def test_who_misses_points_is_shown_what_they_have_else_the_answer(
    tmp_path: Path, model: Model, has: bool
) -> None:
    words = "我登记了租客，积分怎么没到账"
    meant = {"intents": (Guess("points", 0.9),), "answers": (Answer("points_missing", 0.9, 0.9),)}
    async with rig(tmp_path, model, heard={words: meant | {"stance": Stance.ANSWER, "categories": ()}}) as house:
        await house.store.faq_put((FaqEntry("points_missing", "积分没到账", "请等核实。", (words,), "中心"),))
        if has:
            await given(house, "alice", 60)
        await house.says("alice", "private", words)
        assert house.last("alice").text.startswith("points.purse" if has else "faq.answer")
