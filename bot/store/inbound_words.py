"""An Inbound as JSON-able values and back, for the inbox. NUL goes: PostgreSQL takes none in texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.messages import Address, Inbound, Kind, Press, Quoted, Sender, Signal
from bot.store.columns import instant, micros
from bot.store.rows import media_of, media_words


def without_nul(inbound: Inbound) -> Inbound:
    """Returns the inbound without NUL in what a person wrote."""
    sender, quoted, signal = inbound.sender, inbound.quoted, inbound.signal
    written = (
        inbound.text,
        inbound.argument,
        inbound.title,
        sender.name if sender else "",
        quoted.text if quoted else "",
        signal.place if signal else "",
    )
    if not any("\x00" in each for each in written):
        return inbound
    return replace(
        inbound,
        text=inbound.text.replace("\x00", ""),
        argument=inbound.argument.replace("\x00", ""),
        title=inbound.title.replace("\x00", ""),
        sender=sender and replace(sender, name=sender.name.replace("\x00", "")),
        quoted=quoted and replace(quoted, text=quoted.text.replace("\x00", "")),
        signal=signal and replace(signal, place=signal.place.replace("\x00", "")),
    )


#: Fields of a signal that stand beside it.
_BESIDE = ("guard", "drafts")


def inbound_words(inbound: Inbound) -> dict[str, Any]:
    """Returns what `inbound_of` needs; empty fields are left out."""
    at, sender, quoted, press = inbound.at, inbound.sender, inbound.quoted, inbound.press
    words: dict[str, Any] = {
        "key": inbound.key,
        "at": (at.channel, at.bot, at.chat),
        "kind": inbound.kind.value,
        "sent_at": micros(inbound.sent_at),
    }
    if sender:
        words["sender"] = (sender.user_id, sender.name, sender.admin, sender.language)
    if quoted:
        media = media_words(quoted.media)
        words["quoted"] = (quoted.message_id, quoted.mine, quoted.user_id, quoted.text, media)
    if press:
        words["press"] = (press.data, press.message_id)
    if signal := inbound.signal:
        told_at = (micros(signal.told_at),) if signal.told_at else ()
        words["signal"] = (signal.category, signal.place, signal.address_id, signal.case, *told_at)
        words |= {name: given for name in _BESIDE if (given := getattr(signal, name))}
    if inbound.media:
        words["media"] = media_words(inbound.media)
    for name in _PLAIN:
        if value := getattr(inbound, name):
            words[name] = value
    return words


def inbound_of(words: dict[str, Any]) -> Inbound:
    """Returns the inbound that `inbound_words` took apart."""
    location = words.get("location")
    plain = {name: words[name] for name in _PLAIN if name in words and name != "location"}
    return Inbound(
        key=words["key"],
        at=Address(*words["at"]),
        kind=Kind(words["kind"]),
        sent_at=instant(words["sent_at"]),
        sender=Sender(*words["sender"]) if "sender" in words else None,
        quoted=_quoted_of(*words["quoted"]) if "quoted" in words else None,
        press=Press(*words["press"]) if "press" in words else None,
        signal=_signal_of(words, *words["signal"]) if "signal" in words else None,
        media=media_of(words.get("media", ())),
        location=(location[0], location[1]) if location else None,
        **plain,
    )


def _signal_of(
    words: dict[str, Any], category: str, place: str, address_id: str, case: str, told_at: int | None = None
) -> Signal:
    beside = {name: words[name] for name in _BESIDE if name in words}
    at = instant(told_at) if told_at is not None else None
    return Signal(category, place, address_id, case, told_at=at, **beside)


def _quoted_of(message_id: str, mine: bool, user_id: str, text: str, media: Sequence[Sequence[Any]]) -> Quoted:
    return Quoted(message_id, mine, user_id, text, media_of(media))


#: Fields that are stored as they are, and only when they say something.
_PLAIN = (
    "private",
    "message_id",
    "text",
    "location",
    "addressed",
    "command",
    "argument",
    "album",
    "migrated_to",
    "title",
)
