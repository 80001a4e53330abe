"""What each clock does when it goes off: remind, the next person, up the chain, the street's desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desks import card, status
from bot.desks.closing import lapsed
from bot.desks.dispatching import dispatch, inform, inform_desk, next_route
from bot.desks.missing import ticks
from bot.desks.report import unheard
from bot.desks.turn import Turn
from bot.outcome import Outcome, Scene
from routing.case import State, Verb
from routing.directory import Directory
from routing.route import superior
from routing.sla import PROMISED, Clock, ClockKind


def due(clock: Clock, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """One tick of one clock. The same tick twice is one cause; a clock that was stopped meanwhile says nothing."""
    if clock.kind in ticks.KINDS:
        return ticks.due(clock, scene, directory, now)
    turn = Turn(f"tick:{clock.subject}:{clock.kind}:{clock.version}", scene, directory, now)
    current = turn.clocks.get(clock.kind)
    if not turn.on_case or current is None or not current.running or current.due_at > now:
        return turn.outcome("overdue.stopped")
    if not turn.case.open or (turn.case.state is State.DONE and clock.kind in PROMISED):
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
    """The case number has not reached the resident. If the bot was shut out of the private talk, the group shows the
    way there once more; else only a person can help: the desk hears it, less and less often."""
    turn.clocks[clock.kind] = clock.rang(turn.now)
    thread = turn.reporter
    if clock.rung == 0 and thread and turn.case.private and not thread.private and thread.resident.private is None:
        status.call_aside(turn, thread)
    inform_desk(turn, "overdue.unsigned")


def _undispatched(turn: Turn, clock: Clock) -> None:
    """No card is with anybody on duty: the next on the ladder, in the end the desk."""
    turn.clocks[clock.kind] = clock.rang(turn.now)
    if turn.case.state in (State.RECEIVED, State.DISPATCHED):
        dispatch(turn, head="card.head.overdue")
        status.show(turn)
    inform_desk(turn, "overdue.undispatched")


def _unkept(turn: Turn, clock: Clock) -> None:
    """Nobody called, came or finished. Rung 0: the holder is reminded, and the desk sees it. Rung 1: whoever has not
    accepted loses it to the next; who has, is asked by the one above. From rung 2 on: up the chain, to the desk."""
    case = turn.case
    if clock.promised_at > turn.now:
        _unaccepted(turn, clock)
        return
    turn.clocks[clock.kind] = clock.rang(turn.now)
    waits = case.state in (State.RECEIVED, State.DISPATCHED)
    if waits and (not case.holder or (clock.rung > 0 and _next(turn) != case.holder)):
        dispatch(turn, head="card.head.overdue")
        status.show(turn)
        return
    if not case.holder:
        inform_desk(turn, f"overdue.{clock.kind}")
        return
    above = superior(case, turn.directory, turn.scene.reach, turn.now, clock.rung) if clock.rung else ""
    turn.step(Verb.ESCALATE, "clock", to=above or case.holder)
    card.show(turn, case.holder, head=f"card.head.remind_{clock.kind}", fresh=True)
    if clock.rung == 0:
        inform_desk(turn, f"overdue.{clock.kind}")
    elif above:
        inform(turn, above, f"overdue.{clock.kind}")
    status.show(turn)


def _unaccepted(turn: Turn, clock: Clock) -> None:
    """Nothing is late yet, but whoever was asked has not accepted in time: the next is asked. When everybody was, the
    promise is waited for."""
    turn.clocks[clock.kind] = replace(clock, due_at=clock.promised_at)
    if turn.case.state is State.DISPATCHED and _next(turn) != turn.case.holder:
        dispatch(turn, head="card.head.overdue")
        status.show(turn)


def _next(turn: Turn) -> str:
    """Whom route() would ask now; the holder again when everybody had it."""
    return next_route(turn).person or turn.case.holder
