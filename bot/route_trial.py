"""Other rules on trial: past cases are routed by the present rules and by those, and what differs is told. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from routing.case import Case, State
from routing.directory import Directory
from routing.route import Route, route
from routing.rules import Rules


@dataclass(frozen=True, slots=True)
class Change:
    """A case that would go elsewhere. Its words stay where they are."""

    case: Case
    now: Route
    then: Route


@dataclass(frozen=True, slots=True)
class Trial:
    cases: int
    changes: tuple[Change, ...]

    def by_rule(self) -> dict[str, int]:
        """How many cases each rule of the new ones would move; "" is the catalogue."""
        counts: dict[str, int] = {}
        for change in self.changes:
            counts[change.then.rule] = counts.get(change.then.rule, 0) + 1
        return dict(sorted(counts.items(), key=lambda each: -each[1]))


def try_rules(
    past: Iterable[tuple[Case, str]], present: Rules, other: Rules, directory: Directory, reach: Collection[str]
) -> Trial:
    """Routes each case as it was when it was reported, by today's directory and with nobody busy: what differs comes of
    the rules alone."""
    count, changes = 0, []
    for case, source in past:
        count += 1
        fresh = replace(case, state=State.RECEIVED, holder="", asked=())
        now, then = (
            route(fresh, directory, reach, case.opened_at, rules=rules, source=source) for rules in (present, other)
        )
        if _goes(now) != _goes(then):
            changes.append(Change(case, now, then))
    return Trial(count, tuple(changes))


def _goes(found: Route) -> tuple[object, ...]:
    return found.platform, found.unit, found.assist, found.person
