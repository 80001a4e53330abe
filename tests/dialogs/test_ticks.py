"""Ticks that come at the wrong moment: a clock stopped or put off meanwhile, two sweepers at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.clock import Sweeper
from bot.desks.overdue import due
from routing.case import Verb
from routing.sla import Clock, ClockKind
from tests.rig import Rig

LAMP = "@bot 柳岸路3号门口的路灯坏了"


async def _call_clock(house: Rig) -> tuple[Clock, str]:
    await house.says("alice", "willow", LAMP)
    number = (await house.newest()).number
    scene = await house.store.scene_for_case(number)
    return next(clock for clock in scene.clocks if clock.kind is ClockKind.CALL), number


async def test_a_clock_that_was_stopped_or_put_off_meanwhile_says_nothing(house: Rig) -> None:
    clock, number = await _call_clock(house)
    scene, late = await house.store.scene_for_case(number), clock.due_at + timedelta(seconds=1)
    assert due(clock, scene, house.store.directory, late).letters, "it would have rung"
    for meanwhile in (clock.stop(late), clock.pause(late), replace(clock, due_at=late + timedelta(hours=1))):
        others = tuple(each for each in scene.clocks if each.kind is not clock.kind)
        outcome = due(clock, replace(scene, clocks=(*others, meanwhile)), house.store.directory, late)
        assert (outcome.letters, outcome.steps, outcome.changes) == ((), (), ())


async def test_the_same_tick_is_one_cause_whoever_notices_it_and_when(house: Rig) -> None:
    clock, number = await _call_clock(house)
    scene, late = await house.store.scene_for_case(number), clock.due_at + timedelta(seconds=1)
    later = late + timedelta(seconds=7)
    first, second = (due(clock, scene, house.store.directory, at) for at in (late, later))
    assert first.cause == second.cause
    assert due(replace(clock, version=clock.version + 1), scene, house.store.directory, late).cause != first.cause


async def test_two_sweepers_at_once_ring_once(house: Rig) -> None:
    clock, number = await _call_clock(house)
    house.clock.now = clock.due_at + timedelta(seconds=1)
    sweepers = [Sweeper(house.store, house.clock) for _ in range(4)]
    await asyncio.gather(*(sweeper.sweep() for sweeper in sweepers))
    await house.settles()
    steps = (await house.store.scene_for_case(number)).steps
    assert [step.verb for step in steps].count(Verb.DISPATCH) == 2  # It was given to the next, once.
