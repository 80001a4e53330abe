"""Red, yellow, green: a case by its worst clock, and the tally of a month."""

from datetime import UTC, datetime, timedelta

import pytest

from routing.light import Tally, Timed, case_light, tally
from routing.sla import Clock, ClockKind, Light

AT = datetime(2026, 11, 5, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def clock(kind: ClockKind = ClockKind.CALL, hours: float = 1) -> Clock:
    due = AT + hours * HOUR
    return Clock("1", kind, AT, due, due)


def timed(*clocks: Clock, number: str = "1") -> Timed:
    return Timed(number, "u", "g", clocks)


@pytest.mark.parametrize(
    ("clocks", "colour"),
    [
        ((), Light.GREEN),
        ((clock(hours=10),), Light.GREEN),
        ((clock(hours=10), clock(hours=1.1)), Light.YELLOW),
        ((clock(hours=1.1), clock(hours=0.5)), Light.RED),
        ((clock(hours=0.5).stop(AT),), Light.GREEN),  # kept in time
        ((clock(hours=0.5).stop(AT + HOUR),), Light.RED),  # kept too late
        ((clock(hours=0.5).rang(AT + HOUR),), Light.RED),  # its next ring is not its promise
        ((clock(ClockKind.ANSWER, 0.5), clock(ClockKind.PLACE, 0.5)), Light.GREEN),  # no promises
    ],
)
def test_a_case_has_the_colour_of_its_worst_promise(clocks: tuple[Clock, ...], colour: Light) -> None:
    assert case_light(clocks, AT + HOUR) is colour


def test_a_tally_counts_cases_by_colour_and_by_the_promise_not_kept() -> None:
    late = timed(clock(ClockKind.DONE, 0.5), clock(ClockKind.CALL, 0.5))
    found = tally("u", [late, timed(clock(hours=1.1)), timed(clock(hours=9)), timed()], AT + HOUR)
    assert found == Tally(
        "u", 4, {Light.GREEN: 2, Light.YELLOW: 1, Light.RED: 1}, {ClockKind.CALL: 1, ClockKind.DONE: 1}
    )
    assert list(found.late) == [ClockKind.CALL, ClockKind.DONE]
    assert found.kept == 0.75
