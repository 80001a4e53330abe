"""Times: "昨晚十点多" → the range of instants it names, in UTC."""
# ruff: noqa: E501  (a pattern is read as one piece)

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nlu.numbers import DIGITS, number
from nlu.stretches import ago, feast, loose, plain, since

LOCAL = ZoneInfo("Asia/Shanghai")

# Days back (negative: ahead); the longer word first.
_DAYS = {
    "大前天": 3, "前天": 2, "前日": 2, "前晚": 2, "前夜": 2, "昨天": 1, "昨日": 1, "昨晚": 1, "昨夜": 1, "昨儿": 1, "昨早": 1, "昨": 1,
    "今天": 0, "今日": 0, "今晚": 0, "今早": 0, "今晨": 0, "今儿": 0, "今夜": 0, "当天": 0,
    "明天": -1, "明日": -1, "明早": -1, "明晚": -1, "后天": -2, "大后天": -3,
}  # fmt: skip
# Parts of the day as local hours; an end past 24 runs into the next day.
_PARTS: dict[str, tuple[int, int]] = {
    "凌晨": (0, 6), "半夜": (23, 29), "深夜": (22, 28), "后半夜": (24, 30), "前半夜": (19, 24), "夜里": (20, 29), "夜晚": (18, 24),
    "清早": (5, 8), "清晨": (5, 8), "早晨": (5, 9), "早上": (5, 10), "一早": (5, 9), "早": (5, 10), "晨": (5, 9),
    "午夜": (23, 25), "早高峰": (7, 9), "放学": (15, 18),
    "上午": (8, 12), "中午": (11, 14), "午后": (12, 16), "下午": (12, 18), "傍晚": (16, 20), "晚上": (18, 24), "晚": (18, 24), "夜": (20, 29),
}  # fmt: skip
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 5}

_day = "|".join(sorted(_DAYS, key=len, reverse=True)).replace("|昨|", "|昨(?=[天日晚夜儿早上中下傍半凌])|")
_part = "|".join(sorted(_PARTS, key=len, reverse=True))
_PAIR = "一两|一二|两三|二三|三四|四五|五六|六七|七八|八九|九十|十一二|十一十二"
_PHRASE = re.compile(
    # All of it may be missing: it is tried only where a part of it may begin.
    r"(?=[大前昨今当明后上本这下周星礼0-9零一二两三四五六七八九十凌半深夜清早晨午放中傍晚])"
    rf"(?:(?P<day>大后天|{_day})"
    rf"|(?P<which>上上|上个?|这个?|本|下个?)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])"
    r"|(?P<moon>本月|这个?月|上个?月)的?(?P<day_of>[12]\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号]"
    r"|(?<![路街巷弄道村苑园里区门第\d])(?P<solo>[12]\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])号(?=那天|当天|[上下中]午|凌晨|早上|晚上|夜里|晚)"
    r"|(?:(?P<year>20\d\d)年)?(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?P<dom>[12]\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号])?"
    rf"(?:的|,| )?(?P<part>{_part})?(?:的|大概|大约|差不多|,| )?"
    rf"(?:(?P<pair>{_PAIR})[点时]钟?|(?P<hour>\d{{1,2}}|[零一二两三四五六七八九十]{{1,3}})(?:[点时](?!心)钟?(?:差(?P<lack>\d{{1,2}}|[一二三四五六七八九十]{{1,2}})分|(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute>[0-5]?\d|[零一二三四五]?十?[一二三四五六七八九]?)分?)"
    r"|:(?P<minutes>[0-5]\d)))?"
    r"(?P<past>多|过)?(?P<about>左右|上下|前后|的样子)?"
)
_NOW = re.compile(
    "(?:点|钟|左右|开始|起)*(?:一直)?(?:到|至)(?:现在|今(?!晚|早)|这会|刚才|目前)|开始(?!的)|起(?=[,。到就一])"
)
_LIMIT = re.compile("(?:钟|以|之)?(?P<side>前|后)(?![后前面头天门来])")
_TO_DAY = re.compile("(?:到|至)(?:周|星期|礼拜)([一二三四五六日天])")
_UNTIL = re.compile(
    rf"(?:到|至|-|~)(?:{_part})?(\d{{1,2}}|[一二两三四五六七八九十]{{1,3}})(?:[点时]|:([0-5]\d))(?:(半)|([0-5]?\d)分)?"
)
READ = 300  #: Characters searched.
#: What every word for a time has, here and in stretches.py; of messages without it nothing more is searched.
_CUE = re.compile(
    r"[天日晚夜早晨昨今午周星拜月年点时钟夕宵节秋旦庆诞假晌黑饭班峰儿朝刚近阵]|方才|才将|头先|待会|等会|放学|清明|五一|双十一|初一|[\d一二三四五六七八九十]\s?[-./:~差到]"
)
_POINTS = re.compile("建议|意见|要求|问题|原因|疑问|想法|水|钟头")
_EVERY = re.compile(
    "隔三差五|三天两头|一天到晚|从早到晚|日日|每天|每晚|每日|每周|每个?星期|天天|夜夜|经常|总是|平时|一到晚上"
)


def when(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """Returns the first range of instants (UTC, end excluded) that normalised `text` names, seen from aware `now`.

    "十点多" is the hour after ten; a bare "十点" is a quarter of an hour around it; a time of day without a day is the
    last one that has been, because people tell what happened. None when there is none or it comes again and again.
    """
    text = text[:READ]
    if not _CUE.search(text):
        return None
    text = plain(text)
    if _EVERY.search(text):
        return None
    here = now.astimezone(LOCAL)
    if found := feast(text, here) or ago(text, here):
        return _utc(*found)
    until_now = since(text, here)
    for phrase in _PHRASE.finditer(text):
        part = "" if until_now else phrase["part"] or ""
        if phrase["hour"] or phrase["pair"] or _day_said(phrase) or len(part) > 1:
            if _no_time(phrase, text):
                continue
            try:
                return _ended(text, phrase, _range(phrase, _UNTIL.match(text, phrase.end()), here), here)
            except (ValueError, OverflowError):
                continue  # 2月30号, 25点
    stretch = until_now or loose(text, here)
    return _utc(*stretch) if stretch else None


def _day_said(found: re.Match[str]) -> bool:
    return any(found[name] for name in ("day", "weekday", "moon", "solo", "month"))


def _ended(
    text: str, found: re.Match[str], range: tuple[datetime, datetime], here: datetime
) -> tuple[datetime, datetime]:
    """The range as what stands behind the phrase changes it: "until now", "before", "to Friday"."""
    first, last = range
    if _NOW.match(text, found.end()) and first < here:
        return _utc(first, here)
    if found["weekday"] and (other := _TO_DAY.match(text, found.end())):
        days = (_WEEKDAYS[other[1]] - _WEEKDAYS[found["weekday"]]) % 7
        return first, last + timedelta(days=days)
    if found["hour"] and (limit := _LIMIT.match(text, found.end())):
        middle = first + (last - first) / 2
        return (middle - timedelta(hours=3), middle) if limit["side"] == "前" else (middle, middle + timedelta(hours=3))
    return range


def _no_time(found: re.Match[str], text: str) -> bool:
    """ "差一点", "两点建议": a bare hour that may as well be "a bit" or "points"."""
    if _day_said(found) or found["part"] or not (found["hour"] or found["pair"]):
        return False
    if _POINTS.match(text, found.end()):
        return True
    bare = not (
        found["half"] or found["quarter"] or found["minute"] or found["minutes"] or found["past"] or found["about"]
    )
    return bare and found["hour"] == "一" and "钟" not in found[0]


def _range(found: re.Match[str], until: re.Match[str] | None, here: datetime) -> tuple[datetime, datetime]:
    day, said = _day_of(found, here)
    part = found["part"] or _hidden_part(found["day"] or "")
    if found["pair"]:
        return _pair(found["pair"], part, day, said, here)
    if not found["hour"]:
        first, last = _PARTS[part] if part else (0, 48 if found["weekday"] == "末" else 24)
        if not said and _at(day, first) > here:
            day -= timedelta(days=1)
        return _utc(_at(day, first), _at(day, last))
    hour = int(number(found["hour"]))
    if hour > 24:
        raise ValueError(hour)
    minute = _minute(found)
    hour = _hour(hour, part)
    start = _at(day, hour, minute)
    if not part and 0 < hour <= 12:
        start = _likeliest(day, hour, minute, here, said)
    elif not said and start > here + timedelta(minutes=15):
        start -= timedelta(days=1)
    if until:
        end_hour = _hour(int(number(until[1])), part)
        end = _at(start.date(), end_hour, 30 if until[3] else int(until[2] or until[4] or 0))
        while end <= start:
            end += timedelta(hours=12)
        return _utc(start, end)
    if found["lack"]:
        start -= timedelta(minutes=number(found["lack"]))
        return _utc(start - timedelta(minutes=10), start + timedelta(minutes=10))
    if found["past"]:
        return _utc(start, start + timedelta(minutes=60 if minute == 0 else 20))
    around = 30 if found["about"] else 15 if minute == 0 else 10
    return _utc(start - timedelta(minutes=around), start + timedelta(minutes=around))


def _pair(pair: str, part: str, day: date, said: bool, here: datetime) -> tuple[datetime, datetime]:
    """ "三四点": from the first hour to half past the second."""
    hour = 11 if pair.startswith("十一") else DIGITS[pair[0]]
    start = _at(day, _hour(hour, part))
    if not part:
        start = _likeliest(day, hour, 0, here, said)
    elif not said and start > here + timedelta(minutes=15):
        start -= timedelta(days=1)
    return _utc(start, start + timedelta(minutes=90))


def _day_of(found: re.Match[str], here: datetime) -> tuple[date, bool]:
    """Returns the local day and whether it was said."""
    today = here.date()
    if word := found["day"]:
        back = _DAYS[word]
        if word in ("今晚", "今夜") and here.hour < 5:
            back = 1  # at two in the night "tonight" began yesterday
        return today - timedelta(days=back), True
    if found["weekday"]:
        monday = today - timedelta(days=today.weekday())
        which = (found["which"] or "").removesuffix("个")
        day = monday + timedelta(days=_WEEKDAYS[found["weekday"]], weeks={"上上": -2, "上": -1, "下": 1}.get(which, 0))
        if not which and day > today:
            day -= timedelta(weeks=1)
        return day, True
    if found["moon"] or found["solo"]:
        months = 1 if "上" in (found["moon"] or "") else 0
        dom = int(number(found["day_of"] or found["solo"]))
        if found["solo"] and dom > today.day:
            months = 1  # what is told has been
        first = (today.replace(day=1) - timedelta(days=1)) if months else today
        return first.replace(day=dom), True
    if found["month"]:
        day = date(int(found["year"] or today.year), int(number(found["month"])), int(number(found["dom"])))
        if not found["year"] and day > today + timedelta(days=90):
            day = day.replace(year=day.year - 1)
        return day, True
    return today, False


def _hidden_part(day: str) -> str:
    return next((part for char, part in (("晚", "晚"), ("夜", "夜"), ("早", "早"), ("晨", "晨")) if char in day), "")


def _minute(found: re.Match[str]) -> int:
    if found["half"]:
        return 30
    if found["quarter"]:
        return 15 if found["quarter"] == "一" else 45
    return int(found["minutes"] or number(found["minute"] or "零"))


def _hour(hour: int, part: str) -> int:
    """Returns the hour counted from the day's midnight; "晚上一点" is 25."""
    if not part or hour > 12:
        return hour
    first = _PARTS[part][0]
    if part == "凌晨":
        return hour % 12
    if part == "半夜" and hour < 6:
        return hour  # "昨天半夜两点" is the night that ended on that day
    if first >= 18 and (hour <= 5 or hour == 12):
        return hour + 24 if hour < 12 else 24
    if first >= 11 and hour < 11:
        return hour + 12
    return hour


def _likeliest(day: date, hour: int, minute: int, here: datetime, said: bool) -> datetime:
    """Returns the last of morning and evening that has been; on a named day the one by daylight."""
    if said:
        return _at(day, hour + 12 if hour < 6 else hour, minute)
    past = (_at(day, hour + shift, minute) for shift in (12, 0, -12))
    return next((each for each in past if each <= here + timedelta(minutes=15)), _at(day, hour, minute))


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    """Hours may pass 24 or lie below 0. China has no summer time, so wall-clock arithmetic is safe."""
    return datetime.combine(day, time(), LOCAL) + timedelta(hours=hour, minutes=minute)


def _utc(first: datetime, last: datetime) -> tuple[datetime, datetime]:
    return first.astimezone(UTC), last.astimezone(UTC)
