"""A button was pressed: who may press it, and what it does. Its answer is a letter; a stranger's press is nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.desks import (
    belongs,
    callback,
    card,
    closing,
    duty,
    family,
    faq,
    groups,
    human,
    mall,
    mine,
    mydata,
    points,
    question,
    report,
    same,
    status,
)
from bot.desks.missing.presses import ALERTS, alert_in
from bot.desks.turn import Turn
from bot.messages import Inbound, Kind
from bot.outcome import Asking, Outcome, Scene
from nlu.understanding import Intent, Stance, Understanding
from routing.case import IllegalMove
from routing.directory import Directory

#: Only the reporter may press these: "verb:number" or "verb:number:argument".
REPORTER: dict[str, Callable[[Turn, str], None]] = {
    "kind": question.choose_kind,
    "place": question.choose_place,
    "rekind": lambda turn, _: question.ask_kind_again(turn),
    "replace": lambda turn, _: question.ask_place_again(turn),
    "withdraw": lambda turn, _: report.withdraw(turn),
    "solved": lambda turn, _: closing.solved(turn),
    "unsolved": lambda turn, _: closing.unsolved(turn),
    "human": lambda turn, _: human.call_desk(turn),
    "same": lambda turn, _: same.said_yes(turn),
    "apart": lambda turn, _: same.said_no(turn),
    "belongs": lambda turn, _: belongs.joined(turn),
    "another": lambda turn, _: belongs.settle(turn),
}
#: Only staff may press these; which of them, the desk checks.
STAFF: dict[str, Callable[[Turn, str], None]] = {
    **{verb: (lambda turn, _, verb=verb: duty.press(turn, verb)) for verb in (*duty.VERBS, "finish")},  # type: ignore[misc]
    "done": lambda turn, _: duty.finish_without_words(turn),
    "callback": lambda turn, _: callback.ask(turn),
    "take": lambda turn, _: human.take(turn),
    "giveback": lambda turn, _: human.give_back(turn),
    "join": same.pressed_join,
    "split": lambda turn, _: same.pressed_split(turn),
}


def subject(data: str) -> str:
    """The number of the case, or of the alert, that a button carries, or ""."""
    if alert := alert_in(data):
        return alert
    verb, _, rest = data.partition(":")
    number = rest.partition(":")[0]
    known = verb in REPORTER or verb in STAFF or verb == "case"
    return number if known and len(number) == 8 and number.isascii() and number.isdigit() else ""


def beside(data: str) -> str:
    """The number of the other case that a button carries behind its own, or ""."""
    verb, _, rest = data.partition(":")
    number = rest.partition(":")[2]
    return number if verb == "join" and len(number) == 8 and number.isascii() and number.isdigit() else ""


def pressed(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """Returns what the press changes."""
    assert inbound.press is not None
    turn = Turn(inbound.cause, scene, directory, now)
    verb, _, rest = inbound.press.data.partition(":")
    number, _, argument = rest.partition(":")
    match verb:
        case _ if verb in ALERTS:
            return ALERTS[verb](inbound, scene, directory, now)
        case "mycases":
            mine.cases(turn, inbound)
        case "case":
            mine.case(turn)
        case "points":
            points.show(turn, inbound)
        case "family":
            family.pressed(turn, number, argument)
        case "mydata":
            mydata.pressed(turn, inbound, number, argument)
        case "mall":
            mall.shelf(turn, inbound, number)
        case "goods":
            mall.look(turn, number)
        case "redeem":
            mall.redeem(turn, number, argument)
        case "order":
            mall.code(turn, number)
        case "unorder":
            mall.unorder(turn, number)
        case "hears":
            groups.switch(turn, inbound, number)
        case "helped":
            if faq.theirs(turn, argument):
                faq.helped(turn, number)
        case "faq":
            if number in scene.faq and faq.theirs(turn, argument):
                faq.chosen(turn, inbound, scene.faq[number])
        case "offer":
            return _offer(inbound, heard, scene, directory, now, yes=number == "yes", thread=argument)
        case "human" if not number or number == "faq":
            entry, _, asker = argument.partition(":")
            if not faq.theirs(turn, asker):
                return turn.outcome("press.not_theirs")
            title = scene.faq[entry].title if entry in scene.faq else ""
            said = replace(inbound, text=title, kind=Kind.MESSAGE, message_id="")
            return human.hand_over(said, heard, scene, directory, now, missed=title)
        case _ if scene.case is None or (verb not in STAFF and verb not in REPORTER):
            return turn.outcome("press.nothing")
        case _:
            _on_case(turn, verb, argument)
    return turn.outcome(f"press.{verb}")


def _on_case(turn: Turn, verb: str, argument: str) -> None:
    case, thread = turn.case, turn.thread
    try:
        if verb in STAFF:
            if turn.scene.person and thread.private:  # Cards stand in private talks only.
                STAFF[verb](turn, argument)
        elif verb in REPORTER and case.reporter == thread.resident.id:
            REPORTER[verb](turn, argument)
    except IllegalMove:
        # Somebody was quicker, or the button is old: nothing changed, and the card or the message says how it stands.
        if verb in REPORTER:
            status.show(turn)
        elif card.may(turn, turn.scene.person) or turn.scene.person in case.asked:
            card.show(turn, turn.scene.person)


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
    turn.wait(None)
    if not yes:
        turn.reply("groups.offer_declined", slot=groups.offer_slot(draft))
        return turn.outcome("offer.no")
    said = replace(
        inbound, kind=Kind.MESSAGE, text=draft.text, media=draft.media, message_id=draft.message_id, press=None
    )
    entries = faq.entries_of(turn, heard)
    if entries and heard.stance is Stance.ANSWER and heard.intent is not Intent.REPORT and not heard.emergency:
        turn.reply("groups.offer_taken", slot=groups.offer_slot(draft))
        faq.answer(turn, said, entries[0])
        return turn.outcome("offer.answered")
    opened = report.open_case(said, heard, scene, directory, now)
    turn.reply("groups.offer_taken", slot=groups.offer_slot(draft))
    taken = turn.outcome("offer.yes").letters
    return replace(opened, letters=(*taken, *opened.letters))
