"""What the reporter sees of a case: one message that is edited as it goes on, in the group or in private."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.desks import public
from bot.desks.sorting import MISSING, OTHER
from bot.desks.turn import Turn
from bot.messages import Button, Lane, Letter, Said, Words
from bot.outcome import Asking, Joined, Link, Thread
from routing.case import Case, State
from routing.directory import AreaKind, Role
from routing.sla import ClockKind

_END = Said("case.then.end")


def slot_of(case: Case) -> str:
    """The slot of the reporter's message about this case."""
    return f"c{case.number}:status"


def kind_of(case: Case) -> Words:
    """The case's category as its reporter reads it, in words that accuse nobody; "" while unknown."""
    return Said(f"kind.{case.category}") if case.category else ""


def official(case: Case) -> Words:
    """The case's category as the office calls it, for its staff; "" while unknown."""
    return Said(f"category.{case.category}") if case.category else ""


def who_comes(turn: Turn, case: Case) -> Words:
    """Who has the case, by what they are: never a name or a number."""
    person = turn.directory.person(case.holder or None)
    if person is None:
        return Said("role.staff")
    area = turn.directory.area(person.area)
    if person.role in (Role.CADRE, Role.LEADER) and area is not None and area.kind is AreaKind.COMMUNITY:
        return Said("role.community")
    known = (Role.CADRE, Role.PATROL, Role.DESK, Role.LEADER)
    return Said(f"role.{person.role}" if person.role in known else "role.staff")


def show(
    turn: Turn,
    *,
    question: Words = "",
    buttons: tuple[tuple[Button, ...], ...] = (),
    alarm: Words = "",
    first: bool = False,
    fresh: bool = False,
) -> None:
    """Tells the reporter how the case stands. The first one stops the sign clock when it is recorded as sent.

    Who writes reads it beneath their words, for an edit above them looks like no answer; who presses a button, by an
    edit. Who writes about it alone reads it there too. A danger that comes up later is never an edit. What kind it is
    stays unsaid where 119 comes first, and where it is "other", which says nothing to anybody."""
    case, thread = turn.case, turn.reporter
    for each in _joined(turn):
        _show_joined(turn, each.case, each.thread)
    if thread is None:
        return
    home = thread.resident.private
    before = turn.scene.case
    aside = case.private and not thread.private
    if aside:
        if first or (before is not None and before.number == case.number and not before.private):
            call_aside(turn, thread, alarm=bool(alarm), shown=not first)
        if home is None:
            return
    private = thread.private or case.private
    to = home if aside and home is not None else thread.at
    written = any(turn.added())
    typed = written and not first and turn.of_reporter and turn.thread.at == to
    fresh = fresh or bool(alarm and not first)
    alone = turn.of_reporter and turn.thread.private
    talk = turn.thread.at if alone and (written or fresh or not turn.scene.person) else None
    shown = Letter(
        to,
        "case.status",
        {
            "alarm": alarm,
            "head": Said(_head(turn, first), {"number": case.shown}),
            "kind": "" if case.category == OTHER or (alarm and case.category != MISSING) else kind_of(case),
            "place": public.short(case.place, 200) if private else public.place(case),
            "next": question or _next(turn, case),
            "hotline": Said("case.hotline") if first and not alarm else "",
        },
        Lane.REPLY if first or question or fresh else Lane.UPDATE,
        slot=slot_of(case),
        fresh=fresh or typed,
        buttons=buttons or _usual(case, asks=bool(question)),
        reply_to=case.message if to == thread.at else "",
        language=thread.resident.language,
        case=case.number,
        stops=ClockKind.SIGN if first else "",
    )
    if talk is None or talk == to:
        turn.tell(shown)
        return
    if not fresh:  # Asked for again, it is read where it was asked for.
        turn.tell(shown)
    params = {**shown.params, "place": public.short(case.place, 200)}
    there = replace(shown, to=talk, params=params, lane=Lane.REPLY, slot=f"{shown.slot}:alone", reply_to="", stops="")
    turn.tell(replace(there, fresh=fresh or written))


def _head(turn: Turn, first: bool) -> str:
    if not first:
        return "case.head.later"
    return "case.head.one_of_two" if turn.several else "case.head.received"


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


def tell_joined(
    turn: Turn,
    key: str,
    *,
    params: Mapping[str, Words] | None = None,
    photos: tuple[str, ...] = (),
    buttons: Callable[[Case], tuple[tuple[Button, ...], ...]] = lambda case: (),
    fresh: bool = False,
) -> None:
    """Says something of the case to those whose reports were joined to it: each hears of their own number and kind,
    for what they were joined to may have turned out to be private."""
    for each in _joined(turn):
        if each.thread is not None:
            slot = f"c{each.case.number}:solved"
            told = _to_joined(each.case, each.thread, key, {"kind": kind_of(each.case), **(params or {})}, slot)
            turn.tell(replace(told, photos=photos, buttons=buttons(each.case), fresh=fresh))


def _joined(turn: Turn) -> tuple[Joined, ...]:
    """Whoever hears of the case besides its reporter. (Of one that is joined itself, they hear by its lead.)"""
    return () if turn.case.state is State.JOINED else turn.scene.joined


def _show_joined(turn: Turn, case: Case, thread: Thread | None) -> None:
    """How it stands, for the reporter of a joined case: their message is edited like everybody's."""
    if thread is None:
        return
    params: dict[str, Words] = {
        "alarm": "",
        "head": Said("case.head.later", {"number": case.shown}),
        "kind": "" if case.category == OTHER else kind_of(case),
        "place": public.short(case.place, 200) if thread.private else public.place(case),
        "next": _next_of_lead(turn, turn.case),
        "hotline": "",
    }
    turn.tell(_to_joined(case, thread, "case.status", params, slot_of(case)))


def _to_joined(case: Case, thread: Thread, key: str, params: Mapping[str, Words], slot: str) -> Letter:
    return Letter(
        thread.at,
        key,
        {"number": case.shown, **params},
        Lane.UPDATE,
        slot=slot,
        reply_to=case.message,
        language=thread.resident.language,
        case=case.number,
    )


def _next_of_lead(turn: Turn, lead: Case) -> Words:
    """How the case stands that another was joined to. Only its own reporter is called: no promise is repeated."""
    return (Said("case.next.joined"), Said(f"case.joined.{lead.state}", {"who": who_comes(turn, lead)}))


def call_aside(turn: Turn, thread: Thread, *, alarm: bool = False, shown: bool = False) -> None:
    """The group sees only "I have written to you". Who never opened a private talk gets a button that opens it, and
    the number with it: that is the receipt then. `shown`: the group saw the case before it turned out to be private;
    that message becomes this one. An emergency names its numbers here too, but not what has happened."""
    case = turn.case
    username = turn.scene.usernames.get(thread.at.bot, "")
    door: tuple[tuple[Button, ...], ...] = ()
    key, stops = "case.written_aside", ""
    if thread.resident.private is None:
        key, stops = "case.write_to_me", str(ClockKind.SIGN)
    if thread.resident.private is None and username:
        link = Link(turn.scene.fresh.token, "case", case.number, thread.resident.id, turn.now + turn.scene.link_life)
        turn.keep(link)
        door = ((Button("button.talk_aside", url=f"https://t.me/{username}?start={link.token}"),),)
        key = "case.come_aside"
    turn.tell(
        Letter(
            thread.at,
            key,
            {"number": case.shown, "alarm": Said("emergency.aside") if alarm else ""},
            Lane.REPLY,
            slot=slot_of(case) if shown else f"c{case.number}:aside",
            buttons=door,
            reply_to=case.message,
            language=thread.resident.language,
            case=case.number,
            stops=stops,
        )
    )


def _next(turn: Turn, case: Case) -> Words:
    """What happens next, and by when, in one sentence. A promise that has passed is not made again."""
    who = {"who": who_comes(turn, case)}
    call = turn.clocks.get(ClockKind.CALL)
    by = turn.when(call.promised_at) if call and call.running and call.promised_at > turn.now else ""
    match case.state:
        case State.RECEIVED:
            # Routed, and yet nobody has it: nobody could be written to.
            return Said("case.next.nobody" if case.platform else "case.next.received")
        case State.DISPATCHED:
            return Said("case.next.dispatched", {**who, "by": by}) if by else Said("case.next.soon", who)
        case State.ACCEPTED:
            return Said("case.next.accepted", {**who, "then": Said("case.then.call", {"by": by}) if by else _END})
        case State.ARRIVED:
            return Said("case.next.arrived", {**who, "then": _END})
        case State.JOINED if lead := turn.scene.others.get(case.joined_to):
            return _next_of_lead(turn, lead)
        case _:
            return Said(f"case.next.{case.state}")


def _usual(case: Case, *, asks: bool = False) -> tuple[tuple[Button, ...], ...]:
    """At most four buttons, and only those that still do something. Only the reporter may press them."""
    number = case.number
    if case.state in (State.RECEIVED, State.DISPATCHED):
        end = (Button("button.withdraw", f"withdraw:{number}"), Button("button.human", f"human:{number}"))
        fix = (
            *((Button("button.wrong_kind", f"rekind:{number}"),) if case.category not in ("", OTHER) else ()),
            *((Button("button.wrong_place", f"replace:{number}"),) if case.place or case.location else ()),
        )
        # While something is asked, nothing stands beside the question that has to be understood first.
        return (fix, end) if fix and not asks else (end,)
    if case.state in (State.ACCEPTED, State.ARRIVED):
        return ((Button("button.human", f"human:{number}"),),)
    if case.state is State.CLOSED:
        return ((Button("button.unsolved", f"unsolved:{number}"),),)
    return ()


def kinds(number: str, codes: tuple[str, ...]) -> tuple[tuple[Button, ...], ...]:
    """Buttons to choose a kind of matter, and "something else"."""
    rows = tuple((Button(f"kind.{code}", f"kind:{number}:{code}"),) for code in codes[:3])
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
