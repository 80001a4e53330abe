"""Other keys while the bot runs: what wraps the data keys, and the data keys themselves. Every step can be done again.

Nobody may meet a value that their process cannot open yet. So a new data key is made known first, behind the one that
seals; when every process knows it, it is put in front; when nobody seals with the old one any more, what lies sealed is
sealed anew, row by row, and the old key is thrown away. Where it stands is written in the rows: whoever is killed
begins again and goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from bot.store import meta
from bot.store.database import Database
from bot.store.private import HOUSE, Keys, ages, names_of
from bot.store.sealed_places import CHANGED, PLACES, Place
from bot.store.shredding import KEYS, cut_out
from bot.store.tables import PERSON_KEY

#: Data keys, or sealed rows, of one transaction: others wait for the writer meanwhile.
AT_ONCE = 200
#: Seconds until every process has looked at the versions again (each looks several times a second).
GRACE = 3.0
#: So long a copy of the database opens whole, unless the configuration says otherwise.
COPIES = timedelta(days=35)
Turn = Callable[[str, bytes], bytes | None]
Wait = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was done."""

    wrapped: int = 0  #: Data keys wrapped anew.
    changed: int = 0  #: Owners with another data key.
    sealed: int = 0  #: Values sealed anew.


@dataclass(frozen=True, slots=True)
class Standing:
    """How many data keys lie under which tree or flat key; how many are being changed."""

    under: dict[str, int]
    changing: int


def standing(connection: Connection) -> Standing:
    """Counts the data keys that were not destroyed."""
    under: dict[str, int] = {}
    changing = 0
    for wrapped in connection.scalars(select(PERSON_KEY.c.wrapped).where(PERSON_KEY.c.wrapped.is_not(None))):
        held = ages(wrapped)
        changing += len(held) > 1
        for id in {id for id, _ in held}:
            under[id] = under.get(id, 0) + 1
    return Standing(under, changing)


def tell(connection: Connection) -> None:
    """Lets every process look at its key file anew."""
    meta.changed(connection, KEYS)


async def wrap_anew(db: Database, keys: Keys, *, grace: float = GRACE, wait: Wait = asyncio.sleep) -> int:
    """Wraps every data key under the current tree. Returns how many were not. Nothing sealed is touched."""
    count = 0
    while done := await _all_keys(db, keys.rewrapped):
        count += done
        await wait(grace)  # Once more: another process may have wrapped by the old tree until it looked at the file.
    return count


async def change_data_keys(
    db: Database,
    keys: Keys,
    now: datetime,
    *,
    only: str = "",
    keep: timedelta = COPIES,
    grace: float = GRACE,
    wait: Wait = asyncio.sleep,
) -> Rotated:
    """Gives everybody, and the house, another data key (or this owner `only`), and seals anew what lies under the old
    ones. One that was broken off is finished, and does not begin another time. The house's old key is cut out of the
    key files after `keep`: copies of the database that are older still open for everybody but those who were erased,
    and hold no letter on its way and no message that waits."""
    began = await db.read(lambda c: meta.versions(c).get(_BEGAN, 0))
    if not began:
        # No key is as young: not those that were made in this second, nor where the clock was put back.
        began = max(int(time.time()), *await db.read(_of_house)) + 1
        await db.write(lambda c: meta.put(c, _BEGAN, began))

    def announced(owner: str, wrapped: bytes) -> bytes | None:
        return keys.with_next(owner, wrapped, began) if _youngest(wrapped) < began else wrapped

    def turned(owner: str, wrapped: bytes) -> bytes | None:
        return keys.turned(owner, wrapped) if ages(wrapped)[0][1] < _youngest(wrapped) else wrapped

    def mine(owner: str) -> bool:
        return owner == only if only else _is_changed(owner)

    changed = await _step(db, announced, mine, grace, wait)
    await _step(db, turned, mine, grace, wait)
    sealed = 0
    for place in PLACES:
        if not place.fixed:
            sealed += await _seal_anew(db, keys, place, mine)
    kept = await db.read(lambda c: _fixed(c, keys))
    house = await db.read(wrapped_house)

    def settled(owner: str, wrapped: bytes) -> bytes | None:
        return wrapped if owner in kept or len(ages(wrapped)) == 1 else keys.settled(owner, wrapped)

    await _step(db, settled, mine, 0.0, wait)

    def end(connection: Connection) -> None:
        left = wrapped_house(connection)
        gone = set(names_of(HOUSE, house)) - set(names_of(HOUSE, left)) if house and left else set()
        cut_out(connection, gone, now + keep)
        meta.put(connection, _BEGAN, 0)

    await db.write(end)
    return Rotated(0, changed, sealed)


_BEGAN = "keys_changing"  #: Since when (seconds since 1970) data keys are being changed; 0: they are not.


async def _step(db: Database, turn: Turn, mine: Callable[[str], bool], grace: float, wait: Wait) -> int:
    """Turns every key that is changed here, tells the other processes, and gives them time."""
    count = await _all_keys(db, lambda owner, wrapped: turn(owner, wrapped) if mine(owner) else wrapped)
    if count:
        await wait(grace)
    return count


def _is_changed(owner: str) -> bool:
    return owner == HOUSE or ":" not in owner or owner.startswith(CHANGED)


async def _all_keys(db: Database, turn: Turn) -> int:
    """Writes each wrapped key as `turn` gives it. Returns how many became another one."""
    count, after = 0, ""
    while True:

        def write(connection: Connection, after: str = after) -> tuple[str, int]:
            held = select(PERSON_KEY.c.id, PERSON_KEY.c.wrapped).where(PERSON_KEY.c.wrapped.is_not(None))
            rows = connection.execute(
                held.where(PERSON_KEY.c.id > after).order_by(PERSON_KEY.c.id).limit(AT_ONCE)
            ).all()
            done = 0
            for owner, wrapped in rows:
                new = turn(owner, wrapped)
                if new is not None and new != wrapped:
                    same = (PERSON_KEY.c.id == owner) & (PERSON_KEY.c.wrapped == wrapped)
                    done += connection.execute(update(PERSON_KEY).where(same).values(wrapped=new)).rowcount
            if done:
                meta.changed(connection, KEYS)
            return (rows[-1].id if rows else "", done)

        after, done = await db.write(write)
        count += done
        if not after:
            return count


async def _seal_anew(db: Database, keys: Keys, place: Place, mine: Callable[[str], bool]) -> int:
    """Seals every value of the place with the key of its owner that seals now. Returns how many were not."""
    count, after = 0, None
    while True:

        def write(
            connection: Connection, after: tuple[object, ...] | None = after
        ) -> tuple[tuple[object, ...] | None, int]:
            rows = place.rows(connection, after, AT_ONCE)
            held = _wrapped(connection, {place.owner(row) for row in rows})
            done = 0
            for row in rows:
                owner = place.owner(row)
                key = keys.unwrap(owner, held.get(owner)) if mine(owner) else None
                done += bool(key and key.older and place.anew(connection, row, key))
            return (place.at(rows[-1]) if rows else None, done)

        after, done = await db.write(write)
        count += done
        if after is None:
            return count


def _wrapped(connection: Connection, owners: Iterable[str]) -> dict[str, bytes | None]:
    held = select(PERSON_KEY.c.id, PERSON_KEY.c.wrapped).where(PERSON_KEY.c.id.in_(list(owners)))
    return {row.id: row.wrapped for row in connection.execute(held)}


def _fixed(connection: Connection, keys: Keys) -> set[str]:
    """Owners with values under an older key in rows that may never be changed: they keep it."""
    owners: set[str] = set()
    for place in (each for each in PLACES if each.fixed):
        after: tuple[object, ...] | None = None
        while rows := place.rows(connection, after, AT_ONCE):
            held = _wrapped(connection, {place.owner(row) for row in rows})
            for row in rows:
                owner, sealed = place.owner(row), place.sealed(row)
                key = keys.unwrap(owner, held.get(owner))
                if key and sealed and key.older and not key.opens_newly(place.name, place.row(row), sealed):
                    owners.add(owner)
            after = place.at(rows[-1])
    return owners


def _youngest(wrapped: bytes) -> int:
    return max(age for _, age in ages(wrapped))


def _of_house(connection: Connection) -> list[int]:
    """When the house's own keys were made."""
    wrapped = wrapped_house(connection)
    return [age for _, age in ages(wrapped)] if wrapped else [0]


def wrapped_house(connection: Connection) -> bytes | None:
    """The wrapped form of the house's data key."""
    wrapped: bytes | None = connection.scalar(select(PERSON_KEY.c.wrapped).where(PERSON_KEY.c.id == HOUSE))
    return wrapped
