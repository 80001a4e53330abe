"""Alerts in the chat: an approver is asked in private and says no there; rings and the end come by the clock."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

from bot import alert_door
from bot.desks import missing
from routing.alert import Alert, Content, Kind, Missing, State
from tests import town
from tests.fakes import Message
from tests.rig import Rig

MOTHER = Content(missing=Missing("陈阿婆", 78, clothes="红色外套", place="桂花苑门口", seen_at=town.NOON))
_clicks = itertools.count()


async def does(house: Rig, alert: str, verb: Any, **said: Any) -> str:
    """A click on the desk's page; returns the alert's id."""
    cause = f"click:{next(_clicks)}"
    done = await alert_door.do(house.store, alert, cause, partial(verb, cause, **said), house.clock)
    assert done is not None
    await house.settles()
    return alert or next(change.id for change in done.changes if isinstance(change, Alert))


async def submitted(house: Rig) -> str:
    by = {"by": town.DESK_BY_DAY}
    alert = await does(house, "", missing.begin, kind=Kind.MISSING, area=town.GRID_1, content=MOTHER, **by)
    return await does(house, alert, missing.submit, **by)


def card(house: Rig, person: str) -> Message:
    return next(each for each in reversed(house.chat(person)) if "alerts." in each.text)


async def state(house: Rig, alert: str) -> State:
    found = await house.store.alert(alert)
    assert found is not None
    return found.state


async def test_an_approver_says_no_in_the_chat_and_the_author_hears_it(house: Rig) -> None:
    alert = await submitted(house)
    asked = card(house, town.APPROVER_1)
    assert asked.text.startswith("alerts.ask.card")
    await house.presses(town.APPROVER_1, asked, "alerts.decline", data=f"alert_no:{alert}")
    assert await state(house, alert) is State.DECLINED
    assert card(house, town.APPROVER_1).text.startswith("alerts.asked.declined")
    assert card(house, town.DESK_BY_DAY).text.startswith("alerts.declined")


async def test_an_approver_who_just_reported_something_is_understood_all_the_same(house: Rig) -> None:
    await house.says(town.APPROVER_1, "private", "柳岸路3号门口的路灯坏了")
    alert = await submitted(house)
    await house.presses(town.APPROVER_1, card(house, town.APPROVER_1), "x", data=f"alert_no:{alert}")
    assert await state(house, alert) is State.DECLINED


async def test_nobody_else_says_no(house: Rig) -> None:
    alert = await submitted(house)
    asked = card(house, town.APPROVER_1)
    for stranger in ("alice", town.LI, town.DESK_BY_DAY, town.APPROVER_2):
        await house.presses(stranger, asked, "x", data=f"alert_no:{alert}")
    assert await state(house, alert) is State.WAITING


async def test_no_button_says_yes(house: Rig) -> None:
    alert = await submitted(house)
    for data in (f"alert_yes:{alert}", f"approve:{alert}", f"accept:{alert}", f"alert_no:{alert}0"):
        await house.presses(town.APPROVER_1, card(house, town.APPROVER_1), "x", data=data)
    for words in (f"/approve {alert}", "同意", "核准"):
        await house.says(town.APPROVER_1, "private", words)
    assert await state(house, alert) is State.WAITING


async def test_groups_are_told_ring_by_ring_and_the_end_takes_it_back(house: Rig) -> None:
    alert = await submitted(house)
    await does(house, alert, missing.approve, by=town.APPROVER_1, confirmed=True, reference="G110-7")
    first, others = "grid1", ("willow", "bridge")
    assert house.chat(first)[-1].text.startswith("alerts.missing")
    assert not any(house.chat(group) for group in others)
    for minutes in (10, 20):
        await house.passes(minutes=minutes)
    assert all(house.chat(group)[-1].text.startswith("alerts.missing") for group in others)
    await house.passes(hours=23)
    for group in (first, *others):
        assert house.chat(group)[-1].text.startswith("alerts.over.expired")
        assert not any(each.text.startswith("alerts.missing") for each in house.chat(group))
