"""Keys are changed by a process that is killed (-9), again and again, while a bot reads and writes: nothing fails."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

import pytest

from bot.store import Database, Keys, Store
from bot.store.rotation import standing
from tests.bot.store.cast import case_of, message, opened, thread_of
from tests.bot.store.conftest import render
from tests.town import NOON, rows

ROOT = Path(__file__).parents[2]
GRACE = 1.0


async def rotating(url: str, keys: Path, lines: int) -> bool:
    """Starts the process and kills it after so many transactions. Returns whether it was done before that."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.rotating",
        url,
        str(keys),
        str(GRACE),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said = b""
    for _ in range(lines):
        said = await process.stdout.readline()
        if said in (b"done\n", b""):
            break
    if said != b"done\n":
        process.kill()
    await process.wait()
    return said == b"done\n"


@pytest.mark.crash
async def test_nobody_notices_that_keys_are_changed_by_processes_that_die(tables_url: str, tmp_path: Path) -> None:
    db, path = Database.open(tables_url), tmp_path / "keys.json"
    store = await Store.open(db, Keys.load(path, create=True), render, now=lambda: NOON)
    await store.replace_directory(rows())
    numbers = [(await opened(store, message(str(46000 + n)), place="柳岸路1号")).number for n in range(100)]
    ended, looks = asyncio.Event(), itertools.count()

    async def the_bot() -> None:
        """Reads and writes all the while, and looks for what changed as often as a bot does."""
        for number in itertools.cycle(numbers[:40]):
            if ended.is_set():
                return
            assert (await case_of(store, number)).place == "柳岸路1号"
            n = next(looks)
            if n % 20 == 0:
                inbound = message(str(47000 + n))
                await opened(store, inbound, place="柳岸路1号")
                assert (await thread_of(store, inbound)).resident.user_id == str(47000 + n)
            await store.look()
            await asyncio.sleep(0.002)

    bot = asyncio.create_task(the_bot())
    try:
        for lines in (3, 10, 1000):
            done = await rotating(tables_url, path, lines)
            assert not bot.done(), bot.exception()
        assert done, "the last one was left alone"
    finally:
        ended.set()
        await bot
    found = await db.read(standing)
    assert found.changing == 0 and set(found.under) == {Keys.load(path).current}
    fresh = await Store.open(db, Keys.load(path), render, now=lambda: NOON)
    for number in numbers:
        assert (await case_of(fresh, number)).place == "柳岸路1号"
    await db.close()
