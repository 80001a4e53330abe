"""A picture is uploaded by one letter; the others wait for its name, or upload it themselves where none comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.channels.base import Fate
from bot.limits import UNLIMITED
from bot.messages import Address, Lane
from bot.store import bookings, pilots
from bot.store.database import Database
from bot.store.file_ids import KeptFileIds
from bot.store.leases import Leased, Terms, lease
from bot.store.letter_rows import Post
from tests.bot.outbox.app import NOON, App, fanout, group, letter, rows, says
from tests.bot.outbox.conftest import House
from tests.bot.outbox.test_bookings import S

TERMS = {
    name: Terms(name, {"telegram": UNLIMITED}, frozenset({"telegram"}), 20 * S, frozenset({"telegram"}))
    for name in ("one", "two")
}
GROUPS = [group(number) for number in range(1, 31)]


def leased(db: Database, worker: str = "one", now: datetime = NOON) -> Sequence[Leased]:
    return db.write_now(lambda c: lease(c, TERMS[worker], now, {})).letters


def sent(db: Database, each: Leased, worker: str = "one", now: datetime = NOON) -> None:
    db.write_now(lambda c: bookings.sent(c, TERMS[worker], each, str(each.parcel.id), now))


def fails(db: Database, each: Leased, worker: str = "one") -> None:
    db.write_now(lambda c: bookings.again(c, TERMS[worker], each, NOON, due=NOON + timedelta(hours=1)))


def named(db: Database, account: str = "b", key: str = "face") -> None:
    db.write_now(lambda c: pilots.keep(c, "telegram", account, key, "AgAC1"))


def test_one_letter_goes_ahead_and_the_others_follow_when_it_has_landed(db: Database) -> None:
    says(db, fanout("missing", GROUPS, photos=("face",)))
    [pilot] = leased(db)
    assert pilot.pilot
    assert leased(db, "two") == (), "nor do they in another worker's hand"
    named(db)
    sent(db, pilot)
    rest = [each for worker in ("one", "two") for each in leased(db, worker)]
    assert len(rest) == 29
    assert not any(each.pilot for each in rest)


def test_letters_without_that_picture_do_not_wait(db: Database) -> None:
    says(db, fanout("missing", GROUPS, photos=("face",)))
    [pilot] = leased(db)
    says(db, letter("a card", group(50), lane=Lane.DUTY), letter("its own picture", group(51), photos=("roof",)))
    assert sorted(each.parcel.text for each in leased(db)) == ["a card", "its own picture"]
    assert pilot.parcel.text == "missing"


def test_each_account_has_a_pilot_of_its_own(db: Database) -> None:
    says(db, fanout("missing", [*GROUPS, *(replace(each, bot="b2") for each in GROUPS)], photos=("face",)))
    first = leased(db)
    assert [(each.pilot, each.parcel.to.bot) for each in first] == [(True, "b"), (True, "b2")]
    named(db, "b2")
    sent(db, first[1])
    assert {each.parcel.to.bot for each in leased(db)} == {"b2"}


def test_where_no_name_comes_back_the_next_one_tries_and_then_everybody_for_himself(db: Database) -> None:
    says(db, fanout("missing", GROUPS, photos=("face",)))
    for _ in range(pilots.MOST):
        [pilot] = leased(db)
        assert pilot.pilot
        fails(db, pilot)
    rest = leased(db)
    assert len(rest) == 30 - pilots.MOST
    assert not any(each.pilot for each in rest)


@pytest.mark.parametrize("booked", ["ended", "gone", "moved", "expired"])
def test_whatever_becomes_of_the_pilot_the_others_go_on(db: Database, booked: str) -> None:
    says(db, fanout("missing", GROUPS, photos=("face",)))
    [pilot] = leased(db)
    terms, now = TERMS["one"], NOON + 21 * S
    match booked:
        case "ended":
            db.write_now(lambda c: bookings.ended(c, terms, pilot, NOON, Post.REFUSED, "x"))
        case "gone":
            db.write_now(lambda c: bookings.gone(c, terms, pilot, "kicked", NOON))
        case "moved":
            db.write_now(lambda c: bookings.moved(c, terms, pilot, "-77", NOON))
        case _:
            db.write_now(lambda c: bookings.expired(c, TERMS["two"], now, lambda *_: False))
    [second] = leased(db, "two", NOON if booked != "expired" else now)
    assert second.pilot
    assert second.parcel.id != pilot.parcel.id or booked == "moved"


def test_a_worker_that_died_with_the_pilot_keeps_nobody_waiting_for_ever(db: Database) -> None:
    says(db, fanout("missing", GROUPS, photos=("face",)))
    leased(db)
    [second] = leased(db, "two", NOON + 21 * S)
    assert second.pilot


def test_a_name_that_is_wrong_is_forgotten_and_a_newer_one_stays(db: Database) -> None:
    named(db)
    db.write_now(lambda c: pilots.forget(c, "telegram", "b", "face", "an older one"))
    assert db.read_now(lambda c: pilots.find(c, "telegram", "b", "face")) == "AgAC1"
    db.write_now(lambda c: pilots.forget(c, "telegram", "b", "face", "AgAC1"))
    says(db, fanout("missing", GROUPS, photos=("face",)))
    [pilot] = leased(db)
    assert pilot.pilot


async def test_names_are_known_after_a_restart_and_to_other_workers(db: Database) -> None:
    here, there = KeptFileIds(db, "telegram"), KeptFileIds(db, "telegram")
    await here.keep("b", "face", "AgAC1")
    assert await there.find("b", "face") == "AgAC1"
    assert await there.find("b2", "face") == ""
    await there.forget("b", "face", "AgAC1")
    await there.keep("b", "face", "AgAC2")
    await here.forget("b", "face", "AgAC1")
    assert await here.find("b", "face") == "AgAC2"


async def test_everybody_hears_it_and_nothing_is_left_behind(house: House, db: Database, app: App) -> None:
    """The pilot's call fails in every way; several accounts; in the end all have it once."""
    groups: list[Address] = [group(number, bot=f"b{number % 3}") for number in range(60)]
    app.uploads()
    app.fails(Fate.RETRY)
    app.floods(60)
    says(db, fanout("missing", groups, photos=("face",)))
    assert await house.sends()
    assert len(app.messages) == 60
    assert rows(db, "SELECT * FROM queue") == []
    assert rows(db, "SELECT * FROM file_id WHERE pilot IS NOT NULL") == []


async def test_the_first_call_is_alone_on_its_way(house: House, db: Database, app: App) -> None:
    app.uploads(db)
    app.hangs()
    says(db, fanout("missing", GROUPS, photos=("face",)))
    working = asyncio.create_task(house.sends())
    await app.is_called()
    await asyncio.sleep(0.05)
    assert len(app.calls) == 1
    app.goes_on()
    assert await working
    assert len(app.messages) == 30
