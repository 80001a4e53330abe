"""Evaluate: figures on messages with known labels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Figures:
    """What a classifier does on n messages."""

    n: int
    accuracy: float
    macro_f1: float
    ece: float


def classified(truth: Sequence[str], guessed: Sequence[str], p: Sequence[float]) -> Figures:
    """Returns the figures of labels guessed with probability p. Raises ValueError when the lengths differ."""
    if not len(truth) == len(guessed) == len(p):
        raise ValueError(f"{len(truth)} labels, {len(guessed)} guesses, {len(p)} probabilities")
    hits = [one == other for one, other in zip(truth, guessed, strict=True)]
    return Figures(len(truth), _mean(hits), macro_f1(truth, guessed), ece(p, hits))


def macro_f1(truth: Sequence[str], guessed: Sequence[str]) -> float:
    """Returns the F1 of each label that is true somewhere, averaged with equal weight."""
    right = Counter(one for one, other in zip(truth, guessed, strict=True) if one == other)
    said, true = Counter(guessed), Counter(truth)
    return _mean([2 * right[label] / (said[label] + true[label]) for label in true])


def ece(p: Sequence[float], hits: Sequence[bool], bins: int = 10) -> float:
    """Returns the expected calibration error over equally wide bins (Naeini et al. 2015)."""
    shares = np.asarray(p, float)
    right = np.asarray(hits, float)
    where = np.minimum((shares * bins).astype(int), bins - 1)
    error = 0.0
    for each in range(bins):
        inside = where == each
        if inside.any():
            error += inside.mean() * abs(shares[inside].mean() - right[inside].mean())
    return float(error)


def top(truth: Sequence[str], ranked: Sequence[Sequence[str]], most: int) -> float:
    """Returns the share of questions whose entry is among the first `most`."""
    return _mean([one in some[:most] for one, some in zip(truth, ranked, strict=True)])


def mrr(truth: Sequence[str], ranked: Sequence[Sequence[str]]) -> float:
    """Returns the mean reciprocal rank; 0 for an entry that was not found."""
    places = [list(some).index(one) + 1 if one in some else math.inf for one, some in zip(truth, ranked, strict=True)]
    return _mean([1 / place for place in places])


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Returns the probability that one drawn from `inside` has a higher value than one from `outside`; ties half."""
    if not inside or not outside:
        return math.nan
    below = np.sort(np.asarray(outside, float))
    values = np.asarray(inside, float)
    lower = np.searchsorted(below, values, "left") + np.searchsorted(below, values, "right")
    return float(lower.mean() / 2 / len(below))


def percentile(seconds: Sequence[float], share: float) -> float:
    """Returns in milliseconds the time that `share` (0.5, 0.99) of all took at most."""
    return float(np.percentile(np.asarray(seconds, float), share * 100)) * 1000 if seconds else math.nan


def _mean(values: Sequence[float] | Sequence[bool]) -> float:
    return float(np.mean(values)) if len(values) else math.nan
