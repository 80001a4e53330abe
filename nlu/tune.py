"""Tune: how sure we may be of a FAQ answer, from messages left out of training in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from nlu.evaluate import auroc, ece
from nlu.lexical import Lexicon, background
from nlu.linear import features
from nlu.normalise import normalise
from nlu.thresholds import Sureness, read_thresholds, signs
from nlu.train import OFTEN, fit, learn_entries
from nlu.understand import WANTS_ANSWER
from nlu.understanding import Answer, Entry, Intent
from nlu.written import CALM, DANGER, ELSEWHERE, Written

FOLDS = 5
#: Labels that do not say which entry answers them.
ASIDE = (Intent.ASK, Intent.POINTS, Intent.HUMAN)
WRONG, SILENT, NOISE = 5.0, 2.0, 10.0  #: Costs: a wrong answer, silence when asked, an answer to neighbours' talk.
OFFERED, OFFERED_IN_VAIN = 1.0, 3.0  #: Three buttons with the right one among them, and without.


@dataclass(frozen=True, slots=True)
class Trial:
    """One left-out message and what was found for it."""

    text: str
    intent: Intent
    entry: str  #: The FAQ entry that answers it; empty when none does: it is no question, or its entry was withheld.
    answers: tuple[Answer, ...]
    plain: tuple[Answer, ...]  #: By the index alone, as if the entries had come after the training.
    here: frozenset[str]  #: The entries that were not withheld.
    ask: float  #: Probability that it wants an answer.
    guessed: str  #: The likeliest intent.

    @property
    def wanted(self) -> bool:
        """Whether it asks for an answer, there or not."""
        return self.intent in WANTS_ANSWER or bool(self.entry)

    @property
    def talk(self) -> bool:
        """Whether nobody was spoken to: an answer is noise."""
        return self.intent in (Intent.CHAT, Intent.GREET)

    @property
    def right(self) -> bool:
        return bool(self.entry) and bool(self.answers) and self.answers[0].entry == self.entry

    @property
    def heeded(self) -> bool:
        """Whether answers are looked at: what is taken for a report goes its own way."""
        return self.guessed not in (Intent.REPORT, Intent.MISSING)

    @property
    def among(self) -> bool:
        return bool(self.entry) and any(each.entry == self.entry for each in self.answers)


def dealt(data: Written, folds: int = FOLDS) -> list[int]:
    """Returns a fold for each example: those of a label are dealt out in turn."""
    counts: Counter[str] = Counter()
    found = []
    for each in data.examples:
        found.append(counts[each.label] % folds)
        counts[each.label] += 1
    return found


def trials(data: Written, folds: int = FOLDS, most: int = 3) -> Iterator[Trial]:
    """Yields every FAQ phrasing, report and piece of chatter with what a system that never saw it makes of it.

    In each fold some entries are withheld altogether: questions of the field that nobody wrote an answer to, beside
    those that were written as such.
    Bare questions, points and pleas for a person are left aside: which entry answers them is not written down.
    """
    fold_of = dealt(data, folds)
    for fold in range(folds):
        inside = [each for each, its in zip(data.examples, fold_of, strict=True) if its != fold]
        intents = fit([(each.text, str(each.intent)) for each in inside], often=OFTEN)
        phrasings: dict[str, list[str]] = {}
        for each in inside:
            if each.kind == "faq":
                phrasings.setdefault(each.name, []).append(each.text)
        entries = [
            Entry(each.id, each.title, tuple(phrasings.get(each.id, ())), each.text)
            for place, each in enumerate(data.articles)
            if place % folds != fold
        ]
        here = frozenset(each.id for each in entries)
        known = Written(
            tuple(each for each in inside if each.name in here or each.label == ELSEWHERE),
            tuple(each for each in data.articles if each.id in here),
        )
        at_large = background(each.text for each in inside)
        index = Lexicon(entries, background=at_large)
        lexicon = Lexicon(entries, background=at_large, learnt=learn_entries(known))
        for each, its in zip(data.examples, fold_of, strict=True):
            if its != fold or each.label in ASIDE or each.kind in (DANGER, CALM):
                continue
            said = normalise(each.text)
            guesses = intents.guesses(features(said))
            ask = sum(guess.p for guess in guesses if guess.label in WANTS_ANSWER)
            entry = each.name if each.kind == "faq" and each.name in lexicon.entries else ""
            answers, plain = lexicon.answers(said, most), index.answers(said)
            yield Trial(said, each.intent, entry, answers, plain, here, ask, guesses[0].label)


def sureness(tried: Sequence[Trial]) -> Sureness:
    """Returns the weights that tell right first answers from all others with the least log-loss."""
    from sklearn.linear_model import LogisticRegression

    some = [each for each in tried if each.answers]
    table = np.array([_row(each) for each in some])
    solver = LogisticRegression(C=10.0, max_iter=1000).fit(table, [each.right for each in some])
    return Sureness(round(float(solver.intercept_[0]), 2), *(round(float(weight), 2) for weight in solver.coef_[0]))


def _row(trial: Trial) -> tuple[float, ...]:
    best = trial.answers[0]
    by_index = (*signs(trial.answers), trial.ask)
    if best.learnt is None:
        return by_index
    return (*by_index, best.learnt, best.elsewhere, best.within, best.known, best.beyond)


def cost(tried: Sequence[Trial], sure: Sequence[float], answer: float, offer: float) -> float:
    """Returns the mean cost of answering from `answer` on and offering three from `offer` on."""
    total = 0.0
    for each, p in zip(tried, sure, strict=True):
        if p >= answer and each.heeded:
            total += 0.0 if each.right else NOISE if each.talk else WRONG
        elif p >= offer and each.heeded and each.guessed != Intent.CHAT:
            total += OFFERED if each.among else NOISE if each.talk else OFFERED_IN_VAIN
        elif each.wanted:
            total += SILENT
    return total / max(1, len(tried))


def cheapest(tried: Sequence[Trial], sure: Sequence[float]) -> tuple[float, float]:
    """Returns the pair (answer, offer) of least cost."""
    steps = [round(0.02 * step, 2) for step in range(2, 50)]
    pairs = ((answer, offer) for answer in steps for offer in steps if offer <= answer)
    return min(pairs, key=lambda pair: cost(tried, sure, *pair))


def report(data: Written) -> str:
    """Returns lines for thresholds.toml with what they cost, from messages left out in turn. Takes a minute or two."""
    tried = list(trials(data))
    weights = sureness(tried)
    by_index = sureness([replace(each, answers=each.plain) for each in tried])
    limits = replace(read_thresholds(), sureness=by_index, learnt=weights)
    sure = [limits.sure(each.answers, each.ask) for each in tried]
    answer, offer = cheapest(tried, sure)
    asked = [each for each in tried if each.entry]
    talk = [p if each.heeded else 0.0 for each, p in zip(tried, sure, strict=True) if not each.wanted]
    beyond = [p for each, p in zip(tried, sure, strict=True) if each.wanted and not each.entry]
    wanted = [p for each, p in zip(tried, sure, strict=True) if each.entry]
    answered = [each for each, p in zip(tried, sure, strict=True) if p >= answer and each.entry and each.heeded]
    lines = [
        f"# {len(asked)} questions: top-1 {_share([each.right for each in asked]):.3f},"
        f" top-3 {_share([each.among for each in asked]):.3f}; {len(answered)} answered,"
        f" {_share([each.right for each in answered]):.3f} of them rightly;"
        f" {_share([p >= answer for p in talk]):.4f} of {len(talk)} other messages get an answer,"
        f" {_share([p >= answer for p in beyond]):.3f} of {len(beyond)} questions without an entry",
        f"# mean cost {cost(tried, sure, answer, offer):.3f}; calibration error"
        f" {ece(sure, [each.right for each in tried]):.3f};"
        f" AUROC against other messages {auroc(wanted, talk):.3f}, against questions without an entry"
        f" {auroc(wanted, beyond):.3f}",
        "[sureness]",
        *(f"{name} = {value}" for name, value in asdict(by_index).items() if value),
        "[learnt]",
        *(f"{name} = {value}" for name, value in asdict(weights).items()),
        "[answers]",
        f"answer = {answer}",
        f"offer = {offer}",
    ]
    return "\n".join(lines)


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / max(1, len(hits))
