"""Sending a case to the next person: a card, a step, and the old holder's card laid aside."""

from __future__ import annotations

from dataclasses import replace

from bot.desks import callback, card
from bot.desks.turn import Turn
from bot.messages import Address, Button, Lane, Letter, Said, Words
from routing.callback import unanswered
from routing.case import Verb
from routing.dispatch import helper_of, helpers
from routing.route import Route, desk_for, passed_on, route
from routing.sla import ClockKind


def dispatch(turn: Turn, *, above: str = "", head: str = "") -> Route:
    """Sends the case to whoever route() names. With nobody to write to it stays as it is, with its clocks running, and
    is seen at the desk: the reason stands in the case."""
    case = turn.case
    found = next_route(turn, above)
    before = case.holder
    turn.known(platform=found.platform, unit=found.unit, reason=found.why.written())
    turn.resume(ClockKind.DISPATCH)
    turn.stop(ClockKind.PLACE)
    if not found.person:
        return found
    if before and before != found.person:
        card.lay_aside(turn, before)
    turn.step(Verb.DISPATCH, "bot", to=found.person)
    # Always a new message: whoever had the case before must hear it too, and an edited card rings no bell.
    head = "card.head.arbiter" if found.arbiter else head
    card.show(turn, found.person, stops=ClockKind.DISPATCH, head=head, fresh=True)
    expect(turn)
    _call_helpers(turn, found.assist)
    return found


def expect(turn: Turn) -> None:
    """Whoever was asked has so long to accept; then the next is asked. Once the promise to call is broken, its own
    ladder goes on by itself."""
    clock = turn.clocks.get(ClockKind.CALL)
    if clock is not None and not clock.rung and clock.stopped_at is None:
        limit = turn.now + turn.scene.plan.limit(turn.case.urgency)
        turn.clocks[ClockKind.CALL] = replace(clock, due_at=min(limit, clock.promised_at))


def accepted(turn: Turn) -> None:
    """Somebody has it: the next thing that happens is what was promised."""
    turn.stop(ClockKind.DISPATCH, ClockKind.PLACE)
    clock = turn.clocks.get(ClockKind.CALL)
    if clock is not None and not clock.rung:
        turn.clocks[ClockKind.CALL] = replace(clock, due_at=clock.promised_at)


def _call_helpers(turn: Turn, units: tuple[str, ...]) -> None:
    """One person of each unit that assists gets a card and is written down; whoever leads settles the case."""
    there = {unit for _, unit in helpers(turn.steps)}
    for unit in units:
        person = helper_of(turn.case, unit, turn.directory, turn.scene.reach, turn.now, turn.scene.hands)
        if unit in there or not person or turn.staff(person) is None:
            continue
        turn.step(Verb.NOTE, "bot", unit, to=person)
        card.show(turn, person, head="card.head.assist", fresh=True)


def show_helpers(turn: Turn) -> None:
    """The cards of those who assist say how it stands."""
    for person, _ in helpers(turn.steps):
        if person != turn.case.holder:
            card.show(turn, person, head="card.head.assist")


def source_of(at: Address) -> str:
    """Where a matter was reported, as rules name it: "telegram:bot1", "systems:hotline"."""
    return f"{at.channel}:{at.bot}"


def next_route(turn: Turn, above: str = "") -> Route:
    """Where the case goes by the rules in force; `above`: only to levels above that person's."""
    scene = turn.scene
    return route(
        turn.case,
        turn.directory,
        scene.reach,
        turn.now,
        hands=scene.hands,
        plan=scene.plan,
        above=above,
        rules=scene.rules,
        source=source_of(turn.reporter.at) if turn.reporter else "",
        passed=passed_on(turn.steps),
    )


def reroute(turn: Turn) -> None:
    """Another kind of matter came to light and its holder stays: the platform and the unit are put right."""
    case = turn.case
    found = next_route(turn)
    if (case.platform, case.unit) != (found.platform, found.unit):
        turn.known(platform=found.platform, unit=found.unit)


def inform(turn: Turn, person: str, key: str) -> None:
    """Tells somebody of the staff about a case without giving it to them."""
    case, to = turn.case, turn.staff(person)
    if to is None:
        return
    holder = turn.directory.person(case.holder or None)
    buttons = [Button("button.case", f"case:{case.number}", params={"number": case.shown})]
    params: dict[str, Words] = {}
    if key == "overdue.call":  # Whoever may call in the holder's place sees at once what to ask.
        calls = card.may(turn, person) and person != case.holder and case.may(Verb.NOTE)
        asks = Said("callback.to_ask", {"asks": callback.lines(unanswered(case, turn.steps))})
        params = {"asks": asks if calls else ""}
        buttons = [*([Button("button.callback", f"callback:{case.number}")] if calls else []), *buttons]
    turn.tell(
        Letter(
            to,
            key,
            {
                "number": case.shown,
                "kind": Said(f"category.{case.category}") if case.category else Said("card.unsorted"),
                "place": case.place[:100],
                "who": holder.name if holder else Said("card.nobody"),
                **params,
            },
            Lane.DUTY,
            buttons=(tuple(buttons),) if card.may(turn, person) else (),
            case=case.number,
        )
    )


def inform_desk(turn: Turn, key: str) -> int:
    """Tells those at the desk who are on duty and do not hold the case; with nobody on duty, all of the desk. Returns
    how many."""
    case = turn.case
    desk = [person.id for person in desk_for(case, turn.directory) if turn.staff(person.id)]
    awake = [person for person in desk if turn.directory.on_duty(person, turn.now)] or desk
    told = [person for person in awake if person != case.holder]
    for person in told:
        inform(turn, person, key)
    return len(told)
