"""wuyou ledger and wuyou mall: what is wrong is named, no name is shown, goods are put on offer and counted."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.ledger import Account, Earned, Earning, Entry, Known, Purse, Reason, Rule
from bot.outcome import Outcome
from bot.store import Store, earnings, ledger, points
from tests.bot.commands import Wuyou, in_store
from tests.town import NOON


def booked(c: Connection) -> None:
    entry = Entry("earn:a", "h1", Account.STREET, Account.PENDING, 60, Reason.TENANT, "tenant:a", NOON)
    ledger.put(c, Purse("h1"))
    ledger.post(c, [entry])
    way = (Account.PENDING, Account.POINTS)
    ledger.post(c, [Entry("free:a", "h1", *way, 50, Reason.FREED, "tenant:a", NOON, 2026)])


def write(folder: Path, what: object) -> None:
    async def work(store: Store) -> object:
        return await store.db.write(what)  # type: ignore[arg-type]

    in_store(folder, work)


def test_a_true_ledger_is_said_to_be_true(street: Path, wuyou: Wuyou) -> None:
    write(street, booked)
    done = wuyou("ledger", "verify")
    assert done.exit_code == 0, done.output
    assert "All 2 entries" in done.output


def test_the_first_bad_entry_is_named(street: Path, wuyou: Wuyou) -> None:
    write(street, booked)

    def tamper(c: Connection) -> None:
        c.execute(text("DROP TRIGGER ledger_no_update"))
        c.execute(text("UPDATE ledger SET amount = 6000 WHERE seq = 1"))

    write(street, tamper)
    done = wuyou("ledger", "verify")
    assert done.exit_code == 1
    assert "entry 1 (earn:a) was changed" in done.stderr


def test_a_balance_that_is_not_the_sum_is_named(street: Path, wuyou: Wuyou) -> None:
    write(street, booked)
    write(street, lambda c: c.execute(text("UPDATE ledger_account SET balance = 99 WHERE account = 'points'")))
    assert "the balance of h1/points/2026" in wuyou("ledger", "verify").stderr


def test_accounts_and_entries_are_shown_by_id(street: Path, wuyou: Wuyou) -> None:
    write(street, booked)
    assert json.loads(wuyou("ledger", "balance", "h1", "--json").output) == [
        {"account": "pending", "year": "", "points": 10},
        {"account": "points", "year": 2026, "points": 50},
    ]
    assert json.loads(wuyou("ledger", "balance", "street", "--json").output)[0]["points"] == -60
    assert "pending" in wuyou("ledger", "balance", "h1").output
    shown = json.loads(wuyou("ledger", "entries", "h1", "--json").output)
    assert [(row["reason"], row["points"]) for row in shown] == [("freed", 50), ("tenant", 60)]
    assert "tenant:a" in wuyou("ledger", "entries", "h1").output
    for words in (("balance", "nobody"), ("entries", "nobody")):
        assert wuyou("ledger", *words).exit_code == 1


def test_goods_are_put_on_offer_counted_changed_and_withdrawn(street: Path, wuyou: Wuyou) -> None:
    assert "no goods yet" in wuyou("mall", "list").output
    put = ("mall", "put", "rice", "大米 5 公斤")
    done = wuyou(*put, "--price", "1200", "--stock", "5", "--most", "2", "--pick-up", "社区服务站|周一至周五")
    assert done.exit_code == 0, done.output
    assert "7 in stock" in wuyou("mall", "stock", "rice", "2").output
    assert "only 7" in wuyou("mall", "stock", "rice", "-8").stderr
    assert wuyou(*put, "--price", "900", "--stock", "5").exit_code == 1, "the stock is counted, not set"
    assert wuyou(*put, "--price", "900").exit_code == 0
    assert wuyou("mall", "withdraw", "rice").exit_code == 0
    (row,) = json.loads(wuyou("mall", "list", "--json").output)
    assert row == {"id": "rice", "name": "大米 5 公斤", "points": 900, "stock": 7, "limit": "", "offered": "no"}
    assert "rice" in wuyou("mall", "list").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("put", "Rice 1", "x", "--price", "5"), "is no id"),
        (("put", "rice", "x", "--price", "0"), "price"),
        (("put", "rice", "x", "--price", "1000001"), "price"),
        (("put", "rice", "x", "--price", "5", "--stock", "-1"), "stock"),
        (("put", "rice", "x", "--price", "5", "--stock", "9" * 30), "stock"),
        (("stock", "rice", "9" * 30), "MORE"),
        (("stock", "rice", "many"), "MORE"),
        (("stock", "rcie", "5"), "did you mean 'rice'"),
        (("withdraw", "rcie"), "did you mean 'rice'"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(
    street: Path, wuyou: Wuyou, words: tuple[str, ...], said: str
) -> None:
    wuyou("mall", "put", "rice", "大米", "--price", "60", "--stock", "1")
    done = wuyou("mall", *words)
    assert done.exit_code in (1, 2)
    assert said in done.stderr
    (row,) = json.loads(wuyou("mall", "list", "--json").output)
    assert (row["points"], row["stock"]) == (60, 1)


def waiting(c: Connection) -> None:
    """Something that a person has to look at."""
    due = NOON + timedelta(days=7)
    earning = Earning("tenant:a", Rule.TENANT, "h1", 60, Earned.REVIEW, NOON, due, why="landlords")
    points.write(c, Outcome("x", (Purse("h1"), Known("tenant:a"), earning)))


def state_of(folder: Path) -> tuple[Earned, str]:
    async def look(store: Store) -> tuple[Earned, str]:
        found = await store.db.read(lambda c: earnings.earning(c, "tenant:a"))
        assert found is not None
        assert await store.db.read(ledger.first_bad) is None
        return found.state, found.by

    return in_store(folder, look)  # type: ignore[no-any-return]


def test_a_person_looks_and_approves_and_later_takes_it_back(street: Path, wuyou: Wuyou) -> None:
    assert "Nothing waits" in wuyou("ledger", "reviews").output
    write(street, waiting)
    (row,) = json.loads(wuyou("ledger", "reviews", "--json").output)
    assert (row["thing"], row["points"], row["why"]) == ("tenant:a", 60, "several people registered this tenant")
    assert wuyou("ledger", "approve", "tenant:a").exit_code == 0
    assert state_of(street) == (Earned.HELD, "console")
    assert "dealt with before" in wuyou("ledger", "approve", "tenant:a").stderr
    assert wuyou("ledger", "reverse", "tenant:a").exit_code == 0
    assert state_of(street) == (Earned.REVERSED, "console")
    assert wuyou("ledger", "reverse", "tenant:a").exit_code == 1
    assert "Nothing was ever earned" in wuyou("ledger", "reverse", "tenant:b").stderr


def test_a_person_looks_and_declines(street: Path, wuyou: Wuyou) -> None:
    write(street, waiting)
    assert "tenant:a" in wuyou("ledger", "reviews").output
    assert wuyou("ledger", "decline", "tenant:a").exit_code == 0
    assert state_of(street) == (Earned.DECLINED, "console")
    assert wuyou("ledger", "approve", "tenant:a").exit_code == 1
