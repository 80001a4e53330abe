"""A Telegram update in our words: read(). Pure: the vendor's objects end here.

Where a message stands in a forum's topic, `Address.chat` is still the chat alone, because groups.csv binds chats, not
topics: an answer goes into the topic by replying to the message (`Letter.reply_to`); the server sees to it
(tdlib/telegram-bot-api#447). A letter that answers nothing stands in the group's General topic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import telegram
from telegram.constants import ChatMemberStatus, ChatType, MessageEntityType
from telegram.error import TelegramError

from bot.channels.telegram_people import person, sender_of
from bot.channels.telegram_quick import sketch
from bot.channels.words import plain, sound
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Press, Quoted

NAME = "telegram"

#: Without "@bot" behind them these are taken for ours in a group; there another bot's command may be meant.
COMMANDS = frozenset(
    {"start", "help", "mycases", "my", "cases", "case", "human", "hears", "language", "lang", "family"}
    | {"points", "mall", "fetch", "takeback"}
)
#: What we ask Telegram for.
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?:\s+(.*))?\Z", re.DOTALL)
_INSIDE = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER})


@dataclass(frozen=True, slots=True)
class Me:
    """One of our bot accounts: its name in config.yaml, and who it is in Telegram."""

    account: str
    id: int
    username: str


class Unreadable(ValueError):
    """An update that this version of the library, or of ours, cannot make sense of."""


def read(update: Mapping[str, Any] | telegram.Update, me: Me, now: datetime) -> Inbound | None:
    """Returns what came in; of what is unknown or of no interest the id alone (IGNORED); None without an id.

    `now`: when it came, for updates that do not say when they were sent.
    """
    try:
        return interpret(update, me, now)
    except Unreadable:
        assert not isinstance(update, telegram.Update)
        return Inbound(str(update["update_id"]), Address(NAME, me.account, ""), Kind.IGNORED, now)


def interpret(update: Mapping[str, Any] | telegram.Update, me: Me, now: datetime) -> Inbound | None:
    """The same, but raises Unreadable instead of ignoring what should have been readable."""
    number = update.update_id if isinstance(update, telegram.Update) else update.get("update_id")
    if not isinstance(number, int):
        return None
    try:
        if isinstance(update, telegram.Update):
            parsed = update
        else:
            parsed = sketch(update) or telegram.Update.de_json(dict(update), None)
        return _read(parsed, me, _New(str(number), now))
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, OSError, TelegramError) as error:
        raise Unreadable(f"update {number}: {type(error).__name__}") from error


@dataclass(frozen=True, slots=True)
class _New:
    """What is known of an update before it is read."""

    key: str
    now: datetime


def _read(update: telegram.Update, me: Me, new: _New) -> Inbound:
    found: Inbound | None = None
    if update.message:
        found = _message(update.message, me, new)
    elif update.edited_message:
        found = _edited(update.edited_message, me, new)
    elif update.callback_query:
        found = _pressed(update.callback_query, me, new)
    elif update.my_chat_member:
        found = _standing(update.my_chat_member, me, new)
    if found is not None:
        return found
    chat = update.effective_chat
    at = Address(NAME, me.account, "") if chat is None else _at(me, chat)
    return Inbound(new.key, at, Kind.IGNORED, new.now)


# --- messages


def _message(message: telegram.Message, me: Me, new: _New) -> Inbound | None:
    if message.migrate_to_chat_id:
        # The twin in the new group (migrate_from_chat_id) is ignored: one of the two is enough.
        at, moved_to, title = _at(me, message.chat), str(message.migrate_to_chat_id), _title(message.chat)
        return Inbound(new.key, at, Kind.MIGRATED, message.date, migrated_to=moved_to, title=title)
    sender = sender_of(message)
    if sender is None or (message.effective_attachment is None and not message.text):
        return None  # another bot, a channel's post, a service message, or something that is not known yet
    private = message.chat.type == ChatType.PRIVATE
    text, mentioned = _without_mention(message, me)
    command = _COMMAND.match(text)
    name = command[1].lower() if command else ""
    if command and command[2] and command[2].lower() != me.username.lower() and not private:
        return None  # for another bot
    if command and not command[2] and not (private or mentioned or name in COMMANDS):
        command, name = None, ""
    quoted = _quoted(message, me)
    return Inbound(
        key=new.key,
        at=_at(me, message.chat),
        kind=Kind.MESSAGE,
        sent_at=message.edit_date or message.date,
        private=private,
        sender=sender,
        message_id=str(message.message_id),
        text=text,
        media=_media(message),
        location=_place(message),
        quoted=quoted,
        addressed=private or mentioned or command is not None or bool(quoted and quoted.mine),
        command=name,
        argument=(command[3] or "").strip() if command else "",
        album=message.media_group_id or "",
        title=_title(message.chat),
    )


def _edited(message: telegram.Message, me: Me, new: _New) -> Inbound | None:
    """A changed message. A live location that moves is none: of a matter, the place where it was shared counts. In a
    group, what was not said to the bot is the neighbours' own, before the change and after it."""
    found = _message(message, me, new)
    if found is None or not (found.private or found.addressed) or (message.location and not found.private):
        return None
    return replace(found, kind=Kind.MOVED if message.location else Kind.EDITED)


def _without_mention(message: telegram.Message, me: Me) -> tuple[str, bool]:
    """The words without the bot's name, and whether it was called.

    The name is looked for in the text, not only among the app's own marks: it marks none in "请@bot看看", where the
    name touches other letters, and that is how Chinese is written.
    """
    raw = message.text or message.caption or _spoken(message)
    called = False
    marks = message.entities or message.caption_entities
    named = [mark for mark in marks if mark.type == MessageEntityType.TEXT_MENTION] if marks else ()
    for mark in reversed(named):  # from the end, so that the places of the others hold
        if mark.user and mark.user.id == me.id:
            units = raw.encode("utf-16-le", "surrogatepass")
            units = units[: 2 * mark.offset] + units[2 * (mark.offset + mark.length) :]
            raw, called = units.decode("utf-16-le", "replace"), True
    text, count = _mention(me.username).subn("", raw)
    return sound(text).strip(), called or count > 0


@lru_cache(maxsize=256)
def _mention(username: str) -> re.Pattern[str]:
    """Finds "@bot" and the space or comma behind it, but neither "@bot2" nor "/help@bot" nor a@bot.cn."""
    return re.compile(rf"(?<![A-Za-z0-9_.@/])[@＠]{re.escape(username)}(?![A-Za-z0-9_])[\s,，:：]*", re.IGNORECASE)


def _spoken(message: telegram.Message) -> str:
    """What a message without text says all the same."""
    if message.venue:
        return f"{message.venue.title} {message.venue.address}"
    if message.contact:
        return f"{message.contact.first_name} {message.contact.phone_number}"
    return ""


def _place(message: telegram.Message) -> tuple[float, float] | None:
    where = message.location or (message.venue.location if message.venue else None)
    return (where.latitude, where.longitude) if where else None


def _quoted(message: telegram.Message, me: Me) -> Quoted | None:
    if message.external_reply:
        there = message.external_reply
        return Quoted(str(there.message_id or ""), media=_media(there))
    reply = message.reply_to_message
    if reply is None or reply.forum_topic_created or (message.is_topic_message and _opens_topic(message, reply)):
        return None  # in a topic, every message hangs on the one that opened it
    who = sender_of(reply)
    return Quoted(
        str(reply.message_id),
        mine=bool(reply.from_user and reply.from_user.id == me.id),
        user_id=who.user_id if who else str(reply.from_user.id) if reply.from_user else "",
        text=sound(reply.text or reply.caption or _spoken(reply)),
        media=_media(reply),
    )


def _opens_topic(message: telegram.Message, reply: telegram.Message) -> bool:
    return reply.message_id == message.message_thread_id


def _media(of: telegram.Message | telegram.ExternalReplyInfo) -> tuple[Media, ...]:
    """What hangs on a message. What nobody can open here (a film, a poll) is named without its bytes."""
    if sizes := of.photo or (of.live_photo.photo if of.live_photo else ()):
        largest = max(sizes, key=lambda size: size.width * size.height)
        return (_file(MediaKind.PHOTO, largest),)
    if of.voice:
        return (_file(MediaKind.VOICE, of.voice),)
    if of.sticker:
        return (_file(MediaKind.STICKER, of.sticker),)
    if film := of.animation or of.video or of.video_note:
        return (_file(MediaKind.VIDEO, film),)
    if of.document:
        picture = (of.document.mime_type or "").startswith("image/")
        return (_file(MediaKind.PHOTO if picture else MediaKind.FILE, of.document),)
    if of.audio:
        # A recording sent as music. Only what stands in an Ogg box is kept for people's ears.
        spoken = of.audio.mime_type in ("audio/ogg", "audio/opus")
        return (_file(MediaKind.VOICE if spoken else MediaKind.FILE, of.audio),)
    if of.dice:
        return (Media(MediaKind.STICKER, ""),)
    if of.game or of.poll or of.story or of.paid_media or of.checklist or of.invoice:
        return (Media(MediaKind.FILE, ""),)
    return ()


def _file(kind: MediaKind, file: Any) -> Media:
    return Media(kind, file.file_id, file.file_unique_id, file.file_size or 0)


# --- buttons, comings and goings


def _pressed(query: telegram.CallbackQuery, me: Me, new: _New) -> Inbound | None:
    """A pressed button. The message may be too old to be shown to us; its chat and number are always there."""
    if query.message is None or query.data is None:
        return None
    chat, number = query.message.chat, str(query.message.message_id)
    return Inbound(
        new.key,
        _at(me, chat),
        Kind.PRESS,
        new.now,
        private=chat.type == ChatType.PRIVATE,
        sender=person(query.from_user),
        message_id=number,
        addressed=True,
        press=Press(sound(query.data), number),
        title=_title(chat),
    )


def _standing(change: telegram.ChatMemberUpdated, me: Me, new: _New) -> Inbound | None:
    """The bot came, went, or may do something else than before. In private: it was blocked."""
    before, after = _inside(change.old_chat_member), _inside(change.new_chat_member)
    private = change.chat.type == ChatType.PRIVATE
    if change.chat.type == ChatType.CHANNEL or (private and after) or not (before or after):
        return None
    kind = Kind.LEFT if not after else Kind.PROMOTED if before else Kind.JOINED
    return Inbound(
        new.key,
        _at(me, change.chat),
        kind,
        change.date,
        private=private,
        sender=person(change.from_user),
        title=_title(change.chat),
    )


def _inside(member: telegram.ChatMember) -> bool:
    if isinstance(member, telegram.ChatMemberRestricted):
        return bool(member.is_member)
    return member.status in _INSIDE


# --- where


def _at(me: Me, chat: telegram.Chat) -> Address:
    return _address(me.account, chat.id)


@lru_cache(maxsize=65_536)
def _address(account: str, chat: int) -> Address:
    """Made once for each chat: equal ones are one, which is quicker to make and to compare."""
    return Address(NAME, account, str(chat))


def _title(chat: telegram.Chat) -> str:
    return plain(chat.title or "")
