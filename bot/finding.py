"""Finding: one thing the doctor found, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    WELL = "well"
    NOTE = "note"  #: Good to know; nothing is wrong.
    WARNING = "warning"  #: It works, and somebody will miss something.
    BROKEN = "broken"  #: It does not work.


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found and what to do about it; `mend` is empty where nothing is to be done."""

    level: Level
    what: str
    mend: str = ""


def exit_code(findings: Iterable[Finding]) -> int:
    """0 all well, 1 warnings, 2 something is broken."""
    levels = {finding.level for finding in findings}
    return 2 if Level.BROKEN in levels else 1 if Level.WARNING in levels else 0


def some(names: Sequence[str], most: int = 5) -> str:
    """The first names and how many more: "a, b and 12 more"."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def counted(number: int, thing: str) -> str:
    """ "1 message", "2 messages"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
