"""The address book in rows: an import replaces it in one transaction; reading it makes a snapshot."""

from __future__ import annotations

from datetime import datetime, time
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, literal, or_, select

from bot.store.columns import Flag
from bot.store.directory_tables import AREA, GROUP, HOLIDAY, LEAVE, OPENING, PERSON, SHIFT, STANDARD_ADDRESS, UNIT
from bot.store.meta import changed
from bot.store.private import DataKey, Keys, names_of, opened
from bot.store.rows import key_of, user_index
from bot.store.shredding import cut_out
from bot.store.tables import PERSON_KEY
from routing.directory import (
    Area,
    AreaKind,
    DirectoryRows,
    Group,
    Hears,
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

_BY_OWNER = select(PERSON_KEY.c.id, PERSON_KEY.c.wrapped).where(PERSON_KEY.c.id.startswith("staff:"))


def owner(person: str) -> str:
    """Whose key seals this person of the staff."""
    return f"staff:{person}"


def replace_directory(connection: Connection, keys: Keys, rows: DirectoryRows, now: datetime) -> tuple[Group, ...]:
    """Puts these rows in the place of the old ones. Returns the groups that hear otherwise than before (known ones
    only). A person who is no longer listed is erased: their key is deleted, and cut out of the key files."""
    for table in (AREA, UNIT, SHIFT, STANDARD_ADDRESS, PERSON, LEAVE, HOLIDAY, OPENING):
        connection.execute(delete(table))
    _insert(connection, AREA, [_area_values(area) for area in rows.areas])
    _insert(connection, UNIT, [_unit_values(unit) for unit in rows.units])
    _insert(connection, SHIFT, [_shift_values(shift) for shift in rows.duty])
    _insert(connection, STANDARD_ADDRESS, [_address_values(address) for address in rows.addresses])
    _insert(connection, LEAVE, [_leave_values(leave) for leave in rows.leave])
    _insert(connection, HOLIDAY, [{"day": h.day, "name": h.name, "works": h.works} for h in rows.holidays])
    _insert(connection, OPENING, [{"area": o.area, **_week_values(o)} for o in rows.hours])
    _insert(connection, PERSON, _people(connection, keys, rows, now))
    otherwise = _groups(connection, rows.groups)
    for name in ("directory", "groups", "reach"):
        changed(connection, name)
    return otherwise


def read_directory(connection: Connection, keys: Keys) -> DirectoryRows:
    """All rows, with the groups as they are now."""
    own = PERSON_KEY.c.id == literal("staff:") + PERSON.c.id
    people = select(PERSON, PERSON_KEY.c.wrapped).join_from(PERSON, PERSON_KEY, own)
    return DirectoryRows(
        areas=tuple(_area_of(row) for row in connection.execute(select(AREA).order_by(AREA.c.code))),
        people=tuple(_person_of(row, keys) for row in connection.execute(people.order_by(PERSON.c.id))),
        units=tuple(_unit_of(row) for row in connection.execute(select(UNIT).order_by(UNIT.c.code))),
        groups=read_groups(connection),
        duty=tuple(_shift_of(row) for row in connection.execute(select(SHIFT).order_by(SHIFT.c.id))),
        addresses=tuple(
            StandardAddress(*row)
            for row in connection.execute(select(STANDARD_ADDRESS).order_by(STANDARD_ADDRESS.c.address_id))
        ),
        leave=tuple(Leave(*row) for row in connection.execute(select(LEAVE).order_by(LEAVE.c.person, LEAVE.c.first))),
        holidays=tuple(Holiday(*row) for row in connection.execute(select(HOLIDAY).order_by(HOLIDAY.c.day))),
        hours=tuple(_opening_of(row) for row in connection.execute(select(OPENING).order_by(OPENING.c.id))),
    )


def read_groups(connection: Connection) -> tuple[Group, ...]:
    """The groups that are bound to an area."""
    found = select(GROUP).where(GROUP.c.area.is_not(None)).order_by(GROUP.c.channel, GROUP.c.bot, GROUP.c.chat_id)
    return tuple(
        Group(row.channel, row.bot, row.chat_id, row.area, row.name, Hears(row.hears), row.test)
        for row in connection.execute(found)
    )


def unbound_groups(connection: Connection) -> list[tuple[str, str, str, str]]:
    """(channel, bot, chat id, title) of groups the bot sits in and no import has named: the operator binds them."""
    found = select(GROUP.c.channel, GROUP.c.bot, GROUP.c.chat_id, GROUP.c.name)
    there = or_(GROUP.c.present.is_(None), GROUP.c.present == literal(True, Flag()))
    found = found.where(GROUP.c.area.is_(None), there)
    return [(row.channel, row.bot, row.chat_id, row.name) for row in connection.execute(found.order_by(GROUP.c.name))]


# --- writing


def _insert(connection: Connection, table: Table, values: list[dict[str, Any]]) -> None:
    if values:
        connection.execute(insert(table).inline(), values)


def _people(connection: Connection, keys: Keys, rows: DirectoryRows, now: datetime) -> list[dict[str, Any]]:
    listed = {owner(person.id) for person in rows.people}
    known = {row.id: row.wrapped for row in connection.execute(_BY_OWNER)}
    if gone := [{"its": id_} for id_ in sorted(known.keys() - listed)]:
        connection.execute(delete(PERSON_KEY).where(PERSON_KEY.c.id == bindparam("its")), gone)
        cut_out(connection, chain.from_iterable(names_of(id_, known[id_]) for id_ in known.keys() - listed), now)
    values, new = [], []
    for person in rows.people:
        if owner(person.id) in known:
            key: DataKey | None = key_of(connection, keys, owner(person.id))
        else:
            key, wrapped = keys.fresh(owner(person.id))
            new.append({"id": key.id, "wrapped": wrapped, "created_at": now})
        assert key is not None, "a listed person of the staff has a key"
        values.append(_person_values(person, key, keys))
    _insert(connection, PERSON_KEY, new)
    return values


def _groups(connection: Connection, groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """An administrator's switch in the group stands until an import says something new about that group."""
    old = {(row.channel, row.bot, row.chat_id): row for row in connection.execute(select(GROUP))}
    connection.execute(delete(GROUP))
    values, otherwise = [], []
    for group in groups:
        before = old.pop((group.channel, group.bot, group.chat_id), None)
        said_before = before is not None and before.hears_imported == group.hears.value
        hears = before.hears if before is not None and said_before else group.hears.value
        if before is not None and before.hears != hears:
            otherwise.append(group)
        values.append(
            {
                "channel": group.channel,
                "bot": group.bot,
                "chat_id": group.chat_id,
                "area": group.area,
                "name": group.name,
                "hears": hears,
                "hears_imported": group.hears.value,
                "present": before.present if before is not None else None,
                "test": group.test,
            }
        )
    for row in old.values():
        if row.present:  # The bot still sits there: known, but bound to nothing any more.
            kept = {"area": None, "hears": Hears.MENTION.value, "hears_imported": ""}
            values.append({**row._mapping, **kept})
            if row.hears != Hears.MENTION:
                otherwise.append(Group(row.channel, row.bot, row.chat_id, "", row.name, Hears.MENTION))
    _insert(connection, GROUP, values)
    return tuple(otherwise)


# --- rows and back


def _area_values(area: Area) -> dict[str, Any]:
    lat, lon = area.centre or (None, None)
    return {
        "code": area.code,
        "parent": area.parent,
        "kind": area.kind.value,
        "name": area.name,
        "boundary_wkt": area.boundary_wkt,
        "lat": lat,
        "lon": lon,
    }


def _area_of(row: Any) -> Area:
    centre = (row.lat, row.lon) if row.lat is not None else None
    return Area(row.code, row.parent, AreaKind(row.kind), row.name, row.boundary_wkt, centre)


def _unit_values(unit: Unit) -> dict[str, Any]:
    return {"code": unit.code, "platform": unit.platform.value, "name": unit.name, "area": unit.area}


def _unit_of(row: Any) -> Unit:
    return Unit(row.code, Platform(row.platform), row.name, row.area)


def _person_values(person: Person, key: DataKey, keys: Keys) -> dict[str, Any]:
    sealed = {"name": person.name, "phone": person.phone, "user_id": person.user_id}
    user_ix = user_index(keys, person.channel, person.user_id) if person.channel and person.user_id else None
    return {
        "id": person.id,
        "role": person.role.value,
        "area": person.area,
        "unit": person.unit,
        "channel": person.channel,
        "user_ix": user_ix,
        "sealed": key.seal("person|sealed", person.id, sealed),
    }


def _person_of(row: Any, keys: Keys) -> Person:
    words = opened(keys.unwrap(owner(row.id), row.wrapped), "person|sealed", row.id, row.sealed)
    return Person(
        row.id,
        words.get("name", ""),
        Role(row.role),
        row.area,
        row.unit,
        words.get("phone"),
        row.channel,
        words.get("user_id"),
    )


def _shift_values(shift: Shift) -> dict[str, Any]:
    return {"person": shift.person, **_week_values(shift)}


def _shift_of(row: Any) -> Shift:
    return Shift(row.person, row.weekday, _time(row.start), _time(row.end))


def _opening_of(row: Any) -> Opening:
    return Opening(row.area, row.weekday, _time(row.start), _time(row.end))


def _week_values(each: Shift | Opening) -> dict[str, int]:
    start, end = (at.hour * 60 + at.minute for at in (each.start, each.end))
    return {"weekday": each.weekday, "start": start, "end": end}


def _time(minutes: int) -> time:
    return time(*divmod(minutes, 60))


def _leave_values(leave: Leave) -> dict[str, Any]:
    return {"person": leave.person, "first": leave.first, "last": leave.last, "deputy": leave.deputy}


def _address_values(address: StandardAddress) -> dict[str, Any]:
    return {
        "address_id": address.address_id,
        "text": address.text,
        "area": address.area,
        "lat": address.lat,
        "lon": address.lon,
    }
