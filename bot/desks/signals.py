"""What another system reports: nobody is asked anything; it goes out at once with what is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desks import family, report, status
from bot.desks.dispatching import dispatch
from bot.desks.missing import signalled
from bot.desks.pictures import photos_of, words_of
from bot.desks.sorting import OTHER, Sorting, chosen, of_first, sort
from bot.desks.turn import Turn
from bot.messages import Inbound, Signal
from bot.outcome import Outcome, Scene
from nlu.understanding import Understanding
from routing.address import sure
from routing.case import Case, State
from routing.directory import Directory
from routing.platforms import CATEGORIES


def taken(
    inbound: Inbound, signal: Signal, heard: Understanding, scene: Scene, directory: Directory, now: datetime
) -> Outcome:
    """A new case, or more about one that this same system reported."""
    if not signal.case:
        return _opened(inbound, signal, heard, scene, directory, now)
    case, thread = scene.case, scene.thread
    if case is None or thread is None or case.thread != thread.id:
        return Outcome(inbound.cause, note="signals.not_theirs")
    return report.add(inbound, heard, scene, directory, now)


def _opened(
    inbound: Inbound, signal: Signal, heard: Understanding, scene: Scene, directory: Directory, now: datetime
) -> Outcome:
    turn = Turn(inbound.cause, report.without_case(scene), directory, now)
    sorting = _sorting(signal, heard)
    ready, orders = photos_of(inbound, scene)
    case = Case(
        number=scene.fresh.number,
        state=State.RECEIVED,
        reporter=turn.thread.resident.id,
        thread=turn.thread.id,
        message=inbound.message_id,
        opened_at=min(signal.told_at or inbound.sent_at, inbound.sent_at),
        words=words_of(inbound),
        category=sorting.category,
        category_sure=sorting.sure,
        urgency=sorting.urgency,
        private=sorting.private,
        location=inbound.location,
        photos=ready,
    )
    turn.open(_placed(case, signal, scene, directory), inbound.sent_at)
    turn.keep(*(replace(order, case=case.number) for order in orders))
    dispatch(turn)
    family.warn(turn, scene.family)
    if signal.drafts and (draft := signalled.draft(turn.case, inbound.at.bot, scene, directory, now)):
        turn.keep(*draft.changes)
        turn.tell(*draft.letters)
    status.show(turn, first=True)
    return turn.outcome("signals.opened")


def _sorting(signal: Signal, heard: Understanding) -> Sorting:
    """The kind that the system named, else that of its words, else a person at the desk sorts it."""
    if signal.category in CATEGORIES:
        return chosen(signal.category, heard.violent)
    found = sort(of_first(heard), alone=True)
    return found if found.sure else replace(chosen(OTHER), sure=False)


def _placed(case: Case, signal: Signal, scene: Scene, directory: Directory) -> Case:
    """The case where the system says it is. An address that is not surely one of the library's stays as it is written
    and has no grid: it is the desk's."""
    if standard := directory.address(signal.address_id):
        return replace(
            case,
            place=standard.text,
            address_id=standard.address_id,
            grid=standard.area,
            location=case.location or (standard.lat, standard.lon),
        )
    if area := directory.area(signal.address_id):
        return replace(case, place=signal.place or area.name, grid=area.code)
    place = sure(scene.places)
    if place is None:
        return replace(case, place=signal.place)
    pin = (place.lat, place.lon) if place.lat is not None and place.lon is not None else None
    return replace(
        case,
        place=place.text,
        address_id=place.address_id or "",
        grid=place.grid or "",
        location=case.location or pin,
    )
