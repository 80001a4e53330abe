"""route(...) -> Route with the reason why: which platform and units, and which person is asked next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from routing.accused import NOBODY, STAFF, Accused, accused
from routing.case import Case, Step, Verb
from routing.directory import Directory, Level, Person, Rung, Unit
from routing.dispatch import USUAL, Hands, Plan, order
from routing.platforms import Platform, sensible_unit
from routing.rules import CATALOGUE_ONLY, UNSORTED, Facts, Rule, Rules
from routing.why import Why

__all__ = ["ARBITER_AFTER", "STAFF", "Route", "desk_for", "ladder_of", "passed_on", "route", "superior"]

#: A complaint about staff goes to nobody below these: the person complained of may be anyone on the ground.
ABOVE_THE_GROUND = frozenset({Level.STREET, Level.DESK})
#: Passed on as "not ours" more often than this, a case goes to an arbiter: the desk, which decides whose it is.
ARBITER_AFTER = 2

_ORDER = {level: place for place, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Route:
    """Where a case goes. `person` is empty when nobody can be written to: the case stays visible at the desk."""

    platform: str
    unit: str  #: The lead unit's code; empty when there is none, or the matter may be about it.
    person: str
    level: str
    on_duty: bool
    why: Why  #: For the record, for those who ask why.
    rule: str = ""  #: The rule's name; empty: the catalogue decided alone.
    assist: tuple[str, ...] = ()  #: Codes of the units that help.
    arbiter: bool = False  #: Nobody took it as theirs: this person decides whose it is.
    kept_out: Accused = NOBODY  #: Whom a complaint about staff may be about.

    @property
    def reason(self) -> str:
        """Why, in one English line."""
        return self.why.line


def route(
    case: Case,
    directory: Directory,
    reach: Collection[str],
    now: datetime,
    *,
    hands: Mapping[str, Hands] | None = None,
    plan: Plan = USUAL,
    above: str = "",
    rules: Rules = CATALOGUE_ONLY,
    source: str = "",
    passed: int = 0,
) -> Route:
    """Returns the next person for a case, and why.

    `reach` are the person ids the bot can write to; whoever had the case before (`case.asked`) is not asked again
    until everybody was. Within one level of the ladder the `plan` decides, by what everybody has in their `hands`.
    `above` is a person id: only levels above that person's are asked (escalation). `source` is where it was reported
    ("telegram:bot1"), `passed` how often it was passed on as "not ours" (`passed_on`).
    """
    facts = Facts.of(case, directory, source)
    rule = rules.decide(facts)
    kept_out = accused(case, directory)
    platform, unit, assist = _units(case, directory, facts, rule, kept_out)
    arbiter = passed > ARBITER_AFTER
    ask = Level.DESK if arbiter else rule.ask if rule else None
    rungs = [rung for rung in ladder_of(case, directory, now, ask=ask) if rung.person.id in reach]
    if all(rung.person.id in case.asked and rung.level is not Level.DESK for rung in rungs):
        # Whoever is on duty cannot be written to, or had it, and nobody at the desk hears us: then those at the desk
        # who are off duty, and at last whoever there is.
        deaf = frozenset(person for person in directory.people if person not in reach)
        rungs = ladder_of(case, directory, now, deaf, ask=ask)
    if above:
        rungs = _higher(rungs, above)
    fresh = [rung for rung in rungs if rung.person.id not in case.asked]
    if arbiter and not fresh:
        # All of the desk had it in hand: a leader of the street, who can tell units what is theirs.
        street = (rung for rung in ladder_of(case, directory, now) if rung.level is Level.STREET)
        fresh = [rung for rung in street if rung.person.id in reach and rung.person.id not in case.asked]
    fresh = fresh or [rung for rung in rungs if rung.level is Level.DESK]
    area = directory.area(case.grid)
    why = Why(
        facts.category.code, str(platform), unit, assist, area.name if area else "",
        rule=rule.name if rule else "", rules=rules.version if rule else "",
    )  # fmt: skip
    if not fresh:
        return Route(platform, unit, "", "", False, why, why.rule, assist, arbiter, kept_out)
    first = order(case, fresh, directory, hands or {}, plan, unit=unit)[0]
    person, level, on_duty = first.rung.person.id, first.rung.level, first.rung.on_duty
    why = replace(
        why, person=person, level=str(level), on_duty=on_duty, in_hand=first.hands.cases, skilled=first.skilled,
        metres=first.metres if level is Level.PATROL else None, after=case.asked, passed=passed if arbiter else 0,
    )  # fmt: skip
    return Route(platform, unit, person, level, on_duty, why, why.rule, assist, arbiter, kept_out)


def ladder_of(
    case: Case,
    directory: Directory,
    now: datetime,
    without: frozenset[str] = frozenset(),
    *,
    ask: Level | None = None,
) -> list[Rung]:
    """Who may be asked about this case, or told of it, lowest first: the ladder of its place, less those whom its kind
    keeps out. `ask`: nobody below this level, if somebody stands there."""
    place = directory.finest(case.grid or None, case.address_id, case.location)
    ladder = directory.ladder(place, now, without | accused(case, directory).people)
    if case.category == STAFF:
        # Whatever a rule says: a complaint about staff stays above the ground.
        ladder = tuple(rung for rung in ladder if rung.level in ABOVE_THE_GROUND)
    if ask is None and case.category == UNSORTED:
        ask = Level.DESK  # A person sorts it: straight to the desk.
    if ask is None:
        return list(ladder)
    return [rung for rung in ladder if _ORDER[rung.level] >= _ORDER[ask]] or list(ladder)


def superior(case: Case, directory: Directory, reach: Collection[str], now: datetime, steps: int) -> str:
    """Returns whoever stands `steps` levels (from 1) above the holder and can be written to; past the end of the
    ladder its last one; "" when there is nobody above. Who is off duty by now counts as standing on the ground."""
    rungs = ladder_of(case, directory, now)
    own = next((_ORDER[rung.level] for rung in rungs if rung.person.id == case.holder), -1)
    levels: dict[Level, str] = {}
    for rung in rungs:
        if rung.person.id in reach and rung.person.id != case.holder and _ORDER[rung.level] > own:
            levels.setdefault(rung.level, rung.person.id)
    people = list(levels.values())
    return people[min(steps, len(people)) - 1] if people else ""


def desk_for(case: Case, directory: Directory) -> tuple[Person, ...]:
    """The people of the desk that answers for the case's area, less those a complaint about staff may be about."""
    kept_out = accused(case, directory).people
    return tuple(person for person in directory.desk_of(case.grid or None) if person.id not in kept_out)


def passed_on(steps: Iterable[Step]) -> int:
    """How often the case was passed on as "not ours" since it was opened, reopened or given to somebody by a person:
    what a person decided is not held against the case."""
    times = 0
    for step in steps:
        if step.verb is Verb.PASS_ON:
            times += 1
        elif step.verb is Verb.REOPEN or (step.verb is Verb.DISPATCH and step.by not in ("bot", "clock")):
            times = 0
    return times


def _units(
    case: Case, directory: Directory, facts: Facts, rule: Rule | None, kept_out: Accused
) -> tuple[Platform, str, tuple[str, ...]]:
    """The platform, the lead unit's code and those of the units that help. None of them is one that is complained of;
    without a rule that names it a complaint about staff has no unit at all."""
    platform = facts.category.platform
    lead: Unit | None = None
    if rule and rule.lead:
        lead = _unit(rule.lead, directory, case.grid, _searched(rule.platform, platform))
        # Where there is no such unit, the catalogue's does the work.
        platform = rule.platform or (lead.platform if lead else platform)
    elif rule and rule.platform:
        platform = rule.platform
    if lead is None and case.category != STAFF:
        lead = sensible_unit(facts.category.code, _near(directory, platform, case.grid))
    if lead is not None and lead.code in kept_out.units:
        lead = None
    found = (_unit(name, directory, case.grid, _searched(None, platform)) for name in (rule.assist if rule else ()))
    helpers = (unit.code for unit in found if unit is not None and unit != lead and unit.code not in kept_out.units)
    return platform, lead.code if lead else "", tuple(dict.fromkeys(helpers))


def _searched(platform: Platform | None, own: Platform) -> tuple[Platform, ...]:
    """Where a kind of unit is looked for: at the rule's platform alone; without one at the matter's own, then at the
    others."""
    return (platform,) if platform else (own, *(other for other in Platform if other is not own))


def _unit(name: str, directory: Directory, area: str, platforms: tuple[Platform, ...]) -> Unit | None:
    """The unit of that code, or the nearest of that kind; None where there is none."""
    if (unit := directory.unit(name)) is not None:
        return unit
    units = (unit for platform in platforms for unit in _near(directory, platform, area))
    return next((unit for unit in units if unit.code.endswith("-" + name)), None)


def _near(directory: Directory, platform: Platform, area: str) -> tuple[Unit, ...]:
    """The platform's units for an area, nearest first. While the place is not known, those that are the only ones of
    their kind: they are the right ones wherever it is."""
    if directory.area(area) is not None:
        return directory.units_of(platform, area)
    units = [unit for unit in directory.units.values() if unit.platform is platform]
    kinds = Counter(unit.code.rpartition("-")[2] for unit in units)
    return tuple(unit for unit in units if kinds[unit.code.rpartition("-")[2]] == 1)


def _higher(rungs: list[Rung], than: str) -> list[Rung]:
    level = next((rung.level for rung in rungs if rung.person.id == than), None)
    if level is None:
        return rungs
    return [rung for rung in rungs if _ORDER[rung.level] > _ORDER[level]]
