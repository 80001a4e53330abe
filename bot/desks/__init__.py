"""decide(): which desk answers: the bot's table of contents. Rules: nothing here waits, reads a clock or a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desks import (
    belongs,
    callback,
    closing,
    duty,
    family,
    faq,
    groups,
    human,
    mall,
    mine,
    mydata,
    pictures,
    points,
    question,
    report,
    same,
    signals,
    sorting,
    status,
    whereabouts,
)
from bot.desks.missing import sightings
from bot.desks.presses import pressed
from bot.desks.sorting import MISSING, SURE, chosen, doubtful
from bot.desks.turn import Turn
from bot.messages import Inbound, Kind, MediaKind
from bot.outcome import Asking, Outcome, Scene, Thread
from nlu.small_talk import small_talk, troubled
from nlu.understanding import Intent, Mood, Stance, Understanding
from routing.case import OPEN, State, Verb
from routing.directory import Directory
from routing.platforms import CATEGORIES, Urgency

#: A report whose kind differs from the open one's and is this long is a matter of its own.
_OWN_MATTER = 6
#: A message meant for the bot is a report from this probability of its kind on, unless it is as surely talk.
_LIKELY, _TALK = 0.4, 0.9
#: A longer text tells a story; it is read with its case, and counted as no question.
_QUESTION = 60
#: Below this probability of being a report at all, its kind is asked and not taken from the words.
_PLAINLY = 0.5
#: Asked with buttons: what is written next is no answer to it.
_NO_ANSWER = (Asking.NOTHING, Asking.OFFER, Asking.BELONGS, Asking.FAQ)
#: "Never mind" is short; a longer message says more than that.
_TAKEN_BACK = frozenset(
    {"算了", "不用了", "不报了", "撤回", "取消", "撤销", "算了吧", "不用了谢谢", "cancel", "never mind"}
)


def waiting(thread: Thread | None, now: datetime) -> bool:
    """Whether the bot asked this person something here and still waits for the answer."""
    draft = thread.draft if thread else None
    return bool(draft and draft.until > now and draft.asking not in _NO_ANSWER)


def joins(thread: Thread | None, now: datetime) -> bool:
    """Whether what this person sends here now belongs to the case they just opened."""
    draft = thread.draft if thread else None
    return bool(draft and draft.until > now and draft.case)


def decide(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """Returns all that this message changes."""
    match inbound.kind:
        case Kind.JOINED | Kind.LEFT | Kind.PROMOTED | Kind.MIGRATED:
            return groups.changed(inbound, scene, directory, now)
        case Kind.PRESS if another := _another(inbound, heard, scene, directory, now):
            return another
        case Kind.PRESS:
            return pressed(inbound, heard, scene, directory, now)
        case Kind.MESSAGE if inbound.signal is not None:
            return signals.taken(inbound, inbound.signal, heard, scene, directory, now)
        case Kind.MESSAGE:
            return _answered(inbound, heard, scene, directory, now)
        case Kind.MOVED:
            return whereabouts.moved(inbound, directory, now)
        case Kind.EDITED:
            return _edited(inbound, heard, scene, directory, now)
        case _:
            return Outcome(inbound.cause, note="ignored")


def _answered(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A message is answered in the language it is written in, and so is whatever follows."""
    thread = scene.thread
    speaks = mine.tongue(inbound, thread.resident) if thread and not inbound.command else None
    if thread is None or speaks is None:
        return _said(inbound, heard, scene, directory, now)
    reporter = scene.reporter
    if reporter is not None and reporter.resident.id == speaks.id:
        reporter = replace(reporter, resident=speaks)
    heard_so = replace(scene, thread=replace(thread, resident=speaks), reporter=reporter)
    outcome = _said(inbound, heard, heard_so, directory, now)
    return replace(outcome, changes=(*outcome.changes, speaks)) if speaks.version else outcome


def _said(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    thread = scene.thread
    assert thread is not None
    if sightings.about(inbound, thread, now):
        return sightings.told(inbound, heard, scene, directory, now)
    if inbound.command:
        return _command(inbound, heard, scene, directory, now)
    if whereabouts.shared(inbound, scene, directory, now) and not joins(thread, now):
        return whereabouts.kept(inbound, scene, directory, now)
    if scene.case is not None and scene.case.reporter != thread.resident.id:
        if scene.person and inbound.private and (said := _to_reporter(inbound, scene, directory, now)):
            return said
        scene = report.without_case(scene)  # Somebody else's case: nothing is added to it, nothing is told of it.
    if human.has_talk(inbound, scene):
        if said := human.relay(inbound, heard, scene, directory, now):
            return said
    elif spoken := mine.spoken(inbound):
        word, argument = spoken
        return _command(replace(inbound, command=word, argument=argument), heard, scene, directory, now)
    if thread.handed_to:
        thread = replace(thread, handed_to="", handed_case="")
        return _heard(inbound, heard, replace(scene, thread=thread), directory, now)
    if not (inbound.private or inbound.addressed or waiting(thread, now) or joins(thread, now)):
        return groups.overheard(inbound, heard, scene, directory, now)
    return _heard(inbound, heard, scene, directory, now)


def _heard(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A message for the bot: about the case at hand, or something new."""
    if inbound.media and not inbound.text and not inbound.location and not pictures.carried(inbound):
        return _small(inbound, scene, directory, now)
    case, quoted = scene.case, bool(inbound.quoted and inbound.quoted.mine)
    overheard = not (inbound.private or inbound.addressed)
    if overheard and not heard.emergency and (case is None or not case.open):
        return Outcome(inbound.cause, note="groups.talk")  # What it could have belonged to is over.
    near = joins(scene.thread, now) or quoted or inbound.private
    if case is None or not near or (heard.emergency and not _same_danger(scene)):
        return _fresh(inbound, heard, report.without_case(scene), directory, now)
    if case.state is State.DONE or (quoted and case.state not in OPEN):
        return _after(inbound, heard, scene, directory, now, about=quoted or joins(scene.thread, now))
    if case.open or same.goes_on(case, scene.others):
        return _about_the_case(inbound, heard, scene, directory, now)
    return _fresh(inbound, heard, report.without_case(scene), directory, now)


def _to_reporter(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome | None:
    """Somebody of the staff writes beside a case that is not their own: what was done, or words for its reporter."""
    turn = Turn(inbound.cause, scene, directory, now)
    # What was done: they pressed "done" on this very case, or sent the words already and a picture follows.
    if turn.awaits(Asking.RESULT) and (done := duty.result(inbound, scene, directory, now)):
        return done
    if turn.awaits(Asking.CALLBACK) and (told := callback.answered(inbound, scene, directory, now)):
        return told
    has_talk = scene.reporter is not None and scene.reporter.handed_to == scene.person
    if has_talk or (inbound.quoted and inbound.quoted.mine):
        return duty.write_to_reporter(inbound, scene, directory, now)
    return None


def _same_danger(scene: Scene) -> bool:
    """Whether words of danger belong to the case at hand: while nobody has accepted it, and it is urgent or not known
    yet. Otherwise they are a matter of their own, sent out by itself."""
    case = scene.case
    return (
        case is not None
        and case.state in (State.RECEIVED, State.DISPATCHED)
        and (case.urgency == Urgency.NOW or not case.category_sure)
    )


def _after(
    inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime, *, about: bool
) -> Outcome:
    """ "Is it solved?", answered in words. `about`: the message surely speaks of that case."""
    turn = Turn(inbound.cause, scene, directory, now)
    case = turn.case
    solved = closing.verdict(heard.text) if not inbound.location else None
    if not case.may(Verb.REOPEN) or (case.state in (State.CLOSED, State.JOINED) and solved is not False):
        solved = None  # Taken back, or joined to another: nothing of it is left to be solved.
    if solved is False and (about or inbound.private):
        ready, orders = pictures.photos_of(inbound, scene)
        turn.keep(*(replace(order, case=case.number) for order in orders))
        closing.unsolved(turn, pictures.words_of(inbound), ready)
        return turn.outcome("closing.unsolved")
    if solved and not inbound.media:
        closing.solved(turn)
        return turn.outcome("closing.solved")
    if about and case.open:
        return _about_the_case(inbound, heard, scene, directory, now)
    return _fresh(inbound, heard, report.without_case(scene), directory, now)


def _about_the_case(
    inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime
) -> Outcome:
    """Within minutes of a report: an answer, more of it, or something else after all."""
    turn = Turn(inbound.cause, scene, directory, now)
    case, answering = turn.case, status.asking(turn)
    if case.category and not case.private and answering is not Asking.KIND and sorting.private(heard):
        # Never a part of what a group reads, and no answer to "where?" either: a matter of its own.
        return _fresh(inbound, heard, report.without_case(scene), directory, now)
    if inbound.media or inbound.location or heard.emergency:
        return report.add(inbound, heard, scene, directory, now)
    if heard.text.strip(" 。.!！") in _TAKEN_BACK:
        report.withdraw(turn)
        return turn.outcome("report.withdrawn")
    if heard.intent is Intent.HUMAN and heard.intent_p >= SURE:
        human.call_desk(turn)
        return turn.outcome("human.called")
    thanks = heard.intent is Intent.GREET and heard.intent_p >= SURE
    if answering not in (Asking.NOTHING, Asking.FAQ, Asking.BELONGS) and not (thanks and not heard.places):
        return report.add(inbound, heard, scene, directory, now)
    if not inbound.private and not inbound.addressed:
        return turn.outcome("groups.talk")
    if thanks:
        turn.reply("greet.thanks", reply_to=inbound.message_id)
        return turn.outcome("greet")
    asks = heard.intent in (Intent.ASK, Intent.POINTS)
    if asks and heard.stance is Stance.ANSWER and (found := faq.entries_of(turn, heard)):
        faq.answer(turn, inbound, found[0])
        return turn.outcome("faq.answered")
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
    if inbound.private and belongs.elsewhere(heard, case):
        belongs.ask(turn, inbound)
        return turn.outcome("belongs.asked")
    return report.add(inbound, heard, scene, directory, now)


def _another(
    inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime
) -> Outcome | None:
    """ "It is another matter": the words that waited are read anew, as if no case were open. None: no such press."""
    turn = Turn(inbound.cause, scene, directory, now)
    draft = belongs.asked(turn)
    if inbound.press is None or not inbound.press.data.startswith("another:") or draft is None:
        return None
    belongs.settle(turn)
    turn.reply("belongs.another", slot=belongs.slot_of(turn.case.number))
    told = turn.outcome("")
    said = replace(inbound, kind=Kind.MESSAGE, text=draft.text, message_id=draft.message_id, press=None)
    anew = report.without_case(replace(scene, thread=turn.thread))
    outcome = _fresh(said, heard, anew, directory, now)
    kept = any(isinstance(change, Thread) and change.id == turn.thread.id for change in outcome.changes)
    changes = (*outcome.changes, *(() if kept else told.changes))
    return replace(outcome, changes=changes, letters=(*told.letters, *outcome.letters))


def _fresh(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A first message, meant for the bot."""
    turn = Turn(inbound.cause, scene, directory, now)
    if heard.emergency or pictures.carried(inbound) or inbound.location:
        return report.open_case(inbound, heard, scene, directory, now)
    if not heard.text:
        mine.help_(turn, inbound)
        return turn.outcome("help")
    if not any(char.isalpha() for char in heard.text):
        turn.reply("greet.staff" if scene.person else "greet.chat", reply_to=inbound.message_id)
        return turn.outcome("chat")  # "1", "???", a smile
    if heard.foreign:
        return human.unread(inbound, heard, scene, directory, now)
    sure = heard.intent_p >= SURE
    answers = faq.entries_of(turn, heard)
    knows = heard.stance is Stance.ANSWER and bool(answers)
    if not heard.emergency and (topic := faq.followed(turn, heard)) and not (knows and answers[0].id != topic.id):
        faq.answer(turn, inbound, topic, asked=heard.text)
        return turn.outcome("faq.followed")
    if heard.intent is Intent.MISSING and sure:
        return report.open_case(inbound, heard, scene, directory, now, sorting=chosen(MISSING))
    if heard.intent is Intent.REPORT and (sure or not knows):
        sorting = None if heard.intent_p >= _PLAINLY else doubtful(heard, alone=inbound.private)
        return report.open_case(inbound, heard, scene, directory, now, sorting=sorting)
    greets = heard.intent is Intent.GREET and sure
    if (scene.group or inbound.private) and heard.mood is None and not greets and small_talk(heard):
        mine.chat(turn, inbound)
        return turn.outcome("chat")
    if heard.intent is Intent.HUMAN and sure:
        return human.hand_over(inbound, heard, scene, directory, now)
    if knows and points.own(turn, inbound, answers[0].id):
        return turn.outcome("faq.own")
    if knows:
        faq.answer(turn, inbound, answers[0], asked=heard.text)
        return turn.outcome("faq.answered")
    if faq.says_too_little(heard) and (scene.group is not None or inbound.private):
        faq.ask_which(turn, inbound)
        return turn.outcome("faq.which")
    talks = heard.intent in (Intent.GREET, Intent.CHAT) and sure
    if talks and heard.mood is Mood.ANGER and not scene.person:
        mine.sorry(turn, inbound)
        return turn.outcome("greet.anger")
    if talks and (heard.intent is Intent.GREET or heard.mood is Mood.THANKS):
        hello = "greet.staff" if scene.person else "greet.hello"
        turn.reply("greet.thanks" if heard.mood is Mood.THANKS else hello, reply_to=inbound.message_id)
        return turn.outcome("greet")
    if scene.group is None and not inbound.private:
        groups.unbound(turn, inbound)
        turn.miss(_missed(inbound, heard))
        return turn.outcome("groups.unbound")
    if heard.stance is Stance.OFFER and answers and heard.intent in (Intent.ASK, Intent.POINTS):
        faq.offer(turn, inbound, answers, _missed(inbound, heard))
        return turn.outcome("faq.offered")
    if heard.intent is Intent.ASK and heard.intent_p >= _PLAINLY:
        # Plainly a question, and not one of the book's: what kind of report it would be says nothing.
        return human.hand_over(inbound, heard, scene, directory, now, missed=_missed(inbound, heard))
    if heard.category and heard.category.p >= _LIKELY and not (heard.intent is Intent.CHAT and heard.intent_p >= _TALK):
        # Whoever calls the bot rarely chats: a likely kind of matter outweighs a doubtful "chat".
        return report.open_case(inbound, heard, scene, directory, now, sorting=doubtful(heard, alone=inbound.private))
    if heard.intent is Intent.CHAT and sure and not troubled(heard.text):
        mine.chat(turn, inbound)
        return turn.outcome("chat")
    if scene.person and inbound.private:
        # A cadre who writes beside the cards: no resident's case, but how to reach the resident.
        mine.help_(turn, inbound)
        return turn.outcome("help.staff")
    # Meant for us and still unclear: a person reads it.
    return human.hand_over(inbound, heard, scene, directory, now, missed=_missed(inbound, heard))


def _missed(inbound: Inbound, heard: Understanding) -> str:
    """The question as it is counted: only of what was said to the bot, short as a question is, and nothing of what
    is private, violent or dangerous. Numbers were masked before; a name that stands in it stays."""
    meant = inbound.private or inbound.addressed
    kind = CATEGORIES.get(heard.category.label) if heard.category and heard.category.p >= _LIKELY else None
    if not meant or heard.violent or heard.emergency or (kind and kind.private) or len(heard.text) > _QUESTION:
        return ""
    return heard.text


def _command(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A slash command. An unknown one is never answered "unknown command": its words are read like any other."""
    turn = Turn(inbound.cause, scene, directory, now)
    match inbound.command:
        case "start" if scene.link is not None and scene.case is not None:
            question.go_on(turn)
        case "family" | "start" if inbound.command == "family" or family.opens(inbound):
            family.command(turn, inbound)
        case "start":
            mine.welcome(turn, inbound)
        case "mycases" | "my" | "cases" | "case" if inbound.command != "case" or not inbound.argument.strip():
            mine.cases(turn, inbound)
        case "case":
            mine.case(turn)
        case "points":
            points.show(turn, inbound)
        case "mydata" | "name" | "erase":
            mydata.command(turn, inbound)
        case "mall":
            mall.shelf(turn, inbound)
        case "fetch" | "takeback":
            (mall.fetch if inbound.command == "fetch" else mall.give_back)(turn)
        case "human":
            own = scene.case is not None and scene.case.open and scene.case.reporter == turn.thread.resident.id
            if not own:
                return human.hand_over(inbound, heard, report.without_case(scene), directory, now)
            human.call_desk(turn)
        case "hears":
            groups.switch(turn, inbound, inbound.argument.strip().lower())
        case "language" | "lang":
            mine.speak(turn, inbound.argument.strip().lower())
        case command if not inbound.argument.strip() and command.isascii():
            mine.help_(turn, inbound)
            return turn.outcome("help")
        case command:
            words = inbound.argument if command.isascii() else f"{command} {inbound.argument}".strip()
            plain = replace(inbound, command="", argument="", text=words)
            return _said(plain, heard, scene, directory, now)
    return turn.outcome(f"command.{inbound.command}")


def _edited(inbound: Inbound, heard: Understanding, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """The message a case began with was changed: the case gets the new words. Anything else is let be."""
    case = scene.case
    if case is not None and case.message == inbound.message_id and scene.thread and case.thread == scene.thread.id:
        return report.add(inbound, heard, scene, directory, now)
    return Outcome(inbound.cause, note="edited")


def _small(inbound: Inbound, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """A sticker or a film: in private a friendly word, in a group nothing."""
    turn = Turn(inbound.cause, scene, directory, now)
    if inbound.private and any(each.kind is not MediaKind.STICKER for each in inbound.media):
        turn.reply("photo.not_this_kind")
    elif inbound.private:
        turn.reply("greet.hello" if not scene.person else "greet.staff")
    return turn.outcome("small")
