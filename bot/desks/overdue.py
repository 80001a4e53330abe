"""What each clock does when it goes off: remind, the next person, up the chain, the street's desk."""

from __future__ import annotations

from datetime import datetime

from bot.desks import card, status
from bot.desks.closing import lapsed
from bot.desks.dispatching import dispatch, inform
from bot.desks.report import unheard
from bot.desks.turn import Turn
from bot.outcome import Outcome, Scene
from routing.case import State, Verb
from routing.directory import Directory
from routing.sla import Clock, ClockKind


def due(clock: Clock, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """One tick of one clock. The same tick twice is one cause; a clock that was stopped meanwhile says nothing."""
    turn = Turn(f"tick:{clock.subject}:{clock.kind}:{clock.version}", scene, directory, now)
    current = turn.clocks.get(clock.kind)
    if not turn.on_case or current is None or not current.running or current.due_at > now:
        return turn.outcome("overdue.stopped")
    if not turn.case.open:
        turn.stop(clock.kind)
        return turn.outcome("overdue.closed")
    match clock.kind:
        case ClockKind.PLACE:
            unheard(turn)
        case ClockKind.ANSWER:
            lapsed(turn)
        case ClockKind.SIGN:
            _unsigned(turn, current)
        case ClockKind.DISPATCH:
            _undispatched(turn, current)
        case _:
            _unkept(turn, current)
    return turn.outcome(f"overdue.{clock.kind}")


def _unsigned(turn: Turn, clock: Clock) -> None:
    """The case number has not reached the resident. Only a person can help: the desk hears it, again and again."""
    turn.clocks[clock.kind] = clock.rang(turn.now)
    _tell_desk(turn, "overdue.unsigned")


def _undispatched(turn: Turn, clock: Clock) -> None:
    """No card is with anybody on duty: the next on the ladder, in the end the desk."""
    turn.clocks[clock.kind] = clock.rang(turn.now)
    case = turn.case
    if case.state in (State.RECEIVED, State.DISPATCHED):
        dispatch(turn, head="card.head.overdue")
    _tell_desk(turn, "overdue.undispatched")


def _unkept(turn: Turn, clock: Clock) -> None:
    """Nobody called, came or finished. Rung 0: the holder is reminded, and the desk sees it. Rung 1: whoever has not
    accepted loses it to the next; who has, is asked by the community. From rung 2 on: up the chain, to the desk."""
    case = turn.case
    turn.clocks[clock.kind] = clock.rang(turn.now)
    if not case.holder:
        dispatch(turn, head="card.head.overdue")
        return
    if clock.rung == 0:
        turn.step(Verb.ESCALATE, "clock", to=case.holder)
        card.show(turn, case.holder, head=f"card.head.remind_{clock.kind}", fresh=True)
        _tell_desk(turn, f"overdue.{clock.kind}")
        status.show(turn)
        return
    if case.state in (State.RECEIVED, State.DISPATCHED):
        dispatch(turn, head="card.head.overdue")
        status.show(turn)
        return
    above = _superior(turn, clock.rung)
    if above:
        turn.step(Verb.ESCALATE, "clock", to=above)
        inform(turn, above, f"overdue.{clock.kind}")
    card.show(turn, case.holder, head=f"card.head.remind_{clock.kind}", fresh=True)


def _superior(turn: Turn, rung: int) -> str:
    """The rung-th person above the holder on the ladder who can be written to; past its end the last one."""
    case = turn.case
    ladder = [each.person.id for each in turn.directory.ladder(case.grid or None, turn.now)]
    higher = ladder[ladder.index(case.holder) + 1 :] if case.holder in ladder else ladder
    levels: dict[str, str] = {}
    by_id = {each.person.id: each for each in turn.directory.ladder(case.grid or None, turn.now)}
    for person in higher:
        if turn.staff(person) and by_id[person].level != (by_id[case.holder].level if case.holder in by_id else ""):
            levels.setdefault(by_id[person].level, person)
    people = list(levels.values())
    return people[min(rung, len(people)) - 1] if people else ""


def _tell_desk(turn: Turn, key: str) -> None:
    case = turn.case
    for person in turn.directory.desk_of(case.grid or None):
        if person.id != case.holder and turn.staff(person.id) and turn.directory.on_duty(person.id, turn.now):
            inform(turn, person.id, key)
