"""Open cases around a matter: those of its neighbourhood, compared with it, and those with much the same pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from bot.outcome import Near
from bot.store import prints
from bot.store.private import Keys
from bot.store.ready import Ready, Row, among, codes
from bot.store.rows import CASES, case_of
from bot.store.tables import CASE, IS_OPEN
from routing.case import Case
from routing.dispatch import metres
from routing.duplicates import akin, report, score

NEAR = 12  #: Near cases that a desk sees, the likeliest.
LOOKED_AT = 40  #: Open cases of an area among which they are looked for: the newest,
OF_ITS_KIND = 16  #: of which so many of the kind (and its kin) that was heard, where newer others are in the way.
NEAR_DAYS = timedelta(days=7)
#: Cases in memory at most: those that are open in a street for a week.
KEPT = 4096

Likeness = Callable[[str], float]
"""How alike the new words are to those of an open case, 0 to 1."""

#: From an index alone: every page that a snapshot touches is fetched anew, and cases lie far apart.
_NEWEST: Select[Any] = (
    select(CASE.c.number, CASE.c.version, CASE.c.opened_at)
    .where(
        CASE.c.grid == bindparam("area"),
        CASE.c.opened_at >= bindparam("since", type_=CASE.c.opened_at.type),
        IS_OPEN,
    )
    .order_by(CASE.c.opened_at.desc())
    .limit(bindparam("most"))
)
_AROUND = Ready(_NEWEST)
_AKIN = Ready(_NEWEST.where(CASE.c.category.in_(bindparam("kinds", expanding=True))))
_THESE = Ready(CASES.where(among(CASE.c.number)))


def not_compared(words: str) -> float:
    """The likeness where there is nothing to compare with."""
    return 0.5


@dataclass(frozen=True, slots=True)
class Around:
    """What the open cases are looked at for."""

    now: datetime
    likeness: Likeness
    location: tuple[float, float] | None = None
    pictures: tuple[str, ...] = ()  #: Keys of pictures.
    case: Case | None = None  #: The matter itself, where it is a case already.
    category: str = ""  #: As it was heard now; empty: the case's.

    @property
    def matter(self) -> Case:
        """What is compared, as far as it is known."""
        case = self.case or report(self.now)
        return replace(case, category=self.category) if self.category else case

    @property
    def here(self) -> tuple[float, float] | None:
        return self.location or (self.case.location if self.case else None)


_Version = tuple[str, int]  #: A case's number and version.


class Opened:
    """The last open cases as they were read. The same ones are compared with each report of their neighbourhood, and to
    open a sealed row takes longer than to find it. One that changed is read anew; to erase its reporter is a change."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._cases: dict[_Version, Case] = {}

    def these(self, connection: Connection, wanted: Iterable[_Version]) -> list[Case]:
        """Returns these cases, in their order."""
        keys, known = list(wanted), self._cases
        missing = [key for key in keys if key not in known]
        if missing:
            if len(known) + len(missing) > KEPT:
                self._cases, missing = {}, keys
                known = self._cases
            known.update(self._read(connection, missing))
        return [known[key] for key in keys]

    def forget(self) -> None:
        """Somebody was erased: nothing of theirs stays in memory."""
        self._cases = {}

    def _read(self, connection: Connection, missing: Sequence[_Version]) -> dict[_Version, Case]:
        rows = [row for some in codes(key[0] for key in missing) for row in _THESE.rows(connection, some)]
        cases = {case.number: case for case in (case_of(row, self._keys) for row in rows)}
        return {key: cases[key[0]] for key in missing}


def near(connection: Connection, opened: Opened, areas: Sequence[str], around: Around) -> tuple[Near, ...]:
    """Returns the open cases of these areas that are likeliest to be the same matter, at most NEAR."""
    # One area at a time: so the index gives the newest ones first, and a busy area costs no more than a quiet one.
    # Where there are many areas (a community and all its grids), fewer of each.
    most = max(NEAR, 2 * LOOKED_AT // max(2, len(areas)))
    since, this, here, matter = around.now - NEAR_DAYS, around.case, around.here, around.matter
    rows, left = _newest(connection, areas, {"since": since, "most": most}, _AROUND, LOOKED_AT)
    if left and (kinds := akin(matter.category)):
        asked = {"since": since, "most": OF_ITS_KIND, "kinds": sorted(kinds)}
        more, _ = _newest(connection, areas, asked, _AKIN, OF_ITS_KIND)
        cut = LOOKED_AT - OF_ITS_KIND
        rows = list({row[0]: row for row in (*rows[:cut], *more, *rows[cut:])}.values())[:LOOKED_AT]
    found = []
    for other in opened.these(connection, [(number, version) for number, version, _ in rows]):
        if this is None or other.number != this.number:
            found.append(Near(other, around.likeness(other.words), _away(here, other)))
    if len(found) > NEAR:
        found.sort(key=lambda each: score(matter, each.case, each.likeness, each.metres), reverse=True)
    return tuple(found[:NEAR])


def _newest(
    connection: Connection, areas: Sequence[str], asked: Mapping[str, Any], statement: Ready, most: int
) -> tuple[list[Row], bool]:
    """The newest of these areas, at most so many, and whether there may be more."""
    of_areas = [statement.rows(connection, {"area": area, **asked}) for area in areas]
    rows = sorted((row for some in of_areas for row in some), key=lambda row: row[2], reverse=True)
    return rows[:most], len(rows) > most or any(len(some) == asked["most"] for some in of_areas)


def pictured(
    connection: Connection, keys: Keys, near: Sequence[Near], around: Around
) -> tuple[tuple[Near, ...], tuple[Near, ...]]:
    """Returns the near cases with what their pictures say and those open ones that a picture alone leads to; and all
    cases with much the same pictures, the likest first."""
    seen = _seen(connection, keys, around)
    bits = {each.case.number: each.picture for each in seen}
    more = tuple(each for each in seen if each.case.open and all(each.case.number != n.case.number for n in near))
    return (*(replace(each, picture=bits.get(each.case.number)) for each in near), *more), seen


def _seen(connection: Connection, keys: Keys, around: Around) -> tuple[Near, ...]:
    alike = prints.alike(connection, around.pictures)
    if around.case is not None:
        alike.pop(around.case.number, None)
    rows: list[Any] = [row for some in codes(alike) for row in _THESE.rows(connection, some)]
    found = [case_of(row, keys) for row in rows]
    found.sort(key=lambda case: (alike[case.number], case.number))
    here = around.here
    return tuple(
        Near(case, around.likeness(case.words), _away(here, case), alike[case.number]) for case in found[:NEAR]
    )


def _away(here: tuple[float, float] | None, other: Case) -> float | None:
    return metres(here, other.location) if here and other.location else None
