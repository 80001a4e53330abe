"""What DingTalk pushes in our words: read(). Pure: the vendor's payloads end here.

A person's id is their staff id; whoever is not of the organisation has none, and is known by the sender id, which
begins with "$:". A talk alone with somebody has that id as its chat, because there the robot is addressed by person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.channels.words import plain, sound
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Press, Quoted, Sender

NAME = "dingtalk"
BOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"
#: So begin the ids of people outside the organisation.
OUTSIDER = "$:"

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:\s+(.*))?\Z", re.DOTALL)
#: In rich text the robot's own name may stand before the words.
_CALLED = re.compile(r"\A\s*@\S+\s*")
_ALONE, _GROUP = "1", "2"
#: What reading something else than expected raises.
_BROKEN = (TypeError, ValueError, LookupError, AttributeError, OverflowError, RecursionError, OSError)


@dataclass(frozen=True, slots=True)
class Push:
    """One frame of the stream that brings something."""

    topic: str
    id: str  #: headers.messageId: the same when it comes again.
    data: str  #: JSON.


class Unreadable(ValueError):
    """A payload that this version of ours cannot make sense of."""


def is_group(chat: str) -> bool:
    """Whether a chat is a group: an openConversationId, not somebody's staff id."""
    return chat.startswith("cid") and len(chat) > 16


def read(push: Push, account: str, now: datetime) -> Inbound | None:
    """Returns what came in; None for events, which say nothing to us. `now`: when it came, for what does not say when
    it was sent. Raises Unreadable."""
    if push.topic not in (BOT_TOPIC, CARD_TOPIC):
        return None
    try:
        data = json.loads(push.data)
        return _message(data, account) if push.topic == BOT_TOPIC else _pressed(data, push.id, account, now)
    except _BROKEN as error:
        raise Unreadable(f"{push.topic}: {type(error).__name__}") from None


def ignored(push: Push, account: str, now: datetime) -> Inbound:
    """What could not be read, as its id alone."""
    return Inbound(f"x:{push.id}", Address(NAME, account, ""), Kind.IGNORED, now)


def session_of(push: Push) -> tuple[str, str, float]:
    """(chat, webhook, until when: Unix seconds) of a talk alone with an outsider, who can be answered in no other way;
    else three times nothing."""
    nothing = ("", "", 0.0)
    if push.topic != BOT_TOPIC:
        return nothing
    try:
        data = json.loads(push.data)
        if data["conversationType"] != _ALONE or data.get("senderStaffId"):
            return nothing
        until = float(data.get("sessionWebhookExpiredTime") or 0) / 1000
        return _user(data), str(data.get("sessionWebhook") or ""), until
    except _BROKEN:
        return nothing


def _message(data: Mapping[str, Any], account: str) -> Inbound:
    private = str(data["conversationType"]) == _ALONE
    user = _user(data)
    text, media = _content(data)
    text = sound(text).strip()
    command = _COMMAND.match(text)
    number = _need(data, "msgId")
    return Inbound(
        key=number,
        at=Address(NAME, account, user if private else _need(data, "conversationId")),
        kind=Kind.MESSAGE,
        sent_at=datetime.fromtimestamp(int(data["createAt"]) / 1000, UTC),
        private=private,
        sender=Sender(user, plain(str(data.get("senderNick") or "")), admin=bool(data.get("isAdmin"))),
        message_id=number,
        text=text,
        media=media,
        quoted=_quoted(data),
        # Of a group only what is said to the robot is pushed; some payloads do not repeat it.
        addressed=private or data.get("isInAtList") is not False,
        command=command[1].lower() if command else "",
        argument=(command[2] or "").strip() if command else "",
        title="" if private else plain(str(data.get("conversationTitle") or "")),
    )


def _need(data: Mapping[str, Any], name: str) -> str:
    """Without it, two would be taken for one."""
    if isinstance(value := data[name], str) and value:
        return value
    raise ValueError(name)


def _user(data: Mapping[str, Any]) -> str:
    if staff := data.get("senderStaffId"):
        return str(staff)
    sender = _need(data, "senderId")
    return sender if sender.startswith(OUTSIDER) else OUTSIDER + sender


def _content(data: Mapping[str, Any]) -> tuple[str, tuple[Media, ...]]:
    """The words and what hangs on them. What nobody can open here is named without its bytes."""
    kind, content = str(data["msgtype"]), data.get("content") or {}
    if kind == "text":
        return str(data["text"]["content"]), ()
    if kind == "richText":
        return _rich(content["richText"], str(data["conversationType"]) == _GROUP)
    if kind == "picture":
        return "", (_file(MediaKind.PHOTO, content),)
    if kind == "audio":
        # DingTalk writes down what was said; its sound is in no form that we keep.
        words = str(content.get("recognition") or "")
        return words, () if words else (_file(MediaKind.VOICE, content),)
    return "", (_file(MediaKind.VIDEO if kind == "video" else MediaKind.FILE, content),)


def _rich(parts: Sequence[Mapping[str, Any]], group: bool) -> tuple[str, tuple[Media, ...]]:
    words = "".join(str(part["text"]) for part in parts if "text" in part)
    pictures = [part for part in parts if part.get("type") == "picture" or "downloadCode" in part]
    return _CALLED.sub("", words) if group else words, tuple(_file(MediaKind.PHOTO, part) for part in pictures)


def _file(kind: MediaKind, content: Mapping[str, Any]) -> Media:
    return Media(kind, str(content.get("downloadCode") or ""))


def _quoted(data: Mapping[str, Any]) -> Quoted | None:
    """The message that this one replies to. One of ours is known by the key under which it was sent."""
    text = data.get("text") or {}
    if not (isinstance(text, Mapping) and text.get("isReplyMsg")):
        return None
    reply = text.get("repliedMsg") or {}
    ours = str(data.get("originalProcessQueryKey") or "")
    content = reply.get("content") or {}
    said = content.get("text") if isinstance(content, Mapping) else None
    number = ours or str(reply.get("msgId") or data.get("originalMsgId") or "")
    user = "" if ours else str(reply.get("senderId") or "")
    return Quoted(number, mine=bool(ours), user_id=user, text=sound(str(said or "")))


def _pressed(data: Mapping[str, Any], id: str, account: str, now: datetime) -> Inbound | None:
    """A pressed button. Which chat it hangs in stands in its own id: the callback does not say so for certain."""
    content = data["content"]
    private = (json.loads(content) if isinstance(content, str) else content)["cardPrivateData"]
    ids = private.get("actionIds") or [""]
    carried, _, chat = str(ids[0]).rpartition("|")
    if not (carried and chat):
        return None
    user, number = _need(data, "userId"), _need(data, "outTrackId")
    return Inbound(
        key=f"p:{id}",
        at=Address(NAME, account, chat),
        kind=Kind.PRESS,
        sent_at=now,
        private=not is_group(chat),
        sender=Sender(user),
        message_id=number,
        addressed=True,
        press=Press(sound(carried), number),
    )
