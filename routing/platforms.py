"""The four platforms and what a resident may report: category -> platform -> unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar


class Platform(StrEnum):
    """One of the four offices every case belongs to (基层治理四平台)."""

    ORDER = "order"
    MARKET = "market"
    ENFORCEMENT = "enforcement"
    SERVICE = "service"


class Urgency(StrEnum):
    """Which row of the clocks a category runs under."""

    NOW = "now"
    TODAY = "today"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of matter; one code is one Open311 service."""

    code: str
    platform: Platform
    zh: str
    en: str
    urgency: Urgency
    private: bool  #: Never named in a group or on an open interface.
    unit: str  #: The kind of unit that settles it: how that unit's code ends ("xx-police" settles "police").


PLATFORM_ZH: Mapping[Platform, str] = MappingProxyType(
    {
        Platform.ORDER: "综治工作",
        Platform.MARKET: "市场监管",
        Platform.ENFORCEMENT: "综合执法",
        Platform.SERVICE: "便民服务",
    }
)
PLATFORM_EN: Mapping[Platform, str] = MappingProxyType(
    {
        Platform.ORDER: "Public order",
        Platform.MARKET: "Market regulation",
        Platform.ENFORCEMENT: "Integrated enforcement",
        Platform.SERVICE: "Public services",
    }
)

# The codes, urgencies and privacy are fixed by the catalogue the street works with; the last word is the unit's kind.
# "+" marks a private category.
_ROWS = """
order.neighbour      today + mediation   邻里纠纷           Quarrel between neighbours
order.family         today + mediation   婚姻家庭纠纷       Family dispute
order.property       days  + mediation   物业纠纷           Dispute with property management
order.wage           days  + labour      拖欠工资与劳资纠纷 Unpaid wages and labour disputes
order.fraud          now   + police      诈骗线索           Suspected fraud
order.theft          now   + police      盗窃与可疑人员     Theft and suspicious persons
order.fight          now   + police      打架与滋事         Fights and disturbances
order.missing        now   + police      人员走失           Missing person
order.tenancy        days  + police      群租与未登记出租   Crowded or unregistered letting
order.staff          days  + inspection  对工作人员的投诉   Complaint about staff
order.school         today - police      校园周边安全       Safety around schools
market.food          today - food        食品安全           Food safety
market.price         days  - market      价格与缺斤短两     Prices and short weight
market.counterfeit   days  - market      假冒伪劣商品       Counterfeit and shoddy goods
market.license       days  - market      无证无照经营       Trading without a licence
market.prepaid       days  - consumer    预付卡与消费纠纷   Prepaid cards and consumer disputes
market.gas           now   - gas         瓶装燃气违规       Bottled gas violations
market.lift          now   - lift        电梯故障与困人     Lift faults and people trapped
market.medicine      days  - medicine    药品与医疗器械     Medicines and medical devices
enforcement.garbage  today - sanitation  垃圾堆放与清运     Rubbish piled up or not collected
enforcement.stall    today - enforcement 占道经营           Stalls blocking the pavement
enforcement.building days  - enforcement 违法建筑           Illegal building
enforcement.noise    today - enforcement 噪音扰民           Noise
enforcement.dust     today - enforcement 工地扬尘           Dust from a building site
enforcement.smoke    today - enforcement 餐饮油烟与焚烧     Kitchen fumes and open burning
enforcement.water    today - river       河道污染与乱排污水 River pollution and waste water
enforcement.parking  today - traffic     违停与占用车位     Illegal parking and occupied spaces
enforcement.posters  days  - sanitation  乱贴小广告         Illegal posters
enforcement.green    days  - enforcement 毁绿与树木         Trees and damaged greenery
enforcement.fire_lane now  - fire        占用消防通道       Blocked fire lane
enforcement.ebike    today - fire        电动车飞线充电与上楼 E-bikes charged by loose wires or taken upstairs
enforcement.fire     now   - fire        消防设施损坏与火灾隐患 Broken fire equipment and fire hazards
enforcement.worksite now   - safety      企业与工地安全隐患 Hazards at firms and building sites
service.light        today - works       路灯与楼道灯       Street and stairway lights
service.road         today - works       道路破损           Damaged road
service.manhole      now   - works       井盖缺失损坏       Missing or broken manhole cover
service.tap          today - water       停水与水管         Water supply and pipes
service.power        now   - power       停电与电线         Power cuts and wires
service.drain        today - works       下水道与积水       Drains and standing water
service.insects      now   - rescue      马蜂窝与蛇虫       Wasps' nests and snakes
service.dogs         today - rescue      流浪犬与养犬       Stray dogs and dog keeping
service.elder        today + civil       老人与困难群众帮扶 Help for the old and people in need
service.transport    days  - hall        公交与出行         Buses and getting about
service.insurance    days  - hall        社保医保办理       Social and medical insurance
service.schooling    days  - hall        入学与教育         School places and education
service.facilities   days  - works       公共设施与健身器材 Public facilities and exercise equipment
service.urgent_help  now   - hall        受伤与紧急求助     Injury and urgent help
service.suggestion   days  - hall        意见建议           Suggestions
service.other        today - hall        其他               Other
"""


def _category(row: str) -> Category:
    code, urgency, private, unit, zh, en = row.split(maxsplit=5)
    return Category(code, Platform(code.partition(".")[0]), zh, en, Urgency(urgency), private == "+", unit)


#: Every category by its code, in the catalogue's order.
CATEGORIES: Mapping[str, Category] = MappingProxyType(
    {category.code: category for category in map(_category, _ROWS.strip().splitlines())}
)


def of_platform(platform: Platform) -> tuple[Category, ...]:
    """The categories of one platform, in the catalogue's order."""
    return tuple(category for category in CATEGORIES.values() if category.platform is platform)


class Coded(Protocol):
    """Anything with a unit's code."""

    @property
    def code(self) -> str: ...


U = TypeVar("U", bound=Coded)


def sensible_unit(category: str, units: Sequence[U]) -> U | None:
    """The unit of `units` (nearest first) that settles this category: by its kind, else the first; None without units.

    `units` are those of the category's platform, nearest area first, as `directory.units_of(platform, area)` gives
    them.
    """
    known = CATEGORIES.get(category)
    if known is not None:
        for unit in units:
            if unit.code == known.unit or unit.code.endswith("-" + known.unit):
                return unit
    return units[0] if units else None
