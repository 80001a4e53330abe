"""Index: Okapi BM25 over rows of counted n-grams; rows come and go, and it is always as if built anew."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


class Index:
    """Rows of n-gram counts, scored all at once against a question's. Not for several threads at once."""

    def __init__(self, k1: float, b: float) -> None:
        self._k1, self._b = k1, b
        self._words: list[Mapping[str, float]] = []  # row → its n-grams
        self._free: list[int] = []
        self._postings: dict[str, _Posting] = {}
        self._lengths = np.zeros(64, np.float32)

    @property
    def rows(self) -> int:
        """Rows, free ones among them; scores() has so many."""
        return len(self._words)

    def add(self, words: Mapping[str, float]) -> int:
        """Adds a row and returns its number; the number of a removed row may come again."""
        if self._free:
            row = self._free.pop()
            self._words[row] = words
        else:
            row = len(self._words)
            self._words.append(words)
            if row == len(self._lengths):
                self._lengths = np.concatenate([self._lengths, np.zeros(row, np.float32)])
        self._lengths[row] = sum(words.values())
        for gram, times in words.items():
            self._postings.setdefault(gram, _Posting()).insert(row, times)
        return row

    def remove(self, row: int) -> None:
        """Takes a row out."""
        for gram in self._words[row]:
            posting = self._postings[gram]
            posting.remove(row)
            if not posting.rows:
                del self._postings[gram]
        self._words[row], self._lengths[row] = {}, 0
        self._free.append(row)

    def scores(self, asked: Mapping[str, float], full: float = 1.0) -> NDArray[np.float32]:
        """Returns for each row its BM25, divided by that of a row of the question's own length which holds each of its
        n-grams `full` times: about 0 to 1."""
        scores = np.zeros(self.rows, np.float32)
        live = self.rows - len(self._free)
        total = float(self._lengths[: self.rows].sum())
        if not asked or not total:
            return scores
        mean = total / live
        damping = np.float32(self._k1) * (1 - self._b + self._b / mean * self._lengths[: self.rows])
        own = self._k1 * (1 - self._b + self._b * min(1.0, sum(asked.values()) / mean))
        ideal = 0.0
        for gram in asked:
            posting = self._postings.get(gram)
            found = len(posting.rows) if posting else 0
            idf = math.log(1 + (live - found + 0.5) / (found + 0.5))
            ideal += idf * full / (full + own)
            if posting:
                rows, counts = posting.arrays()
                scores[rows] += np.float32(idf) * counts / (counts + damping[rows])
        return scores / np.float32(ideal)


class _Posting:
    """The rows that hold one n-gram, ascending, and how often each does; as arrays once asked for."""

    __slots__ = ("_arrays", "counts", "rows")

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.counts: list[float] = []
        self._arrays: tuple[NDArray[np.intp], NDArray[np.float32]] | None = None

    def insert(self, row: int, times: float) -> None:
        at = bisect_left(self.rows, row)
        self.rows.insert(at, row)
        self.counts.insert(at, times)
        self._arrays = None

    def remove(self, row: int) -> None:
        at = bisect_left(self.rows, row)
        del self.rows[at], self.counts[at]
        self._arrays = None

    def arrays(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        if self._arrays is None:
            self._arrays = np.array(self.rows, np.intp), np.array(self.counts, np.float32)
        return self._arrays
