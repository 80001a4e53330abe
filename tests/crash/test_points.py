"""Killed in the middle of booking, again and again: what was said to be booked is, and the ledger is true."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from bot.ledger import OrderState
from bot.store import Database, earnings, mall
from tests.bot.ledger.till import Till
from tests.bot.ledger.truths import check
from tests.crash.till import SCHEME

ROOT = Path(__file__).parents[2]
STOCK = 100_000


async def killed(url: str, run: int, lines: int) -> list[str]:
    """Starts a booking process, kills it after so many lines, and returns what it had said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.till", url, str(run), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    said = [(await process.stdout.readline()).decode().strip() for _ in range(lines)]
    process.kill()
    rest = (await process.stdout.read()).decode().splitlines()
    await process.wait()
    return [line for line in (*said, *rest) if line]


@pytest.mark.crash
async def test_what_was_said_to_be_booked_is_booked_after_each_kill(tables_url: str) -> None:
    db = Database.open(tables_url)
    Till(db).goods("rice", 60, STOCK)
    await db.close()
    said: list[str] = []
    dice = random.Random(9)
    for run in range(4):
        said += await killed(tables_url, run, dice.randrange(20, 60))
        db = Database.open(tables_url)
        till = Till(db, SCHEME)
        check(till, {"rice": STOCK})
        for line in said:
            what, _, fetched = line.partition(" ")
            if what.startswith("tenant:"):
                assert await db.read(lambda c, its=what: earnings.earning(c, its)) is not None
            else:
                order = await db.read(lambda c, its=what: mall.by_code(c, its))
                assert order is not None
                assert not fetched or order.state is OrderState.FETCHED
        await db.close()
    assert len(said) > 80
