"""Groups: what the bot says when it joins, what it hears there, who may change that, and how a group is bound."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from bot.desks.turn import Turn
from bot.messages import Button, Inbound, Kind, Lane, Letter, Said
from bot.outcome import Asking, Draft, GroupChange, Outcome, Scene
from nlu.understanding import Intent, Understanding
from routing.directory import Directory, Group, Hears, Role

#: A quiet offer of help to one person in one group, at most once in this time.
OFFER_AGAIN = timedelta(hours=6)
OFFER_LIFE = timedelta(minutes=10)


class Hearing(StrEnum):
    """What becomes of a message before anything of it is stored."""

    TAKE = "take"  #: Meant for us.
    OVERHEAR = "overhear"  #: `listen` and unmistakable: help is offered once.
    IGNORE = "pass"  #: Neighbours talking: only its id is kept.


def hearing(inbound: Inbound, group: Group | None, waiting: bool, joins: bool, clear: bool) -> Hearing:
    """Returns whether a message may be stored at all.

    `waiting`: the bot asked this person something here. `joins`: this person opened a case here minutes ago.
    `clear`: the gate in memory finds an unmistakable report or question (asked for in `listen` groups only).
    """
    if inbound.kind not in (Kind.MESSAGE, Kind.EDITED):
        return Hearing.IGNORE if inbound.kind is Kind.IGNORED else Hearing.TAKE
    if inbound.private or inbound.addressed:
        return Hearing.TAKE
    if inbound.kind is Kind.EDITED:
        return Hearing.TAKE if joins else Hearing.IGNORE
    if inbound.quoted is not None and not inbound.quoted.mine:
        return Hearing.IGNORE  # A word to a neighbour is no answer to us.
    if waiting:
        return Hearing.TAKE
    if joins and (inbound.media or inbound.location):
        return Hearing.TAKE  # The photo that was asked for, sent after the words.
    if group is not None and group.hears is Hears.LISTEN and clear and inbound.quoted is None:
        return Hearing.OVERHEAR
    return Hearing.IGNORE


def overheard(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """Offers help once, quietly. What was overheard is kept for ten minutes, for the answer alone."""
    turn = Turn(inbound.cause, scene, directory, now)
    thread = turn.thread
    busy = thread.draft is not None and thread.draft.until > now and bool(thread.draft.case)
    if busy or thread.handed_to or (thread.offered_until and thread.offered_until > now):
        return turn.outcome("groups.offered_before")
    draft = Draft(now + OFFER_LIFE, "", Asking.OFFER, inbound.text, inbound.media, inbound.message_id)
    turn.talk(draft=draft, offered_until=now + OFFER_AGAIN)
    asks = heard.intent in (Intent.ASK, Intent.POINTS) and not heard.emergency
    turn.reply(
        "groups.offer_answer" if asks else "groups.offer",
        {"alarm": Said(f"emergency.{heard.emergency}") if heard.emergency else ""},
        reply_to=inbound.message_id,
        slot=offer_slot(draft),
        buttons=(
            (
                Button("button.yes_answer" if asks else "button.yes_report", f"offer:yes:{thread.id}"),
                Button("button.no", f"offer:no:{thread.id}"),
            ),
        ),
    )
    return turn.outcome("groups.offered")


def offer_slot(draft: Draft) -> str:
    """The slot of the offer that was made for an overheard message."""
    return f"offer:{draft.message_id}"


def changed(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """The bot came, went, or the group moved. (Who opens or blocks a private talk is the store's matter.)"""
    turn = Turn(inbound.cause, scene, directory, now)
    if inbound.private:
        return turn.outcome("groups.private")
    match inbound.kind:
        case Kind.MIGRATED:
            turn.keep(GroupChange(inbound.at, inbound.title, moved_to=inbound.migrated_to))
        case Kind.LEFT:
            turn.keep(GroupChange(inbound.at, inbound.title, present=False))
        case Kind.JOINED | Kind.PROMOTED:
            turn.keep(GroupChange(inbound.at, inbound.title, present=True))
            if inbound.kind is Kind.JOINED:
                _introduce(turn, inbound)
        case _:
            pass
    return turn.outcome(f"groups.{inbound.kind}")


def switch(turn: Turn, inbound: Inbound, to: str) -> None:
    """/hears mention|listen: a group's administrator decides, and the bot says aloud what it hears from now on."""
    group = turn.scene.group
    allowed = bool(inbound.sender and inbound.sender.admin) or _is_operator(turn)
    if inbound.private:
        turn.reply("groups.only_in_group")
        return
    if group is None:
        unbound(turn, inbound)
        return
    if not allowed:
        turn.reply("groups.only_admins", reply_to=inbound.message_id)
        return
    if to not in (Hears.MENTION, Hears.LISTEN):
        turn.reply("groups.which", buttons=_switches())
        return
    turn.keep(GroupChange(inbound.at, hears=to))
    turn.reply(f"groups.hears_{to}", buttons=_switch_from(Hears(to)))


def unbound(turn: Turn, inbound: Inbound) -> None:
    """A group nobody put into the directory: it hears how to be bound, once a day; the desk sees it once."""
    at = inbound.at
    turn.keep(GroupChange(at, inbound.title, present=True))
    turn.tell(
        Letter(
            at,
            "groups.unbound",
            {"chat": at.chat},
            Lane.REPLY,
            dedupe=f"unbound:{at.channel}:{at.bot}:{at.chat}:{turn.now:%Y%m%d}",
        )
    )
    for person in turn.directory.desk_of(None):
        to = turn.staff(person.id)
        if to is not None:
            turn.tell(
                Letter(
                    to,
                    "groups.unbound_desk",
                    {"title": inbound.title, "chat": at.chat, "channel": at.channel, "bot": at.bot},
                    Lane.UPDATE,
                    dedupe=f"unbound:{at.channel}:{at.bot}:{at.chat}:{person.id}",
                )
            )


def _introduce(turn: Turn, inbound: Inbound) -> None:
    group = turn.scene.group
    if group is None:
        unbound(turn, inbound)
        return
    area = turn.directory.area(group.area)
    turn.tell(
        Letter(
            inbound.at,
            f"groups.hello_{group.hears}",
            {"area": area.name if area else group.name},
            Lane.REPLY,
            buttons=_switch_from(group.hears),
        )
    )


def _switches() -> tuple[tuple[Button, ...], ...]:
    return (
        (Button("button.hear_mention", f"hears:{Hears.MENTION}"),),
        (Button("button.hear_listen", f"hears:{Hears.LISTEN}"),),
    )


def _switch_from(hears: Hears) -> tuple[tuple[Button, ...], ...]:
    other = Hears.MENTION if hears is Hears.LISTEN else Hears.LISTEN
    return ((Button(f"button.hear_{other}", f"hears:{other}"),),)


def _is_operator(turn: Turn) -> bool:
    person = turn.directory.person(turn.scene.person or None)
    return person is not None and person.role in (Role.DESK, Role.ADMIN, Role.LEADER)
