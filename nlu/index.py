"""Index: Okapi BM25 over rows of counted n-grams; rows come and go, and it is always as if built anew."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: An n-gram that stands in more rows than this tells them apart so little, and costs so much, that it is passed over.
COMMON = 8_000


class Index:
    """Rows of n-gram counts, scored all at once against a question's. Not for several threads at once."""

    def __init__(self, k1: float, b: float) -> None:
        self._k1, self._b = k1, b
        self._words: list[Mapping[str, float]] = []  # row → its n-grams
        self._free: list[int] = []
        self._postings: dict[str, _Posting] = {}
        self._lengths = np.zeros(64, np.float32)
        self._shares: dict[str, _Share] = {}  # What each n-gram adds to its rows, worked out when first asked for.
        self._damping: NDArray[np.float32] | None = None

    @property
    def rows(self) -> int:
        """Rows, free ones among them; scores() has so many."""
        return len(self._words)

    def add(self, words: Mapping[str, float]) -> int:
        """Adds a row and returns its number; the number of a removed row may come again."""
        self._forget()
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
        self._forget()
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
        live = self.rows - len(self._free)
        total = float(self._lengths[: self.rows].sum())
        if not asked or not total:
            return np.zeros(self.rows, np.float32)
        mean = total / live
        if self._damping is None:
            slope = self._b / mean * self._lengths[: self.rows]
            self._damping = np.float32(self._k1) * (1 - self._b + slope).astype(np.float32)
        own = self._k1 * (1 - self._b + self._b * min(1.0, sum(asked.values()) / mean))
        unknown = _idf(live, 0)
        shares, idfs = [], 0.0
        for gram in asked:
            share = self._shares.get(gram) or self._share(gram, live, self._damping)
            if share is None:
                idfs += unknown
            elif len(share.rows) <= COMMON:
                idfs += share.idf
                shares.append(share)
        if not shares:
            return np.zeros(self.rows, np.float32)
        # All at once: adding up n-gram by n-gram costs ten times as much.
        rows = np.concatenate([share.rows for share in shares])
        added = np.bincount(rows, np.concatenate([share.adds for share in shares]), self.rows)
        return np.asarray(added / (idfs * full / (full + own)), np.float32)

    def _share(self, gram: str, live: int, damping: NDArray[np.float32]) -> _Share | None:
        """What a known n-gram adds; None for one that no row has."""
        posting = self._postings.get(gram)
        if posting is None:
            return None
        idf = _idf(live, len(posting.rows))
        rows, counts = np.array(posting.rows, np.intp), np.array(posting.counts, np.float32)
        share = self._shares[gram] = _Share(idf, rows, np.float32(idf) * counts / (counts + damping[rows]))
        return share

    def _forget(self) -> None:
        """Every row counts in every share: by the mean length, and by how rare an n-gram is."""
        self._shares.clear()
        self._damping = None


def _idf(live: int, found: int) -> float:
    return math.log(1 + (live - found + 0.5) / (found + 0.5))


@dataclass(frozen=True, slots=True, eq=False)
class _Share:
    """What an n-gram adds to the score of each row that holds it."""

    idf: float
    rows: NDArray[np.intp]
    adds: NDArray[np.float32]


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
