""" "I saw them": told to the bot alone, heard by the police post and the desk, and by nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import alert_door
from bot.desks import missing
from bot.desks.missing import sightings
from bot.desks.missing.sightings import MOST_OF_ONE
from nlu.model import Model
from routing.alert import Alert, Ending, Kind, Verb
from tests import town
from tests.bot.desks.alert_cast import MOTHER, REFERENCE
from tests.bot.web.alert_desk import picture
from tests.rig import Rig, rig

FENG, SHI = town.DESK_BY_DAY, town.APPROVER_1
POST = (town.POLICE, FENG)


async def does(house: Rig, verb: object, alert: str, **said: object) -> str:
    """Somebody of the staff does it on a page. Returns the alert's id."""
    cause = f"click:{verb.__name__}:{alert}"  # type: ignore[attr-defined]
    outcome = await alert_door.do(
        house.store, alert, cause,
        lambda scene, directory, now: verb(cause, scene, directory, now, **said),  # type: ignore[operator]
        house.clock,
    )  # fmt: skip
    assert outcome is not None
    await house.settles()
    return next(change.id for change in outcome.changes if isinstance(change, Alert))


async def out(house: Rig, *, exercise: bool = False) -> str:
    """An alert that the groups of the first grid read."""
    content = replace(MOTHER, photo="")
    alert = await does(
        house, missing.begin, "", kind=Kind.MISSING, by=FENG, area=town.GRID_1, content=content, exercise=exercise
    )
    await does(house, missing.submit, alert, by=FENG)
    return await does(house, missing.approve, alert, by=SHI, confirmed=True, reference=REFERENCE)


async def seen(house: Rig, alert: str) -> list[str]:
    return [step.words for step in await house.store.alert_steps(alert) if step.verb is Verb.SIGHT]


def heard(house: Rig, key: str) -> set[str]:
    """Who was written a letter of this key."""
    return {message.chat for message in house.app.messages if message.text.startswith(key)}


async def asked(house: Rig, who: str = "alice") -> None:
    """Presses "I saw them" below the alert, and goes on alone."""
    await house.presses(who, house.last("grid1", "alerts.missing"), "alerts.button.seen")
    await house.presses(who, house.last(who, "alerts.seen.begin"), "alerts.button.tell")


@pytest.fixture
async def known(house: Rig) -> Rig:
    """Alice has opened the talk with the bot before."""
    await house.says("alice", "private", "/start")
    return house


async def test_a_sighting_reaches_the_police_post_and_the_desk_and_nobody_else(known: Rig) -> None:
    alert = await out(known)
    await asked(known)
    assert "110" in known.last("alice", "alerts.seen.ask").text and REFERENCE in known.last("alice").text
    before = len(known.app.messages)
    await known.says("alice", "private", "刚才在菜场北门看到她,往河边走了", pin=(30.0, 120.0))
    assert await seen(known, alert) == ["刚才在菜场北门看到她,往河边走了"]
    assert known.last("alice").text.startswith("alerts.seen.thanks")
    wrote = {message.chat for message in known.app.messages[before:]}
    assert wrote == {town.user_of(who) for who in (*POST, "alice")}
    assert all("菜场北门" in known.last(who, "alerts.seen.card").text for who in POST)


async def test_pictures_and_what_comes_to_mind_later_belong_to_it(known: Rig) -> None:
    alert = await out(known)
    await asked(known)
    known.app.pictures["p1"] = picture()
    await known.says("alice", "private", "在桥上", photos=["p1"])
    assert all(known.last(who, "alerts.seen.photo").photos for who in POST)
    await known.says("alice", "private", "她穿着拖鞋")
    assert await seen(known, alert) == ["在桥上", "她穿着拖鞋"]
    known.clock.forward(minutes=31)
    await known.says("alice", "private", "路灯坏了")
    assert len(await seen(known, alert)) == 2


async def test_without_a_word_it_is_asked_again(known: Rig) -> None:
    alert = await out(known)
    await asked(known)
    await known.says("alice", "private", "")
    assert known.last("alice").text.startswith("alerts.seen.ask")
    assert await seen(known, alert) == []


async def test_who_never_opened_the_talk_is_shown_the_way_once_however_many_press(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model, can_first=False) as house:
        await shown_the_way(house)


async def shown_the_way(house: Rig) -> None:
    alert = await out(house)
    for who in ("bob", "carol"):
        await house.presses(who, house.last("grid1", "alerts.missing"), "alerts.button.seen")
    ways = [message for message in house.chat("grid1") if message.text.startswith("alerts.seen.alone")]
    assert len(ways) == 1
    await house.says("bob", "private", f"/start seen-{alert}")
    await house.says("bob", "private", "在车站")
    assert await seen(house, alert) == ["在车站"]


async def test_once_it_is_over_nobody_is_asked_and_nothing_is_passed_on(known: Rig) -> None:
    alert = await out(known)
    await asked(known)
    await does(known, missing.take_back, alert, by=FENG, ending=Ending.FOUND)
    await known.says("alice", "private", "在菜场看到她")
    assert known.last("alice").text.startswith("alerts.seen.over")
    await known.says("alice", "private", f"/start seen-{alert}")
    assert known.last("alice").text.startswith("alerts.seen.over")
    assert await seen(known, alert) == []
    assert not heard(known, "alerts.seen.card")


@pytest.mark.parametrize(
    "forged", ["alert_seen:a00000000", "alert_seen:a99999999", "alert_seen:", "alert_seen:38164275"]
)
async def test_a_forged_button_begins_nothing(known: Rig, forged: str) -> None:
    alert = await out(known)
    await known.presses("alice", known.last("alice"), "", data=forged)
    await known.says("alice", "private", "在菜场看到她")
    assert await seen(known, alert) == []


async def test_a_sighting_changes_no_clock_and_the_alert_goes_on(known: Rig) -> None:
    alert = await out(known)
    before = (await known.store.scene_for_case(alert)).clocks
    await asked(known)
    await known.says("alice", "private", "在桥上")
    assert (await known.store.scene_for_case(alert)).clocks == before
    await known.passes(minutes=11)
    found = await known.store.alert(alert)
    assert found is not None and found.ring is not None and found.ring.value == "community"
    assert found.live_at is not None and found.expires_at == found.live_at + timedelta(hours=23)


def cards(house: Rig, key: str = "alerts.seen.card") -> int:
    """How many of these the police post got."""
    return sum(message.text.startswith(key) for message in house.chat(town.POLICE))


async def test_what_one_person_repeats_is_passed_on_once(known: Rig) -> None:
    alert = await out(known)
    await asked(known)
    for _ in range(3):
        await known.says("alice", "private", "在桥上")
    assert (await seen(known, alert), cards(known)) == (["在桥上"], 1)
    assert known.last("alice").text.startswith("alerts.seen.again")
    await known.says("alice", "private", "在桥上", pin=(30.0, 120.0))  # Where that is was not known before.
    assert cards(known) == 2


async def test_one_person_cannot_flood_the_police_post_not_even_by_pressing_anew(known: Rig) -> None:
    alert = await out(known)
    for minute in range(MOST_OF_ONE + 3):
        await known.says("alice", "private", f"/start seen-{alert}")
        await known.says("alice", "private", f"在{minute}号楼下")
    assert cards(known) == len(await seen(known, alert)) == MOST_OF_ONE
    assert known.last("alice").text.startswith("alerts.seen.again")
    known.clock.forward(minutes=11)
    await known.says("alice", "private", "又看到她了")
    assert cards(known) == MOST_OF_ONE + 1


async def test_of_a_flood_by_many_the_post_hears_that_it_is_one_and_the_desk_reads_on(
    known: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "MOST_OF_ALL", 2)
    alert = await out(known)
    for who in ("alice", "bob", "carol", "dave"):
        await known.says(who, "private", f"/start seen-{alert}")
        await known.says(who, "private", f"{who}看到她在桥上")
    assert (cards(known), cards(known, "alerts.seen.many"), len(await seen(known, alert))) == (2, 1, 4)
    assert known.last("dave").text.startswith("alerts.seen.kept")


async def test_a_sighting_races_nobody_who_takes_the_alert_back(known: Rig) -> None:
    alert = await out(known)
    before = await known.store.alert(alert)
    await asked(known)
    await known.says("alice", "private", "在桥上")
    assert before is not None and (await known.store.alert(alert)) == before


async def test_danger_is_answered_with_the_number_to_call(known: Rig) -> None:
    await out(known)
    await asked(known)
    await known.says("alice", "private", "她掉进河里了,救命")
    assert "emergency." in known.last("alice", "alerts.seen.thanks").text


async def test_in_a_drill_each_word_about_a_sighting_says_that_it_is_one(known: Rig) -> None:
    rows = town.rows()
    await known.store.replace_directory(replace(rows, groups=tuple(replace(each, test=True) for each in rows.groups)))
    await out(known, exercise=True)
    await asked(known)
    await known.says("alice", "private", "在桥上")
    said = [known.last("alice", "alerts.seen.begin"), known.last("alice", "alerts.seen.ask")]
    said += [known.last(who, "alerts.seen.card") for who in POST]
    assert all("alerts.exercise" in message.text for message in said)
