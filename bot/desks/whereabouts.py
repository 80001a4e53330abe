"""Where a patrol is: a pin or a live location that they share with the bot alone. Only dispatch reads it."""

from __future__ import annotations

from datetime import datetime

from bot.desks.turn import Turn
from bot.messages import Inbound
from bot.outcome import Asking, Outcome, Position, Scene
from routing.directory import Directory, Person, Role


def follows(inbound: Inbound, directory: Directory, now: datetime) -> bool:
    """Whether a place that moves may be kept at all: it is a patrol's, on duty. Anybody else's is not even stored."""
    person = _sender(inbound, directory)
    return person is not None and person.role is Role.PATROL and directory.on_duty(person.id, now)


def shared(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> bool:
    """Whether this message says where a patrol is: a pin alone, in private, that answers no question."""
    thread, person = scene.thread, _sender(inbound, directory)
    if thread is None or person is None or person.role is not Role.PATROL or not inbound.private:
        return False
    alone = inbound.location is not None and not (inbound.text or inbound.media or inbound.quoted)
    draft = thread.draft
    asked = draft is not None and draft.until > now and draft.asking is Asking.PLACE
    return alone and not asked


def kept(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """Keeps it, and says for how long and who sees it; off duty nothing is kept."""
    turn = Turn(inbound.cause, scene, directory, now)
    if (position := _position(inbound, directory, now)) is None:
        turn.reply("whereabouts.off_duty", reply_to=inbound.message_id)
        return turn.outcome("whereabouts.off_duty")
    turn.keep(position)
    minutes = int(scene.plan.fresh.total_seconds() // 60)
    turn.reply("whereabouts.kept", {"minutes": minutes}, reply_to=inbound.message_id)
    return turn.outcome("whereabouts.kept")


def moved(inbound: Inbound, directory: Directory, now: datetime) -> Outcome:
    """A live location that goes on: kept without a word."""
    position = _position(inbound, directory, now)
    return Outcome(inbound.cause, (position,) if position else (), note="whereabouts.moved")


def _position(inbound: Inbound, directory: Directory, now: datetime) -> Position | None:
    person = _sender(inbound, directory)
    if person is None or inbound.location is None or not follows(inbound, directory, now):
        return None
    lat, lon = inbound.location
    return Position(person.id, lat, lon, min(inbound.sent_at, now))


def _sender(inbound: Inbound, directory: Directory) -> Person | None:
    return directory.person_by_user(inbound.at.channel, inbound.sender.user_id) if inbound.sender else None
