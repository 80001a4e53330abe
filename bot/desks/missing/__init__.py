"""Alerts: who is missing, storms, notices. Written by one person, approved by a second, told ring by ring, taken back.

Each verb returns the Outcome of what a person did on a page or with a button, or raises Refused; nothing changes then.
What may follow what, and that two persons stand behind every word, is in routing/alert.py: no way leads around it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.desks.missing import words
from bot.desks.missing.asking import ask_next, can_approve
from bot.desks.missing.check import checked, complete, told_first
from bot.desks.missing.sheet import Refused, Sheet
from bot.desks.permits import Right
from bot.messages import FanoutOrder, FanoutVerb, Words
from bot.outcome import Outcome, Scene
from routing.alert import LONGEST, RINGS, Alert, AlertStep, Content, Ending, Kind, State, Verb, drawn
from routing.directory import Directory, Person
from routing.rings import audible, reached, rings

__all__ = [
    "Refused", "abandon", "approve", "begin", "can_approve", "cancel", "correct", "decline", "edit", "pause", "resume",
    "submit", "take_back", "widen",
]  # fmt: skip


def begin(
    cause: str,
    scene: Scene,
    directory: Directory,
    now: datetime,
    *,
    kind: Kind,
    by: str,
    area: str,
    content: Content,
    exercise: bool = False,
    case: str = "",
    life: timedelta = LONGEST,
) -> Outcome:
    """A draft by a person of the staff, with whatever is known so far. Its id is that of the first change."""
    sheet = Sheet(cause, scene, directory, now)
    sheet.allowed(by, Right.ALERTS, area)
    life = min(life, scene.standing.pace.life)
    if not timedelta(0) < life <= LONGEST:
        raise Refused("life")
    number, content = drawn(scene.fresh.number), checked(kind, content)
    sheet.begin(Alert(number, kind, State.DRAFT, area, by, now, content, exercise, case, life=life))
    return sheet.outcome("missing.begun")


def edit(
    cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str, content: Content, area: str = ""
) -> Outcome:
    """Other words of what is not out yet. Whoever was asked before has nothing to approve any more."""
    sheet = Sheet(cause, scene, directory, now)
    sheet.allowed(by, Right.ALERTS)
    before = sheet.alert
    if area:
        sheet.allowed(by, Right.ALERTS, area)
    content = checked(before.kind, content)
    sheet.step(AlertStep(before.id, Verb.EDIT, now, by, content=content, area=area))
    sheet.tell(*words.settled(scene, before, "alerts.asked.changed", by, directory))
    return sheet.outcome("missing.edited")


def submit(cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str) -> Outcome:
    """The draft is complete: a second person is asked. A photo that could not be opened is left out, and the author
    and the approver are told so; one that is still being cleaned is waited for at the approval."""
    sheet = Sheet(cause, scene, directory, now)
    sheet.allowed(by, Right.ALERTS)
    alert = sheet.alert
    if scene.pictures.get(alert.content.photo) == "refused":
        sheet.step(AlertStep(alert.id, Verb.EDIT, now, by, content=replace(alert.content, photo="")))
        sheet.tell(*words.line(scene, alert, by, "alerts.without_photo"))
    if not any(directory.person(writer) for writer in sheet.alert.writers):
        # A system's draft: who submits it makes the words theirs, and somebody else has to approve them.
        sheet.step(AlertStep(alert.id, Verb.EDIT, now, by, content=sheet.alert.content))
    complete(sheet.alert, directory)
    sheet.do(Verb.SUBMIT, by)
    ask_next(sheet)
    return sheet.outcome("missing.submitted")


def approve(
    cause: str,
    scene: Scene,
    directory: Directory,
    now: datetime,
    *,
    by: str,
    confirmed: bool = False,
    reference: str = "",
    read: str | None = None,
) -> Outcome:
    """The second person's yes: the alert goes out to its first ring (in quiet hours, what can wait waits for their
    end), or its correction to every group that was told. Of a missing person `confirmed` is the tick "the police have
    confirmed this to me by telephone", and `reference` theirs. `read` is the print (`words.print_of`) of what stood on
    their page: a yes to other words than these is refused."""
    sheet = Sheet(cause, scene, directory, now)
    sheet.allowed(by, Right.APPROVE)
    before = sheet.alert
    if read is not None and read != words.print_of(before):
        raise Refused("changed")
    content = before.correction.content if before.correction else before.content
    match scene.pictures.get(content.photo):
        case "waiting":
            raise Refused("photo_waiting")
        case "refused":
            raise Refused("photo_refused")
    if any(_one_human(directory, by, writer) for writer in before.unapproved_by):
        raise Refused("own_words")
    ring = None if before.correction else told_first(before, directory)
    quiet = audible(before, now, scene.standing.pace) > now
    to = ring.kind.value if ring and not quiet else ""
    after = sheet.step(AlertStep(before.id, Verb.APPROVE, now, by, "", to, None, "", confirmed, reference.strip()))
    sheet.tell(*words.settled(scene, before, "alerts.asked.approved", by, directory))
    sheet.tell(*words.line(scene, after, before.unapproved_by[-1], "alerts.approved"))
    if before.correction:
        for each in reached(after, directory):
            sheet.spread(*words.told(after, each, scene.standing, f"fix{before.version}"))
    elif ring and to:
        sheet.spread(*words.told(after, ring, scene.standing))
    return sheet.outcome("missing.approved")


def _one_human(directory: Directory, one: str, other: str) -> bool:
    """Whether two entries of the address book are the same person: an old and a new one have one telephone, however it
    is written, or one account in a chat app."""
    first_, second = directory.person(one), directory.person(other)
    if first_ is None or second is None:
        return one == other
    called, chats = _called(first_), first_.has_chat and (first_.channel, first_.user_id)
    return one == other or bool(
        (called and called == _called(second)) or (chats and chats == (second.channel, second.user_id))
    )


def _called(person: Person) -> str:
    """The digits of a telephone number without the country's: "+86 138-0013-8000" and "13800138000" are one."""
    digits = "".join(char for char in person.phone or "" if char.isdigit())
    return digits.removeprefix("00").removeprefix("86") if len(digits) > 11 else digits


def decline(cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str, why: str = "") -> Outcome:
    """The second person's no, to the alert or to a correction of it. Whoever wrote it hears why."""
    sheet = Sheet(cause, scene, directory, now)
    sheet.allowed(by, Right.APPROVE)
    before = sheet.alert
    sheet.do(Verb.DECLINE, by, why)
    sheet.tell(*words.settled(scene, before, "alerts.asked.declined", by, directory))
    params: dict[str, Words] = {"why": why}
    sheet.tell(*words.line(scene, before, before.unapproved_by[-1], "alerts.declined", params))
    return sheet.outcome("missing.declined")


def abandon(cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str, why: str = "") -> Outcome:
    """What is not out never will be."""
    sheet = Sheet(cause, scene, directory, now)
    sheet.allowed(by, Right.ALERTS)
    before = sheet.alert
    sheet.do(Verb.ABANDON, by, why)
    sheet.tell(*words.settled(scene, before, "alerts.asked.abandoned", by, directory))
    return sheet.outcome("missing.abandoned")


def correct(cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str, content: Content) -> Outcome:
    """Other words, or another photo, for what is out. Groups see it once a second person has said yes."""
    sheet = Sheet(cause, scene, directory, now)
    sheet.allowed(by, Right.ALERTS)
    before = sheet.alert
    content = checked(before.kind, content)
    sheet.step(AlertStep(before.id, Verb.CORRECT, now, by, content=content))
    complete(replace(before, content=content), directory)
    ask_next(sheet)
    return sheet.outcome("missing.corrected")


def widen(cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str, to: str) -> Outcome:
    """Further at once, by the word of a person (or of the "clock"): to all groups up to the ring `to`."""
    sheet = Sheet(cause, scene, directory, now)
    if by != "clock":
        sheet.allowed(by, Right.ALERTS)
    alert = sheet.alert
    there = [ring for ring in rings(directory, alert.area, exercise=alert.exercise) if to in RINGS]
    inner = RINGS.index(alert.ring) if alert.ring else -1
    more = [ring for ring in there if inner < RINGS.index(ring.kind) <= RINGS.index(to)]
    if not more:
        raise Refused("no_wider")
    after = sheet.do(Verb.WIDEN, by, to=more[-1].kind.value)
    for ring in more:
        sheet.spread(*words.told(after, ring, scene.standing))
    return sheet.outcome("missing.widened")


def pause(cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str) -> Outcome:
    """What has not left yet stands still, and no ring widens."""
    return _ordered(Sheet(cause, scene, directory, now), Verb.PAUSE, FanoutVerb.PAUSE, by)


def resume(cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str) -> Outcome:
    """It goes on. Rings whose time went by meanwhile follow at once: whoever is missing went further meanwhile."""
    return _ordered(Sheet(cause, scene, directory, now), Verb.RESUME, FanoutVerb.RESUME, by)


def cancel(cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str) -> Outcome:
    """What has not left never will; what is out stays until it is taken back or expires."""
    return _ordered(Sheet(cause, scene, directory, now), Verb.CANCEL, FanoutVerb.CANCEL, by)


def _ordered(sheet: Sheet, verb: Verb, order: FanoutVerb, by: str) -> Outcome:
    sheet.allowed(by, Right.ALERTS)
    before = sheet.alert
    after = sheet.do(verb, by)
    sheet.spread(FanoutOrder(after.id, order))
    if before.correction and not after.correction:
        sheet.tell(*words.settled(sheet.scene, before, "alerts.asked.over", by, sheet.directory))
    return sheet.outcome(f"missing.{verb}")


def take_back(
    cause: str, scene: Scene, directory: Directory, now: datetime, *, by: str, ending: Ending, why: str = ""
) -> Outcome:
    """Everywhere and at once, by one person: found, false or withdrawn. `why` is for the record alone."""
    sheet = Sheet(cause, scene, directory, now)
    sheet.allowed(by, Right.ALERTS)
    before = sheet.alert
    if ending is Ending.EXPIRED or (ending is Ending.FOUND and before.kind is not Kind.MISSING):
        raise Refused("ending")
    sheet.do(Verb.TAKE_BACK, by, why, ending.value)
    end(sheet, before, by)
    return sheet.outcome("missing.taken_back")


def end(sheet: Sheet, before: Alert, by: str) -> None:
    """It is over: every group hears so in place of it, and whoever stood behind it hears so too."""
    scene, alert = sheet.scene, sheet.alert
    sheet.spread(words.taken_back(alert, scene.standing))
    sheet.tell(*words.settled(scene, before, "alerts.asked.over", by, sheet.directory))
    for person in dict.fromkeys((alert.author, alert.approver)):
        if person != by and person not in before.asked:
            sheet.tell(*words.line(scene, alert, person, f"alerts.staff.{alert.ending}"))
