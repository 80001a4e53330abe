"""A worker that dies is missed at once; one that lives, hangs or was never seen is not."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.messages import Lane
from bot.simulation.rows import RowsInMemory
from bot.store import bookings
from bot.store.database import Database
from bot.store.leases import lease
from bot.store.letter_rows import Post
from bot.store.presence import Presence
from tests.bot.outbox.app import NOON, App, group, letter, rows, says
from tests.bot.outbox.conftest import House
from tests.bot.outbox.test_bookings import terms

#: Takes a worker's lock and waits to be killed.
STAYS = """
import asyncio, sys
from bot.store.database import Database
from bot.store.presence import Presence

async def stay():
    await (presence := Presence(Database.open(sys.argv[1]), sys.argv[2])).shows()
    print("here", flush=True)
    await asyncio.Event().wait()

asyncio.run(stay())
"""


def missed(db: Database, presence: Presence, *workers: str) -> list[str]:
    """Who is missed at the second look."""
    db.write_now(lambda c: presence.missing(c, workers))
    return db.write_now(lambda c: presence.missing(c, workers))


async def test_a_worker_that_was_killed_is_missed_and_one_that_lives_is_not(url: str, db: Database) -> None:
    command = [sys.executable, "-c", STAYS, url, "two"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"here\n"
    here = Presence(db, "one")
    await here.shows()
    try:
        assert missed(db, here, "one", "two", "") == []
        process.kill()
        await process.wait()
        await until_missed(db, here, "two")
    finally:
        await here.leaves()


async def until_missed(db: Database, here: Presence, worker: str) -> None:
    async with asyncio.timeout(20):  # PostgreSQL notices a broken connection in its own time
        while missed(db, here, worker) != [worker]:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)


async def test_a_worker_that_was_never_seen_is_not_missed(db: Database) -> None:
    assert missed(db, Presence(db, "one"), "an older version's") == []


async def test_who_comes_back_under_his_name_is_there(db: Database) -> None:
    first, here = Presence(db, "two"), Presence(db, "one")
    await first.shows()
    assert missed(db, here, "two") == []
    await first.leaves()
    await until_missed(db, here, "two")
    again = Presence(db, "two")
    await again.shows()
    await again.shows()
    assert missed(db, here, "two") == []
    await again.leaves()
    await here.leaves()


async def test_a_dead_workers_reply_goes_again_at_once_and_its_alert_is_shown(
    house: House, db: Database, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long before their leases run out."""
    monkeypatch.setattr("bot.outbox.LOOK", 0.0)
    house.time.stands = True
    looks: list[list[str]] = []
    missing = Presence.missing

    def noted(self: Presence, connection: Connection, workers: Iterable[str]) -> list[str]:
        looks.append(missing(self, connection, workers))
        return looks[-1]

    monkeypatch.setattr(Presence, "missing", noted)
    dead = Presence(db, "two")
    await dead.shows()
    says(db, letter("reply", group(1)), letter("alert", group(2), lane=Lane.ALERT))
    db.write_now(lambda c: lease(c, terms("two"), NOON, {}))
    worker = house.worker("one")
    running = asyncio.create_task(worker.run())
    await house.until(lambda: bool(looks))
    assert app.calls == [], "it lives: its letters are its own"
    await dead.leaves()
    worker.wake()

    def settled() -> bool:
        worker.wake()
        return {row["state"] for row in rows(db)} == {Post.SENT, Post.UNKNOWN}

    await house.until(settled)
    await worker.stop()
    await running
    assert app.reads("-1") == ["reply"]
    assert app.reads("-2") == []
    assert db.read_now(bookings.workers) == []


async def test_a_database_in_memory_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    db = RowsInMemory()
    presence = Presence(db, "me")
    await presence.shows()
    assert db.write_now(lambda c: presence.missing(c, ["you"])) == []
    await presence.leaves()
    await db.close()
    assert os.listdir(tmp_path) == []
