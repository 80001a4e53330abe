"""The channel of other systems. What is said to a reporter here ends here: they ask for it, or a hook tells them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.channels.base import Can, Fate, Parcel, SendError
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Sender, Signal

NAME: Final = "systems"


@dataclass(frozen=True, slots=True)
class Report:
    """A report of another system, read and checked."""

    id: str  #: The system's own, or drawn: the same id is the same report.
    words: str = field(repr=False)
    signal: Signal
    location: tuple[float, float] | None = field(default=None, repr=False)
    photos: tuple[str, ...] = ()  #: Keys in our photo store.
    name: str = field(default="", repr=False)  #: Of the person who told the system.
    whose: str = field(default="", repr=False)  #: How the system tells its reporters apart. Only its hash is kept.


def cause_of(system: str, id: str) -> str:
    """Under which cause the system's report is decided."""
    return f"{NAME}:{system}:{id}"


def read(system: str, report: Report, now: datetime, chat: str = "") -> Inbound:
    """The report as a message. `chat` is that of an earlier report which this one adds to."""
    whose = hashlib.sha256(report.whose.encode()).hexdigest()[:24] if report.whose else ""
    return Inbound(
        key=report.id,
        at=Address(NAME, system, chat or f"{system}:{report.id}"),
        kind=Kind.MESSAGE,
        sent_at=now,
        private=True,
        sender=Sender(f"{system}:{whose}", report.name[:100] or system),
        message_id=report.id,
        text=report.words,
        media=tuple(Media(MediaKind.PHOTO, key, key, kept=True) for key in report.photos),
        location=report.location,
        addressed=True,
        signal=report.signal,
    )


class SystemsChannel:
    """Takes every letter and shows it nowhere. That a number was given is true all the same: the answer to the POST,
    or the token in it, led to it."""

    name = NAME
    can = Can(
        hears_all=False, private=True, first=False, edit=True, recall=False, buttons=True, albums=True, idempotent=True
    )

    async def send(self, parcel: Parcel) -> str:
        return parcel.edits or f"s{parcel.id}"

    async def fetch(self, at: Address, ref: str) -> bytes:
        raise SendError(Fate.GONE, "pictures come with the report, or not at all")

    async def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        return
        yield ()

    async def answer(self, inbound: Inbound) -> None:
        """No button was pressed."""
