"""Tune: how sure we may be of danger, from messages left out of training in turn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from nlu.alarm import CALM as NO_DANGER
from nlu.alarm import alarm
from nlu.danger import aside, emergency
from nlu.linear import features
from nlu.normalise import normalise
from nlu.train import alarming, alarms, fit
from nlu.understanding import Intent
from nlu.written import CALM, DANGER, Example, Written

FOLDS = 4
#: Of talk that nobody wrote to sound like danger, so much may be taken for it: a false alarm costs a sentence.
FALSE = 0.005


@dataclass(frozen=True, slots=True)
class Trial:
    """One left-out message, what it tells of, and what was found."""

    example: Example
    danger: bool
    p: float  #: Of any danger.
    heard: bool  #: By the patterns.


def trials(data: Written) -> list[Trial]:
    """Returns every message that dangers are learnt from with what a system that never saw it makes of it."""
    lessons, dealt, fold_of = alarms(data), Counter[str](), []
    for each, _ in lessons:
        fold_of.append(dealt[each.label] % FOLDS)
        dealt[each.label] += 1
    found = []
    for fold in range(FOLDS):
        inside = [(each.text, label) for (each, label), its in zip(lessons, fold_of, strict=True) if its != fold]
        linear = fit(inside, counted=alarming)
        for (each, label), its in zip(lessons, fold_of, strict=True):
            if its == fold:
                said = normalise(each.text)
                p = 0.0 if aside(said) else alarm(linear, features(said), said)[1]
                found.append(Trial(each, label != NO_DANGER, p, emergency(said) is not None))
    return found


def report(data: Written) -> str:
    """Returns lines for thresholds.toml with what they do to messages left out in turn. Takes a minute or two."""
    tried = trials(data)
    talk = [each.p for each in tried if each.example.label == Intent.CHAT]
    limit = float(np.quantile(talk, 1 - FALSE))
    lines = [f"# of {len(tried)} messages left out in turn, by the patterns alone / with what was learnt:"]
    for kind in (DANGER, CALM, "report", "chat", "faq", "elsewhere"):
        some = [each for each in tried if each.example.kind == kind and (kind != "report" or not each.danger)]
        if some:
            before = np.mean([each.heard for each in some])
            after = np.mean([each.heard or each.p >= limit for each in some])
            lines.append(f"# {kind}: {before:.3f} / {after:.3f} of {len(some)} taken for danger")
    return "\n".join((*lines, "[alarm]", f"heard = {limit:.2f}"))
