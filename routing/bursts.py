"""Is something happening? The same kind of report from several groups within minutes, more than there usually are."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.accused import STAFF

#: No kinds to alarm about: what nobody has sorted, what is no matter, and what may be about whoever is alarmed.
SILENT = frozenset({"", "service.other", "service.suggestion", STAFF})
#: So many spreads above the usual number are no chance. (The spread of rare things is the root of their number.)
SPREADS = 4.0


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on it is a burst; config.yaml may set them (`bursts`)."""

    groups: int = 3  #: Different groups (of those who write alone, or through other systems: grids).
    people: int = 3  #: Different people: one who repeats it counts once.
    window: timedelta = timedelta(minutes=10)

    @property
    def quiet(self) -> timedelta:
        """After so long without as many it is over; what comes then is another burst."""
        return 3 * self.window


@dataclass(frozen=True, slots=True)
class Report:
    """What counts of one case."""

    number: str
    category: str
    reporter: str
    group: str  #: Where it was said.
    grid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Burst:
    """One kind of matter, reported from all over."""

    category: str
    mark: str  #: The case with which it became one: names the burst as long as it goes on.
    began: datetime
    reports: tuple[Report, ...]  #: Oldest first, from its first window on.

    @property
    def groups(self) -> int:
        return len({each.group for each in self.reports})

    @property
    def people(self) -> int:
        return len({each.reporter for each in self.reports})

    @property
    def where(self) -> tuple[tuple[str, int], ...]:
        """Area codes with how many reports came from there, the most first."""
        return tuple(sorted(Counter(each.grid for each in self.reports).items(), key=lambda each: (-each[1], each[0])))


def needed(least: int, usual: float) -> int:
    """How many make a burst where `usual` (a mean) come in one window anyway."""
    return max(least, math.floor(usual + SPREADS * math.sqrt(usual)) + 1 if usual > 0 else 0)


def likely(
    reports: Iterable[Report], now: datetime, limits: Limits, usual: Mapping[str, float] | None = None
) -> frozenset[str]:
    """Returns the kinds that are a burst in the window that ends now. `usual` is how many of a category come in one
    window on an ordinary day; what is missing there is taken for rare."""
    kinds = defaultdict(list)
    for each in reports:
        if each.category not in SILENT and now - limits.window < each.at <= now:
            kinds[each.category].append(each)
    return frozenset(kind for kind, found in kinds.items() if _enough(found, *_least(kind, limits, usual)))


def bursts(
    reports: Sequence[Report], now: datetime, limits: Limits, usual: Mapping[str, float] | None = None
) -> tuple[Burst, ...]:
    """Returns the bursts that go on now, by category. `reports` reach back as far as a burst may last; `usual` as in
    `likely`."""
    found = []
    for kind in sorted(likely(reports, now, limits, usual)):
        told = sorted((each for each in reports if each.category == kind and each.at <= now), key=_when)
        found.append(_burst(kind, told, now, limits, *_least(kind, limits, usual)))
    return tuple(found)


def _burst(kind: str, told: list[Report], now: datetime, limits: Limits, groups: int, people: int) -> Burst:
    """Goes back from now, window by window, as far as they were full. The one that ends now is."""
    mark = told[-1]  # The window that ends with it holds all that the one which ends now does.
    for each in reversed(told):
        if mark.at - each.at > limits.quiet:
            break
        if _enough(_window(told, each.at, limits), groups, people):
            mark = each
    began = _window(told, mark.at, limits)[0].at
    return Burst(kind, mark.number, began, tuple(each for each in told if each.at >= began))


def _least(kind: str, limits: Limits, usual: Mapping[str, float] | None) -> tuple[int, int]:
    often = (usual or {}).get(kind, 0.0)
    return needed(limits.groups, often), needed(limits.people, often)


def _window(told: list[Report], end: datetime, limits: Limits) -> list[Report]:
    return [each for each in told if end - limits.window < each.at <= end]


def _enough(reports: list[Report], groups: int, people: int) -> bool:
    return len({each.group for each in reports}) >= groups and len({each.reporter for each in reports}) >= people


def _when(report: Report) -> tuple[datetime, str]:
    return report.at, report.number
