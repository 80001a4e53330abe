"""Statements compiled once: lists of any length, converted values and constants, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, func, select, update

from bot.store.database import Database
from bot.store.letter_rows import RATES
from bot.store.ready import Both, Ready

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
_NEW = Ready(Both(lambda new: new(RATES).inline()))
_AMONG = Ready(select(RATES.c.key, RATES.c.tat).where(RATES.c.tat.in_(bindparam("tats", expanding=True))))
_BOTH = Ready(
    select(RATES.c.key)
    .where(RATES.c.key.in_(bindparam("keys", expanding=True)), RATES.c.turn.in_(bindparam("turns", expanding=True)))
    .order_by(RATES.c.key)
)
_BLOCK = Ready(update(RATES).where(RATES.c.key == bindparam("its")).values(blocked_until=NOON, turn=RATES.c.turn + 1))


@pytest.fixture
async def five(db: Database) -> Database:
    values = [{"key": f"k{n}", "tat": NOON + timedelta(seconds=n), "turn": n} for n in range(5)]
    await db.write(lambda connection: _NEW.many(connection, values))
    return db


@pytest.mark.parametrize("wanted", [[], [0], [0, 1], [4, 2, 1], [0, 1, 2, 3, 4, 5, 6, 7, 8]])
async def test_a_list_of_any_length_finds_what_is_in_it_each_once(five: Database, wanted: list[int]) -> None:
    tats = [NOON + timedelta(seconds=n) for n in wanted]
    rows = await five.read(lambda connection: _AMONG.rows(connection, {"tats": tats}))
    assert sorted(rows) == [[f"k{n}", NOON + timedelta(seconds=n)] for n in sorted(wanted) if n < 5]


async def test_a_list_is_filled_up_so_that_the_engine_sees_few_texts(five: Database) -> None:
    seen: set[str] = set()

    def read(connection: Connection) -> None:
        for size in range(33):
            ready = _AMONG._for(connection, {"tats": []})
            seen.add(ready.filled({"tats": [NOON] * size})[0])

    await five.read(read)
    assert len(seen) == 6  # 1, 2, 4, 8, 16 and 32 places.


async def test_two_lists_keep_apart_and_their_lengths_may_change(five: Database) -> None:
    def read(connection: Connection, keys: list[str], turns: list[int]) -> list[Any]:
        return [row[0] for row in _BOTH.rows(connection, {"keys": keys, "turns": turns})]

    assert await five.read(lambda c: read(c, ["k1", "k2", "k3"], [2])) == ["k2"]
    assert await five.read(lambda c: read(c, ["k4"], [1, 2, 4, 4])) == ["k4"]
    assert await five.read(lambda c: read(c, ["k1"], [])) == []


async def test_what_stands_in_the_statement_is_converted_as_well_and_rows_have_names(five: Database) -> None:
    every = Ready(select(RATES, func.count().over().label("all")).where(RATES.c.key == bindparam("its")))
    assert await five.write(lambda connection: _BLOCK.count(connection, {"its": "k3"})) == 1
    (row,) = await five.read(lambda connection: every.named(connection, {"its": "k3"}))
    assert (row.key, row.blocked_until, row.turn, row.all) == ("k3", NOON, 4, 1)


async def test_a_missing_value_is_named(five: Database) -> None:
    one = Ready(select(RATES.c.turn).where(RATES.c.key == bindparam("its")))
    with pytest.raises(KeyError, match="its"):
        await five.read(lambda connection: one.rows(connection, {}))
