"""What the reporter sees of a case: one message that is edited as it goes on, in the group or in private."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.desks.turn import Turn
from bot.messages import Button, Lane, Letter, Said, Words
from bot.outcome import Asking, Link, Thread
from nlu.masks import mask
from routing.case import Case, State
from routing.sla import ClockKind

#: Parts of an address that point at one household: never repeated in a group.
_HOUSE = re.compile(
    r"[0-9一二三四五六七八九十百]+\s*(?:单元|室|号楼?\s*[0-9]+室?|楼\s*[0-9]+室?)|(?<=[幢栋])\s*[0-9-]+"
)

ASK_A_PERSON = Button("button.human", "human")


def slot_of(case: Case) -> str:
    """The slot of the reporter's message about this case."""
    return f"c{case.number}:status"


def kind_of(case: Case) -> Words:
    """The case's category in the reader's language; "" while unknown."""
    return Said(f"category.{case.category}") if case.category else ""


def public_place(case: Case) -> str:
    """The place as a group may read it: no staircase, no door."""
    return _HOUSE.sub("", case.place).strip(" ,\uff0c、-")


def public_words(words: str) -> str:
    """A finisher's words as a group may read them: no numbers of people, no doors."""
    return _HOUSE.sub("", mask(words))


def show(
    turn: Turn,
    *,
    question: Words = "",
    buttons: tuple[tuple[Button, ...], ...] = (),
    alarm: Words = "",
    first: bool = False,
    fresh: bool = False,
) -> None:
    """Tells the reporter how the case stands. The first one stops the sign clock when it is recorded as sent."""
    case, thread = turn.case, turn.reporter
    if thread is None:
        return
    home = thread.resident.private
    if case.private and not thread.private:
        _call_aside(turn, thread, first)
        if home is None:
            return
    private = thread.private or case.private
    to = home if private and home is not None else thread.at
    turn.tell(
        Letter(
            to,
            "case.status",
            {
                "alarm": alarm,
                "head": Said("case.head.received" if first else "case.head.later", {"number": case.shown}),
                "kind": kind_of(case),
                "place": case.place if private else public_place(case),
                "next": question or _next(turn, case),
            },
            Lane.REPLY if first or question else Lane.UPDATE,
            slot=slot_of(case),
            fresh=fresh,
            buttons=buttons or _usual(turn, case),
            reply_to=case.message if to == thread.at else "",
            language=thread.resident.language,
            case=case.number,
            stops=ClockKind.SIGN if first else "",
        )
    )


def whisper(
    turn: Turn,
    key: str,
    *,
    slot: str = "",
    photos: tuple[str, ...] = (),
    params: Mapping[str, Words] | None = None,
    buttons: tuple[tuple[Button, ...], ...] = (),
    fresh: bool = False,
) -> None:
    """Says something more about the case to its reporter, where they may hear it: a private matter only in private."""
    case, thread = turn.case, turn.reporter
    if thread is None:
        return
    aside = case.private and not thread.private
    to = thread.resident.private if aside else thread.at
    if to is None:
        return
    turn.tell(
        Letter(
            to,
            key,
            {"number": case.shown, "kind": kind_of(case), **(params or {})},
            Lane.UPDATE,
            slot=slot,
            fresh=fresh,
            buttons=buttons,
            photos=photos,
            reply_to="" if aside else case.message,
            language=thread.resident.language,
            case=case.number,
        )
    )


def _call_aside(turn: Turn, thread: Thread, first: bool) -> None:
    """The group sees only "I have written to you". Who never opened a private talk gets a button that opens it."""
    case = turn.case
    if not first:
        return
    username = turn.scene.usernames.get(thread.at.bot, "")
    door: tuple[tuple[Button, ...], ...] = ()
    key, stops = "case.written_aside", ""
    if thread.resident.private is None and username:
        link = Link(turn.scene.fresh.token, "case", case.number, thread.resident.id, turn.now + turn.scene.link_life)
        turn.keep(link)
        door = ((Button("button.talk_aside", url=f"https://t.me/{username}?start={link.token}"),),)
        key, stops = "case.come_aside", str(ClockKind.SIGN)
    turn.tell(
        Letter(
            thread.at,
            key,
            {"number": case.shown},
            Lane.REPLY,
            slot=f"c{case.number}:aside",
            buttons=door,
            reply_to=case.message,
            language=thread.resident.language,
            case=case.number,
            stops=stops,
        )
    )


def _next(turn: Turn, case: Case) -> Words:
    """What happens next, and by when, in one sentence."""
    match case.state:
        case State.RECEIVED:
            return Said("case.next.received")
        case State.DISPATCHED:
            by = turn.due(ClockKind.CALL)
            late = not by or by <= turn.now if not isinstance(by, str) else True
            return Said("case.next.soon") if late else Said("case.next.dispatched", {"by": by})
        case State.ACCEPTED:
            return Said("case.next.accepted")
        case State.ARRIVED:
            return Said("case.next.arrived")
        case State.DONE:
            return Said("case.next.done")
        case State.CLOSED:
            return Said("case.next.closed")
        case State.JOINED:
            return Said("case.next.joined")
        case State.WITHDRAWN:
            return Said("case.next.withdrawn")


def _usual(turn: Turn, case: Case) -> tuple[tuple[Button, ...], ...]:
    """At most four buttons, and only those that still do something. Only the reporter may press them."""
    number = case.number
    if case.state in (State.RECEIVED, State.DISPATCHED):
        fix = (
            Button("button.wrong_kind", f"rekind:{number}"),
            Button("button.wrong_place", f"replace:{number}"),
        )
        return (fix, (Button("button.withdraw", f"withdraw:{number}"), Button("button.human", f"human:{number}")))
    if case.state in (State.ACCEPTED, State.ARRIVED):
        return ((Button("button.human", f"human:{number}"),),)
    if case.state is State.CLOSED:
        return ((Button("button.unsolved", f"unsolved:{number}"),),)
    return ()


def kinds(number: str, codes: tuple[str, ...]) -> tuple[tuple[Button, ...], ...]:
    """Buttons to choose a kind of matter, and "something else"."""
    rows = tuple((Button(f"category.{code}", f"kind:{number}:{code}"),) for code in codes[:3])
    return (*rows, (Button("button.other_kind", f"kind:{number}:service.other"),))


def places(number: str, names: tuple[str, ...]) -> tuple[tuple[Button, ...], ...]:
    """Buttons to choose a place. The names stand in the draft; the button carries their position."""
    rows = tuple(
        (Button("button.place", f"place:{number}:{index}", params={"place": name}),)
        for index, name in enumerate(names[:3])
    )
    return (*rows, (Button("button.no_place", f"place:{number}:none"),))


def asking(turn: Turn) -> Asking:
    """What the sender's thread was last asked, if that has not lapsed."""
    draft = turn.thread.draft if turn.on_thread else None
    return draft.asking if draft and draft.until > turn.now else Asking.NOTHING
