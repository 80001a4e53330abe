"""The database: group commit with savepoints, readers that cannot write, nothing lost and nothing half-written."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.store.database import Closed, Database


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    db = Database.open(url)
    await db.write(lambda c: c.execute(text("CREATE TABLE t (n BIGINT PRIMARY KEY, of TEXT)")))
    yield db
    await db.close()


def put(n: int, of: str = "") -> object:
    return lambda c: c.execute(text("INSERT INTO t VALUES (:n, :of)"), {"n": n, "of": of})


def all_n(connection: Connection) -> list[int]:
    return [row.n for row in connection.execute(text("SELECT n FROM t ORDER BY n"))]


async def test_what_was_written_can_be_read(db: Database) -> None:
    assert (await db.write(put(1))).rowcount == 1
    assert await db.read(all_n) == [1]


async def test_of_many_waiting_writes_one_that_raises_undoes_itself_alone(db: Database) -> None:
    def fails(connection: Connection) -> None:
        put(100)(connection)
        raise KeyError("mine")

    results = await asyncio.gather(
        *(db.write(put(n)) for n in range(20)), db.write(fails), db.write(put(3)), return_exceptions=True
    )
    assert isinstance(results[20], KeyError)
    assert isinstance(results[21], DBAPIError)  # 3 was there
    assert await db.read(all_n) == list(range(20))


@pytest.mark.parametrize("verb", ["write", "read"])
async def test_what_raises_stop_iteration_is_told_of_it(db: Database, verb: str) -> None:
    def empty(connection: Connection) -> str:
        return next(iter(()))

    with pytest.raises(RuntimeError, match=f"a {verb} raised StopIteration"):
        await asyncio.wait_for(getattr(db, verb)(empty), 5)


async def test_two_hundred_counting_writers_lose_nothing(db: Database) -> None:
    await db.write(put(0, "0"))

    def count(connection: Connection) -> None:
        here = int(connection.execute(text("SELECT of FROM t WHERE n = 0")).scalar_one())
        connection.execute(text("UPDATE t SET of = :of WHERE n = 0"), {"of": str(here + 1)})

    await asyncio.gather(*(db.write(count) for _ in range(200)))
    assert await db.read(lambda c: c.execute(text("SELECT of FROM t")).scalar_one()) == "200"


async def test_a_cancelled_write_hurts_no_other(db: Database) -> None:
    tasks = [asyncio.ensure_future(db.write(put(n))) for n in range(50)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await db.write(put(1000))
    there = set(await db.read(all_n))
    assert {n for n in range(50) if n % 3} <= there
    assert 1000 in there


async def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises(DBAPIError):
        await db.read(put(1))
    assert await db.read(all_n) == []


async def test_a_reader_sees_one_snapshot(db: Database) -> None:
    await db.write(put(1))

    def twice(connection: Connection) -> tuple[list[int], list[int]]:
        before = all_n(connection)
        db.write_now(put(2))
        return before, all_n(connection)

    assert await db.read(twice) == ([1], [1])
    assert await db.read(all_n) == [1, 2]


async def test_a_failed_commit_fails_every_write_of_it_and_the_next_one_works(db: Database) -> None:
    for sql in ("CREATE TABLE a (n INTEGER PRIMARY KEY)",
                "CREATE TABLE b (n INTEGER REFERENCES a (n) DEFERRABLE INITIALLY DEFERRED)"):  # fmt: skip
        await db.write(lambda c, sql=sql: c.execute(text(sql)))
    orphan = db.write(lambda c: c.execute(text("INSERT INTO b VALUES (9)")))
    results = await asyncio.gather(orphan, db.write(put(1)), return_exceptions=True)
    assert isinstance(results[0], DBAPIError)
    await db.write(put(2))
    written = {1, 2} if not isinstance(results[1], BaseException) else {2}
    assert set(await db.read(all_n)) == written
    assert await db.read(lambda c: c.execute(text("SELECT count(*) FROM b")).scalar_one()) == 0


@pytest.mark.postgres
async def test_a_lost_connection_is_replaced(postgres_url: str) -> None:
    db = Database.open(postgres_url)
    await db.write(lambda c: c.execute(text("CREATE TABLE t (n BIGINT PRIMARY KEY, of TEXT)")))
    killed = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(Exception):  # noqa: B017, PT011 - the driver has several for it
        await db.write(lambda c: c.execute(killed))
    with pytest.raises(Exception):  # noqa: B017, PT011
        await db.read(lambda c: c.execute(killed))
    await db.write(put(1))
    assert await db.read(all_n) == [1]
    await db.close()


async def test_tables_of_a_failed_transaction_are_not_left_behind(db: Database) -> None:
    def half(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE half (n BIGINT)"))
        raise RuntimeError("crash")

    with pytest.raises(RuntimeError):
        await db.write(half)
    with pytest.raises(DBAPIError):
        await db.read(lambda c: c.execute(text("SELECT * FROM half")))


async def test_closing_writes_what_waits_and_then_refuses(url: str) -> None:
    db = Database.open(url)
    await db.write(lambda c: c.execute(text("CREATE TABLE t (n BIGINT PRIMARY KEY, of TEXT)")))
    waiting = [asyncio.ensure_future(db.write(put(n))) for n in range(10)]
    await asyncio.sleep(0)
    await db.close()
    await db.close()
    await asyncio.gather(*waiting)
    with pytest.raises(Closed):
        await db.write(put(99))
    with pytest.raises(Closed):
        await db.read(all_n)
    again = Database.open(url)
    assert again.read_now(all_n) == list(range(10))
    again.close_now()


def test_an_address_that_is_no_database_is_refused() -> None:
    with pytest.raises(ValueError, match="file"):
        Database.open("sqlite://")
    with pytest.raises(ValueError, match="mysql"):
        Database.open("mysql://host/name")


async def test_sqlite_is_set_to_keep_what_it_says_it_kept(tmp_path: object) -> None:
    db = Database.open(f"sqlite:///{tmp_path}/deep/er/x.db")

    def pragmas(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "query_only")
        return [connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    assert await db.write(pragmas) == ["wal", 2, 1, 0]
    assert (await db.read(pragmas))[3] == 1
    await db.close()
