"""The end of a case: the resident's yes, their "not solved", and what happens when they say nothing."""

from __future__ import annotations

from datetime import timedelta

from bot.desks import card, status
from bot.desks.dispatching import dispatch, inform
from bot.desks.turn import JOINS, Turn
from bot.messages import Button
from bot.outcome import Asking, Draft
from routing.case import State, Verb
from routing.directory import Level
from routing.sla import ClockKind

#: Past this, silence counts as "solved"; the case can still be reopened.
ANSWER_TIME = timedelta(hours=48)


def ask_whether_solved(turn: Turn) -> None:
    """The last word to the reporter is a new message that replies to the original: nobody reads an edited one twice."""
    case, thread = turn.case, turn.reporter
    if thread is None:
        return
    public = not thread.private and not case.private
    words = status.public_words(case.result) if public else case.result
    status.whisper(
        turn,
        "case.done",
        slot=f"c{case.number}:solved",
        fresh=True,
        params={"words": words, "place": status.public_place(case) if public else case.place},
        photos=case.result_photos,
        buttons=(
            (
                Button("button.solved", f"solved:{case.number}"),
                Button("button.unsolved", f"unsolved:{case.number}"),
            ),
        ),
    )
    turn.begin(ClockKind.ANSWER, ANSWER_TIME)


def solved(turn: Turn) -> None:
    """The reporter says yes: closed, thanks."""
    case = turn.case
    if case.state is State.CLOSED:
        return
    turn.step(Verb.CONFIRM, case.reporter)
    _close(turn)
    status.whisper(turn, "case.closed", slot=f"c{case.number}:solved")


def lapsed(turn: Turn) -> None:
    """The ANSWER clock: nobody said no. Closed, and the reporter is told how to open it again."""
    case = turn.case
    if not case.may(Verb.LAPSE):
        turn.stop(ClockKind.ANSWER)
        return
    turn.step(Verb.LAPSE, "clock")
    _close(turn)
    status.whisper(
        turn,
        "case.lapsed",
        slot=f"c{case.number}:solved",
        buttons=((Button("button.unsolved", f"unsolved:{case.number}"),),),
    )


def unsolved(turn: Turn) -> None:
    """Not solved: it goes out again at once, a leader is told, and the reporter is asked what is still wrong."""
    case = turn.case
    last = case.holder
    turn.step(Verb.REOPEN, case.reporter)
    turn.stop(ClockKind.ANSWER)
    turn.again()
    dispatch(turn, head="card.head.reopened")
    for rung in turn.directory.ladder(case.grid or None, turn.now):
        if rung.level in (Level.COMMUNITY, Level.STREET) and turn.staff(rung.person.id):
            inform(turn, rung.person.id, "duty.reopened")
            break
    if last and last != turn.case.holder:
        card.lay_aside(turn, last)
    turn.wait(Draft(turn.now + JOINS, case.number, Asking.DISSATISFIED))
    status.whisper(turn, "case.reopened", slot=f"c{case.number}:solved")


def _close(turn: Turn) -> None:
    case = turn.case
    turn.stop(*turn.clocks)
    if case.holder:
        card.show(turn, case.holder)
    if turn.on_thread and turn.thread.draft and turn.thread.draft.case == case.number:
        turn.wait(None)
