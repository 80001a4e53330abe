"""The address book as it was: each import writes down what it changes, and a day is read by undoing what came after.

Of people their place is kept, not their names: whoever is no longer listed is known by their id alone, as erased.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, insert, select

from bot.store import directory_rows
from bot.store.directory_tables import (
    AREA,
    GROUP,
    HOLIDAY,
    IMPORT,
    LEAVE,
    OPENING,
    PAST,
    PERSON,
    SHIFT,
    STANDARD_ADDRESS,
    UNIT,
)
from bot.store.private import Keys
from routing.directory import (
    Area,
    AreaKind,
    DirectoryRows,
    Group,
    Holiday,
    Leave,
    Opening,
    Person,
    Role,
    Shift,
    StandardAddress,
    Unit,
)
from routing.platforms import Platform

#: Rows written or read at a time.
_AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class Past:
    """The address book of a moment."""

    rows: DirectoryRows
    since: datetime  #: The import it came by.
    gone: frozenset[str]  #: Ids of people in it who are listed no more.


def keep(connection: Connection, rows: DirectoryRows, now: datetime) -> None:
    """Writes down what these rows will change; to be called before they take the place of the old ones. What stands
    there before the first import is nothing, and nothing is written of it."""
    first = connection.execute(select(IMPORT.c.id).limit(1)).first() is None
    its = connection.execute(insert(IMPORT).values(at=now).returning(IMPORT.c.id)).scalar_one()
    if first:
        return
    past = (
        {"import_id": its, **each} for name, kind in _KINDS.items() for each in _changes(connection, name, kind, rows)
    )
    while some := list(islice(past, _AT_A_TIME)):
        connection.execute(insert(PAST).inline(), some)


def begin(connection: Connection) -> datetime | None:
    """How far back the history reaches: the first import on record. None before any."""
    return connection.execute(select(IMPORT.c.at).order_by(IMPORT.c.at).limit(1)).scalar()


def changed_after(connection: Connection, at: datetime) -> datetime | None:
    """The first import after that moment that changed anything; None: the address book is as it was then, as far as the
    history reaches."""
    made = select(PAST.c.import_id).where(PAST.c.import_id == IMPORT.c.id).exists()
    return connection.execute(select(IMPORT.c.at).where(IMPORT.c.at > at, made).order_by(IMPORT.c.at).limit(1)).scalar()


def directory_at(connection: Connection, keys: Keys, at: datetime) -> Past | None:
    """The address book of that moment; None where the history does not reach so far back.

    What a group hears is not kept, and names are today's. An account that is no longer known stands as the person's id:
    that there was one is kept, because the ladder asks for it.
    """
    since = connection.execute(
        select(IMPORT.c.at).where(IMPORT.c.at <= at).order_by(IMPORT.c.at.desc()).limit(1)
    ).scalar()
    if since is None:
        return None
    rows = directory_rows.read_directory(connection, keys)
    undone: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    later = (
        select(PAST.c.kind, PAST.c.its, PAST.c.said)
        .join(IMPORT, IMPORT.c.id == PAST.c.import_id)
        .where(IMPORT.c.at > at)
        .order_by(IMPORT.c.at.desc(), IMPORT.c.id.desc())
    )
    for name, its, said in connection.execute(later.execution_options(yield_per=_AT_A_TIME)):
        undone[name][its] = said  # The earliest change after that moment has the last word.
    today = {person.id: person for person in rows.people}
    for name, changed in undone.items():
        rows = replace(rows, **{_KINDS[name].field: tuple(_undone(name, rows, changed, today))})
    gone = frozenset(person.id for person in rows.people) - today.keys()
    return Past(rows, since, gone)


class _Kind(NamedTuple):
    """How things of one kind are kept. Several of one key (the shifts of a person) are kept together."""

    field: str  #: Of DirectoryRows.
    table: Table
    key: Callable[[Any], str]  #: Of a thing as of its row: they have their columns' names.
    said: Callable[[Any], list[Any]]
    read: Callable[[str, list[Any]], Any]


def _changes(connection: Connection, name: str, kind: _Kind, rows: DirectoryRows) -> Iterator[dict[str, Any]]:
    fresh = dict(_together(kind, getattr(rows, kind.field)))
    query = select(kind.table)
    if name == "group":
        query = query.where(GROUP.c.area.is_not(None))
    old: Iterable[Any] = connection.execute(query.execution_options(yield_per=_AT_A_TIME))
    for its, said in _together(kind, old):
        if fresh.pop(its, None) != said:
            yield {"kind": name, "its": its, "said": said}
    for its in fresh:
        yield {"kind": name, "its": its, "said": None}


def _together(kind: _Kind, things: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    if kind.field not in _SEVERAL:
        yield from ((kind.key(each), kind.said(each)) for each in things)
        return
    lists: defaultdict[str, list[Any]] = defaultdict(list)
    for each in things:
        lists[kind.key(each)].append(kind.said(each))
    yield from ((its, sorted(said, key=json.dumps)) for its, said in lists.items())


def _undone(name: str, rows: DirectoryRows, changed: dict[str, Any], today: dict[str, Person]) -> list[Any]:
    kind = _KINDS[name]
    things = [each for each in getattr(rows, kind.field) if kind.key(each) not in changed]
    for its, said in changed.items():
        if said is not None:
            parts = said if kind.field in _SEVERAL else [said]
            things += [kind.read(its, part) for part in parts]
    if name == "person":
        things = [_named(person, today.get(person.id)) for person in things]
    return sorted(things, key=kind.key)


def _named(then: Person, now: Person | None) -> Person:
    """Somebody as they were, by the name and the account that are known."""
    if now is None:
        return then
    known = replace(then, name=now.name, phone=now.phone)
    same = then.has_chat and now.has_chat and now.channel == then.channel
    return replace(known, user_id=now.user_id) if same else known


# --- things as they are kept, and back


def _account(person: Any) -> str | None:
    """The app in which somebody has an account: of a person, or of their row."""
    there = person.has_chat if isinstance(person, Person) else person.user_ix
    return person.channel if there else None


def _person(its: str, said: list[Any]) -> Person:
    role, area, unit, channel = said
    return Person(its, its, Role(role), area, unit, None, channel, its if channel else None)


def _area(its: str, said: list[Any]) -> Area:
    parent, kind, name, boundary, lat, lon = said
    return Area(its, parent, AreaKind(kind), name, boundary, None if lat is None else (lat, lon))


def _said_area(each: Any) -> list[Any]:
    lat, lon = (each.centre or (None, None)) if isinstance(each, Area) else (each.lat, each.lon)
    return [each.parent, str(each.kind), each.name, each.boundary_wkt, lat, lon]


def _week(each: Any) -> list[Any]:
    return [each.weekday, *(_minutes(at) for at in (each.start, each.end))]


def _minutes(at: time | int) -> int:
    return at.hour * 60 + at.minute if isinstance(at, time) else at


def _hours(said: list[Any]) -> tuple[int, time, time]:
    weekday, start, end = said
    return weekday, time(*divmod(start, 60)), time(*divmod(end, 60))


def _leave(its: str, said: list[Any]) -> Leave:
    first, last, deputy = said
    return Leave(its, date.fromisoformat(first), date.fromisoformat(last), deputy)


def _group(its: str, said: list[Any]) -> Group:
    channel, bot, chat = json.loads(its)
    return Group(channel, bot, chat, *said)


#: Of these one key has several rows.
_SEVERAL = frozenset({"duty", "leave", "hours"})

_KINDS = {
    "area": _Kind("areas", AREA, lambda a: a.code, _said_area, _area),
    "unit": _Kind(
        "units",
        UNIT,
        lambda u: u.code,
        lambda u: [str(u.platform), u.name, u.area],
        lambda its, said: Unit(its, Platform(said[0]), *said[1:]),
    ),
    "person": _Kind("people", PERSON, lambda p: p.id, lambda p: [str(p.role), p.area, p.unit, _account(p)], _person),
    "group": _Kind(
        "groups", GROUP, lambda g: json.dumps([g.channel, g.bot, g.chat_id]), lambda g: [g.area, g.name], _group
    ),
    "duty": _Kind("duty", SHIFT, lambda s: s.person, _week, lambda its, said: Shift(its, *_hours(said))),
    "leave": _Kind(
        "leave",
        LEAVE,
        lambda e: e.person,
        lambda e: [e.first.isoformat(), e.last.isoformat(), e.deputy],
        _leave,
    ),
    "holiday": _Kind(
        "holidays",
        HOLIDAY,
        lambda h: h.day.isoformat(),
        lambda h: [h.name, h.works],
        lambda its, said: Holiday(date.fromisoformat(its), *said),
    ),
    "hours": _Kind("hours", OPENING, lambda o: o.area, _week, lambda its, said: Opening(its, *_hours(said))),
    "address": _Kind(
        "addresses",
        STANDARD_ADDRESS,
        lambda a: a.address_id,
        lambda a: [a.text, a.area, a.lat, a.lon],
        lambda its, said: StandardAddress(its, *said),
    ),
}
