"""The sample street: as large as promised, whole, the same each time, and nobody in it is real."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from bot.directory_csv import read_directory
from bot.sample import directory, landmarks, street, write_csv
from bot.sample.street import CHANNEL
from routing.address import match
from routing.directory import Area, AreaKind, Hears, Level, Role
from routing.platforms import CATEGORIES, Platform

MONDAY = datetime(2026, 1, 4, 16, 0, tzinfo=UTC)  #: Monday 00:00 by the local clock.


def areas(kind: AreaKind) -> list[Area]:
    return [area for area in street().areas if area.kind is kind]


def shape_of(area: Area) -> BaseGeometry:
    shape = shapely.from_wkt(area.boundary_wkt or "POLYGON EMPTY")
    assert shape is not None
    return shape


def test_it_is_as_large_as_promised() -> None:
    rows = street()
    assert len(rows.groups) == 446
    assert len(rows.addresses) == 4000
    assert Counter(area.kind.value for area in rows.areas) == {
        "district": 1, "street": 1, "community": 30, "grid": 150, "zone": 3, "patrol": 12,
    }  # fmt: skip
    roles = Counter(person.role for person in rows.people)
    assert roles[Role.PATROL] == 221
    assert roles[Role.CADRE] == 150
    assert roles[Role.DESK] >= 6
    assert (roles[Role.APPROVER], roles[Role.AUTHOR], roles[Role.ADMIN]) == (3, 1, 1)
    assert roles[Role.LEADER] == 32


def test_it_is_drawn_the_same_each_time() -> None:
    assert street.__wrapped__() == street()


def test_written_as_csv_it_is_read_back_alike(tmp_path: Path) -> None:
    write_csv(tmp_path / "street")
    assert read_directory(tmp_path / "street") == street()


def test_its_grids_tile_the_street_without_a_gap_or_an_overlap() -> None:
    shapes = [shape_of(grid) for grid in areas(AreaKind.GRID)]
    outline = shape_of(areas(AreaKind.STREET)[0])
    assert all(shape.is_valid and shape.area > 0 for shape in shapes)
    assert sum(shape.area for shape in shapes) == pytest.approx(outline.area, rel=1e-9)
    assert shapely.unary_union(shapes).symmetric_difference(outline).area < outline.area * 1e-9
    assert outline.contains(shapely.Point(120.2, 30.1))


@pytest.mark.parametrize("kind", [AreaKind.COMMUNITY, AreaKind.ZONE, AreaKind.PATROL])
def test_communities_zones_and_patrol_areas_each_cover_the_street(kind: AreaKind) -> None:
    shapes = [shape_of(area) for area in areas(kind)]
    outline = shape_of(areas(AreaKind.STREET)[0])
    assert all(shape.is_valid for shape in shapes)
    assert sum(shape.area for shape in shapes) == pytest.approx(outline.area, rel=1e-9)


def test_every_grid_lies_in_its_community_and_has_a_patrol_area() -> None:
    for grid in areas(AreaKind.GRID):
        community = directory().area(grid.parent)
        assert community is not None
        assert shape_of(community).buffer(1e-9).contains(shape_of(grid))
        assert directory().patrol_area_of(grid.code) is not None
        assert directory().patrols_of(grid.code)


def test_every_address_lies_in_its_grid_and_has_a_text_of_its_own() -> None:
    for address in street().addresses:
        found = directory().grid_at(address.lat, address.lon)
        assert found is not None
        assert found.code == address.area
    assert len({address.text for address in street().addresses}) == 4000


def test_every_address_is_found_by_its_own_text_in_its_own_community() -> None:
    for address in street().addresses[::7]:
        community = directory().community_of(address.area)
        assert community is not None
        assert match(f"在{address.text}门口", None, community.code, directory())[0].address_id == address.address_id


def test_every_group_belongs_to_a_community_or_a_grid_and_a_dozen_listen() -> None:
    kinds = {area.kind for group in street().groups if (area := directory().area(group.area))}
    assert kinds == {AreaKind.COMMUNITY, AreaKind.GRID}
    assert sum(group.hears is Hears.LISTEN for group in street().groups) in range(10, 14)
    assert len({group.chat_id for group in street().groups}) == 446
    assert len({group.name for group in street().groups}) == 446


def test_each_platform_has_four_to_six_units_and_each_category_the_right_one() -> None:
    counts = Counter(unit.platform for unit in street().units)
    assert all(4 <= counts[platform] <= 6 for platform in Platform)
    for category in CATEGORIES.values():
        unit = directory().unit_for(category.platform, "xx-c01-g1", category.code)
        assert unit is not None
        assert unit.code == f"xx-{category.unit}"


def test_every_grid_has_a_cadre_by_day_and_at_every_hour_a_patrol_and_the_desk() -> None:
    for hour in range(7 * 24):
        now = MONDAY + timedelta(hours=hour, minutes=1)
        by_day = 7 <= hour % 24 < 19
        for grid in ("xx-c01-g1", "xx-c15-g3", "xx-c30-g5"):
            rungs = directory().ladder(grid, now)
            on_duty = {rung.level for rung in rungs if rung.on_duty}
            assert {Level.PATROL, Level.DESK} <= on_duty
            assert (Level.CADRE in on_duty) is by_day


def test_at_every_hour_of_the_week_every_patrol_area_has_somebody() -> None:
    for patrol_area in areas(AreaKind.PATROL):
        people = directory().people_with(Role.PATROL, patrol_area.code)
        assert len(people) in (18, 19)
        for hour in range(7 * 24):
            now = MONDAY + timedelta(hours=hour, minutes=30)
            assert sum(directory().on_duty(person.id, now) for person in people) >= 2


def test_the_staff_write_from_the_web_under_their_own_ids_and_no_telephone_is_real() -> None:
    for person in street().people:
        assert (person.channel, person.user_id) == (CHANNEL, person.id)
        assert re.fullmatch(r"1990000\d{4}", person.phone or "")
    assert len({person.phone for person in street().people}) == len(street().people)
    assert len({person.name for person in street().people}) == len(street().people)


def test_landmarks_are_names_without_numbers() -> None:
    names = landmarks()
    assert {"桂花苑", "新桥路", "新桥农贸市场", "望江桥", "柳岸公交站", "太平小学"} & set(names) >= {
        "桂花苑", "新桥路", "新桥农贸市场", "望江桥", "柳岸公交站",
    }  # fmt: skip
    assert len(names) == len(set(names)) > 300
    assert not any(re.search(r"\d", name) for name in names)
