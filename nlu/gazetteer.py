"""Gazetteer: the place names of a street, found in a sentence by longest match."""

from __future__ import annotations

from nlu.normalise import normalise
from nlu.understanding import Span

LEAST = 2  #: A name of one character would be found everywhere.


class Gazetteer:
    """Thousands of names; a look-up touches only lengths that exist for a first pair of characters."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._lengths: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str) -> None:
        """Adds a name, normalised; one too short or only digits is left out (it would match house numbers)."""
        name = normalise(name)
        if len(name) < LEAST or name.isdigit() or name in self._names:
            return
        self._names.add(name)
        lengths = self._lengths.setdefault(name[:LEAST], [])
        if len(name) not in lengths:
            lengths.append(len(name))
            lengths.sort(reverse=True)

    def find(self, text: str) -> tuple[Span, ...]:
        """Returns the names in normalised `text`, from left to right, the longest at each place."""
        found = []
        start = 0
        while start <= len(text) - LEAST:
            for length in self._lengths.get(text[start : start + LEAST], ()):
                name = text[start : start + length]
                if len(name) == length and name in self._names and not _cuts_number(text, start + length):
                    found.append(Span(name, start, start + length))
                    start += length - 1
                    break
            start += 1
        return tuple(found)


def _cuts_number(text: str, end: int) -> bool:
    """Whether a name ending here cuts a number in two: "1号" is in "1号楼", but "幸福路1" is not in "幸福路12号"."""
    return end < len(text) and text[end].isdigit() and text[end - 1].isdigit()
