"""Buttons about alerts: an approver's no, and "I saw them". (A yes needs a tick, a reference and a signature: that is
a page.)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.desks import missing
from bot.desks.missing import sightings
from bot.desks.missing.sheet import Refused
from bot.messages import Inbound, Letter
from bot.outcome import Outcome, Scene
from routing.directory import Directory


def declined(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """An approver who was asked says no, in a private talk."""
    alert, thread = scene.alert, scene.thread
    if alert is None or thread is None or not thread.private or scene.person not in alert.asked:
        return Outcome(inbound.cause, note="press.not_theirs")
    try:
        return missing.decline(inbound.cause, scene, directory, now, by=scene.person)
    except Refused as refused:
        said = Letter(thread.at, f"alerts.refused.{refused.reason}", language=thread.resident.language)
        return Outcome(inbound.cause, letters=(said,), note="press.alert_refused")


#: What a button carries before the alert's id -> what it does.
ALERTS: Mapping[str, Callable[[Inbound, Scene, Directory, datetime], Outcome]] = {
    "alert_no": declined,
    sightings.VERB: sightings.pressed,
}


def alert_in(data: str) -> str:
    """The id of the alert that a button is about, or ""."""
    verb, _, rest = data.partition(":")
    number = rest.partition(":")[0]
    known = verb in ALERTS and len(number) == 9 and number[0] == "a" and number[1:].isascii()
    return number if known and number[1:].isdigit() else ""
