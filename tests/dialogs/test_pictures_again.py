"""A picture that was seen before: whoever goes there is told; its sender is accused of nothing."""

from __future__ import annotations

import io
from random import Random

import pytest
from PIL import Image

from bot.store import prints
from routing.case import Verb
from tests.rig import Rig

LAMP = "@bot 柳岸路3号门口的路灯坏了，一直不亮"


def photo(seed: int, size: tuple[int, int] = (320, 240)) -> bytes:
    dice, out = Random(seed), io.BytesIO()
    small = Image.new("RGB", (7, 6))
    small.putdata([tuple(dice.randrange(256) for _ in range(3)) for _ in range(42)])
    small.resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=80)
    return out.getvalue()


@pytest.fixture(autouse=True)
def pictures(house: Rig) -> None:
    house.app.pictures.update(lamp=photo(1), copy=photo(1, (160, 120)), heap=photo(2))


async def test_somebody_elses_picture_of_another_place_is_told_to_whoever_goes_there(house: Rig) -> None:
    await house.says("alice", "willow", LAMP, photos=("lamp",))
    first = await house.newest()
    house.clock.forward(minutes=30)
    await house.says("bob", "bridge", "@bot 新桥路8号的井盖没了", photos=("copy",))
    case = await house.newest()
    told = [event for event in house.app.events if event.text.startswith("card.seen_before")]
    assert {event.chat for event in told} == {f"u-{case.holder}"}
    assert first.shown in told[-1].text
    assert "card.again.person" in told[-1].text
    assert "card.again.place" in told[-1].text
    for chat in ("willow", "bridge", "bob", "alice"):
        assert not [message for message in house.chat(chat) if "seen_before" in message.text]
    notes = [step for step in (await house.store.scene_for_case(case.number)).steps if step.verb is Verb.NOTE]
    assert [(step.by, step.to) for step in notes] == [("bot", first.number)]


async def test_ones_own_picture_of_the_same_lamp_is_nobodys_news_until_it_is_old(house: Rig) -> None:
    await house.says("alice", "willow", LAMP, photos=("lamp",))
    house.clock.forward(minutes=30)
    await house.says("alice", "willow", LAMP, photos=("lamp",))
    assert not [event for event in house.app.events if event.text.startswith("card.seen_before")]
    house.clock.forward(days=40)
    await house.says("alice", "willow", LAMP, photos=("lamp",))
    told = [event for event in house.app.events if event.text.startswith("card.seen_before")]
    assert told
    assert all("card.again.old" in event.text and "card.again.person" not in event.text for event in told)


async def test_another_picture_is_no_news(house: Rig) -> None:
    await house.says("alice", "willow", LAMP, photos=("lamp",))
    await house.says("bob", "bridge", "@bot 新桥路8号的井盖没了", photos=("heap",))
    assert not [event for event in house.app.events if event.text.startswith("card.seen_before")]


async def test_the_same_picture_leads_to_the_question_though_it_comes_without_words(house: Rig) -> None:
    await house.says("alice", "grid1", LAMP, photos=("lamp",))
    first = await house.newest()
    house.clock.forward(minutes=5)
    await house.says("bob", "grid1", "@bot 灯", photos=("copy",))
    case = await house.newest()
    assert case.resembles == first.number


async def test_of_a_picture_only_the_print_is_kept_and_one_that_came_with_nothing_is_forgotten(house: Rig) -> None:
    await house.says("alice", "willow", LAMP, photos=("lamp",))
    await house.store.keep_print("loose.jpg", 12345)
    await house.store.keep_print("loose.jpg", 12345)
    key = (await house.newest()).photos[0]
    assert await house.store.db.read(lambda c: prints.alike(c, ["loose.jpg", "unknown.jpg"])) == {}
    assert await house.store.db.read(lambda c: prints.alike(c, [key])) == {(await house.newest()).number: 0}
    house.clock.forward(days=2)
    assert await house.store.tidy(house.clock()) > 0
    assert not await house.store.db.read(lambda c: c.exec_driver_sql("SELECT * FROM picture WHERE \"case\" = ''").all())
    assert await house.store.db.read(lambda c: prints.alike(c, [key]))
