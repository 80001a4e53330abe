"""Addresses in another city or district are not matched; ours are, however much of the city stands before them."""

import pytest

from routing.address import match
from routing.directory import Directory, StandardAddress
from routing.elsewhere import Homes, unfronted
from tests.town import GRID_1, WILLOW, rows, town


@pytest.mark.parametrize(
    "text",
    [
        "北京市朝阳区柳岸路18号", "北京朝阳区柳岸路18号", "上海市柳岸路18号", "上城区柳岸路18号",
        "浙江省温州市柳岸路18号",
        "我在义乌市柳岸路18号", "苍南县灵溪镇柳岸路18号", "新疆维吾尔自治区昌吉回族自治州柳岸路18号",
        "延边朝鲜族自治州柳岸路18号",
    ],
)  # fmt: skip
def test_the_same_road_in_another_city_is_not_ours(text: str) -> None:
    for area in (WILLOW, GRID_1, None):
        assert match(text, None, area, town()) == ()


def test_a_pin_in_our_grid_still_decides() -> None:
    found = match("北京市朝阳区柳岸路18号", (30.002, 120.002), WILLOW, town())
    assert [(each.grid, each.score) for each in found] == [(GRID_1, 1.0)]


@pytest.mark.parametrize(
    "text",
    ["江湾区柳岸路18号", "杭州市江湾区柳岸路18号", "浙江省杭州市江湾区柳桥街道柳岸路18号", "我住在江湾区柳岸路18号"],
)
def test_our_own_district_named_is_ours_whatever_the_city(text: str) -> None:
    assert match(text, None, WILLOW, town())[0].address_id == "a5"


def test_the_city_that_the_addresses_name_is_ours_and_another_is_not() -> None:
    far = "浙江省杭州市江湾区柳桥街道柳岸社区柳岸路77号"
    directory = Directory.of(rows().areas, addresses=(*rows().addresses, StandardAddress("far", far, GRID_1, 30, 120)))
    for text in (far, "杭州市柳岸路77号", "浙江省杭州市柳岸路77号", "柳岸路77号", "江湾区柳岸路七十七号"):
        assert match(text, None, WILLOW, directory)[0].address_id == "far", text
    assert match("宁波市柳岸路77号", None, WILLOW, directory) == ()
    assert match("杭州市上城区柳岸路77号", None, WILLOW, directory) == ()


@pytest.mark.parametrize(
    "text",
    [
        "南京路3号", "上海城3幢", "南京市场门口", "桂花苑北区3幢", "我们小区3幢", "菜场后面的路", "超市门口的路",
        "城市花园3幢", "县前街3号", "吉林路县前街3号", "警戒区里面路上", "开发区管委会路口", "阳光区域路口",
        "市心街村口", "停车区路边",
    ],
)  # fmt: skip
def test_a_city_s_name_in_a_road_or_a_market_is_no_city(text: str) -> None:
    assert Homes((), ("开发区管委会",)).without(text, False) == text


def test_a_district_in_the_name_of_one_of_our_places_is_no_other_district() -> None:
    assert Homes((), ("上城区驻江湾办事处",)).without("上城区驻江湾办事处路口", False) is not None
    assert Homes(()).without("上城区驻江湾办事处路口", False) is None


def test_province_and_city_are_taken_off_the_front_of_a_standard_address() -> None:
    assert unfronted("浙江省杭州市江湾区柳岸路1号", "江湾区") == "江湾区柳岸路1号"
    assert unfronted("杭州市江湾区柳岸路1号", "江湾区") == "江湾区柳岸路1号"
    assert unfronted("老江湾区公所", "江湾区") == "老江湾区公所"


def test_two_towns_with_a_community_of_the_same_name_are_told_apart_by_the_town() -> None:
    from routing.directory import Area, AreaKind

    areas = (
        Area("d", None, AreaKind.DISTRICT, "江湾区"),
        *(Area(f"s{n}", "d", AreaKind.STREET, name) for n, name in ((1, "柳桥街道"), (2, "义桥镇"))),
        *(Area(f"c{n}", f"s{n}", AreaKind.COMMUNITY, "新桥社区") for n in (1, 2)),
        *(Area(f"g{n}", f"c{n}", AreaKind.GRID, f"网格{n}") for n in (1, 2)),
    )
    twins = tuple(StandardAddress(f"a{n}", "人民路1号", f"g{n}", 30.0, 120.0) for n in (1, 2))
    directory = Directory.of(areas, addresses=twins)
    assert match("义桥镇新桥社区人民路1号", None, None, directory)[0].address_id == "a2"
    assert match("柳桥街道新桥社区人民路1号", None, "g2", directory)[0].address_id == "a1"
    assert match("新桥社区人民路1号", None, "g2", directory)[0].address_id == "a2"
    assert {each.address_id for each in match("新桥社区人民路1号", None, None, directory)} == {"a1", "a2"}
    assert match("义桥镇人民路1号", None, "g1", directory)[0].address_id == "a2"
