"""A button was pressed: who may press it, and what it does. Its answer is a letter; a stranger's press is nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.desks import closing, duty, faq, groups, human, mine, report, status
from bot.desks.turn import Turn
from bot.messages import Inbound, Kind
from bot.outcome import Asking, Outcome, Scene
from nlu.understanding import Understanding
from routing.case import IllegalMove
from routing.directory import Directory

#: Only the reporter may press these: "verb:number" or "verb:number:argument".
REPORTER: dict[str, Callable[[Turn, str], None]] = {
    "kind": report.choose_kind,
    "place": report.choose_place,
    "rekind": lambda turn, _: report.ask_kind_again(turn),
    "replace": lambda turn, _: report.ask_place_again(turn),
    "withdraw": lambda turn, _: report.withdraw(turn),
    "solved": lambda turn, _: closing.solved(turn),
    "unsolved": lambda turn, _: closing.unsolved(turn),
    "human": lambda turn, _: human.call_desk(turn),
}
#: Only staff may press these; which of them, the desk checks.
STAFF: dict[str, Callable[[Turn], None]] = {
    **{verb: (lambda turn, verb=verb: duty.press(turn, verb)) for verb in (*duty.VERBS, "finish")},  # type: ignore[misc]
    "done": duty.finish_without_words,
    "take": human.take,
    "giveback": human.give_back,
}


def subject(data: str) -> str:
    """The case number that a button carries, or ""."""
    verb, _, rest = data.partition(":")
    number = rest.partition(":")[0]
    return number if verb in REPORTER or verb in STAFF or verb == "case" else ""


def pressed(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """Returns what the press changes."""
    assert inbound.press is not None
    turn = Turn(inbound.cause, scene, directory, now)
    verb, _, rest = inbound.press.data.partition(":")
    number, _, argument = rest.partition(":")
    match verb:
        case "mycases":
            mine.cases(turn, inbound)
        case "case":
            mine.case(turn)
        case "hears":
            groups.switch(turn, inbound, number)
        case "helped":
            faq.helped(turn)
        case "faq":
            if number in scene.faq:
                faq.answer(turn, replace(inbound, message_id=""), scene.faq[number])
        case "offer":
            return _offer(inbound, heard, scene, directory, now, yes=number == "yes", thread=argument)
        case "human" if not number or number == "faq":
            title = scene.faq[argument].title if argument in scene.faq else ""
            said = replace(inbound, text=title, kind=Kind.MESSAGE, message_id="")
            return human.hand_over(said, heard, scene, directory, now, missed=title)
        case _ if scene.case is None:
            pass
        case _:
            _on_case(turn, verb, argument)
    return turn.outcome(f"press.{verb}"[:40])


def _on_case(turn: Turn, verb: str, argument: str) -> None:
    case, thread = turn.case, turn.thread
    try:
        if verb in STAFF and turn.scene.person:
            STAFF[verb](turn)
        elif verb in REPORTER and case.reporter == thread.resident.id:
            REPORTER[verb](turn, argument)
    except IllegalMove:
        # Somebody was quicker, or the button is old: nothing changed, and the card or the message says how it stands.
        if turn.scene.person and verb in STAFF:
            duty.again(turn)
        else:
            status.show(turn, fresh=True)


def _offer(
    inbound: Inbound,
    heard: Understanding,
    scene: Scene,
    directory: Directory,
    now: datetime,
    *,
    yes: bool,
    thread: str,
) -> Outcome:
    """ "Shall I report it for you?": only the one who was asked may answer. On no, nothing of it is kept."""
    turn = Turn(inbound.cause, scene, directory, now)
    mine_ = turn.thread
    draft = mine_.draft
    if mine_.id != thread or draft is None or draft.asking is not Asking.OFFER or draft.until < now:
        return turn.outcome("offer.not_theirs")
    if not yes:
        turn.wait(None)
        turn.reply("groups.offer_declined", slot=f"offer:{mine_.id}")
        return turn.outcome("offer.no")
    said = replace(
        inbound, kind=Kind.MESSAGE, text=draft.text, media=draft.media, message_id=draft.message_id, press=None
    )
    return report.open_case(said, heard, scene, directory, now)
