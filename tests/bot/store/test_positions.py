"""Where patrols said they are: sealed, the newest alone, and gone with the shift or with the person."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from bot.outcome import Outcome, Position
from bot.store import Keys, Store
from bot.store.directory_tables import POSITION
from bot.store.positions import forget, read
from tests.bot.store.conftest import render
from tests.town import NOON, rows

MINUTE = timedelta(minutes=1)


async def shared(store: Store, *found: Position) -> None:
    for n, each in enumerate(found):
        await store.commit(Outcome(f"here:{each.person}:{each.at}:{n}", (each,)))
    await store.refresh()


async def test_the_newest_place_of_each_is_known_in_every_process(store: Store, keys: Keys) -> None:
    other = await Store.open(store.db, keys, render, now=lambda: NOON)
    old, new = Position("sun", 30.0, 120.0, NOON - 5 * MINUTE), Position("sun", 30.001, 120.0, NOON - MINUTE)
    await shared(store, old, new, old, Position("qian", 30.002, 120.0, NOON - 11 * MINUTE))
    await other.refresh()
    for each in (store, other):
        assert {person: hands.at for person, hands in each.placed({}).items()} == {"sun": (30.001, 120.0)}
    found = await store.db.read(lambda connection: read(connection, keys))
    assert found["sun"] == new


async def test_it_is_sealed_and_goes_with_whoever_is_listed_no_more(store: Store, keys: Keys) -> None:
    await shared(store, Position("sun", 30.1234, 120.5, NOON), Position("nobody", 30.0, 120.0, NOON))
    (row,) = await store.db.read(lambda connection: connection.execute(select(POSITION)).all())
    assert row.person == "sun"
    assert b"30.1234" not in row.sealed
    await store.replace_directory(replace(rows(), people=tuple(p for p in rows().people if p.id != "sun")))
    assert store.placed({}) == {}
    assert await store.db.read(lambda connection: read(connection, keys)) == {}


async def test_what_counts_no_more_is_deleted(store: Store) -> None:
    await shared(store, Position("sun", 30.0, 120.0, NOON), Position("qian", 30.0, 120.0, NOON - 20 * MINUTE))
    since = NOON - 10 * MINUTE
    assert await store.db.write(lambda connection: forget(connection, since, lambda person: True)) == 1
    assert await store.db.write(lambda connection: forget(connection, since, lambda person: True)) == 0
    assert await store.db.write(lambda connection: forget(connection, since, lambda person: False)) == 1
