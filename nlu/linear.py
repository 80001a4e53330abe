"""Linear: what kind of message is it, and which category; character n-grams scored by numpy alone."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.understanding import Guess

#: Characters of a message that are read for its kind. What it is about stands early; the cost stays bounded.
READ = 300
#: n-grams of 1 and 2 characters. With 3 as well, short messages are told apart a little worse (.723 against .737 of
#: 52 categories) at twice the size.
MOST_GRAM = 2

# Cues a few characters wide do not show: an address, a question, a plea, its length.
_CUES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("<place>", re.compile(r"\d(?:幢|栋|号|弄|单元|室|楼|层)|门口|路口|小区|楼道|旁边|对面|后面|桥|[东南西北]门")),
    ("<ask>", re.compile(r"怎么|怎样|咋|如何|哪[里儿个]|啥|什么|多少|几[点号天]|吗|[么呢][?。!]?$|能不能|可不可以|\?")),
    ("<plea>", re.compile(r"来人|派人|管管|处理|解决|看看|修一?下|反映|投诉|举报|没人管|帮忙")),
    ("<now>", re.compile(r"又|一直|天天|每天|好几天|昨[天晚夜]|今[天晚早]|刚才|刚刚|半夜")),
)
_DIGITS = re.compile(r"\d+")


def features(text: str) -> dict[str, float]:
    """Returns n-grams of 1 and 2 characters of normalised `text`, ends marked, with log-damped counts, and its cues.

    Training and scoring both come through here, so that they cannot differ. Numbers count by their length only.
    """
    text = _DIGITS.sub(lambda number: "0" * min(len(number[0]), 4), text[:READ])
    marked = f"\x02{text}\x03"
    counts: dict[str, float] = {}
    for size in range(1, MOST_GRAM + 1):
        for start in range(len(marked) - size + 1):
            gram = marked[start : start + size]
            counts[gram] = counts.get(gram, 0.0) + 1.0
    for gram, count in counts.items():
        if count > 1.0:
            counts[gram] = 1.0 + math.log(count)
    for cue, pattern in _CUES:
        if pattern.search(text):
            counts[cue] = 1.0
    counts[f"<long {min(len(text) // 6, 6)}>"] = 1.0
    return counts


@dataclass(frozen=True, slots=True)
class Linear:
    """One trained classifier: calibrated softmax over IDF-weighted, length-normalised n-grams."""

    labels: tuple[str, ...]
    rows: Mapping[str, int]  #: n-gram → its row.
    idf: NDArray[np.float32]  #: (rows,)
    weights: NDArray[np.float32]  #: (rows, labels)
    bias: NDArray[np.float32]  #: (labels,)
    temperature: float = 1.0  #: Logits are divided by it; fitted on messages not trained on.

    def logits(self, counts: Mapping[str, float]) -> NDArray[np.float32]:
        """Returns one logit a label, not divided by the temperature."""
        find = self.rows.get
        known = [(row, count) for gram, count in counts.items() if (row := find(gram)) is not None]
        if not known:
            return self.bias
        rows, values = zip(*known, strict=True)
        return self.weigh(np.array(rows, np.intp), np.array(values, np.float32))

    def weigh(self, rows: NDArray[np.intp], values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the same of n-grams by their rows, with their damped counts."""
        if not len(rows):
            return self.bias
        values = values * self.idf.take(rows)
        values /= math.sqrt(float(values @ values))
        logits = values @ self.weights.take(rows, 0)
        logits += self.bias
        return logits

    def guesses(self, counts: Mapping[str, float], most: int | None = None) -> tuple[Guess, ...]:
        """Returns the labels with their probabilities, best first, at most `most`."""
        return Reading(counts).guesses(self, most)

    def save(self, folder: Path, name: str) -> None:
        """Writes `name`.npz (numbers) and `name`.json (n-grams in row order, labels): nothing that runs when read."""
        np.savez(folder / f"{name}.npz", idf=self.idf, weights=self.weights.astype(np.float16), bias=self.bias)
        words = {"labels": self.labels, "temperature": self.temperature, "grams": list(self.rows)}
        (folder / f"{name}.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")


class Reader:
    """Reads messages for several classifiers: an n-gram is looked up once for all of them."""

    def __init__(self, *parts: Linear) -> None:
        self._ids: dict[str, int] = {}
        for part in parts:
            for gram in part.rows:
                self._ids.setdefault(gram, len(self._ids))
        #: For each classifier the row of each n-gram that one of them knows; -1 where this one does not.
        self._rows: list[tuple[Linear, NDArray[np.intp]]] = []
        for part in parts:
            rows = np.full(len(self._ids), -1, np.intp)
            rows[[self._ids[gram] for gram in part.rows]] = list(part.rows.values())
            self._rows.append((part, rows))

    def read(self, text: str) -> Reading:
        """Returns normalised `text` as the classifiers read it."""
        counts = features(text)
        find = self._ids.get
        known = [(at, count) for gram, count in counts.items() if (at := find(gram)) is not None]
        ids, values = zip(*known, strict=True) if known else ((), ())
        return Reading(counts, self._rows, np.array(ids, np.intp), np.array(values, np.float32))


class Reading:
    """A message as it was read, for the classifiers of its Reader and for any other."""

    __slots__ = ("_ids", "_rows", "_values", "counts")

    def __init__(
        self,
        counts: Mapping[str, float],
        rows: Sequence[tuple[Linear, NDArray[np.intp]]] = (),
        ids: NDArray[np.intp] | None = None,
        values: NDArray[np.float32] | None = None,
    ) -> None:
        self.counts, self._rows, self._ids, self._values = counts, rows, ids, values

    def probabilities(self, linear: Linear) -> NDArray[np.float32]:
        """Returns the probability of each label of `linear`, in their order."""
        return softmax(self.logits(linear) / linear.temperature)

    def guesses(self, linear: Linear, most: int | None = None) -> tuple[Guess, ...]:
        """Returns the labels of `linear` with their probabilities, best first, at most `most`."""
        p = self.probabilities(linear)
        best = (-p).argsort(kind="stable")[:most]
        return tuple(Guess(linear.labels[at], share) for at, share in zip(best.tolist(), p[best].tolist(), strict=True))

    def shares(self, linear: Linear) -> dict[str, float]:
        """Returns the probability of each label of `linear` by its name."""
        return dict(zip(linear.labels, self.probabilities(linear).tolist(), strict=True))

    def logits(self, linear: Linear) -> NDArray[np.float32]:
        """Returns one logit a label of `linear`, not divided by its temperature."""
        for part, rows_of in self._rows:
            if part is linear and self._ids is not None and self._values is not None:
                rows = rows_of.take(self._ids)
                known = rows >= 0
                return linear.weigh(rows[known], self._values[known])
        return linear.logits(self.counts)


def load(folder: Path, name: str) -> Linear:
    """Returns the classifier saved as `name`. Raises OSError or ValueError when it is not there or not whole."""
    words = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    whole = BytesIO((folder / f"{name}.npz").read_bytes())  # a damaged file opened by numpy is left open
    with np.load(whole, allow_pickle=False) as numbers:
        try:
            idf, weights, bias = numbers["idf"], numbers["weights"].astype(np.float32), numbers["bias"]
            labels, grams, temperature = tuple(words["labels"]), words["grams"], float(words["temperature"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"{folder / name}: not a classifier of this version") from error
    if weights.shape != (len(grams), len(labels)) or idf.shape != (len(grams),) or bias.shape != (len(labels),):
        raise ValueError(f"{folder / name}: numbers and words do not fit together")
    # The classifiers, and how rare an n-gram is, name the same n-grams: each is kept once.
    return Linear(labels, {sys.intern(gram): row for row, gram in enumerate(grams)}, idf, weights, bias, temperature)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns probabilities that sum to 1."""
    powers: NDArray[np.float32] = np.exp(logits - logits.max())
    powers /= powers.sum()
    return powers
