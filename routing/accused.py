"""Complaints about staff: which persons and units the words speak of. To none of them such a case ever goes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from weakref import WeakKeyDictionary

from routing.case import Case
from routing.directory import Directory, Person, Role, Unit
from routing.rules import plain

#: The kind of matter that is a complaint about staff.
STAFF = "order.staff"

#: How people call each kind of unit. Rather one too many: who is left out loses one case, who is not learns of it.
_UNIT_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "mediation": ("调解", "矛调", "mediation", "mediator"),
        "labour": ("劳动监察", "劳动所", "劳动局", "人社", "劳保所", "labour"),
        "police": ("派出所", "警察", "民警", "辅警", "协警", "公安", "警官", "片警", "警务", "police"),
        "inspection": ("纪委", "纪检", "监察", "督查", "inspection"),
        "food": ("食药", "食品所", "市监", "市场监管", "food inspect"),
        "market": ("市监", "市场监管", "工商", "market regulat"),
        "consumer": ("消协", "消保", "消费者协会", "市监", "市场监管", "consumer"),
        "gas": ("燃气办", "燃气", "煤气", "gas office"),
        "lift": ("特种设备", "特检", "电梯办", "市监", "市场监管", "lift"),
        "medicine": ("药监", "食药", "市监", "市场监管", "medicine"),
        "sanitation": ("环卫", "保洁", "清洁", "sanitation", "street clean"),
        "enforcement": ("城管", "执法", "enforcement", "warden"),
        "river": ("河长", "治水", "河道", "river"),
        "traffic": ("交警", "贴条", "抄牌", "拖车", "traffic"),
        "fire": ("消防", "fire brigade", "firem", "fire station"),
        "safety": ("安监", "应急管理", "应急办", "安全办", "safety office"),
        "works": ("市政", "养护", "维修队", "抢修", "public works"),
        "water": ("自来水", "水务", "水厂", "water company"),
        "power": ("供电", "电力", "电网", "power company"),
        "rescue": ("救援", "应急队", "rescue"),
        "civil": ("民政", "低保", "civil affairs"),
        "hall": ("便民", "办事大厅", "办事处", "服务中心", "窗口", "大厅", "counter", "service hall"),
    }
)
_DESK_WORDS: tuple[str, ...] = ("接线", "客服", "坐席", "座席", "指挥中心", "指挥室", "值班", "接电话", "平台的人")
_DESK_WORDS += ("desk", "operator", "hotline", "call centre", "call center")
#: Those who sit above the ground and how they are called. The ground itself never hears of such a complaint.
_ROLE_WORDS: Mapping[Role, tuple[str, ...]] = MappingProxyType(
    {
        Role.DESK: _DESK_WORDS,
        Role.LEADER: ("领导", "书记", "主任", "镇长", "街道办", "leader", "director", "mayor"),
        Role.APPROVER: ("审批", "approver"),
        Role.ADMIN: ("管理员", "administrator"),
    }
)
_TITLES = (
    "主任|书记|队长|所长|站长|科长|股长|局长|镇长|院长|组长|中队长|大队长|警官|警员|民警|辅警|协警|干部|同志|师傅|老师"
    "|经理|主管|领导|专员|网格员|调解员|执法员|队员|先生|女士|大姐|大哥|阿姨|某"
)
#: 王主任, 王副所长, 王某; 小王, 老王; 姓王; with a double surname its second character.
_SURNAME = re.compile(rf"(\w)(?=副?(?:{_TITLES}))|[小老姓](\w)")
_DOUBLE = ("欧阳", "上官", "司马", "司徒", "诸葛", "夏侯", "尉迟", "皇甫", "慕容", "令狐", "公孙", "东方", "南宫")
#: Names of offices begin with their place: 柳桥派出所 is spoken of as 派出所.
_PLACE_ENDS = ("街道", "社区", "镇", "乡", "区", "村", "市")
_SHORTEST = 2  #: Characters of a name, below which it says nothing.


@dataclass(frozen=True, slots=True)
class Accused:
    """Ids of persons and codes of units that a complaint may be about."""

    people: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.people or self.units)


NOBODY = Accused()


def accused(case: Case, directory: Directory) -> Accused:
    """Returns whom the words of a complaint about staff may speak of; nobody for any other kind of matter.

    A name counts, a surname with a title or as it is said (小王), a unit's name or what people call its kind, and the
    names of offices above the ground; everybody of such a unit, everybody of that surname, and whoever works in one
    unit with any of them. Who was sent the case before it was known to be a complaint is no exception.
    """
    if case.category != STAFF:
        return NOBODY
    words, known = plain(case.words), _names_of(directory)
    named = frozenset(code for code, names in known.units if _any(names, words))
    surnames = {hit for found in _SURNAME.findall(words) for hit in found if hit}
    roles = {role for role, names in _ROLE_WORDS.items() if _any(names, words)}
    spoken_of = [
        person
        for person, name, surname in known.people
        if person.role in roles or surname in surnames or (name and name in words)
    ]
    units = named | {person.unit for person in spoken_of if person.unit}
    colleagues = (person.id for person, _, _ in known.people if person.unit in units)
    return Accused(frozenset(person.id for person in spoken_of) | frozenset(colleagues), units)


@dataclass(frozen=True, slots=True)
class _Names:
    """What the persons and units of an address book are called."""

    people: tuple[tuple[Person, str, str], ...]  #: With the name, empty when it says nothing, and the surname.
    units: tuple[tuple[str, tuple[str, ...]], ...]


#: An address book never changes; its names are gathered once and go when it goes.
_GATHERED: WeakKeyDictionary[Directory, _Names] = WeakKeyDictionary()


def _names_of(directory: Directory) -> _Names:
    found = _GATHERED.get(directory)
    if found is None:
        people = tuple((person, *_called(person)) for person in directory.people.values())
        units = tuple((unit.code, _unit_called(unit, directory)) for unit in directory.units.values())
        found = _GATHERED[directory] = _Names(people, units)
    return found


def _called(person: Person) -> tuple[str, str]:
    name = plain(person.name)
    return name if len(name) >= _SHORTEST else "", name[1] if name.startswith(_DOUBLE) else name[:1]


def _unit_called(unit: Unit, directory: Directory) -> tuple[str, ...]:
    name = plain(unit.name)
    names = (name, _without_place(name, unit.area, directory))
    return (*(each for each in names if len(each) >= _SHORTEST), *_UNIT_WORDS.get(unit.code.rpartition("-")[2], ()))


def _without_place(name: str, code: str, directory: Directory) -> str:
    """A unit's name without the name of its street or district before it."""
    line = [area for area in (directory.area(code), *directory.ancestors(code)) if area]
    for area in line:
        for place in (area.name, *(area.name.removesuffix(end) for end in _PLACE_ENDS)):
            if place and name.startswith(plain(place)):
                return name[len(plain(place)) :]
    return name


def _any(names: Iterable[str], words: str) -> bool:
    return any(name in words for name in names)
