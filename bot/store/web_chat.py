"""The web channel's rows: who chats in the browser, in which chats, and every message there; and what is read of them.

Here the house is the chat app itself, so this is the conversation as its members see it. A message is found again by
its id and ordered by `seq`. What changed is found by `changed_at` with an overlap, never by "seq greater than the
last": on PostgreSQL a smaller number can be committed after a larger one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, Row, Select, case, delete, func, insert, literal, select, update
from sqlmodel import Field, SQLModel

from bot.channels.base import RenderedButton
from bot.store.columns import Big, Degrees, Flag, Json, Utc, Words

BOT = "bot"  #: The author of what the bot says. No user may have this id.
GROUP, PRIVATE = "group", "private"

_STRICT = {"sqlite_strict": True}


class WebUserRow(SQLModel, table=True):
    """Somebody who chats in the browser."""

    __tablename__ = "web_user"
    __table_args__ = _STRICT
    id: str = Field(primary_key=True, sa_type=Words)
    name: str = Field(sa_type=Words)
    since: datetime = Field(sa_type=Utc)


class WebChatRow(SQLModel, table=True):
    """A group, or one person's private chat with the bot; the id of a private chat is the id of its owner."""

    __tablename__ = "web_chat"
    __table_args__ = _STRICT
    id: str = Field(primary_key=True, sa_type=Words)
    kind: str = Field(sa_type=Words)
    title: str = Field(default="", sa_type=Words)
    owner: str | None = Field(default=None, sa_type=Words, foreign_key="web_user.id")


class WebMemberRow(SQLModel, table=True):
    """Who sits in a chat, and up to which message they have read."""

    __tablename__ = "web_member"
    __table_args__ = _STRICT
    chat: str = Field(primary_key=True, sa_type=Words, foreign_key="web_chat.id")
    user_id: str = Field(primary_key=True, sa_type=Words, foreign_key="web_user.id", index=True)
    admin: bool = Field(default=False, sa_type=Flag)
    read_seq: int = Field(default=0, sa_type=Big)


class WebMessageRow(SQLModel, table=True):
    """One message. `version` counts its changes; `heard` is the version that was handed to the bot."""

    __tablename__ = "web_message"
    __table_args__ = (
        Index("web_message_chat", "chat", "seq"),
        Index("web_message_changed", "changed_at"),
        _STRICT,
    )
    seq: int | None = Field(default=None, primary_key=True, sa_type=Big)
    id: str = Field(sa_type=Words, unique=True)
    chat: str = Field(sa_type=Words, foreign_key="web_chat.id")
    author: str = Field(sa_type=Words)
    language: str = Field(default="", sa_type=Words)
    text: str = Field(default="", sa_type=Words)
    buttons: Any = Field(default_factory=list, sa_type=Json)
    photos: Any = Field(default_factory=list, sa_type=Json)
    lat: float | None = Field(default=None, sa_type=Degrees)
    lon: float | None = Field(default=None, sa_type=Degrees)
    reply_to: str = Field(default="", sa_type=Words)
    sent_at: datetime = Field(sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)
    edited_at: datetime | None = Field(default=None, sa_type=Utc)
    deleted_at: datetime | None = Field(default=None, sa_type=Utc)
    version: int = Field(default=1, sa_type=Big)
    heard: int = Field(default=0, sa_type=Big)


class WebPhotoRow(SQLModel, table=True):
    """Which message in which chat shows which photo: who may open it follows from it."""

    __tablename__ = "web_photo"
    __table_args__ = _STRICT
    key: str = Field(primary_key=True, sa_type=Words)
    message: str = Field(primary_key=True, sa_type=Words, foreign_key="web_message.id", ondelete="CASCADE", index=True)
    chat: str = Field(sa_type=Words, foreign_key="web_chat.id")


USERS, CHATS = SQLModel.metadata.tables["web_user"], SQLModel.metadata.tables["web_chat"]
MEMBERS, PHOTOS = SQLModel.metadata.tables["web_member"], SQLModel.metadata.tables["web_photo"]
MESSAGES = SQLModel.metadata.tables["web_message"]

Buttons = tuple[tuple[RenderedButton, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What a message replies to, as it stands above the answer."""

    id: str
    author: str
    name: str = field(repr=False)
    text: str = field(repr=False)
    photos: tuple[str, ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is shown."""

    id: str
    chat: str
    author: str  #: User id, or BOT.
    sent_at: datetime
    name: str = field(default="", repr=False)
    language: str = ""  #: Which language its author had chosen.
    text: str = field(default="", repr=False)
    buttons: Buttons = ()
    photos: tuple[str, ...] = ()
    location: tuple[float, float] | None = None
    reply_to: str = ""
    quote: Quote | None = None
    seq: int = 0
    changed_at: datetime | None = None
    edited: bool = False
    deleted: bool = False
    version: int = 1
    heard: int = 0


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as one of its members sees it in the list."""

    id: str
    kind: str
    title: str
    admin: bool = False
    members: int = 0
    last: Message | None = None
    unread: int = 0

    @property
    def private(self) -> bool:
        return self.kind == PRIVATE


# --- people and chats


def add_user(connection: Connection, user_id: str, name: str, now: datetime) -> None:
    """Adds the user or renames them. Raises ValueError for the bot's own id."""
    if user_id == BOT or not user_id:
        raise ValueError(f"{user_id!r} cannot be a user's id")
    if connection.execute(update(USERS).where(USERS.c.id == user_id).values(name=name)).rowcount == 0:
        connection.execute(insert(USERS).values(id=user_id, name=name, since=now))


def add_group(connection: Connection, chat: str, title: str) -> None:
    """Adds the group or renames it."""
    if connection.execute(update(CHATS).where(CHATS.c.id == chat).values(title=title)).rowcount == 0:
        connection.execute(insert(CHATS).values(id=chat, kind=GROUP, title=title))


def open_private(connection: Connection, user_id: str) -> bool:
    """Makes the user's private chat with the bot where it is missing. Returns False when there is no such user."""
    if chat_exists(connection, user_id):
        return True
    if not connection.execute(select(USERS.c.id).where(USERS.c.id == user_id)).first():
        return False
    connection.execute(insert(CHATS).values(id=user_id, kind=PRIVATE, title="", owner=user_id))
    connection.execute(insert(MEMBERS).values(chat=user_id, user_id=user_id))
    return True


def join(connection: Connection, chat: str, users: Iterable[str], *, admin: bool = False) -> None:
    """Seats the users in the chat; who sits there already keeps the place."""
    here = set(connection.scalars(select(MEMBERS.c.user_id).where(MEMBERS.c.chat == chat)))
    new = [{"chat": chat, "user_id": user, "admin": admin} for user in dict.fromkeys(users) if user not in here]
    if new:
        connection.execute(insert(MEMBERS), new)


def leave(connection: Connection, chat: str, user_id: str) -> None:
    connection.execute(delete(MEMBERS).where(MEMBERS.c.chat == chat, MEMBERS.c.user_id == user_id))


def chat_exists(connection: Connection, chat: str) -> bool:
    return connection.execute(select(CHATS.c.id).where(CHATS.c.id == chat)).first() is not None


def name_of(connection: Connection, user_id: str) -> str | None:
    return connection.scalar(select(USERS.c.name).where(USERS.c.id == user_id))


def chat_of(connection: Connection, chat: str, user_id: str) -> Chat | None:
    """The chat if the user sits in it; a chat of others is as if it were not there."""
    everybody = MEMBERS.alias()
    heads = select(func.count()).select_from(everybody).where(everybody.c.chat == CHATS.c.id).scalar_subquery()
    row = connection.execute(
        select(CHATS.c.id, CHATS.c.kind, CHATS.c.title, MEMBERS.c.admin, heads.label("heads"))
        .join(MEMBERS, MEMBERS.c.chat == CHATS.c.id)
        .where(CHATS.c.id == chat, MEMBERS.c.user_id == user_id)
    ).first()
    return Chat(row.id, row.kind, row.title, row.admin, row.heads) if row else None


def seats_of(connection: Connection, user_id: str) -> set[str]:
    """The ids of the user's chats."""
    return set(connection.scalars(select(MEMBERS.c.chat).where(MEMBERS.c.user_id == user_id)))


def chats_of(connection: Connection, user_id: str, only: Collection[str] | None = None) -> list[Chat]:
    """The user's chats (or those of them in `only`) with their last message and the number of unread ones, the latest
    spoken in first."""
    last = select(func.max(MESSAGES.c.seq)).where(MESSAGES.c.chat == CHATS.c.id).scalar_subquery()
    unread = (
        select(func.count())
        .where(
            MESSAGES.c.chat == CHATS.c.id,
            MESSAGES.c.seq > MEMBERS.c.read_seq,
            MESSAGES.c.author != user_id,
            MESSAGES.c.deleted_at.is_(None),
        )
        .scalar_subquery()
    )
    wanted = (
        select(CHATS.c.id, CHATS.c.kind, CHATS.c.title, MEMBERS.c.admin, last.label("last"), unread.label("unread"))
        .join(MEMBERS, MEMBERS.c.chat == CHATS.c.id)
        .where(MEMBERS.c.user_id == user_id)
    )
    rows = connection.execute(wanted if only is None else wanted.where(CHATS.c.id.in_(only))).all()
    lasts = {m.seq: m for m in _messages(connection, _shown().where(MESSAGES.c.seq.in_([r.last for r in rows])))}
    chats = [Chat(r.id, r.kind, r.title, r.admin, 0, lasts.get(r.last), r.unread) for r in rows]
    return sorted(chats, key=lambda chat: (-(chat.last.seq if chat.last else 0), chat.kind == GROUP, chat.title))


def mark_read(connection: Connection, chat: str, user_id: str, seq: int) -> bool:
    """Returns whether something was unread until now."""
    mine = (MEMBERS.c.chat == chat) & (MEMBERS.c.user_id == user_id) & (MEMBERS.c.read_seq < seq)
    return connection.execute(update(MEMBERS).where(mine).values(read_seq=seq)).rowcount > 0


def may_see(connection: Connection, user_id: str, key: str) -> bool:
    """Whether the photo was posted in a chat where the user sits."""
    shown = (
        select(literal(1))
        .join(MEMBERS, MEMBERS.c.chat == PHOTOS.c.chat)
        .where(PHOTOS.c.key == key, MEMBERS.c.user_id == user_id)
    )
    return connection.execute(shown.limit(1)).first() is not None


# --- messages


def write(connection: Connection, message: Message) -> tuple[Message, bool]:
    """Writes a new message. Returns it as it stands, and whether it is new: a second one with the same id is not."""
    if there := find(connection, message.id):
        return there, False
    lat, lon = message.location or (None, None)
    connection.execute(
        insert(MESSAGES).values(
            id=message.id,
            chat=message.chat,
            author=message.author,
            language=message.language,
            text=message.text,
            buttons=_plain(message.buttons),
            photos=list(message.photos),
            lat=lat,
            lon=lon,
            reply_to=message.reply_to,
            sent_at=message.sent_at,
            changed_at=message.sent_at,
            version=1,
            heard=0,
        )
    )
    _note_photos(connection, message, message.photos)
    written = find(connection, message.id)
    assert written is not None
    return written, True


def change(
    connection: Connection, id: str, text: str, now: datetime, *, buttons: Buttons = (), photos: Sequence[str] = ()
) -> Message | None:
    """Rewrites a message in place and returns it; no photos means: those it has. None when it is gone."""
    there = find(connection, id)
    if there is None or there.deleted:
        return None
    photos = tuple(photos) or there.photos
    if (there.text, there.buttons, there.photos) == (text, buttons, photos):
        return there  # The same edit sent twice is one edit.
    _touch(connection, id, now, text=text, buttons=_plain(buttons), photos=list(photos), edited_at=now)
    _note_photos(connection, there, photos)
    return find(connection, id)


def recall(connection: Connection, id: str, now: datetime) -> Message | None:
    """Takes a message back: its words and photos are erased, its place stays. None when there is no such message."""
    there = find(connection, id)
    if there is None or there.deleted:
        return there
    _touch(connection, id, now, text="", buttons=[], photos=[], lat=None, lon=None, deleted_at=now)
    connection.execute(delete(PHOTOS).where(PHOTOS.c.message == id))
    return find(connection, id)


def find(connection: Connection, id: str) -> Message | None:
    found = _messages(connection, _shown().where(MESSAGES.c.id == id))
    return found[0] if found else None


def page(connection: Connection, chat: str, before: int | None = None, limit: int = 50) -> list[Message]:
    """The last `limit` messages of the chat, or those before a seq, oldest first."""
    wanted = _shown().where(MESSAGES.c.chat == chat).order_by(MESSAGES.c.seq.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(MESSAGES.c.seq < before)
    return _messages(connection, wanted)[::-1]


def changes(connection: Connection, user_id: str, since: datetime, limit: int) -> list[Message]:
    """What was written or changed in the user's chats at `since` or later, in order of change."""
    wanted = (
        _shown()
        .join(MEMBERS, MEMBERS.c.chat == MESSAGES.c.chat)
        .where(MEMBERS.c.user_id == user_id, MESSAGES.c.changed_at >= since)
        .order_by(MESSAGES.c.changed_at, MESSAGES.c.seq)
    )
    return _messages(connection, wanted.limit(limit))


def unheard(connection: Connection, limit: int = 500) -> list[Message]:
    """What people wrote and the bot was not told: the process died in between. Oldest first."""
    wanted = _shown().where(MESSAGES.c.author != BOT, MESSAGES.c.heard < MESSAGES.c.version)
    return _messages(connection, wanted.order_by(MESSAGES.c.seq).limit(limit))


def mark_heard(connection: Connection, id: str, version: int) -> None:
    mine = (MESSAGES.c.id == id) & (MESSAGES.c.heard < version)
    connection.execute(update(MESSAGES).where(mine).values(heard=version))


def forget(connection: Connection, before: datetime) -> int:
    """Erases messages sent before an instant, and who saw their photos. Returns how many there were."""
    return connection.execute(delete(MESSAGES).where(MESSAGES.c.sent_at < before)).rowcount


# --- the parts


def _touch(connection: Connection, id: str, now: datetime, **values: Any) -> None:
    # Never back in time: who reads by `changed_at` must meet every change.
    at = case((MESSAGES.c.changed_at > now, MESSAGES.c.changed_at), else_=literal(now, Utc))
    changed = update(MESSAGES).where(MESSAGES.c.id == id)
    connection.execute(changed.values(version=MESSAGES.c.version + 1, changed_at=at, **values))


def _note_photos(connection: Connection, message: Message, photos: Sequence[str]) -> None:
    there = set(connection.scalars(select(PHOTOS.c.key).where(PHOTOS.c.message == message.id)))
    new = [{"key": key, "message": message.id, "chat": message.chat} for key in {*photos} - there]
    if new:
        connection.execute(insert(PHOTOS), new)


def _shown() -> Select[Any]:
    return select(MESSAGES, USERS.c.name).join(USERS, USERS.c.id == MESSAGES.c.author, isouter=True)


def _messages(connection: Connection, wanted: Select[Any]) -> list[Message]:
    rows = connection.execute(wanted).all()
    named = {row.reply_to for row in rows if row.reply_to}
    quoted = {r.id: r for r in connection.execute(_shown().where(MESSAGES.c.id.in_(named)))} if named else {}
    return [_message(row, quoted.get(row.reply_to)) for row in rows]


def _message(row: Row[Any], quoted: Row[Any] | None) -> Message:
    quote = None
    if quoted is not None and quoted.chat == row.chat:
        quote = Quote(
            quoted.id,
            quoted.author,
            quoted.name or "",
            quoted.text,
            tuple(quoted.photos or ()),
            quoted.deleted_at is not None,
        )
    return Message(
        id=row.id,
        chat=row.chat,
        author=row.author,
        sent_at=row.sent_at,
        name=row.name or "",
        language=row.language,
        text=row.text,
        buttons=tuple(tuple(RenderedButton(*button) for button in line) for line in row.buttons or ()),
        photos=tuple(row.photos or ()),
        location=None if row.lat is None or row.lon is None else (row.lat, row.lon),
        reply_to=row.reply_to,
        quote=quote,
        seq=row.seq,
        changed_at=row.changed_at,
        edited=row.edited_at is not None,
        deleted=row.deleted_at is not None,
        version=row.version,
        heard=row.heard,
    )


def _plain(buttons: Buttons) -> list[list[list[str]]]:
    return [[[button.text, button.data, button.url] for button in line] for line in buttons]
