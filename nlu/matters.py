"""Matters: several things told in one message, each with a kind of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from nlu.understanding import Guess, Matter

READ = 300  #: Characters searched.
LEAST = 5  #: Characters of a piece that can be a matter.
MOST_CUTS = 4  #: Places where a message is tried to be cut in two.
#: Both kinds must be this probable: behind "and also", and where only a sentence ends. Of 3,930 messages of one matter
#: that were not learnt from, 3 are cut in two; of 800 pairs joined by "and also" 67 in 100 are.
SURE, PLAIN = 0.4, 0.75
#: A kind that the other piece may be as well is the same matter told on.
SHARED = 0.15

_ALSO = re.compile(
    r"(?:[,。;!?、\s]|了)\s*(?:还有(?!人|一个月|多久|没有|几)(?:就是|个事|一件事|一个事|一个|件事)?|另外|再就是|再有|再一个|顺便(?:说一下|问一下|反映一下|说)?|其次|以及"
    r"|(?:第二(?=[件个,:是])|二是|二、|2[.、)])|同时(?!也没)|对了|此外|也想(?:说|反映)|还想(?:说|反映|问)|还要反映|再反映|再说一个|也(?=没人))"
)
_END = re.compile(r"[。;!?\n]+|(?<=[了的吧呢啊])\s(?=\S)")


def matters(text: str, kinds: Callable[[str], tuple[Guess, ...]]) -> tuple[Matter, ...]:
    """Returns the two matters of normalised `text`, in its order, when both pieces surely are of different kinds; ()
    when it tells one. `kinds` gives the kinds of a piece with calibrated probabilities, best first.

    One matter told in two sentences is far more frequent than two: in doubt it is one.
    """
    text = text[:READ]
    cuts = [
        (found.start() + 1 if found[0][0] == "了" else found.start(), found.end(), SURE)
        for found in _ALSO.finditer(text)
    ]
    cuts += [(found.start(), found.end(), PLAIN) for found in _END.finditer(text)]
    for end, start, least in cuts[:MOST_CUTS]:
        first, second = text[:end].strip(" ,、"), text[start:].strip(" ,、。")
        if min(len(first), len(second)) < LEAST:
            continue
        one, other = kinds(first), kinds(second)
        if not one or not other or min(one[0].p, other[0].p) < least or one[0].label == other[0].label:
            continue
        if _share(one, other[0].label) < SHARED and _share(other, one[0].label) < SHARED:
            return Matter(first, one[0]), Matter(second, other[0])
    return ()


def _share(guesses: tuple[Guess, ...], label: str) -> float:
    return next((each.p for each in guesses if each.label == label), 0.0)
