"""What the bot learns of its groups: it came, it went, it hears otherwise, the group has a new id."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from bot.messages import Address
from bot.outcome import GroupChange
from bot.store import bookings
from bot.store.directory_tables import GROUP
from bot.store.meta import changed
from bot.store.private import Keys
from bot.store.rows import chat_index
from bot.store.tables import CASE, INBOX, THREAD
from routing.directory import Hears


def change(connection: Connection, keys: Keys, change: GroupChange, now: datetime) -> None:
    """Writes what was learned; a group the directory does not know gets a row without an area."""
    at, here = change.at, _is(change.at)
    if change.moved_to:
        move(connection, keys, at, change.moved_to, now)
        at, here = Address(at.channel, at.bot, change.moved_to), _is(Address(at.channel, at.bot, change.moved_to))
    values: dict[str, Any] = {}
    if change.title:
        values["name"] = change.title
    if change.hears:
        values["hears"] = Hears(change.hears).value
    if change.present is not None:
        values["present"] = change.present
    known = connection.execute(select(GROUP.c.area, GROUP.c.name).where(here)).first()
    if known is None:
        defaults = {"name": "", "hears": Hears.MENTION.value, "hears_imported": ""}
        row = {"channel": at.channel, "bot": at.bot, "chat_id": at.chat, **defaults, **values}
        connection.execute(insert(GROUP), row)
    else:
        if known.area and known.name:
            values.pop("name", None)  # The directory's name stands: its operator chose it.
        if values:
            connection.execute(update(GROUP).where(here).values(values))
    changed(connection, "groups")


def move(connection: Connection, keys: Keys, at: Address, chat: str, now: datetime) -> None:
    """Gives the group its new id everywhere, in this transaction: its row, its talks, what waits for it or of it."""
    new = Address(at.channel, at.bot, chat)
    if new == at:
        return
    _move_row(connection, at, new)
    _move_threads(connection, keys, at, new)
    old_ix, new_ix = chat_index(keys, at), chat_index(keys, new)
    connection.execute(update(INBOX).where(INBOX.c.chat_ix == old_ix).values(chat_ix=new_ix))
    bookings.relocate(connection, at, chat, now)
    changed(connection, "groups")


def _is(at: Address) -> Any:
    return and_(GROUP.c.channel == at.channel, GROUP.c.bot == at.bot, GROUP.c.chat_id == at.chat)


def _move_row(connection: Connection, at: Address, new: Address) -> None:
    old = connection.execute(select(GROUP).where(_is(at))).mappings().first()
    if old is None:
        return
    there = connection.execute(select(GROUP.c.area).where(_is(new))).first()
    if there is None:
        connection.execute(update(GROUP).where(_is(at)).values(chat_id=new.chat))
        return
    if there.area is None:  # The bot was told of the new id first: the directory's words go over to it.
        kept = {name: old[name] for name in ("area", "name", "hears", "hears_imported")}
        connection.execute(update(GROUP).where(_is(new)).values(kept))
    connection.execute(delete(GROUP).where(_is(at)))


def _move_threads(connection: Connection, keys: Keys, at: Address, new: Address) -> None:
    old_ix, new_ix = chat_index(keys, at), chat_index(keys, new)
    later = THREAD.alias("later")
    # Who wrote under the new id before we heard of the move has two talks: the older one goes on, with both's cases.
    twice = connection.execute(
        select(THREAD.c.id, later.c.id)
        .join_from(THREAD, later, and_(later.c.resident == THREAD.c.resident, later.c.bot == THREAD.c.bot))
        .where(THREAD.c.chat_ix == old_ix, later.c.chat_ix == new_ix)
    ).all()
    for first, second in twice:
        connection.execute(update(CASE).where(CASE.c.thread == second).values(thread=first, version=CASE.c.version + 1))
        connection.execute(delete(THREAD).where(THREAD.c.id == second))
    moved = {"chat": new.chat, "chat_ix": new_ix, "version": THREAD.c.version + 1}
    connection.execute(update(THREAD).where(THREAD.c.chat_ix == old_ix).values(moved))
