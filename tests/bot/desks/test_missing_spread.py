"""Alerts as they spread: ring by ring, corrected everywhere, taken back everywhere; drills, storms and notices."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desks import missing
from bot.desks.overdue import due
from bot.messages import Lane
from bot.outcome import Outcome
from bot.texts import Texts
from routing.alert import Colour, Content, Ending, State
from routing.alert import Kind as AlertKind
from routing.areas import AreaKind
from routing.directory import Group
from routing.sla import ClockKind
from tests import town
from tests.bot.desks.alert_cast import MOTHER, STORM, AlertDesk, orders, recalls, refusal
from tests.town import APPROVER_1, APPROVER_2, DESK_BY_DAY, LEADER, NIGHT, WILLOW

TEXTS = Texts.load()


@pytest.fixture
def desk() -> AlertDesk:
    return AlertDesk()


# --- rings


def test_rings_widen_by_the_clock_each_group_once(desk: AlertDesk) -> None:
    desk.live()
    desk.passes(timedelta(minutes=10))
    assert [chat for chat, _, _ in desk.told()] == [town.GROUP_GRID_1, town.GROUP_WILLOW]
    desk.passes(timedelta(minutes=20))
    assert [chat for chat, _, _ in desk.told()] == [town.GROUP_GRID_1, town.GROUP_WILLOW, town.GROUP_BRIDGE]
    assert not desk.clocks[ClockKind.RING].running


def test_by_an_operators_word_it_goes_further_at_once(desk: AlertDesk) -> None:
    desk.live()
    outcome = desk.do(missing.widen, by=LEADER, to="street")
    assert [chat for chat, _, _ in desk.told(outcome)] == [town.GROUP_WILLOW, town.GROUP_BRIDGE]
    assert desk.alert is not None
    assert desk.alert.ring is AreaKind.STREET
    for to in ("street", "grid", "district", "micro", "nowhere"):
        assert refusal(lambda to=to: desk.do(missing.widen, by=LEADER, to=to)) == "no_wider"  # type: ignore[misc]
    assert not desk.passes(timedelta(hours=3))


def test_a_clock_that_jumps_ahead_tells_each_ring_once(desk: AlertDesk) -> None:
    desk.live()
    desk.now += timedelta(hours=5)
    desk.passes(timedelta(0))
    assert [chat for chat, _, _ in desk.told()] == [town.GROUP_GRID_1, town.GROUP_WILLOW, town.GROUP_BRIDGE]


def test_a_clock_that_jumps_back_tells_nobody_twice(desk: AlertDesk) -> None:
    desk.live()
    desk.passes(timedelta(minutes=10))
    desk.now -= timedelta(hours=2)
    tick = desk.clocks[ClockKind.RING]
    assert not due(tick, desk.scene, desk.directory, desk.now).changes
    outcome = desk.do(missing.take_back, by=DESK_BY_DAY, ending=Ending.FOUND)
    assert len(recalls(outcome)) == 1
    desk.passes(timedelta(hours=3))
    assert [chat for chat, _, _ in desk.told()] == [town.GROUP_GRID_1, town.GROUP_WILLOW]


def test_the_same_tick_twice_is_one_cause(desk: AlertDesk) -> None:
    desk.live()
    desk.now += timedelta(minutes=10)
    tick, scene = desk.clocks[ClockKind.RING], desk.scene
    one, other = (due(tick, scene, desk.directory, desk.now) for _ in range(2))
    assert one.cause == other.cause
    desk.take(one)
    assert due(desk.clocks[ClockKind.RING], desk.scene, desk.directory, desk.now).cause != one.cause


def test_two_rings_of_one_instant_are_two_ticks(desk: AlertDesk) -> None:
    at_once = {kind: timedelta(minutes=1) for kind in (AreaKind.COMMUNITY, AreaKind.STREET, AreaKind.DISTRICT)}
    desk.standing = replace(desk.standing, pace=replace(desk.standing.pace, after=at_once))
    desk.live()
    causes = [outcome.cause for outcome in desk.passes(timedelta(minutes=1))]
    assert len(causes) == len(set(causes)) == 2


def test_a_pause_holds_the_rings_and_going_on_catches_up(desk: AlertDesk) -> None:
    desk.live()
    assert [order.verb for order in orders(desk.do(missing.pause, by=DESK_BY_DAY))] == ["pause"]
    assert not desk.passes(timedelta(minutes=15))
    assert [order.verb for order in orders(desk.do(missing.resume, by=DESK_BY_DAY))] == ["resume"]
    desk.passes(timedelta(0))
    assert [chat for chat, _, _ in desk.told()] == [town.GROUP_GRID_1, town.GROUP_WILLOW]


def test_what_was_stopped_goes_no_further_and_is_taken_back_all_the_same(desk: AlertDesk) -> None:
    desk.live()
    assert [order.verb for order in orders(desk.do(missing.cancel, by=DESK_BY_DAY))] == ["cancel"]
    assert not desk.passes(timedelta(hours=3))
    assert refusal(lambda: desk.do(missing.widen, by=LEADER, to="street")) == "late"
    assert len(recalls(desk.do(missing.take_back, by=DESK_BY_DAY, ending=Ending.FALSE))) == 1


# --- corrections


def test_a_correction_edits_every_group_that_was_told_once_a_second_person_said_yes(desk: AlertDesk) -> None:
    desk.live()
    desk.passes(timedelta(minutes=10))
    better = replace(MOTHER, words="带着一条狗", photo="better.jpg")
    proposed = desk.do(missing.correct, by=DESK_BY_DAY, content=better)
    assert not proposed.fanouts
    assert [letter.key for letter in proposed.letters] == ["alerts.ask.card"]
    assert refusal(lambda: desk.approve(DESK_BY_DAY)) == "not_yours"
    outcome = desk.approve(APPROVER_2)
    assert sorted(desk.told(outcome)) == [
        (town.GROUP_WILLOW, "alerts.missing", "better.jpg"),
        (town.GROUP_GRID_1, "alerts.missing", "better.jpg"),
    ]
    letter = outcome.fanouts[0].letter  # type: ignore[union-attr]
    text = TEXTS.say(letter.key, letter.params)
    assert text.startswith("【更正】")
    assert "带着一条狗" in text
    assert letter.slot == "a38164275:alert"
    # The next ring hears it corrected from the start.
    [wider] = desk.passes(timedelta(minutes=20))
    assert desk.told(wider)[0][2] == "better.jpg"


def test_a_correction_by_the_approver_needs_another_person(desk: AlertDesk) -> None:
    desk.live()
    desk.do(missing.correct, by=APPROVER_1, content=replace(MOTHER, words="x"))
    assert refusal(lambda: desk.approve(APPROVER_1)) == "own_words"
    desk.approve(APPROVER_2)


def test_a_correction_declined_leaves_the_groups_as_they_are(desk: AlertDesk) -> None:
    desk.live()
    desk.do(missing.correct, by=DESK_BY_DAY, content=replace(MOTHER, words="x"))
    outcome = desk.do(missing.decline, by=APPROVER_2, why="不清楚")
    assert not outcome.fanouts
    assert not desk.clocks[ClockKind.APPROVAL].running
    declined = next(letter for letter in outcome.letters if letter.key == "alerts.declined")
    assert "不清楚" in TEXTS.render(declined).text


def test_a_correction_of_what_is_stopped_is_asked_for_no_more(desk: AlertDesk) -> None:
    desk.live()
    desk.do(missing.correct, by=DESK_BY_DAY, content=replace(MOTHER, words="x"))
    outcome = desk.do(missing.cancel, by=DESK_BY_DAY)
    assert [letter.key for letter in outcome.letters] == ["alerts.asked.over"]
    assert not desk.clocks[ClockKind.APPROVAL].running
    assert refusal(lambda: desk.approve(APPROVER_2)) == "late"


# --- the end


@pytest.mark.parametrize("ending", [Ending.FOUND, Ending.FALSE, Ending.WITHDRAWN])
def test_one_person_takes_it_back_everywhere_and_nobody_hears_where(desk: AlertDesk, ending: Ending) -> None:
    desk.live()
    outcome = desk.do(missing.take_back, by=DESK_BY_DAY, ending=ending, why="在城东姑姑家找到")
    [letter] = recalls(outcome)
    assert (letter.key, letter.photos, letter.slot) == (f"alerts.over.{ending}", ("calm.jpg",), "a38164275:alert")
    for said in (letter, *outcome.letters):
        text = TEXTS.render(said).text
        assert "姑姑" not in text and "桂花苑" not in text and "陈阿婆" not in text
    assert {kind for kind, clock in desk.clocks.items() if clock.running} == {ClockKind.ERASURE}
    assert [letter.to.chat for letter in outcome.letters] == [town.user_of(APPROVER_1)]


def test_it_ends_by_itself_after_23_hours_and_is_forgotten_after_30_days(desk: AlertDesk) -> None:
    desk.live()
    desk.passes(timedelta(hours=22, minutes=59))
    assert not recalls(desk.outcomes[-1])
    desk.passes(timedelta(minutes=1))
    assert [letter.key for letter in recalls(desk.outcomes[-1])] == ["alerts.over.expired"]
    desk.passes(timedelta(days=30))
    assert desk.alert is not None
    assert desk.alert.erased
    assert desk.alert.content == Content()
    assert not any(clock.running for clock in desk.clocks.values())


def test_a_draft_nobody_goes_on_with_is_given_up_and_forgotten(desk: AlertDesk) -> None:
    desk.begin()
    desk.passes(timedelta(hours=23))
    assert desk.alert is not None
    assert desk.alert.state is State.ABANDONED
    assert not desk.outcomes[-1].fanouts
    desk.passes(timedelta(days=30))
    assert desk.alert.erased


def test_what_was_never_out_is_given_up_by_a_person(desk: AlertDesk) -> None:
    desk.submitted()
    outcome = desk.do(missing.abandon, by=LEADER)
    assert not outcome.fanouts
    assert [letter.key for letter in outcome.letters] == ["alerts.asked.abandoned"]
    assert refusal(lambda: desk.do(missing.take_back, by=LEADER, ending=Ending.FALSE)) == "late"


def test_nobody_sets_an_end_that_is_not_theirs(desk: AlertDesk) -> None:
    desk.live()
    assert refusal(lambda: desk.do(missing.take_back, by=DESK_BY_DAY, ending=Ending.EXPIRED)) == "ending"
    assert refusal(lambda: desk.do(missing.take_back, by=town.LI, ending=Ending.FOUND)) == "not_yours"


# --- drills and other broadcasts


def test_a_drill_goes_to_test_groups_alone_and_says_so_first(desk: AlertDesk) -> None:
    trial = Group("telegram", "bot1", "-9", WILLOW, "演练群", test=True)
    rows = town.rows()
    desk.directory = replace(rows, groups=(*rows.groups, trial)).directory()
    desk.live(exercise=True)
    desk.do(missing.take_back, by=DESK_BY_DAY, ending=Ending.FOUND)
    assert desk.told() == [("-9", "alerts.missing", "mother.jpg")]
    fanouts = [each.letter for outcome in desk.outcomes for each in outcome.fanouts]  # type: ignore[union-attr]
    cards = [letter for letter in desk.letters if letter.key == "alerts.ask.card"]
    assert len(fanouts) == 2
    for letter in (*fanouts, *cards):
        assert TEXTS.say(letter.key, letter.params, "zh").startswith("【演练】")
        assert TEXTS.say(letter.key, letter.params, "en").startswith("[DRILL]")


def test_without_test_groups_there_is_no_drill(desk: AlertDesk) -> None:
    desk.begin(exercise=True)
    assert refusal(lambda: desk.do(missing.submit, by=DESK_BY_DAY)) == "no_test_groups"


def storm(desk: AlertDesk, colour: Colour) -> Outcome:
    return desk.live(replace(STORM, colour=colour), kind=AlertKind.STORM, area=WILLOW)


def test_a_storm_warning_goes_to_its_whole_area_behind_replies(desk: AlertDesk) -> None:
    outcome = storm(desk, Colour.ORANGE)
    assert [chat for chat, _, _ in desk.told(outcome)] == [town.GROUP_WILLOW, town.GROUP_GRID_1]
    assert {each.letter.lane for each in outcome.fanouts} == {Lane.NOTICE}  # type: ignore[union-attr]
    assert "橙色" in TEXTS.say("alerts.storm", outcome.fanouts[0].letter.params)  # type: ignore[union-attr]
    assert not desk.passes(timedelta(hours=5))


def test_at_night_a_warning_waits_for_the_morning_and_one_of_the_highest_colour_does_not(desk: AlertDesk) -> None:
    desk.now = NIGHT
    assert not desk.told(storm(desk, Colour.ORANGE))
    desk.passes(timedelta(hours=7, minutes=59))
    assert not desk.told()
    desk.passes(timedelta(minutes=1))
    assert [chat for chat, _, _ in desk.told()] == [town.GROUP_WILLOW, town.GROUP_GRID_1]
    other = AlertDesk(now=NIGHT)
    red = storm(other, Colour.RED)
    assert other.told(red)
    assert {each.letter.lane for each in red.fanouts} == {Lane.ALERT}  # type: ignore[union-attr]


def test_a_short_notice_of_the_night_is_heard_in_the_morning_and_ends_after_its_hours(desk: AlertDesk) -> None:
    desk.now = NIGHT
    desk.live(Content("停水", "今天停水。"), kind=AlertKind.NOTICE, area=WILLOW, life=timedelta(hours=2))
    desk.passes(timedelta(hours=8))
    assert desk.told()
    assert desk.alert is not None
    assert desk.alert.out
    desk.passes(timedelta(hours=2))
    assert len(recalls(desk.outcomes[-1])) == 1


def test_a_notice_ends_in_its_own_words(desk: AlertDesk) -> None:
    desk.live(Content("停水", "周二停水。"), kind=AlertKind.NOTICE, area=WILLOW)
    assert refusal(lambda: desk.do(missing.take_back, by=DESK_BY_DAY, ending=Ending.FOUND)) == "ending"
    [letter] = recalls(desk.do(missing.take_back, by=DESK_BY_DAY, ending=Ending.WITHDRAWN))
    assert letter.photos == ()
    assert "停水" in TEXTS.render(letter).text
