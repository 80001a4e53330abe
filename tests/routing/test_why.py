"""Why a case was routed so: kept as facts, read back alike, and said in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.why import Why, line_of

WORDS = st.text(max_size=20)
REASONS = st.builds(
    Why,
    category=WORDS, platform=WORDS, unit=WORDS, assist=st.tuples(WORDS) | st.just(()), place=WORDS, person=WORDS,
    level=WORDS, on_duty=st.booleans(), in_hand=st.integers(0, 99), metres=st.none() | st.integers(0, 9999),
    skilled=st.booleans(), after=st.lists(WORDS, max_size=3).map(tuple), passed=st.integers(0, 9), rule=WORDS,
    rules=WORDS, sent_by=WORDS,
)  # fmt: skip


@given(REASONS)
def test_what_is_written_is_read_back(why: Why) -> None:
    assert Why.read(why.written()) == (why if why != Why() else None)
    assert line_of(Why(sent_by="x").written()) == "sent by the desk (x)"


@pytest.mark.parametrize("kept", ["", "sent by the desk (feng)", "123", "[]", "{}", "null", '{"of another version":1}'])
def test_a_line_of_another_version_is_left_as_it_is(kept: str) -> None:
    assert Why.read(kept) is None
    assert line_of(kept) == kept


def test_the_line_says_all_that_is_known() -> None:
    whole = Why(
        "order.fight", "order", "s-police", ("s-fire",), "柳岸第一网格", "wu", "patrol", True, 1, 735, True,
        ("li", "wang"), 3, "fights", "1a2b3c4d",
    )  # fmt: skip
    assert whole.line == (
        "order.fight -> order, s-police with s-fire; 柳岸第一网格: patrol wu, on duty, 1 in hand, 735 m away,"
        ' of that unit, after li, wang, arbiter: passed on 3 times; rule "fights" of rules 1a2b3c4d'
    )
    assert Why("order.fight", "order").line == (
        "order.fight -> order; an unknown place: nobody can be written to; catalogue"
    )
    assert Why("x", "y", person="he", level="street", rule="one").line == (
        'x -> y; an unknown place: street he, not on duty, nobody else is; rule "one"'
    )
