"""What a letter says, sealed while it lies in the outbox: words, buttons (their links hold tokens) and a place.

The body's `text` holds all of it as a mark and base64 under the house's key, since one body may go to many chats. It is
opened when the letter leaves, and forgotten soon after (tidying.py).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.channels.base import Parcel, RenderedButton
from bot.store.private import DataKey, KeyTrouble

#: No text that was ever written begins with it: controls are taken out before.
MARK = "\x01"

_PLACE = "payload|text"

Buttons = Sequence[Sequence[Sequence[str]]]


def sealed(house: DataKey, body: int, text: str, buttons: Buttons, location: tuple[float, float] | None) -> str:
    """Returns the content of the body with this id as it is kept."""
    value = {"text": text, "buttons": buttons, "location": location}
    return MARK + b64encode(house.seal(_PLACE, str(body), value)).decode()


def opened(house: DataKey | None, body: int, parcel: Parcel) -> Parcel:
    """Returns the parcel with what was sealed in its body. Raises Tampered for a body of another letter, KeyTrouble
    without the house's key."""
    if not parcel.text.startswith(MARK):
        return parcel
    if house is None:
        raise KeyTrouble("a sealed letter, and no key to open it")
    value: dict[str, Any] = house.open(_PLACE, str(body), b64decode(parcel.text[1:]))
    place = value["location"]
    return replace(
        parcel,
        text=value["text"],
        buttons=tuple(tuple(RenderedButton(*button) for button in line) for line in value["buttons"]),
        location=(place[0], place[1]) if place else None,
    )
