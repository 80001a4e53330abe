"""Guards that nothing else would miss: each of these fails when its line is taken out."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.channels.telegram_account import hush
from bot.desks import card, same
from bot.desks.groups import Hearing, hearing
from bot.desks.turn import Turn
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Quoted, Said, Sender
from bot.outcome import Fresh, Near, Scene
from bot.store import Database
from nlu.understand import BUDGET
from routing.case import Case, State
from routing.directory import Group, Hears
from tests.town import BOT, CHANNEL, GRID_1, GROUP_GRID_1, LI, NOON, town, user_of

GROUP = Address(CHANNEL, BOT, GROUP_GRID_1)


def said(**more: object) -> Inbound:
    return replace(Inbound("1", GROUP, Kind.MESSAGE, NOON, sender=Sender("u"), message_id="1", text="今天真热"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.EDITED])
@pytest.mark.parametrize("hears", [None, Hears.MENTION, Hears.LISTEN])
def test_ordinary_talk_is_never_kept(kind: Kind, hears: Hears | None) -> None:
    group = Group(CHANNEL, BOT, GROUP_GRID_1, GRID_1, "群", hears) if hears else None
    assert hearing(said(kind=kind), group, waiting=False, joins=False, clear=False) is Hearing.IGNORE


def test_who_reported_minutes_ago_is_not_overheard_but_may_send_the_photo() -> None:
    group = Group(CHANNEL, BOT, GROUP_GRID_1, GRID_1, "群", Hears.MENTION)
    assert hearing(said(), group, waiting=False, joins=True, clear=False) is Hearing.IGNORE
    photo = said(text="", media=(Media(MediaKind.PHOTO, "f"),))
    assert hearing(photo, group, waiting=False, joins=True, clear=False) is Hearing.TAKE
    to_a_neighbour = replace(photo, quoted=Quoted("7", user_id="bob"))
    assert hearing(to_a_neighbour, group, waiting=True, joins=True, clear=True) is Hearing.IGNORE


def test_in_a_mention_group_even_a_clear_report_is_not_overheard() -> None:
    group = Group(CHANNEL, BOT, GROUP_GRID_1, GRID_1, "群", Hears.MENTION)
    assert hearing(said(), group, waiting=False, joins=False, clear=True) is Hearing.IGNORE


def test_a_card_does_not_tell_of_a_private_matter_nearby() -> None:
    case = Case("11111111", State.RECEIVED, "r1", "t1", "m1", NOON, category="service.light", grid=GRID_1)
    private = replace(case, number="22222222", category="order.family", private=True)
    reach = {LI: Address(CHANNEL, BOT, user_of(LI))}

    def named(mine: Case, near: Case) -> bool:
        turn = Turn("c", Scene(Fresh("3", "t"), case=mine, near=(Near(near, 1.0),), reach=reach), town(), NOON)
        same.noticed(turn)
        card.show(turn, LI)
        return isinstance(turn.outcome("").letters[0].params["same"], Said)

    assert not named(case, private)
    assert named(replace(private, number="33333333"), private), "whoever has one of its kind may know"
    assert named(case, replace(case, number="44444444"))


def test_another_engine_has_a_fifth_of_a_second() -> None:
    assert BUDGET <= 0.2


def test_the_libraries_write_no_address_with_a_token_into_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("httpx", "httpcore", "telegram"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    hush()
    assert logging.getLogger("httpx").level >= logging.WARNING
    assert logging.getLogger("httpcore").level >= logging.WARNING
    assert logging.getLogger("telegram").level >= logging.INFO


async def test_what_is_erased_does_not_linger_in_free_pages(tmp_path: Path) -> None:
    db = Database.open(f"sqlite:///{tmp_path}/x.db")
    assert await db.write(lambda c: c.execute(text("PRAGMA secure_delete")).scalar()) == 2
    await db.close()


async def test_an_error_of_the_database_does_not_repeat_what_was_written(tmp_path: Path) -> None:
    db = Database.open(f"sqlite:///{tmp_path}/x.db")
    for verb in (db.write, db.read):
        with pytest.raises(DBAPIError) as error:
            await verb(lambda c: c.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": "李阿姨的话"}))
        assert "李阿姨" not in f"{error.value} {error.value!r}"
    await db.close()


async def test_two_processes_that_read_and_then_write_both_hold(tmp_path: Path) -> None:
    """An import beside the running bot: under a plain BEGIN the later one fails as "locked", or loses a write."""
    one, other = (Database.open(f"sqlite:///{tmp_path}/x.db") for _ in range(2))
    await one.write(lambda c: c.execute(text("CREATE TABLE t (n INTEGER)")))
    await one.write(lambda c: c.execute(text("INSERT INTO t VALUES (0)")))

    def count(connection: Connection) -> None:
        n = connection.execute(text("SELECT n FROM t")).scalar_one()
        connection.execute(text("UPDATE t SET n = :n"), {"n": n + 1})

    await asyncio.gather(*(each.write(count) for _ in range(40) for each in (one, other)))
    assert await one.read(lambda c: c.execute(text("SELECT n FROM t")).scalar()) == 80
    await one.close()
    await other.close()


def test_times_are_what_was_promised() -> None:
    from bot.store import inbox, tidying

    assert inbox.TRIES == 3
    assert timedelta(hours=1) >= tidying.BODIES_LIVE
