"""Messages of the browser chat: written, changed, taken back, found again, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, insert, literal, select, update

from bot.store import web_ink
from bot.store.columns import Utc
from bot.store.private import Keys
from bot.store.shredding import shred
from bot.store.web_chat import (
    BOT,
    CHATS,
    MEMBERS,
    MESSAGES,
    PHOTOS,
    USERS,
    WORDS_PLACE,
    Buttons,
    Message,
    messages_of,
    shown,
    writer_of,
)
from bot.store.web_session import revoke_all


def write(connection: Connection, message: Message, keys: Keys | None = None) -> tuple[Message, bool]:
    """Writes a new message. Returns it as it stands, and whether it is new: a second one with the same id is not."""
    if there := find(connection, message.id, keys):
        return there, False
    connection.execute(
        insert(MESSAGES).values(
            id=message.id,
            chat=message.chat,
            author=message.author,
            language=message.language,
            photos=list(message.photos),
            reply_to=message.reply_to,
            sent_at=message.sent_at,
            changed_at=message.sent_at,
            version=1,
            heard=0,
            **_words(connection, keys, message, message.sent_at),
        )
    )
    _note_photos(connection, message, message.photos)
    written = find(connection, message.id, keys)
    assert written is not None
    return written, True


def change(
    connection: Connection,
    id: str,
    text: str,
    now: datetime,
    *,
    buttons: Buttons = (),
    photos: Sequence[str] = (),
    keys: Keys | None = None,
) -> Message | None:
    """Rewrites a message in place and returns it; no photos means: those it has. None when it is gone."""
    there = find(connection, id, keys)
    if there is None or there.deleted:
        return None
    photos = tuple(photos) or there.photos
    if (there.text, there.buttons, there.photos) == (text, buttons, photos):
        return there  # The same edit sent twice is one edit.
    words = _words(connection, keys, replace(there, text=text, buttons=buttons), now)
    _touch(connection, id, now, photos=list(photos), edited_at=now, **words)
    _note_photos(connection, there, photos)
    return find(connection, id, keys)


def recall(connection: Connection, id: str, now: datetime, keys: Keys | None = None) -> Message | None:
    """Takes a message back: its words and photos are erased, its place stays. None when there is no such message."""
    there = find(connection, id, keys)
    if there is None or there.deleted:
        return there
    _touch(connection, id, now, **_NOTHING, deleted_at=now)
    connection.execute(delete(PHOTOS).where(PHOTOS.c.message == id))
    return find(connection, id, keys)


def erase(connection: Connection, user_id: str, now: datetime, keys: Keys | None = None) -> None:
    """Erases a person: what they wrote everywhere, what the bot wrote to them alone, their name, seats and sessions.
    Their key is destroyed, so that backups are silent too. Who is invited again begins anew."""
    theirs = (MESSAGES.c.author == user_id) | (MESSAGES.c.chat == user_id)
    connection.execute(delete(PHOTOS).where(PHOTOS.c.message.in_(select(MESSAGES.c.id).where(theirs))))
    # Nothing is left that the bot should hear of: `heard` is the version.
    connection.execute(
        update(MESSAGES)
        .where(theirs, MESSAGES.c.deleted_at.is_(None))
        .values(
            **_NOTHING, deleted_at=now, changed_at=now, version=MESSAGES.c.version + 1, heard=MESSAGES.c.version + 1
        )
    )
    connection.execute(delete(MEMBERS).where(MEMBERS.c.user_id == user_id, MEMBERS.c.chat != user_id))
    connection.execute(update(USERS).where(USERS.c.id == user_id).values(name=""))
    revoke_all(connection, user_id, now)
    if keys is not None:
        shred(connection, keys, web_ink.owner_of(user_id), now)


def find(connection: Connection, id: str, keys: Keys | None = None) -> Message | None:
    found = messages_of(connection, shown().where(MESSAGES.c.id == id), keys)
    return found[0] if found else None


def page(
    connection: Connection, chat: str, before: int | None = None, limit: int = 50, keys: Keys | None = None
) -> list[Message]:
    """The last `limit` messages of the chat, or those before a seq, oldest first."""
    wanted = shown().where(MESSAGES.c.chat == chat).order_by(MESSAGES.c.seq.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(MESSAGES.c.seq < before)
    return messages_of(connection, wanted, keys)[::-1]


def changes(
    connection: Connection, user_id: str, since: datetime, limit: int, keys: Keys | None = None
) -> list[Message]:
    """What was written or changed in the user's chats at `since` or later, in order of change."""
    wanted = (
        shown()
        .join(MEMBERS, MEMBERS.c.chat == MESSAGES.c.chat)
        .where(MEMBERS.c.user_id == user_id, MESSAGES.c.changed_at >= since)
        .order_by(MESSAGES.c.changed_at, MESSAGES.c.seq)
    )
    return messages_of(connection, wanted.limit(limit), keys)


def unheard(connection: Connection, limit: int = 500, keys: Keys | None = None) -> list[Message]:
    """What people wrote and the bot was not told: the process died in between. Oldest first."""
    wanted = shown().where(MESSAGES.c.author != BOT, MESSAGES.c.heard < MESSAGES.c.version)
    return messages_of(connection, wanted.order_by(MESSAGES.c.seq).limit(limit), keys)


def mark_heard(connection: Connection, id: str, version: int) -> None:
    mine = (MESSAGES.c.id == id) & (MESSAGES.c.heard < version)
    connection.execute(update(MESSAGES).where(mine).values(heard=version))


def forget(connection: Connection, before: datetime) -> int:
    """Erases messages sent before an instant, and who saw their photos. Returns how many there were."""
    return connection.execute(delete(MESSAGES).where(MESSAGES.c.sent_at < before)).rowcount


# --- the parts

#: What is left of a message that was taken back.
_NOTHING: dict[str, Any] = {"text": "", "buttons": [], "photos": [], "lat": None, "lon": None}


def _words(connection: Connection, keys: Keys | None, message: Message, now: datetime) -> dict[str, Any]:
    """The columns of what was said and where, and of the buttons, which name places: sealed, or as it is without
    keys."""
    owner = connection.scalar(select(CHATS.c.owner).where(CHATS.c.id == message.chat))
    buttons = _plain(message.buttons)
    value = {"text": message.text, "place": message.location, "buttons": buttons}
    kept = web_ink.sealed(connection, keys, writer_of(message.author, owner), WORDS_PLACE, message.id, value, now)
    if kept is not None:
        return {"text": kept, "buttons": [], "lat": None, "lon": None}
    lat, lon = message.location or (None, None)
    return {"text": message.text, "buttons": buttons, "lat": lat, "lon": lon}


def _touch(connection: Connection, id: str, now: datetime, **values: Any) -> None:
    # Never back in time: who reads by `changed_at` must meet every change.
    at = case((MESSAGES.c.changed_at > now, MESSAGES.c.changed_at), else_=literal(now, Utc))
    changed = update(MESSAGES).where(MESSAGES.c.id == id)
    connection.execute(changed.values(version=MESSAGES.c.version + 1, changed_at=at, **values))


def _note_photos(connection: Connection, message: Message, photos: Sequence[str]) -> None:
    """Who sits in the chat may see these photos of the message, and none that it showed before."""
    there = set(connection.scalars(select(PHOTOS.c.key).where(PHOTOS.c.message == message.id)))
    if gone := there.difference(photos):
        connection.execute(delete(PHOTOS).where(PHOTOS.c.message == message.id, PHOTOS.c.key.in_(gone)))
    new = [{"key": key, "message": message.id, "chat": message.chat} for key in {*photos} - there]
    if new:
        connection.execute(insert(PHOTOS), new)


def _plain(buttons: Buttons) -> list[list[list[str]]]:
    return [[[button.text, button.data, button.url] for button in line] for line in buttons]
