"""What a decision sees: the case in question, mine, near ones with their likeness, loads, the ways to staff."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.messages import Address, Press
from bot.outcome import Draft
from bot.store import Store
from bot.store.memory import candidates
from bot.store.near import LOOKED_AT, NEAR
from bot.store.reads import MINE
from routing.case import State
from routing.directory import Person, Role
from routing.dispatch import Hands, metres
from routing.sla import ClockKind
from tests.bot.store.cast import ALICE, BOB, GROUP, click, message, opened, thread_of
from tests.town import CHEN, GRID_1, GRID_2, GRID_3, LI, NOON, STAIRWAY, WILLOW, rows


async def test_a_stranger_is_new_and_stays_unwritten_until_something_is_committed(store: Store) -> None:
    inbound = message()
    thread = await store.thread(inbound)
    assert (thread.version, thread.resident.version) == (0, 0)
    assert thread.resident.name == "爱丽丝阿姨"
    assert thread.resident.private is None
    assert await store.known_thread(inbound) is None
    scene = await store.scene(inbound, thread)
    assert scene.thread == thread
    assert scene.case is None
    assert scene.mine == ()
    assert scene.group is not None
    assert scene.group.area == GRID_1
    assert scene.person == ""


async def test_what_no_person_sent_has_a_talk_of_its_own(store: Store) -> None:
    inbound = replace(message(), sender=None)
    thread = await store.thread(inbound)
    await store.commit(click("1", thread))
    assert (await thread_of(store, inbound)).id == thread.id
    assert (await store.thread(message())).id != thread.id


async def test_the_draft_says_which_case_until_it_ends_and_a_number_given_goes_first(store: Store) -> None:
    inbound = message()
    case, other = await opened(store, inbound), await opened(store, message(BOB))
    thread = await thread_of(store, inbound)
    assert thread.draft == Draft(NOON + timedelta(minutes=10), case.number)
    assert (await store.scene(inbound, thread)).case == case
    late = await store.scene(inbound, thread, now=NOON + timedelta(minutes=11))
    assert late.case is None
    press = replace(message(), press=Press(f"accept:{other.number}", "1"))
    scene = await store.scene(press, thread, number=other.number)
    assert scene.case == other
    assert scene.reporter is not None
    assert scene.reporter.resident.user_id == BOB
    assert [clock.kind for clock in scene.clocks] == [
        ClockKind.SIGN, ClockKind.DISPATCH, ClockKind.CALL, ClockKind.ARRIVE, ClockKind.DONE,
    ]  # fmt: skip
    assert (await store.scene(inbound, thread, number="00000000")).case is None


async def test_mine_are_the_newest_of_this_resident_only(store: Store) -> None:
    await opened(store, message(BOB))
    cases = [await opened(store, message(now=NOON + timedelta(minutes=n))) for n in range(MINE + 2)]
    inbound = message()
    mine = (await store.scene(inbound, await store.thread(inbound))).mine
    assert mine == tuple(reversed(cases))[:MINE]


async def test_near_are_open_cases_of_the_neighbourhood_and_the_last_days(store: Store) -> None:
    here = await opened(store, message(BOB, "垃圾", now=NOON - timedelta(hours=1)), location=(30.002, 120.002))
    in_community = await opened(store, message(BOB, "路灯", now=NOON - timedelta(hours=2)), grid=WILLOW)
    await opened(store, message(BOB, now=NOON - timedelta(days=8)))
    await opened(store, message(BOB), grid=GRID_3)
    await opened(store, message(BOB), state=State.CLOSED)
    inbound = message(location=(30.003, 120.002))
    scene = await store.scene(inbound, await store.thread(inbound), likeness=lambda words: float(words == "垃圾"))
    assert [(near.case, near.likeness) for near in scene.near] == [(here, 1.0), (in_community, 0.0)]
    assert scene.near[0].metres == pytest.approx(111, abs=1)
    assert scene.near[1].metres is None
    assert (await store.scene(inbound, await store.thread(inbound))).near == ()
    wide = await store.scene(inbound, await store.thread(inbound), area=WILLOW, likeness=lambda words: 0.0)
    assert {near.case.number for near in wide.near} == {here.number, in_community.number}
    elsewhere = await store.scene(inbound, await store.thread(inbound), area=GRID_2, likeness=lambda words: 0.0)
    assert [near.case for near in elsewhere.near] == [in_community]


async def test_a_case_is_not_near_itself_and_only_so_many_are_compared(store: Store) -> None:
    for n in range(NEAR + 3):
        await opened(store, message(BOB, now=NOON - timedelta(minutes=n)))
    inbound = message(now=NOON + timedelta(seconds=1))
    case = await opened(store, inbound)
    scene = await store.scene(inbound, await thread_of(store, inbound), likeness=lambda words: 0.0)
    assert scene.case == case
    assert case.number not in {near.case.number for near in scene.near}
    assert len(scene.near) == NEAR


async def test_of_many_open_cases_the_likeliest_are_near_however_old(store: Store) -> None:
    at = NOON - timedelta(hours=3)
    alike = await opened(store, message(BOB, "灯", now=at))
    close = await opened(store, message(BOB, "x", now=at), location=(30.002, 120.002))
    for n in range(LOOKED_AT - 3):
        await opened(store, message(BOB, "x", now=NOON - timedelta(minutes=n)), location=(30.5, 120.5))
    inbound = message(location=(30.002, 120.002))
    thread = await store.thread(inbound)
    scene = await store.scene(inbound, thread, likeness=lambda words: 0.9 if words == "灯" else 0.5)
    assert [each.case for each in scene.near[:2]] == [alike, close]
    assert len(scene.near) == NEAR
    own = await opened(
        store, message(words="灯", now=NOON), address_id="a1", place="柳岸路1号", category="service.light"
    )
    same = replace(alike, address_id="a1", place="柳岸路1号")
    await store.commit(click("moved", same))
    known = await store.near(own, lambda words: 0.5, GRID_1, NOON)
    assert known[0].case.number == same.number
    assert own.number not in {each.case.number for each in known}


async def test_a_matter_of_the_heard_kind_is_near_however_many_newer_ones_of_other_kinds_there_are(
    store: Store,
) -> None:
    at = NOON - timedelta(days=1)
    lamp = await opened(store, message(BOB, "灯", now=at), category="service.light")
    power = await opened(store, message(BOB, "电", now=at), category="service.power", grid=WILLOW)
    unsorted = await opened(store, message(BOB, "?", now=at))
    for n in range(LOOKED_AT + 5):
        area, when = (GRID_1, WILLOW)[n % 2], NOON - timedelta(minutes=n)
        await opened(store, message(BOB, "x", now=when), category="enforcement.noise", grid=area)
    inbound = message()
    thread, likeness = await store.thread(inbound), lambda words: 0.5
    blind = await store.scene(inbound, thread, likeness=likeness)
    assert not {lamp.number, power.number} & {each.case.number for each in blind.near}
    scene = await store.scene(inbound, thread, likeness=likeness, category="service.light")
    assert scene.near[0].case == lamp
    assert {lamp.number, power.number, unsorted.number} <= {each.case.number for each in scene.near}
    assert len(scene.near) == NEAR
    own = await opened(store, message(now=NOON))
    known = await store.near(own, likeness, GRID_1, NOON, "service.light")
    assert known[0].case == lamp
    settled = replace(own, category="service.power")
    assert (await store.near(settled, likeness, GRID_1, NOON))[0].case == power


async def test_hands_are_the_cases_in_hand_of_those_who_may_be_asked_and_where_they_were_seen(store: Store) -> None:
    for _ in range(2):
        await opened(store, message(BOB), holder=LI)
    await opened(store, message(BOB), holder=LI, urgency="now", state=State.ARRIVED, grid=GRID_2)
    later = message(BOB, now=NOON + timedelta(minutes=1))
    await opened(store, later, holder=LI, state=State.DONE, grid=GRID_1)
    await opened(store, message(BOB), holder=LI, state=State.CLOSED)
    await opened(store, message(BOB), holder=CHEN)
    inbound = message()
    assert (await store.scene(inbound, await store.thread(inbound))).hands == {LI: Hands(3, 1, GRID_1)}


def test_the_load_of_a_micro_grids_cadres_is_compared_where_the_grid_is_known() -> None:
    hu = Person("hu", "胡大妈", Role.CADRE, STAIRWAY)
    directory = replace(rows(), people=(*rows().people, hu)).directory()
    assert {LI, hu.id} <= set(candidates(directory, GRID_1))
    assert hu.id not in candidates(directory, GRID_2)
    assert hu.id not in candidates(directory, WILLOW), "of all micro-grids of a community there are many"


async def test_clocks_are_due_by_their_instant_unless_stopped_or_paused(store: Store) -> None:
    case = await opened(store)
    assert await store.due(NOON + timedelta(seconds=29)) == []
    (sign,) = await store.due(NOON + timedelta(seconds=30))
    assert (sign.subject, sign.kind) == (case.number, ClockKind.SIGN)
    await store.commit(click("1", sign.stop(NOON)))
    dispatch, *_ = await store.due(NOON + timedelta(days=2), 1)
    await store.commit(click("2", dispatch.pause(NOON)))
    due = await store.due(NOON + timedelta(days=2))
    assert [clock.kind for clock in due] == [ClockKind.CALL, ClockKind.ARRIVE, ClockKind.DONE]
    tick = await store.scene_for_tick(due[0])
    assert tick.case == case
    assert tick.thread is None


async def test_fresh_things_are_fresh(store: Store) -> None:
    inbound = message()
    scenes = [await store.scene(inbound, await store.thread(inbound)) for _ in range(20)]
    assert len({scene.fresh.number for scene in scenes}) == 20
    assert all(set(scene.fresh.number) <= set("123456789") and len(scene.fresh.number) == 8 for scene in scenes)
    assert all(40 <= len(scene.fresh.token) <= 43 for scene in scenes)


async def test_two_people_in_one_group_and_one_person_in_two_groups_are_told_apart(store: Store) -> None:
    alice, bob = message(ALICE), message(BOB)
    elsewhere = message(ALICE, at=Address("telegram", "bot1", "-1001"))
    for inbound in (alice, bob, elsewhere):
        await opened(store, inbound)
    threads = [await thread_of(store, inbound) for inbound in (alice, bob, elsewhere)]
    assert len({thread.id for thread in threads}) == 3
    assert threads[0].resident.id == threads[2].resident.id != threads[1].resident.id
    assert threads[0].at == GROUP


def test_a_degree_of_latitude_is_about_111_kilometres() -> None:
    assert metres((30, 120), (31, 120)) == pytest.approx(111_195, abs=1)
    assert metres((30, 120), (30, 120)) == 0


async def test_a_near_case_is_opened_once_and_anew_when_it_changed_or_its_reporter_was_erased(store: Store) -> None:
    case = await opened(store, message(BOB, "路灯"))
    inbound = message()
    thread, read = await store.thread(inbound), list[str]()

    def likeness(words: str) -> float:
        read.append(words)
        return 0.5

    for _ in range(2):
        assert [each.case for each in (await store.scene(inbound, thread, likeness=likeness)).near] == [case]
    await store.commit(click("known", replace(case, words="路灯不亮")))
    await store.scene(inbound, thread, likeness=likeness)
    # By another process: this one still has the case in memory.
    there = await Store.open(store.db, store.keys, store._render, now=lambda: NOON)
    assert await there.erase(case.reporter)
    (near,) = (await store.scene(inbound, thread, likeness=likeness)).near
    assert (near.case.words, near.case.place) == ("", "")
    assert read == ["路灯", "路灯", "路灯不亮", ""]


async def test_of_more_cases_than_memory_holds_each_is_read_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.near.KEPT", 3)
    cases = [await opened(store, message(BOB, now=NOON - timedelta(minutes=n))) for n in range(5)]
    inbound = message()
    for _ in range(2):
        scene = await store.scene(inbound, await store.thread(inbound), likeness=lambda words: 0.5)
        assert [near.case for near in scene.near] == cases
