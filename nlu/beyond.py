"""Beyond: the questions of the field that no entry answers, and how like the nearest of them a question is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from nlu.grams import grams
from nlu.index import PHRASING, Index, Share
from nlu.normalise import normalise


class Beyond:
    """The written questions without an entry, looked up as the phrasings of the entries are. Once made they stay, so
    that every street's FAQ may ask the same. Not for several threads at once."""

    def __init__(self, questions: Iterable[str]) -> None:
        self.questions = tuple(questions)
        self._index = Index(*PHRASING)
        self._index.add(*(words for each in self.questions if (words := Counter(grams(normalise(each))))))
        self._shares: dict[str, Share] = {}

    def likeness(self, asked: Mapping[str, float]) -> float:
        """Returns how like the nearest written question is what is `asked` (its n-grams, counted): about 0 to 1."""
        sums, best = self._index.sums([self._share(gram) for gram in asked], sum(asked.values()))
        return 0.0 if sums is None else float(sums.max() / best)

    def _share(self, gram: str) -> Share | None:
        known = self._shares.get(gram)
        if known is None and (known := self._index.share(gram)):
            self._shares[gram] = known  # What no question has is not kept: there is no end of it.
        return known
