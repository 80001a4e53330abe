"""Part: what a street knows, as far as it is for whoever asks: not another place's answers, the more special first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nlu.audience import Audience, audiences
from nlu.lexical import Lexicon
from nlu.linear import Reading
from nlu.understanding import Answer, Span

#: An entry for those who are named in the question, or for this very place, is preferred to one that scores so much
#: higher; one for others falls behind by as much.
PREFERRED = 0.1
_MORE = 8  #: Looked at beyond what is asked for, at first.


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Implements the protocol `nlu.understanding.Lexicon` over a `whole` one, which may change below it."""

    whole: Lexicon
    hidden: frozenset[str] = frozenset()  #: Ids that are not for this asker.
    instead: Mapping[str, str] = field(default_factory=dict)  #: Id -> the more special entry that stands for it here.
    special: Mapping[str, int] = field(default_factory=dict)  #: Id -> how special; 0 (everywhere) is left out.
    meant: Mapping[str, Audience] = field(default_factory=dict)  #: Id -> whom it is for; everybody is left out.

    def answers(self, text: str, most: int = 3, read: Reading | None = None) -> tuple[Answer, ...]:
        """Returns at most `most` entries for this asker that share something with normalised `text`, best first."""
        if not (self.hidden or self.instead or self.special or self.meant):
            return self.whole.answers(text, most, read)
        ask = most + _MORE
        while True:
            found = self.whole.answers(text, ask, read)
            ours = self._ours(found)
            if len(ours) >= most or len(found) < ask:
                break
            ask *= 4  # A street where every community has its own: most of what was found is for others.
        named = audiences(text) if self.meant else frozenset[Audience]()
        ranked = sorted(ours, key=lambda each: (-self._rank(each, named), each.entry))[:most]
        return tuple(_descending(ranked))

    def places(self, text: str) -> tuple[Span, ...]:
        """Returns the street's place names in normalised `text`."""
        return self.whole.places(text)

    def title(self, entry: str) -> str:
        """Returns the title of an entry; empty when it is not there, or not for this asker."""
        return "" if entry in self.hidden else self.whole.title(entry)

    def likely(self, likeness: Mapping[str, float]) -> dict[str, float]:
        """Returns what an encoder finds alike, as far as it is for this asker."""
        found: dict[str, float] = {}
        for id, value in likeness.items():
            id = self.instead.get(id, id)
            if id not in self.hidden:
                found[id] = max(value, found.get(id, value))
        return found

    def _ours(self, found: tuple[Answer, ...]) -> list[Answer]:
        ours: dict[str, Answer] = {}
        for each in found:
            id = self.instead.get(each.entry, each.entry)
            if id in self.hidden:
                continue
            known = ours.get(id)
            here = replace(each, entry=id)
            if known is not None:  # It, and the general one it stands for: the better score, all that is covered.
                best = max((known, here), key=lambda answer: answer.score)
                here = replace(best, coverage=max(known.coverage, each.coverage))
            ours[id] = here
        return list(ours.values())

    def _rank(self, answer: Answer, named: frozenset[Audience]) -> float:
        worth = 1.0 + PREFERRED * min(1, self.special.get(answer.entry, 0))
        meant = self.meant.get(answer.entry)
        if meant is not None and named:
            worth += PREFERRED if meant in named else -PREFERRED
        # Of two that are both of this place the smaller area wins.
        return answer.score * worth + 1e-6 * self.special.get(answer.entry, 0)


def _descending(ranked: list[Answer]) -> list[Answer]:
    """The scores go with the order: whoever reads them takes the first as the best."""
    best = sorted((each.score for each in ranked), reverse=True)
    return [replace(each, score=score) for each, score in zip(ranked, best, strict=True)]
