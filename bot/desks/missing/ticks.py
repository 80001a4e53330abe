"""What the clocks of an alert do: the next approver, the next ring, the end, forgetting."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.desks import missing
from bot.desks.missing import words
from bot.desks.missing.asking import ask_next
from bot.desks.missing.sheet import Refused, Sheet
from bot.outcome import Outcome, Scene
from routing.alert import Verb
from routing.directory import Directory
from routing.rings import following, next_due
from routing.sla import Clock, ClockKind

KINDS = frozenset({ClockKind.APPROVAL, ClockKind.RING, ClockKind.EXPIRY, ClockKind.ERASURE})


def due(clock: Clock, scene: Scene, directory: Directory, now: datetime) -> Outcome:
    """One tick of one clock. The same tick twice is one cause; a clock that was stopped meanwhile says nothing."""
    sheet = Sheet(f"tick:{clock.subject}:{clock.kind}:{clock.version}", scene, directory, now)
    current = sheet.clocks.get(clock.kind)
    if scene.alert is None or current is None or not current.running or current.due_at > now:
        return sheet.outcome("missing.stopped")
    match clock.kind:
        case ClockKind.APPROVAL:
            _unanswered(sheet)
        case ClockKind.RING:
            _wider(sheet)
        case ClockKind.EXPIRY:
            _expired(sheet)
        case _:
            sheet.due(clock.kind, None)
            if scene.alert.may(Verb.ERASE) and not scene.alert.erased:
                sheet.do(Verb.ERASE, "clock")
    return sheet.outcome(f"missing.{clock.kind}")


def _unanswered(sheet: Sheet) -> None:
    """Nobody has said yes or no yet: the next is asked as well."""
    if not sheet.alert.may(Verb.ASK):
        sheet.due(ClockKind.APPROVAL, None)
        return
    try:
        ask_next(sheet)
    except Refused:  # The address book has no approver any more: looked at again later, and the author knows.
        sheet.tell(*words.line(sheet.scene, sheet.alert, sheet.alert.author, "alerts.nobody_answers"))
        sheet.due(ClockKind.APPROVAL, sheet.now + sheet.scene.standing.pace.approver * 32)


def _wider(sheet: Sheet) -> None:
    """The next ring. When the groups of the address book changed so that there is none, the clock stops."""
    alert, pace = sheet.alert, sheet.scene.standing.pace
    at = next_due(alert, sheet.directory, pace)
    ring = following(alert, sheet.directory)
    if at is None or ring is None or at > sheet.now:
        sheet.due(ClockKind.RING, at if ring else None)
        return
    after = sheet.do(Verb.WIDEN, "clock", to=ring.kind.value)
    sheet.spread(*words.told(after, ring, sheet.scene.standing))
    # Another tick even where the ring after this one is due at the same instant.
    clock = sheet.clocks[ClockKind.RING]
    sheet.clocks[ClockKind.RING] = replace(clock, rung=clock.rung + 1)


def _expired(sheet: Sheet) -> None:
    """Its time is over: taken back everywhere; what never went out is given up."""
    before = sheet.alert
    if not before.may(Verb.EXPIRE):
        sheet.due(ClockKind.EXPIRY, None)
        return
    sheet.do(Verb.EXPIRE, "clock")
    if before.out:
        missing.end(sheet, before, "clock")
    else:
        sheet.tell(*words.settled(sheet.scene, before, "alerts.asked.over", "clock", sheet.directory))
        sheet.tell(*words.line(sheet.scene, before, before.author, "alerts.given_up"))
