"""Similarity: how alike are two texts, for noticing that two people report the same matter."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

from nlu.lexical import Background, grams
from nlu.normalise import normalise

READ = 150  #: Characters compared: a long report repeats itself, and its end is pleading.


def likeness(one: str, other: str, background: Background | None = None) -> float:
    """Returns how alike two texts are, 0 to 1: the cosine of their single characters and pairs, log-damped.

    With a `background` rare n-grams count more. 0 when either text has no letters; 1 for equal ones.
    """
    return likeness_to(one, background)(other)


def likeness_to(one: str, background: Background | None = None) -> Callable[[str], float]:
    """Returns `likeness` to that text, for comparing many others with it."""
    first = _vector(one, background)
    length = _square(first)

    def alike(other: str) -> float:
        second = _vector(other, background)
        if not first or not second:
            return 0.0
        less, more = (first, second) if len(first) <= len(second) else (second, first)
        product = sum([weight * more[gram] for gram, weight in less.items() if gram in more])
        return min(1.0, product / math.sqrt(length * _square(second)))

    return alike


def _vector(text: str, background: Background | None) -> dict[str, float]:
    counts = Counter(grams(normalise(text)[:READ]))
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
