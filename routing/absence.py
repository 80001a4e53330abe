"""Leave: who is away on a day, and who stands in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody is away from the first local day to the last, both whole and included."""

    person: str
    first: date
    last: date
    deputy: str | None = None  #: Who stands in: takes the place on the ladder, and the hours.

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


class Absences:
    """Everybody's leave. A deputy on leave passes it on to their own deputy; a chain that comes back ends at nobody."""

    __slots__ = ("_by_deputy", "_by_person")

    def __init__(self, leaves: Iterable[Leave] = ()) -> None:
        self._by_person: dict[str, list[Leave]] = {}
        self._by_deputy: dict[str, list[Leave]] = {}
        for leave in leaves:
            self._by_person.setdefault(leave.person, []).append(leave)
            if leave.deputy:
                self._by_deputy.setdefault(leave.deputy, []).append(leave)

    def __bool__(self) -> bool:
        return bool(self._by_person)

    def __iter__(self) -> Iterator[Leave]:
        for leaves in self._by_person.values():
            yield from leaves

    def on(self, person: str, day: date) -> Leave | None:
        """Their leave that holds on that day."""
        return next((leave for leave in self._by_person.get(person, ()) if leave.holds(day)), None)

    def deputy(self, person: str, day: date) -> str | None:
        """Who stands in for somebody away: the first down the chain who is there. None: nobody."""
        seen = {person}
        leave = self.on(person, day)
        while leave and leave.deputy and leave.deputy not in seen:
            seen.add(leave.deputy)
            if (further := self.on(leave.deputy, day)) is None:
                return leave.deputy
            leave = further
        return None

    def stood_in_for(self, person: str, day: date) -> tuple[str, ...]:
        """Those away for whom this person stands in on that day, down the whole chain. () for somebody away."""
        if person not in self._by_deputy or self.on(person, day):
            return ()
        found: list[str] = []
        ask = [person]
        while ask:
            for leave in self._by_deputy.get(ask.pop(), ()):
                # Of two leaves of one day only the first holds, as `on` reads them.
                if leave.person not in found and self.on(leave.person, day) is leave:
                    found.append(leave.person)
                    ask.append(leave.person)
        return tuple(found)
