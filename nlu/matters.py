"""Matters: several things told in one message, each with a kind of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from nlu.understanding import Guess, Matter

READ = 300  #: Characters searched.
LEAST = 3  #: Characters of a piece that can be a matter: 停水了.
MOST_CUTS = 6  #: Places where a message is tried to be cut in two.
#: Both kinds must be this probable: behind "and also", where a sentence ends, where a clause goes on with "too", and
#: where only a comma stands between two whole clauses.
SURE, PLAIN, TOO, COMMA = 0.4, 0.75, 0.6, 0.995
CLAUSE = 6  #: Characters of a clause that is whole.
#: A kind that the other piece may be as well is the same matter told on.
SHARED = 0.15

_VAGUE, _STAFF = "service.other", "order.staff"
_ALSO = re.compile(
    r"(?:[,。;!?、\s]|了)\s*(?:还有(?!人|一个月|多久|没有|几)(?:就是|个事|一件事|一个事|一个|件事)?|另外|再就是|再有|再一个|顺便(?:说一下|问一下|反映一下|说)?|其次|以及"
    r"|(?:第二(?=[件个,:是])|二是|二、|2[.、)])|同时(?!也没)|对了|此外|也想(?:说|反映)|还想(?:说|反映|问)|还要反映|再反映|再说一个)"
)
#: "..., the lift does not go either", "..., and there is a dog": not "..., and nobody comes".
_TOO = re.compile(
    r"[,、](?=[^,。;!?也还又]{0,6}(?:也(?![没不睡喘进出走过要是会能说打叫去吃])|还有?(?![没不要是说骂得会在追把好涨]|差点|一直)"
    r"|又(?![不没说骂要])))"
)
_COMMA = re.compile(r",")
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
    cuts += [(found.start(), found.end(), TOO) for found in _TOO.finditer(text)]
    cuts += [(found.start(), found.end(), COMMA) for found in _COMMA.finditer(text)] if text.count(",") == 1 else []
    for end, start, least in cuts[:MOST_CUTS]:
        first, second = text[:end].strip(" ,、"), text[start:].strip(" ,、。")
        if min(len(first), len(second)) < (CLAUSE if least == COMMA else LEAST):
            continue
        one, other = kinds(first), kinds(second)
        if not one or not other or min(one[0].p, other[0].p) < least or one[0].label == other[0].label:
            continue
        if _VAGUE in (one[0].label, other[0].label) or (other[0].label == _STAFF and len(second) < CLAUSE):
            continue  # "Nobody comes", "rude too": said of the first.
        if _share(one, other[0].label) < SHARED and _share(other, one[0].label) < SHARED:
            return Matter(first, one[0]), Matter(second, other[0])
    return ()


def _share(guesses: tuple[Guess, ...], label: str) -> float:
    return next((each.p for each in guesses if each.label == label), 0.0)
