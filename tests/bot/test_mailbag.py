"""What comes in together is stored together: in order, nobody told too early, nobody refused for another's sake."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import pytest

from bot.mailbag import ENOUGH, MOST, TRIPS, Mailbag
from bot.messages import Address, Inbound, Kind

NOON = datetime(2026, 9, 21, 4, tzinfo=UTC)


def message(key: int) -> Inbound:
    return Inbound(str(key), Address("app", "bot", "chat"), Kind.MESSAGE, NOON)


class Shelf:
    """A store that takes its time: each `keep` waits until it is let go. Notes what was stored together."""

    def __init__(self) -> None:
        self.stored: list[list[str]] = []
        self.heard: set[str] = set()
        self.refused: set[str] = set()  #: Keys that cannot be stored.
        self.known: set[str] = set()
        self.open = asyncio.Event()

    async def keep(self, inbounds: Sequence[Inbound], heard: Collection[str]) -> list[Inbound]:
        await self.open.wait()
        keys = [each.key for each in inbounds]
        if self.refused.intersection(keys):
            raise ValueError("cannot be stored")
        self.stored.append(keys)
        self.heard.update(heard)
        new = [each for each in inbounds if each.key not in self.known]
        self.known.update(keys)
        return new


@pytest.fixture
async def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def arrived() -> list[str]:
    return []


@pytest.fixture
async def bag(shelf: Shelf, arrived: list[str]) -> Mailbag:
    return Mailbag(shelf.keep, lambda inbound: arrived.append(inbound.key))


def brings(bag: Mailbag, *keys: int) -> asyncio.Task[None]:
    inbounds = [message(key) for key in keys]
    return asyncio.create_task(bag.put(inbounds, [each.cause for each in inbounds]))


async def turn(times: int = 20) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def test_one_alone_goes_at_once(bag: Mailbag, shelf: Shelf, arrived: list[str]) -> None:
    shelf.open.set()
    await bag.put([message(1)], ["app:bot:1"])
    assert (shelf.stored, shelf.heard, arrived) == ([["1"]], {"app:bot:1"}, ["1"])


async def test_those_who_come_meanwhile_go_together_in_their_order(
    bag: Mailbag, shelf: Shelf, arrived: list[str]
) -> None:
    tasks = [brings(bag, 1)]
    await turn()
    tasks += [brings(bag, key) for key in range(2, 7)]
    await turn()
    shelf.open.set()
    await asyncio.gather(*tasks)
    assert shelf.stored == [["1"], ["2", "3", "4", "5", "6"]]
    assert arrived == ["1", "2", "3", "4", "5", "6"]


async def test_nobody_is_told_before_it_is_stored(bag: Mailbag, shelf: Shelf, arrived: list[str]) -> None:
    tasks = [brings(bag, key) for key in range(3)]
    await turn()
    assert not any(task.done() for task in tasks)
    assert arrived == []
    shelf.open.set()
    await asyncio.gather(*tasks)


async def test_one_that_cannot_be_stored_refuses_nobody_else(bag: Mailbag, shelf: Shelf, arrived: list[str]) -> None:
    shelf.refused = {"2"}
    tasks = [brings(bag, key) for key in range(4)]
    await turn()
    shelf.open.set()
    fates = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(fate) for fate in fates] == [type(None), type(None), ValueError, type(None)]
    assert arrived == ["0", "1", "3"]
    assert [key for keys in shelf.stored for key in keys] == ["0", "1", "3"]


async def test_what_fails_is_not_in_the_way_of_what_comes_after(bag: Mailbag, shelf: Shelf) -> None:
    shelf.refused = {"1"}
    shelf.open.set()
    with pytest.raises(ValueError, match="cannot be stored"):
        await bag.put([message(1)], [])
    await bag.put([message(2)], [])
    assert shelf.stored == [["2"]]


async def test_a_sender_who_went_away_is_stored_and_handled_all_the_same(
    bag: Mailbag, shelf: Shelf, arrived: list[str]
) -> None:
    tasks = [brings(bag, key) for key in range(3)]
    await turn()
    tasks[1].cancel()
    await turn()
    shelf.open.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert tasks[1].cancelled()
    assert arrived == ["0", "1", "2"]


async def test_the_same_update_twice_at_a_time_is_handled_once_and_both_are_told(
    bag: Mailbag, shelf: Shelf, arrived: list[str]
) -> None:
    tasks = [brings(bag, 7), brings(bag, 7), brings(bag, 7, 8)]
    shelf.open.set()
    await asyncio.gather(*tasks)
    assert sorted(set(arrived)) == ["7", "8"]


async def test_a_flood_goes_in_several_loads_and_what_came_in_one_stays_in_one(bag: Mailbag, shelf: Shelf) -> None:
    large = list(range(1000, 1000 + MOST + 5))
    tasks = [brings(bag, 0)]
    await turn()
    tasks += [brings(bag, key) for key in range(1, 2 * ENOUGH + MOST + 1)]
    tasks += [brings(bag, *large), brings(bag, 9000)]
    await turn()
    shelf.open.set()
    await asyncio.gather(*tasks)
    assert [len(keys) for keys in shelf.stored] == [1, ENOUGH, ENOUGH, MOST, len(large), 1]


async def test_empty_waits_for_what_is_on_its_way(bag: Mailbag, shelf: Shelf) -> None:
    task = brings(bag, 1)
    await turn()
    waits = asyncio.create_task(bag.empty())
    await turn()
    assert not waits.done()
    shelf.open.set()
    await asyncio.gather(task, waits)
    await bag.empty()


async def test_when_all_is_called_off_nobody_waits_for_ever(bag: Mailbag, shelf: Shelf) -> None:
    tasks = [brings(bag, 1), brings(bag, 2)]
    await turn()
    late = brings(bag, 3)
    await turn()
    for trip in bag._trips:
        trip.cancel()
    fates = await asyncio.gather(*tasks, late, return_exceptions=True)
    assert all(isinstance(fate, asyncio.CancelledError) for fate in fates)
    shelf.open.set()
    await bag.put([message(4)], [])
    assert shelf.stored == [["4"]]


async def test_no_more_than_so_many_trips_are_under_way_and_the_first_to_come_is_the_first_to_be_handled(
    arrived: list[str],
) -> None:
    under_way: list[asyncio.Future[list[Inbound]]] = []
    loads: list[list[Inbound]] = []

    def keep(inbounds: Sequence[Inbound], heard: Collection[str]) -> asyncio.Future[list[Inbound]]:
        loads.append(list(inbounds))
        under_way.append(asyncio.get_running_loop().create_future())
        return under_way[-1]

    bag = Mailbag(keep, lambda inbound: arrived.append(inbound.key))
    tasks = [brings(bag, key) for key in range(5 * ENOUGH)]
    await turn()
    assert len(loads) == TRIPS
    for late in reversed(range(TRIPS)):
        assert arrived == []
        under_way[late].set_result(loads[late])
        await turn()
    while len(arrived) < len(tasks):
        under_way[-1].set_result(loads[-1])
        await turn()
    await asyncio.gather(*tasks)
    assert arrived == [str(key) for key in range(5 * ENOUGH)]
