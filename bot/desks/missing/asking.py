"""Who is asked to approve an alert, and who next when nobody answers."""

from __future__ import annotations

from bot.desks.missing import words
from bot.desks.missing.sheet import Refused, Sheet
from bot.desks.permits import Right, covers, rights_of
from routing.alert import Alert, Verb
from routing.directory import Directory, Person
from routing.sla import ClockKind


def can_approve(alert: Alert, directory: Directory) -> tuple[Person, ...]:
    """The persons who may say yes to it, by the order of the address book: with the right, answering for its area, and
    none of the words theirs."""
    return tuple(
        person
        for person in directory.people.values()
        if Right.APPROVE in rights_of(person)
        and covers(person, alert.area, directory)
        and person.id not in alert.unapproved_by
    )


def ask_next(sheet: Sheet) -> None:
    """Asks the next approver: those on duty first, then all; once everybody was asked, from the top again, and the desk
    hears that nobody answers. The waits double with every round."""
    alert, scene = sheet.alert, sheet.scene
    able = can_approve(alert, sheet.directory)
    if not able:
        raise Refused("no_approver")
    reachable = [person for person in able if person.id in scene.reach]
    on_duty = [p for p in sheet.directory.standing(reachable, sheet.now) if p in reachable]
    on_duty.sort(key=lambda person: not sheet.directory.on_duty(person.id, sheet.now))
    order = [*on_duty, *(person for person in reachable if person not in on_duty)]
    rounds, place = divmod(len(alert.asked), len(order)) if order else (len(alert.asked), 0)
    if order:
        whom = order[place].id
        sheet.do(Verb.ASK, "clock", to=whom)
        card = words.ask(scene, sheet.alert, whom, sheet.directory, fresh=rounds > 0)
        if card:
            sheet.tell(card)
    if (rounds and not place) or not order:
        for person in sheet.directory.desk_of(alert.area):
            sheet.tell(*words.line(scene, alert, person.id, "alerts.nobody_answers"))
    wait = scene.standing.pace.approver * 2 ** min(rounds, 5)
    sheet.due(ClockKind.APPROVAL, sheet.now + wait)
