"""The person responsible: accept, pass on, called back, arrived, done with words and a photo."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.desks import card, public, status
from bot.desks.closing import ask_whether_solved
from bot.desks.dispatching import accepted, dispatch, show_helpers
from bot.desks.pictures import photos_of, words_of
from bot.desks.turn import Turn
from bot.messages import Button, Inbound, Lane, Letter
from bot.outcome import Asking, Draft, Outcome, Scene
from routing.case import IllegalMove, State, Verb
from routing.directory import Directory
from routing.sla import ClockKind

#: How long the bot waits for the words and the photo after "done" was pressed.
RESULT_TIME = timedelta(minutes=30)
#: A person at the desk who has taken a talk over speaks with that resident until the talk is given back, or so long.
TALK_TIME = timedelta(hours=12)
#: A person's words to a resident; a message of a chat app holds 4,096 characters.
_MOST_WORDS = 2000

VERBS = {"accept": Verb.ACCEPT, "pass": Verb.PASS_ON, "called": Verb.CALL, "arrived": Verb.ARRIVE}


def press(turn: Turn, verb: str) -> None:
    """A button on a card. Raises IllegalMove when somebody was quicker; then the card shows how it stands."""
    person = turn.scene.person
    if not card.may(turn, person):
        not_yours(turn)
        return
    if verb == "finish":
        _ask_for_result(turn)
        return
    step, before = VERBS[verb], turn.case.holder
    call = turn.clocks.get(ClockKind.CALL)
    if step is Verb.CALL and (call is None or not call.running):
        card.show(turn, person)
        return
    turn.step(step, person)
    match step:
        case Verb.ACCEPT:
            accepted(turn)
            if before not in ("", person):
                card.lay_aside(turn, before)
        case Verb.CALL:
            turn.stop(ClockKind.CALL)
        case Verb.ARRIVE:
            turn.stop(ClockKind.CALL, ClockKind.ARRIVE)
        case Verb.PASS_ON:
            card.lay_aside(turn, before or person)
            dispatch(turn, head="card.head.passed_on")
            status.show(turn)
            return
    card.show(turn, turn.case.holder or person)
    if turn.case.holder not in ("", person):
        card.show(turn, person)  # The desk did it for the holder: both cards say so.
    show_helpers(turn)
    status.show(turn)


def result(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome | None:
    """What was done, in the finisher's words and pictures. None when the message is about something else after all."""
    turn = Turn(inbound.cause, scene, directory, now)
    case = turn.case
    words, (ready, orders) = words_of(inbound), photos_of(inbound, scene)
    orders = tuple(replace(order, case=case.number, result=True) for order in orders)
    if case.state is State.DONE and scene.person == _finisher(turn):
        if not ready and not orders:
            return None
        turn.keep(*orders)
        turn.known(result_photos=(*case.result_photos, *ready))
        if ready:
            status.whisper(turn, "case.result_photo", photos=ready)
        turn.reply("duty.photo_added", {"number": case.shown})
        return turn.outcome("duty.result_photo")
    if not case.may(Verb.FINISH) or not card.may(turn, scene.person):
        turn.wait(None)
        turn.reply("duty.already" if case.state in (State.DONE, State.CLOSED) else "duty.not_yours", _number(turn))
        return turn.outcome("duty.too_late")
    if not words and not ready and not orders:
        turn.reply("duty.ask_result", _number(turn))
        return turn.outcome("duty.ask_result")
    turn.keep(*orders)
    finish(turn, scene.person, words, ready)
    return turn.outcome("duty.finished")


def finish(turn: Turn, person: str, words: str, photos: tuple[str, ...] = ()) -> None:
    """Done: every promise stops, the reporter is asked whether it is solved, and the bot answers them again."""
    holder = turn.case.holder
    turn.step(Verb.FINISH, person, words, photos)
    turn.stop(*turn.clocks)
    if turn.reporter is not None and turn.reporter.handed_to:
        turn.hand("", "")
    card.show(turn, holder or person)
    show_helpers(turn)
    ask_whether_solved(turn)
    if turn.on_thread:
        turn.wait(Draft(turn.now + RESULT_TIME, turn.case.number, Asking.RESULT))
        turn.reply("duty.thanks", _number(turn))


def finish_without_words(turn: Turn) -> None:
    """ "Nothing to add": done all the same. Raises IllegalMove when it was done before."""
    if not card.may(turn, turn.scene.person):
        not_yours(turn)
        return
    if not turn.case.may(Verb.FINISH):
        raise IllegalMove(f"finish in {turn.case.state}")
    finish(turn, turn.scene.person, "")


def write_to_reporter(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A card was replied to with words: they go to the resident, and count as having called back."""
    turn = Turn(inbound.cause, scene, directory, now)
    case = turn.case
    words, (ready, orders) = inbound.text.strip(), photos_of(inbound, scene)
    if not card.may(turn, scene.person):
        not_yours(turn)
        return turn.outcome("duty.not_yours")
    if not case.may(Verb.CALL) or not (words or ready or orders):
        turn.reply("duty.cannot_tell", _number(turn))
        return turn.outcome("duty.cannot_tell")
    turn.keep(*(replace(order, case=case.number, result=True) for order in orders))
    turn.step(Verb.CALL, scene.person, words, ready)
    turn.stop(ClockKind.CALL)
    thread = turn.reporter
    open_talk = thread is not None and not thread.private and not case.private
    heard = bool(words or ready) and thread is not None and (thread.private or open_talk or thread.resident.private)
    if words or ready:
        shown = public.words(words) if open_talk else words
        status.whisper(turn, "case.word", params={"words": public.short(shown, _MOST_WORDS)}, photos=ready)
    if case.holder:
        card.show(turn, case.holder)
    status.show(turn)
    turn.reply("duty.told" if heard or orders else "duty.not_told", _number(turn))
    if thread is not None and thread.handed_to == scene.person:
        turn.wait(Draft(now + TALK_TIME, case.number))
    return turn.outcome("duty.wrote")


def again(turn: Turn) -> None:
    """The card once more (/case 3816 4275), for whom the buttons of the old one are out of reach."""
    person = turn.scene.person
    if card.may(turn, person) or person in turn.case.asked:
        card.show(turn, person, fresh=True, lane=Lane.REPLY)
        if not turn.thread.private:
            turn.reply("mine.written")
    else:
        not_yours(turn)


def not_yours(turn: Turn) -> None:
    """Who may not act on a case hears so alone; in a group nothing is said of it."""
    if turn.on_thread and turn.thread.private:
        turn.reply("duty.not_yours", _number(turn))


def _number(turn: Turn) -> dict[str, str]:
    return {"number": turn.case.shown}


def _finisher(turn: Turn) -> str:
    return next((step.by for step in reversed(turn.scene.steps) if step.verb is Verb.FINISH), "")


def _ask_for_result(turn: Turn) -> None:
    case, thread = turn.case, turn.thread
    if not case.may(Verb.FINISH):
        card.show(turn, turn.scene.person)
        return
    turn.wait(Draft(turn.now + RESULT_TIME, case.number, Asking.RESULT))
    turn.tell(
        Letter(
            turn.staff(turn.scene.person) or thread.at,
            "duty.ask_result",
            _number(turn),
            Lane.REPLY,
            buttons=((Button("button.no_words", f"done:{case.number}"),),),
            language=thread.resident.language,
            case=case.number,
        )
    )
