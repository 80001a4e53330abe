"""Areas and standard addresses: what lies where. (Nouns only.)"""

from dataclasses import dataclass
from enum import StrEnum


class AreaKind(StrEnum):
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    MICRO = "micro"  #: A stairway or a building.
    ZONE = "zone"  #: A defence zone of the patrols.
    PATROL = "patrol"  #: A patrol area; its boundary says which grids are its.


@dataclass(frozen=True, slots=True)
class Area:
    code: str
    parent: str | None
    kind: AreaKind
    name: str
    boundary_wkt: str | None = None  #: WGS-84, lon lat.
    centre: tuple[float, float] | None = None  #: (lat, lon). A directory fills it from the boundary.


@dataclass(frozen=True, slots=True)
class StandardAddress:
    address_id: str
    text: str
    area: str
    lat: float
    lon: float
