"""The whole house, running on its own tasks and doors, and what is looked for where people write with it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest

from bot.__main__ import House, build, run
from bot.config import Settings
from bot.limits import DINGTALK, TELEGRAM, Limits
from bot.texts import Texts
from routing.directory import DirectoryRows

TEXTS = Texts.load()


def said(key: str) -> str:
    """The words of a text that stand before its first blank, or between two of them: the longest such piece."""
    return max(re.split(r"\{\w+\}|\n", TEXTS.template(key, "zh")), key=len).strip()


def button(name: str) -> str:
    return TEXTS.say(f"button.{name}", language="zh")


#: What is looked for on the screen.
NUMBER, ARRIVED, END = said("case.head.later"), said("case.next.arrived"), said("case.closed")
#: Seconds; a busy machine is slow. Nothing is judged by it.
PATIENCE = 30.0

Message = TypeVar("Message")
Until = Callable[..., Awaitable[None]]


class Place(Protocol[Message]):
    """A group or a person on a fake server."""

    @property
    def messages(self) -> list[Message]: ...


async def newest(until: Until, where: Place[Message], fits: Callable[[Message], object]) -> Message:
    """Waits, by the server's `until`, for such a message there, and returns the newest one."""

    def found() -> Message | None:
        return next((each for each in reversed(where.messages) if fits(each)), None)

    await until(found, within=PATIENCE)
    message = found()
    assert message is not None
    return message


def hurried(limits: Limits) -> Limits:
    """Letters follow each other in a group eight times as fast. Fewer are written here than a server takes in a minute;
    that no more leave is tested with the outbox."""
    assert limits.group is not None
    return replace(limits, group=replace(limits.group, interval=limits.group.interval / 8))


@asynccontextmanager
async def living(
    folder: Path,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: DirectoryRows,
    secrets: dict[str, str],
    **channels: dict[str, Any],
) -> AsyncIterator[House]:
    """The house in `folder`, its doors open, with these secrets in its environment."""
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("bot.__main__.TELEGRAM", hurried(TELEGRAM))
    monkeypatch.setattr("bot.__main__.DINGTALK", hurried(DINGTALK))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings.model_validate(
        {
            "database": f"sqlite:///{folder / 'town.db'}",
            "photos": str(folder / "photos"),
            "keys": str(folder / "keys"),
            "web": {"port": port, "public_url": f"http://127.0.0.1:{port}"},
            "channels": {"web": {"enabled": False}, **channels},
        }
    )
    async with build(settings, model_folder=model_folder) as house:
        await house.store.replace_directory(rows)
        opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(run(house, opened.set_result))
        try:
            await opened
            yield house
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
