"""Points in chat: what somebody has and why, told to them alone; and what time does to points."""

from __future__ import annotations

from datetime import datetime

from bot.desks import faq, mine
from bot.desks.turn import Turn
from bot.ledger import Earning, Entry, Purse, Reason, Refusal, Scheme, balance, free, lapse, lapses
from bot.messages import Address, Button, Inbound, Kind, Lane, Letter, Said, Words
from bot.outcome import Outcome
from nlu.understanding import Intent

#: Commands and buttons that need to know what somebody has.
COMMANDS = frozenset({"points", "mall", "fetch", "takeback"})
PRESSES = frozenset({"points", "mall", "goods", "redeem", "order", "unorder"})
#: The FAQ's entry "my points have not come": whoever has any is shown them.
MISSING = "points_missing"
#: Entries told: those by which somebody's points became more or fewer, and not how they moved inside the purse.
TOLD = 5
_INSIDE = frozenset({Reason.FREED, Reason.FETCHED})
_MORE = frozenset({Reason.TENANT, Reason.MOVED_OUT, Reason.HAZARD, Reason.RETURNED})


def concerns(inbound: Inbound, intent: Intent | None = None) -> bool:
    """Whether the scene needs the sender's purse and the mall. `intent` is what the words were taken for."""
    if intent is Intent.POINTS and inbound.private:
        return True
    if inbound.kind is Kind.PRESS:
        return inbound.press is not None and inbound.press.data.partition(":")[0] in PRESSES
    return inbound.kind is Kind.MESSAGE and asked(inbound)[0] in COMMANDS


def asked(inbound: Inbound) -> tuple[str, str]:
    """The command of a message, typed or meant by plain words, and its argument."""
    if inbound.command:
        return inbound.command, inbound.argument
    return mine.spoken(inbound) or ("", "")


def aside(turn: Turn, inbound: Inbound) -> Address | None:
    """Where the sender is told alone; in a group it is said there that it was written, or how to ask. None: nowhere."""
    thread = turn.thread
    if thread.private:
        return thread.at
    to = thread.resident.private
    turn.reply("mine.in_private_only" if to is None else "mine.written", reply_to=inbound.message_id)
    return to


def show(turn: Turn, inbound: Inbound) -> None:
    """/points: what they have, on hold, owe, when some of it lapses, and the newest entries with their reasons."""
    shop, to = turn.scene.shop, aside(turn, inbound)
    if shop is None or to is None:
        return
    purse, scheme = shop.purse, shop.scheme
    said: dict[str, Words] = {
        "have": balance(purse, turn.now, scheme),
        "per_yuan": scheme.per_yuan,
        "pending": _some("points.pending", purse.pending, days=scheme.hold.days),
        "held": _some("points.held", purse.held),
        "owed": _some("points.owed", purse.owed),
        "until": _until(purse, scheme, turn.now),
        "lines": tuple(_line(entry) for entry in shop.lines if entry.reason not in _INSIDE)[:TOLD],
    }
    buttons = ((Button("button.mall", "mall"), Button("button.human", "human")),)
    turn.tell(Letter(to, "points.purse", said, Lane.REPLY, buttons=buttons, language=turn.thread.resident.language))


def own(turn: Turn, inbound: Inbound, entry: str) -> bool:
    """Their own matters, or their own points, say more than how to ask for them. False when there is nothing of their
    own behind the FAQ's entry."""
    if entry == faq.PROGRESS and turn.scene.mine:
        mine.cases(turn, inbound)
        return True
    if entry == MISSING and turn.scene.shop is not None and turn.scene.shop.lines:
        show(turn, inbound)
        return True
    return False


def refused(turn: Turn, refusal: Refusal, *rows: tuple[Button, ...]) -> None:
    """One sentence; nothing was booked."""
    turn.reply(refusal.key, refusal.params, buttons=rows)


def _some(key: str, points: int, **more: Words) -> Words:
    return Said(key, {"points": points, **more}) if points else ""


def _until(purse: Purse, scheme: Scheme, now: datetime) -> Words:
    """What lapses first."""
    alive = [(lot, points) for lot, points in purse.lots if points and now < lapses(lot, scheme)]
    if not alive:
        return ""
    lot, points = min(alive)
    return Said("points.until", {"points": points, "year": str(lot + scheme.years_kept)})


def _line(entry: Entry) -> Words:
    sign = "+" if entry.reason in _MORE else "-"
    why = Said(f"points.why.{entry.reason}")
    return Said("points.line", {"at": entry.at, "sign": sign, "points": entry.amount, "why": why})


# --- time


def freed(earning: Earning, purse: Purse, now: datetime) -> Outcome | None:
    """The hold of an earning is over. None: not so, or not now."""
    booked = free(earning, purse, now)
    if isinstance(booked, Refusal):
        return None
    cause = f"points:free:{earning.thing}:{earning.version}"
    return Outcome(cause, (purse, booked[0]), entries=booked[1], note="points.freed")


def lapsed(purse: Purse, now: datetime, scheme: Scheme) -> Outcome | None:
    """A year is over, and with it what was not spent. None: nothing of theirs lapses."""
    entries = lapse(purse, now, scheme)
    if not entries:
        return None
    return Outcome(f"points:lapse:{purse.holder}:{purse.version}", (purse,), entries=entries, note="points.lapsed")
