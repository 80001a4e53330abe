"""Sending and editing: the methods that put something in front of people, with every check before them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.servers import bot_api_errors as say
from tests.servers.bot_api_cast import Cast
from tests.servers.bot_api_chats import BotAccount, Chat, Json, Message
from tests.servers.bot_api_errors import Refused, bad, forbidden
from tests.servers.bot_api_files import StoredFile
from tests.servers.bot_api_people import PAYLOAD
from tests.servers.bot_api_request import Request
from tests.servers.bot_api_text import CAPTION_LIMIT, TEXT_LIMIT, Entity, read_text

_KINDS = {"group": "group chat", "supergroup": "supergroup chat"}


# ---- where to ----


def chat_of(cast: Cast, bot: BotAccount, raw: str) -> Chat:
    """Return the chat that `raw` names, as far as `bot` knows it; else 400 chat not found."""
    if not raw:
        raise bad("chat_id is empty")
    try:
        number = int(raw)
    except ValueError:
        raise bad(say.CHAT_NOT_FOUND) from None
    if number < 0:
        chat = cast.chats.get(number)
        if chat is None or bot.id not in chat.members:
            raise bad(say.CHAT_NOT_FOUND)
        return chat
    person = cast.people.get(number)
    if person is None:
        raise bad(say.CHAT_NOT_FOUND)
    chat = bot.private.get(number)
    if chat is None or not (chat.started or chat.members[bot.id].status == "kicked"):
        # A bot that never met the person has no chat at all; one that saw them in a group may not write first.
        if any(bot.id in group.members and number in group.members for group in cast.chats.values()):
            raise forbidden(say.CANNOT_INITIATE)
        raise bad(say.CHAT_NOT_FOUND)
    return chat


def check_inside(chat: Chat, bot: BotAccount) -> None:
    """Raise the 403 of a bot that is out of the chat."""
    member = chat.members[bot.id]
    if chat.person is not None:
        if chat.person.deactivated:
            raise forbidden(say.DEACTIVATED)
        if member.status == "kicked":
            raise forbidden(say.BLOCKED)
    elif not member.inside:
        how = "was kicked from" if member.status == "kicked" else "is not a member of"
        raise forbidden(f"Forbidden: bot {how} the {_KINDS[chat.type]}")


def chat_to_write(cast: Cast, request: Request, permission: str, what: str) -> Chat:
    """Return the chat of `chat_id` if the bot may write `what` there (Client.cpp, check_chat_access)."""
    bot = request.bot
    chat = chat_of(cast, bot, request.text("chat_id"))
    if chat.moved_to is not None:
        raise Refused(400, say.UPGRADED, migrate_to_chat_id=chat.moved_to.id)
    if chat.closed:
        raise forbidden(say.GROUP_DELETED)
    check_inside(chat, bot)
    if not chat.members[bot.id].may(permission):
        raise bad(f"not enough rights to send {what} to the chat")
    return chat


def _thread(request: Request, chat: Chat) -> int | None:
    thread = request.number("message_thread_id")
    if not thread or (chat.is_group and not chat.forum):
        return None
    # "General" has the number 1 and must be addressed without it (Client.cpp, check_message_topic).
    if thread not in chat.topics:
        raise bad(say.THREAD_NOT_FOUND)
    return thread


def _reply(request: Request, chat: Chat) -> Message | None:
    wanted = request.json("reply_parameters", dict, "reply parameters")
    number = int(wanted.get("message_id", 0)) if wanted else request.number("reply_to_message_id")
    if not number:
        return None
    message = chat.kept.get(number)
    if message is None or message.deleted:
        if (wanted or {}).get("allow_sending_without_reply") or request.flag("allow_sending_without_reply"):
            return None
        raise bad(say.REPLY_NOT_FOUND)
    return message


# ---- what ----


def _shown(source: Json | Request, text: str, field: str) -> tuple[str, list[Entity]]:
    if isinstance(source, Request):
        mode = source.text("parse_mode")
        entities = source.json("caption_entities" if field == "caption" else "entities", list, "message entities")
    else:
        mode, entities = source.get("parse_mode") or "", source.get("caption_entities")
    shown, found = read_text(text, mode, entities)
    if len(shown) > (CAPTION_LIMIT if field == "caption" else TEXT_LIMIT):
        raise bad(say.CAPTION_TOO_LONG if field == "caption" else say.TEXT_TOO_LONG)
    return shown, found


def _text(request: Request) -> tuple[str, list[Entity]]:
    text = request.text("text")
    shown, entities = _shown(request, text, "text") if text else ("", [])
    if not shown:
        raise bad(say.TEXT_EMPTY)
    return shown, entities


def _caption(request: Request) -> tuple[str | None, list[Entity]]:
    shown, entities = _shown(request, request.text("caption"), "caption")
    return shown or None, entities


def _file(cast: Cast, request: Request, value: Any, field: str, kind: str) -> StoredFile:
    """Return the uploaded file, or the one that the bot names by file_id."""
    name = value.removeprefix("attach://") if isinstance(value, str) and value.startswith("attach://") else field
    if name in request.uploads:
        filename, content = request.uploads[name]
        return cast.files.keep(kind, content, filename, strict=True)
    if not isinstance(value, str) or not value:
        raise bad(f"there is no {kind} in the request")
    if value.startswith(("http://", "https://")):
        raise bad("failed to get HTTP URL content")  # the server has no way out
    if value.startswith("attach://"):
        raise bad(say.WRONG_FILE)
    return cast.files.find(request.bot.id, value, kind)


def _markup(cast: Cast, request: Request, in_group: bool) -> Json | None:
    markup: Json | None = request.json("reply_markup", dict, "reply keyboard markup")
    if markup is None:
        return None
    if "inline_keyboard" not in markup:
        for row in markup.get("keyboard", []):
            for button in row:
                if in_group and isinstance(button, dict) and button.get("request_location"):
                    raise bad("location can be requested in private chats only")
        return markup
    buttons = [button for row in markup["inline_keyboard"] for button in row]
    if len(buttons) > 100:
        raise bad(say.MARKUP_TOO_LONG)
    for button in buttons:
        _check_button(cast, button, in_group)
    rows = [row for row in markup["inline_keyboard"] if row]
    return {"inline_keyboard": rows} if rows else None


def _check_button(cast: Cast, button: Any, in_group: bool) -> None:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad('can\'t parse inline keyboard button: Field "text" must be of type String')
    data = button.get("callback_data")
    if data is not None:
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= 64:
            raise bad(say.BUTTON_DATA_INVALID)
    elif "url" in button:
        _check_link(cast, str(button["url"]))
    elif "web_app" in button:
        if in_group:
            raise bad(say.BUTTON_TYPE_INVALID)
    elif not button.keys() & {"login_url", "switch_inline_query", "switch_inline_query_current_chat", "copy_text"}:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")


def _check_link(cast: Cast, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "tg") or (parts.scheme != "tg" and "." not in (parts.hostname or "")):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    if parts.hostname == "t.me" and parts.query.startswith("start="):
        # The app cuts or drops a payload that is not of this form; the fake says so where it can be seen.
        known = any(bot.username == parts.path[1:] for bot in cast.bots)
        if known and not PAYLOAD.fullmatch(parts.query[6:]):
            raise bad(say.BUTTON_URL_INVALID)


# ---- sending ----


def _send(cast: Cast, request: Request, chat: Chat, **fields: Any) -> Json:
    """Charge the limits, keep the message, return its JSON."""
    bot = request.bot
    thread, reply_to = _thread(request, chat), _reply(request, chat)
    markup = _markup(cast, request, chat.is_group)
    cast.limits.charge(bot.id, chat.id if chat.is_group else 0, cast.clock.monotonic())
    message = Message(
        chat, bot, cast.clock.time(), thread=thread, reply_to=reply_to, markup=markup,
        silent=request.flag("disable_notification"), **fields,
    )  # fmt: skip
    chat.keep(message)
    return message.json(bot)


def send_message(cast: Cast, request: Request) -> Json:
    """sendMessage."""
    text, entities = _text(request)
    chat = chat_to_write(cast, request, "can_send_messages", "text messages")
    return _send(cast, request, chat, text=text, entities=entities)


def send_photo(cast: Cast, request: Request) -> Json:
    """sendPhoto: an upload or a file_id."""
    caption, entities = _caption(request)
    chat = chat_to_write(cast, request, "can_send_photos", "photos")
    photo = _file(cast, request, request.values.get("photo"), "photo", "photo")
    return _send(cast, request, chat, photo=photo, caption=caption, entities=entities)


def send_document(cast: Cast, request: Request) -> Json:
    """sendDocument."""
    caption, entities = _caption(request)
    chat = chat_to_write(cast, request, "can_send_documents", "documents")
    file = _file(cast, request, request.values.get("document"), "document", "document")
    extra = {"document": {"file_name": file.name or "file", "mime_type": "application/octet-stream"}}
    return _send(cast, request, chat, file=file, field_name="document", extra=extra, caption=caption, entities=entities)


def send_voice(cast: Cast, request: Request) -> Json:
    """sendVoice."""
    caption, entities = _caption(request)
    chat = chat_to_write(cast, request, "can_send_voice_notes", "voice notes")
    file = _file(cast, request, request.values.get("voice"), "voice", "voice")
    extra = {"voice": {"duration": request.number("duration"), "mime_type": "audio/ogg"}}
    return _send(cast, request, chat, file=file, field_name="voice", extra=extra, caption=caption, entities=entities)


def send_location(cast: Cast, request: Request) -> Json:
    """sendLocation."""
    latitude, longitude = request.real("latitude"), request.real("longitude")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad("wrong location specified")
    chat = chat_to_write(cast, request, "can_send_messages", "locations")
    return _send(cast, request, chat, extra={"location": {"latitude": latitude, "longitude": longitude}})


def send_media_group(cast: Cast, request: Request) -> list[Json]:
    """sendMediaGroup: 2 to 10 photos; the limits count each of them."""
    media = request.json("media", list, "InputMedia")
    if not media or not 2 <= len(media) <= 10:
        raise bad("there must be 2-10 media in the album")
    chat = chat_to_write(cast, request, "can_send_photos", "photos")
    shown = [_shown(item, str(item.get("caption") or ""), "caption") for item in media]
    photos = [_photo_of(cast, request, item) for item in media]
    thread, reply_to = _thread(request, chat), _reply(request, chat)
    bot = request.bot
    cast.limits.charge(bot.id, chat.id if chat.is_group else 0, cast.clock.monotonic(), len(media))
    album = cast.album(f"album {cast.number()}")
    sent = []
    for photo, (caption, entities) in zip(photos, shown, strict=True):
        message = Message(
            chat, bot, cast.clock.time(), photo=photo, caption=caption or None, entities=entities, thread=thread,
            reply_to=reply_to, album=album,
        )  # fmt: skip
        chat.keep(message)
        sent.append(message.json(bot))
    return sent


def _photo_of(cast: Cast, request: Request, media: Any) -> StoredFile:
    if not isinstance(media, dict) or media.get("type") != "photo":
        raise bad("can't parse InputMedia: type must be one of photo, video, animation, audio, document")
    return _file(cast, request, media.get("media"), "", "photo")


# ---- editing ----


def _to_edit(cast: Cast, request: Request) -> Message:
    chat = chat_of(cast, request.bot, request.text("chat_id"))
    check_inside(chat, request.bot)
    message = chat.kept.get(request.number("message_id"))
    if message is None or message.deleted:
        raise bad(say.EDIT_NOT_FOUND)
    if message.sender is not request.bot or "service" in message.extra or chat.moved_to is not None:
        raise bad(say.EDIT_FORBIDDEN)
    return message


def _edit(cast: Cast, request: Request, message: Message, **fields: Any) -> Json:
    """Charge the limits, then change what differs; nothing differing is a 400. No keyboard given takes it away."""
    fields["markup"] = _markup(cast, request, message.chat.is_group)
    chat = message.chat
    cast.limits.charge(request.bot.id, chat.id if chat.is_group else 0, cast.clock.monotonic())
    if all(getattr(message, name) == value for name, value in fields.items()):
        raise bad(say.NOT_MODIFIED)
    message.replace(cast.clock.time(), **fields)
    return message.json(request.bot)


def edit_message_text(cast: Cast, request: Request) -> Json:
    """editMessageText: only of a message that has text."""
    text, entities = _text(request)
    message = _to_edit(cast, request)
    if message.text is None:
        raise bad(say.NO_TEXT_TO_EDIT)
    return _edit(cast, request, message, text=text, entities=entities)


def edit_message_caption(cast: Cast, request: Request) -> Json:
    """editMessageCaption: only of a photo, voice or document."""
    caption, entities = _caption(request)
    message = _to_edit(cast, request)
    if message.photo is None and message.file is None:
        raise bad(say.NO_CAPTION_TO_EDIT)
    return _edit(cast, request, message, caption=caption, entities=entities)


def edit_message_media(cast: Cast, request: Request) -> Json:
    """editMessageMedia: another photo, or a photo added to a text message."""
    media = request.json("media", dict, "InputMedia")
    if media is None:
        raise bad('Parameter "media" is required')
    caption, entities = _shown(media, str(media.get("caption") or ""), "caption")
    message = _to_edit(cast, request)
    photo = _photo_of(cast, request, media)
    return _edit(cast, request, message, text=None, caption=caption or None, entities=entities, photo=photo)


def edit_message_reply_markup(cast: Cast, request: Request) -> Json:
    """editMessageReplyMarkup."""
    return _edit(cast, request, _to_edit(cast, request))
