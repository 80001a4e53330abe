"""Entries: which FAQ entry a question is for, learnt from the written phrasings; stands beside the index's score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.linear import Linear, Reading

#: The label of what no entry answers.
NONE = ""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A classifier over the phrasings. It speaks for an entry as long as the entry has the title it was learnt with:
    one that was added or given another matter since then is judged by the index alone."""

    linear: Linear
    titles: Mapping[str, str]  #: Entry -> its title when it was learnt.

    def chances(self, read: Reading) -> NDArray[np.float32]:
        """Returns for each label of `linear`, NONE among them, how likely what was read asks for it; the sum is 1."""
        return read.probabilities(self.linear)
