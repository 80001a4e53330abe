"""The same matter in other words: what it is about, what is wrong with it and where."""

from __future__ import annotations

import time

import pytest

from nlu.similarity import SameMatter, likeness, likeness_to

LAMP = "柳岸路上那盏路灯不亮了"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LAMP, "晚上走柳岸路黑漆漆的，灯坏了好几天"),
        ("3幢门口垃圾没人收", "三幢楼下垃圾堆成山了，臭死了"),
        ("房东不退押金", "租房到期了房东找借口不还我押金"),
        ("小区里有条大黑狗没拴绳", "一只没牵绳的黑狗在花园里扑小孩"),
    ],
)
def test_the_same_in_other_words_is_likelier_than_not(one: str, other: str) -> None:
    assert likeness(one, other) > 0.5
    assert likeness(one, other) == pytest.approx(likeness(other, one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LAMP, "新桥路上那盏路灯也不亮了"),
        ("学校门口窨井盖没了", "学校门口天天堵车"),
        ("桂花苑3幢电梯坏了", "桂花苑8幢电梯坏了"),
        ("楼道里堆了好多纸箱", "楼道里的灯坏了"),
        ("老板欠我们工资不发", "有只流浪猫在楼下叫"),
    ],
)
def test_another_place_or_another_thing_is_another_matter(one: str, other: str) -> None:
    assert likeness(one, other) < 0.5


def test_equal_texts_are_the_same_and_empty_ones_like_nothing() -> None:
    assert likeness(LAMP, f" {LAMP} ") == 1.0
    for nothing in ("", "。。。", "😀"):
        assert likeness(LAMP, nothing) == likeness(nothing, nothing) == 0.0
    assert 0 <= likeness("hello there", "路灯坏了") < 0.5
    assert likeness_to(LAMP)(LAMP) == 1.0


def test_a_street_names_its_own_places() -> None:
    class Names:
        def __call__(self, text: str) -> tuple[object, ...]:
            from nlu.gazetteer import Gazetteer

            names = Gazetteer()
            names.add("大榕树下")
            names.add("老粮站")
            return names.find(text)

    known = SameMatter(places=Names())  # type: ignore[arg-type]
    one, other = "大榕树下垃圾没人收", "老粮站垃圾没人收"
    assert known.of(one, other) < SameMatter().of(one, other)


def test_a_long_text_costs_no_more_than_its_beginning() -> None:
    began = time.perf_counter()
    assert likeness(LAMP * 100_000, "垃圾" * 500_000) < 0.5
    assert time.perf_counter() - began < 1
