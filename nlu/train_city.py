"""Train city: a classifier learnt from thousands of a city's long messages, with whatever labels it has."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.linear import Linear
from nlu.train import FINE, NOTHING, cut, dealt_out, level, separated, temperature_of

CALIBRATE = 5  #: One in so many of a city's messages is for calibration.
#: Inverse regularisation for a city's messages, whose n-grams are weighed by what they tell.
LONG_STRENGTH = 2.0
#: With more labels than this a city's messages are learnt whole only and less finely: each label is a classifier of its
#: own, and 8,000 messages of 150 characters in 200 labels would take minutes.
MANY = 50
ROUGH = 1e-1  #: When a solver stops for so many.
LEAST_TOLD = 0.05  #: An n-gram that stands everywhere alike still counts so much.


def fit_long(
    examples: Sequence[tuple[str, str]],
    grams: Callable[[str], dict[str, float]],
    tell: Callable[[float], None] | None = None,
    strength: float = LONG_STRENGTH,
) -> Linear:
    """Returns a classifier trained on (text, label) by the n-grams that `grams` finds, for thousands of long messages:
    their n-grams are kept as numbers, those of one message only are left out, each counts by how much it tells the
    labels apart (Wang and Manning 2012), and one message in five calibrates it, whole and cut. With more than
    MANY labels it is the whole messages that are learnt.
    """
    labels = tuple(dict.fromkeys(label for _, label in examples))
    texts, targets, weights, groups = cut(examples, labels)
    say = tell or (lambda share: None)
    matrix, rows, seen = _counted(texts, groups, grams, lambda share: say(0.4 * share))
    idf = (1 + np.log((1 + len(examples)) / (1 + seen))).astype(np.float32)
    learnt, tol = np.ones(len(texts), bool), FINE
    if len(labels) > MANY:
        learnt, tol = np.diff(groups, prepend=-1) > 0, ROUGH
        weights = np.bincount(groups, weights)[groups]  # The whole message stands for its cuts.

    def taught(those: NDArray[Any]) -> Linear:
        return _taught(matrix[those], targets[those], weights[those], groups[those], labels, idf, strength, tol)

    # A label's messages are dealt out in turn: every label is inside, and outside where it has five messages.
    inside = dealt_out(targets, groups, CALIBRATE) != CALIBRATE - 1
    temperature = 1.0
    if not inside.all():
        part = taught(inside & learnt)
        outside = _weighed(matrix[~inside], part.idf)
        temperature = temperature_of(outside @ part.weights + part.bias, targets[~inside])
    say(0.7)
    whole = taught(learnt)
    say(1.0)
    return replace(whole, rows=rows, temperature=temperature)


def _taught(
    matrix: Any,
    targets: NDArray[Any],
    weights: NDArray[Any],
    groups: NDArray[Any],
    labels: tuple[str, ...],
    idf: NDArray[np.float32],
    strength: float,
    tol: float,
) -> Linear:
    """Returns a classifier of the counts in `matrix`, without its rows; its idf is times what each n-gram tells."""
    whole = np.flatnonzero(np.diff(groups, prepend=-1))  # each message before its cuts
    idf = idf * _told(matrix[whole], targets[whole], len(labels))
    return separated(_weighed(matrix, idf), targets, weights, Linear(labels, {}, idf, *NOTHING), strength, tol)


def _told(matrix: Any, targets: NDArray[Any], labels: int) -> NDArray[np.float32]:
    """Returns for each n-gram how much it tells the labels apart: the geometric mean of how its log-odds spread over
    them, and of the greatest. One label at a time: with 200 of them they do not fit into memory together."""
    there = matrix.astype(bool).astype(np.float32)
    everywhere = np.asarray(there.sum(axis=0)).ravel()
    total, squares, greatest = (np.zeros(matrix.shape[1], np.float64) for _ in range(3))
    for label in range(labels):
        mine = np.asarray(there[targets == label].sum(axis=0)).ravel()
        ours, others = mine + 1.0, everywhere - mine + 1.0
        odds = np.log(ours / ours.sum()) - np.log(others / others.sum())
        total += odds
        squares += odds * odds
        np.maximum(greatest, odds, out=greatest)
    spread = np.sqrt(np.maximum(squares / labels - (total / labels) ** 2, 0.0))
    return np.asarray(np.sqrt(np.maximum(spread, LEAST_TOLD) * np.maximum(greatest, LEAST_TOLD)), np.float32)


def _counted(
    texts: Sequence[str],
    groups: NDArray[Any],
    grams: Callable[[str], dict[str, float]],
    say: Callable[[float], None],
) -> tuple[Any, dict[str, int], NDArray[Any]]:
    """Returns the counts of every text as a sparse matrix, its columns by n-gram, and in how many messages each is."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    index: dict[str, int] = {}
    columns, values, ends = array("i"), array("f"), [0]
    whole = array("i")  # columns of whole messages, for how many have an n-gram
    for place, text in enumerate(texts):
        found = grams(text)
        mine = [index.setdefault(gram, len(index)) for gram in found]
        columns.extend(mine)
        values.extend(found.values())
        ends.append(len(columns))
        if place == 0 or groups[place] != groups[place - 1]:
            whole.extend(mine)
        if place % 500 == 0:
            say(place / len(texts))
    seen = np.bincount(np.frombuffer(whole, np.int32), minlength=len(index))
    matrix = csr_matrix((np.array(values, np.float32), np.array(columns, np.int32), np.array(ends)))
    kept = np.flatnonzero(seen >= 2) if len(set(groups)) > 200 else np.arange(len(index))
    names = list(index)
    return matrix[:, kept], {names[old]: new for new, old in enumerate(kept)}, seen[kept]


def _weighed(matrix: Any, idf: NDArray[np.float32]) -> Any:
    """Returns the counts in `matrix` times `idf`, its rows with length 1."""
    from scipy.sparse import csr_matrix

    return level(csr_matrix((matrix.data * idf[matrix.indices], matrix.indices, matrix.indptr), matrix.shape))
