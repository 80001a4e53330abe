"""The ground: boundaries as polygons (WGS-84, lon lat), and which of them a point lies in."""

from collections.abc import Iterable
from functools import lru_cache

import shapely
from shapely.geometry import MultiPolygon, Point, Polygon


class Ground:
    """Polygons by area code; answers in about the logarithm of their number. Empty ground answers None."""

    __slots__ = ("_codes", "_sizes", "_tree")

    def __init__(self, boundaries: Iterable[tuple[str, str]]) -> None:
        """`boundaries` are (area code, WKT); ValueError for a WKT that `boundary_fault` would refuse."""
        rows = sorted(boundaries)
        self._codes = [code for code, _ in rows]
        shapes = [shapely.from_wkt(wkt) for _, wkt in rows]
        self._tree, self._sizes = shapely.STRtree(shapes), [shape.area for shape in shapes]

    def at(self, lat: float, lon: float) -> str | None:
        """The area at a point; on a shared border the first code, so that the answer never wavers."""
        hits = self._tree.query(Point(lon, lat), predicate="intersects")
        return self._codes[int(hits.min())] if len(hits) else None

    def smallest(self, lat: float, lon: float) -> str | None:
        """The smallest area at a point, where areas lie in each other; of equal ones the first code."""
        if not self._codes:
            return None
        hits = self._tree.query(Point(lon, lat), predicate="intersects").tolist()
        return self._codes[min(hits, key=lambda place: (self._sizes[place], place))] if hits else None


def boundary_fault(wkt: str) -> str | None:
    """What is wrong with a boundary, as words after "boundary"; None when it is a sound polygon in degrees."""
    try:
        shape = shapely.from_wkt(wkt)
    except shapely.GEOSException:
        return "is not well-known text (WKT)"
    if not isinstance(shape, Polygon | MultiPolygon):
        return f"must be a POLYGON or MULTIPOLYGON, not {shape.geom_type.upper()}"
    if shape.is_empty:
        return "is empty"
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        return "crosses itself" + reason.removeprefix("Self-intersection").replace("[", " at ").rstrip("]")
    west, south, east, north = shape.bounds
    if south >= -90 and north <= 90 and west >= -180 and east <= 180:
        return None
    if south >= -180 and north <= 180 and west >= -90 and east <= 90:
        return "has latitude and longitude swapped (longitude comes first)"
    return "lies outside the globe (degrees, WGS-84, longitude first)"


@lru_cache(maxsize=4096)
def centre_of(wkt: str) -> tuple[float, float]:
    """(lat, lon) of a boundary's centre: its centroid, or a point inside where the centroid of a bent shape is not."""
    shape = shapely.from_wkt(wkt)
    centre = shape.centroid
    if not shape.contains(centre):
        centre = shape.representative_point()
    return centre.y, centre.x


@lru_cache(maxsize=4096)
def outlines(wkt: str) -> tuple[tuple[tuple[float, float], ...], ...]:
    """The outer rings of a boundary as (lat, lon), each closed and to a tenth of a metre. Holes are left out."""
    shape = shapely.from_wkt(wkt)
    parts = shape.geoms if isinstance(shape, MultiPolygon) else (shape,)
    rings = (part.exterior.coords for part in parts if isinstance(part, Polygon))
    return tuple(tuple((round(lat, 6), round(lon, 6)) for lon, lat, *_ in ring) for ring in rings)
