"""SQLAlchemy's dialects as the tests use them: engines share what one of them has compiled.

An engine keeps the SQL of each statement it has seen. A test opens engines of its own, on a database of its own, and
would compile all statements anew: to open a house cost half as much again. What is compiled depends on the dialect, not
on the database.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache


class _Alike:
    """A dialect that equals each of its class: it is part of the key under which statements are kept."""

    _compiled: LRUCache[Any, Any]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls._compiled)


class SQLite(_Alike, SQLiteDialect_pysqlite):
    supports_statement_cache = True
    _compiled = LRUCache(2000)


class PostgreSQL(_Alike, PGDialect_psycopg):
    supports_statement_cache = True
    _compiled = LRUCache(2000)


def share() -> None:
    """From now on each engine of this process is one of these."""
    for name in ("sqlite", "sqlite.pysqlite"):
        registry.register(name, __name__, SQLite.__name__)
    for name in ("postgresql", "postgresql.psycopg"):
        registry.register(name, __name__, PostgreSQL.__name__)
