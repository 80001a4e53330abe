"""A resident's report: the number at the first message, then one question at a time, then out to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desks import card, groups, status
from bot.desks.dispatching import dispatch
from bot.desks.pictures import photos_of, seen_before, words_of
from bot.desks.question import advance, beside_the_point, missing, of, pass_on_detail, placed, sort_into
from bot.desks.sorting import MISSING, OTHER, Sorting, chosen, of_first, sort
from bot.desks.turn import Turn
from bot.messages import Inbound, Said, Words
from bot.outcome import Asking, Outcome, Scene
from nlu.understanding import Emergency, Understanding
from routing.address import Candidate, sure
from routing.case import Case, IllegalMove, State, Verb
from routing.directory import AreaKind, Directory
from routing.sla import ClockKind


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
    turn = Turn(inbound.cause, without_case(scene), directory, now)
    thread = turn.thread
    turn.several = len(heard.matters) > 1 and (sorting is None or sorting.sure) and not heard.emergency
    sorting = sorting or sort(of_first(heard), alone=thread.private)
    place = sure(scene.places) or _named(heard, scene, directory)
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
            location=inbound.location
            or ((place.lat, place.lon) if place and place.lat is not None and place.lon is not None else None),
            photos=ready,
        )
    )
    turn.keep(*(replace(order, case=scene.fresh.number) for order in orders))
    turn.miss(missed)
    advance(turn, sorting, scene.places, first=True, alarm=alarm_of(heard, sorting.category))
    if ready:
        seen_before(turn, ready)
    if scene.group is None and not inbound.private:
        groups.unbound(turn, inbound)
    return turn.outcome("report.opened")


def add(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """More about the case this person just opened: an answer to our question, more words, photos, a place."""
    turn = Turn(inbound.cause, scene, directory, now)
    case, thread = turn.case, turn.thread
    words = words_of(inbound)
    ready, orders = photos_of(inbound, scene)
    try:
        turn.step(Verb.DETAIL, thread.resident.id, words, ready)
    except IllegalMove:
        turn.reply("case.not_open", {"number": case.shown}, reply_to=inbound.message_id)
        return turn.outcome("report.not_open")
    turn.keep(*(replace(order, case=case.number) for order in orders))
    if case.state not in (State.RECEIVED, State.DISPATCHED):
        pass_on_detail(turn)
        return turn.outcome("report.detail")
    asked = status.asking(turn) or missing(case)
    sorting = of(case)
    if inbound.location:
        turn.known(location=inbound.location)
    unsorted = not case.category_sure and bool(words) and case.category == OTHER
    if (asked is Asking.KIND and words) or unsorted or (heard.emergency and not case.category_sure):
        found = sort(heard, alone=thread.private)
        # Asked once is enough: what is still unclear, a person sorts, unless the next words say it after all.
        sorting = found if found.sure else replace(chosen(OTHER), sure=False)
        sort_into(turn, sorting)
    named = bool(words) and not beside_the_point(heard, scene.places)
    answered = asked is Asking.PLACE and (named or inbound.location is not None)
    if answered or inbound.location or (not case.place and sure(scene.places)):
        placed(turn, scene.places, words if answered else "")
    told = unsorted and sorting.sure
    if asked in (Asking.KIND, Asking.PLACE) or told or case.state is State.RECEIVED or heard.emergency:
        advance(turn, sorting, scene.places, alarm=alarm_of(heard))
    else:
        pass_on_detail(turn)
    if ready:
        seen_before(turn, ready)
    return turn.outcome("report.detail")


def withdraw(turn: Turn) -> None:
    """The reporter takes it back; only before somebody has accepted."""
    case = turn.case
    if not case.may(Verb.WITHDRAW) or turn.scene.joined:
        question = Said("case.too_late_to_withdraw") if case.state in (State.ACCEPTED, State.ARRIVED) else ""
        if case.may(Verb.WITHDRAW):
            question = Said("case.others_wait")
        status.show(turn, question=question)
        return
    holder = case.holder
    turn.step(Verb.WITHDRAW, case.reporter)
    turn.stop(*turn.clocks)
    turn.wait(None)
    if holder:
        card.show(turn, holder)
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


def without_case(scene: Scene) -> Scene:
    """The same scene for a matter of its own: what the sender's other case or somebody else's is, is out of sight."""
    return replace(scene, case=None, clocks=(), steps=(), reporter=None)


def alarm_of(heard: Understanding, category: str = "") -> Words:
    """119, 110 or 120, to be named before anything else; "" without danger."""
    if isinstance(heard.emergency, Emergency):
        return Said(f"emergency.{heard.emergency}")
    return Said("emergency.missing") if category == MISSING else ""


def _named(heard: Understanding, scene: Scene, directory: Directory) -> Candidate | None:
    """A place that was named and stands in no library ("at the bridge"), in a grid's own group: its worker knows it."""
    group = directory.area(scene.group.area) if scene.group else None
    if not heard.places or group is None or group.kind is not AreaKind.GRID or len(scene.places) != 1:
        return None
    found = scene.places[0]
    if found.address_id or found.grid != group.code or found.text == group.name:
        return None
    return replace(found, lat=None, lon=None)  # The middle of the grid is no pin.
