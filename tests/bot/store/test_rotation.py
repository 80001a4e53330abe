"""Other keys while the bot runs: nobody meets a value they cannot open, and what was broken off is finished."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select
from sqlmodel import SQLModel

from bot.messages import Media, MediaKind
from bot.outcome import Link, Outcome, PhotoOrder
from bot.store import Database, Keys, Store, accounts_audit, web_chat, web_message
from bot.store.accounts_audit import Deed
from bot.store.letter_rows import PAYLOADS
from bot.store.private import Tampered, ages
from bot.store.rotation import change_data_keys, standing, wrap_anew
from bot.store.rows import key_of
from bot.store.sealed_places import PLACES
from bot.store.tables import PERSON_KEY, REACH, RESIDENT
from routing.case import Step, Verb
from tests.bot.store.cast import ALICE, BOB, case_of, message, opened, private, report, thread_of
from tests.bot.store.conftest import render
from tests.town import LI, NOON, rows


@dataclass
class Two:
    """A house with a little of everything in it, as two processes see it."""

    db: Database
    store: Store  #: The command's.
    other: Store  #: The running bot's.
    numbers: list[str]

    async def reads_everything(self) -> None:
        """The running bot reads what it has; nothing may fail."""
        other = self.other
        for number in self.numbers:
            case = await case_of(other, number)
            assert case.words and case.place
        assert (await thread_of(other, message())).resident.name == "爱丽丝阿姨"
        assert (await thread_of(other, private())).at.chat == ALICE
        assert await other.db.read(lambda c: other.house.open("reach|sealed", *_reach(c)))
        assert [each.text for each in await other.db.read(lambda c: web_message.page(c, "chen", keys=other.keys))]

    async def notices(self, _: float = 0.0) -> None:
        """What passes while the command waits: the bot looks, reads, and writes something new."""
        await self.reads_everything()
        await self.other.refresh()
        await self.reads_everything()
        self.numbers.append((await opened(self.other, message(BOB), place="桂花苑")).number)


def _reach(connection: object) -> tuple[str, bytes]:
    row = connection.execute(select(REACH)).first()  # type: ignore[attr-defined]
    return f"{row.channel}|{row.bot}|{row.user_ix.hex()}", row.sealed


@pytest.fixture
async def two(tables_url: str, tmp_path: Path) -> AsyncIterator[Two]:
    db = Database.open(tables_url)
    beside = Database.open(tables_url)
    path = tmp_path / "keys.json"
    store = await Store.open(db, Keys.load(path, create=True), render, now=lambda: NOON)
    await store.replace_directory(rows())
    case = await opened(store, message(), place="柳岸路1号")
    alone = private()
    await store.keep([alone])
    talk = await store.thread(alone)
    resident = talk.resident.id
    step = Step(case.number, Verb.NOTE, NOON, LI, "记一笔")
    order = PhotoOrder("k", alone.at, Media(MediaKind.PHOTO, "f1"), case.number)
    link = Link("x" * 43, "case", case.number, resident, NOON)
    await store.commit(Outcome("c1", (talk, link, order), (step,), misses=("没人答的问题",)))

    def more(connection: object) -> None:
        web_chat.add_user(connection, "chen", "陈奶奶", NOON, store.keys)  # type: ignore[arg-type]
        web_chat.open_private(connection, "chen")  # type: ignore[arg-type]
        said = web_chat.Message("w1", "chen", "chen", NOON, text="路灯坏了")
        web_message.write(connection, said, store.keys)  # type: ignore[arg-type]
        key = key_of(connection, store.keys, resident)  # type: ignore[arg-type]
        accounts_audit.write(connection, store.house, "feng", Deed.UNMASK, case.number, NOON, "回访", key)  # type: ignore[arg-type]

    await db.write(more)
    other = await Store.open(beside, Keys.load(path), render, now=lambda: NOON)
    yield Two(db, store, other, [case.number])
    await beside.close()
    await db.close()


async def _all_new(two: Two) -> None:
    """Every value opens, and under the key that seals now, but for the audit's lines."""
    keys = Keys.load(two.store.keys.path or "")

    def look(connection: object) -> int:
        count = 0
        for place in PLACES:
            for row in place.rows(connection, None, 1000):  # type: ignore[arg-type]
                sealed = place.sealed(row)
                if sealed is None:
                    continue
                key = key_of(connection, keys, place.owner(row))  # type: ignore[arg-type]
                assert key is not None
                assert place.fixed or key.opens_newly(place.name, place.row(row), sealed), place.name
                assert key.open(place.name, place.row(row), sealed)
                count += 1
        return count

    assert await two.db.read(look) > 15


async def test_data_keys_are_changed_while_the_bot_reads_and_writes(two: Two) -> None:
    before = dict(await _held(two))
    done = await change_data_keys(two.db, two.store.keys, NOON, wait=two.notices)
    assert done.changed >= 4 and done.sealed > 10
    await two.notices()
    await _all_new(two)
    after = dict(await _held(two))
    kept = (await thread_of(two.other, private())).resident.id
    assert [owner for owner, wrapped in after.items() if len(ages(wrapped)) > 1] == [kept], "their line in the audit"
    keys = two.store.keys
    for owner in before.keys() - {kept}:
        old, new = keys.unwrap(owner, before[owner]), keys.unwrap(owner, after[owner])
        assert old is not None and new is not None
        with pytest.raises(Tampered):
            old.open("a|b", "1", new.seal("a|b", "1", "x"))


async def test_done_twice_everybody_has_a_third_key(two: Two) -> None:
    await change_data_keys(two.db, two.store.keys, NOON, wait=two.notices)
    await change_data_keys(two.db, two.store.keys, NOON, wait=two.notices)
    await _all_new(two)
    await two.reads_everything()


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", [1, 3, 6, 10, 15, 21])
async def test_whoever_is_killed_goes_on_where_it_stood(two: Two, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Killed after so many transactions; another command finishes it, and the bot reads all the while."""
    count, write = itertools.count(1), two.db.write

    def dies(fn: object) -> object:
        if next(count) > after:
            raise Killed
        return write(fn)  # type: ignore[arg-type]

    monkeypatch.setattr(two.db, "write", dies)
    try:
        await change_data_keys(two.db, two.store.keys, NOON, wait=two.notices)
        died = False
    except Killed:
        died = True
    monkeypatch.undo()
    await two.reads_everything()
    began = (await two.db.read(standing)).changing
    await two.notices()
    if died:
        done = await change_data_keys(two.db, Keys.load(two.store.keys.path or ""), NOON, wait=two.notices)
        assert done.changed or done.sealed or not began
    await _all_new(two)
    kept = (await thread_of(two.other, private())).resident.id
    assert {owner for owner, wrapped in await _held(two) if len(ages(wrapped)) > 1} == {kept}


async def _held(two: Two) -> list[tuple[str, bytes]]:
    held = select(PERSON_KEY.c.id, PERSON_KEY.c.wrapped)
    return [(row.id, row.wrapped) for row in await two.db.read(lambda c: c.execute(held).all())]


async def test_a_new_tree_wraps_every_key_and_the_old_one_may_go(two: Two) -> None:
    keys = two.store.keys
    old = keys.current
    new = keys.add_tree()
    await two.reads_everything()
    fresh = await opened(two.other, message("41003"), place="河边")  # Wrapped by the old tree: it did not look yet.
    assert await wrap_anew(two.db, keys, wait=two.notices) >= 4
    assert (await two.db.read(standing)).under == {new: len(await _held(two))}
    assert await wrap_anew(two.db, keys, wait=two.notices) == 0
    two.numbers.append(fresh.number)
    keys.drop(old)
    await two.other.follow_keys()
    await two.notices()
    assert two.other.keys.current == new


async def test_many_messages_at_once_meanwhile(two: Two) -> None:
    async def goes_on() -> None:
        for n in range(30):
            await two.other.look()
            inbound = message(str(50000 + n))
            outcome = await report(two.other, inbound, place="河边")
            await two.other.commit(outcome)
            await thread_of(two.other, inbound)

    async def rotates() -> None:
        async def wait(_: float) -> None:
            await two.other.refresh()
            await asyncio.sleep(0)

        await change_data_keys(two.db, two.store.keys, NOON, wait=wait)

    await asyncio.gather(goes_on(), rotates())
    await two.other.refresh()
    await _all_new(two)


def test_every_sealed_column_is_in_the_list() -> None:
    """Whoever adds one adds it there, or a change of keys would leave it behind."""
    listed = {(place.table.name, place.column) for place in PLACES}
    for name, table in SQLModel.metadata.tables.items():
        for column in table.columns:
            if isinstance(column.type, LargeBinary) and column.name in ("sealed", "payload"):
                assert (name, column.name) in listed, f"{name}.{column.name}: add it to bot/store/sealed_places.py"
    assert (PAYLOADS.name, "text") in listed and (RESIDENT.name, "sealed") in listed
