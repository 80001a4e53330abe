"""A connection that runs a statement it has seen before straight on the driver: a night runs millions of them.

SQLAlchemy spends four to ten times as long on a statement as SQLite does on the row. What is compiled here is
SQLAlchemy's own text with its own converters, so the rows are the same; a test plays a night both ways.
"""

from __future__ import annotations

import re
import weakref
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite

_LIST = re.compile(r"__\[POSTCOMPILE_(\w+)\]")
_DIALECT = sqlite.dialect(paramstyle="named")

_Convert = Callable[[Any], Any]


class _Rows:
    """What a statement gave; as much of SQLAlchemy's Result as the store asks for."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        (row,) = self._rows
        return row

    def scalars(self) -> _Rows:
        return _Rows([row[0] for row in self._rows], self.rowcount)

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None


class _Form:
    """A statement as text, and what becomes of its values."""

    def __init__(self, statement: Any, names: Sequence[str]) -> None:
        compiled = statement.compile(dialect=_DIALECT, column_keys=list(names))
        self.statement = statement
        self.sql = str(compiled)
        self.lists = tuple(_LIST.findall(self.sql))
        self.plain = (
            not compiled.insert_prefetch
            and not compiled.update_prefetch
            and "[POSTCOMPILE" not in _LIST.sub("", self.sql)
        )
        given = frozenset(names)
        self.constants = {
            name: bind.effective_value
            for name, bind in compiled.binds.items()
            if name not in given and not bind.required
        }
        processors: Mapping[str, _Convert] = compiled._bind_processors
        self.binds = tuple((name, processors[name]) for name in compiled.binds if name in processors)
        columns = compiled._result_columns
        self.row: Any = namedtuple("row", [str(each.keyname) for each in columns], rename=True) if columns else None
        self.results = []
        for place, each in enumerate(columns):
            convert = each.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
            if convert is not None:
                self.results.append((place, convert))

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        values = {**self.constants, **given}
        for name, convert in self.binds:
            if name in self.lists:
                values[name] = [convert(each) for each in values[name]]
            else:
                values[name] = convert(values[name])
        return values


class Quick:
    """Wraps a connection to SQLite. A statement is compiled when it comes a second time; what is built for one use
    only, and everything unusual, goes the long way."""

    def __init__(self, real: Connection) -> None:
        self._real = real
        self.dialect = real.dialect
        self.connection = real.connection
        self._driver: Any = real.connection.dbapi_connection
        self._forms: dict[tuple[int, frozenset[str]], _Form] = {}
        self._seen: dict[int, weakref.ref[Any]] = {}

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        several = isinstance(parameters, list)
        given: Mapping[str, Any] = (parameters[0] if several else parameters) or {}
        form = self._form(statement, given)
        if form is None or (several and (form.row or form.lists)) or any(not given[name] for name in form.lists):
            return self._real.execute(statement, parameters)
        if several:
            cursor = self._driver.executemany(form.sql, [form.values(each) for each in parameters])
            count = cursor.rowcount
            cursor.close()
            return _Rows([], count)
        sql, values = form.sql, form.values(given)
        for name in form.lists:
            items = values.pop(name)
            places = [f"{name}_{number}" for number in range(len(items))]
            values.update(zip(places, items, strict=True))
            sql = sql.replace(f"__[POSTCOMPILE_{name}]", ", ".join(f":{place}" for place in places))
        cursor = self._driver.execute(sql, values)
        rows: list[Any] = []
        if form.row is not None:
            for found in cursor.fetchall():
                row = list(found)
                for place, convert in form.results:
                    row[place] = convert(row[place])
                rows.append(form.row._make(row))
        count = cursor.rowcount
        cursor.close()
        return _Rows(rows, count)

    def scalars(self, statement: Any, parameters: Any = None) -> Any:
        return self.execute(statement, parameters).scalars()

    def scalar(self, statement: Any, parameters: Any = None) -> Any:
        return self.execute(statement, parameters).scalar()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _form(self, statement: Any, given: Mapping[str, Any]) -> _Form | None:
        names = frozenset(given)
        form = self._forms.get((id(statement), names))
        if form is not None:
            return form if form.plain else None
        seen = self._seen.get(id(statement))
        if seen is None or seen() is not statement:
            if not hasattr(statement, "__weakref__"):
                return None
            self._seen[id(statement)] = weakref.ref(statement)
            return None
        form = self._forms[id(statement), names] = _Form(statement, sorted(names))
        return form if form.plain else None
