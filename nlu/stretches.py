"""Stretches: times without an hour, "the holidays", "last week", "for three days", and other words for known ones."""
# ruff: noqa: E501  (a pattern is read as one piece)

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from nlu.numbers import count, number

# Other words, of other parts of the country, for what times.py knows. In this order.
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"大前[儿日]个?", "大前天"), (r"前儿个?|前日子?", "前天"), (r"昨儿个?|昨日子?|昨朝|昨天子", "昨天"),
        (r"今儿个?|今朝", "今天"), (r"明儿个?|明朝(?!代)", "明天"), (r"(?:三更|深更|大)半夜(?:三更)?|半夜三更", "半夜"),
        (r"夜里头|夜头|夜到|夜里厢|(?<=[天晚])黑夜|后半夜里", "夜里"), (r"(?:一大|大)清?早(?:上|浪)?|清早八早|早浪厢?|大早上|早起(?=[的就在看发])", "一早"),
        (r"天(?:刚刚?|蒙蒙|没|不|才)亮(?:的?时候|那会儿?)?|天一亮", "清晨"), (r"天(?:刚|一)?黑(?:了|以后|之后|后)|擦黑|断黑", "晚上"),
        (r"吃(?:中|午)饭(?:的?时候|那会儿?)?|(?:中|午)饭(?:的?时候|那会儿?|点)", "中午"), (r"吃(?:晚|夜)饭(?:的?时候|那会儿?)|晚饭(?:的?时候|那会儿?|后)|晚高峰|下班(?:的?时候|那会儿?|高峰)", "傍晚"),
        (r"上班(?:的?时候|那会儿?|高峰)|早高峰", "早高峰"), (r"(?:晌午|正午|大中午)", "中午"), (r"后半晌|下半天|后晌", "下午"), (r"上半天|前半晌", "上午"),
        (r"(20\d\d)[-./](\d{1,2})[-./](\d{1,2})(?!\d)", r"\1年\2月\3日"), (r"(?<![\d/-])(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?![\d/])", r"\1月\2日"),
        (r"(?<![\d.])(1[0-2]|0?[1-9])\.(3[01]|[12]\d|0?[1-9])[号日]?(?=[号日早晚凌]|[上下中]午)", r"\1月\2日"),
        (r"(?<!\d)(\d{1,2})[-~](\d{1,2})(?=[点时])", r"\1点到\2"),
        (r"(?:差|还差)(\d{1,2}|[一二三四五六七八九十两]{1,2})分钟?到?(\d{1,2}|[一二三四五六七八九十两]{1,2})点", r"\2点差\1分"),
    )
)  # fmt: skip
_CUES = re.compile(r"[天日朝儿夜早黑亮饭班峰晌午/.~-]|差")

_N = r"(?:\d{1,3}|十[来几]|几十|好?几|[一二两三四五六七八九十]{1,3}|半)"
_UNIT = r"(?P<unit>分钟|个?多?小时|个?多?钟头?|天|个?多?星期|个?多?礼拜|周|个?多?月|年)"
_AGO = re.compile(rf"(?P<n>{_N})多?(?P<half>个半)?{_UNIT}(?:多)?(?:以|之)?前")
_SINCE = re.compile(
    rf"(?<![第楼上下])(?P<n>{_N})多?(?P<half>个半)?{_UNIT}(?:多)?(?:了(?!解)|(?=(?:没|都没|还没|不)(?:人|来|动|通|亮|管|修|有|清|扫)))"
)
_MINUTES = {"分钟": 1.0, "小时": 60.0, "钟头": 60.0, "钟": 60.0}
_DAYS = {"天": 1.0, "星期": 7.0, "礼拜": 7.0, "周": 7.0, "月": 30.0, "年": 365.0}

_LOOSE: tuple[tuple[str, timedelta, timedelta], ...] = (  # word, from so long ago, until so long ago
    ("刚才", timedelta(minutes=30), timedelta()), ("刚刚", timedelta(minutes=30), timedelta()), ("方才", timedelta(minutes=30), timedelta()),
    ("刚巧", timedelta(minutes=30), timedelta()), ("才将", timedelta(minutes=30), timedelta()), ("头先", timedelta(minutes=30), timedelta()),
    ("前两天", timedelta(days=4), timedelta(days=1)), ("前几天", timedelta(days=7), timedelta(days=1)), ("前些天", timedelta(days=14), timedelta(days=2)),
    ("前阵子", timedelta(days=45), timedelta(days=7)), ("前段时间", timedelta(days=45), timedelta(days=7)),
    ("这两天", timedelta(days=2), timedelta()), ("这几天", timedelta(days=3), timedelta()), ("这些天", timedelta(days=7), timedelta()),
    ("最近", timedelta(days=7), timedelta()), ("近来", timedelta(days=7), timedelta()), ("这阵子", timedelta(days=14), timedelta()),
    ("这段时间", timedelta(days=14), timedelta()), ("待会", timedelta(), timedelta(hours=-1)), ("等会儿", timedelta(), timedelta(hours=-1)),
)  # fmt: skip

# Holidays by the moon, from the State Council's calendar: month and day a year.
_SPRING = {2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3)}
_BOATS = {2024: (6, 10), 2025: (5, 31), 2026: (6, 19), 2027: (6, 9), 2028: (5, 28), 2029: (6, 16), 2030: (6, 5)}
_MOON = {2024: (9, 17), 2025: (10, 6), 2026: (9, 25), 2027: (9, 15), 2028: (10, 3), 2029: (9, 22), 2030: (9, 12)}
# Word, its first day (by the year, or the same every year), days after it, days long.
_FEASTS: tuple[tuple[re.Pattern[str], dict[int, tuple[int, int]] | tuple[int, int], int, int], ...] = (
    (re.compile("大年三十|除夕|年三十|三十晚上"), _SPRING, -1, 1), (re.compile("大年初一|年初一"), _SPRING, 0, 1), (re.compile("正月十五|元宵"), _SPRING, 14, 1),
    (re.compile("春节|过年(?!龄)"), _SPRING, -1, 8), (re.compile("端午"), _BOATS, 0, 3), (re.compile("中秋"), _MOON, 0, 3),
    (re.compile("元旦"), (1, 1), 0, 3), (re.compile("清明"), (4, 4), 0, 3), (re.compile("五一(?![路街巷弄村桥])|劳动节"), (5, 1), 0, 5),
    (re.compile("国庆(?![路街巷弄村桥新])|十一(?:长假|那几天|放假|假期)"), (10, 1), 0, 7), (re.compile("双十一"), (11, 11), 0, 1), (re.compile("圣诞"), (12, 25), 0, 1),
)  # fmt: skip
_WHOLE = re.compile(
    r"(?P<which>上上|上个?|这个?|本)(?P<unit>周|星期|礼拜|月)(?![一二三四五六日天末]|\d)"
    r"|(?:(?P<year>今年|去年|前年|20\d\d年))?(?:的)?(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?P<share>初|上旬|中旬|下旬|底|份)?(?![\d一二三四五六七八九十])"
    r"|(?P<alone>今年|去年|前年)(?P<season>春天|夏天|秋天|冬天)?"
)
_SEASONS = {"春天": (3, 6), "夏天": (6, 9), "秋天": (9, 12), "冬天": (12, 15)}


def plain(text: str) -> str:
    """Returns `text` with other words for times put in those that the clock phrases are made of."""
    if _CUES.search(text):
        for pattern, word in _WORDS:
            text = pattern.sub(word, text)
    return text


def feast(text: str, here: datetime) -> tuple[datetime, datetime] | None:
    """Returns the last time (or the next, when it is near) of the holiday that `text` names."""
    for pattern, days, shift, length in _FEASTS:
        if pattern.search(text):
            candidates = []
            for year in (here.year - 1, here.year, here.year + 1):
                on = days.get(year) if isinstance(days, dict) else days
                if on:
                    candidates.append(date(year, *on) + timedelta(days=shift))
            near = [day for day in candidates if day <= here.date() + timedelta(days=45)]
            if near:
                return _day(near[-1], here), _day(near[-1] + timedelta(days=length), here)
    return None


def ago(text: str, here: datetime) -> tuple[datetime, datetime] | None:
    """Returns the range that "two hours ago" names."""
    return _back(_AGO.search(text), here, since=False)


def since(text: str, here: datetime) -> tuple[datetime, datetime] | None:
    """Returns the range from then until now that "for three days now" names."""
    return _back(_SINCE.search(text), here, since=True)


def _back(found: re.Match[str] | None, here: datetime, *, since: bool) -> tuple[datetime, datetime] | None:
    if not found:
        return None
    try:
        many = count(found["n"]) + (0.5 if found["half"] else 0)
    except ValueError:
        return None
    unit = found["unit"].removeprefix("个").removeprefix("多")
    if unit in _MINUTES:
        minutes = many * _MINUTES[unit]
        middle = here - timedelta(minutes=minutes)
        spread = timedelta(minutes=max(5.0, minutes / 4))
        return middle - spread, here if since else min(middle + spread, here)
    days = round(many * _DAYS[unit] + 0.01)
    first = here.date() - timedelta(days=days)
    if since:
        return _day(first, here), here
    return _day(first, here), _day(first + timedelta(days=1 if days < 5 else round(days / 4) + 1), here)


def loose(text: str, here: datetime) -> tuple[datetime, datetime] | None:
    """Returns the range of "just now", "these days", "last week", "in March", "last winter"."""
    for word, first, last in _LOOSE:
        if word in text:
            return here - first, here - last
    found = _WHOLE.search(text)
    if not found:
        return None
    if which := found["which"]:
        back = {"上上": 2, "上": 1}.get(which.removesuffix("个"), 0)
        if found["unit"] == "月":
            first_day = _month(here.year, here.month - back)
            return _day(first_day, here), _day(_month(first_day.year, first_day.month + 1), here)
        monday = here.date() - timedelta(days=here.weekday() + 7 * back)
        return _day(monday, here), _day(monday + timedelta(days=7), here)
    if alone := found["alone"]:
        year = here.year - {"今年": 0, "去年": 1, "前年": 2}[alone]
        months = _SEASONS.get(found["season"] or "", (1, 13))
        return _day(_month(year, months[0]), here), _day(_month(year, months[1]), here)
    return _in_month(found, here)


def _in_month(found: re.Match[str], here: datetime) -> tuple[datetime, datetime] | None:
    said, month = found["year"] or "", int(number(found["month"]))
    if not said and not found["share"]:
        return None  # 三月 alone may be a name; 三月份 and 三月初 are not
    back = {"去年": 1, "前年": 2}.get(said, 0)
    year = int(said[:4]) if said[:2] == "20" else here.year - back
    if not said and month > here.month + 1:
        year -= 1
    first = _month(year, month)
    days = {"初": (0, 10), "上旬": (0, 10), "中旬": (10, 20), "下旬": (20, 31), "底": (22, 31)}.get(
        found["share"] or ""
    )
    last = _month(year, month + 1)
    if days:
        last = min(last, first + timedelta(days=days[1]))
        first += timedelta(days=days[0])
    return _day(first, here), _day(last, here)


def _month(year: int, month: int) -> date:
    """The first day of a month; months may run past 12 or below 1."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _day(day: date, here: datetime) -> datetime:
    return datetime.combine(day, time(), here.tzinfo)
