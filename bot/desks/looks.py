"""Looks: what a family told of somebody who is missing, in one line for those who search. On the card alone."""

from __future__ import annotations

from functools import reduce

from bot.desks.public import words
from bot.desks.sorting import MISSING
from bot.messages import Said, Words
from nlu.normalise import normalise
from nlu.person import Person, person
from routing.case import Case


def looks(case: Case) -> Words:
    """The line; "" where nobody is missing, or nobody was described. It is read from the case's words, which stay."""
    found = person(normalise(case.words)) if case.category == MISSING else None
    return Said("card.looks", {"who": reduce(_and, _pieces(found))}) if found and found.told else ""


def _and(before: Words, piece: Words) -> Words:
    return Said("card.look.and", {"before": before, "piece": piece})


def _pieces(found: Person) -> list[Words]:
    figures: list[Words] = []
    if found.gender:
        figures.append(Said(f"card.look.{found.gender}"))
    if found.age is not None and found.age < 2:
        figures.append(Said("card.look.months", {"n": round(found.age * 12)}))
    elif found.age is not None:
        figures.append(Said("card.look.years", {"n": int(found.age)}))
    if found.height:
        figures.append(Said("card.look.tall", {"n": found.height}))
    if found.weight:
        figures.append(Said("card.look.heavy", {"n": round(found.weight)}))
    if found.glasses is not None:
        figures.append(Said("card.look.glasses" if found.glasses else "card.look.no_glasses"))
    told = (found.build, found.hair, found.hat, found.upper, found.lower, found.shoes, *found.marks)
    said: list[Words] = [words(each) for each in told if each]
    return [*figures, *said]
