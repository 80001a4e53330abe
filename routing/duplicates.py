"""Is it the same matter? Is a picture used again? Likeness of words and pictures arrives as numbers, compared outside.

`score` is a sum of log-odds, each for one sign, put through the logistic function: every sign counts by itself, and
what is not known counts nothing. docs/same-matter.md has the table of weights and what they were measured on.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from routing.case import Case, State
from routing.platforms import CATEGORIES, Urgency

#: From this score on the reporter is asked "is it this one?"; from the lower one on a card names the other case.
OFFER, HINT = 0.65, 0.5
#: Of 64 bits of two pictures' prints so many may differ: a copy that an app made smaller; the same spot once more.
COPY, ALIKE = 4, 10
#: A picture that comes back after this time is an old one.
OLD = timedelta(days=30)
#: Further apart than this it is another place.
ELSEWHERE = 300.0

#: What a sign counts for (+) or against (-).
PRIOR = -0.5
FRESH, SAME_DAY, PER_DAY = 0.5, 0.2, -0.15
METRES = ((30.0, 2.0), (100.0, 1.2), (ELSEWHERE, 0.3), (1000.0, -1.0))
FAR, SAME_ADDRESS, SAME_WORDS, OTHER_ADDRESS = -4.0, 2.0, 1.5, -1.0
COPIED, PICTURED_ALIKE = 3.0, 1.0
#: Words that differ say little (people tell one thing in many ways); words that agree say much.
AGAINST, FOR = -2.0, 4.0

#: Kinds of matter that people take for each other: one thing is reported as either. (Private ones are never joined.)
FAMILIES: tuple[frozenset[str], ...] = tuple(
    frozenset(row.split())
    for row in """
service.light service.power service.facilities
service.road service.manhole service.drain service.tap
service.drain service.tap enforcement.water enforcement.smoke
enforcement.garbage enforcement.posters enforcement.water enforcement.green
enforcement.noise enforcement.dust enforcement.worksite enforcement.building
enforcement.stall enforcement.parking enforcement.fire_lane market.license
enforcement.parking order.school service.transport
enforcement.fire enforcement.fire_lane enforcement.ebike enforcement.smoke market.gas service.power
market.lift service.facilities service.power
market.food market.license market.counterfeit market.price market.medicine
market.prepaid market.price market.counterfeit
service.insects service.dogs enforcement.green
service.urgent_help market.lift
""".strip().splitlines()
)
#: Says nothing about what it is.
_UNSORTED = ("", "service.other")
_ORDER = {urgency: place for place, urgency in enumerate(Urgency)}
#: Somebody still works on it; what is done waits for its own reporter's word.
_IN_HAND = (State.RECEIVED, State.DISPATCHED, State.ACCEPTED, State.ARRIVED)


class Kin(StrEnum):
    """How near two kinds of matter are."""

    SAME = "same"
    FAMILY = "family"
    UNKNOWN = "unknown"
    APART = "apart"


_KIN = {Kin.SAME: 0.8, Kin.FAMILY: 0.2, Kin.UNKNOWN: 0.0, Kin.APART: -2.0}


@lru_cache(maxsize=8192)  # Each report is compared with dozens; the catalogue has some 2,500 pairs.
def kin(one: str, other: str) -> Kin:
    """Returns how near two categories are; unsorted ones are unknown."""
    if one in _UNSORTED or other in _UNSORTED:
        return Kin.UNKNOWN
    if one == other:
        return Kin.SAME
    return Kin.FAMILY if any(one in family and other in family for family in FAMILIES) else Kin.APART


def akin(category: str) -> frozenset[str]:
    """Returns the kinds of which a matter of this one may be: its own, its families', and unsorted. Empty for an
    unsorted one, which may be anything."""
    if category in _UNSORTED:
        return frozenset()
    return frozenset({category, *_UNSORTED}.union(*(family for family in FAMILIES if category in family)))


def score(case: Case, other: Case, likeness: float, metres: float | None = None, picture: int | None = None) -> float:
    """Returns how likely two reports tell of one matter, 0 to 1.

    `likeness` of their words is a probability (0 to 1); it counts only where both have words. `metres` lie between
    their pins; `picture` is in how many of 64 bits the prints of their nearest pictures differ. None: not known.
    """
    value = PRIOR + _KIN[kin(case.category, other.category)] + _place(case, other, metres)
    if case.words.strip() and other.words.strip():
        value += min(FOR, max(AGAINST, _logit(likeness)))
    value += _time(abs(case.opened_at - other.opened_at))
    if picture is not None:
        value += COPIED if picture <= COPY else PICTURED_ALIKE if picture <= ALIKE else 0.0
    return 1 / (1 + math.exp(-value))


def report(now: datetime) -> Case:
    """A report that is no case yet, as `score` takes it: it has words, and nothing else is known of it. For choosing
    among many open cases those that are looked at more closely."""
    return Case("", State.RECEIVED, "", "", "", now, words="…")


def may_join(case: Case, other: Case) -> bool:
    """Whether one case may end with the other: both are public matters in hand, and the other is as urgent at least.
    A private matter is never joined: its reporter would hear of somebody else's."""
    return (
        case.number != other.number
        and not (case.private or other.private or _private(case) or _private(other))
        and case.state in _IN_HAND
        and other.state in _IN_HAND
        and _urgency(other) <= _urgency(case)
    )


class Again(StrEnum):
    """Why a picture that was seen before is worth a word."""

    PERSON = "person"  #: It came from somebody else then.
    PLACE = "place"  #: It showed another place then.
    OLD = "old"  #: It is that old.


def reused(case: Case, other: Case, metres: float | None = None) -> tuple[Again, ...]:
    """Returns why a picture of this case, seen in another one before, is worth a word to whoever goes there. Nothing is
    said where somebody sends their own picture of the same place again. What it means, a person finds out."""
    found = []
    if case.reporter != other.reporter:
        found.append(Again.PERSON)
    apart = metres > ELSEWHERE if metres is not None else bool(case.grid and other.grid and case.grid != other.grid)
    if apart:
        found.append(Again.PLACE)
    if abs(case.opened_at - other.opened_at) > OLD:
        found.append(Again.OLD)
    return tuple(found)


def differing(one: int, other: int) -> int:
    """Returns in how many bits two prints differ."""
    return (one ^ other).bit_count()


def older(case: Case, other: Case) -> bool:
    """Whether the other case was there first (or at the same moment), and so is the one that goes on."""
    return other.opened_at <= case.opened_at


def _place(case: Case, other: Case, metres: float | None) -> float:
    signs = []
    if metres is not None:
        signs.append(next((weight for most, weight in METRES if metres <= most), FAR))
    one, two = case.address_id, other.address_id
    if one and one == two and one not in (case.grid, other.grid):
        signs.append(SAME_ADDRESS)
    elif case.place and case.place == other.place and one == two:
        signs.append(SAME_WORDS)
    elif one and two and one != two and metres is None:
        signs.append(OTHER_ADDRESS)
    return max(signs, default=0.0)


def _time(apart: timedelta) -> float:
    if apart <= timedelta(hours=1):
        return FRESH
    return SAME_DAY if apart <= timedelta(days=1) else PER_DAY * (apart / timedelta(days=1))


def _logit(p: float) -> float:
    p = min(max(p, 0.001), 0.999)
    return math.log(p / (1 - p))


def _private(case: Case) -> bool:
    known = CATEGORIES.get(case.category)
    return known is not None and known.private


def _urgency(case: Case) -> int:
    return _ORDER[Urgency(case.urgency or Urgency.TODAY)]
