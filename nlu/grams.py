"""Grams: the pieces of a question by which it is looked up: single characters and pairs, words and numbers whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Characters of a question that are looked up; a longer one is no question.
READ = 200

_PIECE = re.compile(r"[a-z]+|\d+|[^\W_a-z\d]")


def grams(text: str) -> Iterator[str]:
    """Yields the single characters and adjacent pairs of normalised `text`; words of Latin letters and numbers whole,
    with the pairs inside a word, so that a typing error or pinyin keeps some likeness."""
    before, ended = "", -1
    for piece in _PIECE.finditer(text, 0, READ):
        said = piece[0]
        yield said
        if len(said) > 1 and said.isalpha():
            for start in range(len(said) - 1):
                yield said[start : start + 2] + "~"
        if piece.start() == ended and len(said) == len(before) == 1:
            yield before + said
        before, ended = said, piece.end()
