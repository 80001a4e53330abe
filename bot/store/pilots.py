"""Pilots: of all letters that show a picture which the account has not uploaded yet, one goes ahead.

The app gives the picture a name (a file_id, a media_id), and the others go by that name. While the pilot is under way
they wait in their lines until its lease would end, and are called the moment it has landed. When it brought no name the
next one is the pilot; after MOST of them nobody waits any more, and each letter uploads for itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, literal_column, or_, select, update

from bot.messages import Lane
from bot.store.columns import Big, Utc, Words
from bot.store.letter_rows import FILE_IDS, QUEUE
from bot.store.ready import Both, Ready

#: So many letters go ahead without bringing a name home.
MOST = 3

#: Tells those who wait for a pilot from those whose own call is under way until the same instant.
_HAIR = timedelta(microseconds=1)


def waited_for(
    connection: Connection, account: tuple[str, str], keys: Iterable[str], now: datetime
) -> dict[str, datetime | None]:
    """Of these pictures, those that need a pilot: until when the one under way has time, None where none is."""
    rows = _NAMES.named(connection, {"at_channel": account[0], "at_bot": account[1], "keys": sorted(set(keys))})
    found: dict[str, datetime | None] = dict.fromkeys(keys)
    for row in rows:
        if row.ref or row.pilots >= MOST:
            del found[row.key]
        elif row.pilot_until is not None and row.pilot_until > now:
            found[row.key] = row.pilot_until
    return found


def took_off(connection: Connection, account: tuple[str, str], key: str, letter: int, until: datetime) -> datetime:
    """This letter is the picture's pilot. Returns until when the others wait for it."""
    until += _HAIR
    new = {"channel": account[0], "bot": account[1], "key": key, "ref": "", "pilot": letter, "pilot_until": until,
           "pilots": 0}  # fmt: skip
    _TAKE_OFF.count(connection, new)
    return until


def landed(connection: Connection, letter: int, now: datetime) -> None:
    """The call of this letter is over, whatever came of it. If it was a pilot, those who waited go on."""
    for row in _FLYING.named(connection, {"by": letter}):
        # The name's row is locked: a lease that saw the pilot flying has written down who waits for it, or waits now.
        _GO_ON.count(connection, {"channel_": row.channel, "bot_": row.bot, "until": row.pilot_until, "at": now})
        _LANDED.count(connection, {"by": letter})


def find(connection: Connection, channel: str, bot: str, key: str) -> str:
    """The app's name for a picture, or ""."""
    found = _NAME.first(connection, {"at_channel": channel, "at_bot": bot, "at_key": key})
    return str(found[0]) if found else ""


def keep(connection: Connection, channel: str, bot: str, key: str, ref: str) -> None:
    """The app's name for a picture."""
    new = {"channel": channel, "bot": bot, "key": key, "ref": ref, "pilot": None, "pilot_until": None, "pilots": 0}
    _KEEP.count(connection, new)


def forget(connection: Connection, channel: str, bot: str, key: str, ref: str) -> None:
    """The app does not know this name any more: the next letter is a pilot again. A newer name stays."""
    _FORGET.count(connection, {"at_channel": channel, "at_bot": bot, "at_key": key, "old": ref})


def new_picture(letter: Any) -> str:
    """The picture that the app must know to take this letter, "" where it needs none or several. A recall that finds
    nothing to change is words alone."""
    edits = bool(letter.shown) and not letter.fresh
    if len(letter.photos) != 1 or (edits and letter.photos[0] == letter.picture) or (letter.recalls and not edits):
        return ""
    return str(letter.photos[0])


# --- statements, compiled once

_F, _Q = FILE_IDS.c, QUEUE.c
_ACCOUNT = and_(_F.channel == bindparam("at_channel", type_=Words()), _F.bot == bindparam("at_bot", type_=Words()))
# Locked: who books the pilot waits for who is about to wait for it.
_NAMES = Ready(
    select(_F.key, _F.ref, _F.pilot_until, _F.pilots)
    .where(_ACCOUNT, _F.key.in_(bindparam("keys", expanding=True)))
    .with_for_update()
)
_NAME = Ready(select(_F.ref).where(_ACCOUNT, _F.key == bindparam("at_key", type_=Words())))
_FORGET = Ready(
    update(FILE_IDS)
    .where(_ACCOUNT, _F.key == bindparam("at_key", type_=Words()), _F.ref == bindparam("old", type_=Words()))
    .values(ref="", pilots=0)
)
_BY = _F.pilot == bindparam("by", type_=Big)
_FLYING = Ready(select(_F.channel, _F.bot, _F.key, _F.pilot_until).where(_BY).with_for_update())
_GO_ON = Ready(
    update(QUEUE)
    .where(_Q.channel == bindparam("channel_", type_=Words()), _Q.bot == bindparam("bot_", type_=Words()))
    .where(or_(*(_Q.lane == literal_column(str(int(lane))) for lane in Lane)))
    .where(_Q.ready_at == bindparam("until", type_=Utc()))
    .values(ready_at=bindparam("at", type_=Utc()))
)
_LANDED = Ready(update(FILE_IDS).where(_BY).values(pilot=None, pilot_until=None, pilots=_F.pilots + 1))


def _took_off(statement: Any) -> Any:
    new = statement.excluded
    keys = ["channel", "bot", "key"]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={"pilot": new.pilot, "pilot_until": new.pilot_until}
    )


def _kept(statement: Any) -> Any:
    new = statement.excluded
    keys = ["channel", "bot", "key"]
    return statement.on_conflict_do_update(index_elements=keys, set_={"ref": new.ref, "pilots": new.pilots})


_TAKE_OFF = Ready(Both(lambda new: _took_off(new(FILE_IDS).inline())))
_KEEP = Ready(Both(lambda new: _kept(new(FILE_IDS).inline())))
