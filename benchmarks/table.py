"""A measured figure beside what was asked for, and tables of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


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


def memory() -> float:
    """Megabytes this very process had at most. (ru_maxrss is inherited: a child begins with what its parent had.)"""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def percentile(values: Sequence[float], p: float) -> float:
    """The value that p of 100 do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-len(ranked) * p // 100).__trunc__() - 1))]
