"""Tenants in rows, on both databases: registered once, earning once, and nothing readable left of who was let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.consent import VERSIONS, Purpose
from bot.desks import tenants
from bot.documents import Document, DocumentKind
from bot.ledger import Earned, Earning, Refusal
from bot.outcome import Outcome
from bot.store import Stale, earnings, erasure, tenant_rows
from bot.store.ledger import first_bad
from bot.store.private import Tampered, names_of
from bot.store.tables import PERSON_KEY, RESIDENT
from bot.store.tenant_rows import TENANCY
from bot.tenancy import ANSWER, KEPT, Around, By, State, Tenancy, Visit, decline, enter, invite, leave, withdraw
from tests.bot.ledger.till import Till, later
from tests.bot.ledger.truths import check

LI = Visit("li", "r-li", frozenset({"g7"}))
DOCUMENT = Document(DocumentKind.RESIDENT, "11010519491231002X", date(1949, 12, 31))
OTHER = Document(DocumentKind.PASSPORT, "E12345678", date(1990, 8, 8))
_ids = count()


def put(till: Till, *changes: Tenancy) -> None:
    till.commit(Outcome(f"tenants:{next(_ids)}", changes))


def one(till: Till, its: str) -> Tenancy | None:
    return till.db.read_now(lambda c: tenant_rows.one(c, till.keys, its))


def there(till: Till, its: str) -> Tenancy:
    found = one(till, its)
    assert found is not None
    return found


def invited(till: Till, landlord: str = "alice", address: str = "addr-77") -> str:
    its = f"t{next(_ids)}"
    home = tenant_rows.home_of(till.keys, address)
    said = invite(
        its, landlord, grid="g7", home=home, address=address, place="桂花苑3幢201", name="租客小张",
        since=till.now.date(), now=till.now,
    )  # fmt: skip
    assert isinstance(said, Tenancy)
    put(till, said)
    return its


def try_to_enter(till: Till, its: str, document: Document = DOCUMENT) -> Tenancy | Refusal:
    tenant = tenant_rows.tenant_of(till.keys, document)
    same = till.db.read_now(lambda c: tenant_rows.same(c, till.keys, tenant))
    version = VERSIONS[Purpose.TENANCY]
    said = enter(there(till, its), document, tenant, till.now, consent=version, same=same)
    if isinstance(said, Tenancy):
        put(till, said)
    return said


def entered(till: Till, landlord: str = "alice", address: str = "addr-77", document: Document = DOCUMENT) -> str:
    its = invited(till, landlord, address)
    assert isinstance(try_to_enter(till, its, document), Tenancy)
    return its


def around(till: Till, its: str) -> Around:
    found = till.db.read_now(lambda c: tenant_rows.around(c, till.keys, its, till.now, till.scheme))
    assert found is not None
    return found


def do(till: Till, outcome: Outcome | Refusal | None) -> Outcome:
    assert isinstance(outcome, Outcome), outcome
    till.commit(outcome)
    return outcome


def verified(till: Till, landlord: str = "alice", address: str = "addr-77", document: Document = DOCUMENT) -> str:
    its = entered(till, landlord, address, document)
    do(till, tenants.verified(around(till, its), LI, till.now, till.scheme))
    return its


def earned(till: Till, its: str) -> Earning:
    found = till.db.read_now(lambda c: earnings.earning(c, there(till, its).thing))
    assert found is not None
    return found


def test_what_was_written_is_read_again(till: Till) -> None:
    its = verified(till)
    read = there(till, its)
    assert (read.document, read.name, read.place, read.address, read.since) == (
        DOCUMENT, "租客小张", "桂花苑3幢201", "addr-77", till.now.date(),
    )  # fmt: skip
    assert (read.state, read.by, read.verified_at) == (State.VERIFIED, "li", till.now)
    mine = till.db.read_now(lambda c: tenant_rows.of_landlord(c, till.keys, "alice"))
    assert [each.id for each in mine] == [its]
    waiting = entered(till, document=OTHER)
    found = till.db.read_now(lambda c: tenant_rows.to_visit(c, till.keys, ["g7"]))
    assert [each.id for each in found] == [waiting]
    assert till.db.read_now(lambda c: tenant_rows.to_visit(c, till.keys, ["g8"])) == []


def test_a_verified_tenant_earns_the_landlord_60_points_on_hold(till: Till) -> None:
    its = verified(till)
    assert (earned(till, its).state, till.purse("alice").pending) == (Earned.HELD, 60)
    later(till, days=7)
    till.payday()
    assert earned(till, its).state is Earned.FREE
    assert sum(points for _, points in till.purse("alice").lots) == 60
    check(till, {})


def test_a_visit_pressed_twice_books_once(till: Till) -> None:
    its = entered(till)
    outcome = tenants.verified(around(till, its), LI, till.now, till.scheme)
    do(till, outcome)
    assert isinstance(outcome, Outcome)
    with pytest.raises(Stale):
        till.commit(replace(outcome, cause="another"))
    again = tenants.verified(around(till, its), LI, till.now, till.scheme)
    assert isinstance(again, Refusal) and again.key == "tenancy.not_completed"
    assert till.purse("alice").pending == 60


def test_one_tenant_counts_once_at_an_address_whoever_registers_them(till: Till) -> None:
    first = verified(till)
    said = try_to_enter(till, invited(till, "bob"))
    assert isinstance(said, Refusal) and said.key == "tenancy.there_already"
    put(till, *[each for each in [withdraw(there(till, first))] if isinstance(each, Tenancy)])
    again = verified(till, "bob")  # Registered again, by somebody else: no second time.
    assert (there(till, again).state, there(till, again).thing) == (State.VERIFIED, "")
    assert (till.purse("alice").pending, till.purse("bob").pending) == (60, 0)
    do(till, tenants.untrue(around(till, again), LI, till.now, till.scheme))
    assert till.purse("alice").pending == 60, "what another registration earned is not this one's to lose"
    check(till, {})


def test_two_landlords_at_the_same_moment_are_one(till: Till) -> None:
    """Both were read before either was written: the database itself keeps one of them out."""
    names = [invited(till, "alice"), invited(till, "bob")]
    tenant, version = tenant_rows.tenant_of(till.keys, DOCUMENT), VERSIONS[Purpose.TENANCY]
    both = [enter(there(till, its), DOCUMENT, tenant, till.now, consent=version) for its in names]
    assert isinstance(both[0], Tenancy) and isinstance(both[1], Tenancy)
    put(till, both[0])
    with pytest.raises(Stale):
        put(till, both[1])
    assert there(till, names[1]).state is State.INVITED


def test_a_tenant_with_three_landlords_in_30_days_goes_to_a_person(till: Till) -> None:
    names = [verified(till, who, f"addr-{who}") for who in ("alice", "bob", "carol")]
    assert [earned(till, its).state for its in names] == [Earned.HELD, Earned.HELD, Earned.REVIEW]
    assert [till.purse(who).pending for who in ("alice", "bob", "carol")] == [60, 60, 0]
    do(till, tenants.untrue(around(till, names[2]), LI, till.now, till.scheme))
    assert till.db.read_now(lambda c: earnings.reviews(c, 9)) == []
    check(till, {})


def test_what_turns_out_to_be_untrue_goes_back(till: Till) -> None:
    its = verified(till)
    thing = there(till, its).thing
    do(till, tenants.untrue(around(till, its), LI, till.now, till.scheme))
    assert (one(till, its), till.purse("alice").pending) == (None, 0)
    found = till.db.read_now(lambda c: earnings.earning(c, thing))
    assert found is not None and found.state is Earned.REVERSED
    check(till, {})


def test_a_move_that_the_landlord_told_earns_and_is_forgotten_after_a_while(till: Till) -> None:
    its = verified(till)
    told = leave(there(till, its), By.LANDLORD, "alice")
    assert isinstance(told, Tenancy)
    put(till, told)
    do(till, tenants.still_there(around(till, its), LI, till.now))
    put(till, *[each for each in [leave(there(till, its), By.LANDLORD, "alice")] if isinstance(each, Tenancy)])
    do(till, tenants.moved_out(around(till, its), LI, till.now, till.scheme))
    assert till.purse("alice").pending == 70
    later(till, days=KEPT.days)
    for late in till.db.read_now(lambda c: tenant_rows.due(c, till.now, 9)):
        do(till, tenants.lapsed(late, till.now))
    assert one(till, its) is None
    check(till, {})


def test_a_move_that_the_tenant_told_earns_the_landlord_nothing(till: Till) -> None:
    its = verified(till)
    put(till, *[each for each in [leave(there(till, its), By.TENANT)] if isinstance(each, Tenancy)])
    do(till, tenants.moved_out(around(till, its), LI, till.now, till.scheme))
    assert till.purse("alice").pending == 60


def test_unanswered_and_declined_are_gone_after_seven_days_without_points_or_mark(till: Till) -> None:
    silent, declined = invited(till), invited(till, "bob")
    put(till, *[each for each in [decline(there(till, declined))] if isinstance(each, Tenancy)])
    later(till, seconds=ANSWER.total_seconds() - 1)
    assert till.db.read_now(lambda c: tenant_rows.due(c, till.now, 9)) == []
    later(till, seconds=1)
    till.db.write_now(lambda c: c.execute(update(TENANCY).where(TENANCY.c.id == silent).values(sealed=b"spoilt")))
    late = till.db.read_now(lambda c: tenant_rows.due(c, till.now, 9))
    assert {each.id for each in late} == {silent, declined}
    for each in late:
        do(till, tenants.lapsed(each, till.now))
    assert (one(till, silent), one(till, declined), till.seq()) == (None, None, 0)


@pytest.mark.parametrize("how", [decline, withdraw])
def test_who_says_no_is_erased_and_their_key_with_them(till: Till, how: Callable[[Tenancy], Tenancy]) -> None:
    its = invited(till) if how is decline else verified(till)
    sealed = till.db.read_now(lambda c: c.scalar(select(TENANCY.c.sealed).where(TENANCY.c.id == its)))
    wrapped = select(PERSON_KEY.c.wrapped).where(PERSON_KEY.c.id == tenant_rows.owner(its))
    before = till.db.read_now(lambda c: c.scalar(wrapped))
    assert sealed and before
    put(till, how(there(till, its)))
    assert till.db.read_now(lambda c: c.scalar(wrapped)) is None
    assert till.db.read_now(lambda c: c.scalar(select(TENANCY.c.sealed).where(TENANCY.c.id == its))) is None
    left = one(till, its)
    assert left is None or (left.state, left.name, left.home) == (State.CLOSED, "", "")
    cut = till.db.read_now(lambda c: c.scalars(text("SELECT name FROM cut_out")).all())
    assert set(names_of(tenant_rows.owner(its), before)) <= set(cut), "copies made before do not open either"


def test_nothing_of_a_tenant_is_readable_in_the_row(till: Till) -> None:
    its = verified(till)
    row = till.db.read_now(lambda c: c.execute(select(TENANCY).where(TENANCY.c.id == its)).one())
    shown = repr(tuple(row)).encode() + row.sealed
    for word in ("租客小张", "桂花苑", DOCUMENT.number, "addr-77", "1949"):
        assert word.encode() not in shown, word


def test_what_is_sealed_for_one_tenant_opens_for_no_other(till: Till) -> None:
    first, second = verified(till), entered(till, "bob", "addr-78", OTHER)
    sealed = till.db.read_now(lambda c: c.scalar(select(TENANCY.c.sealed).where(TENANCY.c.id == first)))
    till.db.write_now(lambda c: c.execute(update(TENANCY).where(TENANCY.c.id == second).values(sealed=sealed)))
    with pytest.raises(Tampered):
        one(till, second)


@pytest.mark.parametrize(
    "changed", [{"tenant": ""}, {"consent": 0}, {"sealed": None}, {"state": "gone"}, {"landlord": "nobody"}]
)
def test_the_database_refuses_what_no_rule_makes(till: Till, changed: dict[str, object]) -> None:
    its = verified(till)
    with pytest.raises(IntegrityError):
        till.db.write_now(lambda c: c.execute(update(TENANCY).where(TENANCY.c.id == its).values(changed)))


def test_a_landlord_who_is_erased_leaves_their_tenants_registered_and_no_invitation(till: Till) -> None:
    its, open_ = verified(till), invited(till, address="addr-78")

    def erase(connection: Connection) -> None:
        here = {"user_ix": b"0123456789abcdef", "sealed": b""}
        connection.execute(update(RESIDENT).where(RESIDENT.c.id == "alice").values(here))
        connection.execute(update(PERSON_KEY).where(PERSON_KEY.c.id == "alice").values(wrapped=None))
        assert erasure.erase(connection, till.keys, "alice", till.now)

    till.db.write_now(erase)
    assert (one(till, open_), there(till, its).landlord) == (None, "")
    found = around(till, its)
    assert found.purse is not None and found.purse.resident == ""
    do(till, tenants.untrue(found, LI, till.now, till.scheme))  # Points go back all the same.
    assert till.db.read_now(first_bad) is None


def test_the_hold_of_a_day_is_not_shortened_by_a_clock_set_back(till: Till) -> None:
    its = entered(till)
    verified(till, "bob", "addr-79", OTHER)
    till.now -= timedelta(days=1)
    said = tenants.verified(around(till, its), LI, till.now, till.scheme)
    assert isinstance(said, Refusal) and said.key == "points.clock"
