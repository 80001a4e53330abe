"""The sample street: 萧溪街道, invented whole, drawn from one seed so that everybody sees the same town."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from functools import cache
from random import Random

from bot.sample import names
from bot.sample.ground import Cell, Mesh, communities, patrol_areas, zones
from routing.directory import (
    Area,
    AreaKind,
    Directory,
    DirectoryRows,
    Group,
    Hears,
    Person,
    Role,
    Shift,
    StandardAddress,
    Unit,
)

DISTRICT, STREET = "wc", "xx"
CHANNEL = BOT = "web"
GROUPS, PATROLS, ADDRESSES = 446, 221, 4000

_SEED = 20260105
_DAY = (time(7), time(19))
_OFFICE = (time(8, 30), time(17, 30))
_SHIFTS = ((time(8), time(16)), (time(16), time(0)), (time(0), time(8)))  #: Round the clock.
_WEEK, _WORKING_DAYS = range(1, 8), range(1, 6)


@dataclass(frozen=True, slots=True)
class _Grid:
    code: str
    cell: Cell
    community: int  #: Number from 0.
    number: int  #: Within its community, from 0.

    @property
    def community_code(self) -> str:
        return _community_code(self.community)

    @property
    def community_name(self) -> str:
        return names.COMMUNITIES[self.community]

    @property
    def name(self) -> str:
        return f"{_stem(self.community_name)}{names.ORDINALS[self.number]}网格"


@cache
def street() -> DirectoryRows:
    """The rows of the sample street; the same on every machine."""
    dice = Random(_SEED)  # noqa: S311 - a drawing, no secret
    mesh = Mesh(dice)
    grids = [
        _Grid(f"{_community_code(c)}-g{n + 1}", cell, c, n)
        for c, cells in enumerate(communities())
        for n, cell in enumerate(cells)
    ]
    people, duty = _people(grids, dice)
    return DirectoryRows(
        areas=tuple(_areas(mesh, grids)),
        people=tuple(people),
        units=tuple(Unit(f"{STREET}-{kind}", platform, name, STREET) for platform, kind, name in names.UNITS),
        groups=tuple(_groups(grids)),
        duty=tuple(duty),
        addresses=tuple(_addresses(mesh, grids, dice)),
    )


@cache
def directory() -> Directory:
    """The sample street as a directory."""
    return street().directory()


def landmarks() -> tuple[str, ...]:
    """The names of its roads, compounds, markets, bridges, schools and stops, as people write them."""
    return directory().gazetteer.place_names


def _community_code(number: int) -> str:
    return f"{STREET}-c{number + 1:02d}"


def _stem(community: str) -> str:
    """新桥社区 -> 新桥"""
    return community.removesuffix("社区").removesuffix("村")


def _areas(mesh: Mesh, grids: list[_Grid]) -> Iterator[Area]:
    yield Area(DISTRICT, None, AreaKind.DISTRICT, names.DISTRICT)
    yield Area(STREET, DISTRICT, AreaKind.STREET, names.STREET, mesh.boundary(grid.cell for grid in grids))
    for number, (name, cells) in enumerate(zip(names.COMMUNITIES, communities(), strict=True)):
        yield Area(_community_code(number), STREET, AreaKind.COMMUNITY, name, mesh.boundary(cells))
    for grid in grids:
        yield Area(grid.code, grid.community_code, AreaKind.GRID, grid.name, mesh.boundary([grid.cell]))
    patrol = 0
    for number, (zone, name) in enumerate(zip(zones(), ("西片防区", "中片防区", "东片防区"), strict=True), start=1):
        yield Area(f"{STREET}-z{number}", STREET, AreaKind.ZONE, name, mesh.boundary(zone))
        for cells in patrol_areas(zone):
            patrol += 1
            code, label = f"{STREET}-p{patrol:02d}", f"{patrol}号巡区"
            yield Area(code, f"{STREET}-z{number}", AreaKind.PATROL, label, mesh.boundary(cells))


def _people(grids: list[_Grid], dice: Random) -> tuple[list[Person], list[Shift]]:
    people: list[Person] = []
    duty: list[Shift] = []
    drawn: set[str] = set()

    def hire(
        id_: str, role: Role, area: str, days: list[int] | range, hours: tuple[time, time], unit: str | None = None
    ) -> None:
        name = ""
        while not name or name in drawn:
            name = dice.choice(names.FAMILY_NAMES) + dice.choice(names.GIVEN_NAMES)
        drawn.add(name)
        # 199 0000 is a block that nobody was given.
        phone = f"1990000{len(people) + 1:04d}"
        people.append(Person(id_, name, role, area, unit, phone, CHANNEL, id_))
        duty.extend(Shift(id_, day, *hours) for day in days)

    for number, grid in enumerate(grids, start=1):
        hire(f"cadre{number:03d}", Role.CADRE, grid.code, _WEEK, _DAY)
    for number in range(PATROLS):
        area, turn = f"{STREET}-p{number % 12 + 1:02d}", number // 12
        # Five days of seven; the days off move on from colleague to colleague, so that no shift is ever empty.
        days = [day for day in _WEEK if (day + turn // 3 * 2) % 7 not in (0, 1)]
        hire(f"patrol{number + 1:03d}", Role.PATROL, area, days, _SHIFTS[turn % 3])
    for number in range(9):
        days = [day for day in _WEEK if (day + number // 3 * 2) % 7 not in (0, 1)]
        hire(f"desk{number + 1}", Role.DESK, STREET, days, _SHIFTS[number % 3])
    for number in range(len(names.COMMUNITIES)):
        hire(f"leader{number + 1:02d}", Role.LEADER, _community_code(number), _WORKING_DAYS, _OFFICE)
    for number in (1, 2):
        hire(f"director{number}", Role.LEADER, STREET, _WEEK, _DAY)
    for number in (1, 2, 3):
        hire(f"approver{number}", Role.APPROVER, STREET, _WEEK, _SHIFTS[number - 1])
    hire("author1", Role.AUTHOR, STREET, _WORKING_DAYS, _OFFICE)
    hire("admin1", Role.ADMIN, STREET, _WORKING_DAYS, _OFFICE)
    for _, kind, _ in names.UNITS:
        hire(f"unit-{kind}", Role.UNIT, STREET, _WORKING_DAYS, _OFFICE, f"{STREET}-{kind}")
    return people, duty


def _groups(grids: list[_Grid]) -> Iterator[Group]:
    """A group and a compound's group for each grid, and four or five for each community."""
    drafts: list[tuple[str, str]] = []
    for number, name in enumerate(names.COMMUNITIES):
        drafts += [(_community_code(number), f"{name}平安{i}群") for i in range(1, 5)]
    drafts += [(grid.code, f"{grid.name}平安群") for grid in grids]
    drafts += [(grid.code, f"{_homes(number, grid)}邻里群") for number, grid in enumerate(grids)]
    left = GROUPS - len(drafts)
    drafts += [(_community_code(i), f"{_stem(names.COMMUNITIES[i])}商户平安群") for i in range(left)]
    for number, (area, name) in enumerate(drafts, start=1):
        # A dozen groups asked the bot to listen.
        yield Group(CHANNEL, BOT, f"g{number:03d}", area, name, Hears.LISTEN if number % 37 == 5 else Hears.MENTION)


def _homes(number: int, grid: _Grid) -> str:
    """What the homes of a grid are called: a compound, or the village's group of houses."""
    if grid.community_name.endswith("村"):
        return f"{grid.community_name}{grid.number + 1}组"
    # Every tenth compound is the north part of the one before it: what people mix up.
    return names.COMPOUNDS[number - 1] + "北区" if number % 10 == 9 else names.COMPOUNDS[number]


def _addresses(mesh: Mesh, grids: list[_Grid], dice: Random) -> Iterator[StandardAddress]:
    texts = [(grid, text) for number, grid in enumerate(grids) for text in (*_landmarks(number, grid), *_houses(grid))]
    share, more = divmod(ADDRESSES - len(texts), len(grids))
    for number, grid in enumerate(grids):
        texts += [(grid, text) for text in _stairways(number, grid, share + (number < more))]
    for number, (grid, text) in enumerate(texts, start=1):
        lon, lat = mesh.within(grid.cell, dice.random(), dice.random())
        yield StandardAddress(f"a{number:05d}", text, grid.code, lat, lon)


def _landmarks(number: int, grid: _Grid) -> Iterator[str]:
    stem = _stem(grid.community_name)
    village = grid.community_name.endswith("村")
    ends = {"居委会": "村委会"} if village else {}
    yield from (stem + ends.get(end, end) for end, where in names.LANDMARKS if where == grid.number)
    yield from (stem + end for each, end, where in names.RARER if where == grid.number and grid.community % each == 0)
    if number % 7 == 3 and number // 7 < len(names.BRIDGES):
        yield names.BRIDGES[number // 7]


def _houses(grid: _Grid) -> Iterator[str]:
    """House numbers that grow along both roads of the grid, odd on one side, even on the other."""
    row, column = grid.cell
    for k in range(4):
        yield f"{names.ROADS_EAST[row]}{column * 20 + k * 5 + 1}号"
        yield f"{names.ROADS_NORTH[column]}{row * 20 + k * 5 + 2}号"


def _stairways(number: int, grid: _Grid, count: int) -> Iterator[str]:
    homes = _homes(number, grid)
    units = 2 + number % 2
    for k in range(count):
        village = grid.community_name.endswith("村")
        yield f"{homes}{k * 3 + 1}号" if village else f"{homes}{k // units + 1}幢{k % units + 1}单元"
