"""Statements for hot paths: compiled once per engine, then run on the driver's own cursor.

SQLAlchemy spends about 40 microseconds on each `connection.execute`, three times what SQLite needs for the row. A
message takes some thirty statements and a letter twenty, so here that part is done once. Types convert as always; what
is left out are events, and column defaults of the models: every column without a server default is given.

A list (`column.in_(bindparam("ids", expanding=True))`) is filled up to 1, 2, 4, 8 ... by its last value again, so that
the engine sees few different texts; an empty one has nothing in it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]
Row = list[Any]
_Convert = list[tuple[Any, Callable[[Any], Any]]]
_Lay = Callable[[dict[str, Any]], Any]

#: SQLite's driver looks every named parameter up by its name, one after the other: places are quicker.
_PLACES = sqlite.dialect(paramstyle="qmark")


class Both:
    """A statement for both engines that needs their own INSERT (for ON CONFLICT)."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._made = {"sqlite": make(sqlite.insert), "postgresql": make(postgresql.insert)}

    def on(self, connection: Connection) -> Any:
        return self._made[connection.dialect.name]


#: Codes per statement: a statement's parameters have fixed names, so what is missing is NULL, which matches nothing.
CODES = 16


def among(column: Any) -> Any:
    """The column has one of the codes of `codes`."""
    return column.in_([bindparam(f"code{n}", type_=column.type) for n in range(CODES)])


def codes(wanted: Iterable[str]) -> Iterator[dict[str, str | None]]:
    """The parameters of `among`, as often as it takes."""
    rest = list(dict.fromkeys(wanted))
    while rest:
        some, rest = rest[:CODES], rest[CODES:]
        yield {f"code{n}": some[n] if n < len(some) else None for n in range(CODES)}


class _Compiled:
    """The statement in one engine's words, and the columns that need converting."""

    __slots__ = ("_compiled", "_laid", "_spread", "binds", "constants", "lists", "names", "results", "sql")

    def __init__(self, statement: Any, dialect: Any, names: Iterable[str], returned: Sequence[Any]) -> None:
        compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(names))
        self.sql = str(compiled)
        #: Lists, by name, and what makes of each value what the engine takes.
        self.lists: list[tuple[str, Callable[[Any], Any] | None]] = []
        self._compiled = compiled
        #: How many values each list has -> the text for so many, and the names of the places of each list.
        self._spread: dict[tuple[int, ...], tuple[str, Mapping[str, Sequence[str]], _Lay]] = {}
        self.names = frozenset(name for name, bind in compiled.binds.items() if bind.required)
        self.binds: _Convert = []
        #: What stands in the statement itself, like the 1 of LIMIT 1; converted once.
        self.constants: dict[str, Any] = {}
        for name, bind in compiled.binds.items():
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind.expanding:
                self.lists.append((name, convert))
            elif not bind.required:
                self.constants[name] = convert(bind.value) if convert else bind.value
            elif convert:
                self.binds.append((name, convert))
        #: What lays the values out as the driver takes them: in their places, or by their names.
        self._laid = _laid(compiled.positiontup)
        self.results: _Convert = []
        for position, kind in enumerate(returned):
            convert = kind.dialect_impl(dialect).result_processor(dialect, None)
            if convert:
                self.results.append((position, convert))

    def values(self, given: Values) -> Any:
        """The values as the driver takes them; of a statement without lists."""
        return self._laid(self._converted(given))

    def _converted(self, given: Values) -> dict[str, Any]:
        values = {**self.constants, **given}
        for name, convert in self.binds:
            values[name] = convert(values[name])
        return values

    def filled(self, given: Values) -> tuple[str, Any]:
        """The text and the values, with room for as many as the lists have."""
        if not self.lists:
            return self.sql, self.values(given)
        values = self._converted(given)
        filled: dict[str, list[Any]] = {}
        for name, convert in self.lists:
            items = values.pop(name)
            filled[name] = _full([convert(each) for each in items] if convert else list(items))
        sizes = tuple(map(len, filled.values()))
        if sizes not in self._spread:
            state = self._compiled.construct_expanded_state({**values, **filled})
            self._spread[sizes] = state.statement, state.parameter_expansion, _laid(state.positiontup)
        sql, places, laid = self._spread[sizes]
        for name, items in filled.items():
            values.update(zip(places[name], items, strict=True))
        return sql, laid(values)


def _laid(places: Sequence[str] | None) -> _Lay:
    """What makes of values by name what the driver takes; `places` are the names in their order, None: by name."""
    if places is None:
        return lambda values: values
    if len(places) < 2:  # itemgetter would give the value alone
        return lambda values: [values[name] for name in places]
    return itemgetter(*places)


def _full(items: list[Any]) -> list[Any]:
    size = 1
    while size < len(items):
        size *= 2
    return items + [items[-1] if items else None] * (size - len(items))


class Ready:
    """A statement whose parameters always have the same names. Errors are the driver's own."""

    def __init__(self, statement: Any, *returning: Any) -> None:
        """`returning` are the columns an INSERT or UPDATE gives back."""
        self._statement = statement
        self._columns = tuple(statement.selected_columns) if isinstance(statement, Select) else returning
        self._returned = [column.type for column in self._columns]
        self._row: Callable[[Iterable[Any]], Any] | None = None
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, values: Values) -> list[Row]:
        """Returns the rows as lists, in the order of the selected columns."""
        ready = self._for(connection, values)
        cursor = connection.connection.dbapi_connection.execute(*ready.filled(values))  # type: ignore[union-attr]
        rows = [list(row) for row in cursor.fetchall()]
        cursor.close()
        for position, convert in ready.results:
            for row in rows:
                row[position] = convert(row[position])
        return rows

    def first(self, connection: Connection, values: Values) -> Row | None:
        """Returns the first row, or None."""
        rows = self.rows(connection, values)
        return rows[0] if rows else None

    def named(self, connection: Connection, values: Values) -> list[Any]:
        """Returns the rows as named tuples: `row.chat`."""
        if self._row is None:
            names = [str(column.key) for column in self._columns]
            self._row = namedtuple("row", names, rename=True)._make  # type: ignore[attr-defined]
        return [self._row(row) for row in self.rows(connection, values)]

    def count(self, connection: Connection, values: Values) -> int:
        """Returns how many rows were written."""
        ready = self._for(connection, values)
        cursor = connection.connection.dbapi_connection.execute(*ready.filled(values))  # type: ignore[union-attr]
        count = int(cursor.rowcount)
        cursor.close()
        return count

    def many(self, connection: Connection, several: Sequence[Values]) -> int:
        """Runs it once for each; returns how many rows were written in all."""
        if not several:
            return 0
        ready = self._for(connection, several[0])
        cursor = connection.connection.cursor()
        cursor.executemany(ready.sql, [ready.values(values) for values in several])
        count = int(cursor.rowcount)
        cursor.close()
        return count

    def _for(self, connection: Connection, values: Values) -> _Compiled:
        name = connection.dialect.name
        ready = self._compiled.get(name)
        if ready is None:
            statement = self._statement.on(connection) if isinstance(self._statement, Both) else self._statement
            dialect = _PLACES if name == "sqlite" else connection.dialect
            ready = _Compiled(statement, dialect, values, self._returned)
            if missing := ready.names - values.keys():
                raise KeyError(f"no value for {sorted(missing)} in {ready.sql}")
            self._compiled[name] = ready
        return ready
