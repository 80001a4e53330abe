"""What there is to choose from where the desk sets a case's kind and place."""

from __future__ import annotations

from collections.abc import Mapping

from bot.desks.permits import covers
from routing.directory import Area, AreaKind, Directory, Person
from routing.platforms import CATEGORIES, Category

MOST_GRIDS = 200  #: In a larger area only communities can be chosen.


def kinds() -> Mapping[str, tuple[Category, ...]]:
    """All kinds of matter, by the platform they belong to."""
    platforms = dict.fromkeys(each.platform for each in CATEGORIES.values())
    return {
        str(platform): tuple(each for each in CATEGORIES.values() if each.platform is platform)
        for platform in platforms
    }


def places(person: Person, directory: Directory) -> tuple[Area, ...]:
    """The communities of this person's area, each with its grids behind it."""
    found = [
        each
        for each in directory.areas.values()
        if each.kind in (AreaKind.COMMUNITY, AreaKind.GRID) and covers(person, each.code, directory)
    ]
    if len(found) > MOST_GRIDS:
        found = [each for each in found if each.kind is AreaKind.COMMUNITY]
    return tuple(
        sorted(found, key=lambda each: (*reversed([up.code for up in directory.ancestors(each.code)]), each.code))
    )
