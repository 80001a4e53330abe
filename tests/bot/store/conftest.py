"""A store on each engine: SQLite in a file, PostgreSQL from the dev dependency, a database of its own per test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.channels.base import RenderedButton
from bot.messages import Letter
from bot.store import Database, Keys, Store
from tests.databases import Servers
from tests.town import NOON, rows

SECRET = bytes(range(32))


@dataclass(frozen=True)
class Rendered:
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()


def render(letter: Letter) -> Rendered:
    """Texts by key are no matter here; the key is what is said."""
    return Rendered(letter.key)


@pytest.fixture
def url(engine: str, servers: Servers, tmp_path: Path) -> str:
    """The address of an empty database."""
    return servers.sqlite(tmp_path / "empty.db") if engine == "sqlite" else servers.postgres()


@pytest.fixture
def postgres_url(servers: Servers) -> str:
    return servers.postgres()


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
