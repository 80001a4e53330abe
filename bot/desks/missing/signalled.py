"""A system reports a missing person: beside the case stands a draft of an alert, which a person has to make theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desks.missing import words
from bot.desks.missing.check import MOST_LINE, MOST_WORDS
from bot.desks.missing.sheet import Sheet
from bot.outcome import Outcome, Scene
from nlu.masks import mask
from routing.alert import LONGEST, Alert, Content, Kind, Missing, State, drawn
from routing.case import Case
from routing.directory import Directory

AUTHOR = "systems:"  #: How an author begins that is no person: their draft has nobody's word yet.


def draft(case: Case, system: str, scene: Scene, directory: Directory, now: datetime) -> Outcome | None:
    """The draft with what the system said, and a line to the desk. None where it is not known in which grid to look."""
    if not case.grid:
        return None
    sheet = Sheet("", replace(scene, alert=None, clocks=()), directory, now)
    place = mask(case.place)[:MOST_LINE]
    said = mask(case.words)[: MOST_WORDS - len(place)]
    content = Content(words=said, missing=Missing(place=place, location=case.location, seen_at=None))
    life = min(LONGEST, scene.standing.pace.life)
    alert = Alert(
        drawn(_other(case.number)), Kind.MISSING, State.DRAFT, case.grid, AUTHOR + system, now, content,
        case=case.number, life=life,
    )  # fmt: skip
    sheet.begin(alert)
    for person in directory.desk_of(case.grid):
        sheet.tell(*words.line(scene, alert, person.id, "alerts.signalled"))
    return sheet.outcome("missing.signalled")


def _other(number: str) -> str:
    """Another number than the case's, drawn with it: if somebody has it, both are drawn anew."""
    return "".join(str(10 - int(digit)) for digit in number)
