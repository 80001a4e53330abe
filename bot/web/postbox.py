"""What people do in the chat page: kept as their message, then handed to the bot. Neither is lost without the other."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from bot.channels.web import ChatRooms, read, read_press
from bot.messages import Inbound, Sender
from bot.store.web_chat import Chat, Message
from bot.web.forms import MOST_PLAIN
from nlu.masks import mask

MOST_TEXT = 4_000  #: Characters of one message.

_KEY = re.compile(r"[0-9a-f]{32}")
# What no keyboard types and some databases refuse: controls, and marks that turn the direction of a line around.
_UNTYPED = re.compile("[\x00-\x08\x0b-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def typed(text: str) -> str:
    """What a person typed: lines end in one way, and nothing in it that no keyboard writes."""
    return _UNTYPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


class Intake(Protocol):
    """Where what came in is stored before it is acknowledged."""

    async def take(self, inbounds: Sequence[Inbound]) -> None: ...


class Mistaken(ValueError):
    """The form cannot be taken; the person is told why by a text key under web.refused."""

    def __init__(self, reason: str, status: int = 422) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


class Postbox:
    """Takes what people write and press.

    A message is first written for the others to see, then handed over, then noted as handed over. Whoever presses
    "send" again after a failure sends the same key: each of the three is done once. What a crash left between the
    first and the third is handed over at the next start.
    """

    def __init__(self, rooms: ChatRooms, intake: Intake) -> None:
        self._rooms, self._intake = rooms, intake

    async def post(
        self,
        chat: Chat,
        sender: Sender,
        key: str,
        text: str,
        photos: Sequence[str] = (),
        location: tuple[float, float] | None = None,
        reply_to: str = "",
    ) -> Message:
        """Returns the message as it is kept: numbers of telephones and identity cards masked. Raises Mistaken."""
        text = typed(text)
        if len(text) > MOST_TEXT:
            raise Mistaken("long", 413)
        if not (text or photos or location):
            raise Mistaken("empty")
        message = Message(
            id=message_id(key),
            chat=chat.id,
            author=sender.user_id,
            sent_at=self._rooms.now(),
            language=sender.language,
            text=mask(text),
            photos=tuple(photos),
            location=location,
            reply_to=reply_to,
        )
        kept = await self._rooms.post(message)
        if (kept.chat, kept.author) != (chat.id, sender.user_id):
            raise Mistaken("key", 409)
        await self._hand_over(kept, chat)
        return kept

    async def seen(self, key: str) -> Message | None:
        """The message that this key has sent already."""
        return await self._rooms.message(message_id(key))

    async def press(self, chat: Chat, sender: Sender, id: str, data: str, key: str) -> None:
        """Hands a click over. Raises Mistaken when the message has no such button any more."""
        message = await self._rooms.message(id)
        if message is None or message.chat != chat.id:
            raise Mistaken("gone", 404)
        if not any(button.data == data for line in message.buttons for button in line):
            raise Mistaken("gone", 409)
        if not _KEY.fullmatch(key):
            raise Mistaken("key", 400)
        await self._intake.take([read_press(chat, sender, id, data, key, self._rooms.now())])

    async def recall(self, chat: Chat, sender: Sender, id: str) -> Message:
        """Takes the sender's own message back; the bot hears of it."""
        message = await self._rooms.message(id)
        if message is None or message.chat != chat.id or message.author != sender.user_id:
            raise Mistaken("gone", 404)
        recalled = await self._rooms.recall(id)
        assert recalled is not None
        await self._hand_over(recalled, chat)
        return recalled

    async def catch_up(self) -> int:
        """Hands over what a crash left behind. Returns how many messages that were."""
        left = await self._rooms.unheard()
        for message in left:
            chat = await self._rooms.chat(message.chat, message.author)
            if chat is None:  # Left the group meanwhile: nothing is owed there any more.
                await self._rooms.mark_heard(message)
            else:
                await self._hand_over(message, chat)
        return len(left)

    async def _hand_over(self, message: Message, chat: Chat) -> None:
        if message.heard >= message.version:
            return
        await self._intake.take([read(message, chat)])
        await asyncio.shield(self._rooms.mark_heard(message))


def message_id(key: str) -> str:
    """The message's id, which the page knows before it sends. Raises Mistaken for what is no key."""
    if not _KEY.fullmatch(key):
        raise Mistaken("key", 400)
    return f"u{key}"


class Pace:
    """How fast one person may write: a burst, then a steady trickle. In memory: a restart forgives."""

    def __init__(self, burst: int = 20, seconds: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._seconds, self._now = burst, seconds, now
        self._full_at: dict[str, float] = {}  #: When the person's allowance is whole again.

    def wait_for(self, user_id: str) -> float:
        """Takes one. Returns 0, or how many seconds to wait for the next, and takes none."""
        if (over := self.left(user_id)) > 0:
            return over
        now = self._now()
        self._full_at[user_id] = max(self._full_at.get(user_id, 0.0), now) + self._seconds
        if len(self._full_at) > 10_000:
            self._full_at = {user: at for user, at in self._full_at.items() if at > now}
        return 0.0

    def left(self, user_id: str) -> float:
        """Returns 0 while there is one to take, or how many seconds to wait for the next."""
        now = self._now()
        over = max(self._full_at.get(user_id, 0.0), now) + self._seconds - now - self._burst * self._seconds
        return over if over > 1e-9 else 0.0


class Uploads:
    """How many large forms one person may send at a time: before they are read, for read they lie in the memory."""

    def __init__(self, most: int = 2, large: int = MOST_PLAIN) -> None:
        self._most, self._large = most, large
        self._open: Counter[str] = Counter()

    @contextmanager
    def of(self, user_id: str, length: int | None) -> Iterator[None]:
        """While a form of so many bytes (None: not said) is read and kept. Raises Mistaken when others still are."""
        if length is not None and length <= self._large:
            yield
            return
        if self._open[user_id] >= self._most:
            raise Mistaken("fast", 429)
        self._open[user_id] += 1
        try:
            yield
        finally:
            self._open[user_id] -= 1
            if not self._open[user_id]:
                del self._open[user_id]
