"""Is it this one? A report near an open one is asked about; joined, every reporter hears how it goes on and ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.desks import card, public, status
from bot.desks.dispatching import dispatch
from bot.desks.turn import Turn
from bot.messages import Button, Lane, Letter, Said
from bot.outcome import Asking, Near
from routing.case import Case, IllegalMove, State, Verb
from routing.duplicates import HINT, OFFER, may_join, older, score
from routing.route import Route

#: Its reporter may join a case while nobody has accepted it; from then on whoever has it may.
_ASKED = (State.RECEIVED, State.DISPATCHED)


def noticed(turn: Turn) -> None:
    """The open case that this one resembles most is written down with it, so that its card names it. Of a private one
    only beside its own kind. What its reporter has said no to is not named again."""
    case = turn.case
    if case.state not in _ASKED or not turn.scene.near or parted(turn):
        return
    ranked = [(score(case, each.case, each.likeness, each.metres, each.picture), each) for each in turn.scene.near]
    named = [(likely, each.case) for likely, each in ranked if likely >= HINT and _may_be_named(case, each)]
    best = max(named, key=lambda each: (each[0], -each[1].opened_at.timestamp(), each[1].number), default=None)
    turn.known(resembles=best[1].number if best else "")


def offer(turn: Turn) -> None:
    """Asks the reporter "is it this one?" when nothing else is asked. It holds nothing up: the case is on its way."""
    case, before = turn.case, turn.scene.case
    near = next((each for each in turn.scene.near if each.case.number == case.resembles), None)
    if near is None or case.state not in _ASKED or not case.category or status.asking(turn) is not Asking.NOTHING:
        return
    ripe = before is not None and before.category and (before.place or before.location)
    if before is not None and ripe and before.resembles == case.resembles and near.picture is None:
        return  # Asked already, or it was not alike enough.
    likely = score(case, near.case, near.likeness, near.metres, near.picture)
    if likely < OFFER or not may_join(case, near.case) or not older(case, near.case):
        return
    own = near.case.reporter == case.reporter
    status.whisper(
        turn,
        "same.ask",
        slot=slot_of(case),
        params={
            "head": Said("same.own" if own else "same.others"),
            "own": near.case.shown if own else "",  # Somebody else's number leads them nowhere.
            "its_kind": status.kind_of(near.case),
            "place": public.place(near.case),
            "at": turn.when(near.case.opened_at),
        },
        buttons=((Button("button.same", f"same:{case.number}"), Button("button.apart", f"apart:{case.number}")),),
    )


def said_yes(turn: Turn) -> None:
    """The reporter: "it is this one". What was settled or taken on meanwhile is left as it is, and said so."""
    case = turn.case
    if case.state is State.JOINED:
        status.show(turn)
        return
    other = turn.scene.others.get(case.resembles)
    if case.state not in _ASKED or other is None or not may_join(case, lead_of(turn, other)):
        status.whisper(turn, "same.too_late", slot=slot_of(case))
        status.show(turn)
        return
    join(turn, other, case.reporter)


def said_no(turn: Turn) -> None:
    """The reporter: "it is another one". Its card no longer names that one, and nobody asks again."""
    case = turn.case
    if case.resembles and case.state in _ASKED:
        turn.step(Verb.NOTE, case.reporter, to=case.resembles)
        turn.known(resembles="")
        if case.holder:
            card.show(turn, case.holder)
    status.whisper(turn, "same.apart", slot=slot_of(case))


def pressed_join(turn: Turn, number: str) -> None:
    """Somebody of the staff joins the case to that one (without a number: to the one it resembles). They must have both
    in hand, or their desk."""
    person, case = turn.scene.person, turn.case
    other = turn.scene.others.get(number or case.resembles)
    if not card.may(turn, person):
        turn.reply("duty.not_yours", {"number": case.shown})
    elif other is None or not may_join(case, lead_of(turn, other)) or not _has(turn, person, lead_of(turn, other)):
        turn.reply("card.cannot_join", {"number": case.shown})
        card.show(turn, person)
    else:
        join(turn, other, person)


def pressed_split(turn: Turn) -> None:
    """Somebody of the staff takes a joined case out again."""
    person = turn.scene.person
    if not card.may(turn, person):
        turn.reply("duty.not_yours", {"number": turn.case.shown})
        return
    split(turn, person)


def join(turn: Turn, other: Case, by: str) -> None:
    """The case ends with the other one (or with the one that other was joined to). Its promises stop, its card is laid
    aside, and what was joined to it goes along. Raises IllegalMove when they may not be joined; `may_join` says so."""
    case, lead = turn.case, lead_of(turn, other)
    if not may_join(case, lead):
        raise IllegalMove(f"join {case.number} to {lead.number}")
    holder = case.holder
    turn.step(Verb.JOIN, by, to=lead.number)
    turn.stop(*turn.clocks)
    # The other's row is written too: of two that are joined to each other at one moment, one is decided anew.
    turn.keep(lead, *(replace(each.case, joined_to=lead.number) for each in turn.scene.joined))
    if turn.reporter is not None and turn.reporter.handed_case == case.number:
        turn.hand("", "")
    if holder:
        card.lay_aside(turn, holder, "card.joined", {"other": lead.shown})
    _tell_holder(turn, lead, "card.more_people", case.words, case.photos)
    status.show(turn)
    # Said aloud once: an edit of their message rings no bell. It takes the question's place, where that was asked.
    status.whisper(turn, "same.joined" if by == case.reporter else "same.joined_here", slot=slot_of(case))


def split(turn: Turn, by: str, words: str = "", photos: tuple[str, ...] = ()) -> Route:
    """The case is one of its own again: it goes out anew, with new promises. Returns to whom. Raises IllegalMove when
    it was not joined."""
    lead = turn.scene.others.get(turn.case.joined_to)
    if turn.case.state is not State.JOINED:
        raise IllegalMove(f"split in {turn.case.state}")
    if lead is not None:
        turn.keep(lead)  # Written too: if it ends at this moment, that is decided anew, without this reporter.
    turn.step(Verb.REOPEN, by, to=turn.case.joined_to)
    turn.again()
    if words or photos:
        turn.step(Verb.DETAIL, by, words, photos)
    if lead is not None and lead.open and lead.state is not State.DONE:
        _tell_holder(turn, lead, "card.fewer_people")
    found = dispatch(turn, head="card.head.split")
    status.show(turn)
    return found


def more(turn: Turn) -> None:
    """What the reporter of a joined case added goes to whoever has the other one in hand."""
    lead = turn.scene.others.get(turn.case.joined_to)
    words, photos = turn.added()
    if lead is not None and (words or photos):
        _tell_holder(turn, lead, "card.more", words, photos)


def goes_on(case: Case, others: Mapping[str, Case]) -> bool:
    """Whether a joined case's other one is still open, so that words about it reach somebody."""
    lead = others.get(case.joined_to)
    return case.state is State.JOINED and lead is not None and lead.open


def parted(turn: Turn) -> bool:
    """Whether its reporter, or somebody who split it, has said that it is a matter of its own."""
    return any(step.to and step.verb in (Verb.NOTE, Verb.REOPEN) and step.by != "bot" for step in turn.steps)


def lead_of(turn: Turn, other: Case) -> Case:
    """The case that others are joined to: the other one, or the one it was joined to itself."""
    return turn.scene.others.get(other.joined_to, other)


def slot_of(case: Case) -> str:
    """The slot of the question."""
    return f"c{case.number}:same"


def _may_be_named(case: Case, near: Near) -> bool:
    other = near.case
    return other.number != case.number and other.open and (not other.private or other.category == case.category)


def _has(turn: Turn, person: str, case: Case) -> bool:
    desk = turn.directory.desk_of(case.grid or None)
    return person == case.holder or any(each.id == person for each in desk)


def _tell_holder(turn: Turn, lead: Case, key: str, words: str = "", photos: tuple[str, ...] = ()) -> None:
    """A line to whoever has the other case in hand: an edited card rings no bell."""
    to = turn.scene.reach.get(lead.holder)
    if to is None:
        return
    said = public.short(words, card.MOST_WORDS) or (Said("card.photo") if photos else "")
    params = {"number": lead.shown, "words": said}
    turn.tell(Letter(to, key, params, Lane.DUTY, photos=photos[:10], case=lead.number))
