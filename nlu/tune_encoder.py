"""Tune: how much a named encoder counts beside what is built in, from phrasings left out of training in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nlu.model import EncoderFit
from nlu.normalise import normalise
from nlu.tune import FOLDS, Trial, dealt, sureness, trials
from nlu.understand import CANDIDATES, weighed
from nlu.written import ELSEWHERE, Written

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
#: A weight must find so much more than a smaller one does to be taken: a good two standard errors of 5,000 questions.
GAIN = 0.01

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
Tell = Callable[[float], None]


def fit_encoder(name: str, data: Written, encode: Encode, tell: Tell = lambda share: None) -> EncoderFit:
    """Returns the weight with which most of the left-out phrasings find their entry first, and how sure one may then
    be. The weight is 0 where the encoder wins nothing. `encode` returns a vector of length 1 for each text.

    Takes as long as encoding every phrasing once, and some seconds. `tell` hears the share that is done.
    """
    asked = Written(
        tuple(each for each in data.examples if each.kind in ("faq", "chat") or each.label == ELSEWHERE), data.articles
    )
    vectors = _encoded([normalise(each.text) for each in asked.examples], encode, tell)
    alike = _likenesses(asked, vectors)
    tried = list(trials(asked, most=CANDIDATES))
    found = {weight: [_with(each, alike, weight) for each in tried] for weight in WEIGHTS}
    top1 = {weight: _top1(some) for weight, some in found.items()}
    best = WEIGHTS[0]
    for weight in WEIGHTS[1:]:
        if top1[weight] >= top1[best] + GAIN * (best == WEIGHTS[0]) and top1[weight] > top1[best]:
            best = weight
    return EncoderFit(name, best, sureness(found[best]), tuple(top1.items()))


def _encoded(texts: Sequence[str], encode: Encode, tell: Tell, chunk: int = 256) -> dict[str, NDArray[np.float32]]:
    different = list(dict.fromkeys(texts))
    vectors: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(different), chunk):
        some = different[start : start + chunk]
        vectors.update(zip(some, np.asarray(encode(some), np.float32), strict=True))
        tell(min(1.0, (start + chunk) / len(different)))
    return vectors


def _likenesses(data: Written, vectors: Mapping[str, NDArray[np.float32]]) -> dict[str, dict[str, float]]:
    """Returns for each text the cosine with the nearest phrasing of every entry, of those it was not dealt out with."""
    texts = np.array([normalise(each.text) for each in data.examples], object)
    folds, names = np.array(dealt(data)), np.array([each.name for each in data.examples], object)
    table = np.stack([vectors[text] for text in texts])
    found: dict[str, dict[str, float]] = {}
    for fold in range(FOLDS):
        rows = {id: np.flatnonzero((names == id) & (folds != fold)) for id in set(names) if id}
        for at in np.flatnonzero(folds == fold):
            likeness = table @ table[at]
            found[texts[at]] = {id: float(likeness[some].max()) for id, some in rows.items() if len(some)}
    return found


def _with(trial: Trial, alike: Mapping[str, Mapping[str, float]], weight: float) -> Trial:
    known = {id: value for id, value in alike.get(trial.text, {}).items() if id in trial.here}
    return replace(trial, answers=weighed(trial.answers, known, weight))


def _top1(tried: Sequence[Trial]) -> float:
    asked = [each.right for each in tried if each.entry]
    return sum(asked) / max(1, len(asked))
