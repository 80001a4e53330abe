"""Units that help: one person of each gets the card without buttons; whoever leads settles the case."""

from __future__ import annotations

from routing.dispatch import helpers
from routing.rules import Rule, Rules
from tests.rig import Rig

RULES = Rules((Rule("lane", category=frozenset({"enforcement.fire_lane"}), lead="fire", assist=("police", "works")),))


async def test_a_unit_that_helps_gets_one_card_and_reads_how_it_stands(house: Rig) -> None:
    house.store.rules = RULES
    await house.says("alice", "grid1", "@bot 桂花苑3幢2单元消防通道被堵住了")
    number = (await house.newest()).number
    scene = await house.store.scene_for_case(number)
    assert helpers(scene.steps) == (("yan", "s-police"),)  # Nobody works at the other one.
    card = house.last("yan", "card.case")
    assert "card.head.assist" in card.text
    assert card.buttons == ()
    # Passed on, the lead changes; who helps does not, and hears it once.
    await house.presses("li", house.last("li", "card.case"), "pass")
    assert len(house.chat("yan")) == 1
    await house.presses("qian", house.last("qian", "card.case"), "accept")
    assert "card.state.accepted" in house.last("yan", "card.case").text
    await house.presses("qian", house.last("qian", "card.case"), "finish")
    await house.says("qian", "private", "已经挪走")
    assert "card.state.done" in house.last("yan", "card.case").text
    assert (await house.case(number)).holder == "qian"


async def test_a_helper_may_not_press_for_the_lead(house: Rig) -> None:
    house.store.rules = RULES
    await house.says("alice", "grid1", "@bot 桂花苑3幢2单元消防通道被堵住了")
    number = (await house.newest()).number
    await house.presses("yan", house.last("yan", "card.case"), "accept", data=f"accept:{number}")
    assert (await house.case(number)).holder == "li"


async def test_opened_again_the_helpers_are_called_again(house: Rig) -> None:
    house.store.rules = RULES
    await house.says("alice", "grid1", "@bot 桂花苑3幢2单元消防通道被堵住了")
    await house.presses("li", house.last("li", "card.case"), "accept")
    await house.presses("li", house.last("li", "card.case"), "finish")
    await house.says("li", "private", "好了")
    await house.presses("alice", house.last("grid1", "case.done"), "unsolved")
    assert ["card.head.assist" in message.text for message in house.chat("yan")] == [True, True]
