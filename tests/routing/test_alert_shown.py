"""What pages and other systems ask of an alert: does it go on, how is it drawn, where was it heard; and an outline."""

from dataclasses import replace

import pytest

from routing.alert import MOVES, OPEN, Kind, State, Verb, mermaid
from routing.areas import AreaKind
from routing.ground import outlines
from routing.rings import following, reached
from tests.routing.test_alert import drafted
from tests.routing.test_rings import live
from tests.town import town


@pytest.mark.parametrize("state", State)
def test_an_alert_is_open_until_it_ends(state: State) -> None:
    assert replace(drafted(Kind.NOTICE), state=state, approver="he").open == (state in OPEN)


def test_its_life_is_drawn_with_every_move_that_leads_elsewhere() -> None:
    lines = list(mermaid())
    assert f"  [*] --> {State.DRAFT}: {Verb.BEGIN}" in lines
    for (before, verb), after in MOVES.items():
        edges = [line for line in lines if line.startswith(f"  {before} --> {after}: ")]
        assert before == after or any(verb in edge.partition(": ")[2].split(", ") for edge in edges)


def test_where_it_was_heard_and_who_is_next_before_anybody_was_told() -> None:
    told, unheard = live(), replace(live(), ring=None)
    assert [ring.kind for ring in reached(told, town())] == [AreaKind.GRID]
    assert reached(unheard, town()) == ()
    found = following(unheard, town())
    assert found is not None and found.kind is AreaKind.GRID


def test_a_boundary_is_its_outer_rings_closed_and_a_tenth_of_a_metre_sharp() -> None:
    holed = "POLYGON ((0 0, 10 0, 10 10, 0 0), (2 1, 3 1, 3 2, 2 1))"
    assert outlines(holed) == (((0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (0.0, 0.0)),)
    two = "MULTIPOLYGON (((120.00000049 30, 121 30, 121 31, 120.00000049 30)), ((0 0, 1 0, 1 1, 0 0)))"
    first, second = outlines(two)
    assert first[0] == first[-1] == (30.0, 120.0)
    assert second == ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0))
