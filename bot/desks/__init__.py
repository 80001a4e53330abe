"""decide(): which desk answers: the bot's table of contents. Rules: nothing here waits, reads a clock or a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desks import duty, faq, groups, human, mine, report, status
from bot.desks.presses import pressed
from bot.desks.sorting import SURE, chosen
from bot.desks.turn import Turn
from bot.messages import Inbound, Kind, MediaKind
from bot.outcome import Asking, Outcome, Scene, Thread
from nlu.understanding import Intent, Stance, Understanding
from routing.directory import Directory

#: A report whose kind differs from the open one's and is this long is a matter of its own.
_OWN_MATTER = 6
#: A message meant for the bot is a report from this probability of its kind on, unless it is as surely talk.
_LIKELY, _TALK = 0.4, 0.9


def waiting(thread: Thread | None, now: datetime) -> bool:
    """Whether the bot asked this person something here and still waits for the answer."""
    draft = thread.draft if thread else None
    return bool(draft and draft.until > now and draft.asking not in (Asking.NOTHING, Asking.OFFER))


def joins(thread: Thread | None, now: datetime) -> bool:
    """Whether what this person sends here now belongs to the case they just opened."""
    draft = thread.draft if thread else None
    return bool(draft and draft.until > now and draft.case)


def decide(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """Returns all that this message changes."""
    if inbound.private and scene.thread is not None and scene.thread.resident.private != inbound.at:
        # Whoever writes to us alone can be written to alone from now on.
        resident = replace(scene.thread.resident, private=inbound.at)
        scene = replace(scene, thread=replace(scene.thread, resident=resident))
    match inbound.kind:
        case Kind.JOINED | Kind.LEFT | Kind.PROMOTED | Kind.MIGRATED:
            return groups.changed(inbound, scene, directory, now)
        case Kind.PRESS:
            return pressed(inbound, heard, scene, directory, now)
        case Kind.MESSAGE:
            return _said(inbound, heard, scene, directory, now)
        case Kind.EDITED:
            return _edited(inbound, heard, scene, directory, now)
        case _:
            return Outcome(inbound.cause, note="ignored")


def _said(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    thread = scene.thread
    assert thread is not None
    if inbound.command:
        return _command(inbound, heard, scene, directory, now)
    answering = status.asking(Turn(inbound.cause, scene, directory, now))
    if answering is Asking.RESULT and scene.case is not None:
        return duty.result(inbound, scene, directory, now)
    if scene.person and inbound.private and scene.case and inbound.quoted and inbound.quoted.mine:
        return duty.write_to_reporter(inbound, scene, directory, now)
    if scene.person and inbound.private and scene.case and scene.reporter and scene.reporter.handed_to == scene.person:
        return duty.write_to_reporter(inbound, scene, directory, now)
    if thread.handed_to and thread.handed_case:
        return human.relay(inbound, scene, directory, now)
    if not (inbound.private or inbound.addressed or waiting(thread, now) or joins(thread, now)):
        return groups.overheard(inbound, heard, scene, directory, now)
    if _nothing_to_read(inbound):
        return _small(inbound, scene, directory, now)
    if heard.emergency and not joins(thread, now):
        return report.open_case(inbound, heard, scene, directory, now)
    if scene.case is not None and (joins(thread, now) or (inbound.private and scene.case.open)):
        return _about_the_case(inbound, heard, scene, directory, now, answering)
    return _fresh(inbound, heard, scene, directory, now)


def _about_the_case(
    inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime, answering: Asking
) -> Outcome:
    """Within minutes of a report: an answer, more of it, or something else after all."""
    turn = Turn(inbound.cause, scene, directory, now)
    case = scene.case
    assert case is not None
    if answering in (Asking.NOTHING, Asking.FAQ) and not inbound.media and not inbound.location:
        if heard.intent is Intent.GREET and heard.intent_p >= SURE:
            turn.reply("greet.thanks", reply_to=inbound.message_id)
            return turn.outcome("greet")
        if heard.intent is Intent.HUMAN and heard.intent_p >= SURE:
            human.call_desk(turn)
            return turn.outcome("human.called")
        if heard.intent is Intent.ASK and heard.stance is Stance.ANSWER and (found := faq.entries_of(turn, heard)):
            faq.answer(turn, inbound, found[0])
            return turn.outcome("faq.answered")
        if not inbound.private and not inbound.addressed:
            return turn.outcome("groups.talk")
        other = heard.category
        if (
            heard.intent is Intent.REPORT
            and other is not None
            and other.p >= SURE
            and case.category_sure
            and other.label != case.category
            and len(heard.text) >= _OWN_MATTER
        ):
            return report.open_case(inbound, heard, scene, directory, now)
    return report.add(inbound, heard, scene, directory, now)


def _fresh(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A first message, meant for the bot."""
    turn = Turn(inbound.cause, scene, directory, now)
    if inbound.media or inbound.location:
        return report.open_case(inbound, heard, scene, directory, now)
    if not heard.text:
        mine.help_(turn, inbound)
        return turn.outcome("help")
    sure = heard.intent_p >= SURE
    answers = faq.entries_of(turn, heard)
    if heard.intent is Intent.MISSING and sure:
        return report.open_case(inbound, heard, scene, directory, now, sorting=chosen("order.missing"))
    if heard.intent is Intent.REPORT:
        return report.open_case(inbound, heard, scene, directory, now)
    if heard.stance is Stance.ANSWER and answers:
        faq.answer(turn, inbound, answers[0])
        return turn.outcome("faq.answered")
    if heard.intent is Intent.HUMAN and sure:
        return human.hand_over(inbound, heard, scene, directory, now)
    if heard.intent is Intent.GREET and sure:
        turn.reply("greet.hello" if scene.person == "" else "greet.staff", reply_to=inbound.message_id)
        return turn.outcome("greet")
    if scene.group is None and not inbound.private:
        groups.unbound(turn, inbound)
        return turn.outcome("groups.unbound")
    if heard.stance is Stance.OFFER and answers and heard.intent in (Intent.ASK, Intent.POINTS):
        faq.offer(turn, inbound, answers)
        turn.miss(heard.text)
        return turn.outcome("faq.offered")
    if heard.category and heard.category.p >= _LIKELY and not (heard.intent is Intent.CHAT and heard.intent_p >= _TALK):
        # Whoever calls the bot rarely chats: a likely kind of matter outweighs a doubtful "chat".
        return report.open_case(inbound, heard, scene, directory, now)
    if heard.intent is Intent.CHAT and sure:
        turn.reply("greet.chat", reply_to=inbound.message_id)
        return turn.outcome("chat")
    # Meant for us and still unclear: a person reads it.
    return human.hand_over(inbound, heard, scene, directory, now, missed=heard.text)


def _command(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A slash command. An unknown one is never answered "unknown command": its words are read like any other."""
    turn = Turn(inbound.cause, scene, directory, now)
    match inbound.command:
        case "start" if scene.link is not None and scene.case is not None:
            turn.wait(report.waits_for(turn))
            status.show(turn, fresh=True)
        case "start":
            mine.welcome(turn, inbound)
        case "mycases" | "my" | "cases":
            mine.cases(turn, inbound)
        case "case":
            mine.case(turn)
        case "human":
            if scene.case is not None:
                human.call_desk(turn)
            else:
                return human.hand_over(inbound, heard, scene, directory, now)
        case "hears":
            groups.switch(turn, inbound, inbound.argument.strip().lower())
        case "language" | "lang":
            mine.speak(turn, inbound.argument.strip().lower())
        case _ if not inbound.argument.strip():
            mine.help_(turn, inbound)
        case _:
            plain = replace(inbound, command="", argument="", text=inbound.argument)
            return _said(plain, heard, scene, directory, now)
    return turn.outcome(f"command.{inbound.command}"[:40])


def _edited(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """The message a case began with was changed: the case gets the new words. Anything else is let be."""
    case = scene.case
    if case is not None and case.message == inbound.message_id and scene.thread and case.thread == scene.thread.id:
        return report.add(inbound, heard, scene, directory, now)
    return Outcome(inbound.cause, note="edited")


def _nothing_to_read(inbound: Inbound) -> bool:
    kept = (MediaKind.PHOTO, MediaKind.VOICE)
    return (
        not inbound.text
        and not inbound.location
        and bool(inbound.media)
        and all(each.kind not in kept for each in inbound.media)
    )


def _small(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A sticker or a film: in private a friendly word, in a group nothing."""
    turn = Turn(inbound.cause, scene, directory, now)
    if inbound.private and any(each.kind is not MediaKind.STICKER for each in inbound.media):
        turn.reply("photo.not_this_kind")
    elif inbound.private:
        turn.reply("greet.hello" if not scene.person else "greet.staff")
    return turn.outcome("small")
