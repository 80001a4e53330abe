"""What earned points, in rows: each thing once; what is known around one; what has become due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from bot.ledger import Earned, Earning, Known, Rule, Scheme, Thing
from bot.store.columns import Big, Utc, Words
from bot.store.ledger_tables import EARNING, EARNING_PICTURE
from bot.store.prints import twins
from bot.store.ready import Both, Ready
from bot.store.rows import Stale
from routing.sla import LOCAL

_E = EARNING.c
_COLUMNS = [
    _E.thing, _E.rule, _E.holder, _E.amount, _E.state, _E.at, _E.due_at, _E.subject, _E.pictures, _E.why, _E.by,
    _E.lot, _E.version,
]  # fmt: skip
_NEW = Ready(Both(lambda insert: insert(EARNING).inline().on_conflict_do_nothing(index_elements=[_E.thing])))
_CHANGE = Ready(
    update(EARNING)
    .where(_E.thing == bindparam("its", type_=Words()), _E.version == bindparam("old", type_=Big))
    .values(
        state=bindparam("to_state", type_=Words()),
        due_at=bindparam("to_due", type_=Utc()),
        by=bindparam("to_by", type_=Words()),
        lot=bindparam("to_lot", type_=Big),
        version=_E.version + 1,
    )
)
_PICTURE = Ready(Both(lambda insert: insert(EARNING_PICTURE).inline().on_conflict_do_nothing()))
_ITS = Ready(select(*_COLUMNS).where(_E.thing == bindparam("its", type_=Words())))
#: What was neither declined nor taken back. Written into the statement: only so is an index over some rows used.
_COUNTS = _E.state.in_([Earned.REVIEW.value, Earned.HELD.value, Earned.FREE.value])


def put(connection: Connection, earning: Earning) -> None:
    """Writes a new earning, or what became of one. Raises Stale when the thing counted before, or it changed since."""
    if earning.version:
        values = {"its": earning.thing, "old": earning.version, "to_state": earning.state.value}
        values |= {"to_due": earning.due_at, "to_by": earning.by, "to_lot": earning.lot}
        done = _CHANGE.count(connection, values)
    else:
        row = {each.name: getattr(earning, each.name) for each in fields(earning)}
        row |= {"rule": earning.rule.value, "state": earning.state.value, "pictures": list(earning.pictures)}
        done = _NEW.count(connection, row | {"version": 1})
        for picture in earning.pictures if done else ():
            _PICTURE.count(connection, {"picture": picture, "thing": earning.thing})
    if not done:
        raise Stale(f"{earning.thing} is no longer at version {earning.version}")


def earning(connection: Connection, thing: str) -> Earning | None:
    """What one thing earned."""
    row = _ITS.first(connection, {"its": thing})
    return _earning(row) if row else None


def known(connection: Connection, thing: Thing, holder: str, now: datetime, scheme: Scheme) -> Known:
    """All that the rule asks of what was earned before."""
    local = now.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    since = now - scheme.landlords_within
    return Known(
        thing.key,
        thing.subject,
        thing.pictures,
        since,
        counted=_ITS.first(connection, {"its": thing.key}) is not None,
        today=_sum(connection, holder, local),
        month=_sum(connection, holder, local.replace(day=1)),
        holders=_holders(connection, thing.subject, since),
        seen=_seen(connection, thing.key, thing.pictures),
    )


def still(connection: Connection, before: Known) -> None:
    """Raises Stale when somebody registered the same subject, or sent the same picture, since it was read."""
    holders = _holders(connection, before.subject, before.since) if before.since else frozenset()
    if holders != before.holders or _seen(connection, before.thing, before.pictures) != before.seen:
        raise Stale(f"{before.thing}: what is known around it is no longer as it was read")


def due(connection: Connection, now: datetime, most: int) -> list[Earning]:
    """Those whose hold is over, the longest ago first."""
    rows = connection.execute(
        select(*_COLUMNS).where(_E.state == Earned.HELD.value, _E.due_at <= now).order_by(_E.due_at).limit(most)
    )
    return [_earning(row) for row in rows]


def reviews(connection: Connection, most: int) -> list[Earning]:
    """Those that wait for a person, the oldest first."""
    rows = connection.execute(select(*_COLUMNS).where(_E.state == Earned.REVIEW.value).order_by(_E.at).limit(most))
    return [_earning(row) for row in rows]


def forget_subjects(connection: Connection, before: datetime, most: int) -> int:
    """Which tenant it was is forgotten where no rule asks any more. Returns how many."""
    old = select(_E.thing).where(_E.subject != "", _E.at < before, _E.state != Earned.REVIEW.value).limit(most)
    return int(connection.execute(update(EARNING).where(_E.thing.in_(old)).values(subject="")).rowcount)


def _earning(row: Iterable[Any]) -> Earning:
    read = Earning(*row)
    return replace(read, rule=Rule(read.rule), state=Earned(read.state), pictures=tuple(read.pictures))


def _sum(connection: Connection, holder: str, since: datetime) -> int:
    """Points earned since then. What was declined or taken back leaves room again."""
    mine = select(func.coalesce(func.sum(_E.amount), 0)).where(_E.holder == holder, _E.at >= since, _COUNTS)
    return int(connection.scalar(mine) or 0)


def _holders(connection: Connection, subject: str, since: datetime) -> frozenset[str]:
    if not subject:
        return frozenset()
    same = select(_E.holder).where(_E.subject == subject, _E.subject != "", _E.at >= since).distinct()
    return frozenset(connection.scalars(same))


def _seen(connection: Connection, thing: str, pictures: tuple[str, ...]) -> bool:
    if not pictures:
        return False
    alike = {*pictures, *twins(connection, pictures)}
    other = select(EARNING_PICTURE.c.thing).where(
        EARNING_PICTURE.c.picture.in_(sorted(alike)), EARNING_PICTURE.c.thing != thing
    )
    return connection.execute(other.limit(1)).first() is not None
