"""Masks: telephone, identity and bank card numbers made unreadable, with a hint kept for whoever wrote them."""
# ruff: noqa: E501  (a pattern is read as one piece)

from __future__ import annotations

import re

# What people put between digits, and zero-width characters that hide there.
_BLANK = "[ \u00a0\u3000\t.·\\-_\u2010-\u2015\u2212\u200b-\u200d\ufeff]"
_GAP = f"{_BLANK}{{0,2}}"
_SPLIT = f"{_BLANK}{{1,2}}"
_ALONE = "(?<![0-9])"
_ENDS = "(?![0-9])"
_ENDS_FOR_GOOD = f"(?!{_GAP}[0-9*#])"  #: In an unusual grouping the last group must not begin another number.


def _row(*sizes: int) -> str:
    """Digits in groups of these sizes, with or without gaps between."""
    return _GAP.join(f"[0-9]{{{size}}}" for size in sizes)


_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_BORN = f"(?:18|19|20)[0-9]{{2}}{_DAY}"

# In this order: what is masked no longer looks like a number to the next. (pattern, first digits kept, last digits kept)
_SECRETS: tuple[tuple[re.Pattern[str], int, int], ...] = (
    # Identity numbers: 18 (GB 11643) and the 15 of before 1999; region, birthday, sequence, check.
    (re.compile(f"{_ALONE}[1-9][0-9]{{5}}{_GAP}{_BORN}{_GAP}[0-9]{{3}}[0-9X]{_ENDS}"), 4, 4),
    (re.compile(f"{_ALONE}[1-9][0-9]{{16}}X"), 4, 4),
    (re.compile(f"身份证?[号码是为:： ]{{0,6}}[1-9][0-9]{{14}}(?:[0-9]{{2}}[0-9X])?{_ENDS}"), 4, 4),
    (re.compile(f"{_ALONE}[1-9][0-9]{{5}}{_GAP}[0-9]{{2}}{_DAY}{_GAP}[0-9]{{3}}{_ENDS}"), 4, 4),
    # Mobile numbers, as they are usually grouped first, so that an 8-digit case number before one is not drawn in.
    (re.compile(f"(?:(?<![0-9])(?:\\+|00)?86{_GAP})1[3-9][0-9]{_GAP}{_row(4, 4)}{_ENDS}"), -8, 4),
    (re.compile(f"{_ALONE}1[3-9][0-9]{_GAP}{_row(4, 4)}{_ENDS}"), 3, 4),
    (re.compile(f"{_ALONE}1[3-9][0-9]{_GAP}(?:{_row(2, 2, 2, 2)}|{_row(3, 3, 2)}|{_row(3, 2, 3)}){_ENDS}"), 3, 4),
    (re.compile(f"{_ALONE}1[3-9][0-9]{{2}}{_GAP}{_row(3, 4)}{_ENDS_FOR_GOOD}"), 3, 4),
    (re.compile(f"{_ALONE}1[3-9][0-9]{{2}}{_GAP}{_row(4, 3)}{_ENDS_FOR_GOOD}"), 3, 4),
    (re.compile(f"{_ALONE}1{_SPLIT}[3-9](?:{_SPLIT}[0-9]){{9}}{_ENDS_FOR_GOOD}"), 3, 4),
    # Landlines with an area code, with or without brackets and extension; service numbers of 10 digits.
    (re.compile(f"{_ALONE}0(?:10|2[0-9]|[3-9][0-9]{{2}})[)）]?{_GAP}{_row(4, 4)}{_ENDS}"), -8, 2),
    (re.compile(f"{_ALONE}0[3-9][0-9]{{2}}[)）]?{_GAP}{_row(3, 4)}{_ENDS}"), -7, 2),
    (re.compile(f"{_ALONE}[48]00{_GAP}(?:{_row(3, 4)}|{_row(4, 3)}){_ENDS}(?! ?[元块])"), 3, 3),
    # A local number tells itself apart from a case number only by the word before it.
    (
        re.compile(
            f"(?:电话|座机|固话|電話|座機|TEL|PHONE)[号码號碼是为:： ]{{0,4}}[2-8](?:{_row(3, 4)}|{_row(2, 4)}){_ENDS}"
        ),
        0,
        2,
    ),
)
_CARD = re.compile(f"{_ALONE}[3-69][0-9]{{3}}(?:{_GAP}[0-9]{{4}}){{3}}(?:{_GAP}[0-9]{{1,3}})?{_ENDS}")

# One character stands for one, so that a place found in the shadow is the same place in the text.
_SHADOW = str.maketrans(
    "０１２３４５６７８９ｘｘＸｘ×－＋（）零〇一幺二三四五六七八九xtelphon",
    "0123456789XXXXX-+()001123456789XTELPHON",
)

_DIGIT = re.compile("[0-9０-９零〇一幺二三四五六七八九]")  #: What is one in the shadow.
_FEWEST = 7  #: Digits of the shortest number that is masked, a local one.


def mask(text: str) -> str:
    """Returns `text` with the middle digits of telephone, identity and bank card numbers as asterisks, and all else as it was.

    138****1234, 3301**********1234, 0571-******56. Written with blanks, dashes, full-width or Chinese digits they are
    found too. Case numbers in two groups of four, bus lines, dates and prices stay. Masking twice changes nothing.
    """
    if len(_DIGIT.findall(text)) < _FEWEST:
        return text
    shadow = text.translate(_SHADOW)
    shown = list(text)
    for pattern, first, last in _SECRETS:
        shadow = _hide(pattern, first, last, shadow, shown)
    shadow = _hide(_CARD, 4, 4, shadow, shown, checked=True)
    return "".join(shown)


def _hide(pattern: re.Pattern[str], first: int, last: int, shadow: str, shown: list[str], checked: bool = False) -> str:
    """Hides the digits between the first and the last ones in `shown`; a negative `first` counts from the end as well,
    so that a country or area code stays whole. Returns the shadow without what was found."""
    pieces = []
    end = 0
    for found in pattern.finditer(shadow):
        digits = [at for at in range(found.start(), found.end()) if shadow[at] in "0123456789X" and _counts(shadow, at)]
        if checked and not _luhn([int(shadow[at]) for at in digits]):
            continue
        hidden = digits[first : len(digits) - last]
        for at in hidden:
            shown[at] = "*"
        pieces += [shadow[end : found.start()], "#" * (found.end() - found.start())]
        end = found.end()
    return "".join([*pieces, shadow[end:]]) if pieces else shadow


def _counts(shadow: str, at: int) -> bool:
    return shadow[at] != "X" or shadow[at - 1].isdigit()


def _luhn(digits: list[int]) -> bool:
    """Whether the last digit checks (ISO/IEC 7812-1); spares order and meter numbers of the same length."""
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
