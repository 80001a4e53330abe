"""What a case still lacks, asked one thing at a time; waiting for an answer holds up nothing but the dispatch."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.desks import card, public, same, status
from bot.desks.dispatching import dispatch, reroute
from bot.desks.sorting import MISSING, OTHER, SURE, Sorting, chosen
from bot.desks.turn import JOINS, Turn
from bot.messages import Said, Words
from bot.outcome import Asking, Draft
from nlu.danger import violent
from nlu.understanding import Intent, Understanding
from routing.accused import accused
from routing.address import Candidate, match, sure
from routing.case import Case, State, Verb
from routing.directory import Area, AreaKind
from routing.platforms import CATEGORIES, Urgency
from routing.route import STAFF, ladder_of
from routing.sla import ClockKind

#: How long a question holds up the dispatch before the case goes out with what is known.
PATIENCE = {
    Urgency.NOW: timedelta(seconds=30),
    Urgency.TODAY: timedelta(minutes=3),
    Urgency.DAYS: timedelta(minutes=10),
}
#: The street's desk or leader gets these in any case, and asks for what they need.
_FOR_A_PERSON = (OTHER, STAFF)
# An answer to "where?" has one of these, or none of those.
_STORY = re.compile("[了吗呢啊吧没快也很太谢哪]|什么|怎么|多少|好的|不知道|不清楚")
_SPOT = re.compile(
    "[路街巷弄村桥河湖江园苑幢栋楼号室店站口门旁家]|对面|附近|[那这][儿边里]|[前后里上下外]面|地方|小区|社区|学校"
)
#: In these the reporter may still correct what kind of matter it is, and where.
_CORRIGIBLE = (State.RECEIVED, State.DISPATCHED)


def advance(
    turn: Turn,
    sorting: Sorting,
    places: tuple[Candidate, ...],
    *,
    first: bool = False,
    alarm: Words = "",
) -> None:
    """Asks the one thing that is missing, or sends the case out; what is urgent goes out and is asked meanwhile."""
    if turn.case.state not in _CORRIGIBLE:
        pass_on_detail(turn)
        return
    same.noticed(turn)
    case = turn.case
    urgent = case.urgency == Urgency.NOW
    grid = turn.directory.area(case.grid or None)
    knows_where = bool(case.place or case.location) or (grid is not None and grid.kind is AreaKind.GRID)
    for_a_person = case.category in _FOR_A_PERSON
    out = urgent or for_a_person or bool(case.category and knows_where)
    if out and (case.state is State.RECEIVED or _elsewhere(turn)):
        dispatch(turn)
    elif case.holder:
        reroute(turn)
        _show_more(turn)
    if not case.category:
        wait(turn, Asking.KIND, sorting.choices)
        question = Said("case.ask.kind" if sorting.choices else "case.ask.what")
        buttons = status.kinds(case.number, sorting.choices) if sorting.choices else ()
        status.show(turn, question=question, buttons=buttons, alarm=alarm, first=first)
        _hold(turn)
    elif not (case.place or case.location or for_a_person):
        ask_place(turn, places, first=first, alarm=alarm)
    else:
        wait(turn, Asking.NOTHING, sorting.choices)
        status.show(turn, alarm=alarm, first=first)
        if not alarm:
            same.offer(turn)


def pass_on_detail(turn: Turn, slot: str = "") -> None:
    """The case is with a person: the card is edited, and a line (in `slot`, or a new one) says that there is more."""
    if turn.case.state is State.JOINED:
        same.more(turn)
    else:
        _show_more(turn)
    if turn.on_thread:
        wait(turn, Asking.NOTHING)
        slot = slot or f"c{turn.case.number}:added:{turn.cause}"
        if turn.thread.private and turn.of_reporter:
            turn.reply("case.added", {"number": turn.case.shown}, slot=slot)
        else:
            status.whisper(turn, "case.added", slot=slot)


def choose_kind(turn: Turn, code: str) -> None:
    """The reporter pressed a kind of matter."""
    case = turn.case
    if code not in CATEGORIES or case.state not in _CORRIGIBLE:
        status.show(turn)
        return
    sorting = chosen(code, violent(case.words))
    turn.step(Verb.DETAIL, case.reporter)
    sort_into(turn, sorting)
    advance(turn, sorting, turn.scene.places)


def choose_place(turn: Turn, index: str) -> None:
    """The reporter pressed a place; "none" asks for it in words."""
    case, thread = turn.case, turn.thread
    if case.state not in _CORRIGIBLE:
        status.show(turn)
        return
    draft = thread.draft
    names = draft.choices if draft and draft.asking is Asking.PLACE and draft.case == case.number else ()
    chosen_one = index.isascii() and index.isdigit() and len(index) < 3 and int(index) < len(names)
    found = match(names[int(index)], None, case.grid, turn.directory) if chosen_one else ()
    if not found:
        ask_place(turn, (), again=True)
        return
    turn.step(Verb.DETAIL, case.reporter)
    take(turn, found[0])
    advance(turn, of(turn.case), ())


def ask_kind_again(turn: Turn) -> None:
    """ "Wrong kind": likely ones to choose from, or words."""
    case = turn.case
    if case.state not in _CORRIGIBLE:
        status.show(turn)
        return
    draft = turn.thread.draft if turn.on_thread else None
    codes = draft.choices if draft and draft.case == case.number else ()
    likely = tuple(code for code in codes if code in CATEGORIES and code != case.category)
    wait(turn, Asking.KIND, likely)
    if likely:
        status.show(turn, question=Said("case.ask.kind_again"), buttons=status.kinds(case.number, likely))
    else:
        status.show(turn, question=Said("case.ask.what"))


def ask_place_again(turn: Turn) -> None:
    """ "Wrong place": asked in words, or a pin."""
    if turn.case.state not in _CORRIGIBLE:
        status.show(turn)
        return
    ask_place(turn, (), again=True)


def ask_place(
    turn: Turn,
    places: tuple[Candidate, ...],
    *,
    first: bool = False,
    again: bool = False,
    alarm: Words = "",
) -> None:
    """Where? With up to three places to choose from when the words may mean several. A group reads no door on them."""
    case, thread = turn.case, turn.thread
    open_talk = not (thread.private or case.private)
    names = tuple(each.text for each in places if each.address_id or each.score > 0.5 or turn.scene.proposed)
    labels = tuple(public.place_name(name) for name in names) if open_talk else names
    if len(set(labels)) < len(labels) or not all(labels):
        names = labels = ()
    wait(turn, Asking.PLACE, names)
    if names:
        key = "case.ask.which_place" if len(names) > 1 else "case.ask.this_place"
    elif case.category == MISSING:
        key = "case.ask.place_missing"
    else:
        key = "case.ask.place_group" if open_talk else "case.ask.place"
    status.show(
        turn,
        question=Said(key),
        buttons=status.places(case.number, labels) if names else (),
        alarm=alarm,
        first=first,
    )
    if not again:
        _hold(turn)


def wait(turn: Turn, asking: Asking, choices: tuple[str, ...] = ()) -> None:
    """Remembers what we wait for, in the talk where the resident will answer."""
    if not (turn.on_case and turn.on_thread):
        return
    case, thread = turn.case, turn.thread
    aside = case.private and not thread.private
    draft = thread.draft
    if asking is Asking.NOTHING and draft and draft.asking is Asking.BELONGS and draft.case == case.number:
        return  # The words in question wait on for their button.
    # In the group nobody is asked about a private matter: what is said there is not taken for an answer.
    turn.wait(Draft(turn.now + JOINS, case.number, Asking.NOTHING if aside else asking, choices=choices))


def go_on(turn: Turn) -> None:
    """The talk about a case that began in a group goes on in private, with whatever the case still lacks."""
    lacks = missing(turn.case)
    turn.wait(Draft(turn.now + JOINS, turn.case.number, lacks))
    asks = {Asking.KIND: Said("case.ask.what"), Asking.PLACE: Said("case.ask.place")}
    status.show(turn, question=asks.get(lacks, ""), fresh=True)


def missing(case: Case) -> Asking:
    """What a case that nobody has accepted yet still lacks, when the question was asked in another thread."""
    if case.state not in _CORRIGIBLE:
        return Asking.NOTHING
    if not case.category:
        return Asking.KIND
    return Asking.NOTHING if case.place or case.location or case.category in _FOR_A_PERSON else Asking.PLACE


def of(case: Case) -> Sorting:
    """The case's own kind, as a sorting."""
    return Sorting(case.category, case.category_sure, (), Urgency(case.urgency or Urgency.TODAY), case.private)


def sort_into(turn: Turn, sorting: Sorting) -> None:
    """The case is of this kind from now on."""
    turn.known(
        category=sorting.category,
        category_sure=sorting.sure,
        urgency=sorting.urgency,
        # Once private, always private: what a group has not seen it does not see later.
        private=turn.case.private or sorting.private,
    )


def beside_the_point(heard: Understanding, places: tuple[Candidate, ...]) -> bool:
    """Whether an answer to "where?" goes on with the story ("烟也大") or urges us ("快点来人啊") instead."""
    known = any(each.address_id or each.score > 0.5 for each in places)
    asks = heard.intent in (Intent.ASK, Intent.POINTS) and heard.intent_p >= SURE
    found = known or (heard.places and not asks)
    return not found and bool(_STORY.search(heard.text)) and not _SPOT.search(heard.text)


def placed(turn: Turn, places: tuple[Candidate, ...], words: str) -> None:
    """The answer to "where?". Not found in the library, it stands as it was written, in the group's own area."""
    if turn.scene.proposed:
        return  # Asked about with buttons.
    if found := sure(places):
        take(turn, found)
    elif words and not (len(places) > 1 and places[0].score > 0.5):
        case = turn.case
        turn.known(place=words[:200], grid=(places[0].grid or case.grid) if places else case.grid)


def put(turn: Turn, words: str, area: Area | None) -> None:
    """The case is where the desk says: in that area, if one is named, at the address of the library that the words
    mean there, else as they are written."""
    case, directory = turn.case, turn.directory
    grid = area.code if area else case.grid
    found = sure(match(words, None, grid or None, directory)) if words else None
    if case.address_id:
        turn.known(location=None)  # It was that address's.
    if found and (area is None or not found.grid or directory.contains(area.code, found.grid)):
        take(turn, found)
    else:
        turn.known(place=words, address_id="", grid=grid)


def settled(turn: Turn) -> None:
    """The desk said what it is, or where: while nobody has accepted it, it goes to whom it belongs. Whoever has it
    keeps it, unless it turned out to be about them."""
    case = turn.case
    out = case.holder in accused(case, turn.directory).people
    if case.state is State.RECEIVED or out or (case.state in _CORRIGIBLE and _elsewhere(turn)):
        dispatch(turn)
    elif case.holder:
        reroute(turn)
        card.show(turn, case.holder)
    status.show(turn)


def take(turn: Turn, place: Candidate) -> None:
    """The case is there."""
    pin = (place.lat, place.lon) if place.lat is not None and place.lon is not None else None
    case = turn.case
    turn.known(
        place=place.text,
        address_id=place.address_id or "",
        grid=place.grid or case.grid,
        location=case.location or pin,
    )


def _hold(turn: Turn) -> None:
    """Waiting for the resident pauses the dispatch clock, and only that one, and only so long."""
    case = turn.case
    if case.state is State.RECEIVED and ClockKind.PLACE not in turn.clocks:
        turn.pause(ClockKind.DISPATCH)
        turn.begin(ClockKind.PLACE, PATIENCE[Urgency(case.urgency)])


def _elsewhere(turn: Turn) -> bool:
    """Whether the case, already out, is no longer its holder's: another grid's, or of a kind that passes them by."""
    case, before = turn.case, turn.scene.case
    if before is None or case.grid != before.grid:
        return before is not None
    if case.holder in accused(case, turn.directory).people:
        return True
    ladder = ladder_of(case, turn.directory, turn.now)
    return case.category != before.category and all(rung.person.id != case.holder for rung in ladder)


def _show_more(turn: Turn) -> None:
    """The holder's card, and what the resident added in a line of its own: an edited card rings no bell."""
    case = turn.case
    if case.holder:
        card.show(turn, case.holder)
        words, photos = turn.added()
        if words or photos:
            card.more(turn, case.holder, words, photos)
