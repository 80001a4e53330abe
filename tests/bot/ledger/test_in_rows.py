"""The ledger in rows: once by key, one behind another, never changed; balances beside it; the first bad entry named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.ledger import Account, Entry, Purse, Reason
from bot.outcome import Outcome
from bot.store import Database, Done, Stale
from bot.store.ledger import Bad, NotBooked, Wrong, first_bad, newest_of, post, purse_of, put
from tests.bot.ledger.till import Till
from tests.town import NOON


def earned(key: str, amount: int = 60, holder: str = "h1", **more: object) -> Entry:
    entry = Entry(key, holder, Account.STREET, Account.PENDING, amount, Reason.TENANT, f"thing {key}", NOON)
    return replace(entry, **more)  # type: ignore[arg-type]


def freed(key: str, amount: int = 60, holder: str = "h1", lot: int = 2026) -> Entry:
    return Entry(key, holder, Account.PENDING, Account.POINTS, amount, Reason.FREED, "thing", NOON, lot)


def test_an_entry_booked_twice_is_booked_once(till: Till) -> None:
    entry = earned("a")
    assert till.db.write_now(lambda c: post(c, [entry])) == 1
    assert till.db.write_now(lambda c: post(c, [entry, earned("b")])) == 1
    again = replace(entry, at=NOON + timedelta(hours=1))  # A replay comes later than the first.
    assert till.db.write_now(lambda c: post(c, [again])) == 0
    assert till.balances() == {("", "street", 0): -120, ("h1", "pending", 0): 120}
    assert till.bad() is None


def test_the_same_key_with_another_amount_is_refused(till: Till) -> None:
    till.db.write_now(lambda c: post(c, [earned("a")]))
    with pytest.raises(NotBooked):
        till.db.write_now(lambda c: post(c, [earned("a", 61)]))


@pytest.mark.parametrize("other", [{"amount": 61}, {"holder": "h2"}, {"thing": "x"}, {"reason": Reason.HAZARD}])
def test_the_same_key_with_another_body_is_refused_and_nothing_is_booked(till: Till, other: dict[str, object]) -> None:
    till.db.write_now(lambda c: post(c, [earned("a")]))
    before = till.balances()
    with pytest.raises(NotBooked, match="stands for another"):
        till.db.write_now(lambda c: post(c, [earned("b"), earned("a", **other)]))  # type: ignore[arg-type]
    assert (till.balances(), till.seq(), till.bad()) == (before, 1, None)


def test_more_than_there_is_is_not_taken(till: Till) -> None:
    till.db.write_now(lambda c: post(c, [earned("a", 60), freed("b", 60)]))
    held = Entry("c", "h1", Account.POINTS, Account.HELD, 61, Reason.ORDERED, "o", NOON, 2026)
    for entry in (held, replace(held, amount=1, lot=2025), replace(held, amount=1, holder="h2"), freed("d", 1)):
        with pytest.raises(Stale):
            till.db.write_now(lambda c, entry=entry: post(c, [entry]))
    repaid = Entry("e", "h1", Account.PENDING, Account.OWED, 1, Reason.SETTLED, "t", NOON)
    till.db.write_now(lambda c: post(c, [earned("f", 5)]))
    with pytest.raises(Stale, match="not owed"):
        till.db.write_now(lambda c: post(c, [repaid]))
    assert till.seq() == 3
    assert till.bad() is None


def test_a_clock_that_went_back_books_nothing(till: Till) -> None:
    till.db.write_now(lambda c: post(c, [earned("a")]))
    seconds = earned("b", at=NOON - timedelta(seconds=90))  # Two machines are never quite of one mind.
    till.db.write_now(lambda c: post(c, [seconds]))
    with pytest.raises(NotBooked, match="before what is booked"):
        till.db.write_now(lambda c: post(c, [earned("c", at=NOON - timedelta(minutes=3))]))
    assert (till.seq(), till.bad()) == (2, None)


def test_the_database_itself_changes_and_deletes_no_entry(till: Till) -> None:
    till.db.write_now(lambda c: post(c, [earned("a")]))
    truncate = () if till.db.sqlite else ("TRUNCATE ledger",)  # SQLite has none.
    for statement in ("UPDATE ledger SET amount = 1", "DELETE FROM ledger", *truncate):
        with pytest.raises(DBAPIError, match="only added to"):
            till.db.write_now(lambda c, its=statement: c.execute(text(its)))
    assert till.seq() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_account SET balance = -1 WHERE account = 'pending'",
        "INSERT INTO ledger_account VALUES ('h9', 'owed', 0, 1)",
        "INSERT INTO ledger SELECT seq + 1, 'k', holder, payer, payee, -5, reason, thing, at, lot, bound, follows"
        " FROM ledger",
        "INSERT INTO ledger SELECT seq + 1, 'k', holder, payer, payer, 5, reason, thing, at, lot, bound, follows"
        " FROM ledger",
        "INSERT INTO ledger SELECT seq + 1, 'k', holder, payer, payee, 5, reason, thing, at, lot, follows, bound"
        " FROM ledger",
        "INSERT INTO ledger_head SELECT 2, seq, bound, at FROM ledger_head",
    ],
)
def test_the_database_itself_takes_nothing_that_cannot_be(till: Till, statement: str) -> None:
    till.db.write_now(lambda c: post(c, [earned("a")]))
    with pytest.raises(DBAPIError):
        till.db.write_now(lambda c: c.execute(text(statement)))


# --- tampering, by somebody who can take the triggers away


def tampered(till: Till, statement: str) -> Bad | None:
    def write(c: Connection) -> Bad | None:
        if till.db.sqlite:
            for change in ("update", "delete"):
                c.execute(text(f"DROP TRIGGER IF EXISTS ledger_no_{change}"))
        else:
            c.execute(text("SET LOCAL session_replication_role = replica"))
        c.execute(text(statement))
        return first_bad(c)

    return till.db.write_now(write)


@pytest.mark.parametrize(
    ("statement", "bad"),
    [
        ("UPDATE ledger SET holder = 'h2' WHERE seq = 3", Bad(Wrong.CHAIN, 3, "c")),
        ("UPDATE ledger SET at = at + 1 WHERE seq = 1", Bad(Wrong.CHAIN, 1, "a")),
        ("UPDATE ledger SET bound = follows WHERE seq = 2", Bad(Wrong.CHAIN, 2, "b")),
        ("UPDATE ledger SET reason = 'lapsed' WHERE seq = 2", Bad(Wrong.NO_ENTRY, 2, "b")),
        ("DELETE FROM ledger_head", Bad(Wrong.END, 4)),
        ("UPDATE ledger_head SET seq = 5", Bad(Wrong.END, 4)),
        ("INSERT INTO ledger_account VALUES ('h7', 'points', 2026, 5)", Bad(Wrong.BALANCE, 0, "h7/points/2026")),
    ],
)  # fmt: skip
def test_verifying_names_the_first_bad_entry(till: Till, statement: str, bad: Bad) -> None:
    till.db.write_now(lambda c: post(c, [earned("a"), freed("b"), earned("c", 20), earned("d", 30, "h2")]))
    assert till.bad() is None
    assert tampered(till, statement) == bad


def test_a_changed_amount_is_found(till: Till) -> None:
    till.db.write_now(lambda c: post(c, [earned("a"), earned("b")]))
    assert tampered(till, "UPDATE ledger SET amount = 59 WHERE seq = 1") == Bad(Wrong.CHAIN, 1, "a")


def test_a_missing_entry_is_found(till: Till) -> None:
    till.db.write_now(lambda c: post(c, [earned("a"), earned("b")]))
    assert tampered(till, "DELETE FROM ledger WHERE seq = 1") == Bad(Wrong.GAP, 2, "b")


def test_a_missing_end_is_found(till: Till) -> None:
    till.db.write_now(lambda c: post(c, [earned("a"), earned("b")]))
    assert tampered(till, "DELETE FROM ledger WHERE seq = 2") == Bad(Wrong.END, 1)


def test_a_balance_that_is_not_the_sum_is_found(till: Till) -> None:
    till.db.write_now(lambda c: post(c, [earned("a")]))
    changed = tampered(till, "UPDATE ledger_account SET balance = 61 WHERE account = 'pending'")
    assert changed == Bad(Wrong.BALANCE, 0, "h1/pending")


def test_an_empty_ledger_is_right(till: Till) -> None:
    assert till.bad() is None
    assert till.purse("alice").newest is None


# --- purses


def test_a_purse_is_the_sum_of_its_entries(till: Till) -> None:
    holder = till.purse("alice").holder

    def write(c: Connection) -> None:
        put(c, Purse(holder, "alice"))
        post(c, [earned("a", 60, holder), freed("b", 50, holder, 2025), freed("c", 4, holder)])
        post(c, [Entry("d", holder, Account.POINTS, Account.HELD, 20, Reason.ORDERED, "o", NOON, 2025)])
        post(c, [Entry("e", holder, Account.OWED, Account.STREET, 7, Reason.CLAWED, "t", NOON)])

    till.db.write_now(write)
    assert till.purse("alice") == Purse(holder, "alice", ((2025, 30), (2026, 4)), 6, 20, 7, NOON, 1)
    newest = till.db.read_now(lambda c: newest_of(c, holder, 2))
    assert [entry.key for entry in newest] == ["e", "d"]
    assert till.bad() is None


def test_two_at_once_on_one_purse_are_one(till: Till) -> None:
    first, second = till.purse("alice"), till.purse("alice")
    till.commit(Outcome("1", (first,), entries=(earned("a", holder=first.holder),)))
    with pytest.raises(Stale):
        till.commit(Outcome("2", (second,), entries=(earned("b", holder=second.holder),)))
    read = till.purse("alice")
    till.commit(Outcome("3", (read,)))
    with pytest.raises(Stale):
        till.commit(Outcome("4", (read,)))
    assert till.seq() == 1


def test_the_same_cause_books_once(till: Till) -> None:
    purse = till.purse("alice")
    till.commit(Outcome("1", (purse,), entries=(earned("a", holder=purse.holder),)))
    with pytest.raises(Done):
        till.commit(Outcome("1", (purse,), entries=(earned("b", holder=purse.holder),)))
    assert till.seq() == 1


def test_nobody_has_two_purses(till: Till) -> None:
    till.db.write_now(lambda c: put(c, Purse("h1", "alice")))
    with pytest.raises(Stale):
        till.db.write_now(lambda c: put(c, Purse("h2", "alice")))
    assert till.db.read_now(lambda c: purse_of(c, "alice")).holder == "h1"


async def test_fifty_writers_stand_one_behind_another(db: Database, till: Till) -> None:
    write: Callable[[int], Callable[[Connection], int]] = lambda n: lambda c: post(c, [earned(f"k{n}", n + 1)])  # noqa: E731
    waiting = [db.write(write(n)) for n in range(50)]
    assert [await each for each in waiting] == [1] * 50
    assert (till.seq(), till.bad()) == (50, None)
    assert till.balances()["", "street", 0] == -sum(range(1, 51))
