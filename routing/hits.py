"""Hits: what one piece of a text, a name with numbers, may mean in the library, place by place."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from routing.areas import Area
from routing.directory import Directory
from routing.library import Spot
from routing.wording import Segment

_ELSEWHERE = 0.85  #: Factor for a place outside the group's own community: nearby is what neighbours mean.
_OTHER_TOWN = 0.8  #: And outside its street: two towns may each have a 柳岸路.
_SLIP = 0.75  #: Other numbers, one character from what was written.
_MOST_NAMES = 500  #: In a community with more roads and compounds, numbers alone say nothing.
_MOST_SPOTS = 12  #: Communities looked at for one name, the nearest first.
_MOST_LOOKED = 400  #: Entries under one name.
_NO_HOUSE = 10**6
_MOST = 3
_BEHIND = 0.3  #: What is this far behind the best is not looked at.

# What people add around a place; it tells where, not what.
_AROUND = re.compile(
    "小区|后面|前面|旁边|边上|门口|对面|附近|那个|这个|那边|这边|那里|这里|里面|路口|楼下|楼上|门前|背后|隔壁|我们|我家"
    "|[在的我旁后前里处上下]"
)
_BARE_STAIRWAY = re.compile(r"\d+单元")


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in the library: one address, or what several have in common."""

    name: str  #: The name of the library it was found by.
    row: int  #: The address, or the first of them.
    text: str | None  #: None for the address itself.
    grid: str | None
    score: float
    lat: float
    lon: float


class Near:
    """Which part of the city is meant when nothing says otherwise: the group's area, or the areas that were named."""

    __slots__ = ("_area", "_directory", "_factors", "_town", "grids", "names", "scopes")

    def __init__(self, area: str | None, named: tuple[tuple[Area, ...], ...], directory: Directory) -> None:
        self._area, self._directory = area, directory
        self._factors: dict[str | None, float] = {}
        meant: tuple[Area, ...] = ()
        town = directory.street_of(area)
        for alike in named:
            # 新桥社区 of the town named before it; else of the group's own town; else all that are called so.
            around = meant or ((town,) if town else ())
            inside = tuple(each for each in alike if any(directory.contains(a.code, each.code) for a in around))
            meant = inside or alike
        self.grids = tuple(each for each in meant if directory.grid_of(each.code) is not None)
        home = directory.community_of(area)
        #: Communities, or larger areas that were named.
        self.scopes = tuple(directory.community_of(each.code) or each for each in meant) or ((home,) if home else ())
        streets = (directory.street_of(each.code) for each in self.scopes)
        self._town = frozenset(each.code for each in streets if each)
        names = [directory.gazetteer.names_in(scope.code) for scope in self.scopes]
        #: The names of the library in the communities that are meant.
        self.names = names[0] if len(names) == 1 else frozenset[str]().union(*names)

    def factor(self, place: str | None) -> float:
        """What a score is worth in this area (None: it lies in no area of ours)."""
        if (known := self._factors.get(place)) is None:
            known = self._factors[place] = self._factor(place)
        return known

    def _factor(self, place: str | None) -> float:
        if place is None or not self.scopes:
            return 1.0
        contains = self._directory.contains
        if any(contains(scope.code, place) for scope in self.scopes):
            return 1.0 if self._area is None or contains(self._area, place) else 0.98
        street = self._directory.street_of(place)
        return _ELSEWHERE if street is None or street.code in self._town else _OTHER_TOWN


class Finder:
    """Finds the hits of a segment, the likeliest names and the nearest communities first."""

    def __init__(self, near: Near, directory: Directory) -> None:
        self._near, self._gazetteer = near, directory.gazetteer
        self._library = directory.gazetteer.library

    def hits(self, segment: Segment) -> list[Hit]:
        """Where this may be, in no order; scores count how near it is."""
        found: list[Hit] = []
        best = 0.0
        names = self._names(segment)
        for name in sorted(names, key=lambda name: (-names[name], name)):
            spots = [(self._place_factor(spot), spot) for spot in self._library.spots(name)]
            spots.sort(key=lambda each: -each[0])
            for factor, spot in spots[:_MOST_SPOTS]:
                if names[name] * factor < best - _BEHIND:
                    break
                for hit in self._under(name, spot, segment.numbers, names[name]):
                    found.append(hit)
                    best = max(best, hit.score)
        return found

    def _names(self, segment: Segment) -> dict[str, float]:
        """Name -> likeness: those found in the words, or in a community those of which the words are a piece, or,
        for numbers alone, those that have them."""
        here = self._near.names
        named = {each.name: each.likeness for each in self._library.named(segment.name, here)} if segment.name else {}
        rest = _AROUND.sub("", segment.name)
        if any(likeness == 1 and name in here for name, likeness in named.items()):
            return named
        if len(rest) > 1:
            # 菜场 for the only market of the community: a piece of a name, if the name is near.
            for name in here:
                if rest in name:
                    named[name] = max(named.get(name, 0.0), 0.65 + 0.3 * len(rest) / len(name))
        elif not rest and segment.numbers and len(here) <= _MOST_NAMES:
            # 3幢2单元 alone: whichever compound of the community has it.
            holding = self._holding(here, segment.numbers) or self._holding(here, segment.numbers[:1])
            named.update(dict.fromkeys(holding[: 3 * _MOST], 0.9 if len(holding) == 1 else 0.7))
        return named

    def _holding(self, names: Iterable[str], numbers: tuple[str, ...]) -> list[str]:
        codes = {scope.code for scope in self._near.scopes}
        spots = ((name, spot) for name in names for spot in self._library.spots(name) if spot.place in codes)
        return sorted(name for name, spot in spots if spot.under(numbers))

    def _under(self, name: str, spot: Spot, numbers: tuple[str, ...], likeness: float) -> Iterator[Hit]:
        """The places of a spot: the address with these numbers, with most of them, or the name itself."""
        for kept in range(len(numbers), -1, -1):
            lost = len(numbers) - kept
            entries = spot.exactly(numbers[:kept])
            # A flat is more than the library knows; its stairway is still right. A wrong house is not.
            worth = likeness * (0.97**lost if kept or not numbers else 0.8)
            if not entries and kept:
                entries, worth = spot.under(numbers[:kept]), likeness * 0.95
            if entries and lost:
                yield from self._slipped(name, spot, numbers, likeness)
            if entries:
                yield from self._these(name, name + "".join(numbers[:kept]), spot, entries, worth)
                return
        if numbers:
            if (close := _closest(numbers[0], spot)) is not None:
                yield self._hit(name, spot.row(close), likeness * 0.8, name + "".join(numbers))
                return
            yield from self._slipped(name, spot, numbers, likeness)
        yield from self._whole(name, name, spot, spot.under(), likeness * (0.95 if not numbers else 0.7))

    def _slipped(self, name: str, spot: Spot, numbers: tuple[str, ...], likeness: float) -> Iterator[Hit]:
        """Where the numbers were not found as written: without the stairway, with one more number, or one slip."""
        plain = [number for number in numbers if not _BARE_STAIRWAY.fullmatch(number)]
        other = spot.exactly(plain) if 0 < len(plain) < len(numbers) else spot.holding(numbers)
        worth = likeness * (0.97 if len(other) == 1 else 0.8)
        for entry in other[:_MOST]:
            if spot.ends(entry):
                yield self._hit(name, spot.row(entry), worth)
        for entry in spot.slips(numbers):
            if spot.ends(entry):
                yield self._hit(name, spot.row(entry), likeness * _SLIP)

    def _these(self, name: str, text: str, spot: Spot, entries: range, score: float) -> Iterator[Hit]:
        """The addresses with exactly these numbers; where there are only longer ones, what they have in common."""
        if spot.numbers[entries[0]] == text[len(name) :]:
            ends = [entry for entry in entries[:50] if spot.ends(entry)]
            if ends:
                yield from (self._hit(name, spot.row(entry), score) for entry in ends[:_MOST])
                return
        yield from self._whole(name, text, spot, entries, score)

    def _whole(self, name: str, text: str, spot: Spot, entries: range, score: float) -> Iterator[Hit]:
        """A landmark of several addresses: one hit for each grid it lies in."""
        grids: dict[str | None, list[int]] = {}
        for row in map(spot.row, entries[:_MOST_LOOKED]):
            grids.setdefault(self._gazetteer.grid_at(row), []).append(row)
        for grid, rows in grids.items():
            # Of many every so manieth tells where they are.
            points = [self._gazetteer.at(row) for row in rows[:: len(rows) // 20 + 1]]
            lat, lon = sum(p.lat for p in points) / len(points), sum(p.lon for p in points) / len(points)
            # In two grids it is two people's matter: better asked than guessed.
            worth = score if len(grids) == 1 else score * 0.8
            yield Hit(name, rows[0], text, grid, worth * self._near.factor(grid), round(lat, 6), round(lon, 6))

    def _hit(self, name: str, row: int, score: float, text: str | None = None) -> Hit:
        address, grid = self._gazetteer.at(row), self._gazetteer.grid_at(row)
        return Hit(name, row, text, grid, score * self._near.factor(grid), address.lat, address.lon)

    def _place_factor(self, spot: Spot) -> float:
        return self._near.factor(spot.place or None)


def _closest(number: str, spot: Spot) -> int | None:
    """The entry whose house number is nearest to one that the library lacks; None beyond 20."""
    wanted = _house(number)
    distances = ((abs(_house(numbers) - wanted), entry) for entry, numbers in enumerate(spot.numbers[:_MOST_LOOKED]))
    distance, entry = min(distances, default=(99, 0))
    return entry if wanted < _NO_HOUSE and distance <= 20 else None


def _house(numbers: str) -> int:
    """The number in front of the first 号."""
    house = numbers.partition("号")
    return int(house[0]) if house[1] and house[0].isdecimal() and len(house[0]) < 7 else _NO_HOUSE
