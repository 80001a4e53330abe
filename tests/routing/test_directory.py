"""The address book: look-ups, rosters, boundaries and the ladder."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.directory import (
    Area,
    AreaKind,
    Directory,
    Hears,
    Person,
    Role,
    Shift,
)
from routing.ground import Ground, boundary_fault, centre_of
from routing.platforms import Platform
from routing.roster import Roster
from routing.sla import LOCAL
from tests.town import (
    ADMIN,
    BOT,
    BRIDGE,
    CHANNEL,
    CHEN,
    DISTRICT,
    GRID_1,
    GRID_2,
    GRID_3,
    GRID_4,
    GROUP_BRIDGE,
    GROUP_WILLOW,
    LI,
    NOON,
    PATROL_AREA,
    PATROLS_BY_DAY,
    PATROLS_BY_NIGHT,
    STAIRWAY,
    STREET,
    WANG,
    WILLOW,
    ZONE,
    rows,
    square,
    town,
    user_of,
)


def ids(people: tuple[Person, ...]) -> list[str]:
    return [person.id for person in people]


# --- areas


def test_the_areas_above_are_named_nearest_first() -> None:
    assert [area.code for area in town().ancestors(STAIRWAY)] == [GRID_1, WILLOW, STREET, DISTRICT]
    assert town().ancestors(DISTRICT) == ()


def test_the_children_of_a_street_are_its_communities_and_zones() -> None:
    assert {area.code for area in town().children(STREET)} == {WILLOW, BRIDGE, ZONE}


@pytest.mark.parametrize(
    ("code", "grid", "community", "street"),
    [
        (STAIRWAY, GRID_1, WILLOW, STREET),
        (GRID_3, GRID_3, BRIDGE, STREET),
        (BRIDGE, None, BRIDGE, STREET),
        (PATROL_AREA, None, None, STREET),
        ("nowhere", None, None, None),
        (None, None, None, None),
    ],
)
def test_every_area_knows_its_grid_community_and_street(
    code: str | None, grid: str | None, community: str | None, street: str | None
) -> None:
    found = (town().grid_of(code), town().community_of(code), town().street_of(code))
    assert tuple(area.code if area else None for area in found) == (grid, community, street)


def test_an_area_contains_itself_and_what_lies_below_it() -> None:
    assert town().contains(WILLOW, STAIRWAY)
    assert town().contains(WILLOW, WILLOW)
    assert not town().contains(BRIDGE, STAIRWAY)


@pytest.mark.parametrize(
    ("lat", "lon", "grid"),
    [
        (30.005, 120.005, GRID_1),
        (30.015, 120.005, GRID_2),
        (30.005, 120.015, GRID_3),
        (30.015, 120.015, GRID_4),
        (30.005, 120.01, GRID_1),  # on the border of two: always the first
        (31.2, 121.5, None),  # another city
        (120.005, 30.005, None),  # swapped
        (float("nan"), 120.0, None),
        (float("inf"), 120.0, None),
    ],
)
def test_a_point_lies_in_the_grid_whose_boundary_holds_it(lat: float, lon: float, grid: str | None) -> None:
    found = town().grid_at(lat, lon)
    assert (found.code if found else None) == grid


def test_a_directory_fills_in_the_centre_of_a_boundary() -> None:
    grid = town().area(GRID_1)
    assert grid is not None
    assert grid.centre == pytest.approx((30.005, 120.005))


def test_the_centre_of_a_bent_boundary_still_lies_inside_it() -> None:
    bent = "POLYGON ((0 0, 10 0, 10 10, 9 10, 9 1, 1 1, 1 10, 0 10, 0 0))"
    lat, lon = centre_of(bent)
    assert Ground([("u", bent)]).at(lat, lon) == "u"


def test_a_grid_s_patrol_area_is_the_one_that_contains_its_centre() -> None:
    west = Area("pw", ZONE, AreaKind.PATROL, "西巡区", square(0, 0, 1, 2))
    # Reaches over the border into the west grids, but not to their centres.
    east = Area("pe", ZONE, AreaKind.PATROL, "东巡区", "POLYGON ((120.008 30, 120.02 30, 120.02 30.02, 120.008 30))")
    areas = tuple(area for area in rows().areas if area.kind is not AreaKind.PATROL)
    directory = Directory.of((*areas, west, east))
    found = {code: directory.patrol_area_of(code) for code in (GRID_1, GRID_2, GRID_3, GRID_4)}
    assert {code: area.code if area else None for code, area in found.items()} == {
        GRID_1: "pw", GRID_2: "pw", GRID_3: "pe", GRID_4: None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wkt", "words"),
    [
        ("POLYGON ((120 30, 120.01 30, 120.01 30.01, 120 30))", None),
        ("MULTIPOLYGON (((120 30, 120.01 30, 120.01 30.01, 120 30)))", None),
        ("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "crosses itself"),
        ("POLYGON ((30 120, 30.01 120, 30.01 120.01, 30 120))", "swapped"),
        ("POLYGON ((300 30, 301 30, 301 31, 300 30))", "outside the globe"),
        ("POLYGON ((120 nan, 120.01 30, 120.01 30.01, 120 nan))", ""),
        ("POLYGON ((120 30, 120.01 30))", "WKT"),
        ("POLYGON EMPTY", "empty"),
        ("POINT (120 30)", "not POINT"),
        ("three grids and a pond", "WKT"),
        ("", "WKT"),
    ],
)
def test_a_boundary_is_a_sound_polygon_in_degrees_with_longitude_first(wkt: str, words: str | None) -> None:
    fault = boundary_fault(wkt)
    assert (fault is None) == (words is None)
    assert words is None or words in (fault or "")


# --- groups, units, people


def test_a_group_is_found_by_channel_bot_and_chat() -> None:
    group = town().group(CHANNEL, BOT, GROUP_BRIDGE)
    assert group is not None
    assert (group.area, group.hears) == (BRIDGE, Hears.LISTEN)
    assert town().group(CHANNEL, "bot2", GROUP_BRIDGE) is None
    assert town().group("web", BOT, GROUP_WILLOW) is None


def test_a_person_is_found_by_the_account_they_write_from() -> None:
    person = town().person_by_user(CHANNEL, user_of(LI))
    assert person is not None
    assert person.id == LI
    assert town().person_by_user("web", user_of(LI)) is None


def test_a_person_without_an_account_is_never_found_by_an_empty_one() -> None:
    directory = Directory.of(people=[Person("x", "某人", Role.CADRE, GRID_1, channel=CHANNEL, user_id="")])
    assert directory.person_by_user(CHANNEL, "") is None


def test_those_with_a_role_are_found_in_the_area_and_below_it() -> None:
    assert ids(town().people_with(Role.CADRE, STREET)) == [LI, WANG, "zhao", CHEN]
    assert ids(town().people_with(Role.CADRE, WILLOW)) == [LI, WANG]
    assert ids(town().people_with(Role.PATROL, STREET)) == [*PATROLS_BY_DAY, *PATROLS_BY_NIGHT]
    assert town().people_with(Role.CADRE, PATROL_AREA) == ()


def test_the_nearest_unit_of_a_platform_comes_first() -> None:
    own = replace(rows().units[1], code="c1-police", area=WILLOW)
    directory = Directory.of(rows().areas, units=(*rows().units, own))
    nearest = directory.unit_for(Platform.ORDER, GRID_1, "order.theft")
    elsewhere = directory.unit_for(Platform.ORDER, GRID_3, "order.theft")
    assert nearest is not None
    assert elsewhere is not None
    assert (nearest.code, elsewhere.code) == ("c1-police", "s-police")
    assert directory.unit_for(Platform.ORDER, None) is None


def test_names_and_telephones_do_not_show_in_a_log() -> None:
    shown = repr(town().person(LI))
    assert "李建国" not in shown
    assert "199" not in shown


def test_an_empty_directory_answers_everything_with_nothing() -> None:
    empty = Directory.of()
    assert empty.group("web", "web", "g1") is None
    assert empty.area("x") is None
    assert empty.area(None) is None
    assert empty.grid_at(30.0, 120.0) is None
    assert (empty.ancestors("x"), empty.children("x"), empty.groups) == ((), (), ())
    assert empty.community_of("x") is None
    assert empty.patrol_area_of("x") is None
    assert (empty.cadres_on_duty("x", NOON), empty.patrols_of("x"), empty.people_with(Role.DESK, "x")) == ((), (), ())
    assert empty.unit_for(Platform.ORDER, "x") is None
    assert empty.person_by_user("web", "u") is None
    assert not empty.on_duty("x", NOON)
    assert empty.ladder("x", NOON) == ()
    assert empty.ladder(None, NOON) == ()


def test_a_circle_of_parents_ends_the_walk() -> None:
    ring = Directory.of([Area("a", "b", AreaKind.GRID, "a"), Area("b", "a", AreaKind.GRID, "b")])
    assert [area.code for area in ring.ancestors("a")] == ["b"]


# --- rosters


def local(weekday: int, hour: int, minute: int = 0) -> datetime:
    """An instant of the first full week of 2026 by the local clock."""
    return datetime(2026, 1, 4 + weekday, hour, minute, tzinfo=LOCAL).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "on_duty"),
    [
        (local(5, 21, 59), False),
        (local(5, 22), True),
        (local(5, 23, 59), True),
        (local(6, 0), True),
        (local(6, 5, 59), True),
        (local(6, 6), False),
        (local(5, 0), False),
        (local(6, 22), False),
    ],
)
def test_a_shift_that_crosses_midnight_belongs_to_the_day_it_starts_on(now: datetime, on_duty: bool) -> None:
    assert Roster([Shift("x", 5, time(22), time(6))]).on_duty("x", now) is on_duty


def test_the_night_of_sunday_ends_on_monday() -> None:
    roster = Roster([Shift("x", 7, time(20), time(8))])
    assert roster.on_duty("x", local(7, 21))
    assert roster.on_duty("x", local(1, 7))
    assert not roster.on_duty("x", local(2, 7))


def test_a_shift_that_ends_when_it_starts_lasts_a_whole_day() -> None:
    roster = Roster([Shift("x", 3, time(9), time(9))])
    assert roster.on_duty("x", local(3, 9))
    assert roster.on_duty("x", local(4, 8, 59))
    assert not roster.on_duty("x", local(4, 9))


def test_the_roster_is_read_by_the_local_clock_and_not_by_utc() -> None:
    early = datetime(2026, 1, 4, 23, 30, tzinfo=UTC)  # Monday 07:30 there
    assert Roster([Shift("x", 1, time(7), time(8))]).on_duty("x", early)


def test_who_has_no_shift_is_never_on_duty() -> None:
    assert not town().on_duty(ADMIN, NOON)
    assert not town().on_duty("nobody", NOON)


#: Half hours, so that shifts meet and touch.
HALVES = st.builds(time, st.integers(0, 23), st.sampled_from((0, 30)))


@given(
    weekday=st.integers(1, 7),
    start=st.times(),
    end=st.times(),
    minutes=st.integers(0, 7 * 24 * 60 - 1),
)
def test_over_a_week_a_shift_covers_exactly_its_own_length(weekday: int, start: time, end: time, minutes: int) -> None:
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    length = (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % 1440 or 1440
    since = (minutes - (weekday - 1) * 1440 - start.hour * 60 - start.minute) % (7 * 1440)
    now = local(1, 0) + timedelta(minutes=minutes)
    assert Roster([Shift("x", weekday, start, end)]).on_duty("x", now) is (since < length)


@given(
    shifts=st.lists(st.builds(Shift, st.just("x"), st.integers(1, 7), HALVES, HALVES), max_size=9),
    minutes=st.integers(0, 7 * 24 * 60 - 1),
)
def test_whoever_has_several_shifts_is_on_duty_in_each_of_them(shifts: list[Shift], minutes: int) -> None:
    now = local(1, 0) + timedelta(minutes=minutes)
    assert Roster(shifts).on_duty("x", now) is any(Roster([shift]).on_duty("x", now) for shift in shifts)
