"""Something is happening: the desk hears it once, with where; not of what is usual, nor of one who repeats it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot import lookout as door
from bot.lookout import Lookout
from bot.messages import Address, Lane
from bot.outcome import Outcome
from bot.store import Database, Keys, Store
from routing.bursts import Limits
from routing.case import State
from tests.bot.store.cast import message, opened, private
from tests.bot.store.conftest import render
from tests.fakes import Clock
from tests.town import BOT, CHANNEL, DESK_BY_DAY, GRID_3, NOON, rows, user_of

LAMP = "service.light"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
async def street(db: Database, keys: Keys, clock: Clock) -> Store:
    """A store that knows the town, and may write to its staff first."""
    store = await Store.open(db, keys, render, now=clock, first={CHANNEL: BOT})
    await store.replace_directory(rows())
    return store


async def said(store: Store, clock: Clock, n: int, *, who: str = "", group: str = "", **fields: object) -> None:
    at = Address(CHANNEL, BOT, group or f"-{n}")
    await opened(store, message(who or f"u{n}", at=at, now=clock()), **{"category": LAMP, **fields})
    clock.forward(seconds=60)


def looking(store: Store, clock: Clock) -> tuple[Lookout, list[Outcome]]:
    told: list[Outcome] = []
    return Lookout(store, Limits(), clock, committed=told.append), told


async def test_the_desk_hears_of_a_burst_once_with_where(street: Store, clock: Clock) -> None:
    lookout, told = looking(street, clock)
    for n in range(2):
        await said(street, clock, n)
        assert await lookout.look() == 0
    await said(street, clock, 2, grid=GRID_3)
    assert await lookout.look() == 1
    assert await lookout.look() == 1
    assert await looking(street, clock)[0].look() == 1, "another process sees the same burst, and says nothing"
    (letter,) = told[0].letters
    assert len(told) == 1
    assert (letter.to.chat, letter.key, letter.lane) == (user_of(DESK_BY_DAY), "burst.alarm", Lane.DUTY)
    assert (letter.params["groups"], letter.params["people"]) == (3, 3)
    where = letter.params["where"]
    assert isinstance(where, tuple)
    assert [(each.params["area"], each.params["count"]) for each in where] == [("柳岸第一网格", 2), ("新桥第一网格", 1)]  # type: ignore[union-attr]
    # It grows: the same message is edited.
    await said(street, clock, 3)
    await lookout.look()
    assert [each.slot for each in told[1].letters] == [letter.slot]


async def test_one_who_repeats_it_and_one_group_are_no_burst(street: Store, clock: Clock) -> None:
    lookout, told = looking(street, clock)
    for n in range(4):
        await said(street, clock, n, who="u-same")
        await said(street, clock, n, group="-same", category="service.road")
        await said(street, clock, n, category="service.other")
    assert await lookout.look() == 0
    assert told == []


async def test_what_is_taken_back_does_not_count_and_who_writes_alone_counts_by_the_grid(
    street: Store, clock: Clock
) -> None:
    lookout, _ = looking(street, clock)
    await said(street, clock, 1)
    await said(street, clock, 2)
    await said(street, clock, 3, state=State.WITHDRAWN)
    assert await lookout.look() == 0
    await opened(street, private("u9", now=clock()), category=LAMP, grid=GRID_3)
    assert await lookout.look() == 1
    chats = {each.number: each.group for each in await street.reports(NOON)}
    assert GRID_3 in chats.values()


async def test_what_is_usual_is_counted_and_is_no_news(street: Store, clock: Clock) -> None:
    lookout, told = looking(street, clock)
    for n in range(80):
        await said(street, clock, 100 + n)
    counts, first = await street.counts(NOON - timedelta(days=1), clock())
    assert (counts, first) == ({LAMP: 80}, NOON)
    clock.forward(days=2)
    for n in range(3):  # Eighty in a day and a half or so are half a one in ten minutes: three may be chance,
        await said(street, clock, n)
    assert await lookout.look() == 0
    await said(street, clock, 4)  # four are not.
    assert await lookout.look() == 1
    assert len(told) == 1


async def test_desks_off_duty_are_woken_when_nobody_is_on_duty(street: Store, clock: Clock) -> None:
    await street.replace_directory(replace(rows(), duty=()))
    lookout, told = looking(street, clock)
    for n in range(3):
        await said(street, clock, n)
    await lookout.look()
    assert {letter.to.chat for letter in told[0].letters} >= {user_of(DESK_BY_DAY), user_of("jiang")}


async def test_it_goes_on_looking_when_the_database_is_away(
    street: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "EVERY", 0.01)
    lookout, told = looking(street, clock)
    await street.db.write(lambda c: c.execute(text("ALTER TABLE cases RENAME TO away")))
    task = asyncio.create_task(lookout.run())
    await asyncio.sleep(0.05)
    await street.db.write(lambda c: c.execute(text("ALTER TABLE away RENAME TO cases")))
    for n in range(3):
        await said(street, clock, n)
    async with asyncio.timeout(20):
        while not told:  # noqa: ASYNC110 - it tells nobody else
            await asyncio.sleep(0.01)
    task.cancel()
