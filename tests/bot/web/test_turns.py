"""Lists that anybody may read: one at a time, the loop's other work between them, and no endless queue."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.web.turns import Full, Turns
from tests.bot.web.systems_house import Town


async def test_one_at_a_time_and_who_is_too_many_is_sent_away() -> None:
    turns, done, order = Turns(waiting=2), asyncio.Event(), list[str]()

    async def take(name: str) -> None:
        async with turns.turn():
            order.append(name)
            await done.wait()
            order.append(name)

    tasks = [asyncio.create_task(take(name)) for name in "abc"]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert order == ["a"]
    with pytest.raises(Full):
        await take("d")
    done.set()
    await asyncio.gather(*tasks)
    assert order == ["a", "a", "b", "b", "c", "c"]
    await take("e")


async def test_after_each_the_loop_has_as_long_for_everything_else() -> None:
    turns = Turns()

    def work(seconds: float) -> None:
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            pass

    began = time.monotonic()
    for _ in range(3):
        async with turns.turn():
            work(0.05)
    assert time.monotonic() - began > 0.24, "three pieces of work, and the rests between them"


async def test_a_turn_that_fails_or_is_given_up_is_over() -> None:
    turns = Turns(waiting=1)
    with pytest.raises(ZeroDivisionError):
        async with turns.turn():
            raise ZeroDivisionError
    async with turns.turn():
        waits = asyncio.create_task(turns.turn().__aenter__())
        await asyncio.sleep(0)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
    async with turns.turn():
        pass


@pytest.mark.parametrize(
    "path", ["requests.json", "requests.xml", "requests.csv", "requests.geojson", "servicerequestupdates.json"]
)
async def test_the_lists_of_open311_wait_for_their_turn(
    small: Town, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await small.get(f"/open311/v2/{path}"))[0] == 200
    monkeypatch.setattr(Turns, "turn", full)
    async with small.session.get(f"{small.url}/open311/v2/{path}") as said:
        assert (said.status, said.headers["Retry-After"]) == (429, "1")
    assert (await small.get("/open311/v2/services.json"))[0] == 200


def full(self: Turns) -> object:
    raise Full
