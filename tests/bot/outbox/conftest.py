"""Both databases with their tables, an app, a clock, and a worker that drains."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from bot.limits import TELEGRAM, Limits
from bot.messages import Address
from bot.outbox import Outbox, Timing
from bot.store.database import Database
from tests.bot.outbox.app import App, Time
from tests.databases import Servers

_MINE = ["outbox", "fanout", "file_id", "payload", "queue", "slot", "rate_state", "clock"]


def tables(db: Database) -> None:
    wanted = [SQLModel.metadata.tables[name] for name in _MINE]
    db.write_now(lambda connection: SQLModel.metadata.create_all(connection, wanted))


def clean(db: Database) -> None:
    """Empties the tables."""
    if db.sqlite:
        for name in _MINE:
            db.write_now(lambda connection, name=name: connection.exec_driver_sql(f"DELETE FROM {name}"))
    else:
        db.write_now(lambda connection: connection.exec_driver_sql(f"TRUNCATE {', '.join(_MINE)} RESTART IDENTITY"))


@pytest.fixture(scope="session")
def postgres(servers: Servers) -> str:
    url = servers.postgres()
    db = Database.open(url)
    tables(db)
    db.close_now()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    return f"sqlite:///{tmp_path}/house.db" if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    db = Database.open(url)
    if db.sqlite:
        tables(db)
    else:
        clean(db)
    yield db
    db.close_now()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def app(time: Time) -> App:
    return App(time)


@dataclass
class House:
    """Workers on one database, and what they were told of chats."""

    db: Database
    app: App
    time: Time
    gone: list[Address] = field(default_factory=list)
    moved: list[tuple[Address, Address]] = field(default_factory=list)

    def worker(self, name: str = "one", limits: Limits = TELEGRAM, **timing: Any) -> Outbox:
        async def on_gone(at: Address) -> None:
            self.gone.append(at)

        async def on_moved(old: Address, new: Address) -> None:
            self.moved.append((old, new))

        worker = Outbox(
            self.db, {"telegram": self.app}, {"telegram": limits}, self.time, name, on_gone, on_moved,
            timing=Timing(**{"look": timedelta(days=30)} | timing), sleep=self.time.sleep, dice=lambda: 1.0,
        )  # fmt: skip
        self.time.workers.append(worker)
        return worker

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not true():  # noqa: ASYNC110 - the truth stands in the database
                await asyncio.sleep(0.001)

    async def sends(self, **more: Any) -> bool:
        """Everything that can leave leaves."""
        return await self.worker(**more).drain(60)  # Seconds of a busy machine; nothing is judged by them.


@pytest.fixture
def house(db: Database, app: App, time: Time) -> House:
    return House(db, app, time)
