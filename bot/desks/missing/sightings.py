"""Sightings: "I saw them". Told to the bot alone, by somebody who was first sent to 110; heard by the police post and
the desk and by nobody else: whoever looks for a person may be whom that person fled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.desks.pictures import photos_of
from bot.desks.turn import Turn
from bot.messages import Address, Button, Inbound, Kind, Lane, Letter, Said, Words
from bot.outcome import Asking, Draft, Outcome, PhotoOrder, Scene, Thread
from nlu.understanding import Understanding
from routing.alert import Alert, AlertStep, Verb
from routing.alert import Kind as About
from routing.directory import Directory
from routing.platforms import Platform

#: So long what somebody writes alone belongs to what they saw.
LASTS = timedelta(minutes=30)
#: How the word behind /start begins that a link carries.
START = "seen-"
VERB = "alert_seen"
MOST_WORDS = 500  #: Characters of one sighting.
MOST_TOLD = 6  #: People of the police post who hear of it, and as many of the desk.
#: Of what one person tells within ten minutes, and of what all tell, so much is passed on.
MOST_OF_ONE, MOST_OF_ALL = 8, 30


def button(alert: Alert) -> Button:
    """Stands below the alert in a group."""
    return Button("alerts.button.seen", f"{VERB}:{alert.id}")


def about(inbound: Inbound, thread: Thread, now: datetime) -> str:
    """The alert that this message alone may be a sighting for, or ""."""
    if inbound.command:
        known = inbound.command == "start" and inbound.argument.startswith(START)
        return inbound.argument.removeprefix(START) if known else ""
    draft = thread.draft
    waits = draft is not None and draft.until > now and draft.asking is Asking.SEEN and bool(draft.choices)
    return draft.choices[0] if draft and waits and thread.private and inbound.kind is Kind.MESSAGE else ""


def pressed(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """ "I saw them", below an alert, or by a link. In a group nothing is asked: the talk goes on alone."""
    turn = Turn(inbound.cause, scene, directory, now)
    alert = scene.alert
    if alert is None or not alert.may(Verb.SIGHT) or alert.kind is not About.MISSING:
        if turn.thread.private:
            turn.reply("alerts.seen.over")
        return turn.outcome("missing.seen_late")
    if turn.thread.private:
        turn.wait(Draft(now + LASTS, asking=Asking.SEEN, choices=(alert.id,)))
        turn.reply("alerts.seen.ask", _ask(alert, scene))
        return turn.outcome("missing.seen_asked")
    resident = turn.thread.resident
    params: dict[str, Words] = {"police": scene.standing.police, "exercise": _drill(alert)}
    if resident.private is not None:
        go_on = Button("alerts.button.tell", f"{VERB}:{alert.id}")
        turn.tell(
            Letter(
                resident.private, "alerts.seen.begin", params, Lane.REPLY, slot=f"{alert.id}:seen", fresh=True,
                buttons=((go_on,),), language=resident.language, case=alert.id,
            )
        )  # fmt: skip
        return turn.outcome("missing.seen_aside")
    # Once in a group, however many press: one message, edited.
    username = scene.usernames.get(turn.thread.at.bot, "")
    link = Button("alerts.button.tell", url=f"https://t.me/{username}?start={START}{alert.id}")
    turn.reply("alerts.seen.alone", params, buttons=((link,),) if username else (), slot=f"{alert.id}:seen-way")
    return turn.outcome("missing.seen_way")


def told(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """What somebody saw: the words, the pin, the pictures. It goes to the police post and the desk at once; what one
    person repeats does not, and in a flood it is kept for the desk's page alone. A link that was followed here begins
    it."""
    if inbound.command:
        return pressed(inbound, scene, directory, now)
    turn = Turn(inbound.cause, scene, directory, now)
    alert = scene.alert
    if alert is None or not alert.may(Verb.SIGHT):
        turn.wait(None)
        turn.reply("alerts.seen.over")
        return turn.outcome("missing.seen_late")
    ready, orders = photos_of(inbound, scene)
    words = inbound.text.strip()[:MOST_WORDS]
    if not (words or ready or orders or inbound.location):
        turn.reply("alerts.seen.ask", _ask(alert, scene))
        return turn.outcome("missing.seen_asked")
    turn.wait(Draft(now + LASTS, asking=Asking.SEEN, choices=(alert.id,)))
    said: dict[str, Words] = {
        "police": scene.standing.police, "alarm": Said(f"emergency.{heard.emergency}") if heard.emergency else "",
    }  # fmt: skip
    mine = [step.words for step in scene.sightings if step.by == turn.thread.resident.id]
    if len(mine) >= MOST_OF_ONE or (words in mine and not (ready or orders or inbound.location)):
        turn.reply("alerts.seen.again", said)
        return turn.outcome("missing.seen_again")
    # The alert itself stays at its version: nobody who takes it back has to race those who saw somebody.
    turn.keep(AlertStep(alert.id, Verb.SIGHT, now, turn.thread.resident.id, words))
    params: dict[str, Words] = {
        "number": alert.shown, "name": alert.content.missing.name if alert.content.missing else "",
        "reference": alert.content.reference, "words": words, "at": now, "exercise": _drill(alert),
    }  # fmt: skip
    if len(scene.sightings) >= MOST_OF_ALL:
        if len(scene.sightings) == MOST_OF_ALL:
            turn.tell(*_to_post("alerts.seen.many", params, alert, scene, directory, now))
        turn.reply("alerts.seen.kept", said)
        return turn.outcome("missing.seen_kept")
    turn.keep(*(replace(order, case=alert.id) for order in orders))
    letters = _to_post("alerts.seen.card", params, alert, scene, directory, now)
    turn.tell(*(replace(each, photos=ready[:10], location=inbound.location) for each in letters))
    turn.reply("alerts.seen.thanks", said)
    return turn.outcome("missing.seen")


def pictured(album: tuple[PhotoOrder, ...], cause: str, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """Pictures of a sighting arrived and are clean: whoever heard of it sees them."""
    alert = scene.alert
    if alert is None or not alert.may(Verb.SIGHT):
        return Outcome(cause, note="missing.seen_late")
    photos = tuple(order.key for order in album)[:10]
    params: dict[str, Words] = {"number": alert.shown, "exercise": _drill(alert)}
    letters = _to_post("alerts.seen.photo", params, alert, scene, directory, now)
    return Outcome(cause, letters=tuple(replace(each, photos=photos) for each in letters), note="missing.seen_photo")


def _to_post(
    key: str, params: dict[str, Words], alert: Alert, scene: Scene, directory: Directory, now: datetime
) -> Iterator[Letter]:
    """Yields the same letter to each of them."""
    for to in post(alert, scene, directory, now):
        yield Letter(to, key, params, Lane.DUTY, case=alert.id)


def _ask(alert: Alert, scene: Scene) -> dict[str, Words]:
    return {"police": scene.standing.police, "reference": alert.content.reference, "exercise": _drill(alert)}


def _drill(alert: Alert) -> Words:
    """What stands first where nobody is really missing: no police drive out for it."""
    return Said("alerts.exercise") if alert.exercise else ""


def post(alert: Alert, scene: Scene, directory: Directory, now: datetime) -> list[Address]:
    """The police post that answers for the alert's area, and the desk: those on duty, or all where nobody is."""
    police = directory.unit_for(Platform.ORDER, alert.area, "order.missing")
    officers = [person for person in directory.people.values() if police and person.unit == police.code]
    found: list[Address] = []
    for people in (officers, directory.desk_of(alert.area)):
        there = [person for person in directory.standing(people, now) if person.id in scene.reach]
        on_duty = [person for person in there if directory.on_duty(person.id, now)]
        found += [scene.reach[person.id] for person in on_duty or there][:MOST_TOLD]
    return list(dict.fromkeys(found))
