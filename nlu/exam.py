"""Exam: what the bot makes of labelled messages, in figures; every message goes the way that a resident's goes."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from nlu.city import City
from nlu.evaluate import auroc, classified, mrr, percentile, top
from nlu.lexical import Lexicon
from nlu.normalise import normalise
from nlu.rows import Row, known, read_rows
from nlu.similarity import SameMatter
from nlu.understand import WANTS_ANSWER, Understand
from nlu.understanding import Intent, Stance, Understanding
from nlu.written import BadData

WARM = 20  #: Messages understood before the time is taken: the first ones fill caches.
NOTHING = "(nothing)"  #: Guessed where there is no guess.


class Task(StrEnum):
    """What can be examined."""

    FAQ = "faq"
    CATEGORY = "category"
    INTENT = "intent"
    SCOPE = "scope"
    PLACE = "place"
    DUPLICATE = "duplicate"


#: Task -> how many columns a line has, and what they are.
COLUMNS: dict[Task, tuple[int, str]] = {
    Task.FAQ: (2, "the id of the FAQ entry, the question"),
    Task.CATEGORY: (2, "the category's code, the message"),
    Task.INTENT: (2, "the intent, the message"),
    Task.SCOPE: (2, "in, near or far, the question"),
    Task.PLACE: (3, "a label, the message, the place as it stands in the message (empty: none)"),
    Task.DUPLICATE: (3, "a text, another text, 1 (the same matter) or 0"),
}


@dataclass(frozen=True, slots=True)
class Pupil:
    """Who is examined: the whole understanding with its FAQ, or a city's classifier alone."""

    nlu: Understand
    lexicon: Lexicon


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. `figures` has the names and order in which they are printed; times are milliseconds."""

    figures: dict[str, float]
    aside: dict[str, float]  #: More figures for a reader, not for programs.
    confusions: tuple[tuple[str, str, int], ...] = ()  #: True, guessed, how often; the most frequent first.
    sureness: tuple[tuple[float, bool], ...] = ()  #: How sure the guess was, and whether it was right.


def read_exam(file: Path, task: Task, labels: Sequence[str]) -> list[Row]:
    """Returns the rows of `file`. Raises BadData for a line that does not suit `task`; `labels` are the known ones of
    faq and category."""
    rows = read_rows(file, *COLUMNS[task])
    match task:
        case Task.FAQ | Task.CATEGORY:
            known(rows, labels, file)
        case Task.INTENT:
            known(rows, [str(each) for each in Intent], file)
        case Task.SCOPE:
            known(rows, ("in", "near", "far"), file)
            _both({row.columns[0] == "in" for row in rows}, file, "in, and near or far")
        case Task.DUPLICATE:
            known(rows, ("1", "0"), file, 2)
            _both({row.columns[2] == "1" for row in rows}, file, "1 and 0")
        case Task.PLACE:
            _spans(rows, file)
    return rows


async def examine(task: Task, rows: Sequence[Row], pupil: Pupil | City, tell: Callable[[float], None]) -> Result:
    """Returns the figures of `pupil`; `tell` hears the share that is done."""
    if task is Task.DUPLICATE:
        return _duplicates(rows, pupil, tell)
    if isinstance(pupil, City):
        return _of_city(rows, pupil, tell)
    seconds: list[float] = []
    heard: list[Understanding] = []
    now = datetime.now(UTC)

    async def understood(text: str) -> Understanding:
        return await pupil.nlu.understand(text, topic=None, lexicon=pupil.lexicon, now=now)

    for row in rows[:WARM]:
        await understood(row.columns[1])
    for number, row in enumerate(rows):
        began = time.perf_counter()
        heard.append(await understood(row.columns[1]))
        seconds.append(time.perf_counter() - began)
        if number % 50 == 0:
            tell(number / len(rows))
    tell(1.0)
    truth = [row.columns[0] for row in rows]
    match task:
        case Task.FAQ:
            return _faq(truth, heard, pupil, seconds)
        case Task.CATEGORY:
            best = [(each.category.label, each.category.p) if each.category else (NOTHING, 0.0) for each in heard]
            return _labels(truth, best, seconds)
        case Task.INTENT:
            found = _labels(truth, [(str(each.intent), each.intent_p) for each in heard], seconds)
            return replace(found, aside=_chatter(rows, heard, pupil))
        case Task.SCOPE:
            return _scope(truth, heard, pupil, seconds)
        case Task.PLACE:
            return _places(rows, heard, seconds)


def sure_of(heard: Understanding, pupil: Pupil) -> float:
    """Returns how sure the bot is that its best answer is what was asked for, 0 to 1: what it decides by."""
    asks = sum(each.p for each in heard.intents if each.label in WANTS_ANSWER)
    return pupil.nlu.thresholds.sure(heard.answers, asks)


def _faq(truth: Sequence[str], heard: Sequence[Understanding], pupil: Pupil, seconds: Sequence[float]) -> Result:
    ranked = [[answer.entry for answer in each.answers] for each in heard]
    first = [some[0] if some else NOTHING for some in ranked]
    hits = [one == other for one, other in zip(truth, first, strict=True)]
    limits = pupil.nlu.thresholds.answers
    sure = [sure_of(each, pupil) for each in heard]
    answered = [hit for hit, each in zip(hits, sure, strict=True) if each >= limits.answer]
    return Result(
        {"top1": top(truth, ranked, 1), "top3": top(truth, ranked, 3), "mrr": mrr(truth, ranked)} | _speed(seconds),
        {
            "answered outright": len(answered) / len(truth),
            "of them right": sum(answered) / len(answered) if answered else math.nan,
            "three offered": sum(limits.offer <= each < limits.answer for each in sure) / len(truth),
        },
        _confused(truth, first),
        tuple(zip(sure, hits, strict=True)),
    )


def _chatter(rows: Sequence[Row], heard: Sequence[Understanding], pupil: Pupil) -> dict[str, float]:
    """Returns how much of the chatter gets an answer: overheard in a group that listens, and said to the bot itself."""
    talk = [(row.columns[1], each) for row, each in zip(rows, heard, strict=True) if row.columns[0] == Intent.CHAT]
    if not talk:
        return {}
    return {
        "chat: taken up where it listens": sum(pupil.nlu.gate(text, pupil.lexicon) for text, _ in talk) / len(talk),
        "chat: answered when addressed": sum(each.stance is Stance.ANSWER for _, each in talk) / len(talk),
    }


def _labels(truth: Sequence[str], best: Sequence[tuple[str, float]], seconds: Sequence[float]) -> Result:
    guessed, p = [label for label, _ in best], [each for _, each in best]
    found = classified(truth, guessed, p)
    hits = [one == other for one, other in zip(truth, guessed, strict=True)]
    return Result(
        {"accuracy": found.accuracy, "macro_f1": found.macro_f1, "ece": found.ece} | _speed(seconds),
        {},
        _confused(truth, guessed),
        tuple(zip(p, hits, strict=True)),
    )


def _scope(truth: Sequence[str], heard: Sequence[Understanding], pupil: Pupil, seconds: Sequence[float]) -> Result:
    sure: dict[str, list[float]] = {"in": [], "near": [], "far": []}
    for label, each in zip(truth, heard, strict=True):
        sure[label].append(sure_of(each, pupil))
    limit = pupil.nlu.thresholds.answers.answer
    aside = {f"auroc against {name}": auroc(sure["in"], sure[name]) for name in ("near", "far") if sure[name]}
    aside |= {f"{name}: answered outright": _share(sure[name], limit) for name in sure if sure[name]}
    return Result({"auroc": auroc(sure["in"], sure["near"] + sure["far"])} | _speed(seconds), aside)


def _places(rows: Sequence[Row], heard: Sequence[Understanding], seconds: Sequence[float]) -> Result:
    """A place is right when it is the very span. Lines of the same text name several places of it."""
    wanted: dict[str, set[str]] = {}
    found: dict[str, set[str]] = {}
    for row, each in zip(rows, heard, strict=True):
        span = normalise(row.columns[2])
        wanted.setdefault(each.text, set()).update({span} if span else ())
        found[each.text] = {place.text for place in each.places}
    right = sum(len(spans & found[text]) for text, spans in wanted.items())
    said, true = sum(map(len, found.values())), sum(map(len, wanted.values()))
    near = sum(any(_overlap(span, other) for other in found[text]) for text, spans in wanted.items() for span in spans)
    none = [text for text, spans in wanted.items() if not spans]
    return Result(
        {"f1": 2 * right / (said + true) if said + true else math.nan} | _speed(seconds),
        {
            "precision": right / said if said else math.nan,
            "recall": right / true if true else math.nan,
            "found at least in part": near / true if true else math.nan,
            "a place where there is none": sum(bool(found[text]) for text in none) / len(none) if none else math.nan,
        },
    )


def _duplicates(rows: Sequence[Row], pupil: Pupil | City, tell: Callable[[float], None]) -> Result:
    model = pupil.nlu.model if isinstance(pupil, Pupil) else None
    likeness = SameMatter(model.background, model.categories).of if model else SameMatter().of
    alike: dict[str, list[float]] = {"1": [], "0": []}
    seconds = []
    for row in rows[:WARM]:
        likeness(row.columns[0], row.columns[1])
    for row in rows:
        one, other, same = row.columns
        began = time.perf_counter()
        value = likeness(one, other)
        seconds.append(time.perf_counter() - began)
        alike[same].append(value)
    tell(1.0)
    return Result({"auc": auroc(alike["1"], alike["0"])} | _speed(seconds), {})


def _of_city(rows: Sequence[Row], city: City, tell: Callable[[float], None]) -> Result:
    seconds, best = [], []
    for row in rows[:WARM]:
        city.guesses(row.columns[1], 1)
    for number, row in enumerate(rows):
        began = time.perf_counter()
        guess = city.guesses(row.columns[1], 1)[0]
        seconds.append(time.perf_counter() - began)
        best.append((guess.label, guess.p))
        if number % 50 == 0:
            tell(number / len(rows))
    tell(1.0)
    return _labels([row.columns[0] for row in rows], best, seconds)


def _speed(seconds: Sequence[float]) -> dict[str, float]:
    return {"p50_ms": percentile(seconds, 0.5), "p99_ms": percentile(seconds, 0.99), "n": len(seconds)}


def _confused(truth: Sequence[str], guessed: Sequence[str]) -> tuple[tuple[str, str, int], ...]:
    counted = Counter((one, other) for one, other in zip(truth, guessed, strict=True) if one != other)
    return tuple((one, other, times) for (one, other), times in counted.most_common(10))


def _share(values: Sequence[float], limit: float) -> float:
    return sum(each >= limit for each in values) / len(values)


def _overlap(one: str, other: str) -> bool:
    return one in other or other in one


def _both(found: set[bool], file: Path, what: str) -> None:
    if len(found) < 2:
        raise BadData(f"{file}: one kind of line only; {what} are needed to tell them apart")


def _spans(rows: Sequence[Row], file: Path) -> None:
    for row in rows:
        label, text, span = row.columns
        if label == "none" and span:
            raise BadData(f"{file}:{row.line}: a place beside the label 'none'")
        if label == "place" and not span:
            raise BadData(f"{file}:{row.line}: the label 'place' without a place in the third column")
        if normalise(span) not in normalise(text):
            raise BadData(f"{file}:{row.line}: the place in the third column does not stand in the message")
