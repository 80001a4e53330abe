"""A case whose place becomes known: the office that answers for it keeps the clocks of working time."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from bot.desks.turn import Turn
from bot.outcome import Fresh, Scene
from routing.case import Case, State
from routing.directory import Opening
from routing.sla import CATALOGUE, LOCAL, ClockKind, Span
from tests.town import BRIDGE, GRID_1, GRID_3, NOON, WILLOW, rows

#: The bridge's office is open on Sundays alone.
DIRECTORY = replace(rows(), hours=(Opening(BRIDGE, 7, time(9), time(10)),)).directory()


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=LOCAL)


def opened(grid: str, urgency: str, also: dict[str, Span] | None = None) -> Turn:
    table = {**CATALOGUE, urgency: {**CATALOGUE[urgency], **(also or {})}}
    turn = Turn("c", Scene(Fresh("38164275", "t"), table=table), DIRECTORY, NOON)
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


def test_a_pause_of_a_clock_of_working_time_takes_none_of_it() -> None:
    for written, due in (("1h", NOON + timedelta(hours=21)), ("1wh", at("2026-01-11 10:00"))):
        turn = opened(GRID_3, "days", {"dispatch": Span.parse(written)})
        turn.pause(ClockKind.DISPATCH)
        turn.now = NOON + timedelta(hours=20)
        turn.resume(ClockKind.DISPATCH)
        assert turn.clocks[ClockKind.DISPATCH].due_at == due
