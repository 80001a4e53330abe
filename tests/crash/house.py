"""The real house in a process of its own, that kills itself (-9) the first time it comes to a named point.

python -m tests.crash.house

reads lines of JSON, [folder, base_url, point or ""], and forks a house for each: prints its process id and, when it has
ended, its exit code. The town's rows are read from folder/street. The parent has opened a house of its own, empty, and
closed it: it holds what a house loads, learns and compiles, and nothing else. What one house has in memory never
reaches the next.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from bot import __main__ as house_rules
from bot.__main__ import build, run
from bot.channels.dingtalk import DingTalkChannel
from bot.channels.telegram import TelegramChannel
from bot.config import Settings
from bot.darkroom import Darkroom
from bot.directory_csv import read_directory
from bot.limits import UNLIMITED
from bot.photos import Photos
from bot.store import bookings, inbox, letters
from bot.store.commit import Transaction
from bot.store.store import Store
from nlu.understand import Understand
from tests import dialects

#: Where it dies -> (class or module, function, before or after it). Letters leave by Telegram; cards by DingTalk.
POINTS: dict[str, tuple[Any, str, str]] = {
    "update read, not stored": (Store, "keep", "before"),
    "update half stored": (inbox, "keep", "after"),
    "update stored, not acknowledged": (Store, "keep", "after"),
    "message read, not decided": (Store, "scene", "after"),
    "decided, not committed": (Store, "commit", "before"),
    "outcome half written": (Transaction, "_steps", "after"),
    "letters written, not committed": (letters, "write", "after"),
    "outcome committed": (Store, "commit", "after"),
    "card leased, not sent": (DingTalkChannel, "send", "before"),
    "card sent, not booked": (DingTalkChannel, "send", "after"),
    "letter leased, not sent": (TelegramChannel, "send", "before"),
    "letter sent, not booked": (TelegramChannel, "send", "after"),
    "letter half booked": (bookings, "sent", "after"),
    "photo ordered, not fetched": (TelegramChannel, "fetch", "before"),
    "photo fetched, not kept": (Photos, "keep", "before"),
    "photo kept, not committed": (Photos, "keep", "after"),
    "photo committed": (Darkroom, "_settle", "after"),
    "clocks read": (Store, "due", "after"),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def mine(point: str) -> None:
    """Lays the mine: whoever comes to this point does not come back."""
    owner, name, when = POINTS[point]
    way: Callable[..., Any] = getattr(owner, name)

    async def async_way(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            die()
        came = await way(*args, **kwargs)
        if came or name not in ("due", "keep") or owner is not Store:
            die()
        return came

    def sync_way(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            die()
        way(*args, **kwargs)
        die()

    setattr(owner, name, async_way if asyncio.iscoroutinefunction(way) else sync_way)


def settings(folder: Path, base_url: str) -> Settings:
    os.environ.setdefault("CRASH_TOKEN", "")
    apps = {
        "telegram": {"base_url": base_url, "bots": [{"name": "bot1", "token_env": "CRASH_TOKEN"}]},
        "dingtalk": {
            "base_url": base_url,
            "oapi_url": base_url,
            "apps": [{"name": "bot1", "client_id_env": "CRASH_ID", "secret_env": "CRASH_TOKEN"}],
        },
    }
    app = os.environ.get("CRASH_APP", "telegram")
    return Settings.model_validate(
        {
            "database": f"sqlite:///{folder / 'crash.db'}",
            "photos": str(folder / "photos"),
            "keys": str(folder / "keys"),
            "web": {"port": 0},
            "clocks": {"today": {"call": "2s"}},
            "channels": {"web": {"enabled": False}, app: {"enabled": True, **apps[app]}},
        }
    )


async def main(folder: Path, base_url: str) -> None:
    # As fast as it goes: what holds letters back is tested elsewhere.
    house_rules.TELEGRAM = house_rules.DINGTALK = UNLIMITED  # type: ignore[attr-defined]
    async with build(settings(folder, base_url), model_folder=Path(os.environ["CRASH_MODEL"])) as house:
        if not house.store.directory.groups:
            await house.store.replace_directory(read_directory(folder / "street"))
        await run(house)


async def rehearse(folder: Path) -> None:
    """A house is opened and closed: nobody is in it, and it speaks to nobody."""
    async with build(settings(folder, "http://127.0.0.1:1"), model_folder=Path(os.environ["CRASH_MODEL"])) as house:
        await house.store.refresh()


def forge() -> None:
    """Forks the houses, one after the other: a line with its process id, and one with its exit code."""
    model = house_rules.model_of(Settings(), house_rules.written(), Path(os.environ["CRASH_MODEL"]))
    reader = Understand(model).reader
    house_rules.model_of = lambda *_: model
    house_rules.Understand = partial(Understand, reader=reader)  # type: ignore[misc, assignment]
    dialects.share()
    with TemporaryDirectory() as folder:
        asyncio.run(rehearse(Path(folder)))
    gc.collect()
    gc.freeze()  # What is looked through by a child's collector is written to, and so copied.
    for order in iter(sys.stdin.readline, ""):
        folder, base_url, point = json.loads(order)
        if child := os.fork():
            print(child, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
            continue
        code = 1
        try:
            if point:
                mine(point)
            asyncio.run(main(Path(folder), base_url))
            code = 0
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    forge()
