"""Who of those who may be asked is asked first: by what they have in hand, how far away they are, what they can do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import cos, hypot, radians

from routing.accused import accused
from routing.case import Case, Step, Verb
from routing.directory import Directory, Level, Rung
from routing.platforms import Urgency


class Policy(StrEnum):
    """What counts first among those of one level. `wuyou simulate` sets them side by side."""

    BALANCED = "balanced"  #: Whoever would be there first, by what they have in hand and the way; skill helps.
    NEAREST = "nearest"  #: The shortest way; then the fewest cases in hand.
    LEAST_LOADED = "least-loaded"  #: The fewest cases in hand; then the shortest way.


@dataclass(frozen=True, slots=True)
class Hands:
    """What one person has in hand."""

    cases: int = 0  #: Asked or accepted, and not done.
    urgent: int = 0  #: Of these.
    grid: str = ""  #: Where they were last seen to be: on the spot of a case, or done with it.
    at: tuple[float, float] | None = field(default=None, repr=False)  #: Where they said they are (lat, lon), just now.


#: Nothing in hand, and wherever one's area is.
FREE = Hands()


@dataclass(frozen=True, slots=True)
class Plan:
    """How cases are dispatched."""

    policy: Policy = Policy.BALANCED
    full: int = 3  #: Cases in hand from which on others of the ground are asked first, if the matter is urgent.
    #: How long somebody who was asked may take to accept, before the next is asked.
    accept: Mapping[str, timedelta] = field(
        default_factory=lambda: {
            Urgency.NOW: timedelta(minutes=1),
            Urgency.TODAY: timedelta(minutes=25),
            Urgency.DAYS: timedelta(hours=8),
        }
    )
    fresh: timedelta = timedelta(minutes=10)  #: So long a place counts that a patrol shared.

    def limit(self, urgency: str) -> timedelta:
        """The limit of a case; while its urgency is not known, that of today's."""
        return self.accept.get(urgency) or self.accept[Urgency.TODAY]


#: As a street begins.
USUAL = Plan()

#: Who goes there and does it. Those above are asked for a decision, which full hands do not hinder.
_GROUND = (Level.CADRE, Level.PATROL)
#: For an estimate of who is there first: metres a second through a street, seconds for a case in hand (half of it is
#: over on average), for an urgent one (it is not left), and what skill is worth.
_PACE, _CASE, _URGENT, _SKILL = 3.0, 300, 600, 300
#: Differences of the way below this are none.
_SAME_WAY = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be asked, and what says where they stand."""

    rung: Rung
    hands: Hands
    metres: int | None  #: As the crow flies; None where either place is not known.
    skilled: bool  #: Belongs to the unit that settles such matters.
    full: bool


def order(
    case: Case,
    rungs: Sequence[Rung],
    directory: Directory,
    hands: Mapping[str, Hands],
    plan: Plan = USUAL,
    *,
    unit: str = "",
) -> list[Candidate]:
    """Returns those who may be asked, in the order in which they are. `unit` is the unit that settles the case.

    The levels keep their order, lowest first. Within one, the cadre of the case's own micro-grid is first; then the
    policy decides, and at last the person's id, so that the same case always goes to the same person. Of what is
    urgent, those of the ground whose hands are full come after those whose are not, of whichever level. Nobody is left
    out: that is for the ladder, and for `asked`, to say.
    """
    spot = case.location or _centre(directory, case.grid)
    urgent = case.urgency == Urgency.NOW
    found = [_candidate(rung, spot, directory, hands, unit, plan.full if urgent else None) for rung in rungs]
    levels = list(dict.fromkeys(rung.level for rung in rungs))
    own = directory.finest(case.grid, case.address_id, case.location)

    def place(one: Candidate) -> tuple[object, ...]:
        ground = one.rung.level in _GROUND
        farther = one.rung.person.area != own
        return (not ground, one.full and ground, levels.index(one.rung.level), farther, *_key(one, plan.policy))

    return sorted(found, key=place)


def _key(one: Candidate, policy: Policy) -> tuple[float, float, float, str]:
    way = float(one.metres or 0)
    near = way // _SAME_WAY
    match policy:
        case Policy.NEAREST:
            return (near, one.hands.cases, 0, one.rung.person.id)
        case Policy.LEAST_LOADED:
            return (one.hands.cases, near, 0, one.rung.person.id)
        case _:  # BALANCED: whoever would be there first
            others = one.hands.cases - one.hands.urgent
            there = near * _SAME_WAY / _PACE + others * _CASE + one.hands.urgent * _URGENT - one.skilled * _SKILL
            return (there, one.hands.cases, near, one.rung.person.id)


def _candidate(
    rung: Rung,
    spot: tuple[float, float] | None,
    directory: Directory,
    hands: Mapping[str, Hands],
    unit: str,
    most: int | None,
) -> Candidate:
    person = rung.person
    has = hands.get(person.id, FREE)
    here = has.at or _centre(directory, has.grid) or _centre(directory, person.area)
    away = round(metres(here, spot)) if here and spot else None
    skilled = bool(unit) and person.unit == unit
    return Candidate(rung, has, away, skilled, most is not None and has.cases >= most)


def helper_of(
    case: Case, unit: str, directory: Directory, reach: Collection[str], now: datetime, hands: Mapping[str, Hands]
) -> str:
    """Returns who of a unit is asked to help with a case: on duty, with the fewest cases in hand; with nobody on duty
    whoever can be written to; "" when there is none. Never the holder, nor whom a complaint may be about."""
    kept_out = accused(case, directory).people | {case.holder}
    staff = [p for p in directory.people.values() if p.unit == unit and p.id in reach and p.id not in kept_out]
    awake = [person for person in staff if directory.on_duty(person.id, now)]
    best = min(awake or staff, key=lambda p: (hands.get(p.id, FREE).cases, p.id), default=None)
    return best.id if best else ""


def helpers(steps: Iterable[Step]) -> tuple[tuple[str, str], ...]:
    """(person id, unit's code) of those who were called to help since the case was opened, or opened again: a NOTE step
    of the bot's names the person, and in its words the unit."""
    found: list[tuple[str, str]] = []
    for step in steps:
        if step.verb is Verb.REOPEN:
            found.clear()
        elif step.verb is Verb.NOTE and step.by == "bot" and step.to:
            found.append((step.to, step.words))
    return tuple(found)


def _centre(directory: Directory, code: str) -> tuple[float, float] | None:
    area = directory.area(code or None)
    return area.centre if area else None


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two points (lat, lon) near each other: as on a plane, right to a thousandth within a city."""
    north = (one[0] - other[0]) * 111_195
    east = (one[1] - other[1]) * 111_195 * cos(radians((one[0] + other[0]) / 2))
    return hypot(north, east)
