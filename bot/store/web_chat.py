"""The web channel's rows: who chats in the browser, in which chats, and every message there. (What is done with a
message stands in web_message.py.)

Here the house is the chat app itself, so this is the conversation as its members see it. A message is found again by
its id and ordered by `seq`. What changed is found by `changed_at` with an overlap, never by "seq greater than the
last": on PostgreSQL a smaller number can be committed after a larger one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, Row, Select, delete, func, insert, literal, select, update
from sqlmodel import Field, SQLModel

from bot.channels.base import RenderedButton
from bot.store import web_ink
from bot.store.columns import Big, Degrees, Flag, Json, Utc, Words
from bot.store.private import Keys

NAME_PLACE, WORDS_PLACE = "web_user|name", "web_message|text"

BOT = "bot"  #: The author of what the bot says. No user may have this id.
GROUP, PRIVATE = "group", "private"

_STRICT = {"sqlite_strict": True}


class WebUserRow(SQLModel, table=True):
    """Somebody who chats in the browser. The id is ours and says nothing; the name is sealed."""

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
    """One message. `version` counts its changes; `heard` is the version that was handed to the bot. Sealed words hold
    the place and the buttons too; lat, lon and buttons are then empty."""

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
    location: tuple[float, float] | None = field(default=None, repr=False)
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


def add_user(connection: Connection, user_id: str, name: str, now: datetime, keys: Keys | None = None) -> None:
    """Adds the user or renames them. Raises ValueError for the bot's own id. With `keys` the name is sealed."""
    if user_id == BOT or not user_id:
        raise ValueError(f"{user_id!r} cannot be a user's id")
    owner = web_ink.owner_of(user_id)
    if keys is not None:
        web_ink.renewed(connection, keys, owner, now)
    kept = web_ink.sealed(connection, keys, owner, NAME_PLACE, user_id, {"name": name}, now)
    name = name if kept is None else kept
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


def name_of(connection: Connection, user_id: str, keys: Keys | None = None) -> str | None:
    kept = connection.scalar(select(USERS.c.name).where(USERS.c.id == user_id))
    return None if kept is None else _name(connection, keys, user_id, kept)


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


def chats_of(
    connection: Connection, user_id: str, only: Collection[str] | None = None, keys: Keys | None = None
) -> list[Chat]:
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
    newest = shown().where(MESSAGES.c.seq.in_([row.last for row in rows]))
    lasts = {message.seq: message for message in messages_of(connection, newest, keys)}
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


# --- rows read


def shown() -> Select[Any]:
    """Messages with what is needed to show them: narrow it, then give it to `messages_of`."""
    return (
        select(MESSAGES, USERS.c.name, CHATS.c.owner)
        .join(CHATS, CHATS.c.id == MESSAGES.c.chat)
        .join(USERS, USERS.c.id == MESSAGES.c.author, isouter=True)
    )


def messages_of(connection: Connection, wanted: Select[Any], keys: Keys | None) -> list[Message]:
    """The messages of a statement made with `shown`, opened, each with what it quotes."""
    rows = connection.execute(wanted).all()
    named = {row.reply_to for row in rows if row.reply_to}
    quoted = connection.execute(shown().where(MESSAGES.c.id.in_(named))).all() if named else ()
    quotes = {row.id: _message(connection, row, keys) for row in quoted}
    return [_with_quote(_message(connection, row, keys), quotes.get(row.reply_to)) for row in rows]


def writer_of(author: str, owner: str | None) -> str:
    """Whose key seals a message: its author's; the bot's word belongs to whom it was said alone, or to the house."""
    return web_ink.owner_of(author if author != BOT else owner)


def _name(connection: Connection, keys: Keys | None, user_id: str, kept: str) -> str:
    value = web_ink.opened(connection, keys, web_ink.owner_of(user_id), NAME_PLACE, user_id, kept)
    return kept if value is None else str(value.get("name", ""))


def _with_quote(message: Message, quoted: Message | None) -> Message:
    if quoted is None or quoted.chat != message.chat:
        return message
    quote = Quote(quoted.id, quoted.author, quoted.name, quoted.text, quoted.photos, quoted.deleted)
    return replace(message, quote=quote)


def _message(connection: Connection, row: Row[Any], keys: Keys | None) -> Message:
    text, place = row.text, None if row.lat is None or row.lon is None else (row.lat, row.lon)
    buttons = row.buttons or ()
    value = web_ink.opened(connection, keys, writer_of(row.author, row.owner), WORDS_PLACE, row.id, text)
    if value is not None:
        text = value.get("text", "")
        place = (value["place"][0], value["place"][1]) if value.get("place") else None
        buttons = value.get("buttons", buttons)
    return Message(
        id=row.id,
        chat=row.chat,
        author=row.author,
        sent_at=row.sent_at,
        name=_name(connection, keys, row.author, row.name) if row.name else "",
        language=row.language,
        text=text,
        buttons=tuple(tuple(RenderedButton(*button) for button in line) for line in buttons),
        photos=tuple(row.photos or ()),
        location=place,
        reply_to=row.reply_to,
        seq=row.seq,
        changed_at=row.changed_at,
        edited=row.edited_at is not None,
        deleted=row.deleted_at is not None,
        version=row.version,
        heard=row.heard,
    )
