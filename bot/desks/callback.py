"""The call-back: what the post at the desk asks the resident, and how its answers reach whoever is on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.desks import card, status
from bot.desks.pictures import words_of
from bot.desks.turn import Turn
from bot.messages import Inbound, Lane, Letter, Said, Words
from bot.outcome import Asking, Draft, Outcome, Scene
from routing.callback import Ask, unanswered, written
from routing.case import Verb
from routing.directory import Directory
from routing.sla import ClockKind

#: How long the bot waits for the answers after the questions were opened.
ANSWER_TIME = timedelta(minutes=30)
#: "2 nobody is hurt": the answer to the second question.
_NUMBERED = re.compile(r"^\s*(\d{1,2})\s*[.、,，:：)）\s]\s*(.+)$")


def ask(turn: Turn) -> None:
    """The desk opens the call: the questions that have no answer yet, numbered. Its next message is the answers."""
    person, case = turn.scene.person, turn.case
    if not card.may(turn, person) or not case.may(Verb.NOTE):
        return
    asks = unanswered(case, turn.steps)
    turn.wait(Draft(turn.now + ANSWER_TIME, case.number, Asking.CALLBACK, choices=tuple(each.value for each in asks)))
    turn.tell(
        Letter(
            turn.staff(person) or turn.thread.at,
            "callback.questions",
            {"number": case.shown, "asks": lines(asks)},
            Lane.REPLY,
            language=turn.thread.resident.language,
            case=case.number,
        )
    )


def lines(asks: Iterable[Ask]) -> Words:
    """The questions, numbered."""
    return tuple(
        Said("callback.question", {"n": number, "ask": Said(f"web.desk.ask.{each}")})
        for number, each in enumerate(asks, start=1)
    )


def answered(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome | None:
    """What the resident said, line by line: numbered lines answer their question, others say more. None without words:
    then the message is about something else."""
    turn = Turn(inbound.cause, scene, directory, now)
    draft, words = turn.thread.draft, words_of(inbound)
    assert draft is not None
    if not words:
        return None
    turn.wait(None)
    if not card.may(turn, scene.person) or not turn.case.may(Verb.NOTE):
        turn.reply("duty.not_yours", {"number": turn.case.shown})
        return turn.outcome("callback.not_theirs")
    write(turn, scene.person, written(_sorted(words, tuple(map(Ask, draft.choices)))))
    turn.reply("callback.thanks", {"number": turn.case.shown})
    return turn.outcome("callback.answered")


def write(turn: Turn, person: str, words: str) -> None:
    """Writes the answers down, as routing/callback.py words them: the resident was called back, and the holder's card
    says at once what they told."""
    if turn.case.may(Verb.CALL):
        turn.step(Verb.CALL, person)
        turn.stop(ClockKind.CALL)
    turn.step(Verb.NOTE, person, words)
    card.told(turn, words, by=person)
    holder = turn.case.holder
    if holder:
        card.show(turn, holder)
    if person != holder and turn.on_thread:  # Pressed on a page: that shows it.
        card.show(turn, person)
    status.show(turn)


def _sorted(words: str, asks: tuple[Ask, ...]) -> dict[Ask, str]:
    told: dict[Ask, list[str]] = {}
    for line in filter(None, (each.strip() for each in words.splitlines())):
        found = _NUMBERED.match(line)
        place = int(found[1]) if found else 0
        if found and 1 <= place <= len(asks):
            told.setdefault(asks[place - 1], []).append(found[2])
        else:
            told.setdefault(Ask.MORE, []).append(line)
    return {ask: "; ".join(lines) for ask, lines in told.items()}
