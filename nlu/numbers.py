"""Numbers as they are written and spoken: 78, "七十八", "两三", "十来", "半"."""

from __future__ import annotations

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2, "仨": 3, "〇": 0}
_ROUGH = {"几": 4.0, "好几": 4.0, "十几": 13.0, "十来": 11.0, "几十": 30.0, "数": 4.0}


def number(text: str) -> float:
    """Returns the value of digits or of a Chinese number below 1,000; 半 is one half. Raises ValueError."""
    if text == "半":
        return 0.5
    if text.isascii():
        return int(text)
    hundreds, hundred, rest = text.rpartition("百")
    if hundred:
        if len(hundreds) > 1 or not rest.strip("零"):
            return (_digit(hundreds) if hundreds else 1) * 100
        # 一百六 is 160, 一百零六 is 106.
        tens = _digit(rest) * 10 if len(rest) == 1 else number(rest.removeprefix("零"))
        return (_digit(hundreds) if hundreds else 1) * 100 + tens
    tens_of, ten, ones = text.rpartition("十")
    if not ten:
        value = 0
        for char in text:
            value = value * 10 + _digit(char)
        return value
    if len(tens_of) > 1 or len(ones) > 1:
        raise ValueError(text)
    return (_digit(tens_of) if tens_of else 1) * 10 + (_digit(ones) if ones else 0)


def count(text: str) -> float:
    """Returns how many a rough number means: 三四 is 3.5, 十来 is 11, 几 is 4. Raises ValueError."""
    if text in _ROUGH:
        return _ROUGH[text]
    if len(text) == 2 and not text.isascii() and "十" not in text and "百" not in text:
        return (_digit(text[0]) + _digit(text[1])) / 2
    return number(text)


def _digit(char: str) -> int:
    try:
        return DIGITS[char]
    except KeyError:
        raise ValueError(char) from None
