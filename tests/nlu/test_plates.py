"""Number plates are found however they are typed, and hidden where a group reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.normalise import normalise
from nlu.plates import hide_plates, plates


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("浙A12345堵门口", ["浙A12345"]),
        ("浙a·d12345停在消防通道", ["浙AD12345"]),
        ("浙A D1 2345", ["浙AD12345"]),
        ("浙A99999D", ["浙A99999D"]),
        ("云A8K2M5 白色", ["云A8K2M5"]),
        ("浙a.12345 还有浙B-54321", ["浙A12345", "浙B54321"]),
        ("浙A12345和浙a12345", ["浙A12345"]),
        ("浙Ａ１２３４５", ["浙A12345"]),
        ("浙a幺二三四五", ["浙A12345"]),
        ("蘇E12345", ["苏E12345"]),
        ("沪C 8888学", ["沪C8888学"]),
        ("浙B1234挂", ["浙B1234挂"]),
        ("浙G1234警", ["浙G1234警"]),
        ("粤Z1234港", ["粤Z1234港"]),
        ("粤Z1234澳", ["粤Z1234澳"]),
        ("电动车车牌杭州123456", ["杭州123456"]),
        ("电瓶车的牌照是绍兴A12345", ["绍兴A12345"]),
        ("报警12345", []),
        ("浙A123456", []),
        ("新a座12345室", []),
        ("3幢2单元502", []),
        ("云abcdef", []),
        ("电动车12345辆", []),
        ("", []),
    ],
)
def test_plates_are_found(said: str, found: list[str]) -> None:
    assert list(plates(said)) == found
    assert list(plates(normalise(said))) == found


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("浙A12345已挪走", "浙A*****已挪走"),
        ("浙A·D1 2345已挪走", "浙A·** ****已挪走"),
        ("车主 浙a12345", "车主 浙a*****"),
        ("柳岸路3号的灯换好了", "柳岸路3号的灯换好了"),
    ],
)
def test_hidden_plates_keep_where_they_are_from_and_no_more(said: str, shown: str) -> None:
    assert hide_plates(said) == shown


@given(st.text(alphabet="浙沪新云aAdD1234567890 ·.-挂学零一二幢号,", max_size=60))
def test_hiding_leaves_no_plate_and_hides_nothing_else(said: str) -> None:
    shown = hide_plates(said)
    assert len(shown) == len(said)
    assert not plates(shown)
    assert plates(said) or shown == said
