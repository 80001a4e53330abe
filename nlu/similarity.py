"""Similarity: do two texts tell of the same matter? The words, what they are about, and where it is."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlu.concepts import SETTINGS, concepts
from nlu.entities import by_rule
from nlu.grams import grams
from nlu.lexical import Background
from nlu.linear import Linear, Reading, features
from nlu.normalise import normalise
from nlu.place_words import WORDS
from nlu.understanding import Span

READ = 150  #: Characters compared: a long report repeats itself, and its end is pleading.
KEPT = 1024  #: Texts whose reading is kept.
UNKNOWN = 1.5  #: What likeness of words counts where neither text has a word for what it is about.
SETTING = 0.3  #: What a place or a person counts beside what the matter is about.

# Weights of the signs below: near those of a logistic regression on sixty pairs written for it, where every sign counts
# the way it should (alone it would hold words against a pair, half of which were written to mislead by them).
BIAS, WORDS_ALIKE, THINGS, TROUBLES, CATEGORY = -2.2, 0.8, 2.4, 1.2, 1.8
PLACE, ELSEWHERE = 1.4, 2.8

Places = Callable[[str], Sequence[Span]]


def _any_of(kind: str) -> str:
    return "|".join(sorted(WORDS[kind].split(), key=len, reverse=True))


_SPOT = re.compile(_any_of("S") + r"|[0-9一二两三四五六七八九十]+(?:号楼|单元|[幢栋座号楼层室期区])+|\W")
_KIND = re.compile(_any_of("F"))
_ROAD = re.compile(
    r"(?=([^\W\d走在到的条马公铁大小这那过从沿往半出十字老我们整修盲道一路]{2})[路街巷桥村河][上下灯面边口里头])"
)
_BUILDING = re.compile(r"([0-9]{1,4}|[一二两三四五六七八九十]{1,3})(?:号楼|幢|栋|座)")
_DIGIT = {digit: str(number) for number, digit in enumerate("零一二三四五六七八九十")} | {"两": "2"}


def likeness(one: str, other: str, background: Background | None = None) -> float:
    """Returns how likely it is that two texts tell of the same matter, 0 to 1, from the texts alone.

    With a `background` rare n-grams count more. 0 when either text has no letters; 1 for equal ones.
    """
    return SameMatter(background).to(one)(other)


def likeness_to(one: str, background: Background | None = None) -> Callable[[str], float]:
    """Returns `likeness` to that text, for comparing many others with it."""
    return SameMatter(background).to(one)


def cosine(one: str, other: str, background: Background | None = None) -> float:
    """Returns how alike the words of two texts are: the cosine of their single characters and pairs, log-damped."""
    first, second = _vector(normalise(one)[:READ], background), _vector(normalise(other)[:READ], background)
    return _cosine(first, _square(first), second, _square(second))


@dataclass(frozen=True, slots=True)
class SameMatter:
    """Compares with all that is known: how rare n-grams are, what kind of matter it is, the street's place names."""

    background: Background | None = None
    categories: Linear | None = None
    places: Places | None = None
    _told: Callable[[str], Told] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_told", lru_cache(maxsize=KEPT)(self._read))

    def of(self, one: str, other: str) -> float:
        """Returns how likely it is that two texts tell of the same matter, 0 to 1."""
        return self.to(one)(other)

    def to(self, one: str) -> Callable[[str], float]:
        """Returns `of` for that text, for comparing many others with it."""
        first = self.read(one)

        def alike(other: str) -> float:
            second = self.read(other)
            if not first.vector or not second.vector:
                return 0.0
            return 1.0 if first.text == second.text else _likely(_signs(first, second) + _where(first, second))

        return alike

    def read(self, text: str) -> Told:
        """Returns what `text` says, as far as it is compared. The open cases of a neighbourhood are compared with each
        report that comes in there, so what the last ones say is kept."""
        return self._told(text)

    def _read(self, text: str) -> Told:
        said = normalise(text)[:READ]
        vector = _vector(said, self.background)
        things, troubles = concepts(said)
        spans = list(self.places(said)) if self.places else []
        found = [said[start:end] for start, end in by_rule(said, spans)]
        chances = Reading(features(said)).probabilities(self.categories) if self.categories and vector else None
        return Told(
            said,
            vector,
            _square(vector),
            things,
            troubles,
            frozenset(filter(None, (*(_name(place) for place in found), *_ROAD.findall(said)))),
            frozenset(_number(number) for place in found for number in _BUILDING.findall(place)),
            None if chances is None else np.sqrt(chances),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What one text says, as far as it is compared."""

    text: str = field(repr=False)
    vector: dict[str, float] = field(repr=False)
    square: float
    things: frozenset[str]
    troubles: frozenset[str]
    names: frozenset[str]  #: Of places; "the school" is none.
    buildings: frozenset[str]
    categories: NDArray[np.float32] | None  #: The root of each category's probability.


def same_topic(one: Told, other: Told) -> float:
    """Returns how likely it is that two texts tell of the same kind of thing, wherever it is, 0 to 1."""
    return _likely(_signs(one, other) + max(0.0, _where(one, other)) / 2)


def _signs(one: Told, other: Told) -> float:
    words = _cosine(one.vector, one.square, other.vector, other.square)
    value = BIAS + WORDS_ALIKE * words
    value += THINGS * _shared(one.things, other.things, words) + TROUBLES * _shared(one.troubles, other.troubles, words)
    if one.categories is not None and other.categories is not None:
        # Bhattacharyya's coefficient: 1 for the same distribution.
        both = float(one.categories @ other.categories)
        value += CATEGORY * (both - 0.5)
    return value


def _likely(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _shared(one: frozenset[str], other: frozenset[str], unknown: float) -> float:
    """How much of two sets is shared: half of the smaller, half of both together. Where one is empty, as the words;
    where both are, the words are all there is, and count more."""
    if not one and not other:
        return min(1.0, unknown * UNKNOWN)
    if not one or not other:
        return unknown
    first, second, both = _weight_of(one), _weight_of(other), _weight_of(one & other)
    return both / min(first, second) / 2 + both / (first + second - both) / 2


def _weight_of(found: frozenset[str]) -> float:
    return sum([SETTING if each in SETTINGS else 1.0 for each in found])


def _where(one: Told, other: Told) -> float:
    """What it counts that both say where: for the same place, against different ones; 0 where one does not say."""
    if one.names and other.names and not any(_alike(a, b) for a in one.names for b in other.names):
        return -ELSEWHERE
    if one.buildings and other.buildings and not one.buildings & other.buildings:
        return -ELSEWHERE
    return PLACE if (one.names and other.names) or (one.buildings and other.buildings) else 0.0


def _alike(one: str, other: str) -> bool:
    return one in other or other in one or any(one[at : at + 2] in other for at in range(len(one) - 1))


def _name(place: str) -> str:
    """What of a place is its own name: of "桂花苑3幢门口" 桂花苑, of "学校门口" nothing."""
    whole = _SPOT.sub("", place)
    name = _KIND.sub("", whole)
    return name if len(name) >= 2 else whole if name and len(whole) >= 2 else ""


def _number(written: str) -> str:
    return _DIGIT.get(written, written)


def _cosine(one: dict[str, float], square: float, other: dict[str, float], other_square: float) -> float:
    if not one or not other:
        return 0.0
    less, more = (one, other) if len(one) <= len(other) else (other, one)
    product = sum([weight * more[gram] for gram, weight in less.items() if gram in more])
    return min(1.0, product / math.sqrt(square * other_square))


def _vector(said: str, background: Background | None) -> dict[str, float]:
    counts = Counter(grams(said))
    return {
        gram: _weight(gram, background) * (1.0 if times == 1 else 1 + math.log(times)) for gram, times in counts.items()
    }


def _weight(gram: str, background: Background | None) -> float:
    # Without a background: a single character says little, a pair is nearly a word.
    if background is None:
        return 0.4 if len(gram) == 1 else 1.0
    return background.weight(gram)


def _square(vector: dict[str, float]) -> float:
    return sum([weight * weight for weight in vector.values()])
