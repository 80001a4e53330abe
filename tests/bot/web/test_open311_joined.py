"""Open311 on what was joined: open as long as the case it was joined to, and never a way to a private one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.store.tables import CASE
from nlu.model import Model
from tests.bot.web.systems_house import Town, open_town

V2 = "/open311/v2"


@pytest.fixture
async def here(tmp_path: Path, model: Model, tables_url: str) -> AsyncIterator[Town]:
    async with open_town(tmp_path, model, "" if tables_url.startswith("sqlite") else tables_url) as opened:
        yield opened


async def joined(here: Town) -> tuple[str, str]:
    """(the lead's number, the number of what was joined to it a minute later)."""
    rig = here.rig
    await rig.says("alice", "willow", "@bot 柳岸路3号门口的路灯坏了，一直不亮")
    lead = (await rig.newest()).number
    await rig.passes(minutes=1)
    await rig.says("bob", "willow", "@bot 柳岸路3号门口的路灯不亮了，黑漆漆的")
    other = (await rig.newest()).number
    await rig.presses("bob", rig.last("willow", "same.ask"), "same")
    assert (await rig.case(other)).joined_to == lead
    return lead, other


async def shown(here: Town, number: str, **query: str) -> dict[str, Any]:
    status, said = await here.get(f"{V2}/requests/{number}.json", **query)
    assert status == 200
    found: dict[str, Any] = said[0]
    return found


async def numbers(here: Town, **query: str) -> list[str]:
    status, said = await here.get(f"{V2}/requests.json", **query)
    assert status == 200, said
    return [each["service_request_id"] for each in said]


async def finish(here: Town) -> None:
    rig = here.rig
    for label in ("accept", "arrived", "finish"):
        await rig.presses("li", rig.last("li", "card.case"), label)
    await rig.says("li", "private", "换了新灯泡")
    await rig.presses("alice", rig.last("willow", "case.done"), "solved")


async def test_what_was_joined_is_open_as_long_as_the_other_is(here: Town) -> None:
    lead, other = await joined(here)
    read = await shown(here, other)
    assert read["status"] == "open"
    assert lead in read["status_notes"]
    assert read["expected_datetime"] == (await shown(here, lead))["expected_datetime"]
    assert set(await numbers(here, status="open")) == {lead, other}
    assert await numbers(here, status="closed") == []
    said = (await here.get(f"{V2}/requests.geojson"))[1]
    assert {each["id"] for each in said["features"]} == {lead, other}
    await here.rig.passes(minutes=5)
    before = here.rig.clock()
    await finish(here)
    read = await shown(here, other)
    assert read["status"] == "closed"
    assert read["updated_datetime"] == (await shown(here, lead))["updated_datetime"]
    assert set(await numbers(here, status="closed")) == {lead, other}
    since = (before - timedelta(seconds=1)).isoformat()
    assert set(await numbers(here, updated_after=since)) == {lead, other}, "closed with the other, so changed with it"


async def test_its_updates_are_those_of_the_other_from_then_on(here: Town) -> None:
    lead, other = await joined(here)
    await finish(here)
    _, steps = await here.get(f"{V2}/servicerequestupdates.json", locale="en")
    own = [each for each in steps if each["service_request_id"] == other]
    assert [each["status"] for each in own][-1] == "closed"
    assert any(lead in each["description"] for each in own)
    assert len({each["update_id"] for each in steps}) == len(steps)
    assert len([each for each in own if each["description"] == "Received"]) == 1, "its own"
    read = await shown(here, other, extensions="true", locale="en")
    assert read["extended_attributes"] == {"detailed_status": "closed", "platform": "service", "joined_to": lead}
    assert [note["description"] for note in read["notes"]] == [each["description"] for each in own]
    assert [note["type"] for note in (await shown(here, lead, extensions="true"))["notes"]][-1] == "confirm"


async def test_the_other_is_not_named_where_it_may_not_be_shown(here: Town) -> None:
    lead, other = await joined(here)
    await here.rig.store.db.write(lambda c: c.execute(CASE.update().where(CASE.c.number == lead).values(private=True)))
    for path, query in (
        (f"requests/{other}.json", {"extensions": "true"}),
        ("requests.json", {"extensions": "true"}),
        ("servicerequestupdates.json", {}),
        ("requests.csv", {}),
        ("requests.geojson", {}),
    ):
        status, said = await here.get(f"{V2}/{path}", **query)
        assert status == 200
        assert other in str(said)
        assert lead not in str(said), path
    assert (await shown(here, other))["status"] == "open"
