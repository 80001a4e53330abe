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
    duty = (*town.duty, *(replace(each, person=HU.id) for each in town.duty if each.person == LI))
    people = (*town.people, HU)
    return replace(town, areas=(*town.areas, OTHER), people=people, duty=duty, addresses=addresses).directory()


TOWN = town_with_stairs()


def case(address: str = "", grid: str = GRID_1) -> Case:
    return Case("38164275", State.RECEIVED, "r", "t", "m", NOON, urgency="today", grid=grid, address_id=address)


def cadres(of: Case, hands: dict[str, Hands] | None = None) -> list[str]:
    found = order(of, ladder_of(of, TOWN, NOON), TOWN, hands or {})
    return [one.rung.person.id for one in found if one.rung.level is Level.CADRE]


def test_a_place_in_a_micro_grid_finds_its_own_cadre_first_and_then_the_grids() -> None:
    assert cadres(case("a4")) == [HU.id, LI]
    assert cadres(case("a4"), {HU.id: Hands(3, 0, "")}) == [HU.id, LI], "with cases in hand as well"


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
