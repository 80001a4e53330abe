"""Ways to write to people alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, select

from bot.messages import Address
from bot.store.commit import REACHED
from bot.store.directory_tables import PERSON
from bot.store.meta import changed
from bot.store.private import DataKey, Keys
from bot.store.rows import REACH_COLUMNS, chat_index, reach_of, reach_values, user_index
from bot.store.tables import REACH


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
