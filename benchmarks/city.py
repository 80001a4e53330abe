"""An invented city of many towns and a million standard addresses, and what its people write instead of them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import islice

from routing.areas import Area, AreaKind, StandardAddress
from routing.directory import Directory

DISTRICT = "望潮区"
_TOWNS = (
    "临浦",
    "义桥",
    "瓜沥",
    "河上",
    "所前",
    "衙前",
    "党山",
    "新塘",
    "蜀山",
    "北干",
    "宁围",
    "盈丰",
    "闻堰",
    "楼塔",
)
_COMMUNITIES, _GRIDS, _COMPOUNDS = 40, 4, 15
_FIRST = "桂柳荷梅竹兰松枫银金玉翠锦绣春夏秋秀明丽阳星云海江河湖塘溪泉山石东西南北中新永长安康福祥和平光华文书学育"
_SECOND = "花岸塘园林叶杏鹿龙凤泰景辉苑川水桥湾庭城都源兴盛乐宁远晨晓朗清秋月风雅韵香荫丰盈悦居汇港屿峰台"
_ENDS = ("苑", "花园", "家园", "公寓", "新村", "小区", "府", "名邸", "北区", "城")
_ROADS = ("路", "街", "东路", "西路", "南路", "大道", "巷", "弄")
_LANDMARKS = ("居委会", "公交站", "幼儿园", "卫生服务站", "文化广场", "老年食堂", "农贸市场", "小学", "公园", "派出所",
              "大桥", "加油站")  # fmt: skip
#: One character for another of its sound, as an input method offers them.
_SOUNDS = {
    "桂": "贵", "柳": "刘", "荷": "和", "梅": "美", "竹": "烛", "园": "苑", "苑": "院", "锦": "金",
    "阳": "扬", "塘": "糖", "路": "陆", "新": "心", "江": "姜", "星": "兴", "溪": "西", "福": "富",
    "祥": "翔", "明": "名", "丽": "利", "城": "成",
}  # fmt: skip
_DIGITS = "零一二三四五六七八九"


def areas() -> Iterator[Area]:
    """A district of 14 towns, each of 40 communities of 4 grids in a row; the grids are squares of about 400 m."""
    yield Area("d", None, AreaKind.DISTRICT, DISTRICT)
    for t, town in enumerate(_TOWNS):
        yield Area(f"t{t}", "d", AreaKind.STREET, town + ("街道" if t % 3 else "镇"))
        dice = random.Random(t)
        names = dice.sample([a + b for a in _FIRST for b in _SECOND], _COMMUNITIES)
        for c, name in enumerate(names):
            yield Area(f"t{t}c{c}", f"t{t}", AreaKind.COMMUNITY, name + ("社区" if c % 4 else "村"))
            for g in range(_GRIDS):
                west, south = 120 + (t * _GRIDS + g) / 250, 30 + c / 250
                ring = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
                wkt = ", ".join(f"{west + x / 250:.4f} {south + y / 250:.4f}" for x, y in ring)
                label = f"{name}第{_DIGITS[g + 1]}网格"
                yield Area(f"t{t}c{c}g{g}", f"t{t}c{c}", AreaKind.GRID, label, f"POLYGON (({wkt}))")


def addresses(count: int) -> Iterator[StandardAddress]:
    """So many, spread evenly over the towns: flats by road, compound, building and stairway, houses, landmarks."""
    per_town, more = divmod(count, len(_TOWNS))
    number = 0
    for t in range(len(_TOWNS)):
        for grid, text in islice(_town(t), per_town + (t < more)):
            column, row = int(grid.partition("g")[2]) + t * _GRIDS, int(grid.partition("c")[2].partition("g")[0])
            dice = number * 2654435761 % 2**32 / 2**32
            place = 30 + (row + dice) / 250, 120 + (column + 1 - dice) / 250
            yield StandardAddress(f"330109{number:09d}", text, grid, round(place[0], 6), round(place[1], 6))
            number += 1


def directory(count: int) -> Directory:
    return Directory.of(tuple(areas()), addresses=addresses(count))


def _town(t: int) -> Iterator[tuple[str, str]]:
    """(grid, text) without an end: landmarks and houses first, then the flats, floor upon floor."""
    named = [area for area in areas() if area.code.startswith(f"t{t}c") and area.kind is AreaKind.COMMUNITY]
    town = next(area.name for area in areas() if area.code == f"t{t}")
    dice = random.Random(1000 + t)
    stems = dice.sample([a + b for a in _FIRST for b in _SECOND], 700)
    streets = [stem + _ROADS[n % len(_ROADS)] for n, stem in enumerate(stems[600:680])]
    homes: list[tuple[str, str, str]] = []
    for c, community in enumerate(named):
        above = f"{DISTRICT}{town}{community.name}"
        stem = community.name.removesuffix("社区").removesuffix("村")
        for n, end in enumerate(_LANDMARKS):
            yield f"t{t}c{c}g{n % _GRIDS}", above + stem + end
        for n in range(60):
            yield (
                f"t{t}c{c}g{n % _GRIDS}",
                f"{above}{streets[(2 * c + n % 2) % len(streets)]}{c * 30 + n // 2 * 2 + 1}号",
            )
        for n in range(_COMPOUNDS):
            g = f"t{t}c{c}g{n % _GRIDS}"
            if community.name.endswith("村"):
                homes.append((g, f"{above}", f"{community.name}{n + 1}组"))
            else:
                name = stems[c * _COMPOUNDS + n] + _ENDS[n % len(_ENDS)]
                road = f"{streets[(2 * c + n) % len(streets)]}{n * 7 + 2}号" if n % 3 == 0 else ""
                homes.append((g, above + road, name))
    for floor in range(1, 100):
        for building in range(1, 9):
            for g, above, home in homes:
                for flat in (1, 2):
                    if home.endswith("组"):
                        yield g, f"{above}{home}{(floor - 1) * 16 + building * 2 + flat - 2}号"
                    else:
                        yield g, f"{above}{home}{building}幢{1 + building % 3}单元{floor}0{flat}室"


def written(address: StandardAddress, dice: random.Random) -> str:
    """How somebody might write it: without the areas, a character less, by its sound, in Chinese digits, dashed."""
    text = address.text.removeprefix(DISTRICT)
    if dice.random() < 0.7:
        text = re.sub("^.*?(?:社区|村(?=.*[村路街巷弄道]))", "", text)
    kind = dice.randrange(8)
    if kind == 0:
        text = text.replace("幢", "-").replace("单元", "-").replace("室", "")
    elif kind == 1:
        text = "".join(_DIGITS[int(c)] if c.isdigit() else c for c in text)
    elif kind == 2:
        at = dice.randrange(len(text))
        text = text[:at] + text[at + 1 :]
    elif kind == 3:
        at = next((n for n, c in enumerate(text) if c in _SOUNDS), 0)
        text = text[:at] + _SOUNDS.get(text[at], text[at]) + text[at + 1 :]
    elif kind == 4:
        text = text.replace("幢", "号楼").replace("室", "")
    elif kind == 5:
        text = "我在" + text + "门口"
    elif kind == 6:
        text = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text).replace("单元", " 单元")
    return text
