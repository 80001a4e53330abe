"""Lexicon: the FAQ index and place names of one street, over single characters and pairs; changes without training."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nlu.entries import NONE, Learnt
from nlu.gazetteer import Gazetteer
from nlu.grams import grams
from nlu.index import PHRASING, Index, Share
from nlu.linear import Reading, features
from nlu.normalise import normalise
from nlu.understanding import Answer, Entry, Span

#: (k1, b) of BM25 among whole entries, where it matters how many phrasings share an n-gram. Set by leaving phrasings
#: out in turn.
ENTRY = (3.0, 0.8)
#: Share of the whole entry in a score, beside its best phrasing. Alone the whole entry finds more of what is asked in
#: other words (top-1 .73 against .51 on the written data), the best phrasing more of what is asked in the same.
WHOLE = 0.85
FULL = 6.0  #: So many phrasings that hold an n-gram are as good as all.
#: What the phrasings taught counts so much in the score of an entry that was learnt. The sum finds .79 of what was left
#: out of training, the index alone .73 and the classifier alone .78.
LEARNT = 0.17
#: With more entries than this the phrasings of those alone are looked at that can still be among the best.
MANY = 10_000
PARTS = 32  #: Of all entries for each that is wanted, when it is looked for how good the best are without phrasings.
FEW = 4  #: Up to one in so many are looked at one by one; of more, all at once.
ROUNDING = 1e-5  #: Two ways to add the same numbers differ by less.
ANSWER_TEXT = 0.7  #: What an n-gram in a clause of the answer counts, beside 1 in a phrasing.

_NO_SHARES = np.zeros(0, np.float32)
_CLAUSE = re.compile(r"[^\w ]+")


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

    An entry's score is the sum of two BM25: that of its best phrasing, and that of all its phrasings and its answer
    taken together, each as a share of the best possible; and of how likely it is by what was `learnt`. Adding or
    withdrawing an entry costs about a millisecond and leaves exactly the index that would be built anew. Not for
    several threads at once.
    """

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        places: Iterable[str] = (),
        background: Background | None = None,
        learnt: Learnt | None = None,
    ) -> None:
        self._learnt = learnt
        self._background = background or Background()
        self._entries: dict[str, Entry] = {}
        self._phrasings, self._wholes = Index(*PHRASING), Index(*ENTRY)
        self._rows_of: dict[str, tuple[range, range]] = {}  # id → its row as a whole, those of its phrasings
        self._owner: dict[int, str] = {}  # row as a whole → id
        # First rows of the phrasings, ascending, and for each the entry's row as a whole.
        self._starts: list[int] = []
        self._wholes_at: list[int] = []
        # What is known of each n-gram that some entry has, worked out when first asked for; every row counts in it.
        self._found: dict[str, _Found] = {}
        self._standing: _Standing | None = None
        self._grams_of: dict[str, frozenset[str]] = {}
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
        phrasings = dict.fromkeys(normalise(each) for each in (entry.title, *entry.phrasings))
        counts = [words for each in phrasings if (words := Counter(grams(each)))]
        asked: Counter[str] = Counter(gram for words in counts for gram in words)
        whole: dict[str, float] = dict(asked)
        for clause in _CLAUSE.split(normalise(entry.text)):
            for gram in set(grams(clause)):
                whole[gram] = whole.get(gram, 0.0) + ANSWER_TEXT
        row, rows = self._wholes.add(whole), self._phrasings.add(*counts)
        if rows:
            at = bisect_left(self._starts, rows.start)
            self._starts.insert(at, rows.start)
            self._wholes_at.insert(at, row.start)
        self._entries[entry.id], self._owner[row.start] = entry, entry.id
        self._rows_of[entry.id] = row, rows
        self._grams_of[entry.id] = frozenset(whole)
        self._change()

    def withdraw(self, id: str) -> bool:
        """Takes an entry out; returns whether it was there."""
        if self._entries.pop(id, None) is None:
            return False
        row, rows = self._rows_of.pop(id)
        self._wholes.remove(row)
        self._phrasings.remove(rows)
        if rows:
            at = bisect_left(self._starts, rows.start)
            del self._starts[at], self._wholes_at[at]
        del self._grams_of[id], self._owner[row.start]
        self._change()
        return True

    def name_place(self, name: str) -> None:
        """Adds a place name of the street."""
        self._gazetteer.add(name)

    def places(self, text: str) -> tuple[Span, ...]:
        """Returns the street's place names in normalised `text`, longest match first, never overlapping."""
        return self._gazetteer.find(text)

    def answers(self, text: str, most: int = 3, read: Reading | None = None) -> tuple[Answer, ...]:
        """Returns at most `most` entries that share something with normalised `text`, best first. Whoever has `text`
        already `read` for classifiers gives that along."""
        asked = Counter(grams(text))
        if not asked or not self._entries:
            return ()
        standing = self._standing or self._stand()
        find, look = self._found.get, self._look
        grams_found = [find(gram) or look(gram) for gram in asked]
        length = sum(asked.values())
        scores = np.float32(WHOLE) * self._wholes.scores([each.whole for each in grams_found], length, FULL)
        sums, best = self._phrasings.sums([each.phrasing for each in grams_found], length)
        chances, none, shares, scope = None, 0.0, _NO_SHARES, (0.0, 0.0, 0.0)
        if self._learnt is not None:
            read = read or Reading(features(text))
            chances = self._learnt.chances(read)
            none = float(chances[standing.none]) if standing.none is not None else 0.0
            # Widened, because a share of a small chance is smaller still.
            shares = (LEARNT * chances[standing.columns].astype(np.float64)).astype(np.float32)
            if self._learnt.scope is not None:
                nearest = 0.0 if sums is None else float(sums.max() / best)
                scope = (self._learnt.scope.within(read), nearest, self._learnt.scope.beyond.likeness(asked))
        rows = None
        if sums is not None:
            if len(scores) > MANY:
                rows = _within_reach(scores, standing, shares, float(sums.max() / best), most)
            if rows is None:
                # An entry's phrasings stand side by side; free rows behind them add nothing to a best of 0 or more.
                tops, those = np.maximum.reduceat(sums, standing.starts), standing.wholes
            else:
                tops, those = _tops(sums, standing, rows), rows
            scores[those] += np.float32(1 - WHOLE) * (tops / best).astype(np.float32)
        if chances is not None:
            scores[standing.rows] = np.float32(1 - LEARNT) * scores[standing.rows] + shares
        rows = np.flatnonzero(scores > 0) if rows is None else rows[scores[rows] > 0]
        if most < len(rows):
            # Of equal ones the first by id: all are kept until they are sorted.
            near = scores[rows]
            rows = rows[near >= np.partition(near, -most)[-most]]
        found = [(-score, self._owner[row]) for score, row in zip(scores[rows].tolist(), rows.tolist(), strict=True)]
        found.sort()
        del found[most:]
        weights = [(gram, each.weight) for gram, each in zip(asked, grams_found, strict=True)]
        whole = sum([weight for _, weight in weights])
        return tuple(
            Answer(
                id,
                min(1.0, -score),
                _coverage(weights, whole, self._grams_of[id]),
                float(chances[standing.column[id]]) if chances is not None and id in standing.column else None,
                none,
                *scope,
            )
            for score, id in found
        )

    def _look(self, gram: str) -> _Found:
        found = _Found(self._background.weight(gram), self._wholes.share(gram), self._phrasings.share(gram))
        if found.whole:  # What no entry has is not kept: there is no end of it.
            self._found[gram] = found
        return found

    def _change(self) -> None:
        self.version += 1
        self._found.clear()
        self._standing = None

    def _stand(self) -> _Standing:
        """Returns where everything stands until an entry comes or goes. What was learnt of an entry counts as long as
        it still has the title that it was learnt with."""
        column: dict[str, int] = {}
        none = None
        for at, id in enumerate(self._learnt.linear.labels if self._learnt else ()):
            if id == NONE:
                none = at
            elif self._learnt and id in self._entries and self._entries[id].title == self._learnt.titles[id]:
                column[id] = at
        starts, wholes = np.array(self._starts, np.intp), np.array(self._wholes_at, np.intp)
        firsts, counts = np.zeros((2, self._wholes.rows), np.intp)
        firsts[wholes], counts[wholes] = starts, np.diff(starts, append=self._phrasings.rows)
        self._standing = _Standing(
            starts,
            wholes,
            firsts,
            counts,
            np.array([self._rows_of[id][0].start for id in column], np.intp),
            np.array(list(column.values()), np.intp),
            column,
            none,
        )
        return self._standing


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """An n-gram: how rare it is at large, and what it adds to entries and to phrasings."""

    weight: float
    whole: Share | None
    phrasing: Share | None


@dataclass(frozen=True, slots=True, eq=False)
class _Standing:
    """Where the entries stand in both indexes and among what was learnt."""

    starts: NDArray[np.intp]  #: First rows of the phrasings, ascending.
    wholes: NDArray[np.intp]  #: For each of these, the entry's row as a whole.
    firsts: NDArray[np.intp]  #: For each row as a whole, the first of the entry's phrasings,
    counts: NDArray[np.intp]  #: and how many rows they take.
    rows: NDArray[np.intp]  #: Rows as a whole of the entries that count as learnt.
    columns: NDArray[np.intp]  #: For each of these, its place among what was learnt.
    column: Mapping[str, int]  #: The same by id.
    none: int | None  #: The place of NONE.


def _within_reach(
    wholes: NDArray[np.float32], standing: _Standing, shares: NDArray[np.float32], best: float, most: int
) -> NDArray[np.intp] | None:
    """Returns the rows as a whole, ascending, among which the `most` best entries are whatever their phrasings add, of
    which the best of all scores `best`; None when they are so many that all may be looked at."""
    low = wholes.copy()
    if len(shares):
        low[standing.rows] = np.float32(1 - LEARNT) * low[standing.rows] + shares
    # So many different entries reach this without their phrasings: the best of some parts of all.
    parts = PARTS * most
    width = len(low) // parts
    if not width:
        return None
    reached = np.sort(low[: parts * width].reshape(parts, width).max(axis=1))[-most]
    rows = np.flatnonzero(low >= reached - (1 - WHOLE) * best - ROUNDING)
    return rows if len(rows) * FEW < len(low) else None


def _tops(sums: NDArray[np.float64], standing: _Standing, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Returns for each of `rows` the best sum of its phrasings; 0 for one without any."""
    tops = np.zeros(len(rows))
    some = np.flatnonzero(standing.counts[rows])
    firsts, counts = standing.firsts[rows[some]], standing.counts[rows[some]]
    if len(some):
        begins = np.cumsum(counts) - counts
        places = np.repeat(firsts - begins, counts) + np.arange(int(counts.sum()))
        tops[some] = np.maximum.reduceat(sums[places], begins)
    return tops


def _coverage(weights: Sequence[tuple[str, float]], whole: float, known: frozenset[str]) -> float:
    """Returns the share of the question's n-grams, weighted by how rare they are at large, that an entry has."""
    return sum([weight for gram, weight in weights if gram in known]) / whole if whole else 0.0
