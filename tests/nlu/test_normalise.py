"""Text is normalised once, quickly, whatever comes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.normalise import MOST, normalise


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("電動車在樓道裡充電", "电动车在楼道里充电"),
        ("３幢２單元　５０２", "3幢2单元 502"),
        ("ＡＢＣ ａｂｃ", "abc abc"),
        ("路\u200b灯\ufeff坏\u2060了", "路灯坏了"),
        ("\u202e倒着写\u202c", "倒着写"),
        ("a\x00b\x07c", "abc"),
        ("第一行\n\n第二行\t完", "第一行 第二行 完"),
        ("  前后空白  ", "前后空白"),
        ("好的，收到！", "好的,收到!"),
        ("看著辦", "看着办"),
        ("👍🏻", "👍"),
        ("", ""),
        ("\u200b\u200b", ""),
    ],
)
def test_one_spelling_for_what_people_type_in_many(typed: str, read: str) -> None:
    assert normalise(typed) == read


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@pytest.mark.parametrize("unit", ["我家漏水了，", "\x00a", "﷽", "😀", " ", "ab "])
def test_five_megabytes_cost_milliseconds(unit: str) -> None:
    text = unit * (5_000_000 // len(unit))
    normalise("暖")
    start = time.process_time()
    assert len(normalise(text)) <= MOST
    assert time.process_time() - start < 0.1
