"""What the desk publishes on a case: read by everybody, masked, replaced and taken away; never of a private case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.desks.clicks import Act, Click, Refused, acts, clicked
from bot.store.tables import CASE
from tests import town
from tests.bot.web.systems_house import Town

V2 = "/open311/v2"
FENG = town.DESK_BY_DAY


async def publish(doors: Town, number: str, words: str, token: str = "") -> None:
    rig = doors.rig
    scene = await rig.store.scene_for_case(number)
    click = Click(token or str(next(rig.keys)), FENG, Act.PUBLISH, words)
    await rig.store.commit(clicked(click, scene, rig.store.directory, rig.clock()))


async def shown(doors: Town, number: str) -> dict[str, Any]:
    status, said = await doors.get(f"{V2}/requests/{number}.json", extensions="true", locale="en")
    assert status == 200
    found: dict[str, Any] = said[0]
    return found


async def lamp(doors: Town) -> str:
    await doors.rig.says("alice", "willow", "@bot 柳岸路3号门口的路灯坏了，一直不亮")
    return (await doors.rig.newest()).number


async def test_a_published_note_is_read_by_everybody_until_it_is_taken_away(doors: Town) -> None:
    number = await lamp(doors)
    before = await shown(doors, number)
    await doors.rig.passes(seconds=30)
    await publish(doors, number, "配件已订，周五修好")
    after = await shown(doors, number)
    assert after["status_notes"].endswith("配件已订，周五修好")
    assert after["notes"][-1]["type"] == "note"
    assert after["updated_datetime"] > before["updated_datetime"]
    _, updates = await doors.get(f"{V2}/servicerequestupdates.json")
    last = updates[-1]
    assert (last["service_request_id"], last["description"], last["status"]) == (number, "配件已订，周五修好", "open")
    await publish(doors, number, "今天修好")
    after = await shown(doors, number)
    assert [each["description"] for each in after["notes"] if each["type"] == "note"] == ["今天修好"]
    await publish(doors, number, "")
    assert (await shown(doors, number))["status_notes"] == before["status_notes"]
    assert "今天修好" not in str(await doors.get(f"{V2}/servicerequestupdates.json"))


async def test_what_is_published_names_no_door_and_no_number(doors: Town) -> None:
    number = await lamp(doors)
    await publish(doors, number, "3幢2单元501室的住户13812345678已联系，车牌浙A12345")
    said = str(await doors.get(f"{V2}/requests.json", extensions="true"))
    for secret in ("13812345678", "501", "浙A12345"):
        assert secret not in said
    assert "已联系" in said


async def test_of_a_private_case_nothing_can_be_published_and_nothing_is_read(doors: Town) -> None:
    number = await lamp(doors)
    await publish(doors, number, "配件已订")
    store, directory = doors.rig.store, doors.rig.store.directory
    scene = await store.scene_for_case(number)
    assert scene.case is not None
    for case in (replace(scene.case, private=True), replace(scene.case, category="order.family"),
                 replace(scene.case, category="")):  # fmt: skip
        closed = replace(scene, case=case)
        assert Act.PUBLISH not in acts(closed, FENG, directory)
        with pytest.raises(Refused):
            clicked(Click("t", FENG, Act.PUBLISH, "x"), closed, directory, doors.rig.clock())
    assert Act.PUBLISH not in acts(scene, town.LI, directory), "who is not at the desk publishes nothing"
    await store.db.write(lambda c: c.execute(CASE.update().where(CASE.c.number == number).values(private=True)))
    for path in ("requests.json", "servicerequestupdates.json", "requests.csv", "requests.geojson"):
        assert "配件已订" not in str(await doors.get(f"{V2}/{path}"))


async def test_what_was_joined_shows_the_others_note(doors: Town) -> None:
    lead = await lamp(doors)
    await doors.rig.passes(minutes=1)
    await doors.rig.says("bob", "willow", "@bot 柳岸路3号门口的路灯不亮了，黑漆漆的")
    other = (await doors.rig.newest()).number
    await doors.rig.presses("bob", doors.rig.last("willow", "same.ask"), "same")
    await publish(doors, lead, "周五修好")
    assert (await shown(doors, other))["status_notes"].endswith("周五修好")
    scene = await doors.rig.store.scene_for_case(other)
    assert Act.PUBLISH not in acts(scene, FENG, doors.rig.store.directory)
    await doors.rig.store.db.write(lambda c: c.execute(CASE.update().where(CASE.c.number == lead).values(private=True)))
    assert "周五修好" not in str(await shown(doors, other))
