"""Is something happening? Several groups, several people, minutes, and more than usual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.bursts import Limits, Report, bursts, likely, needed

NOW = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
LIMITS = Limits()
WATER = "service.tap"


def report(
    n: int, *, minutes: float = 0, who: str = "", group: str = "", kind: str = WATER, grid: str = "g1"
) -> Report:
    return Report(f"{n:08}", kind, who or f"r{n}", group or f"group{n}", grid, NOW - timedelta(minutes=minutes))


def test_three_people_in_three_groups_within_ten_minutes_are_a_burst() -> None:
    told = [report(1, minutes=8, grid="g1"), report(2, minutes=5, grid="g2"), report(3, minutes=1, grid="g2")]
    (burst,) = bursts(told, NOW, LIMITS)
    assert (burst.category, burst.mark, burst.began) == (WATER, "00000003", told[0].at)
    assert (burst.groups, burst.people, burst.where) == (3, 3, (("g2", 2), ("g1", 1)))


@pytest.mark.parametrize(
    "told",
    [
        [],
        [report(1), report(2)],
        [report(n, who="one who repeats it") for n in range(9)],
        [report(n, group="one group") for n in range(9)],
        [report(1, minutes=11), report(2), report(3)],
        [report(1, kind="service.power"), report(2), report(3)],
        [report(n, kind="service.other") for n in range(9)],
        [report(n, kind="order.staff") for n in range(9)],
        [report(1), report(2), report(3, minutes=-1)],
    ],
    ids=["nothing", "two", "one person", "one group", "too slow", "two kinds", "unsorted", "staff", "not yet"],
)
def test_less_is_none(told: list[Report]) -> None:
    assert bursts(told, NOW, LIMITS) == ()
    assert likely(told, NOW, LIMITS) == frozenset()


def test_what_is_usual_is_no_news() -> None:
    told = [report(n, minutes=n / 2) for n in range(5)]
    assert bursts(told, NOW, LIMITS, {WATER: 0.2})
    assert not bursts(told, NOW, LIMITS, {WATER: 3.0})
    assert (needed(3, 0.0), needed(3, 0.05), needed(3, 1.0), needed(3, 3.0), needed(3, 100.0)) == (3, 3, 6, 10, 141)


def test_a_burst_keeps_its_name_while_it_goes_on_and_over_a_short_lull() -> None:
    told = [report(n, minutes=60 - 3 * n) for n in range(5)]  # 60 to 48 minutes ago
    told += [report(n, minutes=30 - n) for n in range(10, 13)]  # 20 to 18
    told += [report(n, minutes=22 - n) for n in range(20, 23)]  # 2 to 0
    (burst,) = bursts(told, NOW, LIMITS)
    assert burst.mark == "00000002"
    assert len(burst.reports) == 11


def test_after_a_long_lull_it_is_another_one() -> None:
    told = [report(n, minutes=60 - n) for n in range(5)] + [report(n, minutes=22 - n) for n in range(20, 23)]
    (burst,) = bursts(told, NOW, LIMITS)
    assert (burst.mark, len(burst.reports)) == ("00000022", 3)


@given(
    st.lists(
        st.builds(
            report,
            st.integers(1, 10**7),
            minutes=st.floats(-5, 100),
            who=st.sampled_from("abcd"),
            group=st.sampled_from("wxyz"),
            kind=st.sampled_from([WATER, "service.power", ""]),
        ),
        max_size=40,
    )
)
def test_whatever_is_told_a_burst_is_of_one_kind_and_full(told: list[Report]) -> None:
    found = bursts(told, NOW, LIMITS)
    assert {burst.category for burst in found} == likely(told, NOW, LIMITS)
    for burst in found:
        assert burst.groups >= LIMITS.groups
        assert burst.people >= LIMITS.people
        assert {each.category for each in burst.reports} == {burst.category}
        assert all(burst.began <= each.at <= NOW for each in burst.reports)
        assert sum(count for _, count in burst.where) == len(burst.reports)
