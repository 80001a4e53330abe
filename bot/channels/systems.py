"""The channel of other systems. What is said to a reporter here ends here: they ask for it, or a hook tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from bot.channels.base import Can, Fate, Parcel, SendError
from bot.messages import Address, Inbound

NAME: Final = "systems"


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
