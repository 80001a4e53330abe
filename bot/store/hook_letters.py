"""What endpoints are told: a letter for each step of a public case, written with the step in one transaction."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, bindparam, literal_column, or_, select, update

from bot.messages import Address, Lane, Letter
from bot.outcome import Outcome
from bot.store.letter_rows import IS_WAITING, LETTERS, Post
from bot.store.public_cases import PUBLIC
from bot.store.ready import Ready
from bot.store.systems import HOOK
from bot.store.tidying import TROUBLES_LIVE
from routing.case import OPEN, Case, State, Verb
from routing.sla import LOCAL

NAME: Final = "hooks"  #: The channel's name, and its one account's.
#: What is told; the event is "case." and the verb.
EVENTS = tuple(
    f"case.{verb}"
    for verb in (
        Verb.RECEIVE, Verb.DISPATCH, Verb.ACCEPT, Verb.ARRIVE, Verb.FINISH, Verb.CONFIRM, Verb.LAPSE, Verb.REOPEN,
        Verb.JOIN, Verb.WITHDRAW,
    )
)  # fmt: skip

CLOSED: Final = "the endpoint is closed"  #: Why a message was not sent, where it was written after that.

_CLOSED_ITSELF = and_(HOOK.c.closed_at.is_not(None), HOOK.c.closed_why != literal_column("''"))
#: One that closed itself may be back within the time for which what it missed is kept. A withdrawn one is not wanted.
_HEARERS = Ready(
    select(HOOK.c.name, HOOK.c.events)
    .where(
        or_(
            HOOK.c.closed_at.is_(None),
            and_(_CLOSED_ITSELF, HOOK.c.closed_at > bindparam("since", type_=HOOK.c.closed_at.type)),
        )
    )
    .order_by(HOOK.c.name)
)
_LAY_ASIDE = Ready(
    update(LETTERS)
    .where(
        LETTERS.c.channel == literal_column(f"'{NAME}'"),
        LETTERS.c.bot == literal_column(f"'{NAME}'"),
        LETTERS.c.chat.in_(select(HOOK.c.name).where(_CLOSED_ITSELF)),
        IS_WAITING,
    )
    .values(state=literal_column(f"'{Post.GONE}'"), error=literal_column(f"'{CLOSED}'"))
)


def hears(events: list[str], event: str) -> bool:
    """Whether "case" or "case.receive" takes the event in."""
    return any(event == each or event.startswith(f"{each}.") for each in events)


def letters_of(connection: Connection, outcome: Outcome, now: datetime) -> tuple[Letter, ...]:
    """The letters to endpoints for this outcome: of public categories only, without words, names or addresses. Once
    they are written, `lay_aside`."""
    told = [(place, step) for place, step in enumerate(outcome.steps) if f"case.{step.verb}" in EVENTS]
    cases = {each.number: each for each in outcome.changes if isinstance(each, Case)}
    told = [(place, step) for place, step in told if (case := cases.get(step.case)) and _public(case)]
    if not told:
        return ()
    letters = []
    for name, events in _HEARERS.rows(connection, {"since": now - TROUBLES_LIVE}):
        for place, step in told:
            event, case = f"case.{step.verb}", cases[step.case]
            if not hears(events, event):
                continue
            id = hashlib.sha256(f"{name} {place} {outcome.cause}".encode()).hexdigest()[:32]
            data = {
                "service_request_id": case.number,
                # What is joined to another is open as long as that one, whose events go on.
                "status": "open" if case.state in (*OPEN, State.JOINED) else "closed",
                "detailed_status": case.state.value,
                "service_code": case.category,
                "address_id": case.grid,
            }
            if (lead := cases.get(case.joined_to)) and _public(lead):
                data["joined_to"] = lead.number
            at = step.at.astimezone(LOCAL).isoformat(timespec="seconds")
            body = json.dumps({"id": f"evt_{id}", "type": event, "timestamp": at, "data": data}, ensure_ascii=False)
            letters.append(Letter(Address(NAME, NAME, name), "web.open311.event", {"body": body}, Lane.UPDATE))
    return tuple(letters)


def lay_aside(connection: Connection) -> None:
    """What waits for endpoints that closed themselves is gone, as what waited then; `hook_troubles.missed` lists it.
    (Their queues' lines are cleared away by whoever comes by.)"""
    _LAY_ASIDE.count(connection, {})


def _public(case: Case) -> bool:
    return not case.private and case.category in PUBLIC
