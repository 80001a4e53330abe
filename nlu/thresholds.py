"""Thresholds: how sure is sure enough, read from thresholds.toml."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.understanding import Answer, Stance

FILE = Path(__file__).with_name("thresholds.toml")


@dataclass(frozen=True, slots=True)
class Sureness:
    """Weights of a logistic function: how likely the best answer is right."""

    bias: float
    score: float
    coverage: float
    lead: float
    ask: float
    learnt: float = 0.0
    elsewhere: float = 0.0
    within: float = 0.0
    known: float = 0.0
    beyond: float = 0.0


@dataclass(frozen=True, slots=True)
class Answers:
    answer: float
    offer: float


@dataclass(frozen=True, slots=True)
class Categories:
    sure: float


@dataclass(frozen=True, slots=True)
class Gate:
    danger: float
    talk: float
    missing: float
    report: float
    plain: float
    category: float
    ask: float
    answer: float


@dataclass(frozen=True, slots=True)
class Alarm:
    heard: float


@dataclass(frozen=True, slots=True)
class EncoderWeight:
    weight: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """All figures of thresholds.toml, by its sections."""

    sureness: Sureness  #: Of an entry that the index alone knows.
    learnt: Sureness  #: Of one whose phrasings were learnt.
    answers: Answers
    categories: Categories
    gate: Gate
    alarm: Alarm
    encoder: EncoderWeight

    def sure(self, answers: Sequence[Answer], ask: float) -> float:
        """Returns the probability that the first of `answers` is what was asked for; `ask` is that of a question."""
        if not answers:
            return 0.0
        best = answers[0]
        weights = self.sureness if best.learnt is None else self.learnt
        score, coverage, lead = signs(answers)
        value = weights.bias + weights.score * score + weights.coverage * coverage + weights.lead * lead
        value += weights.ask * ask + weights.learnt * (best.learnt or 0.0) + weights.elsewhere * best.elsewhere
        value += weights.within * best.within + weights.known * best.known + weights.beyond * best.beyond
        return _logistic(value)

    def stance(self, sure: float) -> Stance:
        """Returns what to do with answers of which we are `sure`."""
        if sure >= self.answers.answer:
            return Stance.ANSWER
        return Stance.OFFER if sure >= self.answers.offer else Stance.UNSURE


def signs(answers: Sequence[Answer]) -> tuple[float, float, float]:
    """Returns score and coverage of the best answer, and its lead over the second."""
    best = answers[0]
    return best.score, best.coverage, best.score - (answers[1].score if len(answers) > 1 else 0.0)


def read_thresholds(file: Path = FILE) -> Thresholds:
    """Returns the thresholds in `file`. Raises ValueError for a missing or unknown key, with file and section."""
    sections = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        return Thresholds(
            Sureness(**sections.pop("sureness")),
            Sureness(**sections.pop("learnt")),
            Answers(**sections.pop("answers")),
            Categories(**sections.pop("categories")),
            Gate(**sections.pop("gate")),
            Alarm(**sections.pop("alarm")),
            EncoderWeight(**sections.pop("encoder")),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{file.name}: {error}") from error


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, value))))
