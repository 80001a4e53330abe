"""Who wrote in Telegram: sender_of(), person()."""

from __future__ import annotations

import re

import telegram
from telegram.constants import ChatID

from bot.channels.words import plain
from bot.messages import Sender

_HAN = re.compile(r"[\u3400-\u9fff]+\Z")


def sender_of(message: telegram.Message) -> Sender | None:
    """Who wrote; None for other bots and for what a channel posts into its group by itself.

    An administrator who writes in the group's name is not told apart from the others there: the group itself is the
    sender. Whoever writes in a channel's name is that channel.
    """
    user, chat = message.from_user, message.sender_chat
    if message.is_automatic_forward or user is None or user.id == ChatID.SERVICE_CHAT:
        return None
    if user.id == ChatID.ANONYMOUS_ADMIN:
        # A reply in reply_to_message may come without sender_chat.
        return Sender(str(message.chat.id), plain(message.author_signature or message.chat.title or ""), admin=True)
    if user.id == ChatID.FAKE_CHANNEL and chat is not None:
        return Sender(str(chat.id), plain(chat.title or ""))
    return None if user.is_bot else person(user)


def person(user: telegram.User) -> Sender:
    """Somebody, as the app names them. Whom it shows as "Group" is one of its administrators."""
    anonymous = user.id == ChatID.ANONYMOUS_ADMIN
    name = f"{user.first_name} {user.last_name}" if user.last_name else user.first_name
    if user.last_name and _HAN.match(user.last_name) and _HAN.match(user.first_name):
        name = user.last_name + user.first_name  # the app asks for them the other way round
    return Sender(str(user.id), plain(name), admin=anonymous, language=_language(user.language_code or ""))


def _language(code: str) -> str:
    code = code.lower()
    return "zh" if code.startswith("zh") else "en" if code.startswith("en") else ""
