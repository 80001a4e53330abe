"""Which workers live: a lock for each, which the system takes back from a process that dies, however it dies.

A lease says after 20 seconds that a worker is dead or hangs; this says it within one or two, so that a resident waits
no longer for an answer that was in its hand. On SQLite the lock is on a file beside the database. On PostgreSQL it is
an advisory lock of a connection kept for it; one that was broken for a moment is not a death, so there a worker is
missing when its lock was free at two looks, and never before it was seen alive.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

import structlog
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot.store.database import Database

log = structlog.get_logger(__name__)

_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_IS_FREE = text("SELECT pg_try_advisory_xact_lock_shared(:key)")


class Presence:
    """One worker's sign of life, and its eye for that of others."""

    def __init__(self, db: Database, worker: str) -> None:
        self._db, self._worker = db, worker
        self._alone = db.sqlite and db.url.database in (None, "", ":memory:")  #: No other process can have it open.
        self._file: IO[str] | None = None
        self._connection: Connection | None = None
        self._seen: set[str] = set()  #: Were alive at the last look.
        self._doubted: set[str] = set()  #: Were not, and had been before.

    async def shows(self) -> None:
        """Takes the lock, or sees that it is still there. Without it this worker counts as it would with leases
        alone."""
        if self._alone:
            return
        if self._db.sqlite:
            self._lock_file()
        else:
            await asyncio.to_thread(self._lock_row)

    async def leaves(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._connection is not None:
            await asyncio.to_thread(self._drop)

    def missing(self, connection: Connection, workers: Iterable[str]) -> list[str]:
        """Those of the workers that have died."""
        others = sorted({each for each in workers if each and each != self._worker})
        if self._db.sqlite:
            return [each for each in others if not self._alone and self._is_left(each)]
        free = {each for each in others if connection.execute(_IS_FREE, {"key": _key(each)}).scalar()}
        self._seen |= set(others) - free
        gone = [each for each in others if each in free & self._doubted]
        self._doubted = free & self._seen
        return gone

    # --- a file

    def _lock_file(self) -> None:
        if self._file is not None:
            return
        path = self._path(self._worker)
        try:
            file = path.open("a")
        except OSError as error:
            log.warning("outbox.no_presence", worker=self._worker, reason=str(error))
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()  # Somebody looks at this moment, or bears the same name: the next round tries again.
        else:
            self._file = file

    def _is_left(self, worker: str) -> bool:
        with suppress(OSError), self._path(worker).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return True
        return False

    def _path(self, worker: str) -> Path:
        database = Path(str(self._db.url.database))
        return database.with_name(f"{database.name}.{hashlib.sha256(worker.encode()).hexdigest()[:12]}.worker")

    # --- a connection

    def _lock_row(self) -> None:
        try:
            if self._connection is None:
                engine = create_engine(self._db.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
                connection = engine.connect()
                if not connection.execute(_TAKE, {"key": _key(self._worker)}).scalar():
                    connection.close()
                    return
                self._connection = connection
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            log.warning("outbox.no_presence", worker=self._worker, reason=type(error).__name__)
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()


def _key(worker: str) -> int:
    """The worker's lock: 64 bits, which no two of a handful of workers share."""
    return int.from_bytes(hashlib.sha256(f"wuyou worker {worker}".encode()).digest()[:8], "big", signed=True)
