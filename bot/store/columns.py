"""Column types that mean the same on SQLite (STRICT) and PostgreSQL: Utc, Day, Json, Flag, Degrees, Bytes, Words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import BigInteger, Dialect, Double, Integer, LargeBinary, Text
from sqlalchemy.dialects.sqlite import REAL
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Words = Text  #: Any text. (VARCHAR is no type of a STRICT table.)
Bytes = LargeBinary  #: Encrypted fields and blind indexes.

#: A 64-bit integer; on SQLite INTEGER is one, and only INTEGER PRIMARY KEY counts by itself.
Big = BigInteger().with_variant(Integer(), "sqlite")

#: Latitude or longitude, 8-byte floating point.
Degrees: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")


def micros(at: datetime) -> int:
    """Microseconds since 1970 (exact). Raises ValueError for a datetime without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone; the store takes aware datetimes only")
    return (at - _EPOCH) // _MICROSECOND


def instant(stored: int) -> datetime:
    """The aware UTC datetime of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=stored)


class Utc(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC out; stored as integer microseconds since 1970 on both engines, so that comparing
    and adding are exact and no driver loses the zone."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else instant(value)


class Day(TypeDecorator[date]):
    """A calendar day as text, "2026-01-05"."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """Lists, mappings, numbers and texts as compact JSON text. Tuples come back as lists. None is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        if value == "[]":  # Most lists are empty.
            return []
        return None if value is None else from_json(value)


class Flag(TypeDecorator[bool]):
    """True and False as 1 and 0 on both engines."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)
