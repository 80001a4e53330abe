"""Who wrote in Telegram, and names that may be shown: sender_of(), plain()."""

from __future__ import annotations

import re
import unicodedata

import telegram
from telegram.constants import ChatID

from bot.messages import Sender

#: Letters that show nothing although they count as letters: fillers of Hangul and Braille.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_HAN = re.compile(r"[\u3400-\u9fff]+\Z")
_UNSEEN = ("Cf", "Cc", "Co")  # format (bidi, zero width), control, private use
_LONGEST_NAME = 64


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


def plain(name: str) -> str:
    """A name as it may be shown to others: without marks that turn the line around, and none that nobody sees."""
    if name.isprintable() and _BLANK.isdisjoint(name):  # Most are: nothing to look for.
        return " ".join(name.split())[:_LONGEST_NAME].strip()
    seen = [" " if letter.isspace() else letter for letter in sound(name)]
    kept = [letter for letter in seen if letter not in _BLANK and unicodedata.category(letter) not in _UNSEEN]
    return " ".join("".join(kept).split())[:_LONGEST_NAME].strip()


def sound(text: str) -> str:
    """Text that every database and encoding takes: no NUL, no half of a pair of surrogates."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text
