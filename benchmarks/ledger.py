"""The ledger: entries booked a second on SQLite with FULL sync, each a write of its own; a balance at a million.

`python -m benchmarks.ledger [--entries 1000000] [--posted 20000] [--url postgresql://...]`
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.store import render
from benchmarks.table import Figure, percentile
from bot.ledger import Account, Entry, Known, Purse, Reason, Rule, Scheme, Thing, bound, earn, year_of
from bot.outcome import Outcome
from bot.store import Database, Keys, Store
from bot.store.ledger import first_bad, lock, newest_of, post, purse
from bot.store.ledger_tables import BALANCE, HEAD, LEDGER, PURSE
from bot.store.migrate import migrate

#: Entries booked one by one, and so many waiting at a time.
POSTED, WAITING = 20_000, 256
#: Entries that stand there when a balance is asked for, and whose they are.
ENTRIES, HOLDERS = 1_000_000, 20_000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def earned(n: int, holder: str, at: datetime) -> Entry:
    return Entry(f"earn:{n}", holder, Account.STREET, Account.PENDING, 60, Reason.TENANT, f"tenant:{n}", at)


def freed(n: int, holder: str, at: datetime) -> Entry:
    way = (Account.PENDING, Account.POINTS)
    return Entry(f"free:{n}", holder, *way, 60, Reason.FREED, f"tenant:{n}", at, year_of(at))


async def posting(db: Database, count: int) -> float:
    """Books so many entries, each a write of its own, as many doors at once would. Returns entries a second."""
    gate, now = asyncio.Semaphore(WAITING), datetime.now(UTC)

    async def one(entry: Entry) -> None:
        async with gate:
            assert await db.write(lambda c: post(c, [entry])) == 1

    entries = [earned(-n, f"p{n % 500}", now) for n in range(1, count + 1)]
    begun = time.perf_counter()
    await asyncio.gather(*map(one, entries))
    return count / (time.perf_counter() - begun)


async def earning(db: Database, count: int) -> float:
    """Commits so many whole Outcomes: a thing counted once, its holder's purse, its entry, its cause. Returns how many
    a second."""
    store = await Store.open(db, Keys.of(bytes(32)), render)
    gate, now, scheme = asyncio.Semaphore(WAITING), datetime.now(UTC), Scheme()

    async def one(n: int) -> None:
        known = Known(f"tenant:o{n}")
        booked = earn(Thing(Rule.TENANT, known.thing), holder := Purse(f"o{n}"), known, now, scheme)
        assert isinstance(booked, tuple)
        async with gate:
            await store.commit(Outcome(f"bench:{n}", (holder, known, booked[0]), entries=booked[1]))

    begun = time.perf_counter()
    await asyncio.gather(*map(one, range(count)))
    return count / (time.perf_counter() - begun)


def fill(connection: Connection, entries: Sequence[Entry]) -> None:
    """Entries with their hashes, laid in at once: booking a million of them would take minutes."""
    seq, last, _ = lock(connection)
    rows: list[dict[str, Any]] = []
    for entry in entries:
        its = bound(last, seq := seq + 1, entry)
        row = {name: getattr(entry, name) for name in Entry.__slots__} | {"seq": seq, "follows": last, "bound": its}
        rows.append(row | {"payer": entry.payer.value, "payee": entry.payee.value, "reason": entry.reason.value})
        last = its
    connection.execute(LEDGER.insert(), rows)
    connection.execute(HEAD.update().values(seq=seq, bound=last, at=entries[-1].at))


async def filled(db: Database, entries: int) -> None:
    """A ledger of so many entries, with the balances and purses of its holders."""
    step = 10_000
    for first in range(0, entries // 2, step):
        numbers = range(first, min(first + step, entries // 2))
        some = [make(n, f"h{n % HOLDERS}", BEGAN + timedelta(seconds=n)) for n in numbers for make in (earned, freed)]
        await db.write(partial(fill, entries=some))

    def sums(connection: Connection) -> None:
        sql = (
            "INSERT INTO ledger_account SELECT holder, 'points', lot, sum(amount) FROM ledger "
            "WHERE payee = 'points' GROUP BY holder, lot"
        )
        connection.execute(text(sql))
        pending = "INSERT INTO ledger_account SELECT DISTINCT holder, 'pending', 0, 0 FROM ledger"
        connection.execute(text(pending))
        issued = -60 * (entries // 2)
        connection.execute(BALANCE.insert(), [{"holder": "", "account": "street", "lot": 0, "balance": issued}])
        rows = [{"holder": f"h{n}", "resident": None, "version": 1} for n in range(HOLDERS)]
        connection.execute(PURSE.insert(), rows)

    await db.write(sums)


async def reading(db: Database, entries: int) -> list[Figure]:
    """How long a balance takes, in the store and as a door waits for it; and the newest entries; and all of it."""
    await filled(db, entries)
    draw = random.Random(5)
    inside, outside, lines = [], [], []

    def timed(connection: Connection, holder: str) -> float:
        begun = time.perf_counter()
        assert purse(connection, holder) is not None
        return time.perf_counter() - begun

    def listed(connection: Connection, holder: str) -> float:
        begun = time.perf_counter()
        assert newest_of(connection, holder, 12)
        return time.perf_counter() - begun

    for n in range(2_100):
        holder = f"h{draw.randrange(min(HOLDERS, entries // 2))}"
        begun = time.perf_counter()
        took = await db.read(partial(timed, holder=holder))
        if n >= 100:  # warm
            inside.append(took * 1000)
            outside.append((time.perf_counter() - begun) * 1000)
            lines.append(await db.read(partial(listed, holder=holder)) * 1000)
    begun = time.perf_counter()
    assert await db.read(first_bad) is None
    whole = time.perf_counter() - begun
    p99 = percentile(inside, 99)
    return [
        Figure(f"a balance at {entries:,} entries: in the store, p50", percentile(inside, 50), "ms"),
        Figure("  p99", p99, "ms", "under 1 ms", p99 < 1),
        Figure("  as a door waits for it, p50", percentile(outside, 50), "ms"),
        Figure("  p99", percentile(outside, 99), "ms"),
        Figure("  the 12 newest entries of a holder, p99", percentile(lines, 99), "ms"),
        Figure("  the whole ledger verified", whole, "s"),
    ]


async def measure(posted: int = POSTED, entries: int = ENTRIES, url: str = "") -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        db = Database.open(url or f"sqlite:///{Path(folder)}/post.db")
        migrate(db)
        rate = await posting(db, posted)
        whole = await earning(db, posted // 4)
        assert await db.read(first_bad) is None
        await db.close()
        figures = [Figure("entries booked, each a write of its own", rate, "/s", "2,000/s, FULL sync", rate >= 2000)]
        figures.append(Figure("  whole Outcomes: purse, earning, entry, cause", whole, "/s"))
        if not url:
            db = Database.open(f"sqlite:///{Path(folder)}/read.db")
            migrate(db)
            figures += await reading(db, entries)
            await db.close()
        return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--url", default="", help="an empty database to book into; default: SQLite in a temporary folder"
    )
    parser.add_argument("--posted", type=int, default=POSTED)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    args = parser.parse_args()
    for figure in asyncio.run(measure(args.posted, args.entries, args.url)):
        print(figure)


if __name__ == "__main__":
    main()
