"""What the desk publishes on a case: read by everybody, masked, replaced and taken away; never of a private case."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.desks.clicks import Act, Click, Refused, acts, clicked
from bot.store.tables import CASE
from nlu.model import Model
from tests import town
from tests.bot.web.systems_house import Town, open_town

V2 = "/open311/v2"
FENG = town.DESK_BY_DAY


@pytest.fixture
async def here(tmp_path: Path, model: Model, tables_url: str) -> AsyncIterator[Town]:
    async with open_town(tmp_path, model, "" if tables_url.startswith("sqlite") else tables_url) as opened:
        yield opened


async def publish(here: Town, number: str, words: str, token: str = "") -> None:
    rig = here.rig
    scene = await rig.store.scene_for_case(number)
    click = Click(token or str(next(rig.keys)), FENG, Act.PUBLISH, words)
    await rig.store.commit(clicked(click, scene, rig.store.directory, rig.clock()))


async def shown(here: Town, number: str) -> dict[str, Any]:
    status, said = await here.get(f"{V2}/requests/{number}.json", extensions="true", locale="en")
    assert status == 200
    found: dict[str, Any] = said[0]
    return found


async def lamp(here: Town) -> str:
    await here.rig.says("alice", "willow", "@bot 柳岸路3号门口的路灯坏了，一直不亮")
    return (await here.rig.newest()).number


async def test_a_published_note_is_read_by_everybody_until_it_is_taken_away(here: Town) -> None:
    number = await lamp(here)
    before = await shown(here, number)
    await here.rig.passes(seconds=30)
    await publish(here, number, "配件已订，周五修好")
    after = await shown(here, number)
    assert after["status_notes"].endswith("配件已订，周五修好")
    assert after["notes"][-1]["type"] == "note"
    assert after["updated_datetime"] > before["updated_datetime"]
    _, updates = await here.get(f"{V2}/servicerequestupdates.json")
    last = updates[-1]
    assert (last["service_request_id"], last["description"], last["status"]) == (number, "配件已订，周五修好", "open")
    await publish(here, number, "今天修好")
    after = await shown(here, number)
    assert [each["description"] for each in after["notes"] if each["type"] == "note"] == ["今天修好"]
    await publish(here, number, "")
    assert (await shown(here, number))["status_notes"] == before["status_notes"]
    assert "今天修好" not in str(await here.get(f"{V2}/servicerequestupdates.json"))


async def test_what_is_published_names_no_door_and_no_number(here: Town) -> None:
    number = await lamp(here)
    await publish(here, number, "3幢2单元501室的住户13812345678已联系，车牌浙A12345")
    said = str(await here.get(f"{V2}/requests.json", extensions="true"))
    for secret in ("13812345678", "501", "浙A12345"):
        assert secret not in said
    assert "已联系" in said


async def test_of_a_private_case_nothing_can_be_published_and_nothing_is_read(here: Town) -> None:
    number = await lamp(here)
    await publish(here, number, "配件已订")
    store, directory = here.rig.store, here.rig.store.directory
    scene = await store.scene_for_case(number)
    assert scene.case is not None
    for case in (replace(scene.case, private=True), replace(scene.case, category="order.family"),
                 replace(scene.case, category="")):  # fmt: skip
        closed = replace(scene, case=case)
        assert Act.PUBLISH not in acts(closed, FENG, directory)
        with pytest.raises(Refused):
            clicked(Click("t", FENG, Act.PUBLISH, "x"), closed, directory, here.rig.clock())
    assert Act.PUBLISH not in acts(scene, town.LI, directory), "who is not at the desk publishes nothing"
    await store.db.write(lambda c: c.execute(CASE.update().where(CASE.c.number == number).values(private=True)))
    for path in ("requests.json", "servicerequestupdates.json", "requests.csv", "requests.geojson"):
        assert "配件已订" not in str(await here.get(f"{V2}/{path}"))


async def test_what_was_joined_shows_the_others_note(here: Town) -> None:
    lead = await lamp(here)
    await here.rig.passes(minutes=1)
    await here.rig.says("bob", "willow", "@bot 柳岸路3号门口的路灯不亮了，黑漆漆的")
    other = (await here.rig.newest()).number
    await here.rig.presses("bob", here.rig.last("willow", "same.ask"), "same")
    await publish(here, lead, "周五修好")
    assert (await shown(here, other))["status_notes"].endswith("周五修好")
    scene = await here.rig.store.scene_for_case(other)
    assert Act.PUBLISH not in acts(scene, FENG, here.rig.store.directory)
    await here.rig.store.db.write(lambda c: c.execute(CASE.update().where(CASE.c.number == lead).values(private=True)))
    assert "周五修好" not in str(await shown(here, other))
