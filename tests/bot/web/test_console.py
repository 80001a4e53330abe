"""The desk's pages: what stands on the board and on a case, and what a button does, once."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from bot.messages import Address
from bot.outcome import Outcome
from bot.store import accounts_audit
from bot.store.accounts_audit import Deed
from bot.store.systems import add_hook, close_hook
from bot.web.console import back_office
from routing import callback
from routing.callback import Ask, questions
from routing.case import State, Step, Verb
from tests import town
from tests.bot.store.cast import message
from tests.bot.web.desk_house import DeskHouse, at_work, desk_house, key_of, press
from tests.bot.web.visiting import guest

FENG, JIANG = town.DESK_BY_DAY, town.DESK_BY_NIGHT


async def test_the_board_stands_by_time_left_and_can_be_narrowed_down(here: DeskHouse) -> None:
    soon = await here.case("马蜂窝", category="service.insects", unit="s-fire")
    here.clock.forward(minutes=-200)
    late = await here.case("路灯不亮", category="service.light", grid=town.GRID_4)
    here.clock.forward(minutes=200)
    async with at_work(here) as visitor:
        page = await visitor.open("/desk/cases")
        assert page.index(late.shown) < page.index(soon.shown)
        assert 'class="case red"' in page and 'class="case green"' in page
        for query, shown in {
            f"area={town.WILLOW}": [soon],
            f"area={town.GRID_4}": [late],
            "unit=s-fire": [soon],
            "category=service.light": [late],
            "light=red": [late],
            "mine=1": [],
            "area=nowhere": [],
            "sheet=" + "9" * 5000: [late, soon],
            "sheet=x": [late, soon],
        }.items():
            page = await visitor.open(f"/desk/cases?{query}")
            assert [each for each in (late, soon) if each.shown in page] == shown, query


async def test_two_thousand_open_cases_are_read_at_once(here: DeskHouse) -> None:
    for _ in range(120):
        await here.case("路灯不亮")
    async with at_work(here) as visitor:
        page = await visitor.open("/desk/cases")
        assert page.count('<li class="case') == 50
        assert 'rel="next"' in page and 'rel="prev"' not in page
        page = await visitor.open("/desk/cases?sheet=3")
        assert page.count('<li class="case') == 20
        assert 'rel="next"' not in page


async def test_a_case_is_found_by_the_number_that_is_read_out(here: DeskHouse) -> None:
    case = await here.case()
    async with at_work(here) as visitor:
        await visitor.open(f"/desk/cases?number={case.shown}")
        assert visitor.url == f"/desk/cases/{case.number}"
        for number in ("3816", "38164275", "x"):
            page = await visitor.open(f"/desk/cases?number={number}")
            assert visitor.status == 200 and 'role="alert"' in page and 'class="cases"' in page
        page = await visitor.open("/desk/cases/38164275")
        assert visitor.status == 404 and '<a class="second" href="/desk">' in page
    async with at_work(here, town.LEADER) as visitor:  # To whom there is no such case there is none to be found.
        private = await here.case(category="order.family", private=True)
        page = await visitor.open(f"/desk/cases?number={private.number}")
        assert visitor.status == 200 and 'role="alert"' in page


async def test_words_of_residents_are_never_markup(here: DeskHouse) -> None:
    case = await here.case("<script>alert(1)</script>", place="<b>x")
    async with at_work(here) as visitor:
        for path in ("/desk/cases", f"/desk/cases/{case.number}"):
            page = await visitor.open(path)
            assert "<script>alert" not in page and "<b>x" not in page
            assert "<script>alert" in unescape(page)


# --- one case


async def test_an_operator_takes_over_writes_and_gives_back(here: DeskHouse) -> None:
    case = await here.case("怎么办居住证", category="service.other")
    async with at_work(here) as visitor:
        await press(visitor, case.number, "take")
        assert visitor.url == f"/desk/cases/{case.number}?said=take"
        scene = await here.store.scene_for_case(case.number)
        assert scene.reporter is not None and scene.reporter.handed_to == FENG
        assert (await here.now(case.number)).state is State.ACCEPTED
        page = await press(visitor, case.number, "write", words="请带身份证来窗口，电话 13812345678")
        assert "13812345678" not in page
        steps = (await here.store.scene_for_case(case.number)).steps
        assert steps[-1].verb is Verb.CALL and steps[-1].by == FENG
        assert "请带身份证来窗口" in steps[-1].words
        await press(visitor, case.number, "giveback")
        scene = await here.store.scene_for_case(case.number)
        assert scene.reporter is not None and scene.reporter.handed_to == ""
    assert [outcome.note for outcome in here.committed] == ["clicks.take", "clicks.write", "clicks.giveback"]
    assert any(slot.startswith(town.GROUP_GRID_1) for slot in here.letters())


async def test_a_button_pressed_twice_is_pressed_once(here: DeskHouse) -> None:
    case = await here.case()
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        for act, words in (("note", "去看过了"), ("take", "")):
            for _ in range(2):
                await visitor.send(f"/desk/cases/{case.number}/{act}", key=key_of(page), words=words)
                assert visitor.url == f"/desk/cases/{case.number}?said={act}"
    assert await here.steps(case.number) == [Verb.RECEIVE, Verb.NOTE, Verb.ACCEPT]


async def test_who_comes_too_late_is_told_and_changes_nothing(here: DeskHouse) -> None:
    case = await here.case()
    async with at_work(here) as one, at_work(here, JIANG) as other:
        page = await other.open(f"/desk/cases/{case.number}")
        await press(one, case.number, "take")
        await other.send(f"/desk/cases/{case.number}/take", key=key_of(page))
        assert other.status == 409
        scene = await here.store.scene_for_case(case.number)
        assert scene.reporter is not None and scene.reporter.handed_to == FENG


async def test_words_that_were_refused_are_not_lost(here: DeskHouse) -> None:
    case = await here.case()
    async with at_work(here) as visitor:
        page = await press(visitor, case.number, "route", to="nobody", words="他离得近")
        assert visitor.status == 422 and "他离得近" in page
        told = {f"ask-{ask}": "好" * 500 for ask in Ask} | {"ask-more": "还有一条狗"}
        page = await press(visitor, case.number, "answer", **told)
        assert visitor.status == 422 and 'value="还有一条狗"' in page
        await press(visitor, case.number, "note", words="  ")
        assert visitor.status == 422
        await press(visitor, case.number, "note", words="好" * 2001)
        assert visitor.status == 422
        await visitor.send(f"/desk/cases/{case.number}/note", key="", words="x")
        assert visitor.status == 400
    assert await here.steps(case.number) == [Verb.RECEIVE]


async def test_after_a_refused_form_the_switches_lead_back_to_its_page(here: DeskHouse) -> None:
    case = await here.case()
    at = f"/desk/cases/{case.number}"
    async with at_work(here) as visitor:
        for referer, back in ((here.url + at, at), ("https://evil.example/x", "/"), ("http://[", "/"), ("", "/")):
            page = await visitor.open(at)
            await visitor.send(f"{at}/note", key=key_of(page), words=" ", headers={"Referer": referer})
            assert visitor.status == 422
            assert f'name="back" value="{back}"' in visitor.page


async def test_a_case_is_sent_on_with_a_reason_and_its_old_holder_hears_it(here: DeskHouse) -> None:
    case = await here.case()
    step = Step(case.number, Verb.DISPATCH, here.clock(), "bot", to=town.LI)
    await here.store.commit(Outcome("x", (case.after(step),), (step,)))
    async with at_work(here) as visitor:
        page = await press(visitor, case.number, "route", to="qian", words="巡逻队就在附近")
        assert visitor.url == f"/desk/cases/{case.number}?said=route"
        assert "巡逻队就在附近" in page
    after = await here.now(case.number)
    assert (after.holder, after.state) == ("qian", State.DISPATCHED)
    slots = here.letters()
    assert f"{town.user_of(town.LI)} c{case.number}:card:{town.LI}" in slots
    assert f"{town.user_of('qian')} c{case.number}:card:qian" in slots


async def test_what_the_resident_says_on_the_telephone_reaches_whoever_is_on_the_way(here: DeskHouse) -> None:
    case = await here.case("电梯里有人", category="market.lift", urgency="now")
    step = Step(case.number, Verb.DISPATCH, here.clock(), "bot", to=town.LI)
    await here.store.commit(Outcome("x", (case.after(step),), (step,)))
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        asked = re.findall(r'name="ask-(\w+)"', page)
        assert asked == [ask.value for ask in questions("market.lift", "now")]
        answers = {"ask-trapped": "两个人，卡在三楼", "ask-more": "电话 13812345678", "ask-hurt": " "}
        page = await press(visitor, case.number, "answer", **answers)
        assert "两个人，卡在三楼" in page and 'name="ask-trapped"' not in page and "13812345678" not in page
        await press(visitor, case.number, "answer")
        assert visitor.status == 422
    scene = await here.store.scene_for_case(case.number)
    assert next((told.ask, told.words) for told in callback.answers(scene.steps)) == (Ask.TRAPPED, "两个人，卡在三楼")
    assert next(clock for clock in scene.clocks if clock.kind == "call").stopped_at is not None
    texts = [text for to, text in here.said() if to == town.user_of(town.LI)]
    assert len(texts) == 2 and all("两个人，卡在三楼" in text for text in texts)


async def test_the_end_as_told_on_the_telephone_is_written_down_by_the_desk(here: DeskHouse) -> None:
    case = await here.case()
    async with at_work(here) as visitor:
        await press(visitor, case.number, "accept")
        await press(visitor, case.number, "finish", words="马蜂窝已摘除")
        assert (await here.now(case.number)).state is State.DONE
        await press(visitor, case.number, "unsolved", words="还有一个小的")
        again = await here.now(case.number)
        assert again.state in (State.RECEIVED, State.DISPATCHED) and again.words.endswith("还有一个小的")
        await press(visitor, case.number, "accept")
        await press(visitor, case.number, "finish", words="都摘了")
        await press(visitor, case.number, "solved")
        assert (await here.now(case.number)).state is State.CLOSED
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert "form-take" not in page and "form-unsolved" in page
    assert [step.by for step in (await here.store.scene_for_case(case.number)).steps if step.verb is Verb.CONFIRM] == [
        FENG
    ]


async def test_two_cases_of_one_matter_are_joined_and_split_again(here: DeskHouse) -> None:
    first = await here.case("桥头路灯不亮", category="service.light")
    second = await here.case("桥边的灯坏了", category="service.light", resembles=first.number)
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{second.number}")
        assert f'name="to" value="{first.number}" checked' in page
        await press(visitor, second.number, "join", to="11111111", other=first.shown)
        assert visitor.url == f"/desk/cases/{second.number}?said=join"
        joined = await here.now(second.number)
        assert (joined.state, joined.joined_to) == (State.JOINED, first.number)
        assert second.shown in await visitor.open(f"/desk/cases/{first.number}")
        assert second.shown not in (await visitor.open("/desk/cases")).partition("<main")[2]
        await press(visitor, second.number, "split")
        assert (await here.now(second.number)).open


async def test_a_case_is_joined_to_none_that_is_private_unknown_or_out_of_sight(here: DeskHouse) -> None:
    case = await here.case("桥头路灯不亮", category="service.light")
    private = await here.case("隔壁打人", category="order.family", private=True)
    async with at_work(here) as visitor:
        for to in (private.number, "11111111", case.number, "", "x"):
            await press(visitor, case.number, "join", to=to)
            assert visitor.status == 422, to
        await visitor.open(f"/desk/cases/{private.number}")
        assert "form-join" not in visitor.page
    assert await here.steps(case.number) == [Verb.RECEIVE]


async def test_who_reported_it_is_shown_for_a_reason_and_for_a_while(here: DeskHouse) -> None:
    case = await here.case()
    async with at_work(here) as visitor, at_work(here, JIANG) as other:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert "爱丽丝阿姨" not in page
        await visitor.send(f"/desk/cases/{case.number}/unmask", words="")
        assert visitor.status == 422
        page = await visitor.send(f"/desk/cases/{case.number}/unmask", words="需要上门核实")
        assert "爱丽丝阿姨" in page
        assert "爱丽丝阿姨" not in await other.open(f"/desk/cases/{case.number}")
        here.clock.forward(minutes=16)
        assert "爱丽丝阿姨" not in await visitor.open(f"/desk/cases/{case.number}")
    found = here.store.db.read_now(
        lambda c: accounts_audit.entries(c, here.store.keys, here.store.house, subject=case.number)
    )
    assert [(each.by, each.deed, each.reason) for each in found] == [(FENG, Deed.UNMASK, "需要上门核实")]


async def test_a_photo_is_shown_with_its_own_case_only(here: DeskHouse) -> None:
    here.house.album.kept |= {"mine.jpg": b"jpeg", "other.jpg": b"jpeg"}
    case = await here.case(photos=("mine.jpg",))
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert f"/desk/cases/{case.number}/photos/mine.jpg" in page
        await visitor.open(f"/desk/cases/{case.number}/photos/mine.jpg")
        assert (visitor.status, visitor.headers["Content-Type"]) == (200, "image/jpeg")
        # Kept by the browser, and asked for each time: who has signed out at a shared desk gets to see none.
        assert visitor.headers["Cache-Control"] == "private, no-cache"
        kept = {"If-None-Match": visitor.headers["ETag"]}
        await visitor.open(f"/desk/cases/{case.number}/photos/mine.jpg", **kept)
        assert (visitor.status, visitor.page) == (304, "")
        await visitor.open(f"/desk/cases/{case.number}/photos/other.jpg", **kept)
        assert visitor.status == 404


# --- messages that failed, people


async def parked(here: DeskHouse, words: str = "桥塌了", chat: str = town.GROUP_GRID_1) -> str:
    came = message(words=words, at=Address(town.CHANNEL, town.BOT, chat))
    await here.store.keep([came])
    for _ in range(3):
        await here.store.fail(came.cause, "ValueError: broken", here.clock())
    return came.cause


async def test_a_voice_message_can_be_listened_to(here: DeskHouse) -> None:
    case = await here.case("", photos=("voice.ogg",))
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert f'src="/desk/cases/{case.number}/photos/voice.ogg"' in page and "<audio" in page
        # Without this line the browser plays nothing, and says so to nobody but its console.
        assert "media-src 'self'" in visitor.headers["Content-Security-Policy"]


async def test_an_endpoint_that_went_is_seen(here: DeskHouse) -> None:
    store, now = here.store, here.clock()
    await store.db.write(lambda c: add_hook(c, store.house, "city-app", "https://app.example/", ["case"], False, now))
    async with at_work(here) as visitor:
        assert "city-app" not in await visitor.open("/desk/parked")
        await store.db.write(lambda c: close_hook(c, "city-app", now, "it answered 410: gone"))
        assert "city-app" in await visitor.open("/desk/parked")


async def test_a_parked_message_is_put_back_or_dropped_with_a_reason(here: DeskHouse) -> None:
    first, second = await parked(here), await parked(here, "井盖没了")
    async with at_work(here) as visitor:
        page = await visitor.open("/desk/parked")
        assert "桥塌了" in page and "井盖没了" in page
        await visitor.send("/desk/parked/retry", cause=first)
        assert visitor.url == "/desk/parked?said=retry"
        assert [each.cause for each in await here.store.parked()] == [second]
        await visitor.send("/desk/parked/drop", cause=second, words="")
        assert visitor.status == 422 and await here.store.parked()
        await visitor.send("/desk/parked/drop", cause=second, words="重复的")
        assert visitor.url == "/desk/parked?said=drop"
        assert await here.store.parked() == []
        await visitor.send("/desk/parked/drop", cause=second, words="重复的")
        assert visitor.url == "/desk/parked?said=gone"


async def test_parked_messages_of_elsewhere_keep_none_of_ones_own_out_of_sight(
    here: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_office, "MOST", 2)
    for n in range(3):
        await parked(here, f"别处的{n}", chat=town.GROUP_BRIDGE)
    own = [await parked(here, f"自己的{n}") for n in range(3)]
    rows = town.rows()
    people = tuple(replace(each, area=town.WILLOW) if each.id == FENG else each for each in rows.people)
    await here.store.replace_directory(replace(rows, people=people))
    async with at_work(here) as visitor:
        page = await visitor.open("/desk/parked")
        assert [cause in page for cause in own] == [True, True, False]
        assert "别处的" not in page
        await visitor.send("/desk/parked/drop", cause=own[0], words="重复")
        assert "自己的2" in visitor.page


async def test_who_is_on_duty_stands_first(here: DeskHouse) -> None:
    async with at_work(here) as visitor:
        page = await visitor.open("/desk/people")
        assert page.index("冯晓敏") < page.index("蒋红")
        page = await visitor.open("/desk/people?role=patrol")
        assert "钱勇" in page and "冯晓敏" not in page.partition("<main")[2]


# --- the demo


async def test_in_the_demo_the_desks_seat_needs_no_password(tmp_path: Path) -> None:
    async with desk_house(tmp_path, demo=True) as house, guest(house.house) as visitor:
        case = await house.case()
        assert "/s/u-feng/desk" in await visitor.open("/")
        await visitor.open("/s/u-feng/desk")
        assert visitor.url == "/s/u-feng/desk/cases" and case.shown in visitor.page
        page = await visitor.open(f"/s/u-feng/desk/cases/{case.number}")
        await visitor.send(f"/s/u-feng/desk/cases/{case.number}/take", key=key_of(page))
        assert visitor.url == f"/s/u-feng/desk/cases/{case.number}?said=take"
        for path in ("/s/chen/desk", "/s/nobody/desk", "/desk", "/desk/signin"):
            await visitor.open(path)
            assert visitor.status == 404, path
