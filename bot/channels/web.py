"""The browser chat as a channel: the rooms people sit in, who is woken when something is said, and the bot's voice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot.channels.base import Can, Fate, Parcel, SendError
from bot.channels.pictures import Album
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Press, Quoted, Sender
from bot.photos import PhotoGone
from bot.store import web_chat, web_message
from bot.store.database import Database
from bot.store.private import Keys
from bot.store.web_chat import BOT, Chat, Message

NAME = "web"
ACCOUNT = "web"  #: The one bot account of this channel.

#: How far back a reader looks again. A transaction that stamps its time and commits later than this would be missed.
OVERLAP = timedelta(seconds=10)

_MENTION = re.compile(r"(?<![A-Za-z0-9_])[@＠]\s?(?:无忧|無憂|wuyou)(?![A-Za-z0-9_])[\s,，:：]*", re.IGNORECASE)
_COMMAND = re.compile(r"/([A-Za-z_]{1,32})(?:@\S+)?(?:\s+(.*))?\Z", re.DOTALL)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Listener:
    """One open page: it is woken when something happens in one of its chats."""

    def __init__(self, user_id: str) -> None:
        self.user_id, self.chats = user_id, {user_id}
        self.rung = asyncio.Event()

    async def wait(self, patience: float) -> bool:
        """Returns whether it was woken before `patience` seconds were over."""
        try:
            await asyncio.wait_for(self.rung.wait(), patience)
        except TimeoutError:
            return False
        self.rung.clear()
        return True


class ChatRooms:
    """The rooms of the browser chat: rows in the database, and a bell for the pages that are open in this process.

    The bell only wakes; what happened is read from the rows, so a bell that is missed costs a moment, not a message.
    """

    def __init__(self, db: Database, now: Callable[[], datetime] = utc_now, keys: Keys | None = None) -> None:
        """With `keys`, names and words are sealed under each person's own key; without, only tests do."""
        self.db, self.now, self.keys = db, now, keys
        self.closed = False
        self._listeners: set[Listener] = set()

    @contextmanager
    def listening(self, user_id: str) -> Iterator[Listener]:
        listener = Listener(user_id)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def ring(self, chat: str) -> None:
        """Wakes the open pages of those who sit in the chat."""
        for listener in self._listeners:
            if chat in listener.chats:
                listener.rung.set()

    def close(self) -> None:
        """Lets every open page go, so that stopping does not wait for them."""
        self.closed = True
        for listener in self._listeners:
            listener.rung.set()

    # --- reading

    async def chat(self, chat: str, user_id: str) -> Chat | None:
        return await self.db.read(lambda c: web_chat.chat_of(c, chat, user_id))

    async def chats(self, user_id: str, only: Collection[str] | None = None) -> list[Chat]:
        return await self.db.read(lambda c: web_chat.chats_of(c, user_id, only, self.keys))

    async def name(self, user_id: str) -> str:
        return await self.db.read(lambda c: web_chat.name_of(c, user_id, self.keys)) or ""

    async def seats(self, user_id: str) -> set[str]:
        return await self.db.read(lambda c: web_chat.seats_of(c, user_id))

    async def page(self, chat: str, before: int | None = None, limit: int = 50) -> list[Message]:
        return await self.db.read(lambda c: web_message.page(c, chat, before, limit, self.keys))

    async def message(self, id: str) -> Message | None:
        return await self.db.read(lambda c: web_message.find(c, id, self.keys))

    async def changes(self, user_id: str, since: datetime, limit: int = 500) -> list[Message]:
        return await self.db.read(lambda c: web_message.changes(c, user_id, since, limit, self.keys))

    async def may_see(self, user_id: str, key: str) -> bool:
        return await self.db.read(lambda c: web_chat.may_see(c, user_id, key))

    # --- writing

    async def post(self, message: Message) -> Message:
        """Writes what a person said. The same id again changes nothing and returns what is there."""
        written, new = await self.db.write(lambda c: web_message.write(c, message, self.keys))
        if new:
            self.ring(written.chat)
        return written

    async def rewrite(self, id: str, text: str) -> Message | None:
        changed = await self.db.write(lambda c: web_message.change(c, id, text, self.now(), keys=self.keys))
        if changed:
            self.ring(changed.chat)
        return changed

    async def recall(self, id: str) -> Message | None:
        recalled = await self.db.write(lambda c: web_message.recall(c, id, self.now(), self.keys))
        if recalled:
            self.ring(recalled.chat)
        return recalled

    async def mark_read(self, chat: str, user_id: str, seq: int) -> None:
        await self.db.write(lambda c: web_chat.mark_read(c, chat, user_id, seq))

    async def mark_heard(self, message: Message) -> None:
        await self.db.write(lambda c: web_message.mark_heard(c, message.id, message.version))

    async def unheard(self) -> list[Message]:
        return await self.db.read(lambda c: web_message.unheard(c, keys=self.keys))


class WebChannel:
    """The bot's voice in the browser chat."""

    name = NAME
    can = Can(
        hears_all=True, private=True, first=True, edit=True, recall=True, buttons=True, albums=True, idempotent=True
    )

    def __init__(self, rooms: ChatRooms, album: Album) -> None:
        self._rooms, self._album = rooms, album

    async def send(self, parcel: Parcel) -> str:
        """Writes or edits the bot's message and returns its id. A parcel that comes twice is one message."""
        now = self._rooms.now()
        if parcel.edits:
            edited = await self._rooms.db.write(
                lambda c: web_message.change(
                    c,
                    parcel.edits,
                    parcel.text,
                    now,
                    buttons=parcel.buttons,
                    photos=parcel.photos,
                    keys=self._rooms.keys,
                )
            )
            if edited is None:
                raise SendError(Fate.SEND_ANEW, "the message to edit is gone")
            self._rooms.ring(edited.chat)
            return edited.id
        message = Message(
            id=f"b{parcel.id}",
            chat=parcel.to.chat,
            author=BOT,
            sent_at=now,
            text=parcel.text,
            buttons=parcel.buttons,
            photos=parcel.photos,
            location=parcel.location,
            reply_to=parcel.reply_to,
        )
        written = await self._rooms.db.write(lambda c: _said(c, message, self._rooms.keys))
        if written is None:
            raise SendError(Fate.GONE, "no such chat")
        self._rooms.ring(written.chat)
        return written.id

    async def recall(self, at: Address, message_id: str) -> None:
        """Takes one of the bot's messages back; one that is gone already is no error."""
        await self._rooms.recall(message_id)

    async def fetch(self, at: Address, ref: str) -> bytes:
        """The bytes of a photo: its reference is its key in the photo store."""
        try:
            return await self._album.read(ref)
        except PhotoGone as error:
            raise SendError(Fate.GONE, "no such photo") from error

    async def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        """Nothing: what people write is handed over by the page that takes it."""
        return
        yield

    async def answer(self, inbound: Inbound) -> None:
        """Nothing: the page answered the click itself."""


def _said(connection: Connection, message: Message, keys: Keys | None) -> Message | None:
    if not web_chat.chat_exists(connection, message.chat) and not web_chat.open_private(connection, message.chat):
        return None
    return web_message.write(connection, message, keys)[0]


# --- what a person did, in the bot's words


def read(message: Message, chat: Chat) -> Inbound:
    """A written, rewritten or recalled message as an Inbound, without the "@无忧" that calls the bot. Its key names the
    version, so that every change is taken once and a repetition is recognised."""
    kind = Kind.DELETED if message.deleted else Kind.EDITED if message.edited else Kind.MESSAGE
    text, called = _MENTION.subn("", message.text)
    text = text.strip()
    command = _COMMAND.match(text)
    quote = message.quote
    mine = quote is not None and quote.author == BOT
    return Inbound(
        key=f"{message.id}:{message.version}",
        at=Address(NAME, ACCOUNT, message.chat),
        kind=kind,
        sent_at=message.sent_at,
        private=chat.private,
        sender=Sender(message.author, message.name, chat.admin, message.language),
        message_id=message.id,
        text=text,
        media=_media(message.photos),
        location=message.location,
        quoted=Quoted(quote.id, mine, quote.author, quote.text, _media(quote.photos)) if quote else None,
        addressed=chat.private or mine or command is not None or called > 0,
        command=command[1].lower() if command else "",
        argument=(command[2] or "").strip() if command else "",
        title=chat.title,
    )


def read_press(chat: Chat, sender: Sender, message_id: str, data: str, key: str, now: datetime) -> Inbound:
    """A pressed button as an Inbound; `key` is the same for a repetition of the same click."""
    return Inbound(
        key=f"p:{key}",
        at=Address(NAME, ACCOUNT, chat.id),
        kind=Kind.PRESS,
        sent_at=now,
        private=chat.private,
        sender=sender,
        message_id=message_id,
        addressed=True,
        press=Press(data, message_id),
        title=chat.title,
    )


def _media(photos: Sequence[str]) -> tuple[Media, ...]:
    return tuple(Media(MediaKind.PHOTO, key, key, kept=True) for key in photos)
