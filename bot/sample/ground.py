"""The ground of the sample street: a mesh of grids that tile it, like streets and canals drawn by hand."""

from collections.abc import Iterable
from random import Random

ROWS, COLUMNS = 10, 15
_WEST, _SOUTH = 120.174, 30.085  #: Degrees, WGS-84; no real street has these borders.
_WIDE, _HIGH = 0.0035, 0.0030  #: One grid: about 340 m by 330 m.

Cell = tuple[int, int]  #: (row from the south, column from the west)
Place = tuple[float, float]  #: (lon, lat)
Corner = tuple[
    float, float
]  #: A node of the mesh in units of cells: (column, row); halves lie in the middle of an edge.


class Mesh:
    """Nodes shared by neighbours, so that borders meet without a gap or an overlap."""

    def __init__(self, dice: Random) -> None:
        self._nodes: dict[Corner, Place] = {}
        for row in range(ROWS + 1):
            for column in range(COLUMNS + 1):
                self._put((column, row), dice.uniform(-0.22, 0.22), dice.uniform(-0.22, 0.22))
        for row in range(ROWS + 1):
            for column in range(COLUMNS + 1):
                for halfway in ((column + 0.5, row), (column, row + 0.5)):
                    if halfway[0] <= COLUMNS and halfway[1] <= ROWS:
                        self._bend(halfway, dice.uniform(-0.07, 0.07))

    def _put(self, corner: Corner, east: float, north: float) -> None:
        lon, lat = _WEST + (corner[0] + east) * _WIDE, _SOUTH + (corner[1] + north) * _HIGH
        self._nodes[corner] = (round(lon, 6), round(lat, 6))

    def _bend(self, corner: Corner, by: float) -> None:
        column, row = corner
        along = (0.5, 0.0) if column % 1 else (0.0, 0.5)
        one = self._nodes[(column - along[0], row - along[1])]
        other = self._nodes[(column + along[0], row + along[1])]
        lon = (one[0] + other[0]) / 2 + by * _WIDE * (along[1] > 0)
        lat = (one[1] + other[1]) / 2 + by * _HIGH * (along[0] > 0)
        self._nodes[corner] = (round(lon, 6), round(lat, 6))

    def boundary(self, cells: Iterable[Cell]) -> str:
        """The outline of adjoining cells as WKT."""
        edges = {edge for cell in cells for edge in _around(cell)}
        # An edge that a neighbour walks the other way lies inside.
        onwards = {start: end for start, end in edges if (end, start) not in edges}
        first = corner = min(onwards)
        ring = [first]
        while (corner := onwards[corner]) != first:
            ring.append(corner)
        ring.append(first)
        return "POLYGON ((" + ", ".join("{:.6f} {:.6f}".format(*self._nodes[corner]) for corner in ring) + "))"

    def within(self, cell: Cell, east: float, north: float) -> Place:
        """The (lon, lat) inside a cell at shares 0 to 1 of its width and height."""
        row, column = cell
        east, north = 0.15 + 0.7 * east, 0.15 + 0.7 * north  # Borders bend by at most 0.07.
        weights = (
            ((column, row), (1 - east) * (1 - north)),
            ((column + 1, row), east * (1 - north)),
            ((column, row + 1), (1 - east) * north),
            ((column + 1, row + 1), east * north),
        )
        lon = sum(self._nodes[corner][0] * weight for corner, weight in weights)
        lat = sum(self._nodes[corner][1] * weight for corner, weight in weights)
        return round(lon, 6), round(lat, 6)


def communities() -> list[list[Cell]]:
    """30 communities of five grids: each block of two rows and five columns is shared by two, like the halves of a
    jigsaw."""
    found: list[list[Cell]] = []
    for south in range(0, ROWS, 2):
        for west in range(0, COLUMNS, 5):
            left = [(south, west), (south, west + 1), (south, west + 2), (south + 1, west), (south + 1, west + 1)]
            block = [(south + r, west + c) for r in range(2) for c in range(5)]
            found += [left, [cell for cell in block if cell not in left]]
    return found


def zones() -> list[list[Cell]]:
    """Three defence zones, from west to east."""
    return [[(row, west + c) for row in range(ROWS) for c in range(5)] for west in range(0, COLUMNS, 5)]


def patrol_areas(zone: list[Cell]) -> list[list[Cell]]:
    """The four patrol areas of a zone, from south to north."""
    return [[cell for cell in zone if south <= cell[0] < north] for south, north in ((0, 3), (3, 5), (5, 8), (8, 10))]


def _around(cell: Cell) -> list[tuple[Corner, Corner]]:
    """The eight edges of a cell, counter-clockwise."""
    row, column = cell
    steps = ((0, 0), (0.5, 0), (1, 0), (1, 0.5), (1, 1), (0.5, 1), (0, 1), (0, 0.5))
    corners: list[Corner] = [(column + east, row + north) for east, north in steps]
    return list(zip(corners, corners[1:] + corners[:1], strict=True))
