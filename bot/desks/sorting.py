"""Which kind of matter a report is, how sure we are, and whether it must be kept out of the group. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nlu.understanding import Emergency, Guess, Intent, Matter, Understanding
from routing.platforms import CATEGORIES, Urgency

#: From this probability on the kind goes by itself (measured: right in some 95 of 100).
SURE = 0.6
#: Private kinds together at this probability: the talk goes on in private before anybody asks which it is.
PERHAPS_PRIVATE = 0.35

#: "I have something to report" says nothing yet; bytes, for a Chinese character says as much as three letters.
_ANNOUNCES = 36

#: A kind so probable is not asked about where it is a report with at least this probability.
_CERTAIN, _PERHAPS = 0.9, 0.3
#: Where there is peril these kinds keep their unit, which is the one to come: for the wire, the lift, the gas, the
#: site, the cover, the old neighbour.
_THEIR_OWN = frozenset(
    {"service.power", "service.manhole", "service.elder", "market.lift", "market.gas", "enforcement.worksite"}
)

OTHER = "service.other"
MISSING = "order.missing"


@dataclass(frozen=True, slots=True)
class Sorting:
    category: str  #: Empty while unsure.
    sure: bool
    choices: tuple[str, ...]  #: Two (other) kinds it may be.
    urgency: Urgency
    private: bool


def sort(heard: Understanding, *, alone: bool = False) -> Sorting:
    """Returns the kind of matter. An emergency decides by itself; words of violence make a family matter urgent.

    `alone`: the talk is private. In a group no private kind is offered on a button: its label would name it.
    """
    if heard.emergency:
        code = _emergency(heard)
        return Sorting(code, True, (), Urgency.NOW, CATEGORIES[code].private)
    guesses = [guess for guess in heard.categories if guess.label in CATEGORIES]
    if not guesses:
        return Sorting("", False, (), Urgency.TODAY, False)
    private = sum(guess.p for guess in guesses if CATEGORIES[guess.label].private)
    best = CATEGORIES[guesses[0].label]
    if best.code == OTHER and guesses[0].p >= SURE and len(heard.text.encode()) <= _ANNOUNCES:
        return Sorting("", False, (), Urgency.TODAY, False)
    sure = guesses[0].p >= SURE and best.code != OTHER
    aside = alone or (best.private if sure else private >= PERHAPS_PRIVATE or heard.violent)
    others = [
        guess.label for guess in guesses if guess.label != OTHER and (aside or not CATEGORIES[guess.label].private)
    ]
    if sure:
        urgency = Urgency.NOW if heard.violent and best.code.startswith("order.") else best.urgency
        return Sorting(best.code, True, tuple(code for code in others if code != best.code)[:2], urgency, best.private)
    choices = tuple(others[:2])
    urgency = Urgency.NOW if any(CATEGORIES[code].urgency is Urgency.NOW for code in choices) else Urgency.TODAY
    return Sorting("", False, choices, urgency, private >= PERHAPS_PRIVATE or heard.violent)


def first(heard: Understanding) -> Matter | None:
    """Of the matters told in one message the one that is taken now: the first; or the private one, which is not to wait
    in a group. None where there is one matter alone, or danger, which goes before everything."""
    if len(heard.matters) < 2 or heard.emergency:
        return None
    aside = (each for each in heard.matters if (kind := CATEGORIES.get(each.category.label)) and kind.private)
    return next(aside, heard.matters[0])


def of_first(heard: Understanding) -> Understanding:
    """The same words as a report of the matter that is taken now. Its kind is sure: it was the other one's words that
    made it look doubtful."""
    taken = first(heard)
    if taken is None:
        return heard
    best = taken.category.label
    p = max([SURE, *(each.p for each in heard.categories if each.label == best)])
    others = tuple(replace(each, p=min(each.p, 1 - p)) for each in heard.categories if each.label != best)
    return replace(heard, categories=(Guess(best, p), *others))


def private(heard: Understanding) -> bool:
    """Whether the words surely speak of a private matter, or of somebody who is missing."""
    if heard.emergency:
        return CATEGORIES[_emergency(heard)].private
    if heard.intent is Intent.MISSING:
        return heard.intent_p >= SURE
    best = heard.category
    if heard.intent is not Intent.REPORT or best is None or best.p < SURE or best.label not in CATEGORIES:
        return False
    return CATEGORIES[best.label].private


def doubtful(heard: Understanding, *, alone: bool = False) -> Sorting:
    """The same for words that hardly sound like a report: the kind is then asked, however likely it would be if they
    were one. Danger is believed all the same; and a kind beyond doubt of what may well be one is not asked."""
    found = sort(heard, alone=alone)
    if heard.emergency or not found.sure or _plain(heard):
        return found
    return Sorting("", False, (found.category, *found.choices)[:2], Urgency.TODAY, found.private)


def _plain(heard: Understanding) -> bool:
    matter = sum(each.p for each in heard.intents if each.label in (Intent.REPORT, Intent.MISSING))
    return matter >= _PERHAPS and heard.category is not None and heard.category.p >= _CERTAIN


def chosen(code: str, violent: bool = False) -> Sorting:
    """The kind that the reporter pressed."""
    category = CATEGORIES[code]
    urgency = Urgency.NOW if violent and code.startswith("order.") else category.urgency
    return Sorting(code, True, (), urgency, category.private)


def _emergency(heard: Understanding) -> str:
    match heard.emergency:
        case Emergency.FIRE:
            return "enforcement.fire"
        case Emergency.GAS:
            return "market.gas"
        case Emergency.VIOLENCE:
            top = heard.category
            return top.label if top and top.label in ("order.family", "order.neighbour") else "order.fight"
        case Emergency.TRAPPED:
            lift = any(word in heard.text for word in ("电梯", "lift", "elevator"))
            return "market.lift" if lift else "service.urgent_help"
        case Emergency.DESPAIR:
            return "service.elder"  # Private: help for people in need, never before the neighbours.
        case Emergency.PERIL:
            top = heard.category
            return top.label if top and top.p >= SURE and top.label in _THEIR_OWN else "service.urgent_help"
        case _:
            return "service.urgent_help"
