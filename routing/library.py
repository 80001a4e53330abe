"""The address library: the names of the standard addresses, found by look and by sound, and what stands under each."""

import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from routing.sounds import sounds
from routing.wording import normalised, segments

_MOST_SEEN = 1500  #: Names looked at for one text.
_ALIKE = 0.6  #: A name less alike than this is another name.
_SHORT = 5  #: Names up to here are also found with one character more, less or other.
_MOST_UNDER = 4000  #: Under a longer road no slip of a number is looked for.


@dataclass(frozen=True, slots=True)
class Named:
    """A name of the library found in a text, with how well it was found: 1 is letter by letter."""

    name: str
    likeness: float


class Spot:
    """What stands under one name in one place (a community): numbers, sorted as text, each with its row."""

    __slots__ = ("_rows", "numbers", "place")

    def __init__(self, place: str, entries: list[tuple[str, int]]) -> None:
        """`entries` are (numbers, row); ~row where the address only begins so (路44号 of 路44号桂花苑3幢)."""
        entries.sort()
        self.place = place
        self.numbers = [numbers for numbers, _ in entries]
        self._rows = array("i", (row for _, row in entries))

    def row(self, entry: int) -> int:
        row = self._rows[entry]
        return row if row >= 0 else ~row

    def ends(self, entry: int) -> bool:
        """Whether this is the whole address, not the front of a longer one."""
        return self._rows[entry] >= 0

    def under(self, numbers: Sequence[str] = ()) -> range:
        """The entries whose numbers begin so."""
        prefix = "".join(numbers)
        if not prefix:
            return range(len(self.numbers))
        return range(bisect_left(self.numbers, prefix), bisect_left(self.numbers, prefix + "\U0010ffff"))

    def exactly(self, numbers: Sequence[str]) -> range:
        """The entries with exactly these numbers, not more."""
        wanted = "".join(numbers)
        start = end = bisect_left(self.numbers, wanted)
        while end < len(self.numbers) and self.numbers[end] == wanted:
            end += 1
        return range(start, end)

    def holding(self, numbers: Sequence[str]) -> list[int]:
        """The entries that end with these numbers and hold more: 3幢2单元501室 for 3幢501室 or 2单元501室."""
        if len(self.numbers) > _MOST_UNDER:
            return []
        last, pattern = numbers[-1], re.compile("".join(rf"(?:|.*\D){re.escape(number)}" for number in numbers))
        ending = (entry for entry, each in enumerate(self.numbers) if each.endswith(last))
        return [entry for entry in ending if pattern.fullmatch(self.numbers[entry])]

    def slips(self, numbers: Sequence[str], most: int = 2) -> list[int]:
        """The entries whose numbers differ in a character or two (32单元 for 3幢2单元), the nearest first."""
        if len(self.numbers) > _MOST_UNDER:
            return []
        wanted = "".join(numbers)
        near = process.extract(wanted, self.numbers, scorer=Levenshtein.distance, score_cutoff=2, limit=most)
        return [entry for _, _, entry in near]


class Library:
    """The addresses' names, indexed by pairs of sounds, and under each name, place by place, its numbers.

    Rows are the positions in the sequence it was built from. A look-up costs by the candidates, not by the rows.
    """

    __slots__ = ("_needed", "_pairs", "_short", "_sounds", "_spots", "names")

    def __init__(self, texts: Iterable[str], places: Iterable[str] = ()) -> None:
        """`places` says of each text which place it lies in; without, all lie in one."""
        gathered: dict[str, dict[str, list[tuple[str, int]]]] = {}
        same: dict[str, str] = {}  # The same numbers stand under thousands of names: kept once.
        for row, (text, place) in enumerate(zip(texts, chain(places, _everywhere()), strict=False)):
            parts = [part for part in segments(normalised(text)) if part.name]
            for part in parts:
                numbers = "".join(part.numbers)
                front = part is not parts[-1]
                entry = (same.setdefault(numbers, numbers), ~row if front else row)
                gathered.setdefault(part.name, {}).setdefault(place, []).append(entry)
        self._spots = {name: tuple(map(Spot, here, here.values())) for name, here in gathered.items()}
        #: Every name, normalised: roads, compounds, markets, bridges, stops.
        self.names = tuple(sorted(self._spots))
        self._sounds = tuple(map(sounds, self.names))
        self._needed = array("H", (max(1, len(set(_pairs(spoken)))) for spoken in self._sounds))
        pairs: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        short: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for number, spoken in enumerate(self._sounds):
            for pair in set(_pairs(spoken)):
                pairs[pair].append(number)
            if 2 < len(spoken) <= _SHORT:
                for less in _with_less(spoken):
                    short[less].append(number)
        self._pairs: Mapping[str, array[int]] = dict(pairs)
        self._short: Mapping[str, array[int]] = dict(short)

    def spots(self, name: str) -> tuple[Spot, ...]:
        """Where the name stands: one spot for each place that has it."""
        return self._spots.get(name, ())

    def names_by_place(self) -> Mapping[str, frozenset[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for name, spots in self._spots.items():
            for spot in spots:
                found[spot.place].add(name)
        return {place: frozenset(names) for place, names in found.items()}

    def named(self, text: str, near: frozenset[str] = frozenset(), most: int = 8) -> tuple[Named, ...]:
        """The names that a normalised text (without its numbers) may mean, best first. Of names as alike those
        in `near` come first."""
        spoken, names = sounds(text), self.names
        shared = self._sharing(spoken)
        whole = [n for n, pairs in shared.items() if pairs >= self._needed[n]]
        sure = [names[n] for n in whole if len(names[n]) > 2 and names[n] in text]
        if sure and (not near or any(each in near for each in sure)):
            # Written letter by letter, a name leaves room only for those it is the beginning of.
            least = min(len(each) for each in sure) - 1
            likely = [n for n, some in shared.items() if some >= least or n in whole]
            likely = [n for n in likely if any(each in names[n] for each in sure)]
        else:
            # One change spoils two pairs: with fewer in common a name cannot be alike enough.
            likely = [n for n, pairs in shared.items() if 5 * (self._needed[n] - pairs) <= 4 * (self._needed[n] + 1)]
            likely += [n for n in dict.fromkeys(self._slipped(spoken)) if n not in shared]
        missing = {n: (self._needed[n] - shared[n]) / (self._needed[n] + 1) for n in likely}
        best = nsmallest(3 * most, likely, key=lambda n: (missing[n], names[n] not in near, n))
        if near and len(likely) > len(
            best
        ):  # Of many that are a little alike, those of the own community are not to be missed.
            others = [n for n in likely if names[n] in near and n not in best]
            best += nsmallest(2 * most, others, key=missing.__getitem__)
        found = [Named(names[n], _alike(names[n], self._sounds[n], text, spoken)) for n in best]
        found = [each for each in found if each.likeness >= _ALIKE]
        found.sort(key=lambda each: (-each.likeness, each.name not in near, -len(each.name), each.name))
        return tuple(_longest(found))[:most]

    def _sharing(self, spoken: str) -> Counter[int]:
        """Name number -> pairs of sounds in common with the text."""
        shared: Counter[int] = Counter()
        seen = 0
        for pair in sorted(set(_pairs(spoken)), key=lambda pair: len(self._pairs.get(pair, ()))):
            here = self._pairs.get(pair, ())
            if seen and seen + len(here) > _MOST_SEEN:
                break  # A pair in every other name ("公寓") tells nothing once rarer ones have spoken.
            shared.update(here[:_MOST_SEEN])
            seen += len(here)
        return shared

    def _slipped(self, spoken: str) -> Iterator[int]:
        """Short names from which the text has a piece that is one sound more, less or other."""
        left = _MOST_SEEN
        for size in range(2, _SHORT + 2):
            for start in range(len(spoken) - size + 1):
                piece = spoken[start : start + size]
                for less in (piece, *_with_less(piece)) if size > 2 else (piece,):
                    here = self._short.get(less, ())
                    yield from here[:left]
                    left -= len(here)
                    if left <= 0:
                        return


def likeness(name: str, text: str) -> float:
    """How well the text holds the name, 0 to 1: 1 minus the share of the name's characters that must be changed; one
    of another look but the same sound counts half.

    Two characters inside others may be a piece of another name (新桥 in 新桥小学): 0.8.
    """
    return _alike(name, sounds(name), text, sounds(text))


def _alike(name: str, name_sounds: str, text: str, text_sounds: str) -> float:
    if name in text:
        return 1.0 if len(name) > 2 or name == text else 0.8
    if len(name) < 3:
        return 0.0
    # Edit distance, in halves, of the name to the best piece of the text: a free start and a free end.
    row = [0] * (len(text) + 1)
    for i, (wanted, spoken) in enumerate(zip(name, name_sounds, strict=True), start=1):
        left, diagonal, row[0] = 2 * i, row[0], 2 * i
        for j, seen in enumerate(text, start=1):
            other = 0 if wanted == seen else 1 if spoken == text_sounds[j - 1] else 2
            above = row[j]
            left = min(left + 2, above + 2, diagonal + other)
            diagonal, row[j] = above, left
    return max(0.0, 1 - min(row) / 2 / len(name))


def _everywhere() -> Iterator[str]:
    while True:
        yield ""


def _pairs(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)] or ([text] if text else [])


def _with_less(text: str) -> list[str]:
    return [text[:i] + text[i + 1 :] for i in range(len(text))]


def _longest(found: list[Named]) -> Iterator[Named]:
    """Without the names that are a piece of one found as well: 桂花苑北区 hides 桂花苑."""
    exact: list[str] = []
    for named in found:
        if any(named.name in longer for longer in exact):
            continue
        if named.likeness == 1.0:
            exact.append(named.name)
        yield named
