"""The four platforms: the fixed catalogue, and which unit settles what."""

from dataclasses import dataclass

import pytest

from routing.platforms import CATEGORIES, PLATFORM_EN, PLATFORM_ZH, Platform, Urgency, of_platform, sensible_unit
from tests.town import GRID_1, town

# The street's catalogue, code by code: n(ow), t(oday), d(ays); + is private. Written out so that a slip is seen.
CATALOGUE = """
order.neighbour t+ order.family t+ order.property d+ order.wage d+ order.fraud n+ order.theft n+ order.fight n+
order.missing n+ order.tenancy d+ order.staff d+ order.school t
market.food t market.price d market.counterfeit d market.license d market.prepaid d market.gas n market.lift n
market.medicine d
enforcement.garbage t enforcement.stall t enforcement.building d enforcement.noise t enforcement.dust t
enforcement.smoke t enforcement.water t enforcement.parking t enforcement.posters d enforcement.green d
enforcement.fire_lane n enforcement.ebike t enforcement.fire n enforcement.worksite n
service.light t service.road t service.manhole n service.tap t service.power n service.drain t service.insects n
service.dogs t service.elder t+ service.transport d service.insurance d service.schooling d service.facilities d
service.urgent_help n service.suggestion d service.other t
"""


@dataclass(frozen=True)
class Office:
    code: str


def test_the_categories_are_those_of_the_catalogue_in_its_order_with_its_urgency_and_privacy() -> None:
    written = CATALOGUE.split()
    expected = [
        (code, {"n": Urgency.NOW, "t": Urgency.TODAY, "d": Urgency.DAYS}[mark[0]], mark.endswith("+"))
        for code, mark in zip(written[::2], written[1::2], strict=True)
    ]
    assert [(c.code, c.urgency, c.private) for c in CATEGORIES.values()] == expected


def test_a_category_belongs_to_the_platform_its_code_begins_with_and_has_a_name_in_both_languages() -> None:
    for code, category in CATEGORIES.items():
        assert code == category.code
        assert code.startswith(f"{category.platform}.")
        assert category.zh
        assert category.zh.strip() == category.zh
        assert category.en.isascii()
    assert len({category.zh for category in CATEGORIES.values()}) == len(CATEGORIES)


def test_names_from_the_catalogue_survived_the_table() -> None:
    assert CATEGORIES["enforcement.fire"].zh == "消防设施损坏与火灾隐患"
    assert CATEGORIES["enforcement.fire_lane"].zh == "占用消防通道"
    assert CATEGORIES["service.elder"].zh == "老人与困难群众帮扶"


def test_every_platform_has_categories_and_names() -> None:
    assert [len(of_platform(platform)) for platform in Platform] == [11, 8, 14, 16]
    assert PLATFORM_ZH[Platform.ORDER] == "综治工作"
    assert set(PLATFORM_EN) == set(PLATFORM_ZH) == set(Platform)


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CATEGORIES["order.new"] = CATEGORIES["order.family"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("category", "codes", "expected"),
    [
        ("order.theft", ("xx-centre", "xx-police"), "xx-police"),
        ("order.theft", ("police",), "police"),
        ("order.theft", ("xx-centre", "xx-labour"), "xx-centre"),
        ("no.such", ("xx-centre", "xx-police"), "xx-centre"),
        ("order.theft", ("antipolice", "xx-centre"), "antipolice"),
        ("order.theft", (), None),
    ],
)
def test_the_unit_of_the_category_s_kind_settles_it_else_the_first(
    category: str, codes: tuple[str, ...], expected: str | None
) -> None:
    unit = sensible_unit(category, [Office(code) for code in codes])
    assert (unit.code if unit else None) == expected


def test_in_town_a_broken_road_goes_to_the_works_and_a_question_of_insurance_to_the_hall() -> None:
    road = town().unit_for(Platform.SERVICE, GRID_1, "service.road")
    insurance = town().unit_for(Platform.SERVICE, GRID_1, "service.insurance")
    assert road is not None
    assert insurance is not None
    assert (road.code, insurance.code) == ("s-works", "s-hall")
