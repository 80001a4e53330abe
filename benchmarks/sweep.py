"""How long one look of the clock takes while 2,000 cases are open, and what each clock that goes off costs."""

from __future__ import annotations

import logging
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from benchmarks.store import render, report, rows
from benchmarks.table import Figure, percentile
from bot.clock import AT_ONCE, Sweeper
from bot.messages import Address, Inbound, Kind, Sender
from bot.store import Database, Keys, Stale, Store
from bot.store.migrate import migrate

OPEN = 2_000
LOOKS = 200
FEW = 40  #: Looks with five due.
ASKED = 50.0  #: Milliseconds.


async def measure() -> list[Figure]:
    """2,000 open cases with 10,000 clocks: a look when none is due, one when five are, and one after an outage."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
    now = [began]
    with tempfile.TemporaryDirectory() as folder:
        db = Database.open(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate(db)
        store = await Store.open(db, Keys.of(bytes(32)), render, now=lambda: now[0], first={"telegram": "bot1"})
        await store.replace_directory(rows(446))
        for n in range(OPEN):
            await _report(store, n, began)
        sweeper = Sweeper(store, lambda: now[0])
        now[0] = began + timedelta(seconds=10)
        none = [await _swept(sweeper, 0) for _ in range(LOOKS)]
        five = []
        for n in range(OPEN, OPEN + 5 * FEW, 5):
            for more in range(5):
                await _report(store, n + more, now[0] - timedelta(seconds=31))  # Its number has not been sent yet.
            five.append(await _swept(sweeper, 5))
        now[0] = began + timedelta(minutes=15)
        outage = await _swept(sweeper, AT_ONCE)
        await db.close()
    p99, few = percentile(none, 99), percentile(five, 50)
    return [
        Figure("a look over 2,000 open cases, none due, p99", p99, "ms", f"under {ASKED:.0f} ms", p99 < ASKED),
        Figure("a look over 2,000 open cases, five due, p50", few, "ms", f"under {ASKED:.0f} ms", few < ASKED),
        Figure(f"  after an outage, {AT_ONCE} due at once: each of them", outage / AT_ONCE, "ms"),
    ]


async def _report(store: Store, n: int, at: datetime) -> None:
    """A case with the five promises of today's matters."""
    sender = Sender(str(1_000_000 + n), "王奶奶")
    chat = Address("telegram", "bot1", f"-{n % 446}")
    inbound = Inbound(str(n), chat, Kind.MESSAGE, at, False, sender, str(n), "桥头的垃圾堆了三天了", addressed=True)
    thread = await store.thread(inbound)
    while True:
        try:
            await store.commit(report(inbound, thread, await store.scene(inbound, thread, now=at), at))
            return
        except Stale:  # The number that was drawn is taken: the next draw is another.
            continue


async def _swept(sweeper: Sweeper, due: int) -> float:
    """Milliseconds of one look, in which so many clocks go off."""
    began = time.perf_counter()
    fired = await sweeper.sweep()
    spent = (time.perf_counter() - began) * 1000
    assert fired == due, f"{fired} clocks instead of {due}"
    return spent
