"""Open311 on what was joined: open as long as the case it was joined to, and never a way to a private one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.store.tables import CASE
from tests.bot.web.systems_house import Town

V2 = "/open311/v2"


async def joined(doors: Town) -> tuple[str, str]:
    """(the lead's number, the number of what was joined to it a minute later)."""
    rig = doors.rig
    await rig.says("alice", "willow", "@bot 柳岸路3号门口的路灯坏了，一直不亮")
    lead = (await rig.newest()).number
    await rig.passes(minutes=1)
    await rig.says("bob", "willow", "@bot 柳岸路3号门口的路灯不亮了，黑漆漆的")
    other = (await rig.newest()).number
    await rig.presses("bob", rig.last("willow", "same.ask"), "same")
    assert (await rig.case(other)).joined_to == lead
    return lead, other


async def shown(doors: Town, number: str, **query: str) -> dict[str, Any]:
    status, said = await doors.get(f"{V2}/requests/{number}.json", **query)
    assert status == 200
    found: dict[str, Any] = said[0]
    return found


async def numbers(doors: Town, **query: str) -> list[str]:
    status, said = await doors.get(f"{V2}/requests.json", **query)
    assert status == 200, said
    return [each["service_request_id"] for each in said]


async def finish(doors: Town) -> None:
    rig = doors.rig
    for label in ("accept", "arrived", "finish"):
        await rig.presses("li", rig.last("li", "card.case"), label)
    await rig.says("li", "private", "换了新灯泡")
    await rig.presses("alice", rig.last("willow", "case.done"), "solved")


async def test_what_was_joined_is_open_as_long_as_the_other_is(doors: Town) -> None:
    lead, other = await joined(doors)
    read = await shown(doors, other)
    assert read["status"] == "open"
    assert lead in read["status_notes"]
    assert read["expected_datetime"] == (await shown(doors, lead))["expected_datetime"]
    assert set(await numbers(doors, status="open")) == {lead, other}
    assert await numbers(doors, status="closed") == []
    said = (await doors.get(f"{V2}/requests.geojson"))[1]
    assert {each["id"] for each in said["features"]} == {lead, other}
    await doors.rig.passes(minutes=5)
    before = doors.rig.clock()
    await finish(doors)
    read = await shown(doors, other)
    assert read["status"] == "closed"
    assert read["updated_datetime"] == (await shown(doors, lead))["updated_datetime"]
    assert set(await numbers(doors, status="closed")) == {lead, other}
    since = (before - timedelta(seconds=1)).isoformat()
    assert set(await numbers(doors, updated_after=since)) == {lead, other}, "closed with the other, so changed with it"


async def test_its_updates_are_those_of_the_other_from_then_on(doors: Town) -> None:
    lead, other = await joined(doors)
    await finish(doors)
    _, steps = await doors.get(f"{V2}/servicerequestupdates.json", locale="en")
    own = [each for each in steps if each["service_request_id"] == other]
    assert [each["status"] for each in own][-1] == "closed"
    assert any(lead in each["description"] for each in own)
    assert len({each["update_id"] for each in steps}) == len(steps)
    assert len([each for each in own if each["description"] == "Received"]) == 1, "its own"
    read = await shown(doors, other, extensions="true", locale="en")
    assert read["extended_attributes"] == {"detailed_status": "closed", "platform": "service", "joined_to": lead}
    assert [note["description"] for note in read["notes"]] == [each["description"] for each in own]
    assert [note["type"] for note in (await shown(doors, lead, extensions="true"))["notes"]][-1] == "confirm"


async def test_the_other_is_not_named_where_it_may_not_be_shown(doors: Town) -> None:
    lead, other = await joined(doors)
    await doors.rig.store.db.write(lambda c: c.execute(CASE.update().where(CASE.c.number == lead).values(private=True)))
    for path, query in (
        (f"requests/{other}.json", {"extensions": "true"}),
        ("requests.json", {"extensions": "true"}),
        ("servicerequestupdates.json", {}),
        ("requests.csv", {}),
        ("requests.geojson", {}),
    ):
        status, said = await doors.get(f"{V2}/{path}", **query)
        assert status == 200
        assert other in str(said)
        assert lead not in str(said), path
    assert (await shown(doors, other))["status"] == "open"
