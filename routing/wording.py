"""The wording of a place: three ways to write 3幢 made one, and a text cut into names and numbers."""

import re
import unicodedata
from dataclasses import dataclass

#: Longer texts are cut: nobody writes a place in more characters, and the work per message stays bounded.
MOST_CHARACTERS = 80

_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "壹": 1, "二": 2, "两": 2, "贰": 2, "三": 3, "叁": 3, "四": 4, "肆": 4,
    "五": 5, "伍": 5, "六": 6, "陆": 6, "七": 7, "柒": 7, "八": 8, "捌": 8, "九": 9, "玖": 9,
}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100}
_UNITS = {"号楼": "幢", "栋": "幢", "座": "幢", "#": "幢", "楼": "层", "房": "室"}
_UNIT = "号楼(?![下上道梯])|单元|号|弄|幢|栋|座|室|层|楼|房|组|#"
_CHINESE = "".join(_DIGITS) + "".join(_TENS)
_CHINESE_NUMBER = re.compile(f"第?(\\d*[{_CHINESE}][{_CHINESE}\\d]*)(?={_UNIT})")
# 三幢二单元五零一: a room after its stairway needs no unit.
_CHINESE_ROOM = re.compile(f"(?:(?<=单元)|(?<=[幢栋座层#]))([{''.join(_DIGITS)}]{{3,4}})(?![{_CHINESE}])")
_DASHED = re.compile(r"(\d+)[-—–](\d+)(?:[-—–](\d+))?")
_NUMBER = re.compile(rf"第?([a-z]?\d+(?:之\d+)?[a-z]?|[a-z](?=幢|栋|座))({_UNIT}|$)")
_HALF_UNIT = re.compile(r"(?<=\d)(?:单|元)(?=\d)")  # 3幢2单501
_NO_NUMBER = re.compile(r"(?<=\w)(?<!\d)(?:幢|单元)(?=\d)")  # 3幢单元501: what stood before it was left out
# One thing, several names: written in the library in one way and by a neighbour in another.
_SAME = (
    (re.compile("农贸市场|菜市场|农贸城"), "菜场"),
    (re.compile("公交车站|公共汽车站|公交站台|公交站点"), "公交站"),
    (re.compile("幼稚园"), "幼儿园"),
)
_NOT_TEXT = re.compile(r"[^\w#—–-]|_")
_ROAD = ("路", "街", "巷", "道", "弄", "里")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a written address: a name and the numbers after it, "桂花苑" and ("3幢", "2单元")."""

    name: str
    numbers: tuple[str, ...] = ()


def normalised(text: str) -> str:
    """Full-width to half, lower case, no spaces or signs, 三幢 / 3栋 / 3号楼 alike as 3幢, 3-2-501 as 3幢2单元501室."""
    text = unicodedata.normalize("NFKC", text[: 4 * MOST_CHARACTERS])[: 4 * MOST_CHARACTERS].lower()
    text = _NOT_TEXT.sub("", text)[:MOST_CHARACTERS]
    if "-" in text or "—" in text or "–" in text:
        text = _DASHED.sub(_undashed, text).translate({ord(dash): None for dash in "-—–"})
    text = _CHINESE_NUMBER.sub(lambda m: str(_value(m[1])), text)
    text = _CHINESE_ROOM.sub(lambda m: str(_value(m[1])), text)
    text = _NO_NUMBER.sub("", _HALF_UNIT.sub("单元", text))
    for pattern, word in _SAME:
        text = pattern.sub(word, text)
    return text


def segments(text: str) -> tuple[Segment, ...]:
    """A normalised text as names, each with the numbers that follow it."""
    found: list[Segment] = []
    end = 0
    for match in _NUMBER.finditer(text):
        name = text[end : match.start()]
        if not match[2] and not name and not found:
            break  # A bare number alone counts or answers something; it is no place.
        if name or not found:
            found.append(Segment(name))
        last = found[-1]
        number = match[1] + (_UNITS.get(match[2], match[2]) or _unit_of(last, match[1]))
        found[-1] = Segment(last.name, (*last.numbers, number))
        end = match.end()
    if text[end:]:
        found.append(Segment(text[end:]))
    return tuple(found)


def _undashed(match: re.Match[str]) -> str:
    """3-2-501 and 3-2 are building, stairway, room; 3-501 leaves out the stairway; 18-3号 is one house number."""
    after = match.string[match.end() :]
    if match[3] is None and after.startswith("号") and not after.startswith("号楼"):
        return f"{match[1]}之{match[2]}"
    before = match.string[: match.start()]
    units = ("幢", "单元", "室")
    if before.endswith(("幢", "栋", "座", "号楼", "#")):
        units = ("单元", "室", "室")
    parts = [part for part in match.groups() if part]
    words = [part + unit for part, unit in zip(parts, units, strict=False)]
    if len(parts) == 2 and len(parts[1]) >= 3:
        words[1] = parts[1] + "室"
    joined = "".join(words)
    unit = next((unit for unit in ("单元", "室", "房") if after.startswith(unit)), "")
    return joined.removesuffix("室").removesuffix("单元") if unit else joined


def _unit_of(segment: Segment, number: str) -> str:
    """The unit of a bare last number: 柳岸路18 is a house, 桂花苑3 a building, 3幢501 a room, 8组47 a house."""
    if segment.numbers:
        if segment.numbers[-1].endswith(("组", "弄")):
            return "号"
        return "室" if len(number) >= 3 else "单元"
    return "号" if segment.name.endswith(_ROAD) else "幢"


def _value(written: str) -> int:
    if not any(c in _TENS for c in written):
        return int("".join(str(_DIGITS.get(c, c)) for c in written))  # 五零一 is 501
    total = digit = 0
    for c in written:
        if c in _TENS:
            total, digit = total + (digit or 1) * _TENS[c], 0
        else:
            digit = digit * 10 + int(_DIGITS.get(c, c))
    return total + digit
