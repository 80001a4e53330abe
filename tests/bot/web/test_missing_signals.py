"""A system reports a missing person: a case as always, and a draft of an alert that needs two persons as any does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import capvalidator
import pytest

from bot.desks import missing
from bot.outcome import Scene
from nlu.model import Model
from routing.alert import Content, Kind, State
from tests.bot.web.systems_house import Town, open_town
from tests.town import APPROVER_1, APPROVER_2, DESK_BY_DAY, GRID_1

SAID = "陈阿婆，78岁，红外套，家属13812345678"


@pytest.fixture
async def here(tmp_path: Path, model: Model) -> AsyncIterator[Town]:
    async with open_town(tmp_path, model) as opened:
        yield opened


async def reports(here: Town, *may: str, **data: str) -> str:
    key, _ = await here.key("police-110", *may)
    body = {"data": {"description": SAID, "service_code": "order.missing", **data}}
    headers = {"X-API-Key": key, "Idempotency-Key": "m-1"}
    for _ in range(2):  # The second time it is the same signal.
        status, said = await here.post("/signals", json=body, headers=headers)
        assert status == 202
        await here.rig.settles()
    return str(said["service_request_id"])


async def test_who_may_begins_a_draft_without_a_familys_number(here: Town) -> None:
    number = await reports(here, "signals", "missing", address_id="a3")
    (alert,) = await here.rig.store.alerts()
    assert (alert.kind, alert.state, alert.area, alert.case) == (Kind.MISSING, State.DRAFT, GRID_1, number)
    assert (alert.author, alert.id[1:] != number) == ("systems:police-110", True)
    assert "13812345678" not in alert.content.words and "陈阿婆" in alert.content.words
    assert alert.content.missing is not None and alert.content.missing.place == "桂花苑1幢1单元"
    assert here.rig.last(DESK_BY_DAY, "alerts.signalled").text.endswith(alert.shown)
    assert await here.cases() == 1


@pytest.mark.parametrize(("may", "data"), [
    (("signals",), {"address_id": "a3"}),
    (("signals", "missing"), {}),
    (("signals", "missing"), {"address_id": "a3", "service_code": "order.theft"}),
])  # fmt: skip
async def test_without_the_right_the_kind_or_the_place_there_is_a_case_alone(
    may: tuple[str, ...], data: dict[str, str], here: Town
) -> None:
    await reports(here, *may, **data)
    assert await here.rig.store.alerts() == []
    assert await here.cases() == 1


async def test_who_submits_a_systems_draft_cannot_approve_it(here: Town) -> None:
    await reports(here, "signals", "missing", address_id="a3")
    store, now = here.rig.store, here.rig.clock()
    (alert,) = await store.alerts()
    assert alert.content.missing is not None
    person = replace(alert.content.missing, name="陈阿婆", age=78, clothes="红外套", seen_at=now)

    async def scene() -> Scene:
        found = await store.scene_for_case(alert.id, now)
        assert found.alert is not None
        return found

    edited = missing.edit(
        "c1", await scene(), store.directory, now, by=APPROVER_1, content=Content(words="", missing=person)
    )
    await store.commit(edited)
    await store.commit(missing.submit("c2", await scene(), store.directory, now, by=APPROVER_1))
    with pytest.raises(missing.Refused, match="own_words"):
        missing.approve("c3", await scene(), store.directory, now, by=APPROVER_1, confirmed=True, reference="G1")
    yes = missing.approve("c4", await scene(), store.directory, now, by=APPROVER_2, confirmed=True, reference="G1")
    await store.commit(yes)
    assert [each.state for each in await store.alerts()] == [State.LIVE]
    key, _ = await here.key("county", "cap")
    async with here.session.get(f"{here.url}/cap/{alert.id}.1.xml", headers={"X-API-Key": key}) as answer:
        document = await answer.read()
    assert capvalidator.check_schema(document).passed
    assert "陈阿婆".encode() in document and b"13812345678" not in document


async def test_a_complete_draft_that_is_only_submitted_is_the_submitters(here: Town) -> None:
    await reports(here, "signals", "missing", address_id="a3")
    store, now = here.rig.store, here.rig.clock()
    (alert,) = await store.alerts()
    assert alert.content.missing is not None
    whole = replace(alert.content, missing=replace(alert.content.missing, age=78, clothes="红外套", seen_at=now))
    found = replace(await store.scene_for_case(alert.id, now), alert=replace(alert, content=whole))
    outcome = missing.submit("c1", found, store.directory, now, by=APPROVER_1)
    submitted = next(each for each in outcome.changes if type(each) is type(alert))
    assert submitted.writers == ("systems:police-110", APPROVER_1)  # type: ignore[union-attr]
    with pytest.raises(missing.Refused, match="own_words"):
        missing.approve(
            "c2", replace(found, alert=submitted), store.directory, now,  # type: ignore[arg-type]
            by=APPROVER_1, confirmed=True, reference="G1",
        )  # fmt: skip
