"""The ladder: who is asked, in which order, and that it never ends at nobody."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.directory import (
    Directory,
    Level,
    Person,
    Role,
    Rung,
)
from tests.town import (
    ADMIN,
    APPROVER_1,
    APPROVER_2,
    CHANNEL,
    COMMUNITY_LEADER,
    DESK_BY_DAY,
    DESK_BY_NIGHT,
    GRID_1,
    GRID_4,
    LEADER,
    LI,
    NIGHT,
    NOON,
    PATROLS_BY_DAY,
    PATROLS_BY_NIGHT,
    STAIRWAY,
    STREET,
    WILLOW,
    rows,
    town,
)


def asked(rungs: tuple[Rung, ...]) -> list[tuple[Level, str]]:
    return [(rung.level, rung.person.id) for rung in rungs]


def test_by_day_the_ladder_goes_from_the_cadre_to_the_desk() -> None:
    assert asked(town().ladder(GRID_1, NOON)) == [
        (Level.CADRE, LI),
        (Level.PATROL, PATROLS_BY_DAY[0]),
        (Level.PATROL, PATROLS_BY_DAY[1]),
        (Level.COMMUNITY, COMMUNITY_LEADER),
        (Level.STREET, LEADER),
        (Level.DESK, DESK_BY_DAY),
    ]


def test_by_night_the_cadre_sleeps_and_the_patrols_are_asked() -> None:
    assert asked(town().ladder(GRID_1, NIGHT)) == [
        (Level.PATROL, PATROLS_BY_NIGHT[0]),
        (Level.PATROL, PATROLS_BY_NIGHT[1]),
        (Level.STREET, LEADER),
        (Level.DESK, DESK_BY_NIGHT),
    ]


def test_a_stairway_is_asked_about_like_its_grid() -> None:
    assert town().ladder(STAIRWAY, NOON) == town().ladder(GRID_1, NOON)


def test_a_matter_whose_grid_is_not_known_goes_to_the_community_and_up() -> None:
    assert asked(town().ladder(WILLOW, NOON)) == [
        (Level.COMMUNITY, COMMUNITY_LEADER),
        (Level.STREET, LEADER),
        (Level.DESK, DESK_BY_DAY),
    ]


@pytest.mark.parametrize("area", [None, "nowhere"])
def test_a_matter_from_nowhere_goes_to_the_desk(area: str | None) -> None:
    assert asked(town().ladder(area, NOON)) == [(Level.DESK, DESK_BY_DAY)]


def test_who_refused_is_left_out_and_the_next_is_asked() -> None:
    rungs = town().ladder(GRID_1, NOON, frozenset({LI, PATROLS_BY_DAY[0]}))
    assert rungs[0].person.id == PATROLS_BY_DAY[1]


def test_a_gap_in_the_roster_still_ends_at_the_desk_and_says_that_it_rests() -> None:
    gap = Directory.of(rows().areas, rows().people, duty=())
    assert [(rung.level, rung.person.id, rung.on_duty) for rung in gap.ladder(GRID_1, NOON)] == [
        (Level.STREET, LEADER, False),
        (Level.DESK, DESK_BY_DAY, False),
        (Level.DESK, DESK_BY_NIGHT, False),
    ]


def test_with_the_desk_on_duty_left_out_its_colleagues_are_woken() -> None:
    rungs = town().ladder(GRID_1, NOON, frozenset({DESK_BY_DAY}))
    assert asked(rungs)[-1] == (Level.DESK, DESK_BY_NIGHT)


def test_with_the_whole_desk_left_out_it_ends_at_approvers_and_administrators() -> None:
    rungs = town().ladder(GRID_1, NOON, frozenset({DESK_BY_DAY, DESK_BY_NIGHT}))
    assert [person for level, person in asked(rungs) if level is Level.DESK] == [APPROVER_1, APPROVER_2, ADMIN]


def test_a_person_without_an_account_is_passed_over_but_the_desk_has_its_page() -> None:
    people = tuple(replace(p, channel=None, user_id=None) if p.id in (LI, DESK_BY_DAY) else p for p in rows().people)
    directory = Directory.of(rows().areas, people, duty=rows().duty)
    people_asked = [person for _, person in asked(directory.ladder(GRID_1, NOON))]
    assert LI not in people_asked
    assert DESK_BY_DAY in people_asked


def test_nobody_stands_on_two_rungs() -> None:
    both = Person("both", "某人", Role.LEADER, STREET, channel=CHANNEL, user_id="both")
    directory = Directory.of(rows().areas, (*rows().people, both), duty=rows().duty)
    everyone = [rung.person.id for rung in directory.ladder(GRID_1, NOON)]
    assert len(everyone) == len(set(everyone))


@given(
    area=st.sampled_from([GRID_1, GRID_4, STAIRWAY, WILLOW, STREET, "nowhere"]),
    minutes=st.integers(0, 7 * 24 * 60),
    without=st.frozensets(st.sampled_from(sorted(town().people))),
)
def test_the_ladder_never_asks_who_is_left_out_and_never_ends_at_nobody(
    area: str, minutes: int, without: frozenset[str]
) -> None:
    rungs = town().ladder(area, NOON + timedelta(minutes=minutes), without)
    assert not without & {rung.person.id for rung in rungs}
    last_resort = {DESK_BY_DAY, DESK_BY_NIGHT, APPROVER_1, APPROVER_2, ADMIN} - without
    assert bool(rungs and rungs[-1].level is Level.DESK) is bool(last_resort)
