"""A button of the desk's page: which of them may be pressed now, and what it does. The page shows the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.desks import callback, card, closing, duty, human, public, question, same, status
from bot.desks.dispatching import accepted, expect, show_helpers
from bot.desks.permits import Right, covers, rights_of, rights_on
from bot.desks.sorting import chosen
from bot.desks.turn import Turn
from bot.outcome import Outcome, PublicNote, Scene
from nlu.danger import violent
from routing.accused import accused
from routing.case import IllegalMove, State, Verb
from routing.directory import Directory
from routing.duplicates import may_join
from routing.platforms import CATEGORIES
from routing.sla import ClockKind
from routing.why import Why

MOST_WORDS = 2000  #: Of one field of the page.
MOST_PUBLISHED = 500
MOST_PLACE = 200


class Act(StrEnum):
    """What a person at the desk can do to a case."""

    TAKE = "take"  #: Take the talk over from the bot.
    WRITE = "write"  #: Words to the resident.
    GIVE_BACK = "giveback"
    ANSWER = "answer"  #: The resident was called back: what they said, as routing/callback.py writes it.
    ACCEPT = "accept"
    ROUTE = "route"
    FINISH = "finish"
    SOLVED = "solved"  #: The resident told the desk: it is solved.
    UNSOLVED = "unsolved"
    NOTE = "note"
    SORT = "sort"  #: Its kind and place, as the desk found out.
    PUBLISH = "publish"  #: A note that everybody may read; without words, there is none any more.
    JOIN = "join"  #: The same matter as another case.
    SPLIT = "split"


#: The step each act is. A talk is taken and given back without one.
VERBS: Mapping[Act, Verb] = {
    Act.WRITE: Verb.CALL,
    Act.ANSWER: Verb.CALL,
    Act.ACCEPT: Verb.ACCEPT,
    Act.ROUTE: Verb.DISPATCH,
    Act.FINISH: Verb.FINISH,
    Act.SOLVED: Verb.CONFIRM,
    Act.UNSOLVED: Verb.REOPEN,
    Act.NOTE: Verb.NOTE,
    Act.SORT: Verb.DETAIL,
    Act.PUBLISH: Verb.NOTE,
    Act.JOIN: Verb.JOIN,
    Act.SPLIT: Verb.REOPEN,
}
#: Acts that say nothing without words.
WORDY = frozenset({Act.WRITE, Act.ANSWER, Act.ROUTE, Act.FINISH, Act.UNSOLVED, Act.NOTE})
_REROUTES = frozenset({Act.ROUTE, Act.JOIN, Act.SPLIT})
#: What an act asks for.
RIGHT_OF: Mapping[Act, Right] = {act: Right.REROUTE if act in _REROUTES else Right.ACT for act in Act}


class Refused(Exception):
    """The click changes nothing; `reason` is a text key below web.desk.refused."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Click:
    """A button of the page was pressed."""

    token: str  #: Of the form that was sent: the same form twice is one click.
    person: str
    act: Act
    words: str = field(default="", repr=False)  #: Masked before it gets here.
    to: str = ""  #: ROUTE: person id. JOIN: the other case, which the scene has among `others`. SORT: the category.
    area: str = ""  #: SORT: code of the area; empty: found by the place, which stands in `words`.

    @property
    def cause(self) -> str:
        return f"click:{self.token}"


def acts(scene: Scene, person_id: str, directory: Directory) -> tuple[Act, ...]:
    """Returns what this person may do to the scene's case now, in the order of the buttons."""
    case, person = scene.case, directory.person(person_id)
    if case is None or person is None:
        return ()
    rights = rights_on(person, case, directory)
    return tuple(act for act in Act if RIGHT_OF[act] in rights and _fits(act, scene, person_id))


def _fits(act: Act, scene: Scene, person: str) -> bool:
    case, talk = scene.case, scene.reporter
    assert case is not None
    match act:
        case Act.TAKE:
            return talk is not None and case.open and talk.handed_to in ("", "desk")
        case Act.GIVE_BACK:
            return talk is not None and talk.handed_to == person and talk.handed_case == case.number
        case Act.WRITE:
            return talk is not None and case.may(Verb.CALL)
        case Act.ACCEPT:
            return case.may(Verb.ACCEPT) and case.holder != person
        case Act.ROUTE | Act.SORT:
            return case.open and case.may(Verb.DISPATCH)
        case Act.JOIN:
            return case.may(Verb.JOIN) and not case.private
        case Act.PUBLISH:
            known = CATEGORIES.get(case.category)
            shown = known is not None and not (known.private or case.private)
            return shown and case.state is not State.JOINED and case.may(Verb.NOTE)  # Of those the other's is read.
        case Act.SPLIT:
            return case.state is State.JOINED and case.may(Verb.REOPEN)
        case Act.UNSOLVED:
            return case.state is not State.JOINED and case.may(Verb.REOPEN)
        case _:
            return case.may(VERBS[act])


def clicked(click: Click, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """Returns what the click changes. Raises Refused when it may not be pressed (any more); then nothing does."""
    turn = Turn(click.cause, scene, directory, now)
    if click.act not in acts(scene, click.person, directory):
        raise Refused("late")
    if click.act in WORDY and not click.words.strip():
        raise Refused("empty")
    if len(click.words) > MOST_WORDS:
        raise Refused("long")
    try:
        _DOES[click.act](turn, click)
    except IllegalMove:
        raise Refused("late") from None
    return turn.outcome(f"clicks.{click.act}")


def _write(turn: Turn, click: Click) -> None:
    """Words to the resident; they count as having called back."""
    case, thread = turn.case, turn.reporter
    assert thread is not None
    if case.private and not thread.private and thread.resident.private is None:
        raise Refused("unreachable")
    turn.step(Verb.CALL, click.person, click.words)
    turn.stop(ClockKind.CALL)
    open_talk = not thread.private and not case.private
    shown = public.words(click.words) if open_talk else click.words
    status.whisper(turn, "case.word", params={"words": public.short(shown, MOST_WORDS)})
    _card(turn)
    status.show(turn)


def _answer(turn: Turn, click: Click) -> None:
    """What the resident said when called back, question by question: the case has it, and whoever is on the way reads
    it at once."""
    callback.write(turn, click.person, click.words)


def _accept(turn: Turn, click: Click) -> None:
    before = turn.case.holder
    turn.step(Verb.ACCEPT, click.person)
    accepted(turn)
    if before not in ("", click.person):
        card.lay_aside(turn, before)
    card.show(turn, click.person)
    show_helpers(turn)
    status.show(turn)


def _route(turn: Turn, click: Click) -> None:
    """To another person, for a reason a person gave."""
    case, person = turn.case, turn.directory.person(click.to or None)
    if person is None or person.id == case.holder or person.id in accused(case, turn.directory).people:
        raise Refused("whom")
    before = case.holder
    turn.resume(ClockKind.DISPATCH)
    turn.stop(ClockKind.PLACE)
    turn.step(Verb.DISPATCH, click.person, click.words, to=person.id)
    unit = turn.directory.unit(person.unit)
    also = {"unit": unit.code, "platform": str(unit.platform)} if unit else {}
    turn.known(reason=Why(sent_by=click.person).written(), **also)
    if before:
        card.lay_aside(turn, before)
    shown = card.show(turn, person.id, stops=ClockKind.DISPATCH, head="card.head.passed_on", fresh=True)
    if not shown and Right.ACT not in rights_of(person):  # Who has no chat, but this page, sees it there.
        raise Refused("unreachable")
    expect(turn)
    status.show(turn)


def _finish(turn: Turn, click: Click) -> None:
    duty.finish(turn, click.person, click.words)


def _note(turn: Turn, click: Click) -> None:
    turn.step(Verb.NOTE, click.person, click.words)


def _sort(turn: Turn, click: Click) -> None:
    """What the resident could not say, or said wrongly, and the desk found out. The clocks are the new kind's."""
    case, directory = turn.case, turn.directory
    person, area = directory.person(click.person), directory.area(click.area or None)
    code, words = click.to or case.category, click.words.strip()
    if code not in CATEGORIES:
        raise Refused("kind")
    assert person is not None
    if click.area and (area is None or not covers(person, area.code, directory)):
        raise Refused("where")
    if len(words) > MOST_PLACE:
        raise Refused("long")
    sorted_anew = code != case.category or not case.category_sure
    moved = words != case.place or (area is not None and area.code != case.grid)
    if not (sorted_anew or moved):
        raise Refused("same")
    turn.step(Verb.DETAIL, click.person)
    if sorted_anew:
        question.sort_into(turn, chosen(code, violent(case.words)))
    if moved:
        question.put(turn, words, area)
    question.settled(turn)


def _publish(turn: Turn, click: Click) -> None:
    """What everybody may read says no more of anybody than a group hears."""
    words = public.short(public.words(click.words).strip(), MOST_PUBLISHED)
    turn.step(Verb.NOTE, click.person, words)
    turn.keep(PublicNote(turn.case.number, turn.now, words))


def _join(turn: Turn, click: Click) -> None:
    """With a case that this person may join others to, too."""
    other, person = turn.scene.others.get(click.to), turn.directory.person(click.person)
    assert person is not None
    if other is None or Right.REROUTE not in rights_on(person, other, turn.directory):
        raise Refused("which")
    if not may_join(turn.case, same.lead_of(turn, other)):
        raise Refused("join")
    same.join(turn, other, click.person)


def _split(turn: Turn, click: Click) -> None:
    same.split(turn, click.person)


def _card(turn: Turn) -> None:
    if turn.case.holder:
        card.show(turn, turn.case.holder)


_DOES: Mapping[Act, Callable[[Turn, Click], None]] = {
    Act.TAKE: lambda turn, _: human.take(turn, let=True),
    Act.WRITE: _write,
    Act.GIVE_BACK: lambda turn, _: human.give_back(turn),
    Act.ANSWER: _answer,
    Act.ACCEPT: _accept,
    Act.ROUTE: _route,
    Act.FINISH: _finish,
    Act.SOLVED: lambda turn, click: closing.solved(turn, click.person, click.words),
    Act.UNSOLVED: lambda turn, click: closing.unsolved(turn, click.words, by=click.person),
    Act.NOTE: _note,
    Act.SORT: _sort,
    Act.PUBLISH: _publish,
    Act.JOIN: _join,
    Act.SPLIT: _split,
}
