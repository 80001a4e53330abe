"""What a refused or failed call to Telegram means for the letter: fate(). Rules only.

The texts are those of the official server (tdlib/telegram-bot-api, Client.cpp); what they mean for a chat or a letter
is ours. Where an answer leaves open whether the message went out, the fate is UNKNOWN; an edit may be repeated safely,
so its unknown fate is RETRY.
"""

from __future__ import annotations

import re
from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.base import Fate, SendError

#: 400s after which this chat takes nothing from us any more. (Every 403 says that, too.)
_GONE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was deactivated",
    "user is deactivated",
    "the group chat was deleted",
    "not enough rights to send text messages",
    "have no rights to send a message",
    "need administrator rights in the channel chat",
    "chat_write_forbidden",
    "chat_admin_required",
    "chat_restricted",
    "channel_private",
)
#: 400s after which this message cannot be changed, but another can be sent.
_SEND_ANEW = (
    "message can't be edited",
    "message to edit not found",
    "there is no text in the message to edit",
    "there is no caption in the message to edit",
    "message identifier is not specified",
    "message_id_invalid",
    "message_edit_time_expired",
)
_OTHER_WAY = ("there is no text", "there is no capt", "there is no media", "message content type can't be edited")
#: 400s of an answer, after which the same words go without answering anything. `allow_sending_without_reply` covers a
#: deleted question, but not in a forum's topic, and no topic that was closed or deleted.
_NO_REPLY = (
    "replied not found",
    "reply message not found",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
)
#: The library's causes (httpx) of errors before the first byte was written.
_NOT_WRITTEN = {"PoolTimeout", "ConnectTimeout", "ConnectError", "UnsupportedProtocol", "ProxyError"}
#: "Too Many Requests" without the number of seconds.
_PAUSE = 5.0

_TOKEN = re.compile(r"\d{3,}:[A-Za-z0-9_-]{20,}")


def fate(error: TelegramError, *, edit: bool = False) -> SendError:
    """Returns what to do with the letter. `edit`: the call would have changed a message that is there."""
    said = reason(error)
    low = said.lower()
    if isinstance(error, RetryAfter):
        return SendError(Fate.WAIT, said, after=seconds(error))
    if isinstance(error, ChatMigrated):
        return SendError(Fate.MOVED, said, moved_to=str(error.new_chat_id))
    if isinstance(error, Forbidden):
        return SendError(Fate.GONE, said)
    if isinstance(error, InvalidToken):
        # Nothing is wrong with the letter: it leaves when the token has been put right.
        return SendError(Fate.RETRY, "Telegram does not know this bot's token")
    if isinstance(error, Conflict):
        return SendError(Fate.RETRY, said)
    if isinstance(error, BadRequest):
        if edit and any(each in low for each in _SEND_ANEW):
            return SendError(Fate.SEND_ANEW, said)
        return SendError(Fate.GONE if any(each in low for each in _GONE) else Fate.REFUSED, said)
    if low.startswith("too many requests"):
        return SendError(Fate.WAIT, said, after=_PAUSE)
    if low.startswith("request entity too large"):
        return SendError(Fate.REFUSED, said)
    return SendError(Fate.RETRY if edit or _not_written(error) else Fate.UNKNOWN, said)


def unchanged(error: TelegramError) -> bool:
    """Whether an edit failed because the message shows just that already: a success."""
    return isinstance(error, BadRequest) and "message is not modified" in error.message.lower()


def other_way(error: TelegramError) -> bool:
    """Whether the message to edit has words where a caption was looked for, or a caption instead of words."""
    return isinstance(error, BadRequest) and error.message.lower().startswith(_OTHER_WAY)


def no_reply(error: TelegramError) -> bool:
    """Whether there is nothing any more that could be answered, or no place beside it."""
    return isinstance(error, BadRequest) and any(each in error.message.lower() for each in _NO_REPLY)


def wrong_file(error: TelegramError) -> bool:
    """Whether a file_id is no longer good: the bytes must be uploaded again."""
    said = error.message.lower() if isinstance(error, BadRequest) else ""
    return "wrong file" in said or "wrong remote file" in said or "file reference" in said


def seconds(error: RetryAfter) -> float:
    """How long Telegram wants silence."""
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


def reason(error: TelegramError) -> str:
    """The error in one line, without the token that some of the library's texts contain."""
    cause = "" if error.__cause__ is None else f" ({type(error.__cause__).__name__})"
    return f"{_TOKEN.sub('<token>', error.message)[:300]}{cause}"


def _not_written(error: TelegramError) -> bool:
    """Whether the call certainly did nothing: no connection, or a server that answered that it failed.

    An answer of 500, 502 or 503 is taken at its word (nothing in the server's source sends a message and then says
    so); a 504 is not, since a gateway says it that passed the call on.
    """
    cause = error.__cause__
    if cause is not None and not isinstance(cause, TelegramError):
        return any(each.__name__ in _NOT_WRITTEN for each in type(cause).__mro__)
    low = error.message.lower()
    return low.startswith(("internal server error", "bad gateway", "service unavailable"))
