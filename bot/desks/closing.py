"""The end of a case: the resident's yes, their "not solved", and what happens when they say nothing."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.desks import card, public, same, status
from bot.desks.dispatching import dispatch, inform
from bot.desks.turn import JOINS, Turn
from bot.messages import Button, Said
from bot.outcome import Asking, Draft
from routing.case import State, Verb
from routing.directory import Level
from routing.route import Route, ladder_of
from routing.sla import ClockKind

#: Past this, silence counts as "solved"; the case can still be reopened.
ANSWER_TIME = timedelta(hours=48)

# "Solved?" is answered in words as often as by the button. Longer answers are read as more about the matter.
_LONGEST = 24
_ALL_RIGHT = re.compile(r"没(?:问题|事)了?|不错|没得说")
_NO = re.compile(r"没|未|不(?!错|客气|用谢)|还(?:是|在|有)|又|依然|仍|白来|\b(?:no|not|still)\b")
_YES = re.compile(
    r"^(?:已经?|都|全|全部|现在)*(?:好了?|好的|解决|可以|行了?|满意|修好|弄好|处理好|搞定|谢谢|感谢|多谢|辛苦|是的?|嗯|对"
    r"|ok|yes|solved|thanks?|thank you|fixed|done)"
)


def verdict(text: str) -> bool | None:
    """Returns what an answer to "is it solved?" says: True, False, or None when it says something else. `text` is
    normalised."""
    said = text.strip(" 。.!！~,，")
    if not said or len(said) > _LONGEST:
        return None
    if _NO.search(_ALL_RIGHT.sub("", said)):
        return False
    return True if _ALL_RIGHT.search(said) or _YES.search(said) else None


def ask_whether_solved(turn: Turn) -> None:
    """The last word to the reporter is a new message that replies to the original: nobody reads an edited one twice."""
    case, thread = turn.case, turn.reporter
    turn.begin(ClockKind.ANSWER, ANSWER_TIME)
    status.tell_joined(
        turn,
        "same.done",
        params={"words": "" if case.private else public.short(public.words(case.result))},
        # What was shown to its reporter alone stays with them.
        photos=() if thread is None or thread.private or case.private else case.result_photos[:10],
        buttons=lambda joined: ((Button("button.unsolved", f"unsolved:{joined.number}"),),),
        fresh=True,
    )
    if thread is None:
        return
    open_talk = not thread.private and not case.private
    words = public.words(case.result) if open_talk else case.result
    status.show(turn)
    status.whisper(
        turn,
        "case.done",
        slot=f"c{case.number}:solved",
        fresh=True,
        params={"words": public.short(words), "place": public.place(case) if open_talk else case.place[:200]},
        photos=case.result_photos[:10],
        buttons=(
            (
                Button("button.solved", f"solved:{case.number}"),
                Button("button.unsolved", f"unsolved:{case.number}"),
            ),
        ),
    )


def solved(turn: Turn, by: str = "", words: str = "") -> None:
    """The reporter says yes: closed, thanks. `by`: said to this person of the desk, who wrote it down."""
    case = turn.case
    if case.state is State.CLOSED:
        return
    turn.step(Verb.CONFIRM, by or case.reporter, words)
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


def unsolved(turn: Turn, words: str = "", photos: tuple[str, ...] = (), by: str = "") -> None:
    """Not solved: it goes out again at once, a leader is told, and the reporter is asked what is still wrong. `by`:
    said to this person of the desk, who wrote it down.

    The first time it starts at the foot of the ladder again, with whoever knows the matter; the second time it goes to
    somebody above whoever had it. Its promises to a person start anew.
    """
    case = turn.case
    if case.state is State.JOINED:  # Theirs is another matter after all, or the end of the other one did not help them.
        found, told = same.split(turn, by or case.reporter, words, photos), False
    else:
        found, told = _sent_again(turn, words, photos, by or case.reporter)
    turn.wait(Draft(turn.now + JOINS, case.number, Asking.NOTHING if words else Asking.DISSATISFIED))
    status.show(turn)
    params = {
        "sent": Said("case.sent_again") if found.person else "",
        "told": Said("case.leader_told") if told else "",
        "what": "" if words else Said("case.ask.still"),
    }
    status.whisper(turn, "case.reopened", slot=f"c{case.number}:solved", params=params)


def _sent_again(turn: Turn, words: str, photos: tuple[str, ...], by: str) -> tuple[Route, bool]:
    """It goes out again; returns to whom, and whether a leader was told."""
    case = turn.case
    last, again = case.holder, any(step.verb is Verb.REOPEN and not step.to for step in turn.scene.steps)
    turn.step(Verb.REOPEN, by)
    turn.stop(ClockKind.ANSWER)
    turn.again()
    if words or photos:
        turn.step(Verb.DETAIL, by, words, photos)
    found = dispatch(turn, above=last if again else "", head="card.head.reopened")
    if last and last != turn.case.holder:
        card.lay_aside(turn, last)
    status.tell_joined(turn, "same.reopened")
    return found, _tell_leader(turn)


def _tell_leader(turn: Turn) -> bool:
    """The nearest leader above the ground who does not have the case in hand anyway."""
    for rung in ladder_of(turn.case, turn.directory, turn.now):
        person = rung.person.id
        if rung.level in (Level.COMMUNITY, Level.STREET) and person != turn.case.holder and turn.staff(person):
            inform(turn, person, "duty.reopened")
            return True
    return False


def _close(turn: Turn) -> None:
    case = turn.case
    turn.stop(*turn.clocks)
    status.tell_joined(turn, "same.closed")
    if case.holder:
        card.show(turn, case.holder)
    if turn.on_thread and turn.thread.draft and turn.thread.draft.case == case.number:
        turn.wait(None)
    status.show(turn)
