"""Which calls a parcel becomes at Telegram: parts(). Rules only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.channels.base import Parcel
from bot.channels.words import ended

#: Characters after parsing; counted in UTF-16 units, of which no text has fewer.
MOST_TEXT = 4096
MOST_CAPTION = 1024
MOST_IN_ALBUM = 10


class Shape(StrEnum):
    TEXT = "text"
    PHOTO = "photo"
    VOICE = "voice"
    ALBUM = "album"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Part:
    """One call."""

    shape: Shape
    text: str = ""  #: Or the caption.
    keys: tuple[str, ...] = ()
    main: bool = False  #: Carries the words and the buttons; its message is the letter's.


def parts(parcel: Parcel) -> tuple[Part, ...]:
    """The calls for a new message, in order; exactly one of them is `main`.

    One picture or voice message carries the words as its caption where they fit. Otherwise pictures come first, then
    the words; a place comes last.
    """
    voices = tuple(key for key in parcel.photos if key.endswith(".ogg"))
    photos = tuple(key for key in parcel.photos if not key.endswith(".ogg"))
    fits = parcel.whole or units(parcel.text) <= MOST_CAPTION
    found: list[Part] = []
    if len(parcel.photos) == 1 and fits:
        caption = cut(parcel.text, MOST_CAPTION)
        found.append(Part(Shape.VOICE if voices else Shape.PHOTO, caption, parcel.photos, main=True))
    else:
        # Without words, the last picture alone carries the buttons: an album cannot.
        last = photos[-1:] if not parcel.text and not voices else ()
        found += [_pictures(some) for some in _tens(photos[: len(photos) - len(last)])]
        found += [Part(Shape.VOICE, keys=(key,)) for key in voices]
        if last:
            found.append(Part(Shape.PHOTO, keys=last, main=True))
        elif parcel.text:
            found.append(Part(Shape.TEXT, cut(parcel.text, MOST_TEXT), main=True))
        elif found:
            found[-1] = replace(found[-1], main=True)
    if parcel.location is not None:
        found.append(Part(Shape.PLACE, main=not found))
    return tuple(found)


class Way(StrEnum):
    """How a message is changed."""

    TEXT = "text"
    CAPTION = "caption"
    PICTURE = "picture"  #: And its caption with it.
    NONE = "none"


def edit_ways(parcel: Parcel) -> tuple[Way, ...]:
    """In which ways to try to change the message, one after the other: what it shows now is not known for sure, since
    a picture that was refused went out as words."""
    if not parcel.had_photo:
        return (Way.TEXT,)
    long = units(parcel.text) > MOST_CAPTION and not parcel.whole
    other = len(parcel.photos) == 1 and parcel.photos[0] != parcel.shows and not parcel.photos[0].endswith(".ogg")
    if parcel.recalls and parcel.photos != (parcel.shows,):
        # Never the caption alone: the picture is what must go.
        return (Way.PICTURE, Way.TEXT) if other else (Way.NONE,)
    if long or len(parcel.photos) > 1:
        # Words beside an album, or too many for a caption, stand in a message of their own.
        return (Way.TEXT, Way.NONE) if long else (Way.TEXT, Way.CAPTION)
    return (Way.PICTURE, Way.CAPTION, Way.TEXT) if other and parcel.shows else (Way.CAPTION, Way.TEXT)


def _pictures(keys: tuple[str, ...]) -> Part:
    return Part(Shape.ALBUM if len(keys) > 1 else Shape.PHOTO, keys=keys)


def _tens(keys: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    return (keys[start : start + MOST_IN_ALBUM] for start in range(0, len(keys), MOST_IN_ALBUM))


def units(text: str) -> int:
    """How long Telegram finds a text, at most: UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def cut(text: str, most: int) -> str:
    """The text, or as many of its sentences as fit with "…" behind them."""
    if units(text) <= most:
        return text
    return ended(text.encode("utf-16-le", "replace")[: 2 * (most - 1)].decode("utf-16-le", "ignore"))
