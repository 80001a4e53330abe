"""Free text or a pin -> standard address -> grid, with how sure we are and what else it may be."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import cos, hypot, radians

from routing.directory import Area, Directory
from routing.library import Segment, normalised, segments

#: From here on a place goes by itself, if nothing else is near it (`sure`).
SURE = 0.85
_MARGIN = 0.08  #: How far ahead of the next place.
_ELSEWHERE = 0.85  #: Factor for a place outside the group's own area: nearby is what neighbours mean.
_OWN_GRID = 0.5  #: The group's own grid, when nothing was found in the text.
_PROPOSED = 0.8  #: Where somebody is known from elsewhere alone: below SURE, whatever the words are like.
_PIN_NAMES = 60  #: Metres up to which a pin is called by the nearest address.
_BEHIND = 0.3  #: A place this far behind the best is no alternative.
_MOST_NAMES = 500  #: In a community with more roads and compounds, numbers alone say nothing.
_MOST = 3  #: As many as there are buttons.

# What people add around a place; it tells where, not what.
_AROUND = re.compile(
    "小区|后面|前面|旁边|边上|门口|对面|附近|那个|这个|那边|这边|那里|这里|里面|路口|楼下|楼上|门前|背后|隔壁|我们|我家"
    "|[在的我旁后前里处上下]"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be meant."""

    address_id: str | None = field(repr=False)  #: None for a landmark, a pin or a whole grid.
    text: str = field(repr=False)
    grid: str | None
    score: float  #: 0 to 1.
    lat: float | None = field(default=None, repr=False)
    lon: float | None = field(default=None, repr=False)


def match(text: str, pin: tuple[float, float] | None, area: str | None, directory: Directory) -> tuple[Candidate, ...]:
    """The places that a text and a pin (lat, lon; WGS-84) may mean, best first, at most three.

    `area` is the group's own area: it breaks ties, gives "3幢2单元" its compound, and a group bound to a grid answers
    with that grid when nothing is found. A pin inside a grid decides; one outside all of them is not heard. () when
    nothing fits.
    """
    written = normalised(text)
    found = _from_text(written, area, directory) if written else []
    ranked = _ranked(found)
    pinned = _from_pin(text, pin, ranked, directory) if pin else None
    if pinned:
        return (pinned, *(other for other in ranked if other.grid != pinned.grid))[:_MOST]
    if ranked:
        return ranked[:_MOST]
    grid = directory.grid_of(area)
    return (_of_area(grid, text.strip()[:80] or grid.name, _OWN_GRID),) if grid else ()


def proposals(text: str, areas: Iterable[str], directory: Directory) -> tuple[Candidate, ...]:
    """The places that a text may mean near the areas a person is known from: to be asked about, never sure, at most
    three. Where nothing was found and an area is a grid, the grid by its name."""
    found: dict[str, Candidate] = {}
    for area in areas:
        for each in match(text, None, area, directory):
            if each.grid is None or not directory.contains(area, each.grid):
                continue
            grid = directory.area(each.grid)
            bare = each.address_id is None and each.score <= _OWN_GRID and grid is not None
            named = replace(each, text=grid.name if bare and grid else each.text, score=min(each.score, _PROPOSED))
            found.setdefault(named.text, named)
    return tuple(sorted(found.values(), key=lambda each: -each.score))[:_MOST]


def sure(candidates: tuple[Candidate, ...]) -> Candidate | None:
    """The one place to take without asking, or None when a person should choose."""
    if not candidates or candidates[0].score < SURE:
        return None
    if len(candidates) > 1 and candidates[0].score - candidates[1].score < _MARGIN:
        return None
    return candidates[0]


def _from_text(written: str, area: str | None, directory: Directory) -> list[Candidate]:
    found: list[Candidate] = []
    home = directory.community_of(area)
    named = directory.gazetteer.areas_named(written)
    for place in named:
        home = directory.community_of(place.code) or home
        if grid := directory.grid_of(place.code):
            written = written.replace(normalised(place.name), "")
            found.append(_of_area(grid, place.name, 0.9))
    for part in segments(written):
        for candidate in _from_segment(_without(part, named, directory), home, directory):
            near = candidate.grid is None or home is None or directory.contains(home.code, candidate.grid)
            own = area is None or (candidate.grid is not None and directory.contains(area, candidate.grid))
            factor = (1.0 if own else 0.98) if near else _ELSEWHERE
            found.append(replace(candidate, score=round(candidate.score * factor, 4)))
    return found


def _without(part: Segment, areas: tuple[Area, ...], directory: Directory) -> Segment:
    """The segment without the names of areas, unless they are a piece of a place's name (塘湾村 of 塘湾村委会)."""
    name = part.name
    whole = [place.name for place in directory.gazetteer.library.named(name) if place.likeness == 1] if areas else []
    for area in areas:
        plain = normalised(area.name)
        if not any(plain in place for place in whole):
            name = name.replace(plain, "")
    return replace(part, name=name)


def _from_segment(segment: Segment, home: Area | None, directory: Directory) -> Iterator[Candidate]:
    library = directory.gazetteer.library
    named = {name.name: name.likeness for name in library.named(segment.name)} if segment.name else {}
    rest = _AROUND.sub("", segment.name)
    here = directory.gazetteer.names_in(home.code) if home else frozenset()
    if not any(likeness == 1 and name in here for name, likeness in named.items()):
        if rest and len(rest) > 1:
            # 菜场 for the only market of the community: a piece of a name, if the name is near.
            for name in here:
                if rest in name:
                    named[name] = max(named.get(name, 0.0), 0.65 + 0.3 * len(rest) / len(name))
        elif segment.numbers and len(here) <= _MOST_NAMES:
            # 3幢2单元 alone: whichever compound of the community has it.
            holding = [name for name in here if library.under(name, segment.numbers[:1])]
            named.update(dict.fromkeys(holding, 0.9 if len(holding) == 1 else 0.7))
    for name, likeness in named.items():
        yield from _under(name, segment.numbers, likeness, directory)


def _under(name: str, numbers: tuple[str, ...], likeness: float, directory: Directory) -> Iterator[Candidate]:
    """The places under a name: the address with these numbers, with most of them, or the name itself."""
    library = directory.gazetteer.library
    for kept in range(len(numbers), -1, -1):
        if exact := library.exactly(name, numbers[:kept]):
            # A flat is more than the library knows; its stairway is still right. A wrong house is not.
            lost = len(numbers) - kept
            worth = likeness * (0.97**lost if kept or not numbers else 0.8)
            yield from (_of_row(row, worth, directory) for row in exact[:_MOST])
            return
        if (entries := library.under(name, numbers[:kept])) and kept:
            yield from _whole(name + "".join(numbers[:kept]), entries, likeness * 0.95, directory)
            return
    entries = library.under(name)
    if numbers and (close := _closest(numbers[0], entries, directory)) is not None:
        near = _of_row(close, likeness * 0.8, directory)
        yield replace(near, address_id=None, text=name + "".join(numbers))
    else:
        yield from _whole(name, entries, likeness * (0.95 if not numbers else 0.7), directory)


def _whole(text: str, entries: range, score: float, directory: Directory) -> Iterator[Candidate]:
    """A landmark of several addresses: one candidate for each grid it lies in."""
    grids: dict[str | None, list[tuple[float, float]]] = {}
    for entry in entries[:400]:
        address = directory.gazetteer.at(directory.gazetteer.library.row(entry))
        grid = directory.grid_of(address.area)
        grids.setdefault(grid.code if grid else None, []).append((address.lat, address.lon))
    for grid_code, points in grids.items():
        lat, lon = (sum(values) / len(points) for values in zip(*points, strict=True))
        # In two grids it is two people's matter: better asked than guessed.
        yield Candidate(None, text, grid_code, score if len(grids) == 1 else score * 0.8, round(lat, 6), round(lon, 6))


def _closest(number: str, entries: range, directory: Directory) -> int | None:
    """The row whose first number is nearest to a house number that the library lacks; None beyond 20."""
    wanted = _leading(number)
    distances = ((abs(_leading(directory.gazetteer.library.numbers(e)) - wanted), e) for e in entries[:400])
    distance, entry = min(distances, default=(99, 0))
    return directory.gazetteer.library.row(entry) if distance <= 20 else None


def _leading(numbers: str) -> int:
    found = re.match(r"[a-z]?(\d+)", numbers)
    return int(found[1][:6]) if found else 10**6


def _from_pin(
    text: str, pin: tuple[float, float], ranked: tuple[Candidate, ...], directory: Directory
) -> Candidate | None:
    lat, lon = pin
    grid = directory.grid_at(lat, lon)
    if grid is None:
        return None
    for candidate in ranked:
        if candidate.grid == grid.code and candidate.score >= _OWN_GRID:
            return replace(candidate, score=1.0, lat=lat, lon=lon)
    near = [(_metres(pin, (a.lat, a.lon)), a.text) for a in directory.gazetteer.in_grid(grid.code)]
    distance, nearest = min(near, default=(1e9, ""))
    named = nearest if distance <= _PIN_NAMES else grid.name
    return Candidate(None, text.strip()[:80] or named, grid.code, 1.0, lat, lon)


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two near points (lat, lon), on a flat earth: good to a per mille within a street."""
    north = (one[0] - other[0]) * 111_195
    east = (one[1] - other[1]) * 111_195 * cos(radians(one[0]))
    return hypot(north, east)


def _of_row(row: int, score: float, directory: Directory) -> Candidate:
    address = directory.gazetteer.at(row)
    grid = directory.grid_of(address.area)
    return Candidate(address.address_id, address.text, grid.code if grid else None, score, address.lat, address.lon)


def _of_area(grid: Area, text: str, score: float) -> Candidate:
    lat, lon = grid.centre or (None, None)
    return Candidate(None, text, grid.code, score, lat, lon)


def _ranked(found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Best first, each place once; what two pieces of the text agree on is a little surer."""
    best: dict[tuple[str | None, str | None, str], Candidate] = {}
    for candidate in found:
        key = (candidate.address_id, candidate.grid, "" if candidate.address_id else candidate.text)
        known = best.get(key)
        if known is None:
            best[key] = candidate
        else:
            best[key] = replace(known, score=min(1.0, max(known.score, candidate.score) + 0.05))
    ranked = sorted(best.values(), key=lambda c: (-c.score, c.address_id is None, c.text, c.grid or ""))
    return tuple(candidate for candidate in ranked if candidate.score >= ranked[0].score - _BEHIND)
