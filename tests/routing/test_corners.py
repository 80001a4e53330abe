"""Corners of the address book that no other test walks into: long roads, common names, areas without a community."""

from __future__ import annotations

from functools import cache

import pytest

from routing.address import match, proposals, sure
from routing.directory import Directory, StandardAddress
from routing.elsewhere import Homes
from routing.library import Library
from routing.roster import Roster
from routing.wording import normalised
from tests.town import (
    BRIDGE,
    DISTRICT,
    GRID_1,
    GRID_2,
    NIGHT,
    NOON,
    PATROLS_BY_DAY,
    PATROLS_BY_NIGHT,
    WILLOW,
    rows,
    town,
)


def test_what_is_proposed_lies_where_somebody_is_known_from_and_is_never_sure() -> None:
    found = proposals("柳岸路3号", (GRID_1, WILLOW), town())
    assert [(each.grid, each.text) for each in found] == [(GRID_1, "柳岸路3号")]
    assert sure(found) is None
    assert proposals("柳岸路3号", (BRIDGE,), town()) == (), "elsewhere it is no place of theirs"
    (bare,) = proposals("楼下那个角落", (GRID_2,), town())
    assert (bare.text, bare.address_id) == ("柳岸第二网格", None), "of a grid its name, when nothing was found"
    assert proposals("柳岸路3号", (), town()) == ()


def test_the_address_book_by_name() -> None:
    book = town()
    assert set(book.areas) >= {GRID_1, WILLOW, DISTRICT}
    assert book.address("a5") == book.addresses["a5"]
    assert book.address(None) is book.address("nowhere") is None
    day, night = ({person.id for person in book.patrols_on_duty(GRID_1, at)} for at in (NOON, NIGHT))
    assert (day, night) == (set(PATROLS_BY_DAY), set(PATROLS_BY_NIGHT))


def test_the_shifts_of_one_person() -> None:
    roster = Roster(rows().duty)
    assert {shift.person for shift in roster.of("li")} == {"li"}
    assert roster.of("nobody") == ()


def test_addresses_in_a_district_or_in_no_known_area_are_found_as_they_are_written() -> None:
    odd = (
        StandardAddress("d1", "江湾区望江台9号", DISTRICT, 30.0, 120.0),
        StandardAddress("n1", "无名路7号", "nowhere", 30.0, 120.0),
        StandardAddress("n2", "7号", GRID_1, 30.0, 120.0),
        StandardAddress("n3", "江湾区", DISTRICT, 30.0, 120.0),
    )
    gazetteer = town_with(*odd).gazetteer
    names = set(gazetteer.place_names)
    assert {"望江台", "无名路"} <= names
    assert gazetteer.names_in(DISTRICT) >= {"望江台"}
    assert gazetteer.grid_at(0) is None
    assert gazetteer.at(1) == odd[1]


def town_with(*addresses: StandardAddress) -> Directory:
    return Directory.of(rows().areas, addresses=addresses)


@cache
def long_road() -> Library:
    return Library([f"长河路{number}号" for number in range(1, 4202)])


def test_under_a_very_long_road_no_slip_is_looked_for() -> None:
    (road,) = long_road().spots("长河路")
    assert [road.numbers[entry] for entry in road.exactly(("77号",))] == ["77号"]
    assert road.holding(("77号",)) == road.slips(("77号",)) == []


def test_a_piece_in_every_other_name_does_not_hide_the_rare_one() -> None:
    common = [f"{chr(0x4E00 + number)}公寓3幢" for number in range(3200)]
    library = Library([*common, "桂花公寓3幢"])
    assert library.named(normalised("桂花公寓"))[0].name == "桂花公寓"
    assert library.named(normalised("门口公寓吧")) is not None


@pytest.mark.parametrize("text", ["柳岸路44号2单元", "柳岸路44号1室"])
def test_a_road_in_front_of_a_compound_is_no_house_even_with_a_slip(text: str) -> None:
    directory = town_with(
        StandardAddress("x", "柳岸路44号桂花苑3幢", GRID_1, 30.0, 120.0),
        StandardAddress("y", "柳岸路2号", GRID_1, 30.0, 120.0),
    )
    assert all(each.address_id != "y" for each in match(text, None, WILLOW, directory) if each.score > 0.9)


def test_a_city_that_our_addresses_name_is_known_by_its_district_too() -> None:
    homes = Homes(("江湾区", "东海市江湾区柳岸路1号"), ())
    for text in ("东海市柳岸路1号", "江湾区柳岸路1号", "柳岸路1号"):
        assert homes.without(text, ours=False) is not None, text
    assert homes.without("西海市柳岸路1号", ours=False) is None


def test_a_flat_named_without_its_stairway_is_found() -> None:
    directory = town_with(
        StandardAddress("x", "望江苑3幢2单元501室", GRID_1, 30.0, 120.0),
        StandardAddress("y", "望江苑3幢2单元502室", GRID_1, 30.0, 120.0),
    )
    assert match("望江苑3幢501室", None, WILLOW, directory)[0].address_id == "x"
