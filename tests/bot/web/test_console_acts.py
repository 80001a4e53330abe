"""What a button of the desk's page starts and stops: clocks, cards of those who assist, talks."""

from __future__ import annotations

from datetime import timedelta

from bot.outcome import Outcome
from routing.case import Case, Step, Verb
from routing.sla import Clock, ClockKind
from tests import town
from tests.bot.web.desk_house import DeskHouse, at_work, press

LI, QIAN = town.LI, "qian"


async def clock_of(here: DeskHouse, case: Case, kind: ClockKind) -> Clock:
    scene = await here.store.scene_for_case(case.number)
    return next(clock for clock in scene.clocks if clock.kind is kind)


async def sent(here: DeskHouse, case: Case, to: str) -> None:
    """The case is somebody's, as the bot sends it."""
    step = Step(case.number, Verb.DISPATCH, here.clock(), "bot", to=to)
    await here.store.commit(Outcome(f"x:{to}", (case.after(step),), (step,)))


async def test_whom_the_desk_sends_a_case_to_has_the_whole_time_to_accept_it(here: DeskHouse) -> None:
    case = await here.case("马蜂窝", category="service.insects", urgency="now")
    await sent(here, case, LI)
    here.clock.forward(seconds=50)
    async with at_work(here) as visitor:
        await press(visitor, case.number, "route", to=QIAN, words="他就在旁边")
        assert (await clock_of(here, case, ClockKind.CALL)).due_at == here.clock() + timedelta(minutes=1)
        # Whoever accepts it keeps it: what is waited for then is the promise itself.
        await press(visitor, case.number, "accept")
        call = await clock_of(here, case, ClockKind.CALL)
        assert call.due_at == call.promised_at


async def test_those_who_assist_see_what_the_desk_did(here: DeskHouse) -> None:
    case = await here.case("消防通道被堵", category="enforcement.fire_lane")
    await sent(here, case, LI)
    step = Step(case.number, Verb.NOTE, here.clock(), "bot", "s-police", to="yan")
    case = await here.now(case.number)
    await here.store.commit(Outcome("x:helper", (case.after(step),), (step,)))
    helper = f"{town.user_of('yan')} c{case.number}:card:yan"
    async with at_work(here) as visitor:
        for times, act in enumerate(("accept", "finish"), start=1):
            await press(visitor, case.number, act, words="车已开走")
            assert here.letters().count(helper) == times, act
