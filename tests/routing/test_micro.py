"""Micro-grids: a place in one finds its own cadre first, then those of its grid."""

from dataclasses import replace

from routing.case import Case, State
from routing.directory import Area, AreaKind, Directory, Level, Person, Role, StandardAddress
from routing.dispatch import Hands, order
from routing.route import ladder_of
from tests.town import CHANNEL, GRID_1, GRID_2, LI, NIGHT, NOON, STAIRWAY, rows

HU = Person("zz-hu", "胡大妈", Role.CADRE, STAIRWAY, channel=CHANNEL, user_id="u-hu")
OTHER = Area("m2", GRID_1, AreaKind.MICRO, "桂花苑1幢")


def town_with_stairs() -> Directory:
    town = rows()
    addresses = tuple(replace(a, area=STAIRWAY) if a.address_id == "a4" else a for a in town.addresses)
    addresses = (*addresses, StandardAddress("m", "桂花苑1幢2单元", OTHER.code, 30.0051, 120.0051))
    people = (*town.people, HU)
    return replace(town, areas=(*town.areas, OTHER), people=people, duty=DUTY, addresses=addresses).directory()


DUTY = (*rows().duty, *(replace(each, person=HU.id) for each in rows().duty if each.person == LI))
TOWN = town_with_stairs()


def case(address: str = "", grid: str = GRID_1) -> Case:
    return Case("38164275", State.RECEIVED, "r", "t", "m", NOON, urgency="today", grid=grid, address_id=address)


def cadres(of: Case, hands: dict[str, Hands] | None = None) -> list[str]:
    found = order(of, ladder_of(of, TOWN, NOON), TOWN, hands or {})
    return [one.rung.person.id for one in found if one.rung.level is Level.CADRE]


def test_a_place_in_a_micro_grid_finds_its_own_cadre_first_and_then_the_grids() -> None:
    assert cadres(case("a4")) == [HU.id, LI]
    assert cadres(case("a4"), {HU.id: Hands(3, 0, "")}) == [HU.id, LI], "with cases in hand as well"


def test_a_pin_finds_the_smallest_area_that_holds_it() -> None:
    pinned = replace(case(), location=(30.0065, 120.0065))
    assert cadres(pinned) == [LI], "nobody has drawn the stairway yet"
    drawn = with_boundaries()
    found = order(pinned, ladder_of(pinned, drawn, NOON), drawn, {})
    assert [one.rung.person.id for one in found if one.rung.level is Level.CADRE] == [HU.id, LI]
    assert drawn.finest(GRID_1, None, (30.0065, 120.0065)) == STAIRWAY
    assert drawn.finest(GRID_1, None, (30.0052, 120.0052)) == OTHER.code, "around it lies another"
    assert drawn.finest(GRID_1, None, (30.001, 120.001)) == GRID_1
    assert drawn.finest(GRID_2, None, (30.0065, 120.0065)) == GRID_2, "it is none of that grid's"


def test_a_pin_in_a_micro_grid_without_a_cadre_of_its_own_is_the_grids() -> None:
    drawn, pinned = with_boundaries(), replace(case(), location=(30.0052, 120.0052))
    rungs = ladder_of(pinned, drawn, NOON)
    assert [rung.person.id for rung in rungs if rung.level is Level.CADRE] == [LI]


def test_an_address_says_its_micro_grid_before_a_pin_and_its_own_point_where_it_says_none() -> None:
    drawn = with_boundaries()
    assert drawn.finest(GRID_1, "a4", (30.0052, 120.0052)) == STAIRWAY
    assert drawn.finest(GRID_1, "a3") == OTHER.code, "30.005, 120.005 lies in it"
    assert drawn.finest(GRID_1, "a1") == GRID_1


def test_a_grid_without_a_boundary_is_found_by_those_of_its_micro_grids() -> None:
    drawn = with_boundaries(grids=False)
    for point, grid in (((30.0065, 120.0065), GRID_1), ((30.001, 120.001), None)):
        found = drawn.grid_at(*point)
        assert (found.code if found else None) == grid


def with_boundaries(*, grids: bool = True) -> Directory:
    """The stairway lies within the block's boundary; the block's code comes first."""

    def box(south: float, west: float, size: float) -> str:
        north, east = south + size, west + size
        return f"POLYGON (({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}))"

    drawn = {STAIRWAY: box(30.006, 120.006, 0.001), OTHER.code: box(30.005, 120.005, 0.003)}
    areas = []
    for area in TOWN.areas.values():
        boundary = area.boundary_wkt if grids or area.kind is not AreaKind.GRID else None
        areas.append(replace(area, boundary_wkt=drawn.get(area.code, boundary), centre=None))
    town = rows()
    return Directory.of(areas, TOWN.people.values(), town.units, town.groups, DUTY, TOWN.addresses.values())


def test_elsewhere_in_the_grid_the_micro_grids_cadre_is_not_asked() -> None:
    assert cadres(case("a1")) == cadres(case()) == cadres(case("m")) == [LI]


def test_a_micro_grid_has_its_own_cadres_before_those_of_its_grid() -> None:
    assert [person.id for person in TOWN.cadres_of(STAIRWAY)] == [HU.id, LI]
    assert [person.id for person in TOWN.cadres_of(OTHER.code)] == [LI]


def test_an_address_of_another_grid_does_not_say_the_micro_grid() -> None:
    assert TOWN.finest(GRID_2, "a4") == GRID_2
    assert TOWN.finest(GRID_1, "a4") == STAIRWAY
    assert TOWN.finest(None, "a4") is None
    assert TOWN.finest(GRID_1, "unknown") == GRID_1


def test_off_duty_the_micro_grids_cadre_is_passed_over() -> None:
    assert not [rung for rung in ladder_of(case("a4"), TOWN, NIGHT) if rung.person.id == HU.id]
