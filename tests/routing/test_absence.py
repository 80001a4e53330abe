"""Leave: who is away, who stands in, and a ladder that still finds someone."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.absence import Absences, Leave
from routing.directory import Directory, Level, Role
from tests.thorough import many
from tests.town import (
    ADMIN,
    APPROVER_1,
    APPROVER_2,
    DESK_BY_DAY,
    DESK_BY_NIGHT,
    GRID_1,
    LEADER,
    LI,
    NOON,
    PATROLS_BY_DAY,
    WANG,
    rows,
)

TODAY = NOON.date()


def away(person: str, deputy: str | None = None, days: int = 1) -> Leave:
    return Leave(person, TODAY, TODAY + timedelta(days=days - 1), deputy)


def town_with(*leave: Leave) -> Directory:
    return replace(rows(), leave=leave).directory()


def ladder(directory: Directory, without: frozenset[str] = frozenset()) -> list[tuple[Level, str]]:
    return [(rung.level, rung.person.id) for rung in directory.ladder(GRID_1, NOON, without)]


def test_somebody_on_leave_is_off_duty_on_those_days_and_no_others() -> None:
    directory = town_with(away(LI))
    assert not directory.on_duty(LI, NOON)
    assert directory.on_duty(LI, NOON + timedelta(days=1))
    assert directory.on_duty(LI, NOON - timedelta(days=1))


def test_the_deputy_stands_in_the_place_and_in_the_hours_of_who_is_away() -> None:
    directory = town_with(away(LI, LEADER))
    assert not town_with().on_duty(LEADER, NOON), "has no shift of their own"
    assert directory.on_duty(LEADER, NOON)
    assert ladder(directory)[0] == (Level.CADRE, LEADER)
    assert [person.id for person in directory.cadres_on_duty(GRID_1, NOON)] == [LEADER]
    assert LI not in [person for _, person in ladder(directory)]


def test_a_patrols_deputy_is_on_duty_for_the_patrol_area() -> None:
    directory = town_with(away(PATROLS_BY_DAY[0], WANG))
    assert WANG in [person.id for person in directory.patrols_on_duty(GRID_1, NOON)]


def test_without_a_deputy_the_next_level_is_asked() -> None:
    assert ladder(town_with(away(LI)))[0][0] is Level.PATROL


def test_a_deputy_on_leave_passes_it_on() -> None:
    directory = town_with(away(LI, WANG), away(WANG, LEADER))
    assert ladder(directory)[0] == (Level.CADRE, LEADER)
    assert directory.on_duty(LEADER, NOON)
    assert directory.absences.stood_in_for(LEADER, TODAY) == (WANG, LI)


def test_two_who_stand_in_for_each_other_leave_nobody() -> None:
    directory = town_with(away(LI, WANG), away(WANG, LI))
    assert directory.absences.deputy(LI, TODAY) is None
    assert ladder(directory)[0][0] is Level.PATROL
    assert directory.absences.stood_in_for(LI, TODAY) == ()


def test_a_deputy_of_whom_a_complaint_speaks_is_left_out() -> None:
    assert LEADER not in [person for _, person in ladder(town_with(away(LI, LEADER)), frozenset({LEADER}))]


def test_with_the_desk_away_its_colleagues_are_woken_and_with_all_away_the_last_resort() -> None:
    assert ladder(town_with(away(DESK_BY_DAY)))[-1] == (Level.DESK, DESK_BY_NIGHT)
    both = town_with(away(DESK_BY_DAY), away(DESK_BY_NIGHT))
    assert [person for level, person in ladder(both) if level is Level.DESK] == [APPROVER_1, APPROVER_2, ADMIN]


def test_with_everybody_away_those_at_the_desk_are_asked_on_their_leave() -> None:
    everybody = town_with(*(away(person) for person in rows().directory().people))
    assert ladder(everybody) == [(Level.DESK, DESK_BY_DAY), (Level.DESK, DESK_BY_NIGHT)]
    nobody_else = frozenset({DESK_BY_DAY, DESK_BY_NIGHT})
    assert [person for _, person in ladder(everybody, nobody_else)] == [APPROVER_1, APPROVER_2, ADMIN]


def test_a_deputy_the_directory_does_not_know_stands_in_for_nobody() -> None:
    assert ladder(town_with(away(LI, "gone")))[0][0] is Level.PATROL


def test_every_leave_is_told() -> None:
    leave = (away(LI, WANG), away(WANG))
    assert tuple(Absences(leave)) == leave
    assert not Absences()


PEOPLE = ("a", "b", "c", "d", "e")
LEAVE = st.builds(
    lambda person, start, days, deputy: Leave(
        person, TODAY + timedelta(start), TODAY + timedelta(start + days), deputy
    ),
    st.sampled_from(PEOPLE),
    st.integers(0, 5),
    st.integers(0, 5),
    st.sampled_from((None, *PEOPLE)),
)


@given(st.lists(LEAVE, max_size=12), st.integers(-1, 11))
def test_a_chain_ends_at_somebody_who_is_there_and_both_ways_agree(leaves: list[Leave], days: int) -> None:
    absences, day = Absences(leaves), TODAY + timedelta(days=days)
    for person in PEOPLE:
        deputy = absences.deputy(person, day)
        if deputy is not None:
            assert absences.on(person, day)
            assert not absences.on(deputy, day)
        for other in PEOPLE:
            assert (absences.deputy(other, day) == person) == (other in absences.stood_in_for(person, day))


@settings(max_examples=many(50))
@given(st.lists(st.tuples(st.sampled_from(sorted(rows().directory().people)), st.sampled_from([None, LEADER, WANG]))))
def test_whoever_is_away_the_ladder_finds_someone(pairs: list[tuple[str, str | None]]) -> None:
    rungs = town_with(*(away(*pair) for pair in pairs)).ladder(GRID_1, NOON)
    assert any(rung.level is Level.DESK or rung.person.role is Role.DESK for rung in rungs)
    assert len({rung.person.id for rung in rungs}) == len(rungs)


def test_a_leave_holds_on_its_first_and_its_last_day() -> None:
    leave = Leave("a", date(2026, 10, 1), date(2026, 10, 3))
    assert [leave.holds(date(2026, 10, day)) for day in (1, 3, 4)] == [True, True, False]
    assert not leave.holds(date(2026, 9, 30))
