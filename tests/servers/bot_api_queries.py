"""The methods that neither send nor edit: who am I, who is here, answer a press, fetch a file, delete, set up."""

from __future__ import annotations

import re

from tests.servers import bot_api_errors as say
from tests.servers.bot_api_cast import Cast
from tests.servers.bot_api_chats import GIFTS, PERMISSIONS, Chat, Json, Member, Message
from tests.servers.bot_api_errors import bad
from tests.servers.bot_api_request import Request
from tests.servers.bot_api_sends import chat_of, chat_to_write, check_inside
from tests.servers.bot_api_updates import CALLBACK_LIFE

DELETE_LIMIT = 48 * 3600.0
ANSWER_LIMIT = 200
_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
_COMMAND = re.compile(r"/?[a-z0-9_]{1,32}")


def get_me(cast: Cast, request: Request) -> Json:
    """getMe."""
    return {
        **request.bot.json(), "can_join_groups": True, "can_read_all_group_messages": not request.bot.privacy,
        "supports_inline_queries": False, "can_connect_to_business": False, "has_main_web_app": False,
        "has_topics_enabled": False, "allows_users_to_create_topics": False, "can_manage_bots": False,
    }  # fmt: skip


# ---- updates ----


async def get_updates(cast: Cast, request: Request) -> list[Json]:
    """getUpdates."""
    _allow(request)
    return await request.bot.updates.poll(
        request.number("offset"), request.number("limit", 100), float(request.number("timeout"))
    )


async def set_webhook(cast: Cast, request: Request) -> bool:
    """setWebhook; without a url the same as deleteWebhook."""
    _allow(request)
    await request.bot.updates.set_webhook(
        request.text("url"), request.text("secret_token"), request.number("max_connections", 40),
        request.flag("drop_pending_updates"),
    )  # fmt: skip
    return True


async def delete_webhook(cast: Cast, request: Request) -> bool:
    """deleteWebhook."""
    await request.bot.updates.set_webhook("", "", 0, request.flag("drop_pending_updates"))
    return True


def get_webhook_info(cast: Cast, request: Request) -> Json:
    """getWebhookInfo."""
    return request.bot.updates.webhook_info()


def _allow(request: Request) -> None:
    # Not given: as before. Given and empty: the default again.
    allowed = request.json("allowed_updates", list, "update types")
    if allowed is not None:
        request.bot.updates.allowed = [str(kind) for kind in allowed]


# ---- chats and members ----


def _readable(cast: Cast, request: Request) -> Chat:
    chat = chat_of(cast, request.bot, request.text("chat_id"))
    if chat.type == "supergroup":
        check_inside(chat, request.bot)
    return chat


def get_chat(cast: Cast, request: Request) -> Json:
    """getChat: the ChatFullInfo object."""
    chat = _readable(cast, request)
    body = {**chat.json(), "accent_color_id": 3, "max_reaction_count": 11, "accepted_gift_types": GIFTS}
    if chat.is_group:
        body["permissions"] = {permission: permission != "can_manage_topics" for permission in PERMISSIONS}
    return body


def get_chat_administrators(cast: Cast, request: Request) -> list[Json]:
    """getChatAdministrators: people and this bot; other bots are left out, as the Bot API does."""
    chat = _readable(cast, request)
    if not chat.is_group:
        raise bad("there are no administrators in the private chat")
    return [
        member.json()
        for member in chat.members.values()
        if member.status in ("creator", "administrator") and (not member.user.is_bot or member.user is request.bot)
    ]


def get_chat_member(cast: Cast, request: Request) -> Json:
    """getChatMember."""
    chat = _readable(cast, request)
    number = request.number("user_id")
    if number in chat.members:
        return chat.members[number].json()
    user = cast.people.get(number) or next((bot for bot in cast.bots if bot.id == number), None)
    if user is None:
        raise bad("PARTICIPANT_ID_INVALID")
    return Member(user, "left").json()


def get_chat_member_count(cast: Cast, request: Request) -> int:
    """getChatMemberCount."""
    return sum(member.inside for member in _readable(cast, request).members.values())


def leave_chat(cast: Cast, request: Request) -> bool:
    """leaveChat: a my_chat_member update follows."""
    chat = _readable(cast, request)
    if not chat.is_group:
        raise bad("chat member status can't be changed in private chats")
    check_inside(chat, request.bot)
    cast.stands(request.bot, chat, "left")
    return True


# ---- messages that are there ----


def _deletable(cast: Cast, request: Request, chat: Chat, number: int) -> Message | str:
    """Return the message, or why it cannot go: other people's need a right, all need to be under 48 h."""
    message = chat.kept.get(number)
    if message is None or message.deleted:
        return say.DELETE_NOT_FOUND
    me = chat.members[request.bot.id]
    may_all = me.status == "administrator" and "can_delete_messages" in me.rights
    if chat.is_group and message.sender is not request.bot and not may_all:
        return say.DELETE_FORBIDDEN
    if cast.clock.time() - message.date >= DELETE_LIMIT:
        return say.DELETE_TOO_OLD
    return message


def delete_message(cast: Cast, request: Request) -> bool:
    """deleteMessage."""
    if not request.number("message_id"):
        raise bad("message identifier is not specified")
    chat = chat_to_write(cast, request, "", "")
    found = _deletable(cast, request, chat, request.number("message_id"))
    if isinstance(found, str):
        raise bad(found)
    found.deleted = True
    return True


def delete_messages(cast: Cast, request: Request) -> bool:
    """deleteMessages: those that cannot go are skipped in silence."""
    numbers = request.json("message_ids", list, "message identifiers") or []
    if not 1 <= len(numbers) <= 100:
        raise bad("too many message identifiers specified" if numbers else "message identifiers are not specified")
    chat = chat_to_write(cast, request, "", "")
    for number in numbers:
        found = _deletable(cast, request, chat, int(number))
        if not isinstance(found, str):
            found.deleted = True
    return True


def pin_chat_message(cast: Cast, request: Request) -> bool:
    """pinChatMessage: an administrator with can_pin_messages."""
    chat = chat_to_write(cast, request, "", "")
    me = chat.members[request.bot.id]
    if chat.is_group and "can_pin_messages" not in me.rights:
        raise bad("not enough rights to manage pinned messages in the chat")
    if request.number("message_id") not in chat.kept:
        raise bad("message to pin not found")
    chat.pinned.append(request.number("message_id"))
    return True


def unpin_chat_message(cast: Cast, request: Request) -> bool:
    """unpinChatMessage: the named one, else the latest."""
    chat = chat_to_write(cast, request, "", "")
    if chat.is_group and "can_pin_messages" not in chat.members[request.bot.id].rights:
        raise bad("not enough rights to manage pinned messages in the chat")
    number = request.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if number not in chat.pinned:
        raise bad("message to unpin not found")
    chat.pinned.remove(number)
    return True


def answer_callback_query(cast: Cast, request: Request) -> bool:
    """answerCallbackQuery: within 150 s, at most 200 characters, a url only of a deep link to the bot itself."""
    press = cast.presses.get(request.text("callback_query_id"))
    if press is None or press.bot is not request.bot or cast.clock.monotonic() - press.at > CALLBACK_LIFE:
        raise bad(say.QUERY_TOO_OLD)
    if len(request.text("text")) > ANSWER_LIMIT:
        raise bad(say.ANSWER_TOO_LONG)
    url = request.text("url")
    if url and not re.fullmatch(rf"(https?://t\.me/|t\.me/){request.bot.username}\?start=[\w-]{{1,64}}", url, re.ASCII):
        raise bad("URL_INVALID")
    press.answers.append(dict(request.values))
    return True


def send_chat_action(cast: Cast, request: Request) -> bool:
    """sendChatAction: counts towards no limit."""
    action = request.text("action")
    if action not in _ACTIONS:
        raise bad("wrong parameter action in request")
    chat = chat_to_write(cast, request, "can_send_messages", "text messages")
    request.bot.actions.append((chat.id, action))
    return True


def set_message_reaction(cast: Cast, request: Request) -> bool:
    """setMessageReaction."""
    chat = chat_to_write(cast, request, "can_react_to_messages", "reactions")
    message = chat.kept.get(request.number("message_id"))
    if message is None or message.deleted:
        raise bad("message to react not found")
    return True


def get_file(cast: Cast, request: Request) -> Json:
    """getFile: at most 20 MB; the path holds for an hour."""
    if not request.text("file_id"):
        raise bad("file_id not specified")
    return cast.files.link(request.bot.id, request.text("file_id"), cast.clock.monotonic())


# ---- the bot itself ----


def _scope(request: Request) -> str:
    scope = request.json("scope", dict, "BotCommandScope") or {"type": "default"}
    return f"{scope['type']}:{scope.get('chat_id', '')}:{scope.get('user_id', '')}:{request.text('language_code')}"


def set_my_commands(cast: Cast, request: Request) -> bool:
    """setMyCommands: at most 100, a-z 0-9 _ up to 32, descriptions up to 256."""
    commands = request.json("commands", list, "BotCommand") or []
    if len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(str(command.get("command", ""))):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    request.bot.commands[_scope(request)] = [
        {"command": command["command"].lstrip("/"), "description": command["description"]} for command in commands
    ]
    return True


def get_my_commands(cast: Cast, request: Request) -> list[Json]:
    """getMyCommands."""
    return request.bot.commands.get(_scope(request), [])


def delete_my_commands(cast: Cast, request: Request) -> bool:
    """deleteMyCommands."""
    request.bot.commands.pop(_scope(request), None)
    return True


def set_about(cast: Cast, request: Request) -> bool:
    """setMyName, setMyDescription, setMyShortDescription, setChatMenuButton: taken, shown nowhere."""
    return True
