"""The gazetteer: which places there are, where each lies, and which are named in a text."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from routing.areas import Area, StandardAddress
from routing.library import Library, normalised, segments

_BEFORE_NUMBERS = re.compile(r"[^\d]{2,}")


class Gazetteer:
    """Standard addresses by grid and by name, and the areas' own names. Built once with a directory."""

    def __init__(
        self,
        addresses: tuple[StandardAddress, ...],
        areas: Iterable[Area],
        line: Callable[[str], tuple[Area, ...]],
    ) -> None:
        """`line` gives an area and those above it, nearest first."""
        self._addresses = addresses
        names: defaultdict[str, dict[str, None]] = defaultdict(dict)
        places: dict[str, None] = {}
        in_grid: defaultdict[str, list[StandardAddress]] = defaultdict(list)
        shorts: list[str] = []
        for address in addresses:
            above = line(address.area)
            short = _short(address.text, above)
            shorts.append(short)
            if found := _BEFORE_NUMBERS.match(short):
                places[found[0]] = None
            parts = dict.fromkeys(part.name for part in segments(normalised(short)) if part.name)
            for area in above:
                if area.kind == "grid":
                    in_grid[area.code].append(address)
                elif area.kind == "community":
                    names[area.code].update(parts)
        self.library = Library(shorts)
        #: Roads, compounds, markets, bridges, stops as they are written in the addresses.
        self.place_names = tuple(places)
        self._names = {code: frozenset(found) for code, found in names.items()}
        self._in_grid = {code: tuple(found) for code, found in in_grid.items()}
        self._areas = {
            normalised(area.name): area
            for area in areas
            if area.kind in ("district", "street", "community", "grid") and area.name
        }
        self._longest = max(map(len, self._areas), default=0)

    def at(self, row: int) -> StandardAddress:
        """The address of a row of the library."""
        return self._addresses[row]

    def in_grid(self, grid: str) -> tuple[StandardAddress, ...]:
        return self._in_grid.get(grid, ())

    def names_in(self, community: str) -> frozenset[str]:
        """The library's names that have an address in the community."""
        return self._names.get(community, frozenset())

    def areas_named(self, text: str) -> tuple[Area, ...]:
        """The districts, streets, communities and grids that a normalised text names in full, in its order."""
        found, start = [], 0
        while start < len(text):
            sizes = range(min(self._longest, len(text) - start), 1, -1)
            size = next((size for size in sizes if text[start : start + size] in self._areas), 0)
            if size:
                found.append(self._areas[text[start : start + size]])
            start += size or 1
        return tuple(found)


def _short(text: str, above: tuple[Area, ...]) -> str:
    """The address without the names of its own areas in front: 某区某街道某社区."""
    for area in reversed(above):
        rest = text.removeprefix(area.name)
        if rest and not rest[0].isdigit() and rest[0] != "委":  # 塘湾村3组, 塘湾村委会 are called by their village.
            text = rest
    return text
