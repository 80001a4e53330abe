"""The gazetteer: which places there are, where each lies, and which are named in a text."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from routing.areas import Area, StandardAddress
from routing.elsewhere import Homes, unfronted
from routing.library import Library
from routing.wording import normalised

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
        places: dict[str, None] = {}
        in_grid: defaultdict[str, list[StandardAddress]] = defaultdict(list)
        fronts: dict[str, str] = {}  # How the addresses begin: what our own city is called.
        lines: dict[str, tuple[tuple[Area, ...], str, str | None]] = {}
        grids: list[str | None] = []
        shorts: list[str] = []
        where: list[str] = []
        for address in addresses:
            if (known := lines.get(address.area)) is None:
                above = line(address.area)
                grid = next((each.code for each in above if each.kind == "grid"), None)
                known = lines[address.area] = (above, _place(above), grid)
            above, place, grid = known
            short = _short(address.text, above)
            if "市" in address.text[:12]:
                fronts.setdefault(address.text[:8], address.text[:24])
            shorts.append(short)
            where.append(place)
            grids.append(grid)
            if found := _BEFORE_NUMBERS.match(short):
                places[found[0]] = None
            if grid:
                in_grid[grid].append(address)
        self.library = Library(shorts, where)
        #: Roads, compounds, markets, bridges, stops as they are written in the addresses.
        self.place_names = tuple(places)
        self._names = self.library.names_by_place()
        self._grids = grids
        self._in_grid = {code: tuple(found) for code, found in in_grid.items()}
        areas = tuple(areas)
        named: defaultdict[str, list[Area]] = defaultdict(list)
        for each in areas:
            if each.kind in ("district", "street", "community", "grid") and each.name:
                named[normalised(each.name)].append(each)
        self._areas = {name: tuple(alike) for name, alike in named.items()}
        self._longest = max(map(len, self._areas), default=0)
        self.homes = Homes((*(each.name for each in areas), *fronts.values()), self.library.names)

    def at(self, row: int) -> StandardAddress:
        """The address of a row of the library."""
        return self._addresses[row]

    def grid_at(self, row: int) -> str | None:
        """The grid of a row of the library."""
        return self._grids[row]

    def in_grid(self, grid: str) -> tuple[StandardAddress, ...]:
        return self._in_grid.get(grid, ())

    def names_in(self, community: str) -> frozenset[str]:
        """The library's names that have an address in the community."""
        return self._names.get(community, frozenset())

    def areas_named(self, text: str) -> tuple[tuple[Area, ...], ...]:
        """The districts, streets, communities and grids that a normalised text names in full, in its order; for each
        name all that are called so: two towns may each have a 新桥社区."""
        found, start = [], 0
        while start < len(text):
            sizes = range(min(self._longest, len(text) - start), 1, -1)
            size = next((size for size in sizes if text[start : start + size] in self._areas), 0)
            if size:
                found.append(self._areas[text[start : start + size]])
            start += size or 1
        return tuple(found)


def _place(above: tuple[Area, ...]) -> str:
    """The community, or where there is none the street, or the area itself."""
    for kind in ("community", "street"):
        for area in above:
            if area.kind == kind:
                return area.code
    return above[0].code if above else ""


def _short(text: str, above: tuple[Area, ...]) -> str:
    """The address without the names of its own areas in front: 某省某市某区某街道某社区."""
    if above:
        text = unfronted(text, above[-1].name)
    for area in reversed(above):
        rest = text.removeprefix(area.name)
        if rest and not rest[0].isdigit() and rest[0] != "委":  # 塘湾村3组, 塘湾村委会 are called by their village.
            text = rest
    return text
