"""What a chat app can do, and the door every app stands behind: Channel, Can, SendError."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.messages import Address, Inbound


@dataclass(frozen=True, slots=True)
class Can:
    """What this app allows. The contract suite runs per ability."""

    hears_all: bool  #: Sees ordinary group messages too, not only those meant for it.
    private: bool  #: Can write to one person alone.
    first: bool  #: Can write first to somebody who never wrote to it.
    edit: bool
    recall: bool  #: Can take a message back.
    buttons: bool
    albums: bool
    idempotent: bool = False  #: A resend with the same key makes no second copy.
    uploads: bool = False  #: Gives a picture a name by which the account sends it again.
    #: Where `first`: the ids of those to whom it cannot write first all the same begin so; empty: there are none.
    outsiders: str = ""

    def writes_first(self, user_id: str) -> bool:
        """Whether it can write to somebody who never wrote to it alone."""
        return self.first and not (self.outsiders and user_id.startswith(self.outsiders))


@dataclass(frozen=True, slots=True)
class RenderedButton:
    text: str = field(repr=False)
    data: str = ""
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter as the app gets it: rendered, leased from the outbox, ready to be sent."""

    id: int  #: The outbox row.
    to: Address
    text: str = field(repr=False)
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()
    photos: tuple[str, ...] = ()  #: Keys in the photo store.
    location: tuple[float, float] | None = field(default=None, repr=False)
    reply_to: str = ""
    edits: str = ""  #: The app's message id to edit in place; empty: a new message.
    had_photo: bool = False  #: The message to edit is a photo: its caption is edited, it cannot become text.
    shows: str = ""  #: The one picture that the message to edit shows, by its key; another one takes its place.
    #: Takes the message back: where it cannot be changed it is deleted, and the words follow in a message of their own.
    recalls: bool = False
    whole: bool = False  #: One message and no more, to be found again as one: words that do not fit are cut.


class Fate(StrEnum):
    """What a failed call means for the letter."""

    RETRY = "retry"  #: Certainly not sent (connection refused, pool time-out, 5xx before writing): again, later.
    UNKNOWN = "unknown"  #: May have been sent (time-out after writing): by its lane's policy.
    WAIT = "wait"  #: 429: nobody sends to this chat (or from this bot) before `after` seconds.
    MOVED = "moved"  #: The group has a new id, in `moved_to`.
    GONE = "gone"  #: This chat will never take a letter from us: kicked, blocked, deleted, never started.
    REFUSED = "refused"  #: This letter will never be taken: too long, cannot be edited.
    SEND_ANEW = "send_anew"  #: The edit is impossible, a new message is not.


class SendError(Exception):
    """Says what to do with the letter, in the outbox's words."""

    def __init__(self, fate: Fate, reason: str, *, after: float = 0.0, moved_to: str = "") -> None:
        super().__init__(reason)
        self.fate, self.reason, self.after, self.moved_to = fate, reason, after, moved_to


class Channel(Protocol):
    """One chat app. `read` is pure and lives in its file; the vendor's objects end there."""

    name: str
    can: Can

    async def send(self, parcel: Parcel) -> str:
        """Returns the app's message id (of the first message of an album). Raises SendError."""
        ...

    async def fetch(self, at: Address, ref: str) -> bytes:
        """Returns the bytes of a photo or voice message. Raises SendError(GONE) when the app has it no more."""
        ...

    def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        """Yields batches as they come; asking for the next batch acknowledges the last one. A channel that is pushed
        to (webhook, web page) yields nothing here."""
        ...

    async def answer(self, inbound: Inbound) -> None:
        """Answers a pressed button, empty and best effort: the one exception to the outbox."""
        ...
