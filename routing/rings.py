"""Which groups hear an alert, ring by ring, and when: the nearest first, wider as time passes, and quiet hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from routing.alert import RINGS, Alert, Colour, Kind, State
from routing.areas import AreaKind
from routing.directory import Directory, Group
from routing.working_hours import LOCAL


@dataclass(frozen=True, slots=True)
class Ring:
    """The groups that one ring adds to those inside it."""

    kind: AreaKind
    area: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an alert spreads, and when the town sleeps. Who is lost on foot leaves a grid within some ten minutes,
    a community within half an hour; the times count from the approval."""

    after: Mapping[AreaKind, timedelta] = field(
        default_factory=lambda: {
            AreaKind.COMMUNITY: timedelta(minutes=10),
            AreaKind.STREET: timedelta(minutes=30),
            AreaKind.DISTRICT: timedelta(hours=2),
        }
    )
    approver: timedelta = timedelta(minutes=2)  #: Then the next approver is asked as well.
    life: timedelta = timedelta(hours=23)
    keep: timedelta = timedelta(days=30)  #: From its end until what it said of a person is forgotten.
    quiet_from: time = time(22)  #: Local time.
    quiet_until: time = time(7)


def rings(directory: Directory, area: str, *, exercise: bool = False) -> tuple[Ring, ...]:
    """Returns the rings around an area that have groups, the innermost first, each with the groups that it adds: those
    of its area and of all areas below. A drill has the test groups alone, an alert has all others. The last ring is
    the area's district, or the widest area above it that there is."""
    line = {each.kind: each.code for each in (*directory.ancestors(area), directory.area(area)) if each is not None}
    listening = [group for group in directory.groups if group.test == exercise]
    found: list[Ring] = []
    inside: set[str] = set()
    for kind in RINGS:
        if kind in line:
            here = _below(directory, line[kind])
            if groups := tuple(group for group in listening if group.area in here and group.area not in inside):
                found.append(Ring(kind, line[kind], groups))
            inside |= here
    return tuple(found)


def _below(directory: Directory, area: str) -> set[str]:
    """The area and all below it."""
    found, left = {area}, [area]
    while left:
        children = [child.code for child in directory.children(left.pop()) if child.code not in found]
        found.update(children)
        left += children
    return found


def first(alert: Alert, directory: Directory) -> Ring | None:
    """The ring that is told first; None when no group would hear it at all. What many are to hear anyway (a storm, a
    notice) is told to the whole of its area at once."""
    there = rings(directory, alert.area, exercise=alert.exercise)
    return there[0] if there else None


def following(alert: Alert, directory: Directory) -> Ring | None:
    """The next ring after the widest that was told; None when there is none."""
    if alert.ring is None:
        return first(alert, directory)
    wider = RINGS[RINGS.index(alert.ring) + 1 :]
    there = rings(directory, alert.area, exercise=alert.exercise)
    return next((ring for ring in there if ring.kind in wider), None)


def reached(alert: Alert, directory: Directory) -> tuple[Ring, ...]:
    """The rings that were told, the innermost first."""
    if alert.ring is None:
        return ()
    inside = RINGS[: RINGS.index(alert.ring) + 1]
    return tuple(ring for ring in rings(directory, alert.area, exercise=alert.exercise) if ring.kind in inside)


def next_due(alert: Alert, directory: Directory, pace: Pace) -> datetime | None:
    """When the next ring is to be told by itself; None: never. Only who is missing is looked for ever further away."""
    if alert.state is not State.LIVE or alert.live_at is None:
        return None
    if alert.ring is None:
        return audible(alert, alert.live_at, pace)
    ring = following(alert, directory) if alert.kind is Kind.MISSING else None
    return alert.live_at + pace.after.get(ring.kind, timedelta(0)) if ring else None


def audible(alert: Alert, now: datetime, pace: Pace) -> datetime:
    """Returns when groups may hear it, in UTC: at once for a missing person and for a storm warning of the highest
    colour; the rest waits in quiet hours for their end."""
    if alert.kind is Kind.MISSING or alert.content.colour is Colour.RED:
        return now
    local = now.astimezone(LOCAL)
    at, start, end = local.time(), pace.quiet_from, pace.quiet_until
    over_midnight = start > end
    asleep = (at >= start or at < end) if over_midnight else start <= at < end
    if not asleep:
        return now
    day = local.date() + timedelta(days=1 if over_midnight and at >= start else 0)
    return datetime.combine(day, end, LOCAL).astimezone(now.tzinfo)
