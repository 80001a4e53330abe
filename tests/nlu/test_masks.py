"""Numbers that belong to a person are masked; all other numbers stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu import masks
from nlu.masks import mask


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("我电话13812341234", "我电话138****1234"),
        ("138 1234 1234", "138 **** 1234"),
        ("138-1234-1234", "138-****-1234"),
        ("138.1234.1234", "138.****.1234"),
        ("１３８１２３４１２３４", "１３８****１２３４"),
        ("+86 13812341234", "+86 138****1234"),
        ("8613812341234", "86138****1234"),
        ("138\u200b12341234", "138\u200b****1234"),
        ("1 3 8 1 2 3 4 5 6 7 8", "1 3 8 * * * * 5 6 7 8"),
        ("一三八一二三四五六七八", "一三八****五六七八"),
        ("0571-88123456", "0571-******56"),
        ("（0571）88123456", "（0571）******56"),
        ("010 6512 3456", "010 **** **56"),
        ("05718812345", "0571*****45"),
        ("电话：8812 3456", "电话：**** **56"),
        ("400-820-8820", "400-***-*820"),
        ("330106199001011234", "3301**********1234"),
        ("33010619900101123x", "3301**********123x"),
        ("３３０１０６１９９００１０１１２３Ｘ", "３３０１**********１２３Ｘ"),
        ("330106 19900101 1234", "3301** ******** 1234"),
        ("330106900101123", "3301*******1123"),
        ("身份证号330106199099011234", "身份证号3301**********1234"),
        ("4532015112830366", "4532********0366"),
        ("打13812341234或13912341234", "打138****1234或139****1234"),
        ("案件3816 4275，电话138 1234 5678", "案件3816 4275，电话138 **** 5678"),
        ("1816 4275 138 1234 5678", "1816 4275 138 **** 5678"),
    ],
)
def test_what_names_a_person_is_masked_with_a_hint(typed: str, kept: str) -> None:
    assert mask(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "3816 4275办得怎么样了",
        "1816 4275",
        "3816 4275 和 1816 4276",
        "坐105路转K1路",
        "2026-01-15 08:30到17:00",
        "2026年1月15日",
        "20260115",
        "一共12800元",
        "13800-15000.5元",
        "400 800 1200元",
        "110、119、12345",
        "电表号123456789012345678",
        "3幢2单元502室",
        "二零二六年一月十五日",
        "没有数字",
        "",
    ],
)
def test_other_numbers_stay_as_they_are(typed: str) -> None:
    assert mask(typed) == typed


@given(st.text(alphabet="0123456789 -*x电话年月日１３８一", max_size=60))
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text)
    assert mask(once) == once
    assert len(once) == len(text)


@given(st.text(alphabet="0123456789 -*x电话年月日１３８一", max_size=14))
def test_what_is_passed_over_for_having_few_digits_holds_no_number(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masks, "_FEWEST", 0)
        looked_through = mask(text)
    assert mask(text) == looked_through
