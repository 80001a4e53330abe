"""The library and the wording of places: names by look and sound, numbers however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.library import Library, likeness
from routing.sounds import sounds
from routing.wording import MOST_CHARACTERS, Segment, normalised, segments


def rows(library: Library, name: str, *numbers: str) -> list[int]:
    return [spot.row(entry) for spot in library.spots(name) for entry in spot.exactly(numbers)]


def test_it_forgets_no_row_and_counts_two_alike_twice() -> None:
    library = Library(["桂花苑3幢", "桂花苑3幢", "桂花苑30幢", "望江桥"])
    assert rows(library, "桂花苑", "3幢") == [0, 1]
    assert [spot.row(entry) for spot in library.spots("桂花苑") for entry in spot.under()] == [2, 0, 1]  # as text
    assert set(library.names) == {"桂花苑", "望江桥"}
    assert rows(library, "无此地") == []


def test_one_name_in_two_places_is_two_spots() -> None:
    library = Library(["柳岸路1号", "柳岸路1号", "柳岸路3号"], ["east", "west", "west"])
    assert {spot.place: list(spot.numbers) for spot in library.spots("柳岸路")} == {
        "east": ["1号"], "west": ["1号", "3号"],
    }  # fmt: skip
    assert library.names_by_place() == {"east": {"柳岸路"}, "west": {"柳岸路"}}


def test_the_road_in_front_of_a_compound_says_where_and_not_which() -> None:
    library = Library(["柳岸路44号桂花苑3幢", "柳岸路46号"])
    (road,) = library.spots("柳岸路")
    assert [(road.numbers[entry], road.ends(entry)) for entry in road.under()] == [("44号", False), ("46号", True)]
    assert rows(library, "桂花苑", "3幢") == [0]


def test_numbers_with_a_part_less_or_a_slip_are_found_under_their_name() -> None:
    (spot,) = Library(["桂花苑3幢1单元501室", "桂花苑3幢2单元501室", "桂花苑3幢2单元1501室"]).spots("桂花苑")

    def found(entries: list[int]) -> set[str]:
        return {spot.numbers[entry] for entry in entries}

    assert found(spot.holding(("3幢", "501室"))) == {"3幢1单元501室", "3幢2单元501室"}
    assert found(spot.holding(("2单元", "501室"))) == {"3幢2单元501室"}
    assert "3幢2单元501室" in found(spot.slips(("32单元", "501室")))
    assert spot.slips(("9组",)) == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("桂花院", "桂花苑"),
        ("贵花苑门口", "桂花苑"),
        ("我在安成村", "安城村"),
        ("锦村", "锦丰村"),
        ("锦丰丰村", "锦丰村"),
        ("新乔头公交站", "新桥头公交站"),
    ],
)
def test_a_name_is_found_by_its_sound_and_with_one_character_other_more_or_less(written: str, name: str) -> None:
    library = Library(["桂花苑1幢", "安城村3组", "锦丰村1组", "新桥头公交站", "望江桥", "人民广场"])
    found = library.named(written)
    assert found[0].name == name
    assert 0.6 <= found[0].likeness < 1


def test_of_names_as_alike_those_nearby_come_first() -> None:
    library = Library([f"{first}花苑" for first in "桂兰荷梅樱"])
    assert library.named("杏花苑", frozenset({"樱花苑"}))[0].name == "樱花苑"


def test_another_character_of_the_same_sound_is_half_a_slip() -> None:
    assert likeness("桂花苑", "桂花园") == pytest.approx(5 / 6)
    assert likeness("桂花苑", "桂树苑") == pytest.approx(2 / 3)


@pytest.mark.parametrize(("one", "other"), [("成", "城"), ("山", "三"), ("章", "张"), ("兴", "新")])
def test_what_hurried_people_mix_up_sounds_alike(one: str, other: str) -> None:
    assert sounds(one) == sounds(other)


def test_what_is_spoken_otherwise_sounds_otherwise() -> None:
    assert len(set(map(sounds, "女努桂花桥"))) == 5
    assert sounds("a1#") == "a1#"


@pytest.mark.parametrize(
    "written",
    [
        "桂花苑3幢2单元501室", "桂花苑3幢2单元501", "桂花苑3-2-501", "桂花苑3-2-501室", "桂花苑3幢2-501",
        "桂花苑３－２－５０１",
        "桂花苑三幢二单元五零一", "桂花苑叁幢贰单元五〇一室", "桂花苑3号楼2单元501房", "桂花苑 3# 2单元 501",
        "桂花苑3栋2单501",
        "桂花苑3座2元501室", "桂花苑第三幢第2单元五0一室", "桂花苑3幢-2单元-501室", "桂花苑3—2—501",
    ],
)  # fmt: skip
def test_a_flat_is_one_flat_however_it_is_written(written: str) -> None:
    assert segments(normalised(written)) == (Segment("桂花苑", ("3幢", "2单元", "501室")),)


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("柳岸路18-3号", ("18之3号",)),
        ("柳岸路18之3号", ("18之3号",)),
        ("桂花苑3-501", ("3幢", "501室")),
        ("桂花苑3-2", ("3幢", "2单元")),
        ("桂花苑2-3单元", ("2幢", "3单元")),
        ("塘湾村8组47", ("8组", "47号")),
        ("桂花苑3幢单元501室", ("3幢", "501室")),
    ],
)
def test_dashes_and_gaps_say_what_they_mean(written: str, numbers: tuple[str, ...]) -> None:
    assert [part.numbers for part in segments(normalised(written))] == [numbers]


@given(st.text(max_size=600) | st.text(alphabet="零〇一二两三十百拾0123456789幢单元室号弄-—–#第之 ", max_size=200))
def test_no_text_breaks_the_wording_and_none_grows(text: str) -> None:
    assert len(normalised(text)) <= 4 * MOST_CHARACTERS
    for part in segments(normalised(text)):
        assert all(part.numbers) or not part.numbers


@given(st.lists(st.text(alphabet="桂花苑路村1234幢号单元室-", max_size=12), max_size=12), st.text(max_size=40))
def test_any_library_answers_any_text(texts: list[str], text: str) -> None:
    library = Library(texts)
    for found in library.named(normalised(text)):
        assert 0.6 <= found.likeness <= 1
        assert library.spots(found.name)
    for row, written in enumerate(texts):
        for part in segments(normalised(written)):
            if part.name:
                assert row in rows(library, part.name, *part.numbers)
