"""The inbox: known again by membership, in order per chat, one process per chat, parked after three tries."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Address, Inbound, Kind
from bot.outcome import Outcome
from bot.store import Database, Done, Keys, Store
from bot.store.inbox import LEASE_TIME
from tests.bot.store.cast import GROUP, everything, message, private
from tests.bot.store.conftest import render
from tests.thorough import many
from tests.town import BOT, CHANNEL, LI, NOON, rows, user_of

LATER = NOON + LEASE_TIME + timedelta(seconds=1)


@pytest.fixture
async def other(db: Database, keys: Keys, store: Store) -> Store:
    """The same database, served by another process."""
    return await Store.open(db, keys, render, now=lambda: NOON, worker="other")


def alone(*stores: Store) -> None:
    """SQLite is served by one process and leases nothing away; here it plays the part of a shared database."""
    for each in stores:
        each._tray.alone = False


async def test_what_is_new_is_ours_and_what_came_before_is_not(store: Store) -> None:
    first, second = message(), message()
    assert await store.keep([first, second]) == [first, second]
    assert await store.keep([second, first]) == []
    # Membership, not order: an id smaller than the last one is new all the same.
    early = message(key="0")
    assert await store.keep([early]) == [early]


async def test_all_messages_of_a_new_chat_in_one_batch_are_ours(store: Store) -> None:
    batch = [message(at=replace(GROUP, chat="-7")) for _ in range(3)]
    assert await store.keep(batch) == batch


async def test_messages_that_come_to_a_new_chat_at_the_same_moment_are_all_ours(store: Store) -> None:
    batch = [message(at=replace(GROUP, chat="-7")) for _ in range(20)]
    kept = await asyncio.gather(*(store.keep([each]) for each in batch))
    assert [each for ours in kept for each in ours] == batch


@pytest.mark.parametrize("count", [1, 2, 3, 7, 31, 40, 100])
async def test_of_a_batch_only_what_is_new_is_ours(store: Store, count: int) -> None:
    batch = [message(at=replace(GROUP, chat=f"-{n % 5}")) for n in range(count)]
    before = [each for n, each in enumerate(batch) if n % 3 == 1]
    await store.keep(before)
    assert await store.keep([*batch, *batch]) == [each for each in batch if each not in before]
    assert await store.keep(batch) == []
    assert len(everything(store)["inbox"]) == count


async def test_of_a_batch_with_ids_alone_what_is_heard_is_ours(store: Store) -> None:
    batch = [message() for _ in range(20)]
    heard = {each.cause for each in batch[::4]}
    await store.keep([batch[0], batch[5]], set())
    assert await store.keep(batch, heard) == batch[4::4]
    assert sum(row[4] is not None for row in everything(store)["inbox"]) == 4


async def test_the_same_id_of_another_bot_is_another_message(store: Store) -> None:
    here, there = message(key="7"), message(key="7", at=Address(CHANNEL, "bot2", GROUP.chat))
    assert await store.keep([here]) == [here]
    assert await store.keep([there]) == [there]


async def test_of_what_is_not_heard_only_the_id_is_stored(store: Store) -> None:
    heard, not_heard, ignored = message(), message(words="邻居闲聊"), replace(message(), kind=Kind.IGNORED)
    assert await store.keep([heard, not_heard, ignored], {heard.cause, ignored.cause}) == [heard]
    assert await store.keep([not_heard, ignored]) == []
    kept = everything(store)["inbox"]
    assert len(kept) == 3
    assert sum(row[4] is None for row in kept) == 2
    assert await store.keep([message()], lambda inbound: False) == []


async def test_after_a_crash_everything_unfinished_comes_again_in_order(store: Store, other: Store) -> None:
    inbounds = [message(words=str(n)) for n in range(5)]
    await store.keep(inbounds)
    await store.commit(Outcome(inbounds[1].cause))
    await store.drop(inbounds[3].cause)
    assert await other.claim("other", LATER) == [inbounds[0], inbounds[2], inbounds[4]]
    assert await other.claim("other", LATER) == []


async def test_a_chat_belongs_to_one_process_until_its_lease_ends(store: Store, other: Store) -> None:
    alone(store, other)
    first, second = message(), message()
    assert await store.keep([first]) == [first]
    assert await other.keep([second], worker="other") == []
    assert await other.claim("other", NOON) == []
    assert await store.claim("one", NOON) == [second]
    assert await other.claim("other", LATER) == [first, second]


async def test_two_processes_of_one_name_are_two(store: Store, other: Store) -> None:
    alone(store, other)
    inbound = message()
    assert await store.keep([inbound], worker="intake") == [inbound]
    assert await other.claim("intake", NOON) == []


async def test_a_chat_stays_with_the_process_that_is_still_at_work_in_it(store: Store, other: Store) -> None:
    alone(store, other)
    inbound = message()
    await store.keep([inbound], worker="one")
    half = NOON + LEASE_TIME * 2 / 3
    assert await store.claim("one", half) == []
    assert await other.claim("other", LATER) == []
    assert await other.claim("other", half + LEASE_TIME * 1.1) == [inbound]


async def test_a_message_is_not_handled_before_older_ones_of_a_process_that_died(store: Store, other: Store) -> None:
    alone(store, other)
    old = message()
    await store.keep([old], worker="one")
    new = message()
    assert await other.keep([new], worker="other", now=LATER) == []
    assert await other.claim("other", LATER) == [old, new]


async def test_a_message_that_fails_three_times_is_parked_until_somebody_puts_it_back(store: Store) -> None:
    inbound = message()
    await store.keep([inbound])
    assert [await store.fail(inbound.cause, f"fault {n}\x00", NOON) for n in range(3)] == [1, 2, 3]
    assert await store.claim("later", LATER) == []
    (parked,) = await store.parked()
    assert (parked.inbound, parked.tries, parked.error, parked.parked_at) == (inbound, 3, "fault 2", NOON)
    assert await store.retry(inbound.cause)
    assert not await store.retry(inbound.cause)
    assert await store.claim("later", LATER) == [inbound]
    await store.commit(Outcome(inbound.cause))
    assert await store.parked() == []
    assert await store.fail(inbound.cause, "late", NOON) == 0
    with pytest.raises(Done):
        await store.commit(Outcome(inbound.cause))


async def test_a_parked_message_does_not_hold_up_its_chat(store: Store) -> None:
    stuck, next_ = message(), message()
    await store.keep([stuck])
    for _ in range(3):
        await store.fail(stuck.cause, "x", NOON)
    assert await store.keep([next_]) == [next_]


async def test_what_was_dealt_with_leaves_an_id_and_no_words(store: Store) -> None:
    inbound = message()
    await store.keep([inbound])
    await store.drop(inbound.cause)
    assert not await store.drop(inbound.cause)
    (row,) = everything(store)["inbox"]
    assert row[4] is None


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_after_a_cancelled_keep_each_message_is_handed_out_once(store: Store, turns: int) -> None:
    inbounds = [message(at=replace(GROUP, chat=f"-{n % 4}")) for n in range(20)]
    tasks = [asyncio.ensure_future(store.keep([inbound])) for inbound in inbounds]
    for _ in range(turns + 1):
        await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    handed = [each for ours in results if isinstance(ours, list) for each in ours]
    handed += await store.keep(inbounds)  # the app sends them again
    handed += await store.claim("x", NOON)
    assert sorted(each.cause for each in handed) == sorted(each.cause for each in inbounds)


async def test_who_writes_in_private_can_be_written_to_until_they_leave(store: Store, other: Store) -> None:
    assert store.reach == {}
    li = private(user_of(LI))
    await store.keep([li])
    assert store.reach == {LI: li.at}
    assert (await store.scene(li, await store.thread(li))).person == LI
    await other.refresh()
    assert other.reach == {LI: li.at}
    assert (await store.thread(li)).resident.private == li.at
    await store.keep([replace(private(user_of(LI)), kind=Kind.LEFT)])
    assert store.reach == {}
    await store.keep([private(user_of(LI))])
    assert store.reach == {LI: li.at}
    await store.lost(li.at)
    assert store.reach == {}


async def test_where_a_bot_may_write_first_the_directory_says_where(db: Database, keys: Keys) -> None:
    store = await Store.open(db, keys, render, first={CHANNEL: BOT})
    await store.replace_directory(rows())
    assert store.reach[LI] == Address(CHANNEL, BOT, user_of(LI))


async def test_the_way_to_a_resident_is_remembered_for_their_group_talk(store: Store) -> None:
    alone_ = private()
    await store.keep([alone_])
    group = message()
    first = await store.thread(alone_)
    assert first.resident.private == alone_.at
    await store.commit(Outcome("1", (first,)))
    assert (await store.thread(group)).resident.private == alone_.at


def _chats(order: list[int]) -> list[Inbound]:
    return [message(at=replace(GROUP, chat=f"-{chat}")) for chat in order]


@settings(max_examples=many(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.integers(0, 3), max_size=25), batch=st.integers(1, 7), limit=st.integers(1, 9))
async def test_every_chat_keeps_its_order_however_it_is_stored_and_claimed(
    store: Store, other: Store, order: list[int], batch: int, limit: int
) -> None:
    inbounds = _chats(order)
    for n in range(0, len(inbounds), batch):
        await store.keep(inbounds[n : n + batch])
    claimed: list[Inbound] = []
    while got := await other.claim("other", LATER, limit):
        claimed += got
    for chat in range(4):
        at = replace(GROUP, chat=f"-{chat}")
        assert [each for each in claimed if each.at == at] == [each for each in inbounds if each.at == at]
    for each in inbounds:
        await other.drop(each.cause)
