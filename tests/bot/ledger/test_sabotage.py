"""Each guard is taken out in turn, and a test that stands elsewhere must fail then: no guard is there for show."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.ledger import Entry, earning, entries, mall
from bot.outcome import Outcome
from bot.store import Database, earnings, ledger, points
from bot.store import mall as mall_rows
from tests.bot.ledger import test_earning, test_in_rows, test_mall
from tests.bot.ledger.sabotage import sabotage
from tests.bot.ledger.till import Till
from tests.tables import tables_at

Where = ModuleType | type
#: Where the guard stands, the guard, what stands there instead, and the test that must fail.
GUARDS: list[tuple[Where, str, str, str, Callable[..., Any]]] = [
    # one thing earns once
    (earning, "earn", "if known.counted:", "if False:", test_earning.test_one_thing_earns_once_whoever_says_so),
    (earnings, "put", "if not done:", "if False:", test_earning.test_two_landlords_at_the_same_moment_earn_once),
    (earnings, "known", "holders=_holders(connection, thing.subject, since)", "holders=frozenset()",
     test_earning.test_one_tenant_with_three_landlords_in_thirty_days_goes_to_a_person),
    (points, "write", "earnings.still(connection, known)", "pass",
     test_earning.test_three_landlords_at_the_same_moment_are_looked_at_by_a_person),
    (earnings, "still", "holders != before.holders or ", "",
     test_earning.test_three_landlords_at_the_same_moment_are_looked_at_by_a_person),
    (earnings, "still", "_seen(connection, before.thing, before.pictures) != before.seen", "False",
     test_earning.test_one_photo_in_two_reports_at_the_same_moment_is_looked_at_by_a_person),
    (points, "_whole", "if strange :=", "if False and",
     test_earning.test_entries_without_their_purse_and_earnings_without_what_was_known_are_refused),
    (points, "_whole", "if blind :=", "if False and",
     test_earning.test_entries_without_their_purse_and_earnings_without_what_was_known_are_refused),
    # the hold
    (earning, "free", "if now < earning.due_at:", "if False:", test_earning.test_a_hold_is_not_over_before_its_time),
    (earnings, "due", ", _E.due_at <= now", "",
     test_earning.test_which_holds_are_over_is_asked_of_the_rows),
    # the caps
    (earning, "earn", "known.today + amount > scheme.day", "False",
     test_earning.test_a_day_and_a_month_have_their_caps_by_local_time),
    (earning, "earn", "known.month + amount > scheme.month", "False",
     test_earning.test_a_day_and_a_month_have_their_caps_by_local_time),
    # a person looks
    (earning, "earn", "len(known.holders | {purse.holder}) >= scheme.landlords", "False",
     test_earning.test_one_tenant_with_three_landlords_in_thirty_days_goes_to_a_person),
    (earning, "earn", "if known.seen:", "if False:",
     test_earning.test_one_photo_twice_goes_to_a_person_also_when_it_was_sent_anew),
    (earnings, "_seen", ", *twins(connection, pictures)", "",
     test_earning.test_one_photo_twice_goes_to_a_person_also_when_it_was_sent_anew),
    # taking back
    (earning, "reverse", "if rest := earning.amount - sum(entry.amount for entry in taken):", "if rest := 0:",
     test_earning.test_what_was_spent_already_is_owed_and_kept_back_from_what_is_earned_next),
    (earning, "free", "min(purse.owed, earning.amount)", "0",
     test_earning.test_what_was_spent_already_is_owed_and_kept_back_from_what_is_earned_next),
    (earning, "_stopped", "if earning.after(verb) is None:", "if False:",
     test_earning.test_on_hold_it_is_taken_back_whole),
    (earning, "reverse", "if now >= lapses(earning.lot, scheme):", "if False:",
     test_earning.test_what_would_have_lapsed_is_let_be),
    # years and clocks
    (entries, "balance", "if now < lapses(lot, scheme)", "",
     test_earning.test_points_of_a_year_last_to_the_end_of_the_next),
    (entries, "backwards", "now < purse.newest - SKEW", "False",
     test_earning.test_a_clock_that_went_back_earns_nothing),
    (ledger, "post", "if entry.at < newest - SKEW:", "if False:",
     test_in_rows.test_a_clock_that_went_back_books_nothing),
    # entries
    (Entry, "__post_init__", "type(self.amount) is not int or not 1 <= self.amount <= MOST", "False",
     test_earning.test_amounts_that_are_none),
    (Entry, "__post_init__", "(self.payer, self.payee) not in WAYS[self.reason]", "False",
     test_earning.test_points_come_from_the_street_for_a_rule_and_go_no_other_way),
    (ledger, "_same", "body(entry_of(row)) != body(entry)", "False",
     test_in_rows.test_the_same_key_with_another_amount_is_refused),
    (ledger, "post", "            continue\n", "            pass\n",
     test_in_rows.test_an_entry_booked_twice_is_booked_once),
    (ledger, "_move", "elif not _TAKE.count(connection, _its(payer, entry.amount)):", "elif False:",
     test_in_rows.test_more_than_there_is_is_not_taken),
    (ledger, "_move", "if not _REPAY.count(connection, _its(payee, entry.amount)):", "if False:",
     test_in_rows.test_more_than_there_is_is_not_taken),
    (ledger, "put", "if not done:", "if False:", test_in_rows.test_two_at_once_on_one_purse_are_one),
    (ledger, "put", "if not done:", "if False:", test_mall.test_two_devices_at_once_are_one_order),
    # whether it is true
    (ledger, "first_bad", "follows != last or its != bound(last, number, entry)", "False",
     test_in_rows.test_a_changed_amount_is_found),
    (ledger, "first_bad", "if number != seq + 1:", "if False:", test_in_rows.test_a_missing_entry_is_found),
    (ledger, "first_bad", "(head.seq, head.bound) != (seq, last) if head else seq", "False",
     test_in_rows.test_a_missing_end_is_found),
    (ledger, "_bad_balance", "sums.get(where, 0) != stored.get(where, 0)", "False",
     test_in_rows.test_a_balance_that_is_not_the_sum_is_found),
    # the mall
    (entries, "redeem", "if have < price:", "if False:", test_mall.test_what_cannot_be_had_is_said_in_one_sentence),
    (mall, "order", "goods.stock < 1", "False", test_mall.test_what_cannot_be_had_is_said_in_one_sentence),
    (mall, "order", "goods.most and shop.bought", "False and shop.bought",
     test_mall.test_the_limit_for_one_person_is_for_a_year_and_returned_pieces_do_not_count),
    (mall, "hand_over", "if found.state is OrderState.FETCHED:", "if False:",
     test_mall.test_a_second_scan_says_when_the_first_was_and_books_nothing),
    (mall, "hand_over", "or now >= found.until", "",
     test_mall.test_nobody_came_so_the_points_and_the_piece_go_back),
    (mall, "hand_over", "if not by or own == found.holder:", "if False:",
     test_mall.test_at_the_counter_nothing_is_given_for_a_wrong_code_or_to_oneself),
    (mall, "cancel", "found is None or found.holder != purse.holder", "found is None",
     test_mall.test_its_holder_may_cancel_it_and_nobody_else),
    (mall, "_returned", "if found.after(verb) is None:", "if False:",
     test_mall.test_what_was_handed_over_by_mistake_is_taken_back_and_the_first_entry_stays),
    (mall, "_returned", "lot if now < lapses(lot, scheme) else year_of(now)", "lot",
     test_mall.test_points_held_over_the_end_of_their_last_year_come_back_as_this_years),
    (mall_rows, "put_order", "if not done:", "if False:",
     test_mall.test_a_price_that_changed_meanwhile_is_looked_at_again),
    (mall_rows, "put_order", "if done and order.state is OrderState.RETURNED:", "if False:",
     test_mall.test_its_holder_may_cancel_it_and_nobody_else),
]  # fmt: skip


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database.open(tables_at(tmp_path / "points.db"))
    yield db
    db.close_now()


def holds(test: Callable[..., Any], db: Database) -> bool:
    """Whether the test passes on that database."""
    till = Till(db)
    for name in ("alice", "bob", "carol"):
        till.resident(name)
    given: dict[str, Any] = {"till": till, "db": db}
    if "rice" in inspect.signature(test).parameters:
        till.goods("rice", 60, 3)
        for who in ("alice", "bob", "carol"):
            till.given(who, 100)
        given["rice"] = till
    try:
        test(**{name: given[name] for name in inspect.signature(test).parameters})
    except (Exception, pytest.fail.Exception):
        return False
    return True


@pytest.mark.parametrize(
    ("where", "name", "guard", "instead", "test"),
    GUARDS,
    ids=[f"{each[0].__name__}.{each[1]}-{each[4].__name__}" for each in GUARDS],
)
def test_without_its_guard_a_test_fails(
    where: Where,
    name: str,
    guard: str,
    instead: str,
    test: Callable[..., Any],
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sabotage(monkeypatch, where, name, guard, instead)
    assert not holds(test, db), f"nothing misses {guard!r}"


def test_without_sabotage_they_hold(tmp_path: Path) -> None:
    for n, test in enumerate({each[4] for each in GUARDS}):
        db = Database.open(tables_at(tmp_path / f"{n}.db"))
        assert holds(test, db), test.__name__
        db.close_now()


@pytest.mark.parametrize(
    ("statement", "test"),
    [
        ("DROP TRIGGER ledger_no_update", test_in_rows.test_the_database_itself_changes_and_deletes_no_entry),
        ("DROP TRIGGER ledger_no_delete", test_in_rows.test_the_database_itself_changes_and_deletes_no_entry),
    ],
)
def test_without_its_trigger_a_test_fails(statement: str, test: Callable[..., Any], db: Database) -> None:
    db.write_now(lambda c: c.execute(text(statement)))
    assert not holds(test, db)


def test_without_its_condition_in_sql_the_table_itself_keeps_the_last_piece(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = Till(db)
    till.goods("tv", 10, 1)
    outcomes = []
    for who in ("alice", "bob"):
        till.resident(who)
        till.given(who, 10)
        shop = till.shop(who)
        booked = mall.order(shop, shop.goods[0], till.now)
        assert isinstance(booked, tuple)
        outcomes.append(Outcome(shop.id, (shop.purse, booked[0]), entries=booked[1]))

    def blind(_: object, connection: Connection, values: dict[str, Any]) -> int:
        return connection.execute(text("UPDATE goods SET stock = stock - 1 WHERE id = :its"), values).rowcount

    monkeypatch.setattr(mall_rows, "_TAKE", type("Blind", (), {"count": blind})())
    till.commit(outcomes[0])
    with pytest.raises(DBAPIError, match="stock_at_least_0"):  # Else it would be Stale, and looked at again.
        till.commit(outcomes[1])
    assert till.stock("tv") == 0
