"""Free text or a pin -> standard address -> grid, with how sure we are and what else it may be."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import cos, hypot, radians

from routing.areas import Area
from routing.directory import Directory
from routing.hits import Finder, Hit, Near
from routing.wording import Segment, normalised, segments

#: From here on a place goes by itself, if nothing else is near it (`sure`).
SURE = 0.85
_MARGIN = 0.08  #: How far ahead of the next place.
_OWN_GRID = 0.5  #: The group's own grid, when nothing was found in the text.
_PROPOSED = 0.8  #: Where somebody is known from elsewhere alone: below SURE, whatever the words are like.
_PIN_NAMES = 60  #: Metres up to which a pin is called by the nearest address.
_BEHIND = 0.3  #: A place this far behind the best is no alternative.
_LESS = 0.9  #: Factor for each piece of the text that one place holds and this one does not.
_MOST = 3  #: As many as there are buttons.


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
    nothing fits, and for an address in another city or district.
    """
    written = normalised(text)
    found = _from_text(written, area, directory) if written else []
    ranked = _ranked(found or ())
    pinned = _from_pin(text, pin, ranked, directory) if pin else None
    if pinned:
        return (pinned, *(other for other in ranked if other.grid != pinned.grid))[:_MOST]
    if ranked:
        return ranked[:_MOST]
    grid = directory.grid_of(area) if found is not None else None
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


def _from_text(written: str, area: str | None, directory: Directory) -> list[Candidate] | None:
    """What the words may mean, in no order; None when they name another city or district."""
    gazetteer = directory.gazetteer
    named = gazetteer.areas_named(written)
    ours = any(each.kind in ("district", "street") for alike in named for each in alike)
    plain = gazetteer.homes.without(written, ours)
    if plain is None:
        return None
    near = Near(area, named, directory)
    found: list[Candidate] = []
    for grid in near.grids:
        plain = plain.replace(normalised(grid.name), "")
        found.append(_of_area(grid, grid.name, 0.9))
    finder = Finder(near, directory)
    pieces = [finder.hits(_without(part, named, directory)) for part in segments(plain)]
    found += (_candidate(hit, directory) for hit in _agreeing(pieces, directory))
    return found


def _without(part: Segment, areas: tuple[tuple[Area, ...], ...], directory: Directory) -> Segment:
    """The segment without the names of areas, unless they are a piece of a place's name (塘湾村 of 塘湾村委会)."""
    if not areas:
        return part
    name = part.name
    whole = [place.name for place in directory.gazetteer.library.named(name) if place.likeness == 1]
    for alike in areas:
        plain = normalised(alike[0].name)
        if not any(plain in place for place in whole):
            name = name.replace(plain, "")
    return replace(part, name=name)


def _agreeing(pieces: list[list[Hit]], directory: Directory) -> list[Hit]:
    """The hits of all pieces. Where one place holds several of them (新桥路44号桂花苑3幢: the road and the compound),
    the piece with a whole address says it best, or else the last, and places that hold fewer are worth less."""
    names = {frozenset(hit.name for hit in piece) for piece in pieces if piece}
    if len(names) < 2:
        return [hit for piece in pieces for hit in piece]
    held: dict[int, int] = {}
    for row in {hit.row for piece in pieces for hit in piece}:
        text = normalised(directory.gazetteer.at(row).text)
        held[row] = sum(any(name in text for name in each) for each in names)
    most = max(held.values())

    def says_it(number: int) -> tuple[bool, int]:
        whole = any(hit.text is None and hit.score >= SURE and held[hit.row] == most for hit in pieces[number])
        return whole, number

    best = max((n for n, piece in enumerate(pieces) if any(held[hit.row] == most for hit in piece)), key=says_it)
    return [
        replace(hit, score=hit.score * _LESS ** (most - held[hit.row]))
        for number, piece in enumerate(pieces)
        for hit in piece
        if most == 1 or number == best or held[hit.row] < most
    ]


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


def _candidate(hit: Hit, directory: Directory) -> Candidate:
    address = directory.gazetteer.at(hit.row)
    id_, text = (address.address_id, address.text) if hit.text is None else (None, hit.text)
    return Candidate(id_, text, hit.grid, round(hit.score, 4), hit.lat, hit.lon)


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
