"""Inbound came in, a Letter goes out, an Address says where: the nouns every channel speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


@dataclass(frozen=True, slots=True)
class Address:
    """A chat of one app, reached through one bot account."""

    channel: str  #: "web", "telegram".
    bot: str  #: The account's name in config.yaml.
    chat: str  #: The app's chat id, as text.


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote. The name is for greeting only and is stored encrypted."""

    user_id: str = field(repr=False)
    name: str = field(default="", repr=False)
    admin: bool = False  #: Administrator of this group, where the app says so with the message.
    language: str = ""  #: "zh", "en" or empty when the app does not say.


class MediaKind(StrEnum):
    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    STICKER = "sticker"


@dataclass(frozen=True, slots=True)
class Media:
    """A photo, voice message or file as the app names it; the bytes are fetched later by `Channel.fetch`."""

    kind: MediaKind
    ref: str  #: The app's reference (Telegram: file_id). For the web channel: the key in our photo store.
    unique: str = ""  #: The same for the same bytes, where the app gives one.
    size: int = 0  #: Bytes, 0 when unknown.
    kept: bool = False  #: Cleaned and in our store already, under `ref` (the web channel).


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message that this one replies to."""

    message_id: str
    mine: bool = False  #: Sent by this bot.
    user_id: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed."""

    data: str  #: What the button carries, at most 64 bytes: "accept:38164275".
    message_id: str  #: The message the button hangs on.


@dataclass(frozen=True, slots=True)
class Signal:
    """What another system says of a matter beside its words. What it leaves out is found as in any message."""

    category: str = ""  #: Code of the catalogue.
    place: str = field(default="", repr=False)  #: An address in words.
    address_id: str = field(default="", repr=False)  #: A standard address, or an area's code.
    case: str = ""  #: The case that this is more about; empty: a new matter.
    guard: str = field(default="", repr=False)  #: A warning of a fraud: the code of whom it is meant for.
    drafts: bool = False  #: Of a missing person: this system may begin a draft of an alert.
    told_at: datetime | None = None  #: When the system heard of it; None: as it sent it.


class Kind(StrEnum):
    MESSAGE = "message"  #: Text, photos, a location, a voice message: whatever a person sends.
    EDITED = "edited"
    MOVED = "moved"  #: A live location that moves, in private: its new place is `location`.
    DELETED = "deleted"
    PRESS = "press"
    JOINED = "joined"  #: The bot was added to the group.
    PROMOTED = "promoted"  #: The bot's rights in the group changed.
    LEFT = "left"  #: The bot was removed, or a person blocked it (private).
    MIGRATED = "migrated"  #: The group has a new id, in `migrated_to`.
    IGNORED = "ignored"  #: Known and of no interest: only its id is kept.


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that came in from a chat app, in our words. The vendor's object ends in the channel."""

    key: str  #: The update's id, unique within (channel, bot).
    at: Address
    kind: Kind
    sent_at: datetime
    private: bool = False
    sender: Sender | None = None
    message_id: str = ""
    text: str = field(default="", repr=False)
    media: tuple[Media, ...] = ()
    location: tuple[float, float] | None = field(default=None, repr=False)  #: (lat, lon), WGS-84.
    quoted: Quoted | None = None
    addressed: bool = False  #: Meant for the bot: private, @, command, or a reply to the bot.
    command: str = ""  #: "start", "help", "mycases" without slash and @bot; empty if none.
    argument: str = field(default="", repr=False)  #: What stands behind the command.
    press: Press | None = None
    album: str = ""  #: Photos sent together share it.
    migrated_to: str = ""
    title: str = ""  #: The group's title.
    signal: Signal | None = None  #: Another system speaks, not a person.

    @property
    def cause(self) -> str:
        """The inbox key: (channel, bot account, update id)."""
        return f"{self.at.channel}:{self.at.bot}:{self.key}"


class Lane(IntEnum):
    """Which letters go first. An edit takes its original's lane."""

    ALERT = 0
    DUTY = 1  #: Escalation and duty cards.
    REPLY = 2  #: An answer to a person who waits.
    UPDATE = 3  #: What became of a case.
    NOTICE = 4  #: To many, and not urgent: a notice, a lesser storm warning.
    CHATTER = 5  #: Digests.


@dataclass(frozen=True, slots=True)
class Said:
    """A text by key inside a text: rendered in the same language as the letter that holds it."""

    key: str
    params: Mapping[str, Words] = field(default_factory=dict, repr=False)


#: What may stand in a text: plain words, another text by key, an instant (shown in local time), or several of them.
Words = str | int | Said | datetime | tuple["Words", ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a letter. Exactly one of `data` and `url` is set."""

    label: str  #: Text key.
    data: str = ""  #: At most 64 bytes of UTF-8: "verb:subject:argument".
    url: str = field(default="", repr=False)  #: May hold a one-time token.
    params: Mapping[str, Words] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """Something to say to one chat. Rendered into the receiver's language when it is written into the outbox."""

    to: Address
    key: str  #: Text key in bot/texts.
    params: Mapping[str, Words] = field(default_factory=dict, repr=False)
    lane: Lane = Lane.REPLY
    dedupe: str = ""  #: Unique over all letters; empty: the store derives it from the cause and the position.
    slot: str = ""  #: What it shows ("c38164275:card:li"). A later letter of the slot edits, or replaces, this one.
    fresh: bool = False  #: Send anew even though the slot was sent before (the old one stays as it is).
    buttons: tuple[tuple[Button, ...], ...] = ()
    photos: tuple[str, ...] = ()  #: Keys in our photo store.
    location: tuple[float, float] | None = field(default=None, repr=False)
    reply_to: str = ""  #: The app's message id to reply to.
    language: str = ""  #: "zh" or "en"; empty: the house's language.
    case: str = ""  #: The case it speaks of.
    stops: str = ""  #: Kind of the case's clock that stops when this letter is recorded as sent: "sign", "dispatch".


@dataclass(frozen=True, slots=True)
class Fanout:
    """One payload to many groups; the store expands it with INSERT ... SELECT."""

    letter: Letter  #: `to` is ignored.
    groups: tuple[Address, ...]
    #: Its part of the letter's `case`: a ring, a correction. With a tag it can be paused, cancelled and taken back.
    tag: str = ""

    def __post_init__(self) -> None:
        if self.tag and not (self.letter.case and self.letter.slot):
            raise ValueError("a fan-out with a tag needs a case and a slot: nobody could find its messages again")
        if self.tag and len(self.letter.photos) > 1:
            raise ValueError("a fan-out with a tag has one picture at most: an album cannot be taken back")


@dataclass(frozen=True, slots=True)
class Recall:
    """Takes back all letters of the case that went out with a tag, wherever they are. What has not left is withdrawn;
    what was sent is changed to this letter; where that cannot be, it is deleted or at least followed by its words.
    Nothing with a tag leaves for this case afterwards."""

    letter: Letter  #: `to` and `slot` are ignored. Its one picture takes the place of the other.
    tag: str = "recall"

    def __post_init__(self) -> None:
        if not (self.tag and self.letter.case):
            raise ValueError("a recall needs a tag, and the case whose letters it takes back")
        if len(self.letter.photos) > 1:
            raise ValueError("a recall has one picture at most: it takes the place of one")


class FanoutVerb(StrEnum):
    PAUSE = "pause"  #: Nothing more begins; what is in flight arrives.
    RESUME = "resume"
    CANCEL = "cancel"  #: What has not left never will; what was sent stays.


@dataclass(frozen=True, slots=True)
class FanoutOrder:
    """What is to happen with all that goes out with a tag for this case."""

    case: str
    verb: FanoutVerb
