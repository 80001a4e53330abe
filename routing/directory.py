"""The address book: areas, grids, groups, units, people, who is on duty; and the ladder of who is asked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from routing.absence import Absences, Leave
from routing.areas import Area, AreaKind, StandardAddress
from routing.gazetteer import Gazetteer
from routing.ground import Ground, centre_of
from routing.platforms import Platform, sensible_unit
from routing.roster import Roster, Shift
from routing.working_hours import LOCAL, OFFICE, Holiday, Opening, WorkingHours

K = TypeVar("K")
V = TypeVar("V")


__all__ = [
    "Area",
    "AreaKind",
    "Directory",
    "DirectoryRows",
    "Group",
    "Hears",
    "Holiday",
    "Leave",
    "Level",
    "Opening",
    "Person",
    "Role",
    "Rung",
    "Shift",
    "StandardAddress",
    "Unit",
]


class Role(StrEnum):
    CADRE = "cadre"  #: Answers for a grid (or for a community).
    PATROL = "patrol"
    UNIT = "unit"  #: Works at a unit of the four platforms.
    DESK = "desk"  #: Sits at the street's desk.
    AUTHOR = "author"  #: Writes the answers.
    APPROVER = "approver"  #: Approves alerts.
    LEADER = "leader"
    ADMIN = "admin"


class Hears(StrEnum):
    """What the bot hears in a group."""

    MENTION = "mention"
    LISTEN = "listen"


@dataclass(frozen=True, slots=True)
class Unit:
    code: str  #: Ends with its kind: "xx-police".
    platform: Platform
    name: str
    area: str


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str = field(repr=False)
    role: Role
    area: str
    unit: str | None = None
    phone: str | None = field(default=None, repr=False)
    channel: str | None = None
    user_id: str | None = field(default=None, repr=False)

    @property
    def has_chat(self) -> bool:
        """Whether the directory names a chat account; whether the account ever started the bot, the store knows."""
        return bool(self.channel and self.user_id)


@dataclass(frozen=True, slots=True)
class Group:
    channel: str
    bot: str
    chat_id: str
    area: str  #: A community or a grid.
    name: str
    hears: Hears = Hears.MENTION
    test: bool = False  #: Hears drills, and nothing else that goes to many.


class Level(StrEnum):
    """The levels of the ladder, lowest first."""

    CADRE = "cadre"
    PATROL = "patrol"
    COMMUNITY = "community"
    STREET = "street"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Rung:
    """One person on the ladder."""

    level: Level
    person: Person
    on_duty: bool


@dataclass(frozen=True, slots=True)
class DirectoryRows:
    """The lists of an import, as they were read: six that must be there and three that may."""

    areas: tuple[Area, ...] = ()
    people: tuple[Person, ...] = ()
    units: tuple[Unit, ...] = ()
    groups: tuple[Group, ...] = ()
    duty: tuple[Shift, ...] = ()
    addresses: tuple[StandardAddress, ...] = ()
    leave: tuple[Leave, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    hours: tuple[Opening, ...] = ()

    def directory(self) -> "Directory":
        return Directory(self)


class Directory:
    """A snapshot of the address book that never changes; an import makes a new one. Look-ups cost the same with
    446 groups and with 50,000. What is not in it is answered with None or ()."""

    def __init__(self, rows: DirectoryRows) -> None:
        areas = (
            replace(area, centre=centre_of(area.boundary_wkt)) if area.boundary_wkt and not area.centre else area
            for area in rows.areas
        )
        self._areas = {area.code: area for area in areas}
        self._people = {person.id: person for person in rows.people}
        self._last_resort = tuple(each for each in rows.people if each.role in (Role.APPROVER, Role.ADMIN))
        self._units = {unit.code: unit for unit in rows.units}
        self._groups = {(group.channel, group.bot, group.chat_id): group for group in rows.groups}
        self._addresses = {address.address_id: address for address in rows.addresses}
        self._users = {(p.channel, p.user_id): p for p in rows.people if p.has_chat}
        self._above = {code: self._chain(code) for code in self._areas}
        self._children = _gathered((area.parent, area) for area in self._areas.values() if area.parent)
        self.absences = Absences(rows.leave)
        self.roster = Roster(rows.duty, self.absences)
        self._usual = WorkingHours(OFFICE, rows.holidays)
        openings = _gathered((each.area, each) for each in rows.hours)
        self._hours = {area: WorkingHours(found, rows.holidays) for area, found in openings.items()}
        self._here = _gathered(((person.role, person.area), person) for person in rows.people)
        self._within = _gathered(
            ((person.role, code), person) for person in rows.people for code in self._upwards(person.area)
        )
        self._unit_at = _gathered(((unit.platform, unit.area), unit) for unit in rows.units)
        self._grids = Ground(self._bounded(AreaKind.GRID))
        self._micros = Ground(self._bounded(AreaKind.MICRO))
        self._patrol_area = self._patrol_areas()
        self.gazetteer = Gazetteer(rows.addresses, self._areas.values(), self._line)

    @classmethod
    def of(
        cls,
        areas: Iterable[Area] = (),
        people: Iterable[Person] = (),
        units: Iterable[Unit] = (),
        groups: Iterable[Group] = (),
        duty: Iterable[Shift] = (),
        addresses: Iterable[StandardAddress] = (),
        leave: Iterable[Leave] = (),
    ) -> "Directory":
        """A directory from its rows, in any order. They are taken as true: bot/directory_csv.py checks them."""
        lists = (areas, people, units, groups, duty, addresses, leave)
        return cls(DirectoryRows(*map(tuple, lists)))  # type: ignore[arg-type]

    # --- areas

    @property
    def areas(self) -> Mapping[str, Area]:
        return self._areas

    def area(self, code: str | None) -> Area | None:
        return self._areas.get(code) if code else None

    def ancestors(self, code: str) -> tuple[Area, ...]:
        """The areas above, nearest first."""
        return self._above.get(code, ())

    def children(self, code: str) -> tuple[Area, ...]:
        return self._children.get(code, ())

    def contains(self, outer: str, inner: str) -> bool:
        """Whether `inner` is `outer` or lies below it."""
        return outer == inner or any(area.code == outer for area in self.ancestors(inner))

    def grid_of(self, code: str | None) -> Area | None:
        """The grid that the area is or lies in."""
        return self._nearest(code, AreaKind.GRID)

    def community_of(self, code: str | None) -> Area | None:
        return self._nearest(code, AreaKind.COMMUNITY)

    def street_of(self, code: str | None) -> Area | None:
        return self._nearest(code, AreaKind.STREET)

    def grid_at(self, lat: float, lon: float) -> Area | None:
        """The grid whose boundary holds the point (WGS-84), or that of a micro-grid; None outside all of them."""
        return self.area(self._grids.at(lat, lon)) or self.grid_of(self._micros.smallest(lat, lon))

    def hours_of(self, code: str | None) -> WorkingHours:
        """When the office that answers for the area is open: its own hours, else those of the nearest area above that
        has some, else the usual ones. The same object for areas of the same office."""
        return next((self._hours[each] for each in self._upwards(code) if each in self._hours), self._usual)

    def patrol_area_of(self, code: str | None) -> Area | None:
        """The patrol area whose boundary contains the grid's centre."""
        grid = self.grid_of(code)
        return self.area(self._patrol_area.get(grid.code)) if grid else None

    # --- groups, units, addresses

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(self._groups.values())

    def group(self, channel: str, bot: str, chat_id: str) -> Group | None:
        return self._groups.get((channel, bot, chat_id))

    @property
    def units(self) -> Mapping[str, Unit]:
        return self._units

    def unit(self, code: str | None) -> Unit | None:
        return self._units.get(code) if code else None

    def units_of(self, platform: Platform, area: str | None) -> tuple[Unit, ...]:
        """The platform's units for an area: its own, then those of each area above."""
        return tuple(unit for code in self._upwards(area) for unit in self._unit_at.get((platform, code), ()))

    def unit_for(self, platform: Platform, area: str | None, category: str = "") -> Unit | None:
        """The unit that settles the category there; without one that suits, the platform's nearest."""
        return sensible_unit(category, self.units_of(platform, area))

    def address(self, address_id: str | None) -> StandardAddress | None:
        return self._addresses.get(address_id) if address_id else None

    @property
    def addresses(self) -> Mapping[str, StandardAddress]:
        return self._addresses

    # --- people

    @property
    def people(self) -> Mapping[str, Person]:
        return self._people

    def person(self, person_id: str | None) -> Person | None:
        return self._people.get(person_id) if person_id else None

    def person_by_user(self, channel: str, user_id: str) -> Person | None:
        return self._users.get((channel, user_id))

    def people_with(self, role: Role, area: str) -> tuple[Person, ...]:
        """Those with the role in the area or anywhere below it."""
        return self._within.get((role, area), ())

    def on_duty(self, person_id: str, now: datetime) -> bool:
        """Whether a shift of theirs, or of somebody they stand in for, covers `now` (aware), and they are not away."""
        return self.roster.on_duty(person_id, now)

    def standing(self, people: Iterable[Person], now: datetime) -> Iterator[Person]:
        """These people, in the place of each one away whoever stands in; nobody for one who has nobody."""
        if not self.absences:
            yield from people
            return
        day = now.astimezone(LOCAL).date()
        for person in people:
            if not self.absences.on(person.id, day):
                yield person
            elif deputy := self.person(self.absences.deputy(person.id, day)):
                yield deputy

    def cadres_of(self, code: str | None) -> tuple[Person, ...]:
        """The cadres of the grid, on duty or not; of a micro-grid its own first, then the grid's."""
        grid, micro = self.grid_of(code), self._nearest(code, AreaKind.MICRO)
        return tuple(p for area in (micro, grid) if area for p in self._here.get((Role.CADRE, area.code), ()))

    def finest(self, grid: str | None, address_id: str | None, point: tuple[float, float] | None = None) -> str | None:
        """The smallest area known of a place in the grid: the micro-grid of its standard address, else the one whose
        boundary holds the point (the address's where there is no other), else the grid."""
        address = self.address(address_id)
        at = point or ((address.lat, address.lon) if address else None)
        said = self._nearest(address.area, AreaKind.MICRO) if address else None
        micro = said.code if said else self._micros.smallest(*at) if at else None
        return micro if micro and grid and self.contains(grid, micro) else grid

    def cadres_on_duty(self, grid: str | None, now: datetime) -> tuple[Person, ...]:
        return tuple(person for person in self.standing(self.cadres_of(grid), now) if self.on_duty(person.id, now))

    def patrols_of(self, grid: str | None) -> tuple[Person, ...]:
        """The patrols of the grid's patrol area, on duty or not."""
        patrol_area = self.patrol_area_of(grid)
        return self._here.get((Role.PATROL, patrol_area.code), ()) if patrol_area else ()

    def patrols_on_duty(self, grid: str | None, now: datetime) -> tuple[Person, ...]:
        return tuple(person for person in self.standing(self.patrols_of(grid), now) if self.on_duty(person.id, now))

    def desk_of(self, area: str | None) -> tuple[Person, ...]:
        """The people of the desk that answers for an area: the nearest area upwards that has a desk, else any desk."""
        for code in self._upwards(area):
            if found := self._here.get((Role.DESK, code)):
                return found
        return tuple(person for person in self._people.values() if person.role is Role.DESK)

    # --- the ladder

    def ladder(self, area: str | None, now: datetime, without: frozenset[str] = frozenset()) -> tuple[Rung, ...]:
        """Who is asked about a matter of an area (best a grid), in order, each person once.

        The grid's cadres on duty, the patrols on duty of its patrol area, the community's leaders and cadres on duty,
        the street's leaders, and the desk: all of it that is on duty, or all of it when nobody is. `without` are ids
        of persons who refused, cannot be written to or are complained of. Who has no chat account is left out before
        the desk (which has its page). The last resort, with everybody at the desk left out, are the approvers and
        administrators: a gap in the roster still ends at somebody.
        """
        rungs: dict[str, Rung] = {}

        def add(level: Level, people: Iterable[Person], *, resting: bool = False, away: bool = False) -> None:
            for person in people if away else self.standing(people, now):
                written = person.has_chat or level is Level.DESK
                if person.id in without or person.id in rungs or not written:
                    continue
                on_duty = self.on_duty(person.id, now)
                if on_duty or resting:
                    rungs[person.id] = Rung(level, person, on_duty)

        add(Level.CADRE, self.cadres_of(area))
        add(Level.PATROL, self.patrols_of(area))
        if community := self.community_of(area):
            add(Level.COMMUNITY, self._here.get((Role.LEADER, community.code), ()))
            add(Level.COMMUNITY, self._here.get((Role.CADRE, community.code), ()))
        if street := self.street_of(area):
            add(Level.STREET, self._here.get((Role.LEADER, street.code), ()), resting=True)
        desk = self.desk_of(area)
        found = ((desk, False, False), (desk, True, False), (self._last_resort, True, False))
        for people, resting, away in (*found, (desk, True, True), (self._last_resort, True, True)):
            before = len(rungs)
            add(Level.DESK, people, resting=resting, away=away)
            if len(rungs) > before:
                break
        return tuple(rungs.values())

    # --- built once

    def _chain(self, code: str) -> tuple[Area, ...]:
        chain: list[Area] = []
        seen = {code}
        parent = self._areas[code].parent
        while parent and parent not in seen and (area := self._areas.get(parent)):
            chain.append(area)
            seen.add(parent)  # An import refuses circles; should one get here, the walk still ends.
            parent = area.parent
        return tuple(chain)

    def _line(self, code: str | None) -> tuple[Area, ...]:
        area = self.area(code)
        return (area, *self.ancestors(area.code)) if area else ()

    def _upwards(self, code: str | None) -> tuple[str, ...]:
        return (code, *(area.code for area in self.ancestors(code))) if code else ()

    def _nearest(self, code: str | None, kind: AreaKind) -> Area | None:
        return next((area for area in self._line(code) if area.kind is kind), None)

    def _bounded(self, kind: AreaKind) -> list[tuple[str, str]]:
        return [(a.code, a.boundary_wkt) for a in self._areas.values() if a.kind is kind and a.boundary_wkt]

    def _patrol_areas(self) -> dict[str, str]:
        ground = Ground(self._bounded(AreaKind.PATROL))
        grids = [area for area in self._areas.values() if area.kind is AreaKind.GRID and area.centre]
        found = ((grid.code, ground.at(*grid.centre)) for grid in grids if grid.centre)
        return {grid: patrol_area for grid, patrol_area in found if patrol_area}


def _gathered(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    lists: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        lists[key].append(value)
    return {key: tuple(values) for key, values in lists.items()}
