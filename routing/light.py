"""Red, yellow, green: a case by its clocks, and how a month went, by unit and by community."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from routing.sla import PROMISED, Clock, ClockKind, Light, light


def case_light(clocks: Iterable[Clock], now: datetime) -> Light:
    """Returns the worst colour of the promised clocks: red with one past its promise (kept late counts), else yellow
    with one in its last fifth, else green. A case without such clocks is green."""
    colours = {light(clock, now) for clock in clocks if clock.kind in PROMISED}
    return next((each for each in (Light.RED, Light.YELLOW) if each in colours), Light.GREEN)


@dataclass(frozen=True, slots=True)
class Timed:
    """A case of a month with its clocks."""

    number: str
    unit: str
    grid: str
    clocks: tuple[Clock, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How the cases of one unit or community stand."""

    of: str  #: The code of the unit or the area; "" where none is known.
    cases: int
    lights: dict[Light, int] = field(default_factory=dict)
    late: dict[ClockKind, int] = field(
        default_factory=dict
    )  #: Cases by the clock that was not kept; in PROMISED order.

    @property
    def kept(self) -> float:
        """The share of the cases that broke no promise, 0 to 1."""
        return 1 - self.lights.get(Light.RED, 0) / self.cases


def tally(of: str, cases: Iterable[Timed], now: datetime) -> Tally:
    """Returns how these cases (one at least) stand at `now`."""
    seen = list(cases)
    lights = dict.fromkeys(Light, 0)
    late: dict[ClockKind, int] = {}
    for case in seen:
        lights[case_light(case.clocks, now)] += 1
    for kind in PROMISED:
        if count := sum(c.kind is kind and light(c, now) is Light.RED for case in seen for c in case.clocks):
            late[kind] = count
    return Tally(of, len(seen), lights, late)
