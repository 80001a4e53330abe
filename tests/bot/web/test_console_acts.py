"""What a button of the desk's page starts and stops: clocks, cards of those who assist, talks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desks.clicks import Act, Click, clicked
from bot.outcome import Outcome
from bot.store import Stale
from routing.case import Case, Step, Verb
from routing.sla import Clock, ClockKind
from tests import town
from tests.bot.web.desk_house import DeskHouse, at_work, press

FENG, LI, QIAN = town.DESK_BY_DAY, town.LI, "qian"


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


async def staff(here: DeskHouse, person: str, **fields: object) -> None:
    """The town, with one of its people changed."""
    rows = town.rows()
    people = tuple(replace(each, **fields) if each.id == person else each for each in rows.people)  # type: ignore[arg-type]
    await here.store.replace_directory(replace(rows, people=people))


async def test_a_complaint_is_sent_to_nobody_it_may_be_about(here: DeskHouse) -> None:
    case = await here.case("李建国上门骂人", category="order.staff", private=True)
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert f'<option value="{QIAN}">' in page and f'<option value="{LI}">' not in page
        await press(visitor, case.number, "route", to=LI, words="他离得近")
        assert visitor.status == 422
        assert await here.steps(case.number) == [Verb.RECEIVE]
        assert not any(f"card:{LI}" in letter for letter in here.letters())
        # Who works with the page needs no chat to get it: they do not get it either.
        colleague = await here.case("蒋红接了电话就骂人", category="order.staff", private=True)
        await press(visitor, colleague.number, "route", to=town.DESK_BY_NIGHT, words="夜班接着办")
        assert visitor.status == 422
        assert await here.steps(colleague.number) == [Verb.RECEIVE]


async def test_a_case_is_joined_to_none_of_another_area(here: DeskHouse) -> None:
    there = await here.case("桥头路灯不亮", category="service.light", grid=town.GRID_3)
    case = await here.case("桥边的灯坏了", category="service.light", grid=town.GRID_1, resembles=there.number)
    await staff(here, FENG, area=town.WILLOW)
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert f'value="{there.number}"' not in page.partition('class="near"')[2].partition("</fieldset>")[0]
        await press(visitor, case.number, "join", to=there.number)
        assert visitor.status == 422
    assert (await here.now(case.number)).open


async def test_words_that_reach_nobody_are_not_written_down_as_a_call(here: DeskHouse) -> None:
    case = await here.case("隔壁打人", category="order.family", private=True)
    async with at_work(here) as visitor:
        page = await press(visitor, case.number, "write", words="我们马上来")
        assert visitor.status == 422 and "我们马上来" in page
    assert await here.steps(case.number) == [Verb.RECEIVE]
    assert (await clock_of(here, case, ClockKind.CALL)).stopped_at is None


async def test_a_case_is_sent_to_nobody_who_would_not_hear_of_it(here: DeskHouse) -> None:
    case = await here.case()
    await staff(here, QIAN, channel="", user_id="")
    async with at_work(here) as visitor:
        await press(visitor, case.number, "route", to=QIAN, words="他离得近")
        assert visitor.status == 422
        await staff(here, town.DESK_BY_NIGHT, channel="", user_id="")
        await press(visitor, case.number, "route", to=town.DESK_BY_NIGHT, words="夜班接着办")
        assert visitor.status == 200  # Without a chat, but with this page.
    assert (await here.now(case.number)).holder == town.DESK_BY_NIGHT


async def test_the_board_shows_nobody_a_complaint_about_themselves_nor_what_is_private(here: DeskHouse) -> None:
    about = await here.case("冯晓敏接了电话就骂人", category="order.staff", private=True)
    private = await here.case("隔壁打人", category="order.family", private=True)
    public = await here.case("路灯不亮")
    for person, seen in ((FENG, [private, public]), (town.DESK_BY_NIGHT, [about, private, public])):
        async with at_work(here, person) as visitor:
            page = await visitor.open("/desk/cases")
            assert [case for case in (about, private, public) if case.shown in page] == seen
            assert ("骂人" in page) is (about in seen)
    async with at_work(here, town.LEADER) as visitor:
        page = await visitor.open("/desk/cases")
        assert public.shown in page and private.shown not in page and "打人" not in page


async def test_people_of_other_areas_are_not_listed(here: DeskHouse) -> None:
    await staff(here, FENG, area=town.WILLOW)
    async with at_work(here) as visitor:
        page = await visitor.open("/desk/people")
        assert "李建国" in page and "何志明" not in page


async def test_who_is_split_off_while_the_other_is_finished_is_not_told_that_it_is_done(here: DeskHouse) -> None:
    lead = await here.case("桥头路灯不亮", category="service.light")
    case = await here.case("桥边的灯坏了", category="service.light")
    async with at_work(here) as visitor:
        await press(visitor, lead.number, "accept")
        await press(visitor, case.number, "join", to=lead.number)
    # Two operators, at one moment: each decides by what stood there before the other's click.
    before = await here.store.scene_for_case(lead.number, person=FENG)
    joined = await here.store.scene_for_case(case.number, person=town.DESK_BY_NIGHT)
    directory, now = here.store.directory, here.clock()
    done = clicked(Click("done", FENG, Act.FINISH, "换了灯泡"), before, directory, now)
    assert "same.done" in {letter.key for letter in done.letters if letter.case == case.number}
    await here.store.commit(clicked(Click("split", town.DESK_BY_NIGHT, Act.SPLIT), joined, directory, now))
    with pytest.raises(Stale):
        await here.store.commit(done)
    again = await here.store.scene_for_case(lead.number, person=FENG)
    done = clicked(Click("done", FENG, Act.FINISH, "换了灯泡"), again, directory, now)
    assert not [letter for letter in done.letters if letter.case == case.number]
    await here.store.commit(done)


async def test_the_field_of_the_public_note_holds_what_stands_there_now(here: DeskHouse) -> None:
    case = await here.case("路灯不亮", category="service.light")
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert field(page, "publish") == ""
        await press(visitor, case.number, "publish", words="配件已订，周五修好")
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert field(page, "publish") == "配件已订，周五修好"
        long = "等配件" * 2000
        await press(visitor, case.number, "publish", words=long)
        assert (visitor.status, field(visitor.page, "publish")) == (422, long), "what was refused is not lost"
        await press(visitor, case.number, "publish", words="")
        assert field(await visitor.open(f"/desk/cases/{case.number}"), "publish") == ""


def field(page: str, act: str) -> str:
    """What stands in the text field of this button."""
    form = page.partition(f'id="form-{act}"')[2].partition("</form>")[0]
    return form.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
