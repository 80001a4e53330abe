"""What people write and where they point, matched to standard addresses and grids."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.sample.street import directory, street
from routing.address import SURE, Candidate, match, sure
from routing.directory import Directory, StandardAddress
from routing.library import likeness
from routing.wording import MOST_CHARACTERS, Segment, normalised, segments
from tests.thorough import many
from tests.town import BRIDGE, GRID_1, GRID_2, GRID_3, GRID_4, STAIRWAY, WILLOW, rows, town


def best(text: str, area: str | None = WILLOW, pin: tuple[float, float] | None = None) -> Candidate:
    return match(text, pin, area, town())[0]


# --- what people write


@pytest.mark.parametrize(
    ("text", "area", "address"),
    [
        ("桂花苑3幢2单元", WILLOW, "a4"),
        ("桂花苑 3 栋 2 单元", WILLOW, "a4"),
        ("桂花苑三号楼二单元", WILLOW, "a4"),
        ("桂花苑叁幢贰单元", WILLOW, "a4"),
        ("桂花苑第三幢第二单元", WILLOW, "a4"),
        ("桂花苑3#2单元", WILLOW, "a4"),
        ("桂花苑３－２", WILLOW, "a4"),
        ("桂花苑3-2-501", WILLOW, "a4"),
        ("桂花苑3幢2单元501室", WILLOW, "a4"),
        ("桂花苑北区3幢2单元", BRIDGE, "a10"),
        ("柳岸路18号", WILLOW, "a5"),
        ("柳岸路十八号", WILLOW, "a5"),
        ("柳岸路18号楼下", WILLOW, "a5"),
        ("我在柳岸路18", WILLOW, "a5"),
        ("新桥路五十八号", BRIDGE, "a11"),
        ("江湾区柳桥街道新桥社区新桥路58号", WILLOW, "a11"),
        ("新桥农贸市场", BRIDGE, "a8"),
        ("新桥菜场门口", BRIDGE, "a8"),
        ("新桥菜市场", BRIDGE, "a8"),
        ("菜场后面那个路口", BRIDGE, "a8"),
        ("新桥头公交站旁边", BRIDGE, "a9"),
        ("新桥头公交车站", BRIDGE, "a9"),
        ("望江桥上有人", BRIDGE, "a12"),
        ("柳岸小学对面", WILLOW, "a6"),
        ("桂花园3幢2单元", WILLOW, "a4"),  # a slip of one character
        ("3幢2单元", WILLOW, "a4"),  # the only compound of the community that has it
        ("3-2", WILLOW, "a4"),
        ("3幢2单元", BRIDGE, "a10"),
    ],
)
def test_a_written_place_finds_its_standard_address(text: str, area: str, address: str) -> None:
    assert best(text, area).address_id == address


def test_a_whole_sentence_does_as_well_as_a_place() -> None:
    found = sure(match("桂花苑3幢2单元楼下的路灯坏了三天了，来看看", None, WILLOW, town()))
    assert found is not None
    assert (found.address_id, found.grid, found.text) == ("a4", GRID_1, "桂花苑3幢2单元")


def test_an_exact_address_is_sure_and_a_slip_is_asked_about() -> None:
    assert best("桂花苑3幢2单元").score == 1.0
    assert sure(match("桂花苑3幢2单元", None, WILLOW, town())) is not None
    assert sure(match("桂花园3幢2单元", None, WILLOW, town())) is None


def test_in_the_other_community_the_same_words_are_asked_about_and_both_are_offered() -> None:
    found = match("桂花苑3幢2单元", None, BRIDGE, town())
    assert {candidate.address_id for candidate in found} == {"a4", "a10"}
    assert sure(found) is None


def test_the_group_s_own_area_comes_first() -> None:
    twin = StandardAddress("twin", "柳岸路1号", GRID_4, 30.015, 120.015)
    directory = Directory.of(rows().areas, addresses=(*rows().addresses, twin))
    assert match("柳岸路1号", None, BRIDGE, directory)[0].address_id == "twin"
    assert match("柳岸路1号", None, WILLOW, directory)[0].address_id == "a1"
    assert sure(match("柳岸路1号", None, None, directory)) is None


def test_a_road_through_two_grids_is_offered_as_two_places() -> None:
    found = match("柳岸路", None, WILLOW, town())
    assert [(c.address_id, c.text, c.grid) for c in found] == [(None, "柳岸路", GRID_1), (None, "柳岸路", GRID_2)]
    assert sure(found) is None


def test_a_house_that_the_library_lacks_lies_where_its_neighbours_are() -> None:
    found = best("柳岸路20号")
    assert (found.address_id, found.text, found.grid) == (None, "柳岸路20号", GRID_2)
    assert found.score < SURE


def test_a_house_far_from_all_others_is_only_on_that_road() -> None:
    found = match("柳岸路900号", None, WILLOW, town())
    assert {(c.address_id, c.text, c.grid) for c in found} == {(None, "柳岸路", GRID_1), (None, "柳岸路", GRID_2)}


def test_a_compound_with_one_number_less_than_the_library_is_a_place_of_its_own() -> None:
    found = best("桂花苑3幢")
    assert (found.address_id, found.text, found.grid) == (None, "桂花苑3幢", GRID_1)


def test_a_place_said_again_and_again_and_then_cut_off_is_that_place() -> None:
    found = sure(match("柳岸路3号门口的路灯坏了，桂花苑也是。" * 40, None, WILLOW, town()))
    assert found is not None
    assert found.address_id == "a2"


def test_the_road_and_the_compound_of_one_address_are_that_address() -> None:
    one = StandardAddress("one", "柳岸路44号明月苑3幢2单元", GRID_1, 30.001, 120.001)
    other = StandardAddress("other", "柳岸路46号明月苑3幢2单元", GRID_2, 30.011, 120.001)
    directory = Directory.of(rows().areas, addresses=(*rows().addresses, one, other))
    for text in (
        "柳岸路44号明月苑3幢2单元",
        "柳岸路44号明月苑3-2",
        "柳岸路四十四号，明月苑三号楼2单元",
        "明月苑3幢2单元，柳岸路44号",
    ):
        assert match(text, None, WILLOW, directory)[0].address_id == "one", text
    assert sure(match("明月苑3幢2单元", None, WILLOW, directory)) is None
    assert match("柳岸路44号", None, WILLOW, directory)[0].grid == GRID_1
    assert match("柳岸路44号明月苑9幢", None, WILLOW, directory)[0].text == "明月苑"


def test_a_grid_called_by_its_name_is_that_grid() -> None:
    assert best("新桥第一网格", None).grid == GRID_3


def test_naming_another_community_moves_there() -> None:
    assert best("新桥社区3幢2单元", WILLOW).address_id == "a10"


@pytest.mark.parametrize("text", ["柳岸社区委员会", "柳桥街道柳岸社区委员会", "在柳岸社区委员会门口"])
def test_an_area_s_name_inside_a_place_s_name_stays(text: str) -> None:
    office = StandardAddress("office", "柳岸社区委员会", GRID_2, 30.015, 120.005)
    directory = Directory.of(rows().areas, addresses=(*rows().addresses, office))
    assert match(text, None, BRIDGE, directory)[0].address_id == "office"


def test_at_most_three_places_are_offered() -> None:
    many = tuple(StandardAddress(f"m{n}", "大会堂", f"g{n % 4 + 1}", 30.0, 120.0) for n in range(9))
    assert len(match("大会堂", None, None, Directory.of(rows().areas, addresses=many))) == 3


# --- nothing, or next to nothing


@pytest.mark.parametrize("text", ["", "   ", "。！？", "嘻嘻", "\x00\u202e", "我家楼下", "1", "😀"])
def test_nothing_said_of_a_place_is_no_place(text: str) -> None:
    assert match(text, None, WILLOW, town()) == ()
    assert match(text, None, None, town()) == ()


@pytest.mark.parametrize("area", [GRID_1, STAIRWAY])
def test_a_group_bound_to_a_grid_answers_with_its_grid(area: str) -> None:
    found = match("这里的路灯坏了", None, area, town())
    assert [(c.address_id, c.text, c.grid) for c in found] == [(None, "这里的路灯坏了", GRID_1)]
    assert sure(found) is None
    assert match("", None, area, town())[0].text == "柳岸第一网格"


def test_an_empty_directory_finds_nothing() -> None:
    assert match("桂花苑3幢2单元", (30.0, 120.0), "g1", Directory.of()) == ()
    assert sure(()) is None


def test_an_address_whose_area_has_no_grid_still_is_an_address() -> None:
    directory = Directory.of(rows().areas, addresses=(StandardAddress("x", "老街口", BRIDGE, 30.0, 120.0),))
    found = match("老街口", None, WILLOW, directory)
    assert [(c.address_id, c.grid) for c in found] == [("x", None)]


# --- a pin


def test_a_pin_decides_the_grid() -> None:
    found = match("", (30.016, 120.014), WILLOW, town())
    assert [(c.grid, c.score, c.text) for c in found] == [(GRID_4, 1.0, "新桥第二网格")]


def test_a_pin_is_called_by_the_address_it_stands_at() -> None:
    assert best("", WILLOW, (30.0021, 120.0021)).text == "柳岸路1号"


def test_a_pin_keeps_the_words_of_who_sent_it() -> None:
    assert best("路灯坏了", WILLOW, (30.002, 120.002)).text == "路灯坏了"


def test_a_pin_and_words_that_agree_are_one_address() -> None:
    found = match("桂花苑3幢2单元", (30.0061, 120.0062), WILLOW, town())
    assert len(found) == 1
    assert (found[0].address_id, found[0].score, found[0].lat) == ("a4", 1.0, 30.0061)


def test_where_the_words_say_otherwise_the_pin_comes_first_and_the_words_second() -> None:
    found = match("桂花苑3幢2单元", (30.015, 120.015), WILLOW, town())
    assert [(c.grid, c.address_id) for c in found] == [(GRID_4, None), (GRID_1, "a4")]


def test_a_pin_in_another_city_is_not_heard() -> None:
    assert match("", (39.9, 116.4), WILLOW, town()) == ()
    assert best("桂花苑3幢2单元", WILLOW, (39.9, 116.4)).address_id == "a4"


# --- the pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("柳岸路18号桂花苑3幢2单元501室", (("柳岸路", ("18号",)), ("桂花苑", ("3幢", "2单元", "501室")))),
        ("塘湾村三组十二号", (("塘湾村", ("3组", "12号")),)),
        ("八一路二百零五号", (("八一路", ("205号",)),)),
        ("金城大厦a座1203", (("金城大厦", ("a幢", "1203室")),)),
        ("三江口", (("三江口", ()),)),
        ("五零一室", (("", ("501室",)),)),
        ("3号楼下", (("", ("3号",)), ("楼下", ()))),
    ],
)
def test_a_written_address_falls_into_names_and_numbers(
    text: str, expected: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    assert segments(normalised(text)) == tuple(Segment(name, numbers) for name, numbers in expected)


def test_likeness_is_the_share_of_the_name_that_is_right() -> None:
    assert likeness("桂花苑", "我在桂花苑门口") == 1.0
    assert likeness("桂花苑", "桂树苑门口") == pytest.approx(2 / 3)
    assert likeness("新桥头公交站", "新桥公交站") == pytest.approx(5 / 6)
    assert likeness("新桥", "新桥小学") == 0.8
    assert likeness("新桥", "东桥小学") == 0.0


@given(st.text(max_size=400))
def test_no_text_breaks_the_matching_or_scores_beyond_one(text: str) -> None:
    for candidate in match(text, None, GRID_1, town()):
        assert 0 < candidate.score <= 1
        assert len(candidate.text) <= MOST_CHARACTERS + 10


def test_every_address_of_the_town_finds_itself() -> None:
    for address in town().addresses.values():
        community = town().community_of(address.area)
        assert community is not None
        found = match(address.text, None, community.code, town())
        assert found[0].address_id == address.address_id
        assert found[0] == replace(found[0], lat=address.lat, lon=address.lon, grid=address.area)


# --- the sample street: 4,000 addresses, and every one of them found


PLACES = st.sampled_from(street().addresses)


def community(address: StandardAddress) -> str:
    found = directory().community_of(address.area)
    assert found is not None
    return found.code


@settings(max_examples=many(200))
@given(PLACES)
def test_a_standard_address_always_finds_itself(address: StandardAddress) -> None:
    found = match(address.text, None, community(address), directory())
    assert found[0].address_id == address.address_id
    assert sure(found) == found[0]


@settings(max_examples=many(300))
@given(PLACES, st.data())
def test_an_edit_of_one_character_of_the_name_still_finds_it_among_the_first_three(
    address: StandardAddress, data: st.DataObject
) -> None:
    """A digit is left alone: 13幢 for 3幢 is another address, and rightly found."""
    name = next(iter(segments(normalised(address.text)))).name
    written = normalised(address.text)
    at = data.draw(st.integers(0, len(name) - 1), "at")
    kind = data.draw(st.sampled_from(("gone", "other", "more")), "kind")
    other = data.draw(st.sampled_from("的哪啊大小东西鹅鸭牛"), "other")
    edited = {"gone": "", "other": other, "more": written[at] + other}[kind]
    text = written[:at] + edited + written[at + 1 :]
    if len(name) > 2:
        found = match(text, None, community(address), directory())
        assume(not found or found[0].score < 1)  # Letter by letter another place: then it is that place.
        assert address.address_id in [each.address_id for each in found], (text, found)


@given(PLACES, st.data())
def test_the_same_place_in_other_writing_is_the_same_place(address: StandardAddress, data: st.DataObject) -> None:
    text = address.text
    change = data.draw(
        st.sampled_from(
            (
                lambda t: "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in t),
                lambda t: " ".join(t),
                lambda t: t.replace("幢", "号楼"),
                lambda t: t.replace("幢", "-").replace("单元", ""),
                lambda t: f"我在{t}",
                lambda t: f"望潮区萧溪街道{t}",
                lambda t: t + "旁边",
            )
        )
    )
    assert match(change(text), None, community(address), directory())[0].address_id == address.address_id
