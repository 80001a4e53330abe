"""Hand-over to a person: the bot falls silent in that talk until the person gives it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.desks import card, duty, status
from bot.desks.closing import ask_whether_solved
from bot.desks.dispatching import accepted
from bot.desks.pictures import photos_of, words_of
from bot.desks.public import short
from bot.desks.report import alarm_of, open_case
from bot.desks.sorting import OTHER, chosen
from bot.desks.turn import Turn
from bot.messages import Button, Inbound, Lane, Letter
from bot.outcome import Draft, Outcome, Scene
from nlu.understanding import Understanding
from routing.case import Case, Verb
from routing.directory import Directory
from routing.route import desk_for

#: However often "to a person" is pressed, the desk's bell rings once in this time.
RING_AGAIN = timedelta(minutes=5)
#: A wish for a person that is this young is the same wish.
SAME_WISH = timedelta(hours=12)


def hand_over(
    inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime, *, missed: str = ""
) -> Outcome:
    """What is for a person becomes a case at the desk; whoever takes it over there silences the bot. Who asked for a
    person before and still waits gets no second number: the desk is called again."""
    waiting = _waits_already(scene, now)
    if waiting is None or missed:
        return open_case(inbound, heard, scene, directory, now, sorting=chosen(OTHER), missed=missed)
    turn = Turn(inbound.cause, scene, directory, now)
    call_desk(turn, waiting)
    return turn.outcome("human.called")


def unread(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A language that is not read here: said in two, and a person looks at it. Whoever went on writing meanwhile still
    has one number."""
    turn = Turn(inbound.cause, scene, directory, now)
    turn.reply("human.unread", reply_to=inbound.message_id)
    handed = hand_over(inbound, heard, scene, directory, now)
    return replace(handed, letters=(*turn.outcome("").letters, *handed.letters), note="human.unread")


def call_desk(turn: Turn, case: Case | None = None) -> None:
    """ "To a person" on an open case: those at the desk on duty get it shown and may take the talk over."""
    case = case or turn.case
    if not case.open:
        turn.reply("case.not_open", {"number": case.shown})
        return
    called = False
    ring = int(turn.now.timestamp() // RING_AGAIN.total_seconds())
    for person in desk_for(case, turn.directory):
        to = turn.staff(person.id)
        if to is None or not turn.directory.on_duty(person.id, turn.now):
            continue
        called = True
        turn.tell(
            Letter(
                to,
                "human.wanted",
                {"number": case.shown, "kind": status.official(case), "words": short(case.words, 400)},
                Lane.DUTY,
                dedupe=f"wanted:{case.number}:{person.id}:{ring}",
                slot=slot_of(case, person.id),
                fresh=True,
                buttons=((Button("button.take_over", f"take:{case.number}"),),),
                case=case.number,
            )
        )
    turn.reply("human.called" if called else "human.nobody", slot=f"c{case.number}:called:{ring}")


def slot_of(case: Case, person: str) -> str:
    """The slot of the desk's message about a talk: wanted, taken, given back."""
    return f"c{case.number}:wanted:{person}"


def take(turn: Turn, *, let: bool = False) -> None:
    """Somebody at the desk takes the talk over (`let`: that they may was looked at already). The first one has it. The
    case goes with it only when it is the desk's anyway: whoever is on the way to a wasps' nest stays on the way."""
    case, reporter, person = turn.case, turn.reporter, turn.scene.person
    if reporter is None or not (let or card.may(turn, person)):
        duty.not_yours(turn)
        return
    if reporter.handed_to not in ("", "desk", person):
        other = turn.directory.person(reporter.handed_to)
        turn.reply("human.taken", {"number": case.shown, "who": other.name if other else ""})
        return
    if not case.open:
        turn.reply("human.over", {"number": case.shown}, slot=slot_of(case, person))
        return
    turn.hand(person, case.number)
    if turn.on_thread and turn.thread.id != reporter.id:
        turn.wait(Draft(turn.now + duty.TALK_TIME, case.number))
    if case.may(Verb.ACCEPT) and (case.holder in ("", person) or case.category == OTHER):
        turn.step(Verb.ACCEPT, person)
        accepted(turn)
        if case.holder not in ("", person):
            card.lay_aside(turn, case.holder)
        card.show(turn, person)
    turn.reply(
        "human.yours",
        {"number": case.shown},
        buttons=((Button("button.give_back", f"giveback:{case.number}"),),),
        slot=slot_of(case, person),
    )
    status.show(turn)
    status.whisper(turn, "human.here")


def has_talk(inbound: Inbound, scene: Scene) -> bool:
    """Whether a person speaks with whoever wrote this, here: in this talk, or in the group where a private matter began
    that is spoken of alone."""
    thread, case, reporter = scene.thread, scene.case, scene.reporter
    if thread is None or case is None or reporter is None or thread.handed_to:
        return bool(thread and thread.handed_to)
    own = case.reporter == thread.resident.id and case.private and inbound.private
    return own and reporter.handed_case == case.number


def relay(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome | None:
    """The resident goes on talking: it goes to the person who has the talk. The bot says nothing but the numbers to
    call in danger. None when the talk is over and nobody gave it back: then the bot answers again."""
    turn = Turn(inbound.cause, scene, directory, now)
    talk = turn.thread if turn.thread.handed_to else turn.reporter
    if not turn.on_case or talk is None or turn.case.number != talk.handed_case or not turn.case.may(Verb.DETAIL):
        return None
    words, (ready, orders) = words_of(inbound), photos_of(inbound, scene)
    turn.keep(*(replace(order, case=turn.case.number) for order in orders))
    turn.step(Verb.DETAIL, turn.thread.resident.id, words, ready)
    if alarm := alarm_of(heard):
        turn.reply("emergency.only", {"alarm": alarm})
    if words or ready:
        card.more(turn, talk.handed_to, words, ready)
    if turn.case.holder not in ("", talk.handed_to):
        card.show(turn, turn.case.holder)
    return turn.outcome("human.relayed")


def give_back(turn: Turn) -> None:
    """The person is through: the bot answers again. What was only a talk is asked to be closed."""
    case, reporter, person = turn.case, turn.reporter, turn.scene.person
    if reporter is None or reporter.handed_to != person:
        duty.not_yours(turn)
        return
    turn.hand("", "")
    if turn.on_thread and turn.thread.id != reporter.id and turn.thread.draft and turn.thread.draft.case == case.number:
        turn.wait(None)
    turn.reply("human.given_back", {"number": case.shown}, slot=slot_of(case, person))
    if case.category == OTHER and case.may(Verb.FINISH):
        turn.step(Verb.FINISH, person)
        turn.stop(*turn.clocks)
        card.show(turn, case.holder)
        ask_whether_solved(turn)
    else:
        status.whisper(turn, "human.bot_again")


def _waits_already(scene: Scene, now: datetime) -> Case | None:
    """The open wish for a person that came from this talk."""
    thread = scene.thread
    return next(
        (
            case
            for case in scene.mine
            if case.open
            and case.category == OTHER
            and not case.result
            and thread is not None
            and case.thread == thread.id
            and case.opened_at > now - SAME_WISH
        ),
        None,
    )
