"""Ways to write to people alone, and erasing a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, select, update

from bot.messages import Address
from bot.store.commit import REACHED
from bot.store.directory_tables import PERSON
from bot.store.meta import changed
from bot.store.private import DataKey, Keys
from bot.store.rows import REACH_COLUMNS, chat_index, reach_of, reach_values, user_index
from bot.store.tables import CASE, PERSON_KEY, REACH, RESIDENT, THREAD


def reached(
    connection: Connection, keys: Keys, house: DataKey, ways: Iterable[tuple[str, Address]], now: datetime
) -> None:
    """Writes down (user id, private chat) of people who wrote to a bot alone."""
    for user_id, at in ways:
        user_ix = user_index(keys, at.channel, user_id)
        REACHED.count(connection, reach_values(at, user_ix, house, keys, now))
        staff = select(PERSON.c.id).where(PERSON.c.channel == at.channel, PERSON.c.user_ix == user_ix)
        if connection.execute(staff.limit(1)).first():
            changed(connection, "reach")


def lost(connection: Connection, keys: Keys, at: Address) -> bool:
    """The bot cannot write to this private chat any more (blocked, deleted). False when it could not before."""
    here = and_(REACH.c.channel == at.channel, REACH.c.bot == at.bot, REACH.c.chat_ix == chat_index(keys, at))
    gone = connection.execute(delete(REACH).where(here)).rowcount > 0
    if gone:
        changed(connection, "reach")
    return gone


def staff_reach(connection: Connection, house: DataKey) -> dict[str, Address]:
    """Person id -> where that person of the staff can be written to alone, by the bot they wrote to last."""
    same = and_(PERSON.c.channel == REACH.c.channel, PERSON.c.user_ix == REACH.c.user_ix)
    rows = connection.execute(
        select(PERSON.c.id, *REACH_COLUMNS).join_from(PERSON, REACH, same).order_by(REACH.c.since)
    )
    return {row[0]: reach_of(row[1:], house) for row in rows}


def erase(connection: Connection, keys: Keys, resident: str, now: datetime) -> bool:
    """Destroys the resident's key, and with it every personal field of theirs. The cases stay, without words. Who
    writes again is somebody new. False when there is no such resident."""
    row = connection.execute(select(RESIDENT.c.channel, RESIDENT.c.user_ix).where(RESIDENT.c.id == resident)).first()
    if row is None or row.user_ix is None:
        return False
    destroyed = {"wrapped": None, "destroyed_at": now}
    connection.execute(update(PERSON_KEY).where(PERSON_KEY.c.id == resident).values(destroyed))
    connection.execute(delete(REACH).where(REACH.c.channel == row.channel, REACH.c.user_ix == row.user_ix))
    nothing = {"user_ix": None, "sealed": None, "version": RESIDENT.c.version + 1}
    connection.execute(update(RESIDENT).where(RESIDENT.c.id == resident).values(nothing))
    silent = {"sealed": None, "draft_until": None, "version": THREAD.c.version + 1}
    connection.execute(update(THREAD).where(THREAD.c.resident == resident).values(silent))
    changed_too = {"version": CASE.c.version + 1}  # Whoever read them before reads them again.
    connection.execute(update(CASE).where(CASE.c.reporter == resident).values(changed_too))
    return True
