"""What an open interface may read of cases: public categories only, and nothing that was written or named in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, literal, literal_column, select

from bot.store.columns import Flag
from bot.store.tables import CASE, CLOCKS, STEP
from routing.case import OPEN, State, Verb
from routing.platforms import CATEGORIES
from routing.sla import ClockKind

#: The categories whose cases may be seen by everybody.
PUBLIC = tuple(code for code, category in CATEGORIES.items() if not category.private)
#: Steps that are told of: what happened, never by whom or in which words.
BEFORE = timedelta(days=90)
TOLD = (Verb.RECEIVE, Verb.DISPATCH, Verb.ACCEPT, Verb.ARRIVE, Verb.FINISH, Verb.CONFIRM, Verb.LAPSE, Verb.REOPEN)


@dataclass(frozen=True, slots=True)
class PublicCase:
    """A case as everybody may see it."""

    number: str
    state: State
    category: str
    grid: str
    unit: str
    opened_at: datetime
    updated_at: datetime
    due_at: datetime | None  #: When it was promised to be done.

    @property
    def open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class PublicStep:
    """Something that was done to a public case."""

    id: int
    number: str
    verb: Verb
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases. Without numbers those that were opened from `start` until `end`."""

    start: datetime
    end: datetime
    numbers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    open: bool | None = None
    updated_after: datetime | None = field(default=None)
    size: int = 1000
    page: int = 1


_LAST = (
    select(func.coalesce(func.max(STEP.c.at), CASE.c.opened_at)).where(STEP.c.case == CASE.c.number).scalar_subquery()
)
_DUE = (
    select(CLOCKS.c.promised_at)
    .where(CLOCKS.c.subject == CASE.c.number, CLOCKS.c.kind == ClockKind.DONE.value)
    .scalar_subquery()
)
_SEEN = and_(CASE.c.private == literal(False, Flag()), CASE.c.category.in_([literal_column(f"'{c}'") for c in PUBLIC]))
_OPEN = CASE.c.state.in_([literal_column(f"'{state.value}'") for state in sorted(OPEN)])


def public_cases(connection: Connection, asked: Asked) -> list[PublicCase]:
    """Returns the public ones of those that are asked for, the newest first. Numbers set everything else aside."""
    last = _LAST.label("last")
    query = select(
        CASE.c.number, CASE.c.state, CASE.c.category, CASE.c.grid, CASE.c.unit, CASE.c.opened_at, last, _DUE
    ).where(_SEEN)
    if asked.numbers:
        query = query.where(CASE.c.number.in_(asked.numbers))
    else:
        query = query.where(CASE.c.opened_at >= asked.start, CASE.c.opened_at <= asked.end)
        if asked.codes:
            query = query.where(CASE.c.category.in_(asked.codes))
        if asked.open is not None:
            query = query.where(_OPEN if asked.open else ~_OPEN)
        if asked.updated_after is not None:
            query = query.where(literal(asked.updated_after, CASE.c.opened_at.type) < _LAST)
    query = query.order_by(CASE.c.opened_at.desc(), CASE.c.number)
    query = query.limit(asked.size).offset(asked.size * (asked.page - 1))
    return [PublicCase(row[0], State(row[1]), *row[2:]) for row in connection.execute(query)]


def public_steps(connection: Connection, start: datetime, end: datetime, most: int) -> list[PublicStep]:
    """Returns what was done in that time to public cases that were opened in it or at most 90 days before, the oldest
    first."""
    verbs: list[Any] = [literal_column(f"'{verb.value}'") for verb in TOLD]
    query: Any = (
        select(STEP.c.id, STEP.c.case, STEP.c.verb, STEP.c.at)
        .select_from(STEP.join(CASE, STEP.c.case == CASE.c.number))
        .where(_SEEN, STEP.c.verb.in_(verbs), STEP.c.at >= start, STEP.c.at <= end)
        # Bounds it to what an index finds.
        .where(CASE.c.opened_at >= start - BEFORE, CASE.c.opened_at <= end)
        .order_by(STEP.c.at, STEP.c.id)
        .limit(most)
    )
    return [PublicStep(row[0], row[1], Verb(row[2]), row[3]) for row in connection.execute(query)]
