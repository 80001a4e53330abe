"""Somebody is erased: of what they said, sent and are no readable byte is left, in copies of before neither."""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Connection, bindparam, select, text
from sqlmodel import SQLModel
from structlog.testing import capture_logs

from bot.messages import Inbound, Kind, Media, MediaKind, Sender
from bot.photos import PhotoGone, Photos
from bot.store import Database, Keys, accounts_audit, erasure
from bot.store.accounts_audit import Deed
from bot.store.private import HOUSE
from bot.store.rotation import change_data_keys
from bot.store.rows import key_of
from bot.store.sealed_places import PLACES
from bot.store.tables import PERSON_KEY
from nlu.model import Model
from tests.databases import Servers
from tests.rig import Rig, rig

#: What is said, named or sent in the conversation below, and whoever's it is.
SAID = (
    "半夜吵架", "绿铁门", "13812345678", "330106199003071234", "周美玲", "孙女住在隔壁", "已经上门劝过", "家属来电问她",
)  # fmt: skip
MEI = "u-mei-77120043"
_WRAPPED = select(PERSON_KEY.c.wrapped).where(PERSON_KEY.c.id == bindparam("its"))


def _jpeg() -> bytes:
    """A picture whose bytes are known again: noise does not pack into other bytes."""
    out = io.BytesIO()
    Image.effect_noise((96, 96), 80).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


async def _conversation(house: Rig) -> str:
    """What Mei does with the bot; returns her resident's id."""
    at = replace(house.at("mei", "private"), chat=MEI)

    async def says(words: str, n: int, **more: object) -> None:
        hello = Inbound(f"mei{n}", at, Kind.MESSAGE, house.clock(), private=True, addressed=True, message_id=f"mm{n}")
        await house.comes(replace(hello, sender=Sender(MEI, "周美玲"), text=words, **more))

    house.app.pictures["f1"] = _jpeg()
    await says("你好", 1)
    await says("邻居天天半夜吵架骂人砸东西,柳岸路1号绿铁门里,我电话13812345678,身份证330106199003071234", 2)
    await says("孙女住在隔壁", 3)
    case = await house.newest()
    await says("", 4, media=(Media(MediaKind.PHOTO, "f1", "f1"),))
    await house.presses("li", house.last("li", "card.case"), "accept")
    await house.presses("li", house.last("li", "card.case"), "finish")
    await house.says("li", "private", "已经上门劝过")
    store = house.store

    def looked(connection: Connection) -> None:
        key = key_of(connection, store.keys, case.reporter)
        accounts_audit.write(
            connection, store.house, "feng", Deed.UNMASK, case.number, house.clock(), "家属来电问她", key
        )  # fmt: skip

    await store.db.write(looked)
    assert (await house.case(case.number)).photos, "the picture came with the case"
    return case.reporter


def _bytes(*folders: Path) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield path.name, path.read_bytes()


def _plain(words: tuple[str, ...], *folders: Path) -> list[tuple[str, str]]:
    files = list(_bytes(*folders))
    assert files
    return [(word, name) for name, content in files for word in words if word.encode() in content]


async def _opens(db: Database, keys: Keys) -> list[str]:
    """Everything that still opens in this database with these keys, as text."""

    def look(connection: Connection) -> list[str]:
        found = []
        for place in PLACES:
            for row in place.rows(connection, None, 1000):
                key, sealed = key_of(connection, keys, place.owner(row)), place.sealed(row)
                if key and sealed:
                    found.append(repr(key.open(place.name, place.row(row), sealed)))
        return found

    return await db.read(look)


@pytest.fixture
def url(engine: str, servers: Servers, tmp_path: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield ""
    else:
        url = servers.postgres()
        yield url
        servers.drop(url)


async def _copied(folder: Path) -> Path:
    """A backup of the database and the photos, as an operator makes it; the key file is kept apart."""
    to = folder / "backup"
    to.mkdir()
    with closing(sqlite3.connect(folder / "town.db")) as old, closing(sqlite3.connect(to / "town.db")) as new:
        old.backup(new)
    shutil.copytree(folder / "photos", to / "photos")
    return to


async def _keys_change(house: Rig, folder: Path) -> None:
    """The house gets another key of its own, and copies of before are not to open any more."""
    store = house.store

    async def wait(_: float) -> None:
        await store.refresh()

    await change_data_keys(store.db, store.keys, house.clock(), only=HOUSE, keep=timedelta(0), wait=wait)
    await store.follow_keys()
    assert await _opens(store.db, Keys.load(folder / "keys"))


async def test_nothing_readable_is_left_of_who_was_erased(tmp_path: Path, model: Model, url: str) -> None:
    photos_folder, files = tmp_path / "photos", [tmp_path / f"town.db{end}" for end in ("", "-wal", "-shm")]
    with capture_logs() as logs:
        async with rig(tmp_path, model, url=url) as house:
            resident = await _conversation(house)
            store, db = house.store, house.store.db
            before = " ".join(await _opens(db, store.keys))
            assert all(word in before for word in ("半夜吵架", "周美玲", "孙女住在隔壁", "已经上门劝过", MEI)), (
                "it was there"
            )
            wrapped = await db.read(lambda c: c.scalar(_WRAPPED, {"its": resident}))
            pictures = await db.read(lambda c: erasure.photos_of(c, store.keys, resident))
            photos = Photos(str(photos_folder), keys=store.keys)
            shown = await photos.read(pictures[0])
            assert not [name for name, content in _bytes(photos_folder) if shown[50:90] in content], "sealed"
            backup = await _copied(tmp_path) if not url else tmp_path
            await photos.delete(pictures)
            assert await store.erase(resident)
            await db.fold()
            after = " ".join(await _opens(db, store.keys))
            assert [word for word in (*SAID, MEI) if word in after] == []
            assert not [row for row in await db.read(_every_row) if MEI in row]
            assert store.keys.unwrap(resident, wrapped) is None, "not by the row of before either"
            assert Keys.load(tmp_path / "keys").unwrap(resident, wrapped) is None
            assert not list(_bytes(photos_folder))
            if not url:
                assert files[1].stat().st_size == 0, "nothing lies in the log"
                assert not [word for word in (*SAID, MEI) for file in files if word.encode() in file.read_bytes()]
            if url:
                assert not _in_postgres(db, shown[50:90])
            await house.says("mei", "willow", "@bot 柳岸路3号路灯坏了")
            assert (await house.newest()).words, "life goes on"
            await _keys_change(house, tmp_path)
    assert [word for word in (*SAID, MEI) if word in repr(logs)] == []
    if not url:
        await _is_silent(backup, Keys.load(tmp_path / "keys"), resident, pictures, shown)


def _in_postgres(db: Database, piece: bytes) -> list[tuple[str, str]]:
    """What of it lies in the server's files: the database's own, and its log of all that was ever written."""
    with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as desk:
        desk.execute(text("VACUUM"))
        desk.execute(text("CHECKPOINT"))
        home = Path(desk.execute(text("SHOW data_directory")).scalar_one())
        own = desk.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()")).scalar_one()
    words = [word.encode() for word in SAID] + [piece]
    files = list(_bytes(home / "base" / str(own), home / "pg_wal"))
    assert len(files) > 100
    return [(name, word.decode("utf-8", "replace")) for name, content in files for word in words if word in content]


def _every_row(connection: Connection) -> list[str]:
    return [
        repr(tuple(row))
        for name in SQLModel.metadata.tables
        for row in connection.execute(text(f'SELECT * FROM "{name}"'))
    ]


async def _is_silent(backup: Path, keys: Keys, resident: str, pictures: list[str], shown: bytes) -> None:
    """The copy of before, opened with the key file of now: for everybody else it opens."""
    assert _plain(SAID, backup) == []
    assert not [name for name, content in _bytes(backup) if shown[50:90] in content]
    db = Database.open(f"sqlite:///{backup / 'town.db'}")
    try:
        assert await db.read(lambda c: c.scalar(_WRAPPED, {"its": resident})), "the copy still has the wrapped key"
        opens = " ".join(await _opens(db, keys))
        assert "李建国" in opens, "everybody else opens"
        assert [word for word in (*SAID, MEI) if word in opens] == []
        photos = Photos(str(backup / "photos"), keys=keys)
        assert await photos.names()
        for key in pictures:
            with pytest.raises(PhotoGone):
                await photos.read(key)
    finally:
        await db.close()


async def test_an_older_copy_put_back_shows_nothing_of_them_and_works_on(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        resident = await _conversation(house)
        number = (await house.newest()).number
        await house.says("bob", "willow", "@bot 桂花苑1幢1单元楼下垃圾堆了好几天没人清运")
        backup = await _copied(tmp_path)
        await house.store.erase(resident)
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"town.db{end}").unlink(missing_ok=True)
    shutil.copy(backup / "town.db", tmp_path / "town.db")
    async with rig(tmp_path, model) as house:
        case, store = await house.case(number), house.store
        assert (case.words, case.place) == ("", "")
        assert (await house.newest()).words, "of others it shows all"
        gone, _ = await store.db.read(lambda c: erasure.left_over(c, store.keys, ""))
        assert gone == [resident], "and the house finds out whom it has to erase once more"
        assert await store.erase(resident)
        assert await store.db.read(lambda c: erasure.left_over(c, store.keys, "")) == ([], "")
        assert not [row for row in await store.db.read(_every_row) if MEI in row]
