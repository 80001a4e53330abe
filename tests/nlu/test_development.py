"""The development set: messages of a writer who never saw the training data, and that nothing of it was learnt."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from nlu.normalise import normalise
from nlu.written import Written

FOLDER = Path(__file__).with_name("development")
FRESH = Path(__file__).with_name("fresh")  #: Written later, by somebody else.
LIKE = 0.6  #: Share of pairs of characters that two messages have in common, from which on one is a copy of the other.
SHORT = 5  #: Characters up to which only the same words are a copy: "转人工" is like "转人工吧", and may be.


def bare(text: str) -> str:
    """Returns the letters and figures alone."""
    return re.sub(r"\W", "", normalise(text))


def pairs(text: str) -> list[str]:
    marked = f"^{bare(text)}$"
    return [marked[at : at + 2] for at in range(len(marked) - 1)]


def messages() -> list[str]:
    """Returns every text of every file."""
    found = []
    for file in sorted(FOLDER.glob("*.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines():
            columns = line.split("\t")
            found += columns[:2] if file.stem == "duplicate" else [columns[1]]
    return found


class Learnt:
    """What was learnt, by its pairs of characters."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self._counter = CountVectorizer(analyzer=pairs, binary=True)
        self._pairs = self._counter.fit_transform(texts).T.tocsr()
        self._many = np.asarray(self._pairs.sum(axis=0))

    def copies(self, ours: list[str]) -> list[tuple[str, str]]:
        """Returns the messages of `ours` that were learnt, or nearly, each with what it is a copy of."""
        known = self._counter.transform(ours)
        many = np.array([[len(set(pairs(text)))] for text in ours])
        found = []
        for start in range(0, len(ours), 250):
            shared = (known[start : start + 250] @ self._pairs).toarray()
            likeness = shared / (many[start : start + 250] + self._many - shared)
            best = likeness.argmax(axis=1)
            for row, text in enumerate(ours[start : start + 250]):
                if likeness[row, best[row]] >= (LIKE if len(bare(text)) > SHORT else 1.0):
                    found.append((text, self.texts[best[row]]))
        return found


@pytest.fixture(scope="module")
def learnt(written: Written) -> Learnt:
    return Learnt([each.text for each in (*written.examples, *written.marked)])


def test_no_message_of_the_development_set_was_learnt_or_nearly(learnt: Learnt) -> None:
    assert learnt.copies(messages()) == []


def test_nothing_that_was_written_afresh_was_learnt_or_nearly(learnt: Learnt) -> None:
    fresh = [
        line.split("\t")[1]
        for file in sorted(FRESH.glob("*.tsv"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert len(fresh) > 400
    assert learnt.copies(fresh) == []


def test_a_copy_with_another_mark_or_word_would_be_found(learnt: Learnt) -> None:
    known = next(text for text in learnt.texts if len(text) > 12)
    assert learnt.copies([f"{known}!!", f"请问{known}"])


def test_it_is_large_enough_and_every_line_is_whole() -> None:
    assert len(messages()) >= 600
    assert all(text.strip() for text in messages())
