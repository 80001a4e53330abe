"""Who is asked first, by each policy; and what holds whatever the town, the case and the hands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.case import Case, State, Step, Verb
from routing.directory import Directory, Level, Role
from routing.dispatch import Hands, Plan, Policy, helper_of, helpers, metres, order
from routing.platforms import CATEGORIES, Urgency
from routing.route import ladder_of, route
from tests.town import GRID_1, GRID_2, GRID_4, NIGHT, NOON, rows, town

EVERYBODY = frozenset(town().people)
CASE = Case("38164275", State.RECEIVED, "r", "t", "m", NOON, category="order.fight", urgency="now", grid=GRID_1)


def first(policy: Policy, hands: dict[str, Hands], case: Case = CASE, directory: Directory | None = None) -> str:
    found = route(case, directory or town(), EVERYBODY, NIGHT, hands=hands, plan=Plan(policy))
    return found.person


def test_the_nearest_is_asked_by_where_they_were_last_seen() -> None:
    hands = {"wu": Hands(1, 0, GRID_1), "zhou": Hands(0, 0, GRID_4)}
    assert first(Policy.NEAREST, hands) == "wu"
    assert first(Policy.LEAST_LOADED, hands) == "zhou"


def test_where_somebody_says_they_are_counts_before_where_they_were_seen() -> None:
    hands = {"wu": Hands(0, 0, GRID_1), "zhou": Hands(0, 0, GRID_4, (30.005, 120.006))}
    assert first(Policy.NEAREST, hands | {"wu": Hands(0, 0, GRID_4)}) == "zhou"
    found = route(CASE, town(), EVERYBODY, NIGHT, hands={"zhou": hands["zhou"]}, plan=Plan(Policy.NEAREST))
    assert (found.person, found.why.metres) == ("zhou", 96)
    assert "120.006" not in found.why.written() + repr(hands["zhou"])


def test_of_two_as_near_the_less_loaded_is_asked_and_of_two_as_loaded_the_nearer() -> None:
    assert first(Policy.NEAREST, {"wu": Hands(1), "zhou": Hands(2)}) == "wu"
    assert first(Policy.LEAST_LOADED, {"wu": Hands(0, 0, GRID_2), "zhou": Hands(0, 0, GRID_4)}) == "wu"


def test_balanced_weighs_the_way_against_what_is_in_hand() -> None:
    near, far = Hands(1, 1, GRID_1), Hands(0, 0, GRID_4)
    assert metres((30.005, 120.005), (30.015, 120.015)) == pytest.approx(1470, abs=10)
    assert first(Policy.BALANCED, {"wu": near, "zhou": far}) == "zhou"  # 1.5 km are shorter than an urgent case.
    assert first(Policy.BALANCED, {"wu": replace(near, urgent=0), "zhou": far}) == "wu"


def test_who_belongs_to_the_unit_that_settles_it_comes_before_who_is_as_near() -> None:
    people = tuple(replace(each, unit="s-police") if each.id == "zhou" else each for each in rows().people)
    directory = replace(rows(), people=people).directory()
    found = route(CASE, directory, EVERYBODY, NIGHT)
    assert (found.person, found.unit) == ("zhou", "s-police")
    assert "of that unit" in found.reason


def test_the_reason_says_what_is_in_hand_and_how_far_away_they_are() -> None:
    found = route(CASE, town(), EVERYBODY, NIGHT, hands={"wu": Hands(1), "zhou": Hands(2)})
    assert "patrol wu, on duty, 1 in hand, 735 m away" in found.reason


def test_full_hands_are_passed_over_for_free_ones_when_it_is_urgent_and_only_on_the_ground() -> None:
    full = Hands(3)
    hands = dict.fromkeys(("li", "qian", "sun", "feng", "lv"), full)
    people = [each.rung.person.id for each in order(CASE, ladder_of(CASE, town(), NOON), town(), hands)]
    assert people[:3] == ["li", "qian", "sun"]  # All full: none is passed over.
    some = dict.fromkeys(("li", "qian"), full)
    people = [each.rung.person.id for each in order(CASE, ladder_of(CASE, town(), NOON), town(), some)]
    assert people[:3] == ["sun", "li", "qian"]
    usual = replace(CASE, urgency="today")
    assert order(usual, ladder_of(usual, town(), NOON), town(), some)[0].rung.person.id == "li"


def test_a_limit_stands_for_each_urgency() -> None:
    plan = Plan()
    assert [plan.limit(each) for each in Urgency] == sorted(plan.limit(each) for each in Urgency)
    assert plan.limit("") == plan.limit(Urgency.TODAY)


def test_a_unit_helps_by_whoever_is_on_duty_there_and_has_least_in_hand() -> None:
    police = next(each for each in rows().people if each.id == "yan")
    two = (*rows().people, replace(police, id="yao", user_id="u-yao"), replace(police, id="yun", user_id="u-yun"))
    shifts = (*rows().duty, *(replace(each, person="yao") for each in rows().duty if each.person == "yan"))
    directory = replace(rows(), people=two, duty=shifts).directory()
    reach = {each.id for each in two}
    assert helper_of(CASE, "s-police", directory, reach, NOON, {}) == "yan"
    assert helper_of(CASE, "s-police", directory, reach, NOON, {"yan": Hands(1)}) == "yao"
    assert helper_of(CASE, "s-police", directory, reach - {"yan", "yao"}, NOON, {}) == "yun"
    assert helper_of(replace(CASE, holder="yan"), "s-police", directory, reach, NOON, {"yun": Hands()}) == "yao"
    assert helper_of(CASE, "s-works", directory, reach, NOON, {}) == ""


PEOPLE = st.sampled_from(sorted(town().people))
HANDS = st.builds(
    lambda cases, urgent, grid: Hands(cases, min(cases, urgent), grid),
    st.integers(0, 5),
    st.integers(0, 5),
    st.sampled_from(["", GRID_1, GRID_2, GRID_4, "nowhere"]),
)
CASES = st.builds(
    lambda category, urgency, grid, asked, words: replace(
        CASE, category=category, urgency=urgency, grid=grid, asked=tuple(asked), words=words
    ),
    st.sampled_from(["", *CATEGORIES]),
    st.sampled_from(["", "now", "today", "days"]),
    st.sampled_from(["g1", "g3", "c1", "c2", "s", "m1", "", "nowhere"]),
    st.lists(PEOPLE, max_size=5, unique=True),
    st.sampled_from(["", "李建国收钱不办事", "派出所不管", "领导不管"]),
)


@given(
    case=CASES,
    hours=st.integers(0, 200),
    hands=st.dictionaries(PEOPLE, HANDS),
    policy=st.sampled_from(Policy),
    reach=st.sets(PEOPLE),
)
def test_nobody_off_duty_nobody_accused_nobody_twice_and_always_somebody(
    case: Case, hours: int, hands: dict[str, Hands], policy: Policy, reach: set[str]
) -> None:
    now, directory = NOON + timedelta(hours=hours), town()
    found = route(case, directory, reach, now, hands=hands, plan=Plan(policy))
    kept_out = found.kept_out.people
    desk = {person.id for person in directory.desk_of(case.grid)} | {
        each.id for each in directory.people.values() if each.role in (Role.APPROVER, Role.ADMIN)
    }
    assert found.person not in kept_out
    assert not found.person or found.person in reach
    # Somebody, as long as anybody at the end of the ladder can be written to.
    if (desk - kept_out) & reach:
        assert found.person
    if found.level in (Level.CADRE, Level.PATROL, Level.COMMUNITY):
        assert directory.on_duty(found.person, now)
    # Who had it is not asked again before everybody was; then the street's desk is.
    if found.person in case.asked:
        assert found.level == Level.DESK
        assert all(
            rung.person.id in case.asked
            for rung in ladder_of(case, directory, now)
            if rung.person.id in reach and rung.level in (Level.CADRE, Level.PATROL, Level.COMMUNITY)
        )


@given(case=CASES, hours=st.integers(0, 200), hands=st.dictionaries(PEOPLE, HANDS), policy=st.sampled_from(Policy))
def test_an_order_leaves_nobody_out_adds_nobody_and_is_always_the_same(
    case: Case, hours: int, hands: dict[str, Hands], policy: Policy
) -> None:
    rungs = ladder_of(case, town(), NOON + timedelta(hours=hours))
    found = [each.rung for each in order(case, rungs, town(), hands, Plan(policy))]
    assert sorted(rung.person.id for rung in found) == sorted(rung.person.id for rung in rungs)
    again = [each.rung for each in order(case, rungs[::-1][::-1], town(), dict(reversed(hands.items())), Plan(policy))]
    assert again == found


def test_those_who_were_called_to_help_are_read_from_the_steps_until_the_case_is_opened_again() -> None:
    def step(verb: Verb, by: str = "bot", to: str = "", words: str = "") -> Step:
        return Step(CASE.number, verb, NOON, by, words, to=to)

    called = step(Verb.NOTE, to="yan", words="s-police")
    assert helpers((step(Verb.DISPATCH, to="li"), called, step(Verb.NOTE, "feng", words="s-fire"))) == (
        ("yan", "s-police"),
    )
    assert helpers((called, step(Verb.REOPEN, "r"))) == ()
