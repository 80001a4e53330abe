"""One Outcome, one transaction, one cause: all of it or nothing of it, once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Letter, Media, MediaKind
from bot.outcome import GroupChange, Link, Outcome, PhotoOrder, Resident
from bot.store import Database, Done, Keys, Stale, Store
from routing.case import Case, State, Step, Verb
from routing.sla import Clock, ClockKind
from tests.bot.store.cast import (
    ALICE,
    BOB,
    GROUP,
    case_of,
    click,
    everything,
    message,
    opened,
    private,
    report,
    thread_of,
)
from tests.bot.store.conftest import Rendered, render
from tests.thorough import many
from tests.town import GRID_2, LI, NOON


async def test_what_was_decided_is_read_back_as_it_was(store: Store) -> None:
    inbound = message(words="桥头有垃圾，三天了")
    outcome = await report(
        store, inbound, category="enforcement.garbage", category_sure=True, place="柳岸路1号", address_id="a1",
        location=(30.002, 120.002), platform="enforcement", unit="s-enforcement", holder=LI, asked=("x", LI),
        reason="because", photos=("p1",), result="", result_photos=(), private=True,
    )  # fmt: skip
    await store.commit(outcome)
    thread, case, *clocks = outcome.changes
    assert isinstance(case, Case)
    scene = await store.scene_for_case(case.number)
    assert scene.case == replace(case, version=1)
    assert set(scene.clocks) == {replace(clock, version=1) for clock in clocks if isinstance(clock, Clock)}
    assert scene.steps == outcome.steps
    read = await thread_of(store, inbound)
    assert scene.reporter == read
    assert read == replace(thread, version=1, resident=replace(read.resident, version=1))  # type: ignore[type-var]
    assert read.resident.name == "爱丽丝阿姨"


async def test_the_same_cause_twice_changes_nothing(store: Store) -> None:
    inbound = message()
    await store.keep([inbound])
    outcome = await report(store, inbound)
    await store.commit(outcome)
    before = everything(store)
    again = await report(store, inbound)
    for repeated in (outcome, again):
        with pytest.raises(Done):
            await store.commit(repeated)
    assert everything(store) == before


async def test_a_click_twice_changes_nothing(store: Store) -> None:
    case = await opened(store)
    outcome = click("click:1", replace(case, state=State.ACCEPTED, holder=LI))
    await store.commit(outcome)
    before = everything(store)
    with pytest.raises(Done):
        await store.commit(outcome)
    assert everything(store) == before


async def test_a_stale_version_changes_nothing_and_its_cause_may_come_again(store: Store) -> None:
    case = await opened(store)
    await store.commit(click("click:1", replace(case, holder=LI)))
    before = everything(store)
    step = Step(case.number, Verb.NOTE, NOON, LI, "words")
    with pytest.raises(Stale):
        await store.commit(click("click:2", replace(case, holder="other"), steps=(step,)))
    assert everything(store) == before
    await store.commit(click("click:2", replace(await case_of(store, case.number), holder="other"), steps=(step,)))
    assert (await case_of(store, case.number)).holder == "other"


async def test_of_many_who_press_at_once_one_has_it_and_the_others_look_again(store: Store) -> None:
    case = await opened(store)
    results = await asyncio.gather(
        *(store.commit(click(f"click:{n}", replace(case, holder=f"p{n}"))) for n in range(20)), return_exceptions=True
    )
    assert [type(each) for each in results].count(Stale) == 19
    assert (await case_of(store, case.number)).version == 2


async def test_a_clock_that_somebody_stopped_is_stale(store: Store) -> None:
    case = await opened(store)
    clock = next(each for each in (await store.scene_for_case(case.number)).clocks if each.kind is ClockKind.DISPATCH)
    await store.commit(click("letter", clock.stop(NOON)))
    with pytest.raises(Stale):
        await store.commit(click("tick", clock.rang(NOON)))


async def test_a_reopened_case_starts_its_clocks_anew(store: Store) -> None:
    case = await opened(store)
    clock = next(each for each in (await store.scene_for_case(case.number)).clocks if each.kind is ClockKind.DONE)
    await store.commit(click("done", clock.stop(NOON)))
    anew = replace(clock, version=0, due_at=NOON + timedelta(days=3))
    await store.commit(click("reopen", anew))
    read = next(each for each in (await store.scene_for_case(case.number)).clocks if each.kind is ClockKind.DONE)
    assert read.running
    assert read.due_at == NOON + timedelta(days=3)
    assert read.version > clock.version


async def test_a_crash_in_the_middle_leaves_nothing_half_written(db: Database, keys: Keys) -> None:
    def crash(letter: Letter) -> Rendered:
        raise RuntimeError("crash")

    store = await Store.open(db, keys, crash, now=lambda: NOON)
    inbound = message()
    await store.keep([inbound])
    before = everything(store)
    with pytest.raises(RuntimeError):
        await store.commit(await report(store, inbound))
    assert everything(store) == before
    healed = await Store.open(db, keys, render, now=lambda: NOON)
    await opened(healed, inbound)


async def test_two_first_messages_of_one_person_make_one_resident(store: Store) -> None:
    first, second = message(), message()
    one, other = await report(store, first), await report(store, second)
    await store.commit(one)
    with pytest.raises(Stale):
        await store.commit(other)
    await store.commit(await report(store, second))
    assert len(everything(store)["resident"]) == 1
    assert len(everything(store)["thread"]) == 1
    assert len(everything(store)["cases"]) == 2


async def test_a_number_that_somebody_has_is_drawn_again(store: Store) -> None:
    case = await opened(store)
    outcome = await report(store, message(BOB))
    taken = tuple(replace(each, number=case.number) if isinstance(each, Case) else each for each in outcome.changes)
    with pytest.raises(Stale):
        await store.commit(replace(outcome, changes=taken, steps=()))


async def test_an_album_is_settled_with_its_message(store: Store) -> None:
    parts = [message(album="a") for _ in range(3)]
    await store.keep(parts)
    outcome = await report(store, parts[0])
    await store.commit(replace(outcome, absorbs=(parts[1].cause, parts[2].cause)))
    assert await store.claim("other", NOON + timedelta(hours=1)) == []
    for part in parts:
        with pytest.raises(Done):
            await store.commit(Outcome(part.cause))


async def test_what_one_outcome_refuses_hurts_no_other_in_flight(store: Store) -> None:
    outcomes = [await report(store, message(str(50000 + n))) for n in range(30)]
    broken = [replace(each, steps=(Step("00000000", Verb.NOTE, NOON, "bot"),)) for each in outcomes[::3]]
    outcomes[::3] = broken
    results = await asyncio.gather(*(store.commit(each) for each in outcomes), return_exceptions=True)
    assert [n for n, each in enumerate(results) if each is not None] == list(range(0, 30, 3))
    assert len(everything(store)["cases"]) == 20


async def test_a_question_without_an_answer_is_counted(store: Store) -> None:
    for n in range(3):
        await store.commit(Outcome(f"click:{n}", misses=("哪里可以借轮椅", "别的")[: 1 + n % 2]))
    assert [(miss.words, miss.times) for miss in await store.misses()] == [("哪里可以借轮椅", 3), ("别的", 1)]


async def test_a_link_leads_its_resident_once(store: Store) -> None:
    inbound = message()
    case = await opened(store, inbound)
    thread = await thread_of(store, inbound)
    link = Link("t" * 43, "case", case.number, thread.resident.id, NOON + timedelta(hours=1))
    await store.commit(click("1", link))
    start = private(command="start", argument=link.token)
    scene = await store.scene(start, await store.thread(start))
    assert scene.link == link
    assert scene.case == case
    stranger = private(BOB, command="start", argument=link.token)
    assert (await store.scene(stranger, await store.thread(stranger))).link is None
    late = private(command="start", argument=link.token)
    assert (await store.scene(late, await store.thread(late), now=link.expires_at)).link is None
    assert await store.use_link(link.token, NOON) == link
    assert await store.use_link(link.token, NOON) is None
    assert (await store.scene(start, await store.thread(start))).link is None
    assert "t" * 43 not in repr(everything(store)["link"])


async def test_a_picture_is_ordered_once_and_settled_with_its_outcome(store: Store) -> None:
    case = await opened(store)
    order = PhotoOrder("k1", GROUP, Media(MediaKind.PHOTO, "file-7", "u7", 1234), case.number, result=True)
    await store.commit(click("1", order))
    assert await store.photo_orders() == [order]
    await store.commit(Outcome("photo:k1"), photos=[("k1", "kept")])
    assert await store.photo_orders() == []
    with pytest.raises(Done):
        await store.commit(Outcome("photo:k1"), photos=[("k1", "refused")])


async def test_an_erased_resident_is_nowhere_in_plain_and_comes_back_as_somebody_new(store: Store) -> None:
    inbound = message(words="我家在三楼")
    case = await opened(store, inbound)
    old = (await thread_of(store, inbound)).resident
    await store.keep([private()])
    assert await store.erase(old.id)
    assert not await store.erase(old.id)
    blank = await case_of(store, case.number)
    assert (blank.words, blank.place) == ("", "")
    assert blank.state is case.state
    scene = await store.scene_for_case(case.number)
    assert scene.steps[0].words == ""
    assert scene.reporter is not None
    assert scene.reporter.resident.user_id == ""
    assert await store.known_thread(inbound) is None
    assert (await store.thread(inbound)).resident.id != old.id
    await opened(store, message())
    # What is still written about the old case afterwards is not kept in plain either.
    await store.commit(
        click("late", replace(blank, result="修好了"), steps=(Step(case.number, Verb.NOTE, NOON, LI, "x"),))
    )
    assert (await case_of(store, case.number)).result == ""


async def test_a_changed_resident_keeps_what_was_not_said(store: Store) -> None:
    inbound = message()
    await opened(store, inbound)
    resident = (await thread_of(store, inbound)).resident
    await store.commit(click("1", replace(resident, language="en", name="Alice")))
    read = (await thread_of(store, inbound)).resident
    assert read == replace(resident, language="en", name="Alice", version=2)
    with pytest.raises(Stale):
        await store.commit(click("2", replace(resident, language="zh")))


async def test_a_group_change_holds_from_the_moment_it_is_committed(store: Store) -> None:
    await store.commit(click("1", GroupChange(GROUP, hears="listen", present=True, title="其他名字")))
    group = store.directory.group(GROUP.channel, GROUP.bot, GROUP.chat)
    assert group is not None
    assert (group.hears, group.name) == ("listen", "柳岸第一网格平安群")
    stray = replace(GROUP, chat="-999")
    await store.commit(click("2", GroupChange(stray, title="新群", present=True)))
    assert store.directory.group(stray.channel, stray.bot, stray.chat) is None
    assert await store.unbound_groups() == [("telegram", "bot1", "-999", "新群")]


verbs = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(["right", "stale", "again", "broken"]), st.sampled_from(["", LI, "x"])
    ),
    max_size=12,
)


@settings(max_examples=many(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=verbs)
async def test_whatever_comes_in_whatever_order_only_fresh_and_first_outcomes_count(
    store: Store, moves: list[tuple[int, str, str]]
) -> None:
    cases = [await opened(store, message(str(60000 + n))) for n in range(4)]
    expected = {case.number: case for case in cases}
    run = cases[0].number  # fresh causes for each example
    past: list[Outcome] = []
    for count, (which, how, holder) in enumerate(moves):
        case = expected[cases[which].number]
        step = Step(case.number, Verb.NOTE, NOON, "bot", f"{count}")
        changed = replace(case, holder=holder, grid=GRID_2)
        if how == "right":
            outcome = click(f"{run}:{count}", changed, steps=(step,))
            await store.commit(outcome)
            past.append(outcome)
            expected[case.number] = replace(changed, version=case.version + 1)
        elif how == "stale":
            with pytest.raises(Stale):
                await store.commit(click(f"{run}:{count}", replace(changed, version=case.version + 1), steps=(step,)))
        elif how == "broken":
            lost = replace(step, case="00000000")
            with pytest.raises(Stale):
                await store.commit(click(f"{run}:{count}", changed, steps=(step, lost)))
        elif past:
            with pytest.raises(Done):
                await store.commit(past[count % len(past)])
    for case in cases:
        scene = await store.scene_for_case(case.number)
        assert scene.case == expected[case.number]
        assert len(scene.steps) == expected[case.number].version


def test_a_resident_never_shows_who_they_are() -> None:
    shown = repr(Resident("r1", "telegram", ALICE, "爱丽丝阿姨"))
    assert ALICE not in shown
    assert "爱丽丝" not in shown
