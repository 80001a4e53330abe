"""Answers that hold for a time, a place and some people; follow-ups; what is counted when there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.misses import day_of, missed
from bot.outcome import FaqEntry
from bot.store.tidying import MISSES_LIVE
from nlu.audience import Audience
from nlu.model import Model
from nlu.understanding import Answer, Guess, Intent, Stance
from tests import town
from tests.rig import Rig, rig

POOL = FaqEntry(
    "pool",
    "游泳馆怎么去游泳",
    "六岁以上的居民都可以游。带身份证和一张照片到服务站窗口办卡。办卡不收费。每天下午一点到八点开放。",
    ("游泳馆怎么办卡", "游泳馆能去游吗", "哪里可以游泳"),
    "街道文体站",
    date(2026, 1, 2),
    "How to swim at the pool",
    "Residents aged six or more may swim. Bring your identity card and a photo to the counter. The card is free.",
)
BRIDGE_POOL = FaqEntry(
    "pool_bridge", "新桥游泳馆", "新桥的游泳馆在修，三月再开。", source="新桥社区", area=town.BRIDGE, instead_of="pool"
)


@pytest.fixture
async def house(tmp_path: Path, model: Model) -> AsyncIterator[Rig]:
    async with rig(tmp_path, model) as house:
        await house.store.faq_put([POOL, BRIDGE_POOL], "kong")
        yield house


def said(house: Rig, where: str) -> str:
    return house.chat(where)[-1].text


async def test_the_more_special_answer_wins_where_it_holds_and_nowhere_else(house: Rig) -> None:
    await house.says("alice", "willow", "@bot 游泳馆怎么办卡")
    assert "六岁以上" in said(house, "willow")
    assert "faq.where" not in said(house, "willow")
    await house.says("bob", "bridge", "@bot 游泳馆怎么办卡")
    assert "三月再开" in said(house, "bridge")
    assert "faq.where" in said(house, "bridge")
    assert "faq.source" in said(house, "bridge")


async def test_alone_the_area_is_that_of_the_groups_one_spoke_in(house: Rig) -> None:
    await house.says("carol", "private", "游泳馆怎么办卡")
    assert "六岁以上" in said(house, "carol")
    await house.says("bob", "bridge", "@bot 居住证怎么办")
    await house.says("bob", "private", "游泳馆怎么办卡")
    assert "三月再开" in said(house, "bob")


async def test_an_answer_of_another_time_is_not_given(house: Rig) -> None:
    today = town.NOON.date()
    for who, since, until, answered in (
        ("alice", None, today, True),
        ("bob", None, today - timedelta(days=1), False),
        ("carol", today, None, True),
        ("dora", today + timedelta(days=1), None, False),
    ):
        entry = FaqEntry(
            "flu", "流感疫苗去哪打", "去社区医院打。", ("流感疫苗怎么打",), valid_from=since, valid_until=until
        )
        await house.store.faq_put([entry])
        await house.says(who, "willow", "@bot 流感疫苗去哪打")
        assert ("去社区医院打" in said(house, "willow")) == answered, (since, until)


async def test_the_day_passes_and_with_it_the_answer(house: Rig) -> None:
    entry = FaqEntry("flu", "流感疫苗去哪打", "去社区医院打。", ("流感疫苗怎么打",), valid_until=town.NOON.date())
    await house.store.faq_put([entry])
    await house.says("alice", "willow", "@bot 流感疫苗去哪打")
    assert "faq.until" in said(house, "willow")
    house.clock.now += timedelta(days=1)
    await house.says("alice", "willow", "@bot 流感疫苗去哪打")
    assert "去社区医院打" not in said(house, "willow")


async def test_what_is_for_the_staff_only_the_staff_hears_and_alone(house: Rig) -> None:
    entry = FaqEntry("keys", "配电房钥匙放哪里", "在值班室二号柜。", ("配电房钥匙在哪",), audience=Audience.STAFF)
    await house.store.faq_put([entry])
    await house.says("alice", "private", "配电房钥匙放哪里")
    assert "二号柜" not in said(house, "alice")
    await house.says("li", "willow", "@bot 配电房钥匙放哪里")
    assert "二号柜" not in said(house, "willow")
    await house.says("li", "private", "配电房钥匙放哪里")
    assert "二号柜" in said(house, "li")
    assert "faq.for.staff" in said(house, "li")


@pytest.mark.parametrize(
    ("asked", "there", "missing"),
    [
        ("那要带什么", "带身份证", "每天下午"),
        ("要多少钱", "不收费", "带身份证"),
        ("几点开门", "一点到八点", "不收费"),
        ("那几岁可以去", "六岁", "不收费"),
    ],
)
async def test_a_follow_up_hears_the_part_it_asks_for(house: Rig, asked: str, there: str, missing: str) -> None:
    await house.says("alice", "willow", "@bot 游泳馆能去游吗")
    await house.says("alice", "willow", f"@bot {asked}")
    assert there in said(house, "willow")
    assert missing not in said(house, "willow")
    assert house.chat("willow")[-1].has("whole_answer")
    await house.presses("alice", house.chat("willow")[-1], "whole_answer")
    assert "六岁以上" in said(house, "willow")
    assert "一点到八点" in said(house, "willow")


async def test_who_asks_a_whole_question_hears_the_whole_answer(house: Rig) -> None:
    await house.says("alice", "willow", "@bot 哪里可以游泳")
    assert "六岁以上" in said(house, "willow")
    assert "每天下午" in said(house, "willow")


async def test_what_finds_no_answer_is_counted_by_likeness(house: Rig) -> None:
    for who, words in (
        ("alice", "请问哪里可以借轮椅"),
        ("bob", "轮椅哪里可以借啊"),
        ("carol", "我想借个轮椅去哪里借"),
        ("alice", "13812345678是谁的电话号码呀"),
    ):
        await house.says(who, "private", words)
        house.clock.now += timedelta(minutes=30)
    found = await missed(house.store, town.NOON - timedelta(days=1))
    assert found[0].times >= 2
    assert "轮椅" in found[0].name
    assert not any("12345678" in words for each in found for words in each.questions)
    await house.store.faq_put([FaqEntry("wheelchair", "哪里可以借轮椅", "服务站。", found[0].questions)])
    assert not any("轮椅" in each.name for each in await missed(house.store, town.NOON - timedelta(days=1)))


async def test_neighbours_talk_and_family_matters_are_not_counted(house: Rig) -> None:
    await house.says("alice", "willow", "有没有人一起拼团买橘子")
    await house.says("bob", "private", "我老公又打我，我该怎么办啊")
    assert await missed(house.store, town.NOON - timedelta(days=1)) == ()


async def test_a_question_nobody_asks_again_is_forgotten(house: Rig) -> None:
    await house.says("alice", "private", "请问哪里可以借轮椅")
    assert await house.store.misses()
    await house.store.tidy(house.clock() + MISSES_LIVE + timedelta(days=1))
    assert await house.store.misses() == []


async def test_a_days_reports_are_grouped_and_private_ones_only_counted(house: Rig) -> None:
    for who, words in (
        ("alice", "柳岸路3号的路灯坏了"),
        ("bob", "柳岸路1号那盏路灯不亮了"),
        ("carol", "我老公又打我，打得脸都肿了"),
    ):
        await house.says(who, "private", words)
    day = await day_of(house.store, town.NOON.date())
    assert len(day.topics[0].members) == 2
    assert day.private == 1
    assert not any("老公" in text for text in day.texts)
    assert (await day_of(house.store, date(2020, 1, 1))).topics == ()


async def test_every_change_counts_and_is_kept_with_who_and_when(house: Rig) -> None:
    store = house.store
    assert await store.faq_put([POOL], "kong") == 0  # It says what it said.
    assert store.faq["pool"].version == 1
    house.clock.now += timedelta(hours=1)
    other = FaqEntry("pool", "游泳馆", "关了。")
    assert await store.faq_put([other], "cao") == 1
    assert await store.faq_withdraw("pool", "cao")
    assert await store.faq_put([other], "kong") == 1
    changes = await store.faq_history("pool")
    assert [(each.version, each.by) for each in changes] == [(4, "kong"), (3, "cao"), (2, "cao"), (1, "kong")]
    assert changes[1].said == {}
    assert changes[3].said["valid_until"] is None
    assert changes[0].at == house.clock() > changes[3].at == datetime(2026, 1, 5, 4, tzinfo=UTC)
    assert (store.faq["pool"].version, store.faq["pool"].changed_by) == (4, "kong")


async def test_thanks_and_anger_are_heard_in_both_languages(tmp_path: Path, model: Model) -> None:
    talk = {"intents": (Guess(str(Intent.CHAT), 0.95), Guess(str(Intent.ASK), 0.05))}
    said_so = ("太好了,谢谢你们", "你们到底管不管啊", "thanks a lot", "nobody cares here")
    async with rig(tmp_path, model, heard=dict.fromkeys(said_so, talk)) as house:
        for words, key in zip(said_so, ("greet.thanks", "greet.anger", "greet.thanks", "greet.anger"), strict=True):
            await house.says("alice", "private", words)
            assert key in said(house, "alice"), words
        assert house.chat("alice")[-1].has("human")


async def test_what_was_offered_and_pressed_counts_as_missed_no_more(tmp_path: Path, model: Model) -> None:
    offered = {
        "intents": (Guess(str(Intent.ASK), 0.9), Guess(str(Intent.CHAT), 0.1)),
        "answers": (Answer("garbage_sorting", 0.5, 0.5),),
        "stance": Stance.OFFER,
    }
    async with rig(tmp_path, model, heard={"那个桶怎么个放法": offered}) as house:
        for who in ("alice", "bob", "carol"):
            await house.says(who, "private", "那个桶怎么个放法")
        assert [miss.times for miss in await house.store.misses()] == [3]
        await house.presses("alice", house.chat("alice")[-1], "question")
        assert "厨余" in said(house, "alice")
        assert [miss.times for miss in await house.store.misses()] == [2]
        await house.presses("alice", house.chat("alice")[-1], "helped")
        await house.presses("bob", house.chat("bob")[-1], "human")
        assert [miss.times for miss in await house.store.misses()] == [2]
        await house.presses("carol", house.chat("carol")[-1], "question")
        await house.says("dora", "private", "那个桶怎么个放法")
        await house.presses("dora", house.chat("dora")[-1], "question")
        assert [miss.times for miss in await house.store.misses()] == [1]
