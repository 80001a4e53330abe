"""The street that is simulated: the sample street, with so many patrols in so many patrol areas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time

from bot.sample.street import PATROLS, STREET, street
from routing.areas import Area, AreaKind
from routing.directory import DirectoryRows, Group, Person, Role, Shift

CHANNEL, BOT = "telegram", "bot1"
PATROL_AREAS, ZONES = 12, 3  #: As the sample street has them.
_WEEK = range(1, 8)
_EVERY_SKILL = 4  #: One patrol in so many belongs to a unit.
_SHIFTS = ((time(8), time(16)), (time(16), time(0)), (time(0), time(8)))  #: Round the clock.
_SKILLS = ("police", "fire", "rescue", "enforcement", "safety", "works")


def rows(people: int = PATROLS, areas: int = PATROL_AREAS) -> DirectoryRows:
    """The directory of the night: the sample street with its 446 groups, its cadres, leaders and desk, and `people`
    patrols, round the clock, in `areas` patrol areas. One patrol in four belongs to a unit, which is their skill."""
    sample = street()
    patrol_areas = tuple(area for area in sample.areas if area.kind in (AreaKind.ZONE, AreaKind.PATROL))
    if areas != PATROL_AREAS:
        patrol_areas = tuple(_cut(sample.areas, areas))
    beats = [area.code for area in patrol_areas if area.kind is AreaKind.PATROL]
    others = tuple(person for person in sample.people if person.role is not Role.PATROL)
    patrols = tuple(_patrols(people, beats))
    ids = {person.id for person in others}
    return replace(
        sample,
        areas=(*(a for a in sample.areas if a.kind not in (AreaKind.ZONE, AreaKind.PATROL)), *patrol_areas),
        people=tuple(_at(person, number) for number, person in enumerate((*others, *patrols), start=1)),
        duty=(*(shift for shift in sample.duty if shift.person in ids), *_duty(patrols, len(beats))),
        groups=tuple(_group(group, number) for number, group in enumerate(sample.groups, start=1)),
    )


def _at(person: Person, number: int) -> Person:
    return replace(person, channel=CHANNEL, user_id=str(500_000 + number))


def _group(group: Group, number: int) -> Group:
    return replace(group, channel=CHANNEL, bot=BOT, chat_id=f"-{100_000 + number}")


def _patrols(count: int, beats: list[str]) -> Iterator[Person]:
    for number in range(count):
        turn = number // len(beats)
        skill = _SKILLS[turn // _EVERY_SKILL % len(_SKILLS)] if turn % _EVERY_SKILL == 1 else ""
        unit = f"{STREET}-{skill}" if skill else None
        yield Person(f"patrol{number + 1:03d}", f"巡防{number + 1}", Role.PATROL, beats[number % len(beats)], unit)


def _duty(patrols: tuple[Person, ...], beats: int) -> Iterator[Shift]:
    """Five days of seven; days off move on from colleague to colleague, so that no shift is ever empty."""
    for number, person in enumerate(patrols):
        turn = number // beats
        start, end = _SHIFTS[turn % 3]
        yield from (Shift(person.id, day, start, end) for day in _WEEK if (day + turn // 3 * 2) % 7 not in (0, 1))


def _cut(areas: tuple[Area, ...], count: int) -> Iterator[Area]:
    """Zones and so many patrol areas: the grids in a line that winds through the street, cut into even pieces."""
    grids = [area for area in areas if area.kind is AreaKind.GRID and area.boundary_wkt]
    named = sorted(grids, key=lambda area: area.code)
    for zone in range(ZONES):
        yield Area(f"{STREET}-z{zone + 1}", STREET, AreaKind.ZONE, f"{zone + 1}号防区")
    for number in range(count):
        piece = named[number * len(named) // count : (number + 1) * len(named) // count]
        wkt = ", ".join(str(area.boundary_wkt).removeprefix("POLYGON ") for area in piece)
        outline = f"MULTIPOLYGON ({wkt})"
        above = f"{STREET}-z{number * ZONES // count + 1}"
        code, name = f"{STREET}-p{number + 1:02d}", f"{number + 1}号巡区"
        yield Area(code, above, AreaKind.PATROL, name, outline)
