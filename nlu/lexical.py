"""Lexicon: the FAQ index and place names of one street, over single characters and pairs; changes without training."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nlu.gazetteer import Gazetteer
from nlu.normalise import normalise
from nlu.understanding import Answer, Entry, Span

#: Characters of a question that are looked up; a longer one is no question.
READ = 200
# Okapi BM25's usual constants; length matters little among one-line phrasings.
K1, B = 1.2, 0.4

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


@dataclass(frozen=True, slots=True)
class Background:
    """How rare an n-gram is in what people write at large; one never seen is taken as informative."""

    idf: Mapping[str, float] = field(default_factory=dict)
    unknown: float = 8.0

    def weight(self, gram: str) -> float:
        return self.idf.get(gram, self.unknown)


def background(texts: Iterable[str]) -> Background:
    """Returns the inverse document frequency of every n-gram in `texts`, each text one document."""
    seen: Counter[str] = Counter()
    count = 0
    for text in texts:
        seen.update(set(grams(normalise(text))))
        count += 1
    most = math.log(1 + count)
    return Background({gram: math.log((1 + count) / (0.5 + times)) for gram, times in seen.items()}, most)


class Lexicon:
    """What one street knows. Implements the protocol `nlu.understanding.Lexicon`.

    An entry's score is the best BM25 over its phrasings, divided by what the question would score against itself:
    1 means "asked in these very words". Adding or withdrawing an entry costs microseconds and leaves exactly the
    index that would be built anew. Not for several threads at once.
    """

    def __init__(
        self, entries: Iterable[Entry] = (), places: Iterable[str] = (), background: Background | None = None
    ) -> None:
        self._background = background or Background()
        self._entries: dict[str, Entry] = {}
        self._rows_of: dict[str, list[int]] = {}
        self._grams_of: dict[str, frozenset[str]] = {}
        self._owner: list[str] = []  # row → entry id; "" for a free row
        self._words: list[Counter[str]] = []  # row → its n-grams
        self._free: list[int] = []
        self._postings: dict[str, _Posting] = {}
        self._lengths = np.zeros(64, np.float32)
        self._total = 0
        self._gazetteer = Gazetteer()
        self.version = 0  #: Grows with every change of entries, for whoever keeps something beside the index.
        for entry in entries:
            self.add(entry)
        for place in places:
            self.name_place(place)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries by id, in the order they came."""
        return self._entries

    def title(self, entry: str) -> str:
        """Returns the title of an entry; empty when there is none (it may have been withdrawn meanwhile)."""
        known = self._entries.get(entry)
        return known.title if known else ""

    def add(self, entry: Entry) -> None:
        """Adds an entry, or puts it in the place of the one with the same id."""
        self.withdraw(entry.id)
        rows = []
        for phrasing in dict.fromkeys(normalise(each) for each in (entry.title, *entry.phrasings)):
            words = Counter(grams(phrasing))
            if words:
                rows.append(self._shelve(entry.id, words))
        self._entries[entry.id] = entry
        self._rows_of[entry.id] = rows
        self._grams_of[entry.id] = frozenset(gram for row in rows for gram in self._words[row])
        self.version += 1

    def withdraw(self, id: str) -> bool:
        """Takes an entry out; returns whether it was there."""
        if self._entries.pop(id, None) is None:
            return False
        del self._grams_of[id]
        for row in self._rows_of.pop(id):
            for gram in self._words[row]:
                posting = self._postings[gram]
                posting.remove(row)
                if not posting.rows:
                    del self._postings[gram]
            self._total -= self._words[row].total()
            self._words[row], self._owner[row], self._lengths[row] = Counter(), "", 0
            self._free.append(row)
        self.version += 1
        return True

    def name_place(self, name: str) -> None:
        """Adds a place name of the street."""
        self._gazetteer.add(name)

    def places(self, text: str) -> tuple[Span, ...]:
        """Returns the street's place names in normalised `text`, longest match first, never overlapping."""
        return self._gazetteer.find(text)

    def answers(self, text: str, most: int = 3) -> tuple[Answer, ...]:
        """Returns at most `most` entries that share something with normalised `text`, best first."""
        asked = Counter(grams(text))
        live = len(self._owner) - len(self._free)
        if not asked or not live:
            return ()
        damping = K1 * (1 - B + B * self._lengths[: len(self._owner)] * np.float32(live / self._total))
        scores = np.zeros(len(self._owner), np.float32)
        ideal = 0.0
        length = K1 * (1 - B + B * asked.total() * live / self._total)
        for gram, times in asked.items():
            posting = self._postings.get(gram)
            rows = posting.array() if posting else None
            found = len(rows) if rows is not None else 0
            idf = math.log(1 + (live - found + 0.5) / (found + 0.5))
            ideal += idf * times * (K1 + 1) / (times + length)
            if posting is not None and rows is not None:
                counts = posting.times()
                scores[rows] += np.float32(idf * (K1 + 1)) * counts / (counts + damping[rows])
        best = self._best(scores, most)
        return tuple(Answer(id, min(1.0, score / ideal), self._coverage(asked, id)) for id, score in best)

    def _best(self, scores: NDArray[np.float32], most: int) -> list[tuple[str, float]]:
        """Returns the entries of the highest rows; looks at more rows until enough different entries are among them."""
        wanted = max(4 * most, 32)
        while True:
            if wanted < len(scores):
                rows = np.argpartition(-scores, wanted)[:wanted]
            else:
                rows = np.arange(len(scores))
            found: dict[str, float] = {}
            for row in rows[np.lexsort((rows, -scores[rows]))]:
                if scores[row] <= 0:
                    break
                found.setdefault(self._owner[row], float(scores[row]))
            if len(found) >= most or len(rows) == len(scores) or scores[rows].min() <= 0:
                return list(found.items())[:most]
            wanted *= 4

    def _coverage(self, asked: Counter[str], id: str) -> float:
        """Returns the share of the question's n-grams, weighted by how rare they are at large, that the entry has."""
        known = self._grams_of[id]
        whole = has = 0.0
        for gram in asked:
            weight = self._background.weight(gram)
            whole += weight
            if gram in known:
                has += weight
        return has / whole if whole else 0.0

    def _shelve(self, id: str, words: Counter[str]) -> int:
        if self._free:
            row = self._free.pop()
            self._owner[row], self._words[row] = id, words
        else:
            row = len(self._owner)
            self._owner.append(id)
            self._words.append(words)
            if row == len(self._lengths):
                self._lengths = np.concatenate([self._lengths, np.zeros(row, np.float32)])
        self._lengths[row] = words.total()
        self._total += words.total()
        for gram, times in words.items():
            self._postings.setdefault(gram, _Posting()).insert(row, times)
        return row


class _Posting:
    """The rows that hold one n-gram, ascending, and how often each does."""

    __slots__ = ("_array", "_times", "counts", "rows")

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.counts: dict[int, int] = {}  # only rows that hold it more than once
        self._array: NDArray[np.intp] | None = None
        self._times: NDArray[np.float32] | None = None

    def insert(self, row: int, times: int) -> None:
        insort(self.rows, row)
        if times > 1:
            self.counts[row] = times
        self._array = None

    def remove(self, row: int) -> None:
        del self.rows[bisect_left(self.rows, row)]
        self.counts.pop(row, None)
        self._array = None

    def array(self) -> NDArray[np.intp]:
        if self._array is None:
            self._array = np.array(self.rows, np.intp)
            self._times = np.array([self.counts.get(row, 1) for row in self.rows], np.float32)
        return self._array

    def times(self) -> NDArray[np.float32]:
        self.array()
        assert self._times is not None
        return self._times
