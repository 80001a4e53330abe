"""The rows of a simulation: the same tables and statements, in this process's memory, without threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, StaticPool, create_engine, event, make_url

from bot.store.database import Closed, Database

T = TypeVar("T")

_PRAGMAS = ("foreign_keys=ON", "temp_store=MEMORY", "synchronous=OFF", "journal_mode=MEMORY", "secure_delete=OFF")


class RowsInMemory(Database):
    """A Database that runs each write and read at once, on the caller's thread, on one connection to SQLite in memory.

    Threads would make the order of commits a matter of luck, and nobody reads these rows after the night is over, so
    nothing is synced to a disk. A transaction is what it ever is: all of it or nothing.
    """

    def __init__(self) -> None:
        self.url = make_url("sqlite+pysqlite:///:memory:")
        self.engine = create_engine(self.url, poolclass=StaticPool, hide_parameters=True)

        @event.listens_for(self.engine, "connect")
        def connected(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # BEGIN and COMMIT stand below; SQLAlchemy's own are never sent.
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}").close()

        self._one = self.engine.connect()
        self._one.begin()
        self._driver: Any = self._one.connection.dbapi_connection
        self._gone = False

    def write_now(self, fn: Callable[[Connection], T]) -> T:
        if self._gone:
            raise Closed("the database is closed")
        self._driver.execute("BEGIN").close()
        try:
            result = fn(self._one)
        except BaseException:
            self._driver.execute("ROLLBACK").close()
            raise
        self._driver.execute("COMMIT").close()
        return result

    def read_now(self, fn: Callable[[Connection], T]) -> T:
        if self._gone:
            raise Closed("the database is closed")
        return fn(self._one)

    def write(self, fn: Callable[[Connection], T]) -> asyncio.Future[T]:
        caller: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            caller.set_result(self.write_now(fn))
        except Exception as error:
            caller.set_exception(error)
        return caller

    async def read(self, fn: Callable[[Connection], T]) -> T:
        return self.read_now(fn)

    async def close(self) -> None:
        self.close_now()

    def close_now(self) -> None:
        if not self._gone:
            self._gone = True
            self._one.close()
            self.engine.dispose()
