"""A case whose place becomes known: the office that answers for it keeps the clocks of working time."""

from dataclasses import replace
from datetime import time

from bot.desks.turn import Turn
from bot.outcome import Fresh, Scene
from routing.case import Case, State
from routing.directory import Opening
from routing.sla import ClockKind
from tests.town import BRIDGE, GRID_1, GRID_3, NOON, WILLOW, rows

#: The bridge's office is open on Sundays alone.
DIRECTORY = replace(rows(), hours=(Opening(BRIDGE, 7, time(9), time(10)),)).directory()


def opened(grid: str, urgency: str) -> Turn:
    turn = Turn("c", Scene(Fresh("38164275", "t")), DIRECTORY, NOON)
    turn._thread = object()  # type: ignore[assignment]
    turn.open(Case("38164275", State.RECEIVED, "r", "t", "m", NOON, urgency=urgency, grid=grid))
    return turn


def test_the_office_of_the_place_keeps_the_clocks_from_the_start() -> None:
    assert opened(GRID_3, "days").clocks[ClockKind.CALL] != opened(GRID_1, "days").clocks[ClockKind.CALL]


def test_another_place_moves_the_clocks_of_working_time_and_no_others() -> None:
    turn = opened(WILLOW, "days")
    turn.known(grid=GRID_1)
    assert turn.clocks == opened(GRID_1, "days").clocks, "the same office"
    turn.known(grid=GRID_3)
    assert turn.clocks == opened(GRID_3, "days").clocks
    assert turn.clocks[ClockKind.DISPATCH] == opened(GRID_1, "days").clocks[ClockKind.DISPATCH]


def test_another_kind_is_timed_by_the_office_of_its_place() -> None:
    turn = opened(GRID_3, "now")
    turn.known(urgency="days")
    assert turn.clocks[ClockKind.CALL] == opened(GRID_3, "days").clocks[ClockKind.CALL]
