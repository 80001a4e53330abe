"""At rest: what is personal is nowhere in the files in plain, and a value moved to another row is found out."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.messages import Media, MediaKind, Quoted, Sender
from bot.outcome import Draft, Link, Outcome, PhotoOrder
from bot.store import Database, Keys, Store
from bot.store.private import Tampered
from routing.case import Step, Verb
from tests.bot.store.cast import BOB, case_of, click, message, opened, private, thread_of
from tests.bot.store.conftest import render
from tests.databases import Servers
from tests.town import LI, NOON, rows

SECRETS = (
    "51239876", "沈阿姨", "桂花苑九幢", "楼道堆满纸箱", "偷听来的话", "已经清走了", "file-secret-7", "没人答的问题",
    "给干部的话", "邻居说的话", "李建国", "19900000001", "u-li", "30.1234", "addr-secret",
)  # fmt: skip


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir()]


async def test_no_personal_word_is_in_the_files(tmp_path: Path, servers: Servers, keys: Keys) -> None:
    db = Database.open(servers.sqlite(tmp_path / "w.db", tables=True))
    store = await Store.open(db, keys, render, now=lambda: NOON)
    await store.replace_directory(rows())
    user = "51239876"
    quoted = Quoted("1", False, "77", "邻居说的话", (Media(MediaKind.PHOTO, "file-secret-7"),))
    inbound = replace(
        message(user, "楼道堆满纸箱", quoted=quoted, location=(30.1234, 120.5)), sender=Sender(user, "沈阿姨")
    )
    mine = private(user, "楼道堆满纸箱")
    await store.keep([inbound, mine, message(BOB, "楼道堆满纸箱")])
    fields = {"place": "桂花苑九幢", "address_id": "addr-secret", "location": (30.1234, 120.5), "result": "已经清走了"}
    case = await opened(store, inbound, **fields)
    thread = await thread_of(store, inbound)
    alone = await store.thread(mine)
    await store.commit(
        Outcome(
            "1",
            (
                replace(alone, draft=Draft(NOON, text="偷听来的话")),
                Link("x" * 43, "seat", user, thread.resident.id, NOON),
                PhotoOrder("k", mine.at, Media(MediaKind.PHOTO, "file-secret-7"), case.number),
            ),
            (Step(case.number, Verb.NOTE, NOON, LI, "给干部的话"),),
            misses=("没人答的问题",),
        )
    )
    assert (await case_of(store, case.number)).place == "桂花苑九幢"
    files = contents(tmp_path)
    await db.close()
    files += contents(tmp_path)
    assert len(files) == 4  # the database, its WAL and shared memory; then the database alone
    for secret in SECRETS:
        assert not any(secret.encode() in content for content in files), secret


async def test_a_value_copied_to_another_row_is_found_out(store: Store) -> None:
    one, other = await opened(store, message()), await opened(store, message())
    copy = text("UPDATE cases SET sealed = (SELECT sealed FROM cases WHERE number = :one) WHERE number = :other")
    await store.db.write(lambda c: c.execute(copy, {"one": one.number, "other": other.number}))
    with pytest.raises(Tampered):
        await store.scene_for_case(other.number)
    await store.scene_for_case(one.number)


async def test_one_persons_key_in_anothers_place_is_found_out(store: Store, keys: Keys) -> None:
    first, second = message(), message(BOB)
    await opened(store, first)
    await opened(store, second)
    copy = text("UPDATE person_key SET wrapped = (SELECT wrapped FROM person_key WHERE id = :one) WHERE id = :other")
    ids = [(await thread_of(store, each)).resident.id for each in (first, second)]
    await store.db.write(lambda c: c.execute(copy, {"one": ids[0], "other": ids[1]}))
    with pytest.raises(Tampered):
        await store.known_thread(second)


async def test_a_database_of_another_key_file_is_refused(store: Store, db: Database) -> None:
    with pytest.raises(Exception, match="another key"):
        await Store.open(db, Keys.of(bytes(32)), render)


async def test_a_draft_in_private_keeps_its_address_when_it_is_forgotten(store: Store) -> None:
    inbound = private()
    thread = await store.thread(inbound)
    await store.commit(click("1", thread))
    read = await thread_of(store, inbound)
    assert (read.at, read.private) == (inbound.at, True)
