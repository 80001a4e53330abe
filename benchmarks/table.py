"""A measured figure beside what was asked for, and tables of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `kept` is None where nothing was asked for."""

    what: str
    value: float
    unit: str
    asked: str = ""
    kept: bool | None = None

    def __str__(self) -> str:
        mark = {True: "yes", False: "NO", None: ""}[self.kept]
        return f"{self.what:<58} {self.value:>12,.2f} {self.unit:<4} {self.asked:<24} {mark}"


def percentile(values: Sequence[float], p: float) -> float:
    """The value that p of 100 do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-len(ranked) * p // 100).__trunc__() - 1))]
