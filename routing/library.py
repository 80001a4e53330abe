"""The address library: the standard addresses, found by their names and numbers as people write them."""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nsmallest

#: Longer texts are cut: nobody writes a place in more characters, and the work per message stays bounded.
MOST_CHARACTERS = 80

_MOST_SEEN = 1500  #: Names looked at for one text.

_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "壹": 1, "二": 2, "两": 2, "贰": 2, "三": 3, "叁": 3, "四": 4, "肆": 4,
    "五": 5, "伍": 5, "六": 6, "陆": 6, "七": 7, "柒": 7, "八": 8, "捌": 8, "九": 9, "玖": 9,
}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100}
_UNITS = {"号楼": "幢", "栋": "幢", "座": "幢", "#": "幢", "楼": "层", "房": "室"}
_UNIT = "号楼(?![下上道梯])|单元|号|弄|幢|栋|座|室|层|楼|房|组|#"
_CHINESE_NUMBER = re.compile(f"第?([{''.join(_DIGITS)}{''.join(_TENS)}]+)(?={_UNIT})")
_DASHED = re.compile(r"(\d+)-(\d+)(?:-(\d+))?")
_NUMBER = re.compile(rf"第?([a-z]?\d+[a-z]?|[a-z](?=幢|栋|座))({_UNIT}|$)")
# One thing, several names: written in the library in one way and by a neighbour in another.
_SAME = (
    (re.compile("农贸市场|菜市场|农贸城"), "菜场"),
    (re.compile("公交车站|公共汽车站|公交站台|公交站点"), "公交站"),
    (re.compile("幼稚园"), "幼儿园"),
)
_NOT_TEXT = re.compile(r"[^\w#-]|_")
_ROAD = ("路", "街", "巷", "道", "弄", "里")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a written address: a name and the numbers after it, "桂花苑" and ("3幢", "2单元")."""

    name: str
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A name of the library found in a text, with how well it was found: 1 is letter by letter."""

    name: str
    likeness: float


class Library:
    """The addresses' names, indexed by pairs of characters, and under each name its numbers, sorted.

    Rows are the positions in the sequence it was built from. A look-up costs by the candidates, not by the rows.
    """

    __slots__ = ("_keys", "_names", "_pairs", "_rows")

    def __init__(self, texts: Iterable[str]) -> None:
        entries = [(key, row) for row, text in enumerate(texts) for key in _keys(text)]
        entries.sort()
        self._keys = [key for key, _ in entries]
        self._rows = [row for _, row in entries]
        self._names = tuple(dict.fromkeys(key.partition(" ")[0] for key in self._keys))
        pairs: defaultdict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(self._names):
            for pair in set(_pairs(name)):
                pairs[pair].append(number)
        self._pairs = dict(pairs)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, normalised and sorted: roads, compounds, markets, bridges, stops."""
        return self._names

    def named(self, text: str, most: int = 8) -> tuple[Named, ...]:
        """The names that a normalised text (without its numbers) may mean, best first."""
        shared: Counter[int] = Counter()
        seen = 0
        for pair in sorted(set(_pairs(text)), key=lambda pair: len(self._pairs.get(pair, ()))):
            here = self._pairs.get(pair, ())
            if seen and seen + len(here) > _MOST_SEEN:
                break  # A pair in every other name ("公寓") tells nothing once rarer ones have spoken.
            shared.update(here[:_MOST_SEEN])
            seen += len(here)
        least = max(shared.values(), default=0) / 2
        some = [n for n, pairs in shared.items() if pairs >= least or pairs >= len(self._names[n]) - 1]
        likely = nsmallest(
            3 * most, some, key=lambda n: (-shared[n] / max(len(self._names[n]) - 1, 1), -len(self._names[n]), n)
        )
        names = [self._names[n] for n in likely[: 3 * most]]
        # Written letter by letter, a name leaves room only for those it is the beginning of.
        written = [name for name in names if len(name) > 2 and name in text]
        if written:
            names = [name for name in names if any(sure in name for sure in written)]
        found = [Named(name, likeness(name, text)) for name in names]
        found = [name for name in found if name.likeness >= 0.6]
        found.sort(key=lambda name: (-name.likeness, -len(name.name), name.name))
        return tuple(_longest(found))[:most]

    def under(self, name: str, numbers: tuple[str, ...] = ()) -> range:
        """The entries under a name whose numbers begin so."""
        prefix = name + " " + "".join(numbers)
        return range(bisect_left(self._keys, prefix), bisect_left(self._keys, prefix + "\U0010ffff"))

    def row(self, entry: int) -> int:
        return self._rows[entry]

    def numbers(self, entry: int) -> str:
        """The numbers of an entry: "3幢2单元"."""
        return self._keys[entry].partition(" ")[2]

    def exactly(self, name: str, numbers: tuple[str, ...]) -> tuple[int, ...]:
        """Rows with this name and exactly these numbers, not more."""
        wanted = "".join(numbers)
        return tuple(self._rows[e] for e in self.under(name, numbers) if self.numbers(e) == wanted)


def normalised(text: str) -> str:
    """Full-width to half, lower case, no spaces or signs, 三幢 / 3栋 / 3号楼 alike as 3幢."""
    text = unicodedata.normalize("NFKC", text)[: 4 * MOST_CHARACTERS].lower()
    text = _NOT_TEXT.sub("", text)[:MOST_CHARACTERS]
    text = _DASHED.sub(lambda m: f"{m[1]}幢{m[2]}单元" + (f"{m[3]}室" if m[3] else ""), text).replace("-", "")
    text = _CHINESE_NUMBER.sub(lambda m: str(_value(m[1])), text)
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


def likeness(name: str, text: str) -> float:
    """How well the text holds the name, 0 to 1: 1 minus the share of the name's characters that must be changed.

    Two characters inside others may be a piece of another name (新桥 in 新桥小学): 0.8.
    """
    if name in text:
        return 1.0 if len(name) > 2 or name == text else 0.8
    if len(name) < 3:
        return 0.0
    # Edit distance of the name to the best piece of the text: a free start and a free end.
    row = [0] * (len(text) + 1)
    for i, wanted in enumerate(name, start=1):
        left, diagonal, row[0] = i, row[0], i
        for j, seen in enumerate(text, start=1):
            left = min(left + 1, row[j] + 1, diagonal + (wanted != seen))
            diagonal, row[j] = row[j], left
    return max(0.0, 1 - min(row) / len(name))


def _keys(text: str) -> Iterator[str]:
    for segment in segments(normalised(text)):
        if segment.name:
            yield segment.name + " " + "".join(segment.numbers)


def _pairs(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)] or ([text] if text else [])


def _longest(found: list[Named]) -> Iterator[Named]:
    """Without the names that are a piece of one found as well: 桂花苑北区 hides 桂花苑."""
    exact: list[str] = []
    for named in found:
        if any(named.name in longer for longer in exact):
            continue
        if named.likeness == 1.0:
            exact.append(named.name)
        yield named


def _unit_of(segment: Segment, number: str) -> str:
    """The unit of a bare last number: 柳岸路18 is a house, 桂花苑3 a building, 3幢501 a room."""
    if segment.numbers:
        return "室" if len(number) >= 3 else "单元"
    return "号" if segment.name.endswith(_ROAD) else "幢"


def _value(written: str) -> int:
    if not any(c in _TENS for c in written):
        return int("".join(str(_DIGITS[c]) for c in written))  # 五零一 is 501
    total = digit = 0
    for c in written:
        if c in _TENS:
            total, digit = total + (digit or 1) * _TENS[c], 0
        else:
            digit = _DIGITS[c]
    return total + digit
