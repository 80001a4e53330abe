"""The loop and the store keep to one core, leave it when others need it, and take nobody else along."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import cleaner
from bot.one_core import CORES, OneCore, Spent, crowded_out, roam
from bot.passwords import Passwords
from bot.store.database import Database

SECOND = 1_000_000_000
LOOP, WRITER = 1, 2

several = pytest.mark.skipif(sys.platform != "linux" or len(CORES) < 2, reason="one core: there is nothing to choose")


@pytest.fixture
def core() -> Iterator[OneCore]:
    core = OneCore()
    core.settle()
    yield core
    for thread in core.threads():
        with suppress(ProcessLookupError):  # It ended meanwhile: an earlier test's.
            os.sched_setaffinity(thread, CORES)


def spent(ran: int, waited: int, writer: int = 0) -> dict[int, Spent]:
    return {LOOP: Spent(ran, waited), WRITER: Spent(writer, 0)}


def test_waiting_for_somebody_else_is_a_reason_to_go() -> None:
    assert crowded_out(spent(0, 0), spent(SECOND // 2, SECOND // 2), LOOP, 1.0)


def test_waiting_for_our_own_writer_is_none() -> None:
    assert not crowded_out(spent(0, 0), spent(SECOND // 2, SECOND // 2, writer=SECOND // 2), LOOP, 1.0)


def test_an_idle_loop_has_no_reason() -> None:
    assert not crowded_out(spent(5, 7), spent(5, 7), LOOP, 1.0)


def test_a_thread_that_came_or_went_meanwhile_is_not_counted() -> None:
    before = {LOOP: Spent(0, 0)}
    after = {LOOP: Spent(0, SECOND // 2), WRITER: Spent(SECOND, 0)}
    assert crowded_out(before, after, LOOP, 1.0)
    assert not crowded_out({}, after, LOOP, 1.0)


@several
async def test_the_loop_and_the_store_share_one_core(tmp_path: Path) -> None:
    db = Database.open(f"sqlite:///{tmp_path / 'a.db'}")
    core = OneCore()
    core.settle()
    try:
        reads = [db.read(lambda c: (c.execute(text("SELECT 1")), os.sched_getaffinity(0))[1]) for _ in range(4)]
        homes = [
            *await asyncio.gather(*reads),
            await db.write(lambda c: os.sched_getaffinity(0)),
            os.sched_getaffinity(0),
        ]
        assert homes == [{core.core}] * 6
    finally:
        for thread in core.threads():
            os.sched_setaffinity(thread, CORES)
        await db.close()


@several
def test_all_move_together(core: OneCore) -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    before, threads = core.core, core.threads()
    core.move()
    assert core.core != before
    assert set(core.threads()) == set(threads) >= {threading.get_native_id(), other.native_id}
    done.set()
    other.join()


@several
def test_what_computes_by_itself_has_all_cores(core: OneCore) -> None:
    with ThreadPoolExecutor(1, initializer=roam) as pool:
        assert pool.submit(os.sched_getaffinity, 0).result() == CORES
    assert os.sched_getaffinity(0) == {core.core}


@several
async def test_passwords_have_all_cores(core: OneCore) -> None:
    passwords = Passwords()
    await passwords.hash("a-long-password")
    assert passwords._threads.submit(os.sched_getaffinity, 0).result() == CORES
    passwords.close()


@several
def test_a_picture_is_cleaned_on_any_core(core: OneCore) -> None:
    code = f"import os, runpy, sys; sys.argv = ['', *{list(map(str, CORES))!r}]\n"
    code += f"runpy.run_path({cleaner.__file__!r})['main']()\nprint(sorted(os.sched_getaffinity(0)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, check=True)
    assert done.stderr.decode().strip() == str(sorted(CORES))


def test_one_core_alone_is_left_as_it_is() -> None:
    core = OneCore({0})
    core.settle()
    assert core.core is None
    core.move()
    assert core.core is None


async def test_nothing_is_watched_where_nothing_is_kept() -> None:
    await OneCore(()).watch()
