"""What the desk's page reads: all open cases with their next promise, one case with its letters, words of a few."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from bot.messages import Address
from bot.store.letter_ink import MARK
from bot.store.letter_rows import LETTERS, PAYLOADS
from bot.store.private import DataKey, Keys, Tampered
from bot.store.ready import Both, Ready
from bot.store.rows import CASES, case_of
from bot.store.tables import CASE, CAUSE, CLOCKS
from routing.case import OPEN, Case, State
from routing.sla import PROMISED, Clock, ClockKind

_OPEN = CASE.c.state.in_([literal_column(f"'{state.value}'") for state in sorted(OPEN)])
_KINDS: list[ColumnElement[str]] = [literal_column(f"'{kind.value}'") for kind in PROMISED]
_CLAIM = Ready(Both(lambda insert: insert(CAUSE).inline().on_conflict_do_nothing()))

_CASES = select(
    CASE.c.number, CASE.c.state, CASE.c.opened_at, CASE.c.category, CASE.c.urgency, CASE.c.private, CASE.c.grid,
    CASE.c.unit, CASE.c.holder,
).where(_OPEN)  # fmt: skip
#: Of each case the promise that is due first: so the types of one row a case convert, not of all its clocks.
_FIRST = (
    select(
        CLOCKS.c.subject, CLOCKS.c.kind, CLOCKS.c.started_at, CLOCKS.c.promised_at, CLOCKS.c.paused_at,
        func.row_number().over(partition_by=CLOCKS.c.subject, order_by=CLOCKS.c.promised_at).label("place"),
    )
    .join_from(CASE, CLOCKS, CLOCKS.c.subject == CASE.c.number)
    .where(_OPEN, CLOCKS.c.stopped_at.is_(None), CLOCKS.c.kind.in_(_KINDS))
    .subquery()
)  # fmt: skip
_PROMISES = select(
    _FIRST.c.subject, _FIRST.c.kind, _FIRST.c.started_at, _FIRST.c.promised_at, _FIRST.c.paused_at
).where(_FIRST.c.place == 1)
_LETTERS = (
    select(
        LETTERS.c.id, LETTERS.c.channel, LETTERS.c.bot, LETTERS.c.chat, LETTERS.c.state, LETTERS.c.created_at,
        LETTERS.c.sent_at, LETTERS.c.payload_id, PAYLOADS.c.text,
    )
    .join_from(LETTERS, PAYLOADS, PAYLOADS.c.id == LETTERS.c.payload_id)
    .where(LETTERS.c.state != literal_column("'merged'"))
    .order_by(LETTERS.c.id.desc())
)  # fmt: skip

AT_ONCE = 500  #: Parameters of one statement.


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open case as a line of the list: nothing of it is sealed."""

    number: str
    state: State
    opened_at: datetime
    category: str
    urgency: str
    private: bool
    grid: str
    unit: str
    holder: str
    clock: Clock | None = None  #: The next promise that is not kept yet; it may stand still.

    @property
    def shown(self) -> str:
        return f"{self.number[:4]} {self.number[4:]}"


@dataclass(frozen=True, slots=True)
class SentLetter:
    """A letter about a case: to which chat, where it stands, and its words while they are kept."""

    to: Address
    state: str
    written_at: datetime
    sent_at: datetime | None
    text: str = field(default="", repr=False)


def open_cases(connection: Connection) -> list[OpenCase]:
    """All open cases, by the promise that is due next; those without one last, the oldest first."""
    clocks = {
        subject: Clock(subject, ClockKind(kind), started_at, promised_at, promised_at, paused_at=paused_at)
        for subject, kind, started_at, promised_at, paused_at in connection.execute(_PROMISES)
    }
    found = []
    for number, state, opened_at, category, urgency, private, grid, unit, holder in connection.execute(_CASES):
        clock = clocks.get(number)
        found.append(OpenCase(number, State(state), opened_at, category, urgency, private, grid, unit, holder, clock))
    found.sort(key=lambda each: (each.clock is None, each.clock.promised_at if each.clock else each.opened_at))
    return found


def cases(connection: Connection, keys: Keys, numbers: Iterable[str]) -> dict[str, Case]:
    """The cases of these numbers, with their words."""
    rest, found = list(numbers), dict[str, Case]()
    while rest:
        some, rest = rest[:AT_ONCE], rest[AT_ONCE:]
        for row in connection.execute(CASES.where(CASE.c.number.in_(some))):
            found[row[0]] = case_of(row, keys)
    return found


def letters_of(connection: Connection, house: DataKey, number: str, limit: int) -> list[SentLetter]:
    """The newest letters of a case, oldest first. What they said is kept for an hour after they were sent."""
    found = []
    for row in connection.execute(_LETTERS.where(LETTERS.c.case == number).limit(limit)):
        text = row.text
        if text.startswith(MARK):
            try:
                text = str(house.open("payload|text", str(row.payload_id), b64decode(text[1:]))["text"])
            except Tampered:
                text = ""
        found.append(SentLetter(Address(row.channel, row.bot, row.chat), row.state, row.created_at, row.sent_at, text))
    return found[::-1]


def claimed(connection: Connection, cause: str, now: datetime) -> bool:
    """Marks the click as decided, beside what it changes in the same transaction. False: it was before."""
    return bool(_CLAIM.count(connection, {"cause": cause, "at": now}))


def was_done(connection: Connection, cause: str) -> bool:
    """Whether this click was decided before."""
    return connection.execute(select(CAUSE.c.cause).where(CAUSE.c.cause == cause)).first() is not None
