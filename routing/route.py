"""route(...) -> Route with the reason why: which platform and unit, and which person is asked next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from routing.case import Case
from routing.directory import Directory, Level, Rung
from routing.platforms import CATEGORIES

#: A complaint about staff goes to nobody below these: the person complained of may be anyone on the ground.
STAFF = "order.staff"
ABOVE_THE_GROUND = frozenset({Level.STREET, Level.DESK})


@dataclass(frozen=True, slots=True)
class Route:
    """Where a case goes. `person` is empty when nobody can be written to: the case stays visible at the desk."""

    platform: str
    unit: str
    person: str
    level: str
    on_duty: bool
    reason: str  #: One English line for the record, for those who ask why.


def route(
    case: Case,
    directory: Directory,
    reach: Collection[str],
    now: datetime,
    *,
    load: Mapping[str, int] | None = None,
    above: str = "",
) -> Route:
    """Returns the next person for a case, and why.

    `reach` are the person ids the bot can write to; whoever had the case before (`case.asked`) is not asked again
    until everybody was. `load` is open cases per person: within one level of the ladder the least loaded comes first.
    `above` is a person id: only levels above that person's are asked (escalation).
    """
    category = CATEGORIES.get(case.category or "service.other") or CATEGORIES["service.other"]
    # A unit may be the one complained of: such a matter names none.
    unit = None if case.category == STAFF else directory.unit_for(category.platform, case.grid or None, category.code)
    rungs = [rung for rung in ladder_of(case, directory, now) if rung.person.id in reach]
    if not rungs:
        # Whoever is on duty cannot be written to: then those at the desk who are not, and at last whoever there is.
        deaf = frozenset(person for person in directory.people if person not in reach)
        rungs = ladder_of(case, directory, now, deaf)
    if above:
        rungs = _higher(rungs, above)
    fresh = [rung for rung in rungs if rung.person.id not in case.asked] or [
        rung for rung in rungs if rung.level is Level.DESK
    ]
    where = area.name if (area := directory.area(case.grid)) else "an unknown place"
    because = f"{category.code} -> {category.platform}" + (f", {unit.code}" if unit else "") + f"; {where}"
    if not fresh:
        return Route(
            category.platform, unit.code if unit else "", "", "", False, f"{because}: nobody can be written to"
        )
    level = fresh[0].level
    least = load or {}
    chosen = min(
        (rung for rung in fresh if rung.level is level),
        key=lambda rung: (least.get(rung.person.id, 0), rung.person.id),
    )
    duty = "on duty" if chosen.on_duty else "not on duty, nobody else is"
    again = ", after " + ", ".join(case.asked) if case.asked else ""
    return Route(
        category.platform,
        unit.code if unit else "",
        chosen.person.id,
        level,
        chosen.on_duty,
        f"{because}: {level} {chosen.person.id}, {duty}{again}",
    )


def ladder_of(case: Case, directory: Directory, now: datetime, without: frozenset[str] = frozenset()) -> list[Rung]:
    """Who may be asked about this case, or told of it, lowest first: the ladder of its place, less those whom its kind
    keeps out."""
    ladder = directory.ladder(case.grid or None, now, without)
    if case.category == STAFF:
        return [rung for rung in ladder if rung.level in ABOVE_THE_GROUND]
    if case.category == "service.other":
        # A person sorts it: straight to the desk.
        return [rung for rung in ladder if rung.level is Level.DESK] or list(ladder)
    return list(ladder)


def superior(case: Case, directory: Directory, reach: Collection[str], now: datetime, steps: int) -> str:
    """Returns whoever stands `steps` levels (from 1) above the holder and can be written to; past the end of the
    ladder its last one; "" when there is nobody above. Who is off duty by now counts as standing on the ground."""
    rungs = ladder_of(case, directory, now)
    order = list(Level)
    own = next((order.index(rung.level) for rung in rungs if rung.person.id == case.holder), -1)
    levels: dict[Level, str] = {}
    for rung in rungs:
        if rung.person.id in reach and rung.person.id != case.holder and order.index(rung.level) > own:
            levels.setdefault(rung.level, rung.person.id)
    people = list(levels.values())
    return people[min(steps, len(people)) - 1] if people else ""


def _higher(rungs: list[Rung], than: str) -> list[Rung]:
    order = list(Level)
    level = next((rung.level for rung in rungs if rung.person.id == than), None)
    if level is None:
        return rungs
    return [rung for rung in rungs if order.index(rung.level) > order.index(level)]
