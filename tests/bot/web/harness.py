"""The browser chat on a small street without the rest of the house: for tests, for pictures, and to look at it.

python -m tests.bot.web.harness [port]  opens it on 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from PIL import Image, ImageDraw

from bot.channels.base import Parcel, RenderedButton
from bot.channels.web import ChatRooms, WebChannel, utc_now
from bot.messages import Address, Inbound, Kind
from bot.photos import PhotoGone, PhotoRefused
from bot.store import web_session
from bot.store.database import Database
from bot.store.private import Keys
from bot.texts import Texts
from bot.web.app import app
from bot.web.health import Health
from bot.web.seats import Seat, furnish
from tests import town
from tests.tables import tables_at

SEATS = (
    Seat("chen", "陈奶奶", "resident", "web.seat.grandma", (town.WEB_WILLOW, town.WEB_GRID_1)),
    Seat("zhou", "小周", "resident", "web.seat.young", (town.WEB_WILLOW, town.WEB_BRIDGE)),
    Seat("li", "李建国", "cadre", "web.seat.cadre", (town.WEB_WILLOW, town.WEB_GRID_1)),
    Seat("qian", "钱勇", "patrol", "web.seat.patrol", (town.WEB_WILLOW,)),
    Seat("feng", "冯晓敏", "desk", "web.seat.desk", (town.WEB_WILLOW, town.WEB_BRIDGE)),
)
TITLES = {
    town.WEB_WILLOW: "柳岸社区平安群",
    town.WEB_GRID_1: "桂花苑第一网格群",
    town.WEB_BRIDGE: "新桥社区平安群",
}


class Album:
    """Photos in memory; takes what Pillow can open."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def keep(self, data: bytes) -> str:
        try:
            Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"]).verify()
        except Exception:
            raise PhotoRefused("photo.cannot_open") from None
        key = f"photo{len(self.kept) + 1}.jpg"
        self.kept[key] = data
        return key

    async def read(self, key: str) -> bytes:
        try:
            return self.kept[key]
        except KeyError:
            raise PhotoGone(key) from None


class Ears:
    """An intake that remembers what it took, by cause; it can be out of order for a while."""

    def __init__(self) -> None:
        self.taken: list[Inbound] = []
        self.calls = 0
        self.broken = False

    async def take(self, inbounds: Sequence[Inbound]) -> None:
        self.calls += 1
        if self.broken:
            raise OSError("the disk is full")
        known = {inbound.cause for inbound in self.taken}
        self.taken.extend(inbound for inbound in inbounds if inbound.cause not in known)

    @property
    def last(self) -> Inbound:
        return self.taken[-1]


class Echo(Ears):
    """An intake that answers, so that a person can look at the page."""

    def __init__(self) -> None:
        super().__init__()
        self.channel: WebChannel | None = None
        self._parcels = 1000
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, inbounds: Sequence[Inbound]) -> None:
        await super().take(inbounds)
        for inbound in inbounds:
            if inbound.addressed:
                task = asyncio.create_task(self._answer(inbound))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _answer(self, inbound: Inbound) -> None:
        assert self.channel is not None
        self._parcels += 1
        if inbound.kind is Kind.PRESS and inbound.press:
            await self.channel.send(
                Parcel(self._parcels, inbound.at, f"已收到：{inbound.press.data}", edits=inbound.press.message_id)
            )
            return
        await self.channel.send(
            Parcel(
                self._parcels,
                inbound.at,
                f"收到了：{inbound.text or '（照片）'}",
                buttons=((RenderedButton("对", "yes:1"), RenderedButton("不对", "no:1")),),
                reply_to=inbound.message_id,
            )
        )


class Stopwatch:
    """The time, standing still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@dataclass
class House:
    """What runs, within reach of a test."""

    url: str
    db: Database
    rooms: ChatRooms
    channel: WebChannel
    ears: Ears
    album: Album
    runner: web.AppRunner
    application: web.Application
    parcels: int = field(default=0)

    async def say(self, chat: str, text: str, **more: object) -> str:
        """The bot says something."""
        self.parcels += 1
        return await self.channel.send(Parcel(self.parcels, Address("web", "web", chat), text, **more))  # type: ignore[arg-type]


@asynccontextmanager
async def house(
    folder: Path,
    *,
    port: int = 0,
    demo: bool = True,
    ears: Ears | None = None,
    now: object = None,
    health: Health | None = None,
    url: str = "",
) -> AsyncIterator[House]:
    """The chat on a database in `folder` (or at `url`, with its tables), served on loopback."""
    db = Database.open(url or tables_at(folder / "web.db"))
    keys = Keys.of(b"k" * 32)
    ears = ears or Ears()
    album = Album()
    rooms = ChatRooms(db, now if callable(now) else utc_now, keys)
    channel = WebChannel(rooms, album)
    if isinstance(ears, Echo):
        ears.channel = channel
    db.write_now(lambda c: furnish(c, SEATS, TITLES, rooms.now(), keys))
    directory = town.town()
    application = app(
        chat=rooms,
        intake=ears,
        photos=album,
        texts=Texts.load(),
        seats=SEATS if demo else None,
        health=health or Health(),
        directory=lambda: directory,
    )
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    assert site._server is not None
    served = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield House(f"http://127.0.0.1:{served}", db, rooms, channel, ears, album, runner, application)
    finally:
        await runner.cleanup()
        await db.close()


def invite(house: House, user_id: str) -> str:
    """A one-time link's token."""
    return house.db.write_now(lambda c: web_session.invite(c, user_id, house.rooms.now()))


def picture(width: int = 640, height: int = 480, colour: str = "#7a9e87", words: str = "") -> bytes:
    """A JPEG."""
    image = Image.new("RGB", (width, height), colour)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.62, width, height), fill="#6b6256")
    draw.rectangle((width * 0.48, height * 0.12, width * 0.51, height * 0.7), fill="#33383b")
    draw.polygon(
        [(width * 0.43, height * 0.16), (width * 0.56, height * 0.16), (width * 0.53, height * 0.08)], fill="#ffd27a"
    )
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


async def _look(port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), port=port, ears=Echo()) as here:
            print(here.url, datetime.now(UTC), flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_look(int(sys.argv[1]) if len(sys.argv) > 1 else 8099))
