"""The card: what the person responsible sees of a case, edited in place, with the buttons that may be pressed now."""

from __future__ import annotations

from collections.abc import Mapping

from bot.desks.looks import looks
from bot.desks.public import short
from bot.desks.status import official
from bot.desks.turn import Turn
from bot.messages import Button, Lane, Letter, Said, Words
from routing import callback
from routing.accused import accused
from routing.case import Case, State, Verb, shown
from routing.duplicates import may_join
from routing.platforms import CATEGORIES, Urgency
from routing.sla import ClockKind

#: Words that fit on a card beside the rest; a photo's caption holds 1,024 characters in all.
MOST_WORDS = 400
#: Answers of the call-back that stand on a card, and characters of each.
_ANSWERS, _ANSWER = 5, 50

#: In these the post at the desk calls back for whoever has the case.
_CALLABLE = frozenset({State.RECEIVED, State.DISPATCHED, State.ACCEPTED, State.ARRIVED})
_PRESS: tuple[tuple[Verb, str, str], ...] = (
    (Verb.ACCEPT, "button.accept", "accept"),
    (Verb.CALL, "button.called", "called"),
    (Verb.ARRIVE, "button.arrived", "arrived"),
    (Verb.FINISH, "button.finish", "finish"),
    (Verb.PASS_ON, "button.pass", "pass"),
)


def slot_of(case: Case, person: str) -> str:
    """The slot of one person's card about this case."""
    return f"c{case.number}:card:{person}"


def show(
    turn: Turn, person: str, *, lane: Lane = Lane.DUTY, stops: str = "", head: str = "", fresh: bool = False
) -> bool:
    """Sends or edits this person's card. Returns False when the person cannot be written to."""
    case, to = turn.case, turn.staff(person)
    if to is None:
        return False
    settled = case.state in (State.DONE, State.CLOSED)
    turn.tell(
        Letter(
            to,
            "card.case",
            {
                "head": Said(head or _head(turn, case)),
                "number": case.shown,
                "kind": official(case) or Said("card.unsorted"),
                "words": short(case.words, MOST_WORDS) or Said("card.no_words"),
                "looks": looks(case),
                "told": answers_of(turn),
                "place": short(case.place, 100) or ("" if case.location else Said("card.no_place")),
                "grid": _grid(turn, case),
                "at": turn.when(case.opened_at),
                "by": _by(turn),
                "how": _how(turn, case),
                "same": _same(turn),
                "state": _state(turn, case),
                "before": "" if settled else short(case.result, 200),
                "result": short(case.result, 200) if settled else "",
            },
            lane,
            slot=slot_of(case, person),
            fresh=fresh,
            buttons=_buttons(turn, case, person),
            photos=case.photos[:10],
            location=case.location,
            case=case.number,
            stops=stops,
        )
    )
    return True


def lay_aside(turn: Turn, person: str, key: str = "card.passed", params: Mapping[str, Words] | None = None) -> None:
    """The card of somebody who no longer has the case: no buttons, one line. What the matter has turned out to be
    meanwhile (a complaint about staff, say) is no longer theirs to read: not even if it is about them."""
    case, to = turn.case, turn.scene.reach.get(person)
    if to is None:
        return
    turn.tell(
        Letter(
            to,
            key,
            {"number": case.shown, **(params or {})},
            Lane.DUTY,
            slot=slot_of(case, person),
            case=case.number,
        )
    )


def tell(turn: Turn, person: str, key: str, params: Mapping[str, Words] | None = None, *, slot: str = "") -> None:
    """A line about a case to somebody of the staff."""
    case, to = turn.case, turn.staff(person)
    if to is not None:
        turn.tell(Letter(to, key, {"number": case.shown, **(params or {})}, Lane.DUTY, slot=slot, case=case.number))


def more(turn: Turn, person: str, words: str, photos: tuple[str, ...] = ()) -> None:
    """Something the resident added: a line of its own, because an edited card rings no bell."""
    case, to = turn.case, turn.staff(person)
    if to is None:
        return
    params: dict[str, Words] = {"number": case.shown, "words": short(words, MOST_WORDS) or Said("card.photo")}
    turn.tell(Letter(to, "card.more", params, Lane.DUTY, photos=photos, case=case.number))


def told(turn: Turn, words: str, by: str) -> None:
    """What the resident told the call-back post, to whoever has the case: a line of its own, because an edited card
    rings no bell."""
    case = turn.case
    to = turn.staff(case.holder) if case.holder not in ("", by) else None
    if to is not None:
        lines = tuple(_answer(each, callback.MOST_WORDS) for each in callback.read(words))
        turn.tell(Letter(to, "callback.told", {"number": case.shown, "told": lines}, Lane.DUTY, case=case.number))


def answers_of(turn: Turn) -> Words:
    """The first of what the resident told the call-back post, in short; "" while nobody called."""
    lines = tuple(_answer(each, _ANSWER) for each in callback.answers(turn.steps)[:_ANSWERS])
    return Said("callback.heard", {"told": lines}) if lines else ""


def _answer(told: callback.Told, most: int) -> Said:
    return Said("callback.line", {"ask": Said(f"callback.short.{told.ask}"), "words": short(told.words, most)})


def _head(turn: Turn, case: Case) -> str:
    reopened = any(step.verb is Verb.REOPEN and not step.to for step in turn.scene.steps)
    if case.open and case.state is not State.DONE and reopened:
        return "card.head.reopened"
    if case.urgency == Urgency.NOW:
        return "card.head.urgent"
    category = CATEGORIES.get(case.category)
    return "card.head.private" if category and category.private else "card.head.usual"


def _grid(turn: Turn, case: Case) -> str:
    area = turn.directory.area(case.grid or None)
    return area.name if area else ""


def _by(turn: Turn) -> Words:
    """The next promise to the resident that still runs, or that it was not kept."""
    for kind in (ClockKind.CALL, ClockKind.ARRIVE, ClockKind.DONE):
        clock = turn.clocks.get(kind)
        if clock and clock.running:
            late = "late" if clock.promised_at <= turn.now else "by"
            return Said(f"card.{late}.{kind}", {"at": turn.when(clock.promised_at)})
    return ""


def _how(turn: Turn, case: Case) -> Words:
    """How to reach the resident, for whoever has accepted and has not done so yet."""
    return Said("card.how") if case.state is State.ACCEPTED and _open(turn, ClockKind.CALL) else ""


def _same(turn: Turn) -> Words:
    """The case that this one was joined to, how many were joined to it, or the one that it resembles."""
    case = turn.case
    if case.joined_to:
        return Said("card.joined_to", {"number": shown(case.joined_to)})
    if turn.scene.joined:
        return Said("card.joined_by", {"count": len(turn.scene.joined)})
    return Said("card.same", {"number": shown(case.resembles)}) if case.resembles else ""


def _state(turn: Turn, case: Case) -> Words:
    holder = turn.directory.person(case.holder or None)
    return Said(f"card.state.{case.state}", {"who": holder.name if holder else ""})


def _buttons(turn: Turn, case: Case, person: str) -> tuple[tuple[Button, ...], ...]:
    """Only what this person may press now, two in a row, at most four."""
    if not may(turn, person):
        return ()
    buttons = []
    for verb, label, data in _PRESS:
        if not case.may(verb):
            continue
        if verb is Verb.CALL and (case.state is not State.ACCEPTED or not _open(turn, ClockKind.CALL)):
            continue
        buttons.append(Button(label, f"{data}:{case.number}"))
    if person != case.holder and case.state in _CALLABLE and _open(turn, ClockKind.CALL):
        # Of the desk, while somebody else has it in hand: it calls back for them, and asks what they need to know.
        others = [button for button in buttons if button.label != "button.called"]
        buttons = [Button("button.callback", f"callback:{case.number}"), *others]
    other = turn.scene.others.get(case.resembles) or next(
        (each.case for each in turn.scene.near if each.case.number == case.resembles), None
    )
    if other is not None and may_join(case, other):
        buttons.append(Button("button.join", f"join:{case.number}", params={"number": other.shown}))
    if case.state is State.JOINED:
        buttons.append(Button("button.split", f"split:{case.number}"))
    return tuple(tuple(buttons[index : index + 2]) for index in range(0, min(len(buttons), 4), 2))


def may(turn: Turn, person: str) -> bool:
    """Whether this person may act on the case: whoever holds it, and the desk that answers for its area; nobody whom a
    complaint about staff may be about."""
    case = turn.case
    if not person or person in accused(case, turn.directory).people:
        return False
    return person == case.holder or any(each.id == person for each in turn.directory.desk_of(case.grid or None))


def _open(turn: Turn, kind: ClockKind) -> bool:
    clock = turn.clocks.get(kind)
    return clock is not None and clock.stopped_at is None
