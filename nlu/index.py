"""Index: Okapi BM25 over rows of counted n-grams; rows come and go, and it is always as if built anew."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: An n-gram that stands in more rows than this tells them apart so little, and costs so much, that it is passed over.
COMMON = 8_000

#: (k1, b) of BM25 among one-line phrasings, whose length matters little. Set by leaving phrasings out in turn.
PHRASING = (1.2, 0.4)

Floats = NDArray[np.float64]


class Index:
    """Rows of n-gram counts, scored all at once against a question's. Not for several threads at once."""

    def __init__(self, k1: float, b: float) -> None:
        self._k1, self._b = k1, b
        self._words: list[Mapping[str, float]] = []  # row → its n-grams
        self._free: list[tuple[int, int]] = []  # Runs of free rows, start and end, ascending, none touching another.
        self._filled = 0  # Rows that are not free.
        self._postings: dict[str, _Posting] = {}
        self._lengths = np.zeros(64, np.float32)
        self._damped: _Damped | None = None

    @property
    def rows(self) -> int:
        """Rows, free ones among them; scores() has so many."""
        return len(self._words)

    def add(self, *rows: Mapping[str, float]) -> range:
        """Adds rows, one behind the other, and returns their numbers; those of removed rows may come again."""
        self._damped = None
        start = self._room(len(rows))
        for row, words in enumerate(rows, start):
            self._words[row] = words
            self._lengths[row] = sum(words.values())
            for gram, times in words.items():
                self._postings.setdefault(gram, _Posting()).insert(row, times)
        self._filled += len(rows)
        return range(start, start + len(rows))

    def remove(self, rows: range) -> None:
        """Takes out rows that were added together."""
        self._damped = None
        for row in rows:
            for gram in self._words[row]:
                posting = self._postings[gram]
                posting.remove(row)
                if not posting.rows:
                    del self._postings[gram]
            self._words[row], self._lengths[row] = {}, 0
        self._filled -= len(rows)
        self._leave(rows.start, rows.stop)

    def scores(self, shares: Sequence[Share | None], length: float, full: float = 1.0) -> NDArray[np.float32]:
        """Returns for each row its BM25 of a question, divided by that of a row of the question's own `length` which
        holds each of its n-grams `full` times: about 0 to 1. `shares` are those of the question's n-grams."""
        sums, most = self.sums(shares, length, full)
        return np.zeros(self.rows, np.float32) if sums is None else (sums / most).astype(np.float32)

    def sums(self, shares: Sequence[Share | None], length: float, full: float = 1.0) -> tuple[Floats | None, float]:
        """Returns for each row its BM25, None where no row shares anything with the question; and what scores() divides
        them by."""
        if not self._filled:
            return None, 1.0
        damped = self._damped or self._damp()
        rows, adds, idfs = [], [], 0.0
        for share in shares:
            if share is None:
                idfs += damped.unknown
            elif share.rows is not None:
                idfs += share.idf
                rows.append(share.rows)
                adds.append(share.adds)
        if not rows:
            return None, 1.0
        own = self._k1 * (1 - self._b + self._b * min(1.0, length / damped.mean))
        # All at once: adding up n-gram by n-gram costs ten times as much.
        added = np.asarray(np.bincount(np.concatenate(rows), np.concatenate(adds), self.rows), np.float64)
        return added, idfs * full / (full + own)

    def share(self, gram: str) -> Share | None:
        """Returns what an n-gram adds, until a row comes or goes; None for one that no row has."""
        posting = self._postings.get(gram)
        if posting is None:
            return None
        idf = _idf(self._filled, len(posting.rows))
        if len(posting.rows) > COMMON:
            return Share(idf, None, _NOTHING)
        damped = self._damped or self._damp()
        rows, counts = np.array(posting.rows, np.intp), np.array(posting.counts, np.float32)
        # In double, as they are added up, so that no question has to widen them again.
        adds = (np.float32(idf) * counts / (counts + damped.rows[rows])).astype(np.float64)
        return Share(idf, rows, adds)

    def _damp(self) -> _Damped:
        lengths = self._lengths[: self.rows]
        mean = float(lengths.sum()) / self._filled
        slope = self._b / mean * lengths if mean else lengths
        rows = np.float32(self._k1) * (1 - self._b + slope).astype(np.float32)
        self._damped = _Damped(mean, _idf(self._filled, 0), rows)
        return self._damped

    def _room(self, count: int) -> int:
        """Returns where so many rows begin that are free: the first run that has them, or new ones at the end."""
        for at, (start, end) in enumerate(self._free):
            if end - start >= count:
                self._free[at : at + 1] = [(start + count, end)] if end - start > count else []
                return start
        start = len(self._words)
        self._words.extend([{}] * count)
        if start + count > len(self._lengths):
            self._lengths = np.concatenate([self._lengths, np.zeros(start + count, np.float32)])
        return start

    def _leave(self, start: int, end: int) -> None:
        """Makes the rows free, as one run with the free ones beside them."""
        at = bisect_left(self._free, (start, end))
        if at < len(self._free) and self._free[at][0] == end:
            end = self._free.pop(at)[1]
        if at and self._free[at - 1][1] == start:
            at -= 1
            start = self._free.pop(at)[0]
        if start < end:
            self._free.insert(at, (start, end))


_NOTHING: Floats = np.zeros(0)


def _idf(live: int, found: int) -> float:
    return math.log(1 + (live - found + 0.5) / (found + 0.5))


@dataclass(frozen=True, slots=True, eq=False)
class _Damped:
    """What all questions have in common until a row comes or goes: each counts in it by the mean length."""

    mean: float  #: Length of a row.
    unknown: float  #: The IDF of an n-gram that no row has.
    rows: NDArray[np.float32]  #: What stands beside the count below the line, a row.


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What an n-gram adds to the score of each row that holds it; of one that is passed over, rows are None."""

    idf: float
    rows: NDArray[np.intp] | None
    adds: Floats


class _Posting:
    """The rows that hold one n-gram, ascending, and how often each does."""

    __slots__ = ("counts", "rows")

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.counts: list[float] = []

    def insert(self, row: int, times: float) -> None:
        at = bisect_left(self.rows, row)
        self.rows.insert(at, row)
        self.counts.insert(at, times)

    def remove(self, row: int) -> None:
        at = bisect_left(self.rows, row)
        del self.rows[at], self.counts[at]
