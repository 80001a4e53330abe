"""The person responsible: accept, pass on, called back, arrived, done with words and a photo."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.desks import card, status
from bot.desks.closing import ask_whether_solved
from bot.desks.dispatching import dispatch
from bot.desks.report import photos_of, words_of
from bot.desks.turn import Turn
from bot.messages import Button, Inbound, Lane, Letter
from bot.outcome import Asking, Draft, Outcome, Scene
from routing.case import Case, IllegalMove, State, Verb
from routing.directory import Directory, Role
from routing.sla import ClockKind

#: How long the bot waits for the words and the photo after "done" was pressed.
RESULT_TIME = timedelta(minutes=30)

VERBS = {"accept": Verb.ACCEPT, "pass": Verb.PASS_ON, "called": Verb.CALL, "arrived": Verb.ARRIVE}


def press(turn: Turn, verb: str) -> None:
    """A button on a card. Raises IllegalMove when somebody was quicker; then the card shows how it stands."""
    case, person = turn.case, turn.scene.person
    if not may(turn, case, person):
        turn.reply("duty.not_yours", {"number": case.shown})
        return
    if verb == "finish":
        _ask_for_result(turn)
        return
    step = VERBS[verb]
    if step is Verb.CALL and not turn.clocks[ClockKind.CALL].running:
        card.show(turn, person)
        return
    turn.step(step, person)
    match step:
        case Verb.ACCEPT:
            turn.stop(ClockKind.DISPATCH, ClockKind.PLACE)
            if turn.scene.case and turn.scene.case.holder not in ("", person):
                card.lay_aside(turn, turn.scene.case.holder)
        case Verb.CALL:
            turn.stop(ClockKind.CALL)
        case Verb.ARRIVE:
            turn.stop(ClockKind.CALL, ClockKind.ARRIVE)
        case Verb.PASS_ON:
            card.lay_aside(turn, person)
            dispatch(turn, head="card.head.passed_on")
            status.show(turn)
            return
    card.show(turn, person)
    status.show(turn)


def may(turn: Turn, case: Case, person: str) -> bool:
    """Whether this person may act on the case: who holds it, and the desk."""
    if not person:
        return False
    if person == case.holder:
        return True
    who = turn.directory.person(person)
    return who is not None and who.role is Role.DESK


def result(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """What was done, in the finisher's words and pictures."""
    turn = Turn(inbound.cause, scene, directory, now)
    case = turn.case
    words, (ready, orders) = words_of(inbound), photos_of(inbound, scene)
    turn.keep(*(replace(order, case=case.number, result=True) for order in orders))
    if case.state is State.DONE and (ready or orders):
        # A picture that follows the words.
        turn.known(result_photos=(*case.result_photos, *ready))
        if ready:
            status.whisper(turn, "case.result_photo", photos=ready)
        turn.reply("duty.photo_added", {"number": case.shown})
        return turn.outcome("duty.result_photo")
    if not words and not ready and not orders:
        turn.reply("duty.ask_result", {"number": case.shown})
        return turn.outcome("duty.ask_result")
    try:
        finish(turn, scene.person, words, ready)
    except IllegalMove:
        turn.reply("duty.already", {"number": case.shown})
        turn.wait(None)
        return turn.outcome("duty.already")
    turn.wait(Draft(now + RESULT_TIME, case.number, Asking.RESULT))
    turn.reply("duty.thanks", {"number": case.shown})
    return turn.outcome("duty.finished")


def finish(turn: Turn, person: str, words: str, photos: tuple[str, ...] = ()) -> None:
    """Done: every promise stops, the reporter is asked whether it is solved."""
    turn.step(Verb.FINISH, person, words, photos)
    turn.stop(ClockKind.DISPATCH, ClockKind.CALL, ClockKind.ARRIVE, ClockKind.DONE, ClockKind.PLACE)
    card.show(turn, person)
    ask_whether_solved(turn)


def finish_without_words(turn: Turn) -> None:
    """ "Nothing to add": done all the same."""
    case = turn.case
    if not may(turn, case, turn.scene.person):
        turn.reply("duty.not_yours", {"number": case.shown})
        return
    finish(turn, turn.scene.person, "")
    turn.wait(Draft(turn.now + RESULT_TIME, case.number, Asking.RESULT))
    turn.reply("duty.thanks", {"number": case.shown})


def write_to_reporter(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A card was replied to with words: they go to the resident, and count as having called back."""
    turn = Turn(inbound.cause, scene, directory, now)
    case = turn.case
    if not may(turn, case, scene.person) or not case.may(Verb.CALL) or not inbound.text.strip():
        turn.reply("duty.not_yours", {"number": case.shown})
        return turn.outcome("duty.not_yours")
    ready, orders = photos_of(inbound, scene)
    turn.keep(*(replace(order, case=case.number, result=True) for order in orders))
    turn.step(Verb.CALL, scene.person, inbound.text.strip(), ready)
    turn.stop(ClockKind.CALL)
    thread = turn.reporter
    public = thread is not None and not thread.private and not case.private
    words = status.public_words(inbound.text.strip()) if public else inbound.text.strip()
    status.whisper(turn, "case.word", params={"words": words}, photos=ready)
    card.show(turn, case.holder or scene.person)
    turn.reply("duty.told", {"number": case.shown})
    return turn.outcome("duty.wrote")


def again(turn: Turn) -> None:
    """The card once more (/case 3816 4275), for whom the buttons of the old one are out of reach."""
    case, person = turn.case, turn.scene.person
    if may(turn, case, person) or person in case.asked:
        card.show(turn, person, fresh=True, lane=Lane.REPLY)
    else:
        turn.reply("duty.not_yours", {"number": case.shown})


def _ask_for_result(turn: Turn) -> None:
    case, thread = turn.case, turn.thread
    if not case.may(Verb.FINISH):
        card.show(turn, turn.scene.person)
        return
    to = turn.staff(turn.scene.person) or thread.at
    turn.wait(Draft(turn.now + RESULT_TIME, case.number, Asking.RESULT))
    turn.tell(
        Letter(
            to,
            "duty.ask_result",
            {"number": case.shown},
            Lane.REPLY,
            buttons=((Button("button.no_words", f"done:{case.number}"),),),
            language=thread.resident.language,
            case=case.number,
        )
    )
