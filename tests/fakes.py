"""Fakes with verbs: a chat app that keeps what it was sent, and a clock that is put forward by hand."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.channels.base import Can, Fate, Parcel, RenderedButton, SendError
from bot.messages import Address, Inbound


@dataclass
class Clock:
    """Time stands still until somebody puts it forward."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Message:
    """What stands in a chat of the fake app."""

    id: str
    chat: str
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()
    photos: tuple[str, ...] = ()
    reply_to: str = ""
    edits: int = 0

    def data(self, label: str) -> str:
        """What the button with this label carries. Raises LookupError when there is none."""
        for row in self.buttons:
            for button in row:
                if button.text.split(" ")[0] == label:
                    return button.data
        raise LookupError(f"no button {label} under {self.text!r}: {[b.text for row in self.buttons for b in row]}")

    def has(self, label: str) -> bool:
        return any(button.text.split(" ")[0] == label for row in self.buttons for button in row)


@dataclass(frozen=True)
class Event:
    """One send or edit, as the chat saw it then."""

    chat: str
    text: str
    buttons: tuple[str, ...]  #: Labels, row by row.
    photos: tuple[str, ...] = ()
    reply_to: str = ""
    edit: bool = False
    urls: tuple[str, ...] = ()  #: Where its buttons lead, if they lead anywhere.


@dataclass
class App:
    """A chat app. Implements Channel; everything goes well unless a verb said otherwise."""

    name: str = "telegram"
    can: Can = field(
        default_factory=lambda: Can(
            hears_all=True, private=True, first=True, edit=True, recall=True, buttons=True, albums=True
        )
    )
    messages: list[Message] = field(default_factory=list)
    log: list[str] = field(default_factory=list)  #: Chat and text of every send and edit, in order.
    events: list[Event] = field(default_factory=list)  #: The same, with buttons and photos.
    pictures: dict[str, bytes] = field(default_factory=dict)
    answered: list[str] = field(default_factory=list)
    _kicked: set[str] = field(default_factory=set)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(9000))

    def kicks(self, chat: str) -> None:
        """From now on this chat takes nothing from the bot."""
        self._kicked.add(chat)

    async def send(self, parcel: Parcel) -> str:
        if parcel.to.chat in self._kicked:
            raise SendError(Fate.GONE, "bot was kicked")
        self.log.append(f"{parcel.to.chat}: {parcel.text}")
        buttons = [button for row in parcel.buttons for button in row]
        self.events.append(
            Event(
                parcel.to.chat,
                parcel.text,
                tuple(button.text.split(" ")[0] for button in buttons),
                parcel.photos,
                parcel.reply_to,
                bool(parcel.edits),
                tuple(button.url for button in buttons if button.url),
            )
        )
        if parcel.edits:
            for message in self.messages:
                if message.id == parcel.edits:
                    message.text, message.buttons = parcel.text, parcel.buttons
                    message.edits += 1
                    return message.id
            raise SendError(Fate.SEND_ANEW, "message to edit not found")
        message = Message(
            str(next(self._ids)), parcel.to.chat, parcel.text, parcel.buttons, parcel.photos, parcel.reply_to
        )
        self.messages.append(message)
        return message.id

    async def fetch(self, at: Address, ref: str) -> bytes:
        try:
            return self.pictures[ref]
        except KeyError:
            raise SendError(Fate.GONE, "no such file") from None

    async def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        return
        yield

    async def answer(self, inbound: Inbound) -> None:
        self.answered.append(inbound.key)

    # --- looking

    def chat(self, chat: str) -> list[Message]:
        return [message for message in self.messages if message.chat == chat]

    def last(self, chat: str, key: str = "") -> Message:
        """The newest message of a chat, or the newest whose text begins with this key."""
        found = [message for message in self.chat(chat) if message.text.startswith(key)]
        if not found:
            raise LookupError(f"nothing like {key!r} in {chat}: {[message.text for message in self.chat(chat)]}")
        return found[-1]

    def reads(self, chat: str) -> list[Message]:
        return [replace(message) for message in self.chat(chat)]
