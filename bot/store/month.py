"""The cases of a month with their clocks, for the report."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from bot.store.tables import CASE, CLOCKS
from routing.light import Timed
from routing.sla import Clock, ClockKind


def timed_cases(connection: Connection, since: datetime, until: datetime) -> list[Timed]:
    """Those opened in [since, until), joined and withdrawn ones as well, by number. Nothing of them is sealed."""
    opened = (CASE.c.opened_at >= since) & (CASE.c.opened_at < until)
    found = select(CASE.c.number, CASE.c.unit, CASE.c.grid).where(opened).order_by(CASE.c.number)
    clocks: dict[str, list[Clock]] = {}
    columns = [CLOCKS.c[name] for name in Clock.__dataclass_fields__]
    running = select(*columns).join_from(CASE, CLOCKS, CLOCKS.c.subject == CASE.c.number).where(opened)
    for row in connection.execute(running):
        clocks.setdefault(row.subject, []).append(Clock(row.subject, ClockKind(row.kind), *row[2:]))
    return [
        Timed(number, unit, grid, tuple(clocks.get(number, ()))) for number, unit, grid in connection.execute(found)
    ]
