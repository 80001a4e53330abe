"""The main walk: a resident writes in the group, the city answers, somebody comes, the resident says yes."""

from __future__ import annotations

from routing.case import State
from tests.rig import Rig


async def test_a_broken_lamp_goes_to_the_cadre_and_back(house: Rig) -> None:
    await house.says("alice", "willow", "@bot 柳岸路3号门口的路灯坏了,晚上看不见")
    first = house.last("willow")
    assert first.text.startswith("case.status case.head.received kind.service.light case.next.dispatched")
    card = house.last("li", "card.case")
    await house.presses("li", card, "accept")
    assert "case.next.accepted" in house.last("willow").text
    assert house.last("willow").id == first.id, "the resident's message is edited in place"
    await house.presses("li", card, "called")
    await house.presses("li", card, "arrived")
    assert "case.next.arrived" in house.last("willow").text
    await house.presses("li", card, "finish")
    assert house.last("li").text.startswith("duty.ask_result")
    await house.says("li", "private", "灯泡换好了")
    assert house.last("li", "duty").text.startswith("duty.thanks")
    done = house.last("willow", "case.done")
    assert "灯泡换好了" in done.text
    await house.presses("alice", done, "solved")
    assert house.last("willow").text.startswith("case.closed")
    case = await house.newest()
    assert case.state is State.CLOSED
