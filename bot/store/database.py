"""Database: one writer thread with group commit, a few reader threads; SQLite in a file or PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine import URL

T = TypeVar("T")

#: How long the writer waits for company, in seconds, once the last commit held several writes.
WINDOW = 0.002

#: Writes of one commit at most: bounds how long the first of them waits.
MOST = 256

#: How long SQLite waits for another process that writes (an import beside the running service), in seconds.
PATIENCE = 30.0


class Closed(RuntimeError):
    """The database was closed, or never opened; nothing was written."""


@dataclass(slots=True)
class _Write(Generic[T]):
    """A waiting write and whom to tell. A caller that went away (cancelled) is not told; what it wrote stays."""

    fn: Callable[[Connection], T]
    caller: asyncio.Future[T] | Future[T]
    loop: asyncio.AbstractEventLoop | None = None
    result: T | None = None
    error: BaseException | None = field(default=None, repr=False)

    def settle(self) -> None:
        if self.caller.done():
            return
        if self.error is not None:
            self.caller.set_exception(self.error)
        else:
            self.caller.set_result(self.result)  # type: ignore[arg-type]


class Database:
    """Where rows are kept. `write` and `read` take a function of a connection and run it on threads of their own."""

    def __init__(self, url: URL, readers: int) -> None:
        self.url = url
        self.engine = _writer_engine(url)  #: Also for migrations; not for reading beside the threads.
        self._reading = _reader_engine(url)
        self._queue: SimpleQueue[_Write[Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._pool = ThreadPoolExecutor(readers, thread_name_prefix="store-reader")
        self._mine = threading.local()
        self._connections: list[Connection] = []
        self._writer = threading.Thread(target=self._write_on, name="store-writer", daemon=True)
        self._writer.start()

    @classmethod
    def open(cls, url: str, *, readers: int = 4) -> Database:
        """Opens "sqlite:///path/file.db" or "postgresql://...". The folder of a SQLite file is made when missing.
        Raises ValueError for another kind of address and for SQLite in memory (one database per connection)."""
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        if backend == "sqlite":
            if parsed.database in (None, "", ":memory:"):
                raise ValueError("the database must be a file, like sqlite:///wuyou.db; in memory nothing is shared")
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
            return cls(parsed.set(drivername="sqlite+pysqlite"), readers)
        if backend == "postgresql":
            return cls(parsed.set(drivername="postgresql+psycopg"), readers)
        raise ValueError(f"{backend!r} is not kept here; write sqlite:///path/file.db or postgresql://user@host/name")

    @property
    def sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    # --- the two verbs

    def write(self, fn: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Returns what will be what `fn` returns, once its transaction is on disk; it is in line for that at once.
        What `fn` raises undoes its own writes only.

        Writes that wait are committed together. When the awaiting task is cancelled the write may happen all the
        same: "it raised" never means "it did not happen".
        """
        loop = asyncio.get_running_loop()
        caller: asyncio.Future[T] = loop.create_future()
        self._put(_Write(fn, caller, loop))
        return caller

    def write_now(self, fn: Callable[[Connection], T]) -> T:
        """The same for the command line and tests: blocks until it is on disk."""
        caller: Future[T] = Future()
        self._put(_Write(fn, caller))
        return caller.result()

    def fold(self) -> asyncio.Future[None]:
        """Folds SQLite's write-ahead log into the file and empties it, so that nothing of what was overwritten lies in
        it. Readers who are in the way leave the rest for the next time. PostgreSQL sweeps its tables for itself."""
        return self.write(_fold)

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Returns what `fn` returns, run on a reader in one snapshot. Writing there fails."""
        if self._closed:
            raise Closed("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, fn)

    def read_now(self, fn: Callable[[Connection], T]) -> T:
        if self._closed:
            raise Closed("the database is closed")
        return self._pool.submit(self._read, fn).result()

    async def close(self) -> None:
        """Writes what waits, then closes every connection. Closing twice is harmless."""
        await asyncio.get_running_loop().run_in_executor(None, self.close_now)

    def close_now(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._pool.shutdown(wait=True)
        # Readers first: the last connection to close folds the WAL into the file, and that must be the writer.
        while self._connections:
            self._connections.pop().close()
        self._reading.dispose()
        self._writer.join()
        self.engine.dispose()

    # --- reading

    def _read(self, fn: Callable[[Connection], T]) -> T:
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is None or connection.closed:
            connection = self._mine.connection = self._reading.connect()
            self._connections.append(connection)
        try:
            with connection.begin() as transaction:
                try:
                    return fn(connection)
                finally:
                    transaction.rollback()
        except StopIteration as error:  # which no asyncio future takes: the caller would wait for ever
            raise RuntimeError("a read raised StopIteration") from error
        except Exception:
            if connection.invalidated or not _alive(connection):
                _give_up(connection)
                self._mine.connection = None
            raise

    # --- writing

    def _put(self, write: _Write[Any]) -> None:
        with self._lock:  # Nothing may be queued behind the last word.
            if self._closed:
                raise Closed("the database is closed")
            self._queue.put(write)

    def _write_on(self) -> None:
        """The writer thread: takes what waits, commits it as one, tells the callers."""
        connection: Connection | None = None
        busy, last = False, False
        while not last:
            first = self._queue.get()
            if first is None:
                break
            batch, last = self._company(first, wait=busy)
            busy = len(batch) > 1
            try:
                if connection is None:
                    connection = self.engine.connect()
                _commit_together(connection, batch)
                _folded(connection, batch)
            except BaseException as error:  # each caller is told; the thread must live
                for write in batch:
                    write.error = error
                if connection is not None:
                    _give_up(connection)
                    connection = None
            _tell(batch)
        if connection is not None:
            connection.close()

    def _company(self, first: _Write[Any], *, wait: bool) -> tuple[list[_Write[Any]], bool]:
        """The writes that wait with the first one, and whether it is time to stop. A lone one is never delayed: only
        when the last commit held several does the writer wait for more, WINDOW at most in all."""
        batch = [first]
        while len(batch) < MOST:
            try:
                write = self._queue.get_nowait()
            except Empty:
                if not wait:
                    break
                wait = False
                try:
                    write = self._queue.get(timeout=WINDOW)
                except Empty:
                    break
            if write is None:
                return batch, True
            batch.append(write)
        return batch, False


def _fold(connection: Connection) -> None:
    """Done behind the commit: within a transaction it cannot be."""


def _folded(connection: Connection, batch: Sequence[_Write[Any]]) -> None:
    if connection.dialect.name == "sqlite" and any(write.fn is _fold for write in batch):
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def _commit_together(connection: Connection, batch: Sequence[_Write[Any]]) -> None:
    """Runs the writes in one transaction, each in a savepoint. Raises when the transaction itself failed."""
    with connection.begin():
        driver: Any = connection.connection.dbapi_connection
        for write in batch:
            if write.caller.cancelled():
                continue
            driver.execute("SAVEPOINT one").close()
            try:
                write.result = write.fn(connection)
            except StopIteration as error:  # which no future takes: the caller would wait for ever
                write.error = RuntimeError("a write raised StopIteration")
                write.error.__cause__ = error
                driver.execute("ROLLBACK TO SAVEPOINT one").close()
            except BaseException as error:  # it is the caller's, who gets it back
                write.error = error
                driver.execute("ROLLBACK TO SAVEPOINT one").close()
            driver.execute("RELEASE SAVEPOINT one").close()


def _alive(connection: Connection) -> bool:
    """Whether the driver's connection still stands."""
    try:
        return not getattr(connection.connection.dbapi_connection, "closed", False)
    except Exception:
        return False


def _give_up(connection: Connection) -> None:
    """Lets a connection go after its transaction failed; the next write opens another."""
    try:
        connection.invalidate()
        connection.close()
    except Exception:  # noqa: S110 - it is broken already, and the callers get the first error
        pass


def _tell(batch: Sequence[_Write[Any]]) -> None:
    """Wakes each event loop once for all its callers."""
    loops: defaultdict[asyncio.AbstractEventLoop, list[_Write[Any]]] = defaultdict(list)
    for write in batch:
        if write.loop is None:
            write.settle()
        else:
            loops[write.loop].append(write)
    for loop, writes in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, writes)
        except RuntimeError:  # The loop was closed meanwhile: nobody is left to be told.
            continue


def _settle(writes: Sequence[_Write[Any]]) -> None:
    for write in writes:
        write.settle()


# --- engines

_EVERY_CONNECTION = ("PRAGMA foreign_keys=ON", "PRAGMA temp_store=MEMORY", "PRAGMA cache_size=-16000")


def _writer_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool, hide_parameters=True)
    engine = _sqlite_engine(url)
    # FULL: a commit is on disk when it returns. SECURE_DELETE: erased texts do not linger in free pages.
    pragmas = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=FAST", *_EVERY_CONNECTION)
    _on_connect(engine, pragmas)
    # IMMEDIATE: read-then-write under a plain BEGIN fails as "locked" or, in the driver's own mode, loses updates.
    _on_begin(engine, "BEGIN IMMEDIATE")
    return engine


def _reader_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ", hide_parameters=True)
        return engine.execution_options(postgresql_readonly=True)
    engine = _sqlite_engine(url)
    # Only the writer checkpoints: two connections that do so at one moment can lose pages (fixed in SQLite 3.51.3).
    _on_connect(engine, ("PRAGMA query_only=ON", "PRAGMA wal_autocheckpoint=0", *_EVERY_CONNECTION))
    _on_begin(engine, "BEGIN")
    return engine


def _sqlite_engine(url: URL) -> Engine:
    # Connections are opened on one thread and may be closed by another; each is used by one at a time.
    connect = {"check_same_thread": False, "timeout": PATIENCE}
    return create_engine(url, poolclass=NullPool, connect_args=connect, hide_parameters=True)


def _on_connect(engine: Engine, pragmas: Sequence[str]) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # The driver begins nothing by itself, so DDL is in the transaction too.
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()


def _on_begin(engine: Engine, statement: str) -> None:
    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.execute(statement).close()  # By SQLAlchemy this one statement would cost as much as a short read.
