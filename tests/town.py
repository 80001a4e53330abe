"""A small invented town called town: one street, two communities, four square grids, and its cast.

    +----------+----------+   north
    | g2 Wang  | g4 Chen  |
    +----------+----------+   Willow (柳岸社区): g1, g2 · Bridge (新桥社区): g3, g4
    | g1 Li    | g3 Zhao  |   patrol area p1 covers all four grids; its zone is z1
    +----------+----------+   south

Monday 5 January 2026 is a working day: NOON and NIGHT are instants of it (local 12:00 and 23:00).
Cadres are on duty 07:00-19:00, patrols and desk in shifts: day 07:00-19:00, night 19:00-07:00, all week.
"""

from dataclasses import replace
from datetime import UTC, datetime, time
from functools import cache

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
from routing.platforms import Platform

NOON = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)

DISTRICT, STREET = "d", "s"
WILLOW, BRIDGE = "c1", "c2"  # communities
GRID_1, GRID_2, GRID_3, GRID_4 = "g1", "g2", "g3", "g4"
ZONE, PATROL_AREA, STAIRWAY = "z1", "p1", "m1"

CHANNEL, BOT = "telegram", "bot1"
WEB, WEB_BOT = "web", "web"
GROUP_WILLOW, GROUP_BRIDGE, GROUP_GRID_1 = "-1001", "-1002", "-1003"  # Telegram chat ids
WEB_WILLOW, WEB_BRIDGE, WEB_GRID_1 = "w-willow", "w-bridge", "w-grid1"

# The cast, by person id. Their account at CHANNEL is user_of(id).
LI, WANG, ZHAO, CHEN = "li", "wang", "zhao", "chen"  # cadres of g1 ... g4
PATROLS_BY_DAY, PATROLS_BY_NIGHT = ("qian", "sun"), ("zhou", "wu")
DESK_BY_DAY, DESK_BY_NIGHT = "feng", "jiang"
LEADER, COMMUNITY_LEADER = "he", "lv"  # of the street; of Willow, on duty by day
APPROVER_1, APPROVER_2, AUTHOR, ADMIN, POLICE = "shi", "zhang", "kong", "cao", "yan"

_DAY, _NIGHT = (time(7), time(19)), (time(19), time(7))
_CAST: tuple[tuple[str, str, Role, str, str | None, tuple[time, time] | None], ...] = (
    (LI, "李建国", Role.CADRE, GRID_1, None, _DAY),
    (WANG, "王秀英", Role.CADRE, GRID_2, None, _DAY),
    (ZHAO, "赵国强", Role.CADRE, GRID_3, None, _DAY),
    (CHEN, "陈丽萍", Role.CADRE, GRID_4, None, _DAY),
    ("qian", "钱勇", Role.PATROL, PATROL_AREA, None, _DAY),
    ("sun", "孙涛", Role.PATROL, PATROL_AREA, None, _DAY),
    ("zhou", "周磊", Role.PATROL, PATROL_AREA, None, _NIGHT),
    ("wu", "吴斌", Role.PATROL, PATROL_AREA, None, _NIGHT),
    (DESK_BY_DAY, "冯晓敏", Role.DESK, STREET, None, _DAY),
    (DESK_BY_NIGHT, "蒋红", Role.DESK, STREET, None, _NIGHT),
    (LEADER, "何志明", Role.LEADER, STREET, None, None),
    (COMMUNITY_LEADER, "吕桂芳", Role.LEADER, WILLOW, None, _DAY),
    (APPROVER_1, "施伟", Role.APPROVER, STREET, None, None),
    (APPROVER_2, "张静", Role.APPROVER, STREET, None, None),
    (AUTHOR, "孔雪", Role.AUTHOR, STREET, None, None),
    (ADMIN, "曹阳", Role.ADMIN, STREET, None, None),
    (POLICE, "严峰", Role.UNIT, STREET, "s-police", _DAY),
)


def user_of(person: str) -> str:
    """The account of one of the cast in the chat app (CHANNEL)."""
    return f"u-{person}"


def square(column: int, row: int, columns: int = 1, rows: int = 1) -> str:
    """A boundary of the map above as WKT; one grid is 0.01 degrees wide and high, the south-west corner 120 E 30 N."""
    west, south = 120 + column / 100, 30 + row / 100
    east, north = 120 + (column + columns) / 100, 30 + (row + rows) / 100
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return "POLYGON ((" + ", ".join(f"{lon:.2f} {lat:.2f}" for lon, lat in corners) + "))"


def _addresses() -> tuple[StandardAddress, ...]:
    rows = (
        ("a1", "柳岸路1号", GRID_1, 30.002, 120.002),
        ("a2", "柳岸路3号", GRID_1, 30.003, 120.003),
        ("a3", "桂花苑1幢1单元", GRID_1, 30.005, 120.005),
        ("a4", "桂花苑3幢2单元", GRID_1, 30.006, 120.006),
        ("a5", "柳岸路18号", GRID_2, 30.012, 120.002),
        ("a6", "柳岸小学", GRID_2, 30.015, 120.005),
        ("a7", "新桥路5号", GRID_3, 30.002, 120.012),
        ("a8", "新桥农贸市场", GRID_3, 30.005, 120.015),
        ("a9", "新桥头公交站", GRID_3, 30.006, 120.016),
        ("a10", "桂花苑北区3幢2单元", GRID_4, 30.012, 120.012),
        ("a11", "新桥路58号", GRID_4, 30.015, 120.015),
        ("a12", "望江桥", GRID_4, 30.018, 120.018),
    )
    return tuple(StandardAddress(*row) for row in rows)


def rows() -> DirectoryRows:
    """The town as the rows of an import."""
    areas = (
        Area(DISTRICT, None, AreaKind.DISTRICT, "江湾区"),
        Area(STREET, DISTRICT, AreaKind.STREET, "柳桥街道", square(0, 0, 2, 2)),
        Area(WILLOW, STREET, AreaKind.COMMUNITY, "柳岸社区", square(0, 0, 1, 2)),
        Area(BRIDGE, STREET, AreaKind.COMMUNITY, "新桥社区", square(1, 0, 1, 2)),
        Area(GRID_1, WILLOW, AreaKind.GRID, "柳岸第一网格", square(0, 0)),
        Area(GRID_2, WILLOW, AreaKind.GRID, "柳岸第二网格", square(0, 1)),
        Area(GRID_3, BRIDGE, AreaKind.GRID, "新桥第一网格", square(1, 0)),
        Area(GRID_4, BRIDGE, AreaKind.GRID, "新桥第二网格", square(1, 1)),
        Area(STAIRWAY, GRID_1, AreaKind.MICRO, "桂花苑3幢2单元"),
        Area(ZONE, STREET, AreaKind.ZONE, "第一防区", square(0, 0, 2, 2)),
        Area(PATROL_AREA, ZONE, AreaKind.PATROL, "第一巡区", square(0, 0, 2, 2)),
    )
    units = (
        Unit("s-mediation", Platform.ORDER, "柳桥矛盾调解中心", STREET),
        Unit("s-police", Platform.ORDER, "柳桥派出所", STREET),
        Unit("s-market", Platform.MARKET, "柳桥市场监管所", STREET),
        Unit("s-enforcement", Platform.ENFORCEMENT, "柳桥综合执法中队", STREET),
        Unit("s-fire", Platform.ENFORCEMENT, "柳桥消防站", STREET),
        Unit("s-hall", Platform.SERVICE, "柳桥便民服务中心", STREET),
        Unit("s-works", Platform.SERVICE, "柳桥市政养护站", STREET),
    )
    groups = (
        Group(CHANNEL, BOT, GROUP_WILLOW, WILLOW, "柳岸社区平安群"),
        Group(CHANNEL, BOT, GROUP_BRIDGE, BRIDGE, "新桥社区平安群", Hears.LISTEN),
        Group(CHANNEL, BOT, GROUP_GRID_1, GRID_1, "柳岸第一网格平安群"),
        Group(WEB, WEB_BOT, WEB_WILLOW, WILLOW, "柳岸社区平安群"),
        Group(WEB, WEB_BOT, WEB_BRIDGE, BRIDGE, "新桥社区平安群", Hears.LISTEN),
        Group(WEB, WEB_BOT, WEB_GRID_1, GRID_1, "柳岸第一网格平安群"),
    )
    people = tuple(
        Person(id_, name, role, area, unit, f"1990000{number:04d}", CHANNEL, user_of(id_))
        for number, (id_, name, role, area, unit, _) in enumerate(_CAST, start=1)
    )
    duty = tuple(Shift(id_, weekday, *hours) for id_, _, _, _, _, hours in _CAST if hours for weekday in range(1, 8))
    return DirectoryRows(areas, people, units, groups, duty, _addresses())


def on(channel: str, bot: str, group: str, cadre: str) -> DirectoryRows:
    """The town as it is on an app: this is its only group, grid 1's; the cadre there has this account, and is on duty
    day and night."""
    found = rows()
    people = (replace(each, channel=channel, user_id=cadre) if each.id == LI else each for each in found.people)
    always = (Shift(LI, weekday, time(0), time(0)) for weekday in range(1, 8))
    duty = (*(shift for shift in found.duty if shift.person != LI), *always)
    return replace(found, people=tuple(people), groups=(Group(channel, bot, group, GRID_1, "平安群"),), duty=duty)


@cache
def town() -> Directory:
    """The town as a directory (the same object each time: it never changes)."""
    return rows().directory()
