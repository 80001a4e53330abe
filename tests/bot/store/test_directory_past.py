"""The address book as it was: every import can be read back as of its day, and nobody's name outlives their listing."""

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from bot.store import Database, Keys, Store
from bot.store.directory_tables import IMPORT, PAST
from bot.store.migrate import migrate
from routing.directory import Area, AreaKind, DirectoryRows, Holiday, Leave, Opening, Shift, StandardAddress
from tests.bot.store.conftest import render
from tests.town import CHEN, GRID_1, GRID_2, LI, NOON, WANG, rows, user_of

HOUR = timedelta(hours=1)


class Wall:
    """A clock on the wall that is put forward by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def store(db: Database, keys: Keys, wall: Wall) -> Store:
    return await Store.open(db, keys, render, now=wall)


def routed(rows: DirectoryRows) -> dict[str, Any]:
    """What routing asks of an address book: names of people, and what groups hear, are not kept."""
    people = {(p.id, p.role, p.area, p.unit, p.has_chat and p.channel) for p in rows.people}
    groups = {(g.channel, g.bot, g.chat_id, g.area, g.name) for g in rows.groups}
    others = ("areas", "units", "duty", "addresses", "leave", "holidays", "hours")
    return {"people": people, "groups": groups, **{name: set(getattr(rows, name)) for name in others}}


async def test_before_the_first_import_nothing_is_known(store: Store, wall: Wall) -> None:
    assert await store.history_from() is None
    assert await store.directory_at(NOON) is None
    await store.replace_directory(rows())
    assert await store.history_from() == NOON
    assert await store.directory_at(NOON - HOUR) is None
    past = await store.directory_at(NOON)
    assert past is not None
    assert (routed(past.rows), past.since, past.gone) == (routed(rows()), NOON, frozenset())


async def test_a_cadre_who_moved_answers_for_the_old_grid_on_the_old_day(store: Store, wall: Wall) -> None:
    await store.replace_directory(rows())
    wall.now += HOUR
    moved = tuple(replace(each, area=GRID_2) if each.id == LI else each for each in rows().people)
    await store.replace_directory(replace(rows(), people=moved))
    wall.now += HOUR
    assert [p.id for p in store.directory.cadres_of(GRID_2)] == [LI, WANG]
    past = await store.directory_at(NOON + HOUR / 2)
    assert past is not None
    then = past.rows.directory()
    assert [(p.id, p.name) for p in then.cadres_of(GRID_1)] == [(LI, "李建国")]
    assert [p.id for p in then.cadres_of(GRID_2)] == [WANG]
    assert then.person_by_user("telegram", user_of(LI)) is not None


async def test_who_is_listed_no_more_is_known_by_their_id_alone(store: Store, wall: Wall, db: Database) -> None:
    await store.replace_directory(rows())
    wall.now += HOUR
    await store.replace_directory(replace(rows(), people=tuple(p for p in rows().people if p.id != CHEN)))
    past = await store.directory_at(NOON)
    assert past is not None
    assert past.gone == {CHEN}
    chen = past.rows.directory().person(CHEN)
    assert chen is not None
    assert (chen.name, chen.phone, chen.has_chat) == (CHEN, None, True)
    kept = await db.read(lambda connection: [tuple(row) for row in connection.execute(select(PAST))])
    assert len(kept) == 1
    assert "陈丽萍" not in repr(kept)
    assert user_of(CHEN) not in repr(kept)


async def test_the_same_import_again_keeps_nothing_more(store: Store, wall: Wall, db: Database) -> None:
    for _ in range(3):
        await store.replace_directory(rows())
        wall.now += HOUR
    assert await db.read(lambda connection: connection.execute(select(PAST)).first()) is None
    past = await store.directory_at(wall.now)
    assert past is not None
    assert past.since == NOON + 2 * HOUR


async def test_whether_it_was_changed_since_is_known_without_reading_it(store: Store, wall: Wall) -> None:
    await store.replace_directory(rows())
    wall.now += HOUR
    await store.replace_directory(rows())
    assert await store.changed_after(NOON - HOUR) is None, "the first one and one that says the same change nothing"
    wall.now += HOUR
    await store.replace_directory(replace(rows(), addresses=()))
    assert await store.changed_after(NOON) == NOON + 2 * HOUR
    assert await store.changed_after(NOON + 2 * HOUR) is None


def varied(dice: random.Random) -> DirectoryRows:
    """The town with some of everything left out, moved, or new."""

    def some(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(each for each in things if dice.random() < 0.8)

    town = rows()
    people = tuple(
        replace(
            each,
            area=dice.choice([each.area, GRID_2]),
            user_id=dice.choice([each.user_id, None]),
            unit=dice.choice([each.unit, "s-fire"]),
        )
        for each in some(town.people)
    )
    ids = [each.id for each in people] or ["li"]
    day = date(2026, 10, 1)
    spare = (Area("g9", "c1", AreaKind.GRID, "柳岸第九网格", None, (30.0, 120.5)),)
    return replace(
        town,
        areas=(*some(town.areas), *some(spare)),
        people=people,
        units=tuple(replace(each, name=dice.choice([each.name, "新名字"])) for each in some(town.units)),
        groups=tuple(replace(each, area=dice.choice([each.area, "c2"])) for each in some(town.groups)),
        duty=(*some(town.duty), *(Shift(dice.choice(ids), 1, time(9, 5), time(0)) for _ in range(2))),
        addresses=(*some(town.addresses), *some((StandardAddress("a99", "新路1号", GRID_2, 30.1, 120.1),))),
        leave=some(tuple(Leave(each, day, day + dice.choice([0, 1]) * timedelta(days=3), WANG) for each in ids)),
        holidays=some((Holiday(day, "国庆节"), Holiday(day + timedelta(days=9), "补班", works=True))),
        hours=some(tuple(Opening(GRID_1, n, time(9), time(dice.choice([12, 17]), 30)) for n in (1, 2, 6))),
    )


@pytest.mark.parametrize("seed", range(3))
async def test_every_import_is_read_back_as_of_its_time(store: Store, wall: Wall, seed: int) -> None:
    dice, told = random.Random(seed), []
    for _ in range(8):
        imported = varied(dice)
        await store.replace_directory(imported)
        told.append((wall.now, imported))
        wall.now += HOUR
    for at, imported in told:
        for moment in (at, at + HOUR / 2):
            past = await store.directory_at(moment)
            assert past is not None
            assert past.since == at
            assert routed(past.rows) == routed(imported)


async def test_an_address_book_of_before_begins_its_history_when_the_tables_come(url: str, keys: Keys) -> None:
    db = Database.open(url)
    try:
        migrate(db)
        store = await Store.open(db, keys, render, now=lambda: NOON)
        await store.replace_directory(rows())
        migrate(db, "0009")
        migrate(db)
        begun = await store.history_from()
        assert begun is not None
        assert begun > NOON
        migrate(db, "0009")
        db.write_now(lambda connection: connection.execute(delete(IMPORT.metadata.tables["area"])))
        migrate(db)
        assert await store.history_from() is None
    finally:
        await db.close()


async def test_rules_are_kept_from_when_they_came_into_force(store: Store, wall: Wall) -> None:
    assert await store.rules_at(NOON) is None
    assert await store.take_rules("aa", "rules: []")
    assert not await store.take_rules("aa", "rules: []")
    wall.now += HOUR
    assert await store.take_rules("bb", "rules: [1]")
    wall.now += HOUR
    assert await store.take_rules("aa", "rules: []")
    found = [await store.rules_at(NOON + n * HOUR) for n in (-1, 0, 1, 2, 3)]
    assert [each and each.version for each in found] == [None, "aa", "bb", "aa", "aa"]
    assert found[2] is not None
    assert (found[2].at, found[2].content) == (NOON + HOUR, "rules: [1]")
