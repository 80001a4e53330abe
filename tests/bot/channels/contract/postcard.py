"""The smallest chat app and its channel: copy this file to bot/channels/NAME.py and put the app's calls in.

`PostOffice` stands where the app's server would be; `PostcardChannel` is all that a channel needs. Every other place is
named in CONTRIBUTING.md.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Can, Fate, Parcel, RenderedButton, SendError
from bot.channels.pictures import Album
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Press, Sender
from bot.photos import PhotoGone

NAME = "postcard"


# --- the app: of a real one, this is a server somewhere


@dataclass
class Card:
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()
    pictures: tuple[bytes, ...] = ()


@dataclass
class PostOffice:
    """Boxes with cards in them, and what people sent that nobody has confirmed yet."""

    boxes: dict[str, dict[str, Card]] = field(default_factory=dict)
    sent: deque[dict[str, Any]] = field(default_factory=deque)
    pictures: dict[str, bytes] = field(default_factory=dict)
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    count: int = 0

    def post(self, **what: Any) -> None:
        self.count += 1
        self.sent.append({"number": self.count, "when": 1_790_000_000 + self.count, **what})
        self.bell.set()


# --- what came in, in our words: the app's objects end here


def read(raw: dict[str, Any], account: str) -> Inbound:
    """Pure: recorded payloads are its test."""
    text, pressed, private = raw.get("text", ""), raw.get("pressed"), raw["box"] == raw["from"]
    command = text[1:].partition(" ") if text.startswith("/") else ("", "", "")
    return Inbound(
        key=str(raw["number"]),
        at=Address(NAME, account, raw["box"]),
        kind=Kind.PRESS if pressed else Kind.MESSAGE,
        sent_at=datetime.fromtimestamp(raw["when"], UTC),
        private=private,
        sender=Sender(raw["from"], raw["name"]),
        message_id=raw.get("card") or f"m{raw['number']}",
        text=text,
        media=tuple(Media(MediaKind.PHOTO, ref) for ref in raw.get("pictures", ())),
        addressed=True,
        command=command[0],
        argument=command[2],
        press=Press(pressed, raw["card"]) if pressed else None,
        title="" if private else raw["title"],
    )


# --- the channel


class PostcardChannel:
    """One account at the post office. What it cannot do, `can` says, and the house finds another way."""

    name = NAME
    can = Can(hears_all=False, private=True, first=True, edit=True, recall=True, buttons=True, albums=False)

    def __init__(self, office: PostOffice, account: str, album: Album) -> None:
        self._office, self._account, self._album = office, account, album

    async def send(self, parcel: Parcel) -> str:
        """Returns the card's name. Raises SendError, which says what becomes of the letter."""
        box = self._office.boxes.get(parcel.to.chat)
        if box is None:
            raise SendError(Fate.GONE, "nobody has this box")
        if parcel.edits:
            if parcel.edits not in box:
                raise SendError(Fate.SEND_ANEW, "the card is gone")
            box[parcel.edits] = Card(parcel.text, parcel.buttons, box[parcel.edits].pictures)
            return parcel.edits
        pictures = []
        for key in parcel.photos:
            try:
                pictures.append(await self._album.read(key))
            except PhotoGone:
                continue  # The words go all the same.
        name = f"c{parcel.id}"
        box[name] = Card(parcel.text, parcel.buttons, tuple(pictures))
        return name

    async def recall(self, at: Address, message_id: str) -> None:
        self._office.boxes[at.chat].pop(message_id, None)

    async def fetch(self, at: Address, ref: str) -> bytes:
        try:
            return self._office.pictures[ref]
        except KeyError:
            raise SendError(Fate.GONE, "no such picture") from None

    async def updates(self) -> AsyncGenerator[Sequence[Inbound], None]:
        """Asking for the next batch confirms the last one: only then does the office forget it."""
        office = self._office
        while True:
            office.bell.clear()
            batch = list(office.sent)
            if not batch:
                await office.bell.wait()
                continue
            yield [read(raw, self._account) for raw in batch]
            for _ in batch:
                office.sent.popleft()

    async def answer(self, inbound: Inbound) -> None:
        """Nothing spins while a button waits."""
