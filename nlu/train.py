"""Train: written data in, a model folder out. The only file that imports scikit-learn."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.alarm import CALM, hints
from nlu.beyond import Beyond
from nlu.crf import Crf, Lesson, learn
from nlu.danger import emergency
from nlu.entities import by_rule
from nlu.entries import NONE, SOME, Learnt, Scope
from nlu.lexical import Background, background
from nlu.linear import Linear, features
from nlu.model import VERSION, BadModel, Model, keep, load_model
from nlu.normalise import normalise
from nlu.understanding import Intent
from nlu.written import DANGER, ELSEWHERE, BadData, Example, Marked, Written, read_folder

CUTS = (25, 60)  #: A message is learnt whole and cut at these lengths: people send half sentences.
#: Files whose change asks for a new model.
LEARNS = (
    *("alarm", "beyond", "crf", "danger", "entities", "entries", "gazetteer", "grams", "index", "lexical", "linear"),
    *("normalise", "numbers", "peril", "place_words", "plates", "train", "written"),
)
FOLDS = 3  #: For calibration.
LEAST = 1  #: An n-gram must stand in so many different messages; with short ones every character helps.
STRENGTH = 1.0  #: Inverse regularisation.
#: A group's talk is chatter for the most part; what was written is reports and questions.
OFTEN = {str(Intent.CHAT): 3.0}
FINE = 1e-2  #: When a solver stops.
#: A label of which a larger share is heard as danger has more of it that nobody found: it is no example of calm.
MIXED = 0.08
NOTHING = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)  #: Weights and bias of a classifier not yet trained.

Tell = Callable[[str, float], None]  #: Hears what is being learnt and the share of it that is done, up to 1.


def load_or_train(data_dir: Path, cache_dir: Path, categories: Collection[str] | None = None) -> Model:
    """Returns the model of the data in `data_dir`, from `cache_dir` when this code has learnt this data before.

    Training blocks for some seconds. Raises BadData (with file and line) when the data cannot be used.
    """
    folder = cache_dir / fingerprint(data_dir)
    try:
        return load_model(folder)
    except BadModel:
        data = read_folder(data_dir, categories)
    learnt = train(data)
    try:
        keep(learnt, data.entries(), folder)
        return load_model(folder)
    except (OSError, BadModel):
        # Another process was faster, or the disk is full: the model in memory is as good.
        return learnt


def fingerprint(data_dir: Path) -> str:
    """Returns a name for this data as learnt by this code."""
    digest = hashlib.sha256(f"{np.__version__} {VERSION}".encode())
    code = sorted(Path(__file__).parent / f"{name}.py" for name in LEARNS)
    for file in [*sorted(data_dir.glob("*.yml")), *code]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def train(data: Written, tell: Tell | None = None) -> Model:
    """Returns both classifiers and the background, trained on all of `data`. `tell` hears how far it is.

    Raises BadData when there is too little to learn from.
    """
    reports = [(each.text, each.name) for each in data.examples if each.kind == "report" and each.name]
    messages = [(each.text, str(each.intent)) for each in data.examples]
    for what, examples in (("kinds of message", messages), ("categories (report/<code>)", reports)):
        if (labels := len({label for _, label in examples})) < 2:
            raise BadData(f"too little to learn from: two {what} or more are needed, not {labels}")
    at_large = background(each.text for each in data.examples)
    return Model(
        intents=fit(messages, tell=_part(tell, "kinds of message"), often=OFTEN),
        categories=fit(reports, tell=_part(tell, "categories")),
        entries=learn_entries(data, tell),
        alarm=learn_alarm(data, tell),
        background=at_large,
        places=learn_places(data.marked, at_large),
    )


def learn_entries(data: Written, tell: Tell | None = None) -> Learnt | None:
    """Returns what tells the FAQ entries apart, and from questions that no entry answers; None without two of them."""
    titles = {each.id: each.title for each in data.articles}
    asked = [(each.text, each.name) for each in data.examples if each.kind == "faq"]
    asked += [(each.text, NONE) for each in data.examples if each.label == ELSEWHERE]
    if len({label for _, label in asked}) < 2:
        return None
    return Learnt(fit(asked, tell=_part(tell, "answers")), titles, learn_scope(asked, tell))


def learn_scope(asked: Sequence[tuple[str, str]], tell: Tell | None = None) -> Scope | None:
    """Returns what tells the questions of an entry from those `asked` that have none; None without both."""
    told = [(text, SOME if label else NONE) for text, label in asked]
    if len({label for _, label in told}) < 2:
        return None
    return Scope(fit(told, tell=_part(tell, "scope")), Beyond(text for text, label in told if label == NONE))


def learn_alarm(data: Written, tell: Tell | None = None) -> Linear | None:
    """Returns what tells dangers from calm messages; None without lines of both."""
    lessons = [(each.text, label) for each, label in alarms(data)]
    if not {CALM} < {label for _, label in lessons}:
        return None
    return fit(lessons, tell=_part(tell, "dangers"), counted=alarming)


def alarms(data: Written) -> list[tuple[Example, str]]:
    """Returns examples with the danger they tell of, or CALM: what was written as one of them, reports in which the
    patterns hear danger, and of all else what stands under a label that has hardly any."""
    if not any(each.kind == DANGER for each in data.examples):
        return []
    heard = [emergency(normalise(each.text)) if each.kind != DANGER else None for each in data.examples]
    many, dangers = Counter(each.label for each in data.examples), Counter[str]()
    dangers.update(each.label for each, danger in zip(data.examples, heard, strict=True) if danger)
    lessons: list[tuple[Example, str]] = []
    for each, danger in zip(data.examples, heard, strict=True):
        if each.kind in (DANGER, CALM):
            lessons.append((each, each.name if each.kind == DANGER else CALM))
        elif danger:
            # Of questions and talk it is not known whether they are right.
            lessons += [(each, str(danger))] if each.kind == "report" else []
        elif dangers[each.label] <= MIXED * many[each.label] and each.intent is not Intent.MISSING:
            lessons.append((each, CALM))
    return lessons


def alarming(text: str) -> dict[str, float]:
    """Returns what dangers are learnt by: the n-grams of normalised `text` and its hints."""
    return {**features(text), **hints(text)}


def learn_places(marked: Sequence[Marked], at_large: Background) -> Crf | None:
    """Returns the CRF that finds places as they are marked; None when there are too few messages to learn from.

    Raises BadData where a mark is lost when its message is normalised.
    """
    lessons = []
    for each in marked:
        text, pieces, end = normalise(each.text), [], 0
        for place in map(normalise, each.places):
            start = text.find(place, end)
            if start < 0 or not place:
                raise BadData(f"{each.file}:{each.line}: the place is not in the message once it is normalised")
            end = start + len(place)
            pieces.append((start, end))
        lessons.append(Lesson(text, tuple(pieces)))
    return learn(lessons, by_rule, at_large)


def _part(tell: Tell | None, what: str) -> Callable[[float], None] | None:
    return None if tell is None else partial(tell, what)


def fit(
    examples: Sequence[tuple[str, str]],
    calibrate: bool = True,
    strength: float = STRENGTH,
    tell: Callable[[float], None] | None = None,
    often: Mapping[str, float] | None = None,
    counted: Callable[[str], dict[str, float]] = features,
) -> Linear:
    """Returns a classifier trained on (text, label), calibrated on messages left out in turn. `tell` hears the share
    that is done, up to 1. `often`: label -> how many times as often it comes as it was written. `counted`: what is
    counted in it.

    Raises ValueError when there are fewer than two labels.
    """
    labels = tuple(dict.fromkeys(label for _, label in examples))
    if len(labels) < 2:
        raise ValueError(f"a classifier needs two labels or more, not {len(labels)}")
    texts, targets, weights, groups = cut(examples, labels)
    weights = weights * np.array([(often or {}).get(label, 1.0) for label in labels])[targets]
    counts = [counted(text) for text in texts]
    whole = _solve(counts, targets, weights, groups, labels, strength)
    if tell is not None:
        tell(1 / (1 + FOLDS) if calibrate else 1.0)
    if not calibrate:
        return whole
    folds = dealt_out(targets, groups)
    logits, truth = [], []
    for fold in range(FOLDS):
        if tell is not None:
            tell((1 + fold) / (1 + FOLDS))
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(set(targets[inside])) < len(labels) or not len(outside):
            continue
        part = _solve([counts[i] for i in inside], targets[inside], weights[inside], groups[inside], labels, strength)
        logits += [part.logits(counts[i]) for i in outside]
        truth += [targets[i] for i in outside]
    temperature = temperature_of(np.array(logits), np.array(truth)) if logits else 1.0
    if tell is not None:
        tell(1.0)
    return Linear(labels, whole.rows, whole.idf, whole.weights, whole.bias, temperature)


def cut(examples: Sequence[tuple[str, str]], labels: tuple[str, ...]) -> tuple[list[str], Any, Any, Any]:
    """Returns each different text once with its target, its weight (how many cuts it stands for) and its message."""
    index = {label: number for number, label in enumerate(labels)}
    texts, targets, weights, groups = [], [], [], []
    for group, (raw, label) in enumerate(examples):
        text = normalise(raw)
        for cut, times in Counter([text, *(text[:length] for length in CUTS)]).items():
            texts.append(cut)
            targets.append(index[label])
            weights.append(times / (1 + len(CUTS)))
            groups.append(group)
    # A rare kind of message must not be drowned: half-way between as written and all labels alike.
    share = np.bincount(targets, weights, len(labels))
    balance = np.sqrt(share.mean() / np.maximum(share, 1e-9))
    return texts, np.array(targets), np.array(weights) * balance[targets], np.array(groups)


def dealt_out(targets: NDArray[Any], groups: NDArray[Any], folds: int = FOLDS) -> NDArray[Any]:
    """Returns a fold for each text: the messages of a label are dealt out in turn, cuts stay with their message."""
    dealt: Counter[int] = Counter()
    fold_of: dict[int, int] = {}
    for group, target in zip(groups, targets, strict=True):
        if group not in fold_of:
            fold_of[group] = dealt[target] % folds
            dealt[target] += 1
    return np.array([fold_of[group] for group in groups])


def _solve(
    counts: Sequence[dict[str, float]],
    targets: NDArray[Any],
    weights: NDArray[Any],
    groups: NDArray[Any],
    labels: tuple[str, ...],
    strength: float,
) -> Linear:
    seen: Counter[str] = Counter()
    for group in range(0, len(counts)):
        if group == 0 or groups[group] != groups[group - 1]:
            seen.update(counts[group].keys())
    messages = len(set(groups))
    rows = {gram: row for row, gram in enumerate(gram for gram, times in seen.items() if times >= LEAST)}
    idf = np.array([1 + np.log((1 + messages) / (1 + seen[gram])) for gram in rows], np.float32)
    return separated(_matrix(counts, rows, idf), targets, weights, Linear(labels, rows, idf, *NOTHING), strength)


def separated(
    matrix: Any, targets: NDArray[Any], weights: NDArray[Any], blank: Linear, strength: float, tol: float = FINE
) -> Linear:
    """Returns `blank` with the weights that separate its labels in `matrix`."""
    from sklearn.svm import LinearSVC

    # One against all others by hinge loss: as right as a logistic regression on this data, and ten times as fast to
    # train (0.7 s against 8 for all categories), which a first start waits for. Softmax and temperature calibrate it.
    solver = LinearSVC(C=strength, tol=tol, max_iter=2000, random_state=7)
    solver.fit(matrix, targets, sample_weight=weights)
    coef, bias = solver.coef_, solver.intercept_
    if len(blank.labels) == 2:
        coef, bias = np.vstack([-coef / 2, coef / 2]), np.concatenate([-bias / 2, bias / 2])
    return replace(blank, weights=np.ascontiguousarray(coef.T, np.float32), bias=bias.astype(np.float32))


def _matrix(counts: Sequence[dict[str, float]], rows: dict[str, int], idf: NDArray[np.float32]) -> Any:
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for each in counts:
        for gram, count in each.items():
            row = rows.get(gram)
            if row is not None:
                columns.append(row)
                values.append(count)
        ends.append(len(columns))
    data = np.array(values, np.float32) * idf[columns]
    matrix = csr_matrix((data, np.array(columns, np.int32), np.array(ends, np.int32)), (len(counts), len(rows)))
    return level(matrix)


def level(matrix: Any) -> Any:
    """Returns the rows of `matrix` with length 1."""
    from scipy.sparse import csr_matrix

    place = (matrix.indices, matrix.indptr)  # shared, not copied: a city's messages are ten million numbers
    norms = np.sqrt(csr_matrix((matrix.data**2, *place), matrix.shape).sum(axis=1)).A1
    scale = np.repeat((1 / np.maximum(norms, 1e-9)).astype(np.float32), np.diff(matrix.indptr))
    return csr_matrix((matrix.data * scale, *place), matrix.shape)


def temperature_of(logits: NDArray[np.float32], truth: NDArray[Any]) -> float:
    """Returns the temperature of least log-loss on messages not trained on (Guo et al. 2017)."""

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chosen = scaled[np.arange(len(truth)), truth] - np.log(np.exp(scaled).sum(axis=1))
        return -float(chosen.mean())

    return min((float(each) for each in np.geomspace(0.02, 5.0, 100)), key=loss)


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains from the command line, or writes a project for Rasa, or prints fitted thresholds; returns an exit code."""
    from argparse import ArgumentParser

    parser = ArgumentParser("python -m nlu.train", description="Train the models of understanding.")
    parser.add_argument("--data", type=Path, default=Path(__file__).with_name("data"), help="folder of .yml files")
    parser.add_argument("--out", type=Path, help="folder for the model")
    parser.add_argument("--rasa", type=Path, metavar="OUT", help="write a Rasa project into OUT; train it there")
    parser.add_argument(
        "--thresholds", action="store_true", help="print how sure answers may be, by leaving out in turn"
    )
    wanted = parser.parse_args(arguments)
    try:
        data = read_folder(wanted.data)
    except BadData as error:
        print(error)
        return 2
    if wanted.rasa:
        from nlu.rasa import write_project

        write_project(data, wanted.rasa)
    if wanted.thresholds:
        from nlu import tune, tune_alarm

        print(tune.report(data), tune_alarm.report(data), sep="\n")
    if wanted.out:
        keep(train(data), data.entries(), wanted.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
