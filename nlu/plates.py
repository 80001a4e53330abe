"""Plates: the number plates of cars and electric bicycles, found for whoever has them moved, hidden from a group."""
# ruff: noqa: E501  (a pattern is read as one piece)

from __future__ import annotations

import re

_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_GAP = r"[ .·•・\-]{0,2}"
_SIGN = "[A-HJ-NP-Z0-9]"  # GA 36: no I and no O.
# GA 36-2018: five signs (the last may say trailer, learner, police, Hong Kong, Macao), six for new energy with a D or F
# (and the rest of A to K) first or last; 使 and 领 of embassies.
_CAR = re.compile(
    rf"(?:(?P<area>[{_PROVINCE}]){_GAP}(?P<letter>[A-HJ-NP-Z]){_GAP}"
    rf"(?P<rest>(?:[A-K]{_GAP}{_SIGN}(?:{_GAP}[0-9]){{4}}|(?:[0-9]{_GAP}){{5}}[A-K]|(?:{_SIGN}{_GAP}){{4}}(?:{_SIGN}|[挂学警港澳领])))"
    rf"|(?P<army>WJ){_GAP}(?P<army_rest>[{_PROVINCE}]?(?:{_GAP}[0-9A-Z]){{5}}))(?![A-Z0-9])"
)
# An electric bicycle's differs from town to town: only behind the word for it.
_BIKE = re.compile(
    r"(?:电动车|电瓶车|电驴|小电驴|电动自行车|两轮车)[^,。!?;0-9A-Z]{0,6}(?:号牌|车牌|牌照|牌号|牌)(?:号码|号)?[是为: ]{0,3}"
    r"(?P<bike>(?:[\u4e00-\u9fff]{2}[ .·]?)?[A-Z]?[ .·]?[0-9]{5,7})(?![0-9])"
)
_SHADOW = str.maketrans(
    "零〇一幺二三四五六七八九蘇粵雲遼魯贛陝貴寧閩滬０１２３４５６７８９",
    "001123456789苏粤云辽鲁赣陕贵宁闽沪0123456789",
) | {0xFF21 + shift + nth: ord("A") + nth for shift in (0, 32) for nth in range(26)}
_READ = 4000
_STRIP = re.compile(r"[ .·•・\-]")
_DIGITS = re.compile("[0-9]")


def plates(text: str) -> tuple[str, ...]:
    """Returns the plates in `text`, each once, without gaps and in capitals: 浙A12345."""
    shadow = _shadow(text)
    found = [_STRIP.sub("", shadow[start:end]) for start, end in _places(shadow)]
    return tuple(dict.fromkeys(found))


def hide_plates(text: str) -> str:
    """Returns `text` with all but the first two signs of every plate as asterisks; nothing else changes."""
    shown = list(text)
    for start, end in _places(_shadow(text)):
        kept = 0
        for at in range(start, end):
            if _STRIP.match(text[at]):
                continue
            kept += 1
            if kept > 2:
                shown[at] = "*"
    return "".join(shown)


def _shadow(text: str) -> str:
    """One character for one, so that a place in the shadow is the same in the text."""
    return "".join(char.upper() if char.isascii() else char for char in text[:_READ].translate(_SHADOW))


def _places(shadow: str) -> list[tuple[int, int]]:
    if not _DIGITS.search(shadow):
        return []
    cars = [found.span() for found in _CAR.finditer(shadow) if len(_DIGITS.findall(found[0])) >= 2]
    bikes = [found.span("bike") for found in _BIKE.finditer(shadow)]
    return sorted(cars + [one for one in bikes if not any(one[0] < end and start < one[1] for start, end in cars)])
