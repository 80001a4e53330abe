"""A till on each engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.store import Database
from tests.bot.ledger.till import Till


@pytest.fixture
def db(tables_url: str) -> Iterator[Database]:
    db = Database.open(tables_url)
    yield db
    db.close_now()


@pytest.fixture
def till(db: Database) -> Till:
    till = Till(db)
    for name in ("alice", "bob", "carol"):
        till.resident(name)
    return till
