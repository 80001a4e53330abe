"""The common Telegram updates without the library's objects: sketch() draws as much of one as telegram_read looks at.

The library makes a hundred attributes of every message, in more time than all else that is done until it is stored.
Most messages are words, or a photo with words, from one person in one chat, so those are drawn here; they are read by
the same rules as the library's objects. Whatever has a field that does not stand in this file, or one of another type,
is declined and goes through the library. (A field that Telegram adds one day costs time, and nothing else.)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Raw = Mapping[str, Any]

_MESSAGE = {"message_id", "date", "edit_date", "chat", "from", "text", "entities", "caption", "caption_entities"}
_MESSAGE |= {"photo", "media_group_id", "reply_to_message", "reply_markup"}
_CHAT = {"id", "type", "title", "username", "first_name", "last_name"}
#: They stand in groups that are none of the large ones; the library passes them over.
_CHAT |= {"all_members_are_administrators", "accepted_gift_types"}
_PEOPLE_CHATS = ("supergroup", "group", "private")
_USER = {"id", "is_bot", "first_name", "last_name", "username", "language_code", "is_premium"}
_ENTITY = {"type", "offset", "length", "url", "language", "custom_emoji_id"}
_PHOTO = {"file_id", "file_unique_id", "width", "height", "file_size"}
_QUERY = {"id", "from", "message", "chat_instance", "data"}
_BUTTON = {"text", "callback_data", "url"}

#: As a date: from the second after 1970 began (0 means "too old to be shown") until 2242.
_LAST = 2**33


class _Declined(Exception):
    """Something is not as it usually is."""


class _Chat:
    __slots__ = ("id", "title", "type")

    def __init__(self, raw: Raw) -> None:
        if not (type(raw) is dict and raw.keys() <= _CHAT and raw["type"] in _PEOPLE_CHATS):
            raise _Declined
        self.id, self.type, self.title = _whole(raw["id"]), raw["type"], _words(raw.get("title"))


class _User:
    __slots__ = ("first_name", "id", "is_bot", "language_code", "last_name")

    def __init__(self, raw: Raw) -> None:
        if not (type(raw) is dict and raw.keys() <= _USER and type(raw["is_bot"]) is bool):
            raise _Declined
        self.id, self.is_bot, self.first_name = _whole(raw["id"]), raw["is_bot"], _word(raw["first_name"])
        self.last_name, self.language_code = _words(raw.get("last_name")), _words(raw.get("language_code"))


class _Size:
    __slots__ = ("file_id", "file_size", "file_unique_id", "height", "width")

    def __init__(self, raw: Raw) -> None:
        if not (type(raw) is dict and raw.keys() <= _PHOTO):
            raise _Declined
        self.file_id, self.file_unique_id = _word(raw["file_id"]), _word(raw["file_unique_id"])
        self.width, self.height = _whole(raw["width"]), _whole(raw["height"])
        self.file_size = _whole(raw.get("file_size", 0))


class _Message:
    """Its marks are left out: those that say more than the words themselves (text_mention) are declined."""

    __slots__ = (
        "caption",
        "chat",
        "date",
        "edit_date",
        "effective_attachment",
        "from_user",
        "media_group_id",
        "message_id",
        "photo",
        "reply_to_message",
        "text",
    )

    # What a message that is drawn here does not have.
    entities = caption_entities = ()
    migrate_to_chat_id = sender_chat = is_automatic_forward = author_signature = is_topic_message = None
    external_reply = forum_topic_created = location = venue = contact = None
    live_photo = voice = sticker = animation = video = video_note = document = audio = dice = None
    game = poll = story = paid_media = checklist = invoice = None

    def __init__(self, raw: Raw, *, inner: bool = False) -> None:
        if not (type(raw) is dict and raw.keys() <= _MESSAGE):
            raise _Declined
        self.message_id, self.chat, self.from_user = _whole(raw["message_id"]), _Chat(raw["chat"]), _User(raw["from"])
        self.date = _instant(raw["date"])
        self.edit_date = _instant(raw["edit_date"]) if "edit_date" in raw else None
        self.text, self.caption = _words(raw.get("text")), _words(raw.get("caption"))
        self.media_group_id = _words(raw.get("media_group_id"))
        self.photo = tuple(_Size(size) for size in _list(raw["photo"])) if "photo" in raw else ()
        self.effective_attachment = self.photo or None
        for marks in ("entities", "caption_entities"):
            if marks in raw:
                _unmarked(raw[marks])
        if "reply_markup" in raw:
            _buttons(raw["reply_markup"])
        self.reply_to_message = None
        if "reply_to_message" in raw:
            if inner:
                raise _Declined
            self.reply_to_message = _Message(raw["reply_to_message"], inner=True)


class _Query:
    __slots__ = ("data", "from_user", "message")

    def __init__(self, raw: Raw) -> None:
        if not (type(raw) is dict and raw.keys() == _QUERY):
            raise _Declined
        _word(raw["id"]), _word(raw["chat_instance"])
        self.data, self.from_user, self.message = _word(raw["data"]), _User(raw["from"]), _Message(raw["message"])


class Sketch:
    """Stands for the library's Update where telegram_read reads one."""

    __slots__ = ("callback_query", "edited_message", "effective_chat", "message")
    my_chat_member = None

    def __init__(self, raw: Raw) -> None:
        self.message = self.edited_message = self.callback_query = None
        if "message" in raw:
            self.message = _Message(raw["message"])
            self.effective_chat = self.message.chat
        elif "edited_message" in raw:
            self.edited_message = _Message(raw["edited_message"])
            self.effective_chat = self.edited_message.chat
        else:
            self.callback_query = _Query(raw["callback_query"])
            self.effective_chat = self.callback_query.message.chat


def sketch(update: Raw) -> Any:
    """Returns what stands for `telegram.Update.de_json(update)`, or None when it has to be that."""
    if len(update) != 2:
        return None
    try:
        return Sketch(update)
    except (_Declined, KeyError):
        return None


def _whole(value: object) -> int:
    if type(value) is int:
        return value
    raise _Declined


def _word(value: object) -> str:
    if type(value) is str:
        return value
    raise _Declined


def _words(value: object) -> str | None:
    return None if value is None else _word(value)


def _list(value: object) -> list[Any]:
    if type(value) is list:
        return value
    raise _Declined


def _instant(value: object) -> datetime:
    if type(value) is int and 0 < value < _LAST:
        return datetime.fromtimestamp(value, UTC)
    raise _Declined


def _unmarked(marks: object) -> None:
    for mark in _list(marks):
        if not (type(mark) is dict and mark.keys() <= _ENTITY and _word(mark["type"]) != "text_mention"):
            raise _Declined
        _whole(mark["offset"]), _whole(mark["length"])


def _buttons(markup: object) -> None:
    if not (type(markup) is dict and markup.keys() == {"inline_keyboard"}):
        raise _Declined
    for row in _list(markup["inline_keyboard"]):
        for button in _list(row):
            if not (type(button) is dict and button.keys() <= _BUTTON and "text" in button):
                raise _Declined
            for value in button.values():
                _word(value)
