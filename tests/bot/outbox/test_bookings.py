"""Leases and bookings on both databases: crashes, two workers, clocks that stop, and how little is read."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from bot.limits import TELEGRAM, UNLIMITED
from bot.messages import Lane
from bot.store import bookings
from bot.store.database import Database
from bot.store.leases import Haul, Leased, Terms, lease
from bot.store.letter_reads import unknown
from bot.store.letter_rows import Post
from bot.store.tables import ClockRow
from tests.bot.outbox.app import NOON, App, Time, fanout, group, letter, person, rows, says, states
from tests.bot.outbox.conftest import House, clean, tables

S = timedelta(seconds=1)
CLOCKS = ClockRow.metadata.tables["clock"]


def terms(worker: str = "one", limits: Any = UNLIMITED) -> Terms:
    return Terms(worker, {"telegram": limits}, frozenset({"telegram"}), 20 * S)


def hand_out(
    db: Database, worker: str = "one", now: Any = NOON, limits: Any = UNLIMITED, most: int = 64
) -> list[Leased]:
    return list(db.write_now(lambda c: lease(c, terms(worker, limits), now, {}, most)).letters)


def resend(lane: Lane, channel: str, edits: str, failures: int) -> bool:
    return lane != Lane.ALERT


# --- clocks


def runs(db: Database, kind: str, subject: str = "38164275") -> None:
    row = {
        "subject": subject, "kind": kind, "started_at": NOON, "due_at": NOON + 30 * S, "promised_at": NOON + 30 * S,
        "rung": 0, "version": 3,
    }  # fmt: skip
    db.write_now(lambda c: c.execute(insert(CLOCKS), row))


async def test_a_clock_stops_when_its_letter_is_recorded_as_sent(
    house: House, db: Database, app: App, time: Time
) -> None:
    runs(db, "sign")
    runs(db, "dispatch")
    runs(db, "sign", subject="99999999")
    app.is_offline()
    says(db, letter("received", case="38164275", stops="sign"))
    await house.sends()
    stopped = {(row["subject"], row["kind"]): row for row in rows(db, "SELECT * FROM clock")}
    assert stopped["38164275", "sign"]["version"] == 4
    assert stopped["38164275", "sign"]["stopped_at"] == rows(db)[0]["sent_at"]
    assert stopped["38164275", "dispatch"]["stopped_at"] is None
    assert stopped["99999999", "sign"]["stopped_at"] is None


async def test_a_clock_that_stopped_is_not_stopped_again(house: House, db: Database, app: App) -> None:
    runs(db, "sign")
    says(db, letter("received", case="38164275", stops="sign"))
    await house.sends()
    says(db, letter("once more", case="38164275", stops="sign dispatch"))
    await house.sends()
    [clock] = rows(db, "SELECT * FROM clock")
    assert clock["version"] == 4


async def test_no_clock_stops_for_a_letter_that_did_not_arrive(house: House, db: Database, app: App) -> None:
    runs(db, "sign")
    app.refuses()
    says(db, letter("received", case="38164275", stops="sign"))
    await house.sends()
    assert rows(db, "SELECT * FROM clock")[0]["stopped_at"] is None


# --- crashes


async def test_what_a_dead_worker_held_goes_again_or_to_a_person(
    house: House, db: Database, app: App, time: Time
) -> None:
    says(db, letter("reply", group(1), lane=Lane.REPLY), letter("alert", group(2), lane=Lane.ALERT))
    says(db, letter("after the alert", group(2), lane=Lane.ALERT))
    assert len(hand_out(db, "dead")) == 2
    time.passes(19)
    assert hand_out(db, "two", time.now) == [], "the lease has not run out"
    time.passes(2)
    await house.sends()
    assert app.reads("-1") == ["reply"]
    assert app.reads("-2") == ["after the alert"]
    [shown] = db.read_now(unknown)
    assert (shown.lane, shown.to) == (Lane.ALERT, group(2))
    assert "dead" in shown.error


async def test_a_worker_that_comes_back_takes_up_its_own_letters_at_once(
    house: House, db: Database, app: App, time: Time
) -> None:
    says(db, letter("reply"))
    hand_out(db, "one")
    before = time.now
    await house.sends(name="one")
    assert app.reads("-1") == ["reply"]
    assert app.calls[0].at == before


async def test_an_edit_whose_worker_died_is_repeated_even_in_an_alert(
    house: House, db: Database, app: App, time: Time
) -> None:
    says(db, letter("missing", slot="a", lane=Lane.ALERT))
    await house.sends()
    says(db, letter("found", slot="a", lane=Lane.ALERT))
    assert hand_out(db, "dead", time.now)[0].parcel.edits == "1"
    time.passes(21)
    await house.sends()
    assert app.reads("-1") == ["found"]


async def test_a_call_that_takes_long_is_no_dead_worker(house: House, db: Database, app: App, time: Time) -> None:
    says(db, letter("photo"))
    app.hangs()
    worker = house.worker(look=timedelta(seconds=1))
    running = asyncio.create_task(worker.run())
    await app.is_called()
    for _ in range(6):
        time.passes(8)
        worker.wake()
        await house.until(lambda: rows(db)[0]["lease_until"] > int(time.now.timestamp() * 1e6))
        db.write_now(lambda c: bookings.expired(c, terms("two"), time.now, resend))
    assert states(db) == {Post.LEASED: 1}
    app.goes_on()
    await house.until(lambda: states(db) == {Post.SENT: 1})
    await worker.stop()
    await running
    assert len(app.calls) == 1


def test_a_chat_stays_busy_until_its_dead_worker_is_dealt_with(db: Database) -> None:
    says(db, letter("one"), letter("two"))
    hand_out(db, "dead")
    later = NOON + 30 * S
    assert hand_out(db, "two", later) == []
    db.write_now(lambda c: bookings.expired(c, terms("two"), later, resend))
    assert [each.parcel.text for each in hand_out(db, "two", later)] == ["one"]


def test_that_it_was_sent_is_believed_even_late(db: Database) -> None:
    says(db, letter("reply"))
    [slow] = hand_out(db, "slow")
    later = NOON + 30 * S
    db.write_now(lambda c: bookings.expired(c, terms("two"), later, resend))
    assert states(db) == {Post.WAITING: 1}
    db.write_now(lambda c: bookings.sent(c, terms("slow"), slow, "7", later))
    assert hand_out(db, "two", later) == []
    assert states(db) == {Post.SENT: 1}
    assert rows(db, "SELECT * FROM queue") == []


def test_what_is_recorded_as_sent_stays_as_it_was_recorded(db: Database) -> None:
    says(db, letter("reply", slot="c1:status"))
    [slow] = hand_out(db, "slow")
    db.write_now(lambda c: bookings.sent(c, terms("slow"), slow, "7", NOON))
    db.write_now(lambda c: bookings.sent(c, terms("slow"), slow, "8", NOON + S))
    assert [row["ref"] for row in rows(db)] == ["7"]
    assert [row["ref"] for row in rows(db, "SELECT ref FROM slot")] == ["7"]


def test_a_late_failure_of_somebody_elses_letter_changes_nothing(db: Database) -> None:
    says(db, letter("reply"))
    [slow] = hand_out(db, "slow")
    later = NOON + 30 * S
    db.write_now(lambda c: bookings.expired(c, terms("two"), later, resend))
    [again] = hand_out(db, "two", later)
    db.write_now(lambda c: bookings.again(c, terms("slow"), slow, later, due=later))
    db.write_now(lambda c: bookings.ended(c, terms("slow"), slow, later, Post.REFUSED, "x"))
    assert rows(db)[0]["worker"] == "two"
    assert states(db) == {Post.LEASED: 1}
    db.write_now(lambda c: bookings.sent(c, terms("two"), again, "7", later))
    assert states(db) == {Post.SENT: 1}


def test_words_written_while_the_fate_was_unknown_edit_what_was_sent(db: Database) -> None:
    says(db, letter("first", slot="s"))
    [slow] = hand_out(db, "slow")
    later = NOON + 30 * S
    db.write_now(lambda c: bookings.expired(c, terms("two"), later, resend))
    says(db, letter("second", slot="s"), now=later)
    db.write_now(lambda c: bookings.sent(c, terms("slow"), slow, "7", later))
    [edit] = hand_out(db, "two", later)
    assert (edit.parcel.text, edit.parcel.edits) == ("second", "7")


def test_a_group_that_got_its_new_id_in_flight_is_freed_under_it(db: Database) -> None:
    says(db, letter("one"), letter("two"))
    [one] = hand_out(db)
    db.write_now(lambda c: c.exec_driver_sql("UPDATE outbox SET chat = '-1001'"))
    db.write_now(lambda c: c.exec_driver_sql("UPDATE queue SET chat = '-1001'"))
    db.write_now(lambda c: bookings.sent(c, terms(), one, "7", NOON))
    assert [each.parcel.to for each in hand_out(db)] == [group(1001)]


# --- several workers


def test_two_workers_never_get_the_same_letter_or_chat(url: str, db: Database) -> None:
    """Both lease as fast as they can, on connections of their own, while a third one writes."""
    taken: dict[str, list[Leased]] = {"one": [], "two": []}
    done = threading.Event()

    def work(name: str) -> None:
        mine = Database.open(url, readers=1)
        try:
            while True:
                last = done.is_set()
                got = hand_out(mine, name, most=5)
                taken[name] += got
                for each in got:
                    ref = str(each.parcel.id)
                    mine.write_now(lambda c: bookings.sent(c, terms(name), each, ref, NOON))  # noqa: B023
                if last and not got and not states(mine)[Post.WAITING]:
                    return
        finally:
            mine.close_now()

    workers = [threading.Thread(target=work, args=(name,)) for name in taken]
    for worker in workers:
        worker.start()
    for number in range(60):
        says(db, letter(f"{number}", group(number % 3)), letter(f"lower {number}", group(number % 3), lane=Lane.UPDATE))
    done.set()
    for worker in workers:
        worker.join(60)
    ids = [each.parcel.id for hand in taken.values() for each in hand]
    assert len(ids) == len(set(ids)) == 120
    assert states(db) == {Post.SENT: 120}
    assert db.write_now(lambda c: bookings.mend(c, NOON)) == 0
    assert rows(db, "SELECT * FROM queue") == []


@pytest.mark.postgres
def test_a_worker_does_not_wait_for_one_who_is_leasing(postgres: str) -> None:
    db, other = Database.open(postgres), Database.open(postgres)
    try:
        clean(db)
        says(db, letter("one"), letter("two", group(2)))
        hand_out(db, most=1)
        holds, goes = threading.Event(), threading.Event()

        def slow(c: Connection) -> None:
            lease(c, terms("slow"), NOON, {}, 1)
            holds.set()
            goes.wait(10)

        thread = threading.Thread(target=lambda: db.write_now(slow))
        thread.start()
        holds.wait(10)
        haul = other.write_now(lambda c: lease(c, terms("quick"), NOON, {}, 1))
        assert haul.letters == ()
        assert haul.next_at["telegram", "b"] - NOON < S, "it comes back soon"
        goes.set()
        thread.join(10)
    finally:
        db.close_now()
        other.close_now()


# --- how much is read


def test_a_lease_reads_no_more_with_a_long_backlog(tmp_path: Path) -> None:
    """Counted in SQLite's own steps."""
    db, steps = Database.open(f"sqlite:///{tmp_path}/house.db"), {}
    tables(db)
    for backlog in (20, 1000):
        says(db, *(fanout(f"f{n}", [group(number) for number in range(300)], lane=Lane.CHATTER)
                   for n in range(backlog // 20)), now=NOON)  # fmt: skip
        says(db, letter("reply", person(1)))
        counted = 0

        def count(c: Connection) -> int:
            def tick() -> int:
                nonlocal counted
                counted += 1
                return 0

            driver = c.connection.driver_connection
            driver.set_progress_handler(tick, 100)  # type: ignore[union-attr]
            letters = lease(c, terms(limits=TELEGRAM), NOON, {}, 8).letters
            driver.set_progress_handler(None, 100)  # type: ignore[union-attr]
            return len(letters)

        assert db.write_now(count) > 0
        steps[backlog] = counted
        clean(db)
    db.close_now()
    assert steps[1000] < 1.5 * steps[20] + 10, "in hundreds"


async def test_a_letter_costs_one_lease_and_a_quiet_house_none(
    house: House, db: Database, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases: list[int] = []

    def counted(*asked: Any) -> Haul:
        haul = lease(*asked)
        leases.append(len(haul.letters))
        return haul

    monkeypatch.setattr("bot.outbox.lease", counted)
    time.stands = True
    worker = house.worker(limits=UNLIMITED)
    running = asyncio.create_task(worker.run())
    for number in range(1, 6):
        says(db, letter("hello", person(number)))
        worker.wake()
        await house.until(lambda number=number: states(db)[Post.SENT] == number and not worker.busy)  # type: ignore[misc]
    await worker.stop()
    await running
    assert [count for count in leases if count] == [1] * 5
    assert leases.count(0) <= 1  # The look when it began.
