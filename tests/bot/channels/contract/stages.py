"""One stage for each chat app: a group and a talk alone with Alice, and verbs that are the same everywhere.

The contract suite plays on every stage. A new app brings a stage of its own: what people do there, and what they see.
"""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.channels.base import Channel, Parcel
from bot.channels.dingtalk import DingTalkChannel
from bot.channels.dingtalk_api import Credentials
from bot.channels.telegram import TelegramChannel
from bot.channels.web import ChatRooms, WebChannel, read, read_press
from bot.messages import Address, Inbound, Sender
from bot.store import Database, web_chat
from bot.store.web_chat import Chat, Message
from tests.bot.channels.conftest import Drawer
from tests.bot.channels.contract.postcard import Card, PostcardChannel, PostOffice
from tests.servers.bot_api import BotApi
from tests.servers.dingtalk import DingTalk
from tests.tables import tables_at


@dataclass(frozen=True)
class Shown:
    """A message of the bot's as people see it."""

    text: str
    buttons: tuple[str, ...] = ()
    photos: int = 0


class Stage(ABC):
    """An app with its fake server, our channel on it, a group, and Alice."""

    channel: Channel
    account: str
    group: str  #: Its chat id, as the channel knows it.
    alone: str  #: Alice's.
    alice: str  #: Her user id.
    drawer: Drawer
    nobody: str  #: A chat id that nobody has.

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._batches: AsyncGenerator[Sequence[Inbound], None] | None = None

    def letter(self, text: str = "", *, alone: bool = False, chat: str = "", **fields: Any) -> Parcel:
        """A parcel with a number of its own."""
        to = Address(self.channel.name, self.account, chat or (self.alone if alone else self.group))
        return Parcel(**{"id": next(self._numbers), "to": to, "text": text, **fields})

    @abstractmethod
    async def says(self, text: str, *, alone: bool = False, photo: bytes = b"") -> None:
        """Alice writes; in the group she calls the bot."""

    @abstractmethod
    async def presses(self, label: str, *, alone: bool = False) -> None:
        """Alice presses a button under the newest message of the bot's."""

    @abstractmethod
    async def shown(self, *, alone: bool = False) -> list[Shown]:
        """What stands there of the bot's; what was taken back does not."""

    @abstractmethod
    async def loses(self, alone: bool = False) -> None:
        """The newest message of the bot's disappears."""

    def goes_wrong(self, how: str) -> None:
        """What happens to the next call: "busy", "gone", "lost" (done, but not answered)."""
        raise NotImplementedError(how)

    async def stops(self) -> None:
        """The app's server is away."""
        raise NotImplementedError

    async def hears(self, count: int = 1) -> list[Inbound]:
        """The next `count` inbounds; what came before them is acknowledged."""
        if self._batches is None:
            self._batches = self.channel.updates()  # type: ignore[assignment]
        assert self._batches is not None
        found: list[Inbound] = []
        async with asyncio.timeout(10):
            while len(found) < count:
                found += await anext(self._batches)
        return found

    async def hangs_up(self) -> None:
        """Whoever listened is gone, and acknowledged nothing of the last batch."""
        if self._batches is not None:
            await self._batches.aclose()
            self._batches = None


class TelegramStage(Stage):
    account = "one"
    nobody = "-100999"

    def __init__(self, server: BotApi) -> None:
        super().__init__()
        self.server, self.drawer = server, Drawer()
        server.bot.updates.slows_repeats = False
        self._alice = server.user("Alice", username="alice_li")
        self._group = server.group("3rd village", [self._alice], bots=[server.bot])
        self._alice.starts(server.bot)
        self.group, self.alone = str(self._group.id), str(self._alice.id)
        self.alice = self.alone
        self.channel = TelegramChannel(
            {self.account: server.bot.token}, self.drawer, base_url=server.url, poll_seconds=1
        )

    async def says(self, text: str, *, alone: bool = False, photo: bytes = b"") -> None:
        where = self.server.bot if alone else self._group
        mention = None if alone else self.server.bot
        if photo:
            self._alice.sends_photo(where, photo, caption=text, mention=mention)
        else:
            self._alice.writes(where, text, mention=mention)

    async def presses(self, label: str, *, alone: bool = False) -> None:
        self._alice.presses(self._standing(alone)[-1], label)

    async def shown(self, *, alone: bool = False) -> list[Shown]:
        return [Shown(each.shown, tuple(each.buttons), int(bool(each.photo))) for each in self._standing(alone)]

    async def loses(self, alone: bool = False) -> None:
        self._standing(alone)[-1].deleted = True

    def goes_wrong(self, how: str) -> None:
        match how:
            case "busy":
                self.server.refuse_next(429, retry_after=7)
            case "gone":
                self.server.refuse_next(403, "Forbidden: bot was kicked from the supergroup chat")
            case "lost":
                self.server.lose_next_response()

    async def stops(self) -> None:
        await self.server.stop()

    def _standing(self, alone: bool) -> list[Any]:
        messages = self._alice.messages if alone else self._group.messages
        return [each for each in messages if each.standing and each.sender is self.server.bot]

    async def hears(self, count: int = 1) -> list[Inbound]:
        found: list[Inbound] = []
        while len(found) < count:
            found += [each for each in await super().hears(1) if each.command != "start"]
        return found


class DingTalkStage(Stage):
    account = "one"
    nobody = "cid0000000000009999abcd=="

    def __init__(self, server: DingTalk) -> None:
        super().__init__()
        self.server, self.drawer = server, Drawer()
        self._alice = server.person("Alice")
        self._group = server.group("3rd village", [self._alice])
        self.group, self.alone, self.alice = self._group.id, self._alice.staff_id, self._alice.staff_id
        app = server.app
        self.channel = DingTalkChannel(
            {self.account: Credentials(app.client_id, app.secret)},
            self.drawer,
            mark="stage",
            base_url=server.url,
            oapi_url=server.url,
        )

    async def says(self, text: str, *, alone: bool = False, photo: bytes = b"") -> None:
        where = self.server.app if alone else self._group
        if photo:
            self._alice.sends_rich(where, text, photo)
        else:
            self._alice.says(where, text)

    async def presses(self, label: str, *, alone: bool = False) -> None:
        self._alice.presses(self._standing(alone)[-1], label)

    async def shown(self, *, alone: bool = False) -> list[Shown]:
        return [Shown(each.text, tuple(each.labels), int(each.kind == "picture")) for each in self._standing(alone)]

    async def loses(self, alone: bool = False) -> None:
        self.server.cards.clear()
        (self._alice if alone else self._group).messages.pop()

    def goes_wrong(self, how: str) -> None:
        match how:
            case "busy":
                self.server.refuse_next(403, "Forbidden.AccessDenied.QpsLimitForApi", path="/send")
            case "gone":
                self._group.bots = []
            case "lost":
                self.server.lose_next(path="/send")

    async def stops(self) -> None:
        await self.server.stop()

    async def hangs_up(self) -> None:
        await super().hangs_up()
        self.server.stream.repeat_unanswered()

    def _standing(self, alone: bool) -> list[Any]:
        return [each for each in (self._alice if alone else self._group).messages if not each.recalled]


class WebStage(Stage):
    account, group, alone, alice = "web", "g-willow", "u-alice", "u-alice"
    nobody = "g-nowhere"

    def __init__(self, db: Database) -> None:
        super().__init__()
        self.drawer, self._ids = Drawer(), itertools.count(1)
        self._rooms = ChatRooms(db)
        self._heard: list[Inbound] = []
        self.channel = WebChannel(self._rooms, self.drawer)

        def furnish(connection: Any) -> None:
            web_chat.add_user(connection, self.alice, "Alice", datetime.now(UTC))
            web_chat.add_group(connection, self.group, "3rd village")
            web_chat.join(connection, self.group, [self.alice])
            web_chat.open_private(connection, self.alice)

        db.write_now(furnish)

    async def says(self, text: str, *, alone: bool = False, photo: bytes = b"") -> None:
        chat, id, photos = await self._chat(alone), f"m{next(self._ids)}", ()
        if photo:
            self.drawer.pictures[f"{id}.jpg"] = photo
            photos = (f"{id}.jpg",)  # type: ignore[assignment]
        words = text if alone else f"@无忧 {text}"
        message = Message(id, chat.id, self.alice, datetime.now(UTC), "Alice", text=words, photos=photos)
        self._heard.append(read(await self._rooms.post(message), chat))

    async def presses(self, label: str, *, alone: bool = False) -> None:
        chat, message = await self._chat(alone), (await self._standing(alone))[-1]
        data = next(button.data for row in message.buttons for button in row if button.text == label)
        now, key = datetime.now(UTC), f"c{next(self._ids)}"
        self._heard.append(read_press(chat, Sender(self.alice, "Alice"), message.id, data, key, now))

    async def shown(self, *, alone: bool = False) -> list[Shown]:
        return [
            Shown(each.text, tuple(button.text for row in each.buttons for button in row), len(each.photos))
            for each in await self._standing(alone)
        ]

    async def loses(self, alone: bool = False) -> None:
        await self._rooms.recall((await self._standing(alone))[-1].id)

    async def hears(self, count: int = 1) -> list[Inbound]:
        found, self._heard = self._heard[:count], self._heard[count:]
        return found

    async def _chat(self, alone: bool) -> Chat:
        chat = await self._rooms.chat(self.alone if alone else self.group, self.alice)
        assert chat is not None
        return chat

    async def _standing(self, alone: bool) -> list[Message]:
        page = await self._rooms.page(self.alone if alone else self.group)
        return sorted((each for each in page if each.author == "bot" and not each.deleted), key=lambda each: each.seq)


class PostcardStage(Stage):
    account, group, alone, alice = "office", "willow", "alice", "alice"
    nobody = "nowhere"

    def __init__(self) -> None:
        super().__init__()
        self.office, self.drawer = PostOffice({self.group: {}, self.alone: {}}), Drawer()
        self.channel = PostcardChannel(self.office, self.account, self.drawer)

    async def says(self, text: str, *, alone: bool = False, photo: bytes = b"") -> None:
        pictures = ()
        if photo:
            self.office.pictures["p1"], pictures = photo, ("p1",)  # type: ignore[assignment]
        self._post(alone, text=text, pictures=pictures)

    async def presses(self, label: str, *, alone: bool = False) -> None:
        card, shown = list(self._box(alone).items())[-1]
        data = next(button.data for row in shown.buttons for button in row if button.text == label)
        self._post(alone, pressed=data, card=card)

    async def shown(self, *, alone: bool = False) -> list[Shown]:
        return [
            Shown(card.text, tuple(button.text for row in card.buttons for button in row), len(card.pictures))
            for card in self._box(alone).values()
        ]

    async def loses(self, alone: bool = False) -> None:
        self._box(alone).popitem()

    def _box(self, alone: bool) -> dict[str, Card]:
        return self.office.boxes[self.alone if alone else self.group]

    def _post(self, alone: bool, **what: Any) -> None:
        box = self.alone if alone else self.group
        self.office.post(box=box, name="Alice", title="3rd village", **what, **{"from": self.alice})


# --- the stages, opened


@asynccontextmanager
async def telegram(folder: Path) -> AsyncIterator[Stage]:
    async with BotApi() as server:
        stage = TelegramStage(server)
        await stage.channel.start()  # type: ignore[attr-defined]
        yield stage
        await stage.hangs_up()
        await stage.channel.close()  # type: ignore[attr-defined]


@asynccontextmanager
async def dingtalk(folder: Path) -> AsyncIterator[Stage]:
    async with DingTalk() as server:
        stage = DingTalkStage(server)
        yield stage
        await stage.hangs_up()
        await stage.channel.close()  # type: ignore[attr-defined]


@asynccontextmanager
async def web(folder: Path) -> AsyncIterator[Stage]:
    db = Database.open(tables_at(folder / "rooms.db"))
    yield WebStage(db)
    await db.close()


@asynccontextmanager
async def postcard(folder: Path) -> AsyncIterator[Stage]:
    stage = PostcardStage()
    yield stage
    await stage.hangs_up()


Opened = Callable[[Path], AbstractAsyncContextManager[Stage]]
STAGES: dict[str, tuple[type[Channel], Opened]] = {
    "telegram": (TelegramChannel, telegram),
    "dingtalk": (DingTalkChannel, dingtalk),
    "web": (WebChannel, web),
    "postcard": (PostcardChannel, postcard),
}
