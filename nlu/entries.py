"""Entries: which FAQ entry a question is for, and whether for one at all, learnt from the written questions; stands
beside the index's score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.beyond import Beyond
from nlu.linear import Linear, Reading

#: The label of what no entry answers; and that of what some entry does, where only this is told apart.
NONE, SOME = "", "some"


@dataclass(frozen=True, slots=True)
class Scope:
    """What tells questions that some entry answers from the others of the field, that none does."""

    linear: Linear  #: Of the two labels SOME and NONE.
    beyond: Beyond

    def within(self, read: Reading) -> float:
        """Returns the log-odds that some entry answers what was read."""
        logits = read.logits(self.linear) / self.linear.temperature
        some = self.linear.labels.index(SOME)
        return float(logits[some] - logits[1 - some])


@dataclass(frozen=True, slots=True)
class Learnt:
    """A classifier over the phrasings. It speaks for an entry as long as the entry has the title it was learnt with:
    one that was added or given another matter since then is judged by the index alone."""

    linear: Linear
    titles: Mapping[str, str]  #: Entry -> its title when it was learnt.
    scope: Scope | None = None  #: None when no question without an entry was there to learn from.

    @property
    def linears(self) -> tuple[Linear, ...]:
        """The classifiers, for a Reader."""
        return (self.linear, self.scope.linear) if self.scope else (self.linear,)

    def chances(self, read: Reading) -> NDArray[np.float32]:
        """Returns for each label of `linear`, NONE among them, how likely what was read asks for it; the sum is 1."""
        return read.probabilities(self.linear)
