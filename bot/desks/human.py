"""Hand-over to a person: the bot falls silent in that talk until the person gives it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desks import card, status
from bot.desks.closing import ask_whether_solved
from bot.desks.report import open_case, photos_of, words_of
from bot.desks.sorting import OTHER, chosen
from bot.desks.turn import Turn
from bot.messages import Button, Inbound, Lane, Letter
from bot.outcome import Outcome, Scene
from nlu.understanding import Understanding
from routing.case import IllegalMove, Verb
from routing.directory import Directory
from routing.sla import ClockKind


def hand_over(
    inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime, *, missed: str = ""
) -> Outcome:
    """What is for a person becomes a case at the desk; whoever takes it over there silences the bot."""
    return open_case(inbound, heard, scene, directory, now, sorting=chosen(OTHER), missed=missed)


def call_desk(turn: Turn) -> None:
    """ "To a person" on an open case: somebody at the desk on duty gets it shown and may take the talk over."""
    case = turn.case
    called = False
    for person in turn.directory.desk_of(case.grid or None):
        to = turn.staff(person.id)
        if to is None or not turn.directory.on_duty(person.id, turn.now):
            continue
        called = True
        turn.tell(
            Letter(
                to,
                "human.wanted",
                {"number": case.shown, "kind": status.kind_of(case), "words": case.words[:400]},
                Lane.DUTY,
                slot=f"c{case.number}:wanted:{person.id}",
                buttons=((Button("button.take_over", f"take:{case.number}"),),),
                case=case.number,
            )
        )
    turn.reply("human.called" if called else "human.nobody")


def take(turn: Turn) -> None:
    """Somebody at the desk takes the talk over. The first one has it."""
    case, reporter, person = turn.case, turn.reporter, turn.scene.person
    who = turn.directory.person(person or None)
    if who is None or reporter is None:
        turn.reply("duty.not_yours", {"number": case.shown})
        return
    if reporter.handed_to not in ("", "desk", person):
        other = turn.directory.person(reporter.handed_to)
        turn.reply("human.taken", {"number": case.shown, "who": other.name if other else ""})
        return
    turn.hand(person, case.number)
    if case.may(Verb.ACCEPT):
        turn.step(Verb.ACCEPT, person)
        turn.stop(ClockKind.DISPATCH, ClockKind.PLACE)
    turn.reply(
        "human.yours",
        {"number": case.shown},
        buttons=((Button("button.give_back", f"giveback:{case.number}"),),),
        slot=f"c{case.number}:wanted:{person}",
    )
    status.whisper(turn, "human.here", fresh=True)


def relay(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """The resident goes on talking: it goes to the person who has the talk, or to the case while nobody has."""
    turn = Turn(inbound.cause, scene, directory, now)
    thread = turn.thread
    if not turn.on_case:
        turn.talk(handed_to="", handed_case="")
        return turn.outcome("human.lost")
    words, (ready, orders) = words_of(inbound), photos_of(inbound, scene)
    turn.keep(*(replace(order, case=turn.case.number) for order in orders))
    try:
        turn.step(Verb.DETAIL, thread.resident.id, words, ready)
    except IllegalMove:
        turn.talk(handed_to="", handed_case="")
        return turn.outcome("human.over")
    card.more(turn, thread.handed_to, words, ready)
    return turn.outcome("human.relayed")


def give_back(turn: Turn) -> None:
    """The person is through: the bot answers again, and the resident is asked whether it is settled."""
    case, reporter, person = turn.case, turn.reporter, turn.scene.person
    if reporter is None or reporter.handed_to != person:
        turn.reply("duty.not_yours", {"number": case.shown})
        return
    turn.hand("", "")
    turn.reply("human.given_back", {"number": case.shown}, slot=f"c{case.number}:wanted:{person}")
    if case.category == OTHER and case.may(Verb.FINISH):
        turn.step(Verb.FINISH, person)
        turn.stop(ClockKind.CALL, ClockKind.ARRIVE, ClockKind.DONE)
        ask_whether_solved(turn)
    else:
        status.whisper(turn, "human.bot_again")
