"""The nouns of the server: BotAccount, Member, Chat, Message, Press, and their JSON as the Bot API writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.servers.bot_api_files import StoredFile, file_json, photo_json

if TYPE_CHECKING:
    from tests.servers.bot_api_people import Person
    from tests.servers.bot_api_updates import Updates

Json = dict[str, Any]

#: Rights of an administrator that the Bot API always writes.
RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    "can_send_welcome_messages",
)  # fmt: skip
#: Rights of an administrator of a group, written only there.
GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics")
#: What a member may do: the fields of ChatPermissions.
PERMISSIONS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users",
    "can_pin_messages", "can_manage_topics",
)  # fmt: skip


@dataclass(slots=True, eq=False)
class BotAccount:
    """A bot that may call the server with its token."""

    id: int
    username: str
    name: str
    token: str
    updates: Updates
    privacy: bool = True  #: On: in groups it hears only what is meant for it.
    private: dict[int, Chat] = field(default_factory=dict)  #: Its private chats by user id.
    commands: dict[str, list[Json]] = field(default_factory=dict)  #: setMyCommands, by scope and language.
    actions: list[tuple[int, str]] = field(default_factory=list)  #: sendChatAction: (chat, action).

    is_bot = True

    def json(self) -> Json:
        """Return the User object."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


@dataclass(slots=True, eq=False)
class Member:
    """Somebody's standing in a chat."""

    user: Person | BotAccount
    status: str = "member"  #: creator, administrator, member, restricted, left, kicked
    rights: frozenset[str] = frozenset()  #: Of an administrator.
    muted: frozenset[str] = frozenset()  #: Permissions taken from a restricted member.

    @property
    def inside(self) -> bool:
        """Return whether they are in the chat."""
        return self.status not in ("left", "kicked")

    def may(self, permission: str) -> bool:
        """Return whether they may do what `permission` (a field of ChatPermissions) names."""
        return self.status != "restricted" or permission not in self.muted

    def json(self) -> Json:
        """Return the ChatMember object."""
        body: Json = {"user": self.user.json(), "status": self.status}
        if self.status == "creator":
            body["is_anonymous"] = False
        elif self.status == "administrator":
            body |= {"can_be_edited": False, "is_anonymous": False}
            body |= {right: right in self.rights for right in RIGHTS + GROUP_RIGHTS}
        elif self.status == "restricted":
            body |= {permission: permission not in self.muted for permission in PERMISSIONS}
            body |= {"is_member": True, "until_date": 0}
        elif self.status == "kicked":
            body["until_date"] = 0
        return body


@dataclass(slots=True, eq=False)
class Chat:
    """A group, a supergroup or the private chat of one person and one bot."""

    id: int
    type: str  #: private, group, supergroup
    title: str = ""
    person: Person | None = None  #: In a private chat.
    forum: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    kept: dict[int, Message] = field(default_factory=dict)  #: Every message ever, deleted ones too.
    topics: dict[int, str] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    started: bool = False  #: Private: the person has written to the bot.
    closed: bool = False  #: The group was deleted.
    moved_to: Chat | None = None  #: The supergroup that a basic group became.
    last_bot: int | None = None  #: The bot that spoke last: it gets the commands without a name.
    next_id: int = 1

    @property
    def is_group(self) -> bool:
        """Return whether more than one person may be in it."""
        return self.type != "private"

    @property
    def messages(self) -> list[Message]:
        """Return what bots wrote here and still stands, in order."""
        return [message for message in self.kept.values() if message.sender.is_bot and message.standing]

    @property
    def everything(self) -> list[Message]:
        """Return every message that still stands, service messages too, in order."""
        return [message for message in self.kept.values() if not message.deleted]

    @property
    def texts(self) -> list[str]:
        """Return the words of `messages` as they show now."""
        return [message.shown for message in self.messages]

    def bots(self) -> list[BotAccount]:
        """Return the bots in it."""
        return [m.user for m in self.members.values() if isinstance(m.user, BotAccount) and m.inside]

    def keep(self, message: Message) -> None:
        """Give `message` the next number and keep it."""
        message.id = self.next_id
        self.next_id += 1
        self.kept[message.id] = message
        if message.sender.is_bot:
            self.last_bot = message.sender.id

    def json(self) -> Json:
        """Return the Chat object."""
        if self.person is not None:
            return self.person.chat_json()
        body: Json = {"id": self.id, "type": self.type, "title": self.title}
        if self.forum:
            body["is_forum"] = True
        if self.type == "group":
            body["all_members_are_administrators"] = False
            body["accepted_gift_types"] = GIFTS
        return body


#: Real servers put this into the Chat of a basic group; strict parsers must take it.
GIFTS = {
    "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False,
    "gifts_from_channels": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Version:
    """What a message showed before an edit."""

    shown: str
    photo: StoredFile | None
    buttons: tuple[str, ...]
    until: float  #: Unix time of the edit that ended it.


@dataclass(slots=True, eq=False)
class Message:
    """A message of anybody. `text` and `caption` are never both there."""

    chat: Chat
    sender: Person | BotAccount
    date: float
    id: int = 0
    text: str | None = None
    caption: str | None = None
    entities: list[Json] = field(default_factory=list)
    photo: StoredFile | None = None
    file: StoredFile | None = None  #: Voice, sticker, document; `field_name` says which.
    field_name: str = ""
    extra: Json = field(default_factory=dict)  #: location, service fields ...: as they stand in the JSON.
    markup: Json | None = None
    reply_to: Message | None = None
    thread: int | None = None
    album: str | None = None
    anonymous: bool = False  #: An administrator who writes in the group's name.
    silent: bool = False  #: disable_notification
    deleted: bool = False
    edited: float = 0.0
    versions: list[Version] = field(default_factory=list)  #: What it showed before, oldest first.

    @property
    def shown(self) -> str:
        """Return text or caption."""
        return self.text if self.text is not None else self.caption or ""

    @property
    def standing(self) -> bool:
        """Return whether it is there to be read (service messages are not)."""
        return not self.deleted and "service" not in self.extra

    @property
    def location(self) -> tuple[float, float] | None:
        """Return (latitude, longitude) or None."""
        where = self.extra.get("location")
        return (where["latitude"], where["longitude"]) if where else None

    @property
    def button_rows(self) -> list[list[Json]]:
        """Return the inline keyboard, row by row."""
        return self.markup.get("inline_keyboard", []) if self.markup else []

    @property
    def buttons(self) -> list[str]:
        """Return the words on the inline buttons."""
        return [button["text"] for row in self.button_rows for button in row]

    def button(self, wanted: str) -> Json:
        """Return the button whose words or data are `wanted`, else whose words contain it; LookupError if none."""
        buttons = [button for row in self.button_rows for button in row]
        for button in buttons:
            if wanted in (button["text"], button.get("callback_data")):
                return button
        for button in buttons:
            if wanted in button["text"]:
                return button
        raise LookupError(f"no button {wanted!r} under {self.shown!r}; there are {self.buttons}")

    def replace(self, now: float, **fields: Any) -> None:
        """Change the content as an edit does; what it showed goes to `versions`."""
        self.versions.append(Version(self.shown, self.photo, tuple(self.buttons), now))
        self.edited = now
        for name, value in fields.items():
            setattr(self, name, value)

    def json(self, bot: BotAccount, nested: bool = False) -> Json:
        """Return the Message object as `bot` sees it (file names differ per bot)."""
        body: Json = {"message_id": self.id}
        if self.anonymous:
            body["from"] = ANONYMOUS
            body["sender_chat"] = self.chat.json()
        else:
            body["from"] = self.sender.json()
        body["chat"] = self.chat.json()
        body["date"] = int(self.date)
        if self.edited:
            body["edit_date"] = int(self.edited)
        if self.thread is not None:
            body["message_thread_id"] = self.thread
            body["is_topic_message"] = True
        if self.reply_to is not None and not nested:
            body["reply_to_message"] = self.reply_to.json(bot, nested=True)
        if self.album is not None:
            body["media_group_id"] = self.album
        if self.photo is not None:
            body["photo"] = photo_json(bot.id, self.photo)
        if self.file is not None:
            body[self.field_name] = {**file_json(bot.id, self.file), **self.extra.get(self.field_name, {})}
        if self.text is not None:
            body["text"] = self.text
            if self.entities:
                body["entities"] = self.entities
        elif self.caption:
            body["caption"] = self.caption
            if self.entities:
                body["caption_entities"] = self.entities
        for name, value in self.extra.items():
            if name not in ("service", self.field_name):
                body[name] = value
        if self.markup is not None and "inline_keyboard" in self.markup:
            body["reply_markup"] = self.markup
        return body


ANONYMOUS: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


@dataclass(slots=True, eq=False)
class Press:
    """A button that somebody pressed, and what the bot answered."""

    id: str
    person: Person
    message: Message
    bot: BotAccount
    data: str
    at: float  #: Monotonic seconds.
    answers: list[Json] = field(default_factory=list)  #: The parameters of each answerCallbackQuery.

    @property
    def answered(self) -> bool:
        """Return whether the bot took the waiting circle off the button."""
        return bool(self.answers)
