"""The street as a drawing: grids for the place picker, and a small plan under a message with a place. No tiles."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass

import shapely
from shapely.geometry import MultiPolygon, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

from bot.channels.web import ACCOUNT, NAME
from routing.directory import AreaKind, Directory

WIDTH, HEIGHT = 240, 132  #: Of a plan, in its own units.
ACROSS = 900.0  #: Metres from its left edge to its right.


@dataclass(frozen=True, slots=True)
class Plan:
    """A small drawing of where something is. `shapes` are SVG path data."""

    lat: float
    lon: float
    name: str  #: The grid there; empty outside all of them.
    community: str
    here: str  #: The grid that holds the place.
    around: tuple[str, ...]


class Ground:
    """Draws what the directory knows. `directory` is asked each time, because an import makes a new one."""

    def __init__(self, directory: Callable[[], Directory | None]) -> None:
        self._directory = directory
        self._drawn: Directory | None = None
        self._shapes: dict[str, BaseGeometry] = {}
        self._geojson = b'{"type":"FeatureCollection","features":[]}'

    @property
    def known(self) -> bool:
        """Whether there is anything to draw."""
        self._draw()
        return bool(self._shapes)

    def geojson(self) -> bytes:
        """Grids and communities with their names, for the place picker (RFC 7946)."""
        self._draw()
        return self._geojson

    def home(self, chat: str) -> tuple[float, float] | None:
        """Where a group's people live: the middle (lat, lon) of its area. None for a private chat."""
        directory = self._draw()
        group = directory.group(NAME, ACCOUNT, chat) if directory else None
        area = directory.area(group.area) if directory and group else None
        return area.centre if area else None

    def plan(self, place: tuple[float, float]) -> Plan:
        """A plan around (lat, lon)."""
        directory = self._draw()
        lat, lon = place
        across = ACROSS / (111_320 * max(math.cos(math.radians(lat)), 0.05))
        up = ACROSS * HEIGHT / WIDTH / 111_320
        window = box(lon - across / 2, lat - up / 2, lon + across / 2, lat + up / 2)

        def drawn(shape: BaseGeometry) -> str:
            return _path(shape.intersection(window), lon - across / 2, lat + up / 2, WIDTH / across, HEIGHT / up)

        grid = directory.grid_at(lat, lon) if directory else None
        community = directory.community_of(grid.code) if directory and grid else None
        near = {code: shape for code, shape in self._shapes.items() if shape.intersects(window)}
        here = near.pop(grid.code, None) if grid else None
        return Plan(
            lat,
            lon,
            grid.name if grid else "",
            community.name if community else "",
            drawn(here) if here is not None else "",
            tuple(drawn(shape) for shape in near.values()),
        )

    def _draw(self) -> Directory | None:
        directory = self._directory()
        if directory is None or directory is self._drawn:
            return directory
        features = []
        self._shapes = {}
        for area in directory.areas.values():
            if area.kind not in (AreaKind.GRID, AreaKind.COMMUNITY) or not area.boundary_wkt:
                continue
            shape = shapely.from_wkt(area.boundary_wkt)
            if area.kind is AreaKind.GRID:
                self._shapes[area.code] = shape
            community = directory.community_of(area.code)
            names = {"kind": str(area.kind), "name": area.name, "community": community.name if community else ""}
            features.append({"type": "Feature", "properties": names, "geometry": mapping(shape)})
        content = {"type": "FeatureCollection", "features": features}
        self._geojson = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        self._drawn = directory
        return directory


def _path(shape: BaseGeometry, west: float, north: float, right: float, down: float) -> str:
    """The shape as SVG path data; what is no area (a shared border) is left out."""
    parts = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    return "".join(
        "M" + "L".join(f"{(x - west) * right:.1f} {(north - y) * down:.1f}" for x, y, *_ in ring.coords) + "Z"
        for part in parts
        if isinstance(part, Polygon)
        for ring in (part.exterior, *part.interiors)
        if len(ring.coords)
    )
