"""Who may do what on the desk's page: rights by role, an area of one's own, and cases nobody may see of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from routing.accused import accused
from routing.case import Case
from routing.directory import AreaKind, Directory, Person, Role


class Right(StrEnum):
    HOME = "home"  #: Comes in: sees their own account.
    CASES = "cases"  #: Sees the open cases of their area, and each of them.
    PRIVATE = "private"  #: Opens matters of private categories, too.
    ACT = "act"  #: Takes over, writes, notes, closes, reopens.
    REROUTE = "reroute"  #: Sends to another, joins, splits.
    UNMASK = "unmask"  #: Sees who the reporter is, with a reason on record.
    PARKED = "parked"  #: Messages that failed.
    PEOPLE = "people"  #: Who is on duty.
    ANSWERS = "answers"  #: Writes the answers.
    ALERTS = "alerts"  #: Writes alerts, corrects them, widens them, takes them back.
    APPROVE = "approve"  #: Is the second person behind an alert.
    MALL = "mall"  #: The mall's goods, and what earns nothing before a person looked.
    HAND_OVER = "handover"  #: Hands over what was ordered, to whoever shows its code.


_LOOKS = frozenset({Right.HOME, Right.CASES, Right.PEOPLE})
#: Whoever stands at a counter, and nothing else: with cases they work by their cards.
COUNTER = frozenset({Right.HOME, Right.HAND_OVER})

#: The one table of rights. A role that is missing has no page: patrols work with their cards.
RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.DESK: frozenset(Right) - {Right.APPROVE},
        Role.LEADER: _LOOKS | {Right.REROUTE, Right.ALERTS, Right.HAND_OVER},
        Role.APPROVER: _LOOKS | {Right.ALERTS, Right.APPROVE},
        Role.ADMIN: _LOOKS | {Right.PARKED, Right.ANSWERS, Right.MALL, Right.HAND_OVER},
        Role.AUTHOR: frozenset({Right.HOME, Right.ANSWERS}),
        Role.CADRE: COUNTER,
        Role.UNIT: COUNTER,
    }
)
#: What whoever holds a case may do with it, whatever their role: the last rung of a ladder may be an approver.
_HOLDS = frozenset({Right.CASES, Right.PRIVATE, Right.ACT, Right.REROUTE, Right.UNMASK})
_WIDE = frozenset({AreaKind.STREET, AreaKind.DISTRICT})


def rights_of(person: Person) -> frozenset[Right]:
    """Returns what this person may do on pages, in their own area."""
    return RIGHTS.get(person.role, frozenset())


def covers(person: Person, area: str, directory: Directory) -> bool:
    """Whether the area is the person's own or lies in it. What has no known place belongs to every street's people."""
    if not directory.area(area or None):
        own = directory.area(person.area)
        return own is not None and own.kind in _WIDE
    return directory.contains(person.area, area)


def hidden(person: Person, case: Case, directory: Directory) -> bool:
    """Whether the case may be a complaint about this person or somebody of their unit."""
    return person.id in accused(case, directory).people


def rights_on(person: Person, case: Case, directory: Directory) -> frozenset[Right]:
    """Returns what this person may do with this case; nothing at all: to them there is no such case."""
    if rights_of(person) <= COUNTER or hidden(person, case, directory):
        return frozenset()
    if person.id == case.holder:
        return rights_of(person) | _HOLDS
    known = rights_of(person)
    if Right.CASES not in known or not covers(person, case.grid, directory):
        return frozenset()
    if case.private and Right.PRIVATE not in known:
        return frozenset()
    return known
