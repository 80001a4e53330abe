"""What an open interface may read of cases: public categories only, and nothing that was written or named in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, literal, literal_column, or_, select, union_all
from sqlalchemy import case as case_

from bot.outcome import PublicNote
from bot.store.columns import Flag
from bot.store.tables import CASE, CLOCKS, PUBLIC_NOTE, STEP
from routing.case import OPEN, State, Verb
from routing.platforms import CATEGORIES
from routing.sla import ClockKind

#: The categories whose cases may be seen by everybody.
PUBLIC = tuple(code for code, category in CATEGORIES.items() if not category.private)
#: Steps that are told of: what happened, never by whom or in which words.
BEFORE = timedelta(days=90)
FOLLOWED = (Verb.DISPATCH, Verb.ACCEPT, Verb.ARRIVE, Verb.FINISH, Verb.CONFIRM, Verb.LAPSE, Verb.REOPEN)
TOLD = (Verb.RECEIVE, *FOLLOWED, Verb.JOIN, Verb.WITHDRAW)


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
    lead: str = ""  #: The request that this one was joined to; empty, too, where that one may not be shown.
    lead_state: State | None = None
    note: str = ""  #: What the desk lets everybody read: of the case it was joined to, else of itself.
    noted_at: datetime | None = None

    @property
    def open(self) -> bool:
        """What was joined ends with the other, and not before."""
        return (self.lead_state or self.state) in OPEN


@dataclass(frozen=True, slots=True)
class PublicStep:
    """Something that was done to a public case."""

    id: int
    number: str
    verb: Verb
    at: datetime
    lead: str = ""  #: JOIN: to which; a step of that one is a step of this one, too.

    @property
    def key(self) -> str:
        return f"{self.id}-{self.number}" if self.lead and self.verb is not Verb.JOIN else str(self.id)


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
    grids: tuple[str, ...] | None = None  #: Only in these.


_LEAD = CASE.alias("lead")
_DONE = CLOCKS.c.kind == ClockKind.DONE.value


def _of(case: Any) -> tuple[Any, Any]:
    """When something was done to it last, and by when it was promised to be done."""
    last = select(func.max(STEP.c.at)).where(STEP.c.case == case.c.number).scalar_subquery()
    due = select(CLOCKS.c.promised_at).where(CLOCKS.c.subject == case.c.number, _DONE).scalar_subquery()
    return last, due


_LAST, _DUE = _of(CASE)
_LEAD_LAST, _LEAD_DUE = _of(_LEAD)
_LEAD_NOTE = PUBLIC_NOTE.alias("lead_note")
_FOLLOWS = and_(CASE.c.state == State.JOINED.value, _LEAD.c.number == CASE.c.joined_to)


def _seen(case: Any) -> Any:
    return and_(
        case.c.private == literal(False, Flag()), case.c.category.in_([literal_column(f"'{c}'") for c in PUBLIC])
    )


def _open(case: Any) -> Any:
    return case.c.state.in_([literal_column(f"'{state.value}'") for state in sorted(OPEN)])


def public_cases(connection: Connection, asked: Asked) -> list[PublicCase]:
    """Returns the public ones of those that are asked for, the newest first. Numbers set everything else aside. What
    was joined to another is open, and done to, as long as the other is."""
    own = (CASE.c.number, CASE.c.state, CASE.c.category, CASE.c.grid, CASE.c.unit, CASE.c.opened_at)
    shown = case_((_seen(_LEAD), _LEAD.c.number), else_="")
    query = (
        select(
            *own,
            _LAST.label("last"),
            _DUE,
            _LEAD.c.state,
            shown,
            _LEAD_LAST.label("lead_last"),
            _LEAD_DUE,
            func.coalesce(_LEAD_NOTE.c.words, PUBLIC_NOTE.c.words, ""),
            func.coalesce(_LEAD_NOTE.c.at, PUBLIC_NOTE.c.at),
        )
        .select_from(
            CASE.outerjoin(_LEAD, _FOLLOWS)
            .outerjoin(PUBLIC_NOTE, PUBLIC_NOTE.c.case == CASE.c.number)
            .outerjoin(_LEAD_NOTE, and_(_LEAD_NOTE.c.case == _LEAD.c.number, _seen(_LEAD)))
        )
        .where(_seen(CASE))
    )
    if asked.numbers:
        query = query.where(CASE.c.number.in_(asked.numbers))
    else:
        query = query.where(CASE.c.opened_at >= asked.start, CASE.c.opened_at <= asked.end)
        if asked.codes:
            query = query.where(CASE.c.category.in_(asked.codes))
        if asked.grids is not None:
            query = query.where(CASE.c.grid.in_(asked.grids))
        if asked.open is not None:
            is_open = or_(_open(CASE), and_(_LEAD.c.number.is_not(None), _open(_LEAD)))
            query = query.where(is_open if asked.open else ~is_open)
        if asked.updated_after is not None:
            after = literal(asked.updated_after, CASE.c.opened_at.type)
            query = query.where(or_(after < _LAST, after < _LEAD_LAST, after < CASE.c.opened_at))
    query = query.order_by(CASE.c.opened_at.desc(), CASE.c.number)
    query = query.limit(asked.size).offset(asked.size * (asked.page - 1))
    return [_case(row) for row in connection.execute(query)]


def _case(row: Any) -> PublicCase:
    number, state, category, grid, unit, opened_at, last, due, lead_state, lead, lead_last, lead_due, *noted = row
    updated_at = max(at for at in (opened_at, last, lead_last) if at is not None)
    if lead_state is None:
        return PublicCase(number, State(state), category, grid, unit, opened_at, updated_at, due, "", None, *noted)
    return PublicCase(
        number, State(state), category, grid, unit, opened_at, updated_at, lead_due, lead, State(lead_state), *noted
    )


def public_notes(connection: Connection, start: datetime, end: datetime, most: int) -> list[tuple[str, bool, Any, str]]:
    """(number, whether it is open, when, words) of what the desk published in that time on public cases."""
    query = (
        select(CASE.c.number, CASE.c.state, PUBLIC_NOTE.c.at, PUBLIC_NOTE.c.words)
        .join_from(PUBLIC_NOTE, CASE, PUBLIC_NOTE.c.case == CASE.c.number)
        .where(_seen(CASE), PUBLIC_NOTE.c.at >= start, PUBLIC_NOTE.c.at <= end)
        .order_by(PUBLIC_NOTE.c.at)
        .limit(most)
    )
    going_on = (*OPEN, State.JOINED)
    return [(number, State(state) in going_on, at, words) for number, state, at, words in connection.execute(query)]


def published_note(connection: Connection, number: str) -> str:
    """What the desk published on this case; "" where nothing stands."""
    return connection.scalar(select(PUBLIC_NOTE.c.words).where(PUBLIC_NOTE.c.case == number)) or ""


def note(connection: Connection, published: PublicNote) -> None:
    """Writes down what everybody may read of the case from now on; without words, nothing."""
    connection.execute(delete(PUBLIC_NOTE).where(PUBLIC_NOTE.c.case == published.case))
    if published.words:
        row = {"case": published.case, "at": published.at, "words": published.words}
        connection.execute(PUBLIC_NOTE.insert().values(row))


def public_steps(
    connection: Connection, start: datetime, end: datetime, most: int, numbers: Sequence[str] | None = None
) -> list[PublicStep]:
    """Returns what was done in that time to public cases that were opened in it or at most 90 days before (or to those
    of these numbers, whenever), the oldest first; from when it was joined on, what was done to the other case."""
    own = (
        select(STEP.c.id, STEP.c.case, STEP.c.verb, STEP.c.at, func.coalesce(_LEAD.c.number, ""))
        .select_from(
            STEP.join(CASE, STEP.c.case == CASE.c.number).outerjoin(
                _LEAD, and_(STEP.c.verb == Verb.JOIN.value, _LEAD.c.number == STEP.c.to, _seen(_LEAD))
            )
        )
        .where(STEP.c.verb.in_([verb.value for verb in TOLD]))
    )
    entry = STEP.alias("entry")
    joined_at = (
        select(func.max(entry.c.at))
        .where(entry.c.case == CASE.c.number, entry.c.verb == Verb.JOIN.value)
        .scalar_subquery()
    )
    others = (
        select(STEP.c.id, CASE.c.number, STEP.c.verb, STEP.c.at, CASE.c.joined_to)
        .select_from(STEP.join(CASE, STEP.c.case == CASE.c.joined_to))
        .where(CASE.c.state == State.JOINED.value, STEP.c.verb.in_([verb.value for verb in FOLLOWED]))
        .where(STEP.c.at >= joined_at)
    )
    bounds: tuple[Any, ...]
    if numbers is None:
        # Bounds it to what an index finds.
        bounds = (CASE.c.opened_at >= start - BEFORE, CASE.c.opened_at <= end, STEP.c.at >= start, STEP.c.at <= end)
    else:
        bounds = (CASE.c.number.in_(numbers),)
    both = union_all(own.where(_seen(CASE), *bounds), others.where(_seen(CASE), *bounds)).subquery()
    query = select(both).order_by(both.c.at, both.c.id, both.c.case).limit(most)
    return [PublicStep(row[0], row[1], Verb(row[2]), row[3], row[4]) for row in connection.execute(query)]
