"""What earns: once, within the caps, on hold for a week; sometimes a person looks; untrue things are taken back."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ledger import (
    Account,
    BadEntry,
    Earned,
    Earning,
    Entry,
    Known,
    Purse,
    Reason,
    Refusal,
    Review,
    Rule,
    Scheme,
    Thing,
    balance,
    counts_once,
    earn,
    free,
)
from bot.outcome import Outcome
from bot.store import Stale, earnings, prints
from bot.store.ledger import NotBooked
from routing.sla import LOCAL
from tests.bot.ledger.till import Till, later, thing
from tests.town import NOON

_S = Account.STREET


def booked(said: object) -> Earning:
    assert isinstance(said, Earning), said
    return said


def spendable(till: Till, who: str) -> int:
    return balance(till.purse(who), till.now, till.scheme)


def test_a_verified_tenant_earns_sixty_points_that_can_be_spent_after_a_week(till: Till) -> None:
    earning = booked(till.earn("alice", thing(1)))
    assert (earning.amount, earning.due_at - earning.at) == (60, timedelta(days=7))
    assert (till.purse("alice").pending, spendable(till, "alice")) == (60, 0)
    later(till, days=6, hours=23)
    assert till.payday() == 0
    later(till, hours=1)
    assert till.payday() == 1
    assert (till.purse("alice").pending, spendable(till, "alice")) == (0, 60)
    assert till.payday() == 0
    assert till.bad() is None


def test_one_thing_earns_once_whoever_says_so(till: Till) -> None:
    till.earn("alice", thing(1))
    assert till.earn("alice", thing(1)) == Refusal("points.counted")
    assert till.earn("bob", thing(1)) == Refusal("points.counted")
    till.reverse("tenant:1")
    assert till.earn("alice", thing(1)) == Refusal("points.counted")


def at_once(till: Till, *things: tuple[str, Thing]) -> list[Outcome]:
    """Decided at the same moment, each without what the others will have written."""
    outcomes = []
    for n, (who, one) in enumerate(things):
        purse = till.purse(who)
        known = till.db.read_now(lambda c, its=one, by=purse: earnings.known(c, its, by.holder, till.now, till.scheme))
        both = earn(one, purse, known, till.now, till.scheme)
        assert isinstance(both, tuple)
        outcomes.append(Outcome(f"m:{n}", (purse, known, both[0]), entries=both[1]))
    return outcomes


def test_three_landlords_at_the_same_moment_are_looked_at_by_a_person(till: Till) -> None:
    booked(till.earn("alice", thing(0, subject="t1")))
    one, two = at_once(till, ("bob", thing(1, subject="t1")), ("carol", thing(2, subject="t1")))
    till.commit(one)
    with pytest.raises(Stale):
        till.commit(two)
    assert isinstance(till.earn("carol", thing(2, subject="t1")), Review)


def test_one_photo_in_two_reports_at_the_same_moment_is_looked_at_by_a_person(till: Till) -> None:
    one, two = at_once(till, ("bob", thing(1, pictures=("p",))), ("carol", thing(2, pictures=("p",))))
    till.commit(one)
    with pytest.raises(Stale):
        till.commit(two)
    assert isinstance(till.earn("carol", thing(2, pictures=("p",))), Review)


def test_entries_without_their_purse_and_earnings_without_what_was_known_are_refused(till: Till) -> None:
    (whole,) = at_once(till, ("alice", thing(1)))
    purse, known, earning = whole.changes
    for parts in ((known, earning), (purse, earning), ()):
        with pytest.raises(NotBooked):
            till.commit(replace(whole, changes=parts))
    assert till.seq() == 0


def test_two_landlords_at_the_same_moment_earn_once(till: Till) -> None:
    for n, whole in enumerate(at_once(till, ("alice", thing(1)), ("bob", thing(1)))):
        outcome = replace(whole, entries=())  # Their key is a guard of its own.
        if n:
            with pytest.raises(Stale):
                till.commit(outcome)
        else:
            till.commit(outcome)


def test_which_holds_are_over_is_asked_of_the_rows(till: Till) -> None:
    for n in range(3):
        booked(till.earn("alice", thing(n)))
        later(till, days=1)
    later(till, days=5)
    assert [each.thing for each in till.db.read_now(lambda c: earnings.due(c, till.now, 9))] == ["tenant:0", "tenant:1"]


@pytest.mark.parametrize(("period", "days"), [("year", 366), ("half", 184), ("quarter", 92), ("month", 31)])
def test_one_tenant_counts_once_per_address_and_period(period: str, days: int) -> None:
    def key(subject: str, place: str, after: int = 0) -> str:
        return counts_once(Rule.TENANT, subject, place, NOON + timedelta(days=after), period)

    assert key("t", "a") == key("t", "a")
    assert len({key("t", "a"), key("t", "b"), key("u", "a"), key("t", "a", days)}) == 4
    assert "somebody" not in key("somebody", "somewhere"), "it tells neither whom nor where"


def test_a_day_and_a_month_have_their_caps_by_local_time(till: Till) -> None:
    till.scheme = Scheme(day=120, month=200)
    for n in range(2):
        booked(till.earn("alice", thing(n)))
    assert till.earn("alice", thing(2)) == Refusal("points.day_full", {"most": 120})
    booked(till.earn("bob", thing(2)))
    till.reverse("tenant:0")  # It was none: it leaves its room.
    booked(till.earn("alice", thing(3)))
    till.now = till.now.astimezone(LOCAL).replace(hour=23, minute=59)
    assert till.earn("alice", thing(4)) == Refusal("points.day_full", {"most": 120})
    later(till, minutes=1)
    booked(till.earn("alice", thing(4)))
    assert till.earn("alice", thing(5)) == Refusal("points.month_full", {"most": 200})
    later(till, days=31)
    booked(till.earn("alice", thing(5)))


def test_one_tenant_with_three_landlords_in_thirty_days_goes_to_a_person(till: Till) -> None:
    for n, who in enumerate(("alice", "bob")):
        booked(till.earn(who, thing(n, subject="t1")))
    said = till.earn("carol", thing(2, subject="t1"))
    assert isinstance(said, Review)
    assert (said.earning.state, said.earning.why) == (Earned.REVIEW, "landlords")
    assert till.purse("carol").pending == 0, "nothing is booked"
    assert [each.thing for each in till.db.read_now(lambda c: earnings.reviews(c, 9))] == ["tenant:2"]
    assert till.earn("carol", thing(2, subject="t1")) == Refusal("points.counted"), "asked again it still waits"
    approved = booked(till.approve("tenant:2"))
    assert (approved.state, approved.by, till.purse("carol").pending) == (Earned.HELD, "cadre", 60)
    assert till.approve("tenant:2") == Refusal("points.decided")
    assert till.bad() is None


def test_the_same_landlord_twice_is_one_and_thirty_days_are_forgotten(till: Till) -> None:
    for n in range(3):
        booked(till.earn("alice", thing(n, subject="t1")))
    booked(till.earn("bob", thing(3, subject="t1")))
    later(till, days=31)
    booked(till.earn("carol", thing(4, subject="t1")))


def test_a_person_may_decline_and_then_it_counts_no_more(till: Till) -> None:
    for n, who in enumerate(("alice", "bob", "carol")):
        till.earn(who, thing(n, subject="t1"))
    declined = till.decline("tenant:2")
    assert isinstance(declined, Earning)
    assert declined.state is Earned.DECLINED
    assert till.approve("tenant:2") == Refusal("points.decided")
    assert till.decline("tenant:0") == Refusal("points.decided")
    assert till.earn("carol", thing(2, subject="t1")) == Refusal("points.counted")
    assert till.seq() == 2


def test_one_photo_twice_goes_to_a_person_also_when_it_was_sent_anew(till: Till) -> None:
    alike = 0b1011 << 40
    till.db.write_now(lambda c: prints.keep(c, "p1.jpg", alike, NOON))
    till.db.write_now(lambda c: prints.keep(c, "p2.jpg", alike ^ 0b101, NOON))  # Saved again: two bits differ.
    till.db.write_now(lambda c: prints.keep(c, "p3.jpg", ~alike & (1 << 64) - 1, NOON))
    booked(till.earn("alice", thing(1, Rule.HAZARD, pictures=("p1.jpg",))))
    for n, picture in enumerate(("p1.jpg", "p2.jpg")):
        said = till.earn("bob", thing(f"b{n}", Rule.HAZARD, pictures=(picture,)))
        assert isinstance(said, Review)
        assert said.earning.why == "picture"
    assert booked(till.earn("bob", thing("b3", Rule.HAZARD, pictures=("p3.jpg",)))).amount == 20


# --- taking back


def test_on_hold_it_is_taken_back_whole(till: Till) -> None:
    booked(till.earn("alice", thing(1)))
    assert booked(till.reverse("tenant:1")).state is Earned.REVERSED
    later(till, days=8)
    assert till.payday() == 0
    assert till.purse("alice").pending == 0
    assert till.reverse("tenant:1") == Refusal("points.decided")
    assert till.balances()["", "street", 0] == 0


def test_what_was_spent_already_is_owed_and_kept_back_from_what_is_earned_next(till: Till) -> None:
    till.goods("rice", 40)
    booked(till.earn("alice", thing(1)))
    later(till, days=7)
    till.payday()
    till.order("alice", "rice")
    booked(till.reverse("tenant:1"))
    purse = till.purse("alice")
    assert (spendable(till, "alice"), purse.held, purse.owed) == (0, 40, 40)
    booked(till.earn("alice", thing(2)))
    later(till, days=7, seconds=1)
    till.payday()  # The order lapsed as well: its points came back.
    purse = till.purse("alice")
    assert (spendable(till, "alice"), purse.owed) == (60, 0)
    assert till.bad() is None


def test_what_would_have_lapsed_is_let_be(till: Till) -> None:
    booked(till.earn("alice", thing(1)))
    later(till, days=7)
    till.payday()
    later(till, days=2 * 366)
    till.payday()
    booked(till.reverse("tenant:1"))
    assert till.purse("alice").owed == 0
    assert till.bad() is None


# --- years


def test_points_of_a_year_last_to_the_end_of_the_next(till: Till) -> None:
    till.given("alice", 50)
    till.now = till.now.replace(year=till.now.year + 1, month=12, day=31, hour=15, minute=59)
    assert (spendable(till, "alice"), till.payday()) == (50, 0)
    later(till, minutes=1)  # Midnight in China.
    assert spendable(till, "alice") == 0, "not to be spent, even before it is booked"
    assert (till.payday(), till.payday()) == (1, 0)
    assert till.purse("alice").lots == ()
    assert till.balances()["", "street", 0] == 0
    assert till.bad() is None


# --- bad input


def test_a_clock_that_went_back_earns_nothing(till: Till) -> None:
    booked(till.earn("alice", thing(1)))
    later(till, hours=-1)
    for said in (till.earn("alice", thing(2)), till.approve("tenant:1"), till.reverse("tenant:1")):
        assert said in (Refusal("points.clock"), Refusal("points.decided"))
    assert till.seq() == 1


def test_amounts_that_are_none() -> None:
    for amount in (0, -1, -60, 1_000_001, 10**30, 1.5, True, "60"):
        with pytest.raises(BadEntry):
            Entry("k", "h", Account.STREET, Account.PENDING, amount, Reason.TENANT, "t", NOON)  # type: ignore[arg-type]


def test_points_come_from_the_street_for_a_rule_and_go_no_other_way() -> None:
    may = set()
    for payer, payee, reason in itertools.product(Account, Account, Reason):
        lot = 2026 if Account.POINTS in (payer, payee) else 0
        try:
            Entry("k", "h", payer, payee, 1, reason, "t", NOON, lot)
        except BadEntry:
            continue
        may.add((payer, payee, reason))
    earned = {Reason.TENANT, Reason.MOVED_OUT, Reason.HAZARD}
    assert {each for each in may if each[0] is Account.STREET} == {(_S, Account.PENDING, each) for each in earned}
    assert {each for each in may if each[1] is Account.MALL} == {(Account.HELD, Account.MALL, Reason.FETCHED)}
    assert {each[2] for each in may if each[1] is _S} == {Reason.LAPSED, Reason.CLAWED}
    assert all(payer is not payee for payer, payee, _ in may)


def test_points_to_be_spent_have_a_year_and_others_none() -> None:
    for payee, lot in ((Account.PENDING, 2026), (Account.POINTS, 0)):
        payer, reason = (Account.STREET, Reason.TENANT) if lot else (Account.PENDING, Reason.FREED)
        with pytest.raises(BadEntry):
            Entry("k", "h", payer, payee, 1, reason, "t", NOON, lot)


def test_a_rule_that_earns_nothing_books_nothing() -> None:
    said = earn(Thing(Rule.TENANT, "t"), Purse("h"), Known(), NOON, Scheme(earns={"tenant": 0}))
    assert said == Refusal("points.no_rule")


def test_a_hold_is_not_over_before_its_time() -> None:
    found = earn(Thing(Rule.TENANT, "t"), Purse("h"), Known(), NOON, Scheme())
    assert isinstance(found, tuple)
    earning = replace(found[0], version=1)
    assert free(earning, Purse("h", pending=60), NOON + timedelta(days=6)) == Refusal("points.on_hold")


def test_which_tenant_it_was_is_forgotten_when_no_rule_asks_any_more(till: Till) -> None:
    booked(till.earn("alice", thing(1, subject="t1")))
    later(till, days=31)
    booked(till.earn("alice", thing(2, subject="t1")))
    before = till.now - till.scheme.landlords_within
    assert till.db.write_now(lambda c: earnings.forget_subjects(c, before, 10)) == 1
    read = [till.db.read_now(lambda c, its=n: earnings.earning(c, f"tenant:{its}")) for n in (1, 2)]
    assert [each.subject for each in read if each] == ["", "t1"]
