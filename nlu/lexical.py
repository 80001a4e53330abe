"""Lexicon: the FAQ index and place names of one street, over single characters and pairs; changes without training."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from nlu.entries import NONE, Learnt
from nlu.gazetteer import Gazetteer
from nlu.index import Index
from nlu.normalise import normalise
from nlu.understanding import Answer, Entry, Span

#: Characters of a question that are looked up; a longer one is no question.
READ = 200
# (k1, b) of BM25. Among one-line phrasings length matters little; among whole entries it matters how many phrasings
# share an n-gram. Set by leaving phrasings out in turn.
PHRASING, ENTRY = (1.2, 0.4), (3.0, 0.8)
#: Share of the whole entry in a score, beside its best phrasing. Alone the whole entry finds more of what is asked in
#: other words (top-1 .73 against .51 on the written data), the best phrasing more of what is asked in the same.
WHOLE = 0.85
FULL = 6.0  #: So many phrasings that hold an n-gram are as good as all.
#: What the phrasings taught counts so much in the score of an entry that was learnt. The sum finds .79 of what was left
#: out of training, the index alone .73 and the classifier alone .78.
LEARNT = 0.17
ANSWER_TEXT = 0.7  #: What an n-gram in a clause of the answer counts, beside 1 in a phrasing.

_CLAUSE = re.compile(r"[^\w ]+")
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
        self._rows_of: dict[str, tuple[int, list[int]]] = {}  # id → its row as a whole, those of its phrasings
        self._owner: dict[int, str] = {}  # row as a whole → id
        self._whole_of = np.zeros(64, np.intp)  # row of a phrasing → row as a whole
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
        row = self._wholes.add(whole)
        rows = [self._phrasings.add(words) for words in counts]
        if self._phrasings.rows > len(self._whole_of):
            self._whole_of = np.concatenate([self._whole_of, np.zeros(self._phrasings.rows, np.intp)])
        self._whole_of[rows] = row
        self._entries[entry.id], self._owner[row] = entry, entry.id
        self._rows_of[entry.id] = row, rows
        self._grams_of[entry.id] = frozenset(whole)
        self.version += 1

    def withdraw(self, id: str) -> bool:
        """Takes an entry out; returns whether it was there."""
        if self._entries.pop(id, None) is None:
            return False
        whole, rows = self._rows_of.pop(id)
        self._wholes.remove(whole)
        for row in rows:
            self._phrasings.remove(row)
        del self._grams_of[id], self._owner[whole]
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
        if not asked or not self._entries:
            return ()
        best = np.zeros(self._wholes.rows, np.float32)
        phrasings = self._phrasings.scores(asked)
        rows = np.flatnonzero(phrasings)
        np.maximum.at(best, self._whole_of[rows], phrasings[rows])
        scores = np.float32(WHOLE) * self._wholes.scores(asked, FULL) + np.float32(1 - WHOLE) * best
        chances = self._chances(text)
        none = chances.pop(NONE, 0.0)
        for id, chance in chances.items():
            row = self._rows_of[id][0]
            scores[row] = (1 - LEARNT) * scores[row] + LEARNT * chance
        rows = np.flatnonzero(scores > 0)
        if most < len(rows):
            rows = rows[np.argpartition(-scores[rows], most)[:most]]
        found = [(float(scores[row]), self._owner[int(row)]) for row in rows]
        found.sort(key=lambda each: (-each[0], each[1]))
        return tuple(
            Answer(id, min(1.0, score), self._coverage(asked, id), chances.get(id), none) for score, id in found
        )

    def _chances(self, text: str) -> dict[str, float]:
        """Returns what was learnt of the entries that still stand as they were learnt, and of NONE."""
        if self._learnt is None:
            return {}
        titles = {NONE: "", **self._learnt.titles}
        return {id: p for id, p in self._learnt.chances(text).items() if self.title(id) == titles[id]}

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
