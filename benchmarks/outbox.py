"""The outbox against a Bot API that enforces Telegram's limits: 446 letters to 446 groups; 100,000 letters waiting.

`python -m benchmarks.outbox [--json] [--letters N] [--only alert|enqueue|lease]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiohttp

from bot.channels.base import Can, Fate, Parcel, RenderedButton, SendError
from bot.limits import TELEGRAM
from bot.messages import Address, Fanout, Inbound, Lane, Letter
from bot.outbox import Outbox
from bot.store.bookings import sent
from bot.store.database import Database
from bot.store.leases import Terms, lease
from bot.store.letters import write
from bot.store.migrate import migrate
from tests.servers.bot_api import BotApi

GROUPS, FLOOR = 446, 29.0


def utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `ratio` is against the floor, letters / 29 a second."""

    what: str
    letters: int
    seconds: float
    floor: float = 0.0
    ratio: float = 0.0
    refused_429: int = 0
    note: str = ""


@dataclass(frozen=True)
class Plain:
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()


def render(letter: Letter) -> Plain:
    return Plain(letter.key)


class Wire:
    """sendMessage over HTTP, and nothing else."""

    name = "telegram"
    can = Can(True, True, False, True, True, True, True)

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def send(self, parcel: Parcel) -> str:
        words = {"chat_id": int(parcel.to.chat), "text": parcel.text}
        try:
            async with self._session.post(f"{self._url}/bot{parcel.to.bot}/sendMessage", json=words) as response:
                body = await response.json()
        except aiohttp.ClientConnectorError as error:
            raise SendError(Fate.RETRY, str(error)) from error
        except aiohttp.ClientError as error:
            raise SendError(Fate.UNKNOWN, str(error)) from error
        if body["ok"]:
            return str(body["result"]["message_id"])
        if body["error_code"] == 429:
            raise SendError(Fate.WAIT, body["description"], after=body["parameters"]["retry_after"])
        raise SendError(Fate.REFUSED, body["description"])

    async def fetch(self, at: Address, ref: str) -> bytes:
        raise NotImplementedError

    async def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        return
        yield ()

    async def answer(self, inbound: Inbound) -> None:
        return None


def opened(url: str) -> Database:
    db = Database.open(url)
    migrate(db)
    return db


def fan(text: str, groups: Sequence[Address], lane: Lane, slot: str = "") -> Fanout:
    return Fanout(Letter(groups[0], text, lane=lane, slot=slot), tuple(groups))


def groups_of(server: BotApi, count: int) -> list[Address]:
    chats = [server.group(f"group {number}", bots=[server.bot]) for number in range(count)]
    return [Address("telegram", server.bot.token, str(chat.id)) for chat in chats]


async def alert(database: str, letters: int) -> Figure:
    """One payload to every group; one worker in this process."""
    db = opened(database)
    async with BotApi() as server, aiohttp.ClientSession() as session:
        server.latency = 0.05
        groups = groups_of(server, letters)
        outbox = Outbox(db, {"telegram": Wire(session, server.url)}, {"telegram": TELEGRAM}, utc, "one")
        await db.write(lambda c: write(c, (), (fan("alert", groups, Lane.ALERT, "a1"),), "bench", utc(), render))
        if not await outbox.drain(letters):
            raise SystemExit("not all were sent")
        figure = measured("letters to as many groups", server, letters)
    await db.close()
    return figure


def measured(what: str, server: BotApi, letters: int) -> Figure:
    calls = server.written()
    seconds = calls[-1].ended - min(call.started for call in server.calls)
    twice = len(calls) - len({call.chat for call in calls})
    floor = letters / FLOOR
    return Figure(what, len(calls), seconds, floor, seconds / floor, len(server.refused(429)), f"{twice} twice")


def enqueue(database: str, groups: int = 446, letters: int = 100_000) -> Figure:
    """As many fan-outs as it takes, in one transaction."""
    db = opened(database)
    to = [Address("telegram", "b", str(-number)) for number in range(1, groups + 1)]
    fans = tuple(fan(f"notice {number}", to, Lane.CHATTER) for number in range(-(-letters // groups)))
    begun = time.perf_counter()
    db.write_now(lambda c: write(c, (), fans, "bench", utc(), render))
    seconds = time.perf_counter() - begun
    db.close_now()
    return Figure(f"enqueued for {groups} groups", len(fans) * groups, seconds)


def leasing(database: str, rounds: int = 200) -> Figure:
    """Hands out and books letters of the backlog that `enqueue` left; the clock runs so that tokens are there."""
    db = opened(database)
    terms, now = Terms("bench", {"telegram": TELEGRAM}), utc().timestamp()
    taken, leased, booked = 0, 0.0, 0.0
    for number in range(rounds):
        at = datetime.fromtimestamp(now + number * 8 / FLOOR, UTC)
        begun = time.perf_counter()
        letters = db.write_now(partial(lease, terms=terms, now=at, room={}, most=8)).letters
        leased += time.perf_counter() - begun
        begun = time.perf_counter()
        for letter in letters:
            db.write_now(partial(sent, terms=terms, letter=letter, ref=str(letter.parcel.id), now=at))
        booked += time.perf_counter() - begun
        taken += len(letters)
    db.close_now()
    note = f"{1000 * leased / taken:.2f} ms to lease and {1000 * booked / taken:.2f} to book each, one commit each"
    return Figure("leased and booked from that", taken, leased + booked, note=note)


async def run(only: str, letters: int, database: str | None) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:

        def fresh(name: str) -> str:
            return database or f"sqlite:///{Path(folder) / name}.db"

        if only in ("", "alert"):
            figures.append(await alert(fresh("alert"), letters))
        if only in ("", "enqueue", "lease"):
            for groups in (446, 50_000):
                figures.append(enqueue(fresh(f"backlog{groups}"), groups))
                figures.append(leasing(fresh(f"backlog{groups}")))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--letters", type=int, default=GROUPS)
    parser.add_argument("--only", default="")
    parser.add_argument("--database", help="an empty one; else a SQLite file for each part")
    options = parser.parse_args()
    figures = asyncio.run(run(options.only, options.letters, options.database))
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures]))
        return
    print(f"{'':34}{'letters':>9}{'seconds':>9}{'floor':>8}{'ratio':>7}{'429s':>6}")
    for each in figures:
        floor = f"{each.floor:8.2f}{each.ratio:7.3f}{each.refused_429:6}" if each.floor else ""
        print(f"{each.what:34}{each.letters:9}{each.seconds:9.2f}{floor}  {each.note}")


if __name__ == "__main__":
    main()
