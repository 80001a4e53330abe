"""Updates through the webhook, stored and acknowledged, beside python-telegram-bot's own webhook and dispatch with one
aiosqlite commit per update; and beside the same dispatch behind our web server and on our event loop.

All get the same updates over HTTP on loopback from the same client, over as many connections as the bot asks Telegram
for, each in a process of its own, on SQLite with synchronous=FULL; in turns, so that a machine that gets slower does so
for all of them.
Ours counts until the last one is acknowledged, which is after it is stored. Theirs acknowledges before (it
puts updates into `update_queue`), so it counts until the last one is stored.

`python -m benchmarks.webhook [--updates N]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import re
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp import web

from benchmarks.table import Figure
from bot.channels.telegram import CONNECTIONS
from bot.loop import run

TOKEN, SECRET = "1:bench", "bench-secret"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
ME = {
    "id": 1,
    "is_bot": True,
    "first_name": "Wuyou",
    "username": "wuyou_bench_bot",
    "can_read_all_group_messages": True,
}


def update(number: int) -> dict[str, Any]:
    """A resident's message to the bot in one of 400 groups."""
    person = {"id": 1000 + number, "is_bot": False, "first_name": "Alice", "language_code": "zh-hans"}
    chat = {"id": -1_000_000 - number % 400, "type": "supergroup", "title": "平安群"}
    text = "@wuyou_bench_bot 桥头的路灯坏了三天了,晚上看不见路"
    message = {
        "message_id": number,
        "date": int(time.time()),
        "chat": chat,
        "from": person,
        "text": text,
        "entities": [{"type": "mention", "offset": 0, "length": 16}],
    }
    return {"update_id": number, "message": message}


# --- the servers, each `python -m benchmarks.webhook --serve NAME FOLDER`


async def serve_wuyou(folder: Path) -> None:
    """The real door, intake and store. What was stored is handled meanwhile with what the loop has to spare; the
    handling is measured by itself in benchmarks.messages and put off here, as it is with the other one's handler."""
    from bot.__main__ import build, settle
    from bot.config import Settings
    from bot.intake import Intake
    from bot.messages import Inbound

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    os.environ["BENCH_TOKEN"], os.environ["BENCH_SECRET"] = TOKEN, SECRET
    fake = await _api()
    telegram = {
        "enabled": True,
        "mode": "webhook",
        "base_url": fake,
        "bots": [{"name": "bot1", "token_env": "BENCH_TOKEN", "secret_env": "BENCH_SECRET"}],
    }
    settings = Settings.model_validate(
        {
            "database": f"sqlite:///{folder / 'bench.db'}",
            "photos": str(folder / "photos"),
            "keys": str(folder / "keys"),
            "channels": {"web": {"enabled": False}, "telegram": telegram},
        }
    )

    def later(self: Intake, inbound: Inbound) -> None:
        """Handled later."""

    Intake._line_up = later  # type: ignore[method-assign]
    async with build(settings, model_folder=folder.parent / "model") as house:
        await asyncio.gather(settle().watch(), _open(house.application))  # As `run` does.


async def serve_ptb(folder: Path) -> None:
    """python-telegram-bot as its manual runs it: its own webhook server (Tornado), its dispatch, and a handler that
    inserts the update's id and text and commits."""
    application = await _application(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert application.updater is not None
    await application.updater.start_webhook("127.0.0.1", port, "/telegram/bot1", secret_token=SECRET)
    await application.start()
    app = web.Application()
    app.router.add_get("/stored", partial(_stored, application))
    stored = await _listen(app)
    print(f"http://127.0.0.1:{port} {stored}", flush=True)
    await asyncio.Event().wait()


async def serve_ptb_aiohttp(folder: Path) -> None:
    """The same dispatch and handler behind aiohttp, in the form its manual gives for a web server of one's own."""
    application = await _application(folder)
    await application.start()

    async def hook(request: web.Request) -> web.Response:
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return web.Response()

    from telegram import Update

    app = web.Application()
    app.router.add_post("/telegram/bot1", hook)
    app.router.add_get("/stored", partial(_stored, application))
    await _open(app)


async def _stored(application: Any, request: web.Request) -> web.Response:
    """Answers when all that was taken is stored."""
    await application.update_queue.join()
    return web.Response()


async def _application(folder: Path) -> Any:
    """python-telegram-bot's Application with one aiosqlite commit for each update."""
    import aiosqlite
    from telegram import Bot, Update
    from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, Updater, filters

    database = await aiosqlite.connect(folder / "ptb.db")
    await database.execute("PRAGMA journal_mode=WAL")
    await database.execute("PRAGMA synchronous=FULL")
    await database.execute("CREATE TABLE inbox(id INTEGER PRIMARY KEY, chat INTEGER, text TEXT)")

    async def store(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        await database.execute(
            "INSERT INTO inbox VALUES(?, ?, ?)", (update.update_id, update.message.chat_id, update.message.text)
        )
        await database.commit()

    fake = await _api()
    bot = Bot(TOKEN, base_url=f"{fake}/bot", base_file_url=f"{fake}/file/bot")
    queue: asyncio.Queue[object] = asyncio.Queue()
    application = ApplicationBuilder().updater(Updater(bot, queue)).build()
    application.add_handler(MessageHandler(filters.ALL, store))
    await application.initialize()
    return application


async def serve_bare(folder: Path) -> None:
    """An aiohttp handler that reads the body and answers: what no webhook on aiohttp can be faster than."""

    async def hook(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram/bot1", hook)
    await _open(app)


async def _api() -> str:
    """As much of Telegram as an account asks for at its start."""

    async def answer(request: web.Request) -> web.Response:
        method = request.path.rpartition("/")[2].lower()
        return web.json_response({"ok": True, "result": ME if method == "getme" else True})

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", answer)
    return await _listen(app)


async def _listen(app: web.Application) -> str:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


async def _open(app: web.Application) -> None:
    print(await _listen(app), flush=True)
    await asyncio.Event().wait()


Serve = Callable[[Path], Coroutine[Any, Any, None]]
#: Each on the event loop it runs on by itself. Their dispatch also behind our web server and on our event loop, to show
#: how much of the difference these make.
SERVERS: dict[str, tuple[Serve, Callable[[Coroutine[Any, Any, None]], None]]] = {
    "wuyou": (serve_wuyou, run),
    "ptb": (serve_ptb, asyncio.run),
    "ptb-aiohttp": (serve_ptb_aiohttp, run),
    "bare": (serve_bare, run),
}

# --- the client


@asynccontextmanager
async def served(name: str, folder: Path) -> AsyncIterator[str]:
    """Starts one of them; yields its address, and behind a space where to ask whether all is stored, if elsewhere."""
    (folder / name).mkdir()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.webhook", "--serve", name, str(folder / name), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.communicate()


class Line(asyncio.Protocol):
    """One kept-open connection that posts body after body. Spare on purpose: on a machine with two cores a full client
    takes longer over an update than the server does, and would be what is measured."""

    def __init__(self, bodies: Iterator[bytes], head: bytes, ended: asyncio.Future[None]) -> None:
        self._bodies, self._head, self._ended, self._read = bodies, head, ended, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._post()

    def _post(self) -> None:
        body = next(self._bodies, None)
        if body is None:
            self._ended.set_result(None)
            self._transport.close()
        else:
            self._transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not end or (length and len(body) < int(length[1])):
            return  # The rest is on its way.
        assert head.startswith(b"HTTP/1.1 200 "), self._read
        self._read = b""
        self._post()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_exception(error or ConnectionError("the server closed a line"))


async def push(where: str, bodies: list[bytes]) -> float:
    """Posts all of them over CONNECTIONS connections; returns updates a second. Raises when one is not taken."""
    url, _, asked = where.partition(" ")
    loop, waiting, address = asyncio.get_running_loop(), iter(bodies), urlsplit(url)
    assert address.hostname and address.port
    lines = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    head = f"POST /telegram/bot1 HTTP/1.1\r\nHost: {address.netloc}\r\n{lines}Content-Length: ".encode()
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for end in ends:
        await loop.create_connection(partial(Line, waiting, head, end), address.hostname, address.port)
    await asyncio.gather(*ends)
    async with aiohttp.ClientSession() as session, session.get(f"{asked or url}/stored"):
        pass  # Ours knows no such page: what is acknowledged is stored.
    return len(bodies) / (time.perf_counter() - started)


async def measure(count: int = 2000, rounds: int = 5) -> list[Figure]:
    """The two in turns, after one round that is not counted; the median of the ratios round by round."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        ours: list[float] = []
        theirs: list[float] = []
        quicker: list[float] = []
        bare: list[float] = []
        async with (
            served("wuyou", folder) as wuyou,
            served("ptb", folder) as ptb,
            served("ptb-aiohttp", folder) as ptb_aiohttp,
            served("bare", folder) as nothing,
        ):
            for number in range(rounds + 1):
                first = number * count + 1
                bodies = [json.dumps(update(each)).encode() for each in range(first, first + count)]
                for url, rates in ((wuyou, ours), (ptb, theirs), (ptb_aiohttp, quicker), (nothing, bare)):
                    rate = await push(url, bodies)
                    if number:
                        rates.append(rate)
        return [
            Figure("updates stored and acknowledged through the webhook", statistics.median(ours), "/s"),
            Figure("  python-telegram-bot's own webhook, one aiosqlite commit", statistics.median(theirs), "/s"),
            Figure("  ratio, median of the rounds", _ratio(ours, theirs), "x", "at least 5", _ratio(ours, theirs) >= 5),
            Figure("  its dispatch behind our web server and event loop", statistics.median(quicker), "/s"),
            Figure("  ratio, median of the rounds", _ratio(ours, quicker), "x"),
            Figure("  an aiohttp handler that stores nothing", statistics.median(bare), "/s", "no webhook is faster"),
        ]


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--serve", nargs=2, metavar=("NAME", "FOLDER"))
    options = parser.parse_args()
    if options.serve:
        name, folder = options.serve
        serve, begin = SERVERS[name]
        begin(serve(Path(folder)))
        return
    for figure in asyncio.run(measure(options.updates)):
        print(figure)


if __name__ == "__main__":
    main()
