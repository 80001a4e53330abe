"""The rules in force: taken at the start, read again when the file changes, and a wrong file changes nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.config import ConfigError
from bot.rule_book import RuleBook
from bot.rules_file import rules_in, shipped
from bot.store import Database, Keys, Store
from bot.texts import Texts
from tests.tables import tables_at
from tests.town import rows

ONE = "rules:\n  - name: one\n    then: {ask: desk}\n"
TWO = "rules:\n  - name: two\n    when: {area: g1}\n    then: {ask: street}\n"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    db = Database.open(tables_at(tmp_path / "book.db"))
    opened = await Store.open(db, Keys.load(tmp_path / "keys.json", create=True), Texts.load().render)
    await opened.replace_directory(rows())
    yield opened
    await db.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(ONE)
    return path


def write(file: Path, text: str | None) -> None:
    """As editors do it: another file takes its place; None: it is gone."""
    if text is None:
        file.unlink()
        return
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(file)


def names(store: Store) -> list[str]:
    return [rule.name for rule in store.rules.rules]


async def the_second(store: Store) -> None:
    """Waits until the second rules are in force."""
    async with asyncio.timeout(20):
        while names(store) != ["two"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_without_a_file_the_shipped_rules_hold_and_nothing_is_watched(store: Store) -> None:
    book = RuleBook("", store)
    assert store.rules is book.rules is shipped()
    await asyncio.wait_for(book.run(), 5)


async def test_a_changed_file_is_taken_and_an_unchanged_one_not_read(store: Store, file: Path) -> None:
    book = RuleBook(str(file), store)
    assert names(store) == ["one"]
    assert not await book.look()
    write(file, TWO)
    assert await book.look()
    assert names(store) == ["two"]
    assert not await book.look(anyway=True)  # the same words once more


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE.replace("desk", "boss"), "is no level"),
        (TWO.replace("g1", "g9"), "the directory has no area 'g9'"),
        ("rules: [", "key: value"),
        (None, "cannot be read"),
    ],
)
async def test_a_wrong_file_leaves_the_last_good_rules_and_is_logged_once(
    store: Store, file: Path, text: str | None, said: str
) -> None:
    book = RuleBook(str(file), store)
    write(file, text)
    with capture_logs() as logs:
        assert not await book.look()
        assert not await book.look()
    assert names(store) == ["one"]
    assert len(logs) == 1
    assert said in logs[0]["wrong"]
    write(file, TWO)
    assert await book.look()
    assert names(store) == ["two"]


async def test_a_wrong_file_at_the_start_stops_it(store: Store, file: Path) -> None:
    write(file, ONE.replace("desk", "boss"))
    with pytest.raises(ConfigError, match="line 3"):
        RuleBook(str(file), store)


async def test_a_start_with_an_area_nobody_knows_warns_and_goes_on(store: Store, file: Path) -> None:
    write(file, TWO.replace("g1", "g9"))
    with capture_logs() as logs:
        RuleBook(str(file), store)
    assert "'g9'" in logs[0]["wrong"]
    assert names(store) == ["two"]


async def test_a_hangup_signal_reads_the_file_at_once(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.rule_book.EVERY", 3600.0)
    book = RuleBook(str(file), store)
    task = asyncio.create_task(book.run())
    await asyncio.sleep(0)
    write(file, TWO)
    os.kill(os.getpid(), signal.SIGHUP)
    await the_second(store)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


async def test_the_file_is_looked_at_by_itself(store: Store, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.rule_book.EVERY", 0.01)
    task = asyncio.create_task(RuleBook(str(file), store).run())
    await asyncio.sleep(0)
    write(file, TWO)
    await the_second(store)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_which_rules_came_into_force_is_on_record(store: Store, file: Path) -> None:
    book = RuleBook(str(file), store)
    task = asyncio.create_task(book.run())
    try:
        async with asyncio.timeout(20):
            while (taken := await store.rules_at(datetime.now(UTC))) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
    assert (taken.version, taken.content) == (book.rules.version, ONE)
    assert rules_in(taken.content, str(file)) == book.rules


async def test_a_database_that_is_away_leaves_the_rules_in_force(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: str) -> bool:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(store, "take_rules", away)
    book = RuleBook("", store)
    with capture_logs() as logs:
        await book.run()
    assert [each["event"] for each in logs] == ["rules not on record"]
    monkeypatch.undo()
    await book.run()
    await book.run()
    taken = await store.rules_at(datetime.now(UTC))
    assert taken is not None
    assert taken.version == shipped().version
