"""The desk says what a matter is, and where: it goes to whom it belongs, under the clocks of its kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desks.clicks import Act, acts
from bot.outcome import Outcome
from routing.case import Case, State, Step, Verb
from routing.sla import ClockKind
from tests import town
from tests.bot.web.desk_house import DeskHouse, at_work, press

FENG, LI = town.DESK_BY_DAY, town.LI


async def stepped(here: DeskHouse, case: Case, verb: Verb, to: str = "") -> None:
    before = await here.now(case.number)
    step = Step(case.number, verb, here.clock(), to or LI, to=to)
    await here.store.commit(Outcome(f"x:{verb}:{case.number}", (before.after(step),), (step,)))


async def test_an_unsorted_matter_gets_its_kind_its_place_and_its_person(here: DeskHouse) -> None:
    case = await here.case("这个怎么弄？", grid="")
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert '<details class="fold" open><summary>改类别、地点' in page, "what waits for it is open"
        await press(visitor, case.number, "sort", to="service.insects", words="柳岸路3号", area=town.GRID_1)
        assert visitor.url == f"/desk/cases/{case.number}?said=sort"
    now = await here.now(case.number)
    assert (now.category, now.category_sure, now.urgency) == ("service.insects", True, "now")
    assert (now.place, now.grid, now.address_id != "") == ("柳岸路3号", town.GRID_1, True)
    assert (now.state, now.holder) == (State.DISPATCHED, LI)
    assert await here.steps(case.number) == [Verb.RECEIVE, Verb.DETAIL, Verb.DISPATCH]
    clocks = {clock.kind: clock for clock in (await here.store.scene_for_case(case.number)).clocks}
    assert clocks[ClockKind.DISPATCH].promised_at == now.opened_at + timedelta(minutes=1)
    assert f"{town.user_of(LI)} c{case.number}:card:{LI}" in here.letters()


async def test_whoever_accepted_it_keeps_it_and_sees_what_it_is(here: DeskHouse) -> None:
    case = await here.case("有人在敲", category="enforcement.noise", category_sure=True, place="柳岸路3号")
    await stepped(here, case, Verb.DISPATCH, LI)
    await stepped(here, case, Verb.ACCEPT)
    async with at_work(here) as visitor:
        await press(visitor, case.number, "sort", to="enforcement.worksite", words="望江桥", area=town.GRID_4)
    now = await here.now(case.number)
    assert (now.category, now.place, now.grid) == ("enforcement.worksite", "望江桥", town.GRID_4)
    assert (now.state, now.holder, now.address_id) == (State.ACCEPTED, LI, "a12")
    assert f"{town.user_of(LI)} c{case.number}:card:{LI}" in here.letters()


async def test_what_nobody_accepted_goes_to_the_other_place(here: DeskHouse) -> None:
    case = await here.case("路灯不亮", category="service.light", category_sure=True, place="x", address_id="a1")
    case = await here.now(case.number)
    await here.store.commit(Outcome("x:pin", (replace(case, location=(30.0, 120.0)),)))
    await stepped(here, case, Verb.DISPATCH, LI)
    async with at_work(here) as visitor:
        await press(visitor, case.number, "sort", to="service.light", words="桥那边", area=town.GRID_4)
    now = await here.now(case.number)
    assert (now.grid, now.address_id, now.location) == (town.GRID_4, "", None), "the pin was the old address's"
    assert now.holder not in ("", LI)


async def test_once_private_it_stays_private(here: DeskHouse) -> None:
    case = await here.case("隔壁吵", category="enforcement.noise", category_sure=True)
    async with at_work(here) as visitor:
        await press(visitor, case.number, "sort", to="order.family", words=case.place)
        assert (await here.now(case.number)).private
        await press(visitor, case.number, "sort", to="enforcement.noise", words=case.place)
    now = await here.now(case.number)
    assert (now.category, now.private) == ("enforcement.noise", True)


async def test_a_complaint_that_comes_to_light_leaves_whom_it_may_be_about(here: DeskHouse) -> None:
    case = await here.case("李建国骂人", category="service.other", category_sure=True)
    await stepped(here, case, Verb.DISPATCH, LI)
    await stepped(here, case, Verb.ACCEPT)
    async with at_work(here) as visitor:
        await press(visitor, case.number, "sort", to="order.staff", words="")
    assert (await here.now(case.number)).holder != LI


@pytest.mark.parametrize(
    ("to", "words", "area"),
    [
        ("", "柳岸路3号", ""),
        ("service.moon", "柳岸路3号", ""),
        ("service.light", "柳岸路3号", "nowhere"),
        ("service.light", "x" * 201, ""),
        ("service.light", "柳岸路3号", town.GRID_1),
    ],
    ids=["no kind", "unknown kind", "unknown area", "long", "nothing changed"],
)
async def test_what_is_wrong_changes_nothing_and_is_not_lost(here: DeskHouse, to: str, words: str, area: str) -> None:
    kind = "" if not to else "service.light"
    case = await here.case("路灯不亮", category=kind, category_sure=bool(kind), place="柳岸路3号")
    async with at_work(here) as visitor:
        page = await press(visitor, case.number, "sort", to=to, words=words, area=area)
        assert visitor.status == 422
        assert f'name="words" maxlength="200" autocomplete="off" value="{words}"' in page
    assert await here.steps(case.number) == [Verb.RECEIVE]


async def test_an_area_of_another_community_is_not_theirs_to_name(here: DeskHouse) -> None:
    rows = town.rows()
    people = tuple(replace(each, area=town.WILLOW) if each.id == FENG else each for each in rows.people)
    await here.store.replace_directory(replace(rows, people=people))
    case = await here.case("路灯不亮", category="service.light", category_sure=True)
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert f'<option value="{town.GRID_1}"' in page and f'<option value="{town.GRID_3}"' not in page
        await press(visitor, case.number, "sort", to="service.light", words="", area=town.GRID_3)
        assert visitor.status == 422
    assert (await here.now(case.number)).grid == town.GRID_1


async def test_who_sorts_a_case_out_of_their_own_sight_is_told_so(here: DeskHouse) -> None:
    case = await here.case("你们值班的冯晓敏态度很差", category="service.other", category_sure=True)
    async with at_work(here) as visitor:
        page = await press(visitor, case.number, "sort", to="order.staff", words="")
        assert (visitor.status, visitor.url) == (200, "/desk/cases?moved=1")
        assert "不在您的列表里了" in page and case.shown not in page
        await visitor.open(f"/desk/cases/{case.number}")
        assert visitor.status == 404


@pytest.mark.parametrize("state", State)
async def test_it_is_offered_while_somebody_still_works_on_it(here: DeskHouse, state: State) -> None:
    case = await here.case("路灯不亮", category="service.light", state=state)
    offered = acts(await here.store.scene_for_case(case.number, person=FENG), FENG, here.store.directory)
    assert (Act.SORT in offered) == (state in (State.RECEIVED, State.DISPATCHED, State.ACCEPTED, State.ARRIVED))
