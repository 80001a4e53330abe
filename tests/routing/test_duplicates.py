"""Is it the same matter? Every sign counts the way it should, and what is not known counts nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.case import Case, State
from routing.duplicates import (
    ALIKE,
    COPY,
    FAMILIES,
    HINT,
    OFFER,
    Again,
    Kin,
    akin,
    differing,
    kin,
    may_join,
    older,
    report,
    reused,
    score,
)
from routing.platforms import CATEGORIES

AT = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
ONE = Case(
    "11111111", State.RECEIVED, "r1", "t1", "m1", AT, "柳岸路的灯坏了", category="service.light", urgency="today",
    place="柳岸路3号", address_id="a3", grid="g1", location=(30.0, 120.0),
)  # fmt: skip
OTHER = replace(ONE, number="22222222", reporter="r2", opened_at=AT - timedelta(minutes=20))
BARE = replace(ONE, category="", place="", address_id="", location=None, words="")


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("service.light", "service.light", Kin.SAME),
        ("service.light", "service.power", Kin.FAMILY),
        ("service.light", "market.food", Kin.APART),
        ("service.light", "", Kin.UNKNOWN),
        ("service.other", "service.other", Kin.UNKNOWN),
    ],
)
def test_kinds_are_the_same_of_a_family_or_apart(one: str, other: str, found: Kin) -> None:
    assert kin(one, other) is kin(other, one) is found


def test_families_hold_public_categories_of_the_catalogue() -> None:
    public = {code for code, each in CATEGORIES.items() if not each.private}
    assert {code for family in FAMILIES for code in family} <= public


# What a person would say of two reports, by what is known of them.
SAME = {
    "the same door, other words": (OTHER, 0.2, 5.0, None),
    "the same words, nowhere named": (replace(OTHER, place="", address_id="", location=None), 0.98, None, None),
    "the same address without words": (replace(OTHER, words=""), 0.5, None, None),
    "the same own words for the place": (replace(OTHER, address_id="", place="桥头"), 0.5, None, None),
    "reported as a power cut, next door": (replace(OTHER, category="service.power", address_id="a5"), 0.6, 25.0, None),
    "a copy of the picture": (replace(OTHER, words="", address_id="", place="", category=""), 0.5, None, 2),
    "ninety metres off, alike": (replace(OTHER, address_id="a9"), 0.6, 90.0, None),
}
DIFFERENT = {
    "a mile off": (replace(OTHER, address_id="a9"), 0.9, 1600.0, None),
    "another kind at the same door": (replace(OTHER, category="market.food"), 0.1, 5.0, None),
    "other words, nowhere named": (replace(OTHER, place="", address_id="", location=None), 0.2, None, None),
    "two addresses, no pins": (replace(OTHER, address_id="a9", location=None), 0.3, None, None),
    "six days ago, doubtful": (
        replace(OTHER, opened_at=AT - timedelta(days=6), place="", address_id="", location=None), 0.5, None, None
    ),
    "half a mile off, a picture somewhat alike": (replace(OTHER, address_id="a9"), 0.3, 700.0, 9),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_what_a_person_would_call_the_same(case: str) -> None:
    other, likeness, metres, picture = SAME[case]
    one = replace(ONE, address_id="", place="桥头") if "own words" in case else ONE
    assert score(one, other, likeness, metres, picture) >= OFFER


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_a_person_would_call_another_matter(case: str) -> None:
    other, likeness, metres, picture = DIFFERENT[case]
    assert score(ONE, other, likeness, metres, picture) < HINT


def test_an_area_is_no_address() -> None:
    one, other = replace(ONE, address_id="g1", place=""), replace(OTHER, address_id="g1", place="")
    assert score(one, other, 0.5) == score(replace(one, address_id=""), replace(other, address_id=""), 0.5)


def test_what_is_not_known_counts_nothing() -> None:
    assert score(BARE, BARE, 0.99) == score(BARE, BARE, 0.01) == pytest.approx(0.5)


likenesses = st.floats(0, 1)
distances = st.one_of(st.none(), st.floats(0, 5000))


@given(likenesses, likenesses, distances, st.one_of(st.none(), st.integers(0, 64)), st.floats(0, 200))
def test_each_sign_only_ever_counts_one_way(
    less: float, more: float, metres: float | None, picture: int | None, hours: float
) -> None:
    less, more = sorted((less, more))
    other = replace(OTHER, opened_at=AT - timedelta(hours=hours))
    low = score(ONE, other, less, metres, picture)
    assert 0 < low <= score(ONE, other, more, metres, picture) < 1
    assert low == score(other, ONE, less, metres, picture), "which of the two came first is no matter"
    assert low <= score(ONE, other, less, metres, 0)
    assert low >= score(ONE, replace(other, opened_at=other.opened_at - timedelta(days=2)), less, metres, picture)
    apart = replace(ONE, address_id="", place=""), replace(other, address_id="", place="")
    if metres is not None:
        assert score(*apart, less, metres, picture) >= score(*apart, less, metres + 500, picture)


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        (ONE, OTHER, True),
        (ONE, replace(OTHER, state=State.ARRIVED), True),
        (ONE, replace(OTHER, state=State.DONE), False),
        (ONE, replace(OTHER, state=State.JOINED), False),
        (replace(ONE, state=State.DONE), OTHER, False),
        (ONE, ONE, False),
        (ONE, replace(OTHER, private=True), False),
        (replace(ONE, private=True), OTHER, False),
        (ONE, replace(OTHER, category="order.family"), False),
        (replace(ONE, urgency="now"), OTHER, False),
        (replace(ONE, urgency="now"), replace(OTHER, urgency="now"), True),
        (replace(ONE, urgency="days"), replace(OTHER, urgency="now"), True),
        (replace(ONE, urgency=""), OTHER, True),
        (ONE, replace(OTHER, category="unheard.of"), True),
    ],
)
def test_what_may_be_joined(one: Case, other: Case, may: bool) -> None:
    assert may_join(one, other) is may


def test_who_was_first() -> None:
    assert older(ONE, OTHER)
    assert not older(OTHER, ONE)
    assert older(ONE, replace(OTHER, opened_at=AT))


@pytest.mark.parametrize(
    ("other", "metres", "why"),
    [
        (replace(ONE, number="2"), 0.0, ()),
        (replace(ONE, number="2"), None, ()),
        (OTHER, 10.0, (Again.PERSON,)),
        (replace(OTHER, reporter="r1"), 500.0, (Again.PLACE,)),
        (replace(OTHER, reporter="r1", grid="g2"), None, (Again.PLACE,)),
        (replace(OTHER, reporter="r1", grid=""), None, ()),
        (replace(ONE, opened_at=AT - timedelta(days=31)), 0.0, (Again.OLD,)),
        (replace(OTHER, grid="g2", opened_at=AT - timedelta(days=31)), None, (Again.PERSON, Again.PLACE, Again.OLD)),
    ],
)
def test_why_a_picture_again_is_worth_a_word(other: Case, metres: float | None, why: tuple[Again, ...]) -> None:
    assert reused(ONE, other, metres) == why


def test_prints_differ_by_their_bits() -> None:
    assert (differing(0b1010, 0b0110), differing(7, 7), differing(0, 2**64 - 1)) == (2, 0, 64)
    assert COPY < ALIKE


def test_a_report_that_is_no_case_yet_is_judged_by_its_words_and_its_pin() -> None:
    here = report(AT)
    assert score(here, OTHER, 0.9) > score(here, OTHER, 0.5) > score(here, OTHER, 0.1)
    assert score(here, OTHER, 0.5, 10.0) > score(here, OTHER, 0.5) > score(here, OTHER, 0.5, 900.0)
    assert score(here, OTHER, 0.5) == score(here, replace(OTHER, category="", address_id="", place=""), 0.5)


def test_the_kinds_that_may_be_one_matter_are_those_that_are_not_apart() -> None:
    for category in CATEGORIES:
        found = akin(category)
        if category == "service.other":
            assert found == frozenset()  # It says nothing: anything may be the same.
            continue
        assert {category, "", "service.other"} <= found
        assert found == {other for other in ("", *CATEGORIES) if kin(category, other) is not Kin.APART}
    assert akin("") == frozenset()
