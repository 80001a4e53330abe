"""Words as every app takes them: plain() for names, sound() for text, ended() for what had to be cut."""

from __future__ import annotations

import unicodedata

#: Letters that show nothing although they count as letters: fillers of Hangul and Braille.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_UNSEEN = ("Cf", "Cc", "Co")  # format (bidi, zero width), control, private use
_LONGEST_NAME = 64
_SENTENCE_ENDS = "。！？!?；;\n"


def plain(name: str) -> str:
    """A name as it may be shown to others: without marks that turn the line around, and none that nobody sees."""
    if name.isprintable() and _BLANK.isdisjoint(name):  # Most are: nothing to look for.
        return " ".join(name.split())[:_LONGEST_NAME].strip()
    seen = [" " if letter.isspace() else letter for letter in sound(name)]
    kept = [letter for letter in seen if letter not in _BLANK and unicodedata.category(letter) not in _UNSEEN]
    return " ".join("".join(kept).split())[:_LONGEST_NAME].strip()


def sound(text: str) -> str:
    """Text that every database and encoding takes: no NUL, no half of a pair of surrogates."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def ended(short: str) -> str:
    """The beginning of a text that was too long, up to the end of its last whole sentence, with "…" behind it."""
    end = max(short.rfind(mark) for mark in (*_SENTENCE_ENDS, ". "))
    return (short[: end + 1] if end > len(short) // 2 else short).rstrip() + "…"
