"""People with verbs: what residents and cadres do in their app, and what the bots hear of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.servers.bot_api_chats import BotAccount, Chat, Json, Message, Press
from tests.servers.bot_api_files import StoredFile
from tests.servers.bot_api_text import Entity, find_entities, utf16
from tests.servers.bot_api_updates import CALLBACK_LIFE

if TYPE_CHECKING:
    from tests.servers.bot_api_cast import Cast

#: What may follow t.me/bot?start=
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CALLBACK_LANE = 3 << 33


class Person:
    """Somebody with the app. Every verb returns the message (or press) it made."""

    is_bot = False

    def __init__(self, stage: Cast, number: int, name: str, surname: str, username: str, language: str) -> None:
        self._stage = stage
        self.id = number
        self.name = name
        self.surname = surname
        self.username = username
        self.language = language
        self.deactivated = False

    def __repr__(self) -> str:
        return f"Person({self.id}, {self.name!r})"

    def _names(self) -> Json:
        names: Json = {"first_name": self.name}
        if self.surname:
            names["last_name"] = self.surname
        if self.username:
            names["username"] = self.username
        return names

    def json(self) -> Json:
        """Return the User object."""
        return {"id": self.id, "is_bot": False, **self._names(), "language_code": self.language}

    def chat_json(self) -> Json:
        """Return the Chat object of the private chat with them."""
        return {"id": self.id, **self._names(), "type": "private"}

    @property
    def messages(self) -> list[Message]:
        """Return what bots wrote to them in private, in order of bots and then of time."""
        return [message for bot in self._stage.bots if self.id in bot.private for message in self.inbox(bot).messages]

    @property
    def texts(self) -> list[str]:
        """Return the words of `messages` as they show now."""
        return [message.shown for message in self.messages]

    def inbox(self, bot: BotAccount) -> Chat:
        """Return the private chat with `bot`."""
        return self._stage.private(self, bot)

    # ---- writing ----

    def writes(
        self,
        where: Chat | BotAccount,
        text: str,
        *,
        mention: BotAccount | None = None,
        reply_to: Message | None = None,
        thread: int | None = None,
        anonymous: bool = False,
        **extra: Any,
    ) -> Message:
        """Write `text`; `mention` puts the bot's @name before it; `extra` goes into the JSON as it stands."""
        if mention is not None:
            text = f"@{mention.username} {text}"
        return self._says(
            where, text=text, entities=find_entities(text), reply_to=reply_to, thread=thread, anonymous=anonymous,
            extra=extra,
        )  # fmt: skip

    def sends_photo(
        self,
        where: Chat | BotAccount,
        content: bytes,
        *,
        caption: str = "",
        mention: BotAccount | None = None,
        album: str | None = None,
        reply_to: Message | None = None,
        thread: int | None = None,
    ) -> Message:
        """Send a picture (the server takes any bytes from people); photos of one `album` name belong together."""
        if mention is not None:
            caption = f"@{mention.username} {caption}".strip()
        return self._says(
            where, photo=self._stage.files.keep("photo", content), caption=caption or None,
            entities=find_entities(caption), album=self._stage.album(album), reply_to=reply_to, thread=thread,
        )  # fmt: skip

    def sends_location(
        self,
        where: Chat | BotAccount,
        latitude: float,
        longitude: float,
        *,
        live: int = 0,
        reply_to: Message | None = None,
    ) -> Message:
        """Send a place; with `live` (seconds) it may move."""
        place: Json = {"latitude": latitude, "longitude": longitude}
        if live:
            place |= {"live_period": live, "horizontal_accuracy": 20.0}
        return self._says(where, extra={"location": place}, reply_to=reply_to)

    def moves(self, message: Message, latitude: float, longitude: float) -> Message:
        """Move a live location: an edited_message arrives."""
        place = {**message.extra["location"], "latitude": latitude, "longitude": longitude}
        message.replace(self._stage.clock.time(), extra={**message.extra, "location": place})
        self._stage.deliver(message, "edited_message")
        return message

    def sends_voice(
        self,
        where: Chat | BotAccount,
        content: bytes = b"OggS voice",
        *,
        seconds: int = 3,
        caption: str = "",
        reply_to: Message | None = None,
    ) -> Message:
        """Send a voice message."""
        return self._sends_file(
            where, "voice", self._stage.files.keep("voice", content),
            {"duration": seconds, "mime_type": "audio/ogg"}, caption, reply_to,
        )  # fmt: skip

    def sends_sticker(self, where: Chat | BotAccount, emoji: str = "👍", *, reply_to: Message | None = None) -> Message:
        """Send a sticker."""
        fields = {
            "width": 512, "height": 512, "emoji": emoji, "set_name": "neighbours", "is_animated": False,
            "is_video": False, "type": "regular",
        }  # fmt: skip
        return self._sends_file(
            where, "sticker", self._stage.files.keep("sticker", emoji.encode()), fields, "", reply_to
        )

    def sends_document(
        self,
        where: Chat | BotAccount,
        content: bytes,
        name: str = "letter.pdf",
        *,
        caption: str = "",
        reply_to: Message | None = None,
    ) -> Message:
        """Send a file."""
        fields = {"file_name": name, "mime_type": "application/octet-stream"}
        file = self._stage.files.keep("document", content, name)
        return self._sends_file(where, "document", file, fields, caption, reply_to)

    def _sends_file(
        self,
        where: Chat | BotAccount,
        kind: str,
        file: StoredFile,
        fields: Json,
        caption: str,
        reply_to: Message | None,
    ) -> Message:
        return self._says(
            where, file=file, field_name=kind, extra={kind: fields}, caption=caption or None,
            entities=find_entities(caption), reply_to=reply_to,
        )  # fmt: skip

    def edits(self, message: Message, text: str) -> Message:
        """Change the words of an own message: an edited_message arrives."""
        if message.sender is not self:
            raise ValueError("people edit their own messages only")
        entities: list[Entity] = find_entities(text)
        if message.text is None:
            message.replace(self._stage.clock.time(), caption=text, entities=entities)
        else:
            message.replace(self._stage.clock.time(), text=text, entities=entities)
        self._stage.deliver(message, "edited_message")
        return message

    def deletes(self, message: Message) -> None:
        """Delete a message: bots are not told, as in the real app."""
        message.deleted = True

    def _says(self, where: Chat | BotAccount, **fields: Any) -> Message:
        chat = self.inbox(where) if isinstance(where, BotAccount) else where
        if chat.is_group:
            if chat.moved_to is not None:
                chat = chat.moved_to
            if self.id not in chat.members or not chat.members[self.id].inside:
                raise ValueError(f"{self.name} is not in {chat.title!r}")
        else:
            chat.started = True
        message = Message(chat, self, self._stage.clock.time(), **fields)
        chat.keep(message)
        self._stage.deliver(message)
        return message

    # ---- buttons and links ----

    def presses(self, message: Message, button: str = "", *, data: str | None = None) -> Press | Message | None:
        """Press an inline button, found by its words or its data; `data=` presses one that is no longer there.

        Returns the Press; for a link to a bot's private chat the message of `starts`; for other links None.
        """
        if message.deleted:
            raise LookupError("the message is gone")
        if data is None:
            pressed = message.button(button)
            if "url" in pressed:
                return self._follows(pressed["url"])
            data = str(pressed["callback_data"])
        bot = message.sender
        if not isinstance(bot, BotAccount):
            raise ValueError("buttons stand under messages of bots")
        stage = self._stage
        press = Press(str(stage.number(1 << 40)), self, message, bot, data, stage.clock.monotonic())
        stage.presses[press.id] = press
        body = {
            "id": press.id, "from": self.json(), "message": message.json(bot),
            "chat_instance": str(hash((message.chat.id, 7)) % (1 << 62)), "data": data,
        }  # fmt: skip
        stage.queue(bot, "callback_query", body, self.id + _CALLBACK_LANE, CALLBACK_LIFE)
        return press

    def _follows(self, url: str) -> Message | None:
        link = re.fullmatch(r"https?://t\.me/(\w+)\?start=([\w-]*)", url)
        bot = link and next((bot for bot in self._stage.bots if bot.username == link[1]), None)
        return self.starts(bot, link[2]) if link and bot else None

    def starts(self, bot: BotAccount, payload: str = "") -> Message:
        """Open the private chat by the START button or a deep link with `payload`; lifts a block."""
        if payload and not PAYLOAD.fullmatch(payload):
            raise ValueError(f"{payload!r} is no deep-link payload: 1 to 64 of A-Z a-z 0-9 _ -")
        if self.inbox(bot).members[bot.id].status == "kicked":
            self._stage.stands(bot, self.inbox(bot), "member", by=self)
        text = f"/start {payload}".strip()
        return self._says(bot, text=text, entities=[{"type": "bot_command", "offset": 0, "length": utf16("/start")}])

    def blocks(self, bot: BotAccount) -> None:
        """Block the bot: it hears so by my_chat_member, and its messages are refused."""
        self._stage.stands(bot, self.inbox(bot), "kicked", by=self)

    # ---- coming and going ----

    def joins(self, group: Chat) -> Message:
        """Join the group: a service message."""
        return self._stage.admits(self, group, by=self)

    def leaves(self, group: Chat) -> Message:
        """Leave the group: a service message."""
        return self._stage.dismisses(self, group, by=self)
