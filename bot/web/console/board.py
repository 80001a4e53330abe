"""The open cases by time left: which of them this operator may see, narrowed down, and one sheet of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from bot.desks.permits import Right, covers, hidden, rights_of, rights_on
from bot.store import Store, desk_cases
from bot.store.desk_cases import OpenCase
from bot.web.console.guard import Visit
from bot.web.pages import Pages
from bot.web.readers import Cookies
from routing.accused import STAFF
from routing.case import Case
from routing.directory import Area, AreaKind, Directory, Person
from routing.sla import Light, light

DIGITS = 8  #: Of a case's number.
SHEET = 50  #: Cases on one page.
MOST_GRIDS = 200  #: In a larger area only communities can be chosen.
_CHOICES = ("area", "unit", "category", "light", "mine")
_PLACES = (AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.GRID)


@dataclass(frozen=True, slots=True)
class Line:
    """One open case on the board."""

    open: OpenCase
    light: Light | None  #: None while nothing is promised: the resident's word is waited for.
    case: Case | None  #: With its words; None when it was closed a moment ago.
    area: str
    community: str
    holder: str


class Board:
    """Puts the list together."""

    def __init__(self, store: Store, pages: Pages, cookies: Cookies, now: Callable[[], datetime]) -> None:
        self._store, self._pages, self._cookies, self._now = store, pages, cookies, now

    async def show(self, visit: Visit) -> web.Response:
        query, now = visit.request.query, self._now()
        reader = self._cookies.reader(visit.request)
        unknown = await self._looked_up(visit, reader.base) if "number" in query else ""
        chosen = {name: query.get(name, "")[:64] for name in _CHOICES}
        found = await self._seen(visit.operator.person)
        directory = self._store.directory
        lights = {each.number: light(each.clock, now) if each.clock else None for each in found}
        wanted = [each for each in found if self._fits(each, chosen, lights[each.number], visit.person, directory)]
        sheets = max(1, -(-len(wanted) // SHEET))
        asked = query.get("sheet", "")[:9]
        sheet = min(max(1, int(asked) if asked.isdecimal() else 1), sheets)
        shown = wanted[(sheet - 1) * SHEET : sheet * SHEET]
        words = await self._store.db.read(
            lambda c: desk_cases.cases(c, self._store.keys, [each.number for each in shown])
        )
        here = {name: value for name, value in chosen.items() if value}

        def address(**changed: str) -> str:
            asked = urlencode({name: value for name, value in {**here, **changed}.items() if value})
            return f"{reader.base}/desk/cases" + (f"?{asked}" if asked else "")

        return self._pages.page(
            "console/board.html",
            reader,
            visit=visit,
            now=now,
            lines=[self._line(each, lights[each.number], words.get(each.number), directory) for each in shown],
            counts=Counter(each.value for each in lights.values() if each),
            total=len(found),
            mine=sum(each.holder == visit.person for each in found),
            found=len(wanted),
            chosen=chosen,
            unknown=unknown,
            moved="moved" in query,
            sheet=sheet,
            sheets=sheets,
            address=address,
            areas=self._areas(visit.operator.person, directory),
            units=sorted({each.unit for each in found if each.unit}),
            categories=sorted({each.category for each in found if each.category}),
            directory=directory,
        )

    async def _looked_up(self, visit: Visit, base: str) -> str:
        """A number that was read out on the telephone: raises the redirect to its case, closed ones too. Else what is
        wrong with it, as a text key below web.desk."""
        number = "".join(char for char in visit.request.query["number"][:20] if char.isdigit())
        if len(number) != DIGITS:
            return "find_wrong"
        found = await self._store.db.read(lambda c: desk_cases.cases(c, self._store.keys, [number]))
        if number not in found or not rights_on(visit.operator.person, found[number], self._store.directory):
            return "refused.which"
        raise web.HTTPSeeOther(f"{base}/desk/cases/{number}")

    async def _seen(self, person: Person) -> list[OpenCase]:
        """The open cases this person may see, by time left."""
        await self._store.look()
        found, directory = await self._store.db.read(desk_cases.open_cases), self._store.directory
        known = rights_of(person)
        areas = {each.grid for each in found}
        covered = {area for area in areas if covers(person, area, directory)}
        seen = [
            each
            for each in found
            if each.holder == person.id or (each.grid in covered and (not each.private or Right.PRIVATE in known))
        ]
        return await self._unaccused(person, seen)

    async def _unaccused(self, person: Person, seen: list[OpenCase]) -> list[OpenCase]:
        """Without the complaints that may be about this person or their unit: only of those the words are opened."""
        complaints = [each.number for each in seen if each.category == STAFF]
        if not complaints:
            return seen
        opened = await self._store.db.read(lambda c: desk_cases.cases(c, self._store.keys, complaints))
        away = {number for number, case in opened.items() if hidden(person, case, self._store.directory)}
        away |= set(complaints) - opened.keys()
        return [each for each in seen if each.number not in away]

    @staticmethod
    def _fits(
        each: OpenCase, chosen: Mapping[str, str], shines: Light | None, person: str, directory: Directory
    ) -> bool:
        return (
            (not chosen["area"] or directory.contains(chosen["area"], each.grid))
            and (not chosen["unit"] or each.unit == chosen["unit"])
            and (not chosen["category"] or each.category == chosen["category"])
            and (not chosen["light"] or shines == chosen["light"])
            and (not chosen["mine"] or each.holder == person)
        )

    @staticmethod
    def _line(each: OpenCase, shines: Light | None, case: Case | None, directory: Directory) -> Line:
        area, community = directory.area(each.grid or None), directory.community_of(each.grid or None)
        holder = directory.person(each.holder or None)
        return Line(
            each,
            shines,
            case,
            area.name if area else "",
            community.name if community and community is not area else "",
            holder.name if holder else "",
        )

    @staticmethod
    def _areas(person: Person, directory: Directory) -> list[Area]:
        """What the list can be narrowed down to."""
        found = [
            each for each in directory.areas.values() if each.kind in _PLACES and covers(person, each.code, directory)
        ]
        if len(found) > MOST_GRIDS:
            found = [each for each in found if each.kind is not AreaKind.GRID]
        return [each for each in sorted(found, key=deep(directory)) if each.code != person.area]


def deep(directory: Directory) -> Callable[[Area], tuple[str, ...]]:
    """Orders areas as a tree is read."""

    def key(area: Area) -> tuple[str, ...]:
        line: Iterable[Area] = (*reversed(directory.ancestors(area.code)), area)
        return tuple(each.code for each in line)

    return key
