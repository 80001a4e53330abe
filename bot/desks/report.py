"""A resident's report: the number at the first message, then one question at a time, then out to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.desks import card, status
from bot.desks.dispatching import dispatch
from bot.desks.sorting import OTHER, Sorting, chosen, sort
from bot.desks.turn import JOINS, Turn
from bot.messages import Inbound, Media, MediaKind, Said, Words
from bot.outcome import Asking, Draft, Outcome, PhotoOrder, Scene
from nlu.understanding import Emergency, Understanding
from routing.address import Candidate, match, sure
from routing.case import Case, IllegalMove, State, Verb
from routing.directory import Directory
from routing.platforms import CATEGORIES, Urgency
from routing.sla import ClockKind

#: How long a question holds up the dispatch before the case goes out with what is known.
PATIENCE = {
    Urgency.NOW: timedelta(seconds=30),
    Urgency.TODAY: timedelta(minutes=3),
    Urgency.DAYS: timedelta(minutes=10),
}


def open_case(
    inbound: Inbound,
    heard: Understanding,
    scene: Scene,
    directory: Directory,
    now: datetime,
    *,
    sorting: Sorting | None = None,
    missed: str = "",
) -> Outcome:
    """A new matter. The answer carries the case number, the emergency number before it where there is danger, and
    either what happens next or the one question that is missing."""
    turn = Turn(inbound.cause, scene, directory, now)
    thread = turn.thread
    sorting = sorting or sort(heard)
    place = sure(scene.places)
    area = scene.group.area if scene.group else ""
    ready, orders = photos_of(inbound, scene)
    turn.open(
        Case(
            number=scene.fresh.number,
            state=State.RECEIVED,
            reporter=thread.resident.id,
            thread=thread.id,
            message=inbound.message_id,
            opened_at=inbound.sent_at,
            words=words_of(inbound),
            category=sorting.category,
            category_sure=sorting.sure,
            urgency=sorting.urgency,
            private=sorting.private,
            place=place.text if place else "",
            address_id=(place.address_id or "") if place else "",
            grid=(place.grid or "") if place else area,
            location=inbound.location or ((place.lat, place.lon) if place and place.lat and place.lon else None),
            photos=ready,
        )
    )
    turn.keep(*(replace(order, case=scene.fresh.number) for order in orders))
    turn.miss(missed)
    _advance(turn, sorting, scene.places, first=True, alarm=_alarm(heard))
    return turn.outcome("report.opened")


def add(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """More about the case this person just opened: an answer to our question, more words, photos, a place."""
    turn = Turn(inbound.cause, scene, directory, now)
    case, thread = turn.case, turn.thread
    words = words_of(inbound)
    ready, orders = photos_of(inbound, scene)
    turn.keep(*(replace(order, case=case.number) for order in orders))
    try:
        case = turn.step(Verb.DETAIL, thread.resident.id, words, ready)
    except IllegalMove:
        turn.reply("case.not_open", {"number": case.shown})
        return turn.outcome("report.not_open")
    asked = status.asking(turn) or _missing(case)
    sorting = Sorting(case.category, case.category_sure, (), Urgency(case.urgency), case.private)
    if inbound.location:
        turn.known(location=inbound.location)
    if (asked is Asking.KIND and words) or heard.emergency:
        found = sort(heard)
        # Asked once is enough: what is still unclear, a person sorts.
        sorting = found if found.sure else chosen(OTHER)
        _sorted(turn, sorting)
    if (asked is Asking.PLACE and (words or inbound.location)) or (not case.place and sure(scene.places)):
        _placed(turn, scene.places, words)
    if asked in (Asking.KIND, Asking.PLACE) or case.state is State.RECEIVED:
        _advance(turn, sorting, scene.places, alarm=_alarm(heard))
    else:
        _pass_on_detail(turn)
    return turn.outcome("report.detail")


def choose_kind(turn: Turn, code: str) -> None:
    """The reporter pressed a kind of matter."""
    case = turn.case
    if code not in CATEGORIES or not case.may(Verb.DETAIL):
        status.show(turn)
        return
    sorting = chosen(code)
    turn.step(Verb.DETAIL, case.reporter)
    _sorted(turn, sorting)
    _advance(turn, sorting, turn.scene.places)


def choose_place(turn: Turn, index: str) -> None:
    """The reporter pressed a place; "none" asks for it in words."""
    case, thread = turn.case, turn.thread
    if not case.may(Verb.DETAIL):
        status.show(turn)
        return
    names = thread.draft.choices if thread.draft and thread.draft.asking is Asking.PLACE else ()
    found = (
        match(names[int(index)], None, case.grid, turn.directory) if index.isdigit() and int(index) < len(names) else ()
    )
    if not found:
        _ask_place(turn, (), again=True)
        return
    turn.step(Verb.DETAIL, case.reporter)
    _take(turn, found[0])
    _advance(turn, Sorting(case.category, case.category_sure, (), Urgency(case.urgency), case.private), ())


def ask_kind_again(turn: Turn) -> None:
    """ "Wrong kind": three likely ones to choose from, or words."""
    case = turn.case
    draft = turn.thread.draft if turn.on_thread else None
    codes = draft.choices if draft and draft.choices and draft.case == case.number else ()
    _wait(turn, Asking.KIND, codes)
    likely = tuple(code for code in codes if code in CATEGORIES and code != case.category)
    status.show(turn, question=Said("case.ask.kind_again"), buttons=status.kinds(case.number, likely))


def ask_place_again(turn: Turn) -> None:
    """ "Wrong place": asked in words, or a pin."""
    _ask_place(turn, (), again=True)


def withdraw(turn: Turn) -> None:
    """The reporter takes it back; only before somebody has accepted."""
    case = turn.case
    if not case.may(Verb.WITHDRAW):
        status.show(turn, question=Said("case.too_late_to_withdraw"))
        return
    holder = case.holder
    turn.step(Verb.WITHDRAW, case.reporter)
    turn.stop(*turn.clocks)
    turn.wait(None)
    if holder:
        card.lay_aside(turn, holder)
    status.show(turn)


def unheard(turn: Turn) -> None:
    """The PLACE clock: nobody answered our question; the case goes out with what is known."""
    case = turn.case
    turn.stop(ClockKind.PLACE)
    if case.state is not State.RECEIVED:
        return
    if not case.category:
        turn.known(category=OTHER)
    dispatch(turn)
    status.show(turn)


def photo_kept(order: PhotoOrder, cause: str, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A picture arrived from the app and is clean: it joins the case, and whoever should see it does."""
    turn = Turn(cause, scene, directory, now)
    case = turn.case
    if order.result:
        turn.known(result_photos=(*case.result_photos, order.key))
        closing_photo(turn, order.key)
        return turn.outcome("photo.result")
    if case.may(Verb.DETAIL):
        turn.step(Verb.DETAIL, case.reporter, photos=(order.key,))
    if case.holder:
        card.photo(turn, case.holder, order.key)
    return turn.outcome("photo.kept")


def photo_refused(order: PhotoOrder, cause: str, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """What came was no picture we can open. The sender is told once; the case goes on."""
    turn = Turn(cause, scene, directory, now)
    status.whisper(turn, "photo.refused")
    return turn.outcome("photo.refused")


def closing_photo(turn: Turn, key: str) -> None:
    """The picture of what was done follows to the reporter."""
    status.whisper(turn, "case.result_photo", photos=(key,))


# --- inside


def words_of(inbound: Inbound) -> str:
    """What was said, with the quoted neighbour's words when the mention replies to them."""
    quoted = inbound.quoted
    if quoted and not quoted.mine and quoted.text and not inbound.private:
        return "\n".join(part for part in (inbound.text.strip(), quoted.text.strip()) if part)
    return inbound.text.strip()


def photos_of(inbound: Inbound, scene: Scene) -> tuple[tuple[str, ...], tuple[PhotoOrder, ...]]:
    """Returns the keys of photos that are ours already and the orders for those to fetch. A mention that replies to a
    neighbour's photo takes it in. Voice messages are kept too: a person listens."""
    media: tuple[Media, ...] = inbound.media
    if inbound.quoted and not inbound.quoted.mine and not media:
        media = inbound.quoted.media
    wanted = [each for each in media if each.kind in (MediaKind.PHOTO, MediaKind.VOICE)]
    ready = tuple(each.ref for each in wanted if each.kept)
    names = iter(scene.fresh.keys)
    orders = tuple(
        PhotoOrder(next(names) + (".ogg" if each.kind is MediaKind.VOICE else ".jpg"), inbound.at, each)
        for each in wanted
        if not each.kept
    )
    return ready, orders


def _alarm(heard: Understanding) -> Words:
    return Said(f"emergency.{heard.emergency}") if isinstance(heard.emergency, Emergency) else ""


def _sorted(turn: Turn, sorting: Sorting) -> None:
    case = turn.case
    # Once private, always private: what a group has not seen it does not see later.
    turn.known(
        category=sorting.category,
        category_sure=sorting.sure,
        urgency=sorting.urgency,
        private=case.private or sorting.private,
    )


def _take(turn: Turn, place: Candidate) -> None:
    pin = (place.lat, place.lon) if place.lat is not None and place.lon is not None else None
    case = turn.case
    turn.known(
        place=place.text,
        address_id=place.address_id or "",
        grid=place.grid or case.grid,
        location=case.location or pin,
    )


def _placed(turn: Turn, places: tuple[Candidate, ...], words: str) -> None:
    """The answer to "where?". Not found in the library, it stands as it was written, in the group's own area."""
    if found := sure(places):
        _take(turn, found)
    elif not (len(places) > 1 and places[0].score > 0.5):
        case = turn.case
        turn.known(place=words[:200], grid=(places[0].grid or case.grid) if places else case.grid)


def _advance(
    turn: Turn,
    sorting: Sorting,
    places: tuple[Candidate, ...],
    *,
    first: bool = False,
    alarm: Words = "",
) -> None:
    """Asks the one thing that is missing, or sends the case out; what is urgent goes out and is asked meanwhile."""
    case = turn.case
    if case.state not in (State.RECEIVED, State.DISPATCHED):
        _pass_on_detail(turn)
        return
    urgent = case.urgency == Urgency.NOW
    grid = turn.directory.area(case.grid or None)
    knows_where = bool(case.place or case.location) or (grid is not None and grid.kind == "grid")
    unsorted = not case.category
    out = (case.category and knows_where) or urgent
    if (out and case.state is State.RECEIVED) or (out and case.state is State.DISPATCHED and _elsewhere(turn)):
        dispatch(turn)
    elif case.holder:
        card.show(turn, case.holder)
    if unsorted:
        _wait(turn, Asking.KIND, sorting.choices)
        question = Said("case.ask.kind" if sorting.choices else "case.ask.what")
        buttons = status.kinds(case.number, sorting.choices) if sorting.choices else ()
        status.show(turn, question=question, buttons=buttons, alarm=alarm, first=first)
        _hold(turn, sorting.urgency)
    elif not (case.place or case.location):
        _ask_place(turn, places, first=first, alarm=alarm)
    else:
        _wait(turn, Asking.NOTHING, sorting.choices)
        status.show(turn, alarm=alarm, first=first)


def _ask_place(
    turn: Turn,
    places: tuple[Candidate, ...],
    *,
    first: bool = False,
    again: bool = False,
    alarm: Words = "",
) -> None:
    case, thread = turn.case, turn.thread
    names = tuple(each.text for each in places if each.address_id or each.score > 0.5)
    _wait(turn, Asking.PLACE, names)
    key = "case.ask.which_place" if len(names) > 1 else "case.ask.place"
    if not (thread.private or case.private) and len(names) < 2:
        key = "case.ask.place_group"
    status.show(
        turn,
        question=Said(key),
        buttons=status.places(case.number, names) if len(names) > 1 else (),
        alarm=alarm,
        first=first,
    )
    if not again and turn.case.state is State.RECEIVED:
        _hold(turn, Urgency(case.urgency))


def _hold(turn: Turn, urgency: Urgency) -> None:
    """Waiting for the resident pauses the dispatch clock, and only that one, and only so long."""
    case = turn.case
    if case.state is State.RECEIVED and ClockKind.PLACE not in turn.clocks:
        turn.pause(ClockKind.DISPATCH)
        turn.begin(ClockKind.PLACE, PATIENCE[urgency])


def _wait(turn: Turn, asking: Asking, choices: tuple[str, ...] = ()) -> None:
    """Remembers what we wait for, in the talk where the resident will answer."""
    if not (turn.on_case and turn.on_thread):
        return
    case, thread = turn.case, turn.thread
    aside = case.private and not thread.private
    # In the group nobody is asked about a private matter: what is said there is not taken for an answer.
    turn.wait(Draft(turn.now + JOINS, case.number, Asking.NOTHING if aside else asking, choices=choices))


def waits_for(turn: Turn) -> Draft:
    """The draft of a talk that goes on in private: whatever the case still lacks."""
    case = turn.case
    return Draft(turn.now + JOINS, case.number, _missing(case))


def _missing(case: Case) -> Asking:
    """What a case that nobody has yet still lacks, when the question was asked in another thread."""
    if case.state is not State.RECEIVED:
        return Asking.NOTHING
    if not case.category:
        return Asking.KIND
    return Asking.NOTHING if case.place or case.location else Asking.PLACE


def _elsewhere(turn: Turn) -> bool:
    """Whether the case, already out, now belongs to another unit or grid than its holder's."""
    case, before = turn.case, turn.scene.case
    return bool(case and before and (case.grid != before.grid or case.category != before.category))


def _pass_on_detail(turn: Turn) -> None:
    """The case is with a person: the card is edited, and a line says that there is more."""
    case = turn.case
    if case.holder:
        card.show(turn, case.holder)
        words, photos = turn.added()
        if words or photos:
            card.more(turn, case.holder, words, photos)
    if turn.on_thread:
        _wait(turn, Asking.NOTHING)
        status.whisper(turn, "case.added", slot=f"c{case.number}:added")
