"""An alert with a photo to 446 groups while chatter waits, residents write and a worker is killed; then taken back.

Against a Bot API that enforces Telegram's limits, over python-telegram-bot as in service; two workers on one database.

`python -m benchmarks.alerts [--letters N] [--database URL]`
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from PIL import Image
from sqlalchemy import Connection, func, select

from benchmarks.outbox import FLOOR, GROUPS, fan, opened, render, utc
from benchmarks.table import Figure, percentile
from bot.channels.telegram import TelegramChannel
from bot.limits import TELEGRAM
from bot.messages import Address, Fanout, Lane, Letter, Recall
from bot.outbox import Outbox
from bot.store.bookings import resolve
from bot.store.database import Database
from bot.store.fanout_reads import progress, unreached
from bot.store.file_ids import KeptFileIds
from bot.store.letter_reads import tally
from bot.store.letter_rows import LETTERS, Post
from bot.store.letters import write
from tests.servers.bot_api import BotApi, Call

ACCOUNT, CASE, SLOT = "bench", "a1", "a1:alert"
LIMITS = {"telegram": TELEGRAM}
REPLIES = 4.0  #: A second, to residents who write alone.
#: How far a run may fall behind its floor before it is given up.
PATIENCE = 6.0


class Drawer:
    """Pictures of 150 kB: Telegram spaces uploads of the same file from 100 kB on."""

    async def read(self, key: str) -> bytes:
        noise = random.Random(key).randbytes(260 * 260 * 3)
        out = io.BytesIO()
        Image.frombytes("RGB", (260, 260), noise).save(out, "JPEG", quality=95)
        return out.getvalue()


def telegram(db: Database, api: str, token: str) -> TelegramChannel:
    names = KeptFileIds(db, "telegram")
    return TelegramChannel({ACCOUNT: token}, Drawer(), base_url=api, polling=False, file_ids=names)


async def work(name: str, database: str, api: str, token: str) -> None:
    """One worker, until killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    db = Database.open(database)
    channel = telegram(db, api, token)
    await channel.start()
    await Outbox(db, {"telegram": channel}, LIMITS, utc, name).run()


@contextlib.asynccontextmanager
async def worker(name: str, database: str, server: BotApi) -> AsyncIterator[asyncio.subprocess.Process]:
    command = [sys.executable, "-m", "benchmarks.alerts", "--worker", name, database, server.url, server.bot.token]
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@dataclass
class Street:
    """The server, its groups, and residents to whom the bot answers."""

    db: Database
    server: BotApi
    groups: Sequence[Address]
    residents: Sequence[Address]
    asked: dict[str, float] = field(default_factory=dict)  #: The words of a reply -> when it was written.

    @classmethod
    def made(cls, db: Database, server: BotApi, letters: int) -> Street:
        chats = [server.group(f"group {number}", bots=[server.bot]) for number in range(letters)]
        people = [server.user(f"resident {number}") for number in range(40)]
        for person in people:
            person.starts(server.bot)
        return cls(
            db, server,
            [Address("telegram", ACCOUNT, str(chat.id)) for chat in chats],
            [Address("telegram", ACCOUNT, str(person.id)) for person in people],
        )  # fmt: skip

    async def says(self, *things: Letter | Fanout | Recall, cause: str) -> None:
        letters = [each for each in things if isinstance(each, Letter)]
        fans = [each for each in things if not isinstance(each, Letter)]
        await self.db.write(lambda c: write(c, letters, fans, cause, utc(), render))

    async def residents_write(self) -> None:
        """Until cancelled."""
        while True:
            number = len(self.asked)
            words = f"reply {number}"
            to = self.residents[number % len(self.residents)]
            self.asked[words] = time.monotonic()
            await self.says(Letter(to, words, lane=Lane.REPLY), cause=words)
            await asyncio.sleep(1 / REPLIES)

    def alerts(self) -> list[Call]:
        return [call for call in self.server.written() if call.values.get("caption") == "missing"]

    def recalled(self) -> list[Call]:
        return self.server.written("editMessageMedia")

    def latencies(self) -> list[float]:
        """Seconds from a reply's writing to its answer, each one's first."""
        heard: dict[str, float] = {}
        for call in self.server.written():
            heard.setdefault(str(call.values.get("text")), call.ended)
        return [heard[words] - at for words, at in self.asked.items() if words in heard]


async def settled(street: Street, seconds: float) -> None:
    """Waits until nothing of the alert is on its way."""
    async with asyncio.timeout(seconds):
        while True:
            far = await street.db.read(lambda c: progress(c, CASE, LIMITS, utc()))
            if not far.all.waiting and not far.taken_back.waiting:
                return
            await asyncio.sleep(0.05)


async def answered(street: Street, seconds: float) -> None:
    """Waits until every resident has an answer."""
    async with asyncio.timeout(seconds):
        while await street.db.read(open_replies):  # noqa: ASYNC110 - it stands in the database
            await asyncio.sleep(0.1)


def open_replies(connection: Connection) -> int:
    states = LETTERS.c.state.in_([Post.WAITING, Post.LEASED])
    return connection.scalar(select(func.count()).where(LETTERS.c.lane == Lane.REPLY, states)) or 0


async def killed(street: Street, database: str) -> list[Figure]:
    """Sends the alert with two workers, of which one is killed half-way."""
    letters, server = len(street.groups), street.server
    chatter = tuple(fan(f"chatter {number}", street.groups, Lane.CHATTER) for number in range(4))
    await street.says(*chatter, cause="chatter")
    async with worker("one", database, server) as first, worker("two", database, server):
        await server.until(lambda: len(server.written()) >= 20, 60)
        writing = asyncio.create_task(street.residents_write())
        alert = Letter(street.groups[0], "missing", lane=Lane.ALERT, slot=SLOT, case=CASE, photos=("face.jpg",))
        said = time.monotonic()
        server.calls.clear()
        await street.says(Fanout(alert, tuple(street.groups), "1"), cause="alert")
        foretold = (await street.db.read(lambda c: progress(c, CASE, LIMITS, utc()))).last_at
        wall = utc() - timedelta(seconds=time.monotonic() - said)
        await server.until(lambda: len(street.alerts()) >= letters // 2, PATIENCE * letters / FLOOR)
        first.kill()
        await settled(street, PATIENCE * letters / FLOOR)
        writing.cancel()
        await answered(street, 30)
    calls = street.alerts()
    last = max(call.ended for call in calls)
    until = [call for call in server.written() if call.started <= last]
    floor, took = len(until) / FLOOR, last - said
    counts = await street.db.read(lambda c: tally(c, CASE))
    shown = await street.db.read(lambda c: unreached(c, CASE))
    copies = Counter(call.chat for call in calls)
    doubtful = {int(each.to.chat) for each in shown}
    doubled = sum(count - 1 for chat, count in copies.items() if chat not in doubtful)
    lost = letters - counts.get(Post.SENT, 0) - len(shown)
    late = street.latencies()
    seen = [call for call in server.written() if call.values.get("text", "").startswith("chatter")]
    promised = (foretold - wall).total_seconds() if foretold else 0.0
    return [
        Figure(f"alert with photo to {letters} groups, one of two killed", took, "s", f"floor {floor:.2f} s"),
        Figure("  against the floor (sent until then / 29 s)", took / floor, "x", "within 1.05", took / floor <= 1.05),
        Figure("  foretold when it began, against what it took", promised / took, "x"),
        Figure("  lost", lost, "", "0", lost == 0),
        Figure("  doubled, among those recorded as sent", doubled, "", "0", doubled == 0),
        Figure("  of unknown fate, shown to a person", len(shown), ""),
        Figure("  photo uploads", uploads(server), "", "1", uploads(server) <= 1),
        Figure("  answered 429", len(server.refused(429)), "", "fewer than 10", len(server.refused(429)) < 10),
        Figure(f"  of {4 * letters} waiting chatter let through meanwhile", len(seen), ""),
        Figure("  replies to residents meanwhile", len(late), ""),
        Figure("  until their answer, p50", percentile(late, 50), "s"),
        Figure("  until their answer, p99", percentile(late, 99), "s", "under 3", percentile(late, 99) < 3),
    ]


def uploads(server: BotApi) -> int:
    """Calls that brought the alert's picture instead of its file_id."""
    return sum("photo" not in call.values for call in server.written("sendPhoto"))


async def taken_back(street: Street, database: str, sending: float) -> list[Figure]:
    """A person decides on what was shown (it goes once more), then all are taken back; `sending` is the ratio to
    compare with."""
    server, letters = street.server, len(street.groups)
    shown = await street.db.read(lambda c: unreached(c, CASE))
    for each in shown:
        await street.db.write(partial(resolve, row_id=each.letter, now=utc(), resend=True))
    async with worker("three", database, server), worker("four", database, server):
        await settled(street, 60)
        left = len(await street.db.read(lambda c: unreached(c, CASE)))
        recall = Recall(Letter(street.groups[0], "found", lane=Lane.ALERT, case=CASE, photos=("neutral.jpg",)))
        said = time.monotonic()
        server.calls.clear()
        await street.says(recall, cause="recall")
        await settled(street, PATIENCE * letters / FLOOR)
    calls = street.recalled()
    last = max(call.ended for call in calls)
    until = [call for call in server.written() if call.started <= last]
    took, floor = last - said, len(until) / FLOOR
    far = await street.db.read(lambda c: progress(c, CASE, LIMITS, utc()))
    return [
        Figure("  left after a person decided on them", left, "", "0", left == 0),
        Figure(f"all {letters} taken back: picture and words replaced", took, "s", f"floor {floor:.2f} s"),
        Figure("  against the floor", took / floor, "x", "as the sending", took / floor <= max(1.05, sending)),
        Figure("  answered 429", len(server.refused(429)), "", "fewer than 10", len(server.refused(429)) < 10),
        Figure("  groups that show it no more", far.taken_back.gone, "", f"{letters}", far.taken_back.gone == letters),
    ]


async def measure(letters: int = GROUPS, url: str = "") -> list[Figure]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        database = url or f"sqlite:///{Path(folder) / 'alerts.db'}"
        db = opened(database)
        async with BotApi() as server:
            server.latency = 0.05
            street = Street.made(db, server, letters)
            sent = await killed(street, database)
            back = await taken_back(street, database, sent[1].value)
        await db.close()
    return sent + back


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--letters", type=int, default=GROUPS)
    parser.add_argument("--database", default="", help="an empty one; else a SQLite file")
    parser.add_argument("--worker", nargs=4, metavar=("NAME", "DATABASE", "API", "TOKEN"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        asyncio.run(work(*options.worker))
        return
    for figure in asyncio.run(measure(options.letters, options.database)):
        print(figure)


if __name__ == "__main__":
    main()
