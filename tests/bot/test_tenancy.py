"""A tenant's registration: who may do what, what is kept when, and that whatever happens in whatever order is right."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import bot
from bot.consent import VERSIONS, Purpose
from bot.documents import Document, DocumentKind
from bot.ledger import Refusal, Rule, Scheme
from bot.tenancy import (
    ANSWER,
    KEPT,
    LIVES,
    MOVES,
    By,
    State,
    Tenancy,
    Verb,
    Visit,
    confirm,
    decline,
    enter,
    invite,
    lapse,
    leave,
    lines,
    miss,
    refute,
    stay,
    take_back,
    thing,
    verify,
    withdraw,
)

NOON = datetime(2026, 1, 5, 4, tzinfo=UTC)
SCHEME = Scheme()
NOW_IN_FORCE = VERSIONS[Purpose.TENANCY]
LI = Visit("li", "r-li", frozenset({"g7"}))
DOCUMENT = Document(DocumentKind.RESIDENT, "11010519491231002X", date(1949, 12, 31))
CHILD = replace(DOCUMENT, born=date(2015, 5, 1))
#: What names somebody, or says what they did.
PERSONAL = ("address", "place", "name", "since", "document", "guardian", "tenant", "consent", "home", "entered_at",
            "verified_at", "by", "told_by", "thing")  # fmt: skip


def invited(id_: str = "t1", landlord: str = "wang", home: str = "h1", now: datetime = NOON) -> Tenancy:
    said = invite(
        id_,
        landlord,
        grid="g7",
        home=home,
        address="a1",
        place="桂花苑3幢201",
        name="小张",
        since=date(2026, 1, 4),
        now=now,
    )
    assert isinstance(said, Tenancy)
    return said


def entered(tenancy: Tenancy | None = None, **more: object) -> Tenancy:
    said = enter(tenancy or invited(), DOCUMENT, "ix1", NOON, **({"consent": NOW_IN_FORCE} | more))  # type: ignore[arg-type]
    assert isinstance(said, Tenancy)
    return said


def verified() -> Tenancy:
    said = verify(entered(), LI, NOON, SCHEME)
    assert isinstance(said, Tenancy)
    return said


def why(said: Tenancy | Refusal) -> str:
    assert isinstance(said, Refusal)
    return said.key


def nothing_left(tenancy: Tenancy) -> bool:
    return not any(getattr(tenancy, name) for name in PERSONAL)


def test_from_the_invitation_to_the_move() -> None:
    tenancy = verified()
    assert (tenancy.state, tenancy.by, tenancy.consent, tenancy.due_at) == (State.VERIFIED, "li", NOW_IN_FORCE, None)
    assert tenancy.thing == thing(tenancy, Rule.TENANT, NOON, SCHEME).key
    told = leave(tenancy, By.LANDLORD, "wang")
    assert isinstance(told, Tenancy) and told.state is State.LEAVING
    assert isinstance(stay(told, LI, NOON), Tenancy)
    gone = confirm(told, LI, NOON)
    assert isinstance(gone, Tenancy) and (gone.state, gone.due_at) == (State.MOVED_OUT, NOON + KEPT)
    forgotten = lapse(gone, NOON + KEPT)
    assert isinstance(forgotten, Tenancy) and forgotten.state is State.GONE and nothing_left(forgotten)


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"address": ""}, "tenancy.no_address"),
        ({"home": ""}, "tenancy.no_address"),
        ({"grid": ""}, "tenancy.no_address"),
        ({"name": "  "}, "tenancy.no_name"),
        ({"name": "长" * 61}, "tenancy.no_name"),
        ({"since": date(2026, 3, 1)}, "tenancy.since"),
        ({"since": date(1950, 1, 1)}, "tenancy.since"),
    ],
)
def test_an_invitation_names_a_home_somebody_and_a_day(changed: dict[str, object], key: str) -> None:
    whole = {"grid": "g7", "home": "h1", "address": "a1", "place": "p", "name": "小张", "since": date(2026, 1, 4)}
    assert why(invite("t1", "wang", now=NOON, **(whole | changed))) == key  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"writer": "wang"}, "tenancy.tenant_alone"),
        ({"consent": 0}, "tenancy.words_changed"),
        ({"consent": NOW_IN_FORCE + 1}, "tenancy.words_changed"),
        ({"guardian": "张妈妈"}, "tenancy.guardian"),  # Nobody agrees for a grown-up.
        ({"document": CHILD}, "tenancy.guardian"),
        ({"document": CHILD, "guardian": "小张"}, "tenancy.guardian"),  # A child is not their own guardian.
        ({"now": NOON - timedelta(minutes=3)}, "points.clock"),
        ({"now": NOON + ANSWER}, "tenancy.over"),
    ],
)
def test_the_tenant_alone_enters_their_number_after_agreeing(more: dict[str, object], key: str) -> None:
    whole = {"document": DOCUMENT, "now": NOON, "tenant": "ix1", "consent": NOW_IN_FORCE}
    assert why(enter(invited(), **(whole | more))) == key  # type: ignore[arg-type]


def test_a_guardian_agrees_for_a_child() -> None:
    said = enter(invited(), CHILD, "ix2", NOON, consent=NOW_IN_FORCE, guardian="张妈妈")
    assert isinstance(said, Tenancy) and said.guardian == "张妈妈"


def test_one_tenant_is_registered_once_at_an_address_whoever_the_landlord_is() -> None:
    first, other = verified(), invited("t2", "chen")
    assert why(enter(other, DOCUMENT, "ix1", NOON, consent=NOW_IN_FORCE, same=(first,))) == "tenancy.there_already"
    elsewhere = entered(invited("t3", "chen", "h2"), same=(first,))
    assert elsewhere.state is State.ENTERED
    both = entered(other)  # They entered at the same moment: the visit finds it.
    assert why(verify(both, LI, NOON, SCHEME, (first,))) == "tenancy.there_already"
    assert entered(entered(), same=(entered(),)).state is State.ENTERED  # Corrected, not twice.


def test_one_tenant_earns_once_per_address_and_period() -> None:
    one, two = entered(), entered(invited("t2", "chen"))
    later = NOON + timedelta(days=400)
    assert thing(one, Rule.TENANT, NOON, SCHEME) == thing(two, Rule.TENANT, NOON, SCHEME)
    assert thing(one, Rule.TENANT, NOON, SCHEME) != thing(one, Rule.TENANT, later, SCHEME)
    assert thing(one, Rule.TENANT, NOON, SCHEME).subject == "ix1"
    assert thing(one, Rule.MOVED_OUT, NOON, SCHEME).subject == ""
    assert "ix1" not in thing(one, Rule.TENANT, NOON, SCHEME).key


@pytest.mark.parametrize(
    ("visit", "key"),
    [
        (replace(LI, grids=frozenset({"g8"})), "tenancy.not_your_grid"),
        (replace(LI, grids=frozenset()), "tenancy.not_your_grid"),
        (replace(LI, cadre=""), "tenancy.not_your_grid"),
        (replace(LI, resident="wang"), "tenancy.not_your_own"),
    ],
)
def test_the_cadre_of_the_grid_verifies_and_never_a_tenant_of_their_own(visit: Visit, key: str) -> None:
    told = leave(verified(), By.TENANT)
    assert isinstance(told, Tenancy)
    for said in (
        verify(entered(), visit, NOON, SCHEME), miss(entered(), visit, NOON), refute(verified(), visit, NOON),
        confirm(told, visit, NOON), stay(told, visit, NOON),
    ):  # fmt: skip
        assert why(said) == key


def test_nothing_is_verified_that_the_tenant_did_not_enter() -> None:
    closed = decline(invited())
    assert isinstance(closed, Tenancy)
    for tenancy in (invited(), closed):  # The cadre learns the same of both.
        assert why(verify(tenancy, LI, NOON, SCHEME)) == "tenancy.not_completed"
    assert why(verify(replace(entered(), consent=0), LI, NOON, SCHEME)) == "tenancy.words_changed"
    assert why(verify(entered(), LI, NOON - timedelta(minutes=3), SCHEME)) == "points.clock"
    assert why(verify(verified(), LI, NOON, SCHEME)) == "tenancy.not_completed"


def test_who_declined_and_who_never_answered_leave_the_same() -> None:
    silent, declined = invited(), decline(invited())
    assert isinstance(declined, Tenancy) and nothing_left(declined)
    assert declined.due_at == silent.due_at
    for early in (lapse(silent, NOON + ANSWER - timedelta(seconds=1)), lapse(declined, NOON)):
        assert why(early) == "tenancy.not_yet"
    assert lapse(silent, NOON + ANSWER) == lapse(declined, NOON + ANSWER)
    assert take_back(silent, "wang") == take_back(declined, "wang")
    assert why(take_back(silent, "chen")) == why(take_back(replace(silent, landlord=""), "")) == "tenancy.not_yours"


def test_what_is_taken_back_leaves_nothing() -> None:
    told = leave(verified(), By.TENANT)
    assert isinstance(told, Tenancy)
    for said in (
        withdraw(entered()), withdraw(verified()), withdraw(told), miss(entered(), LI, NOON), refute(told, LI, NOON),
    ):  # fmt: skip
        assert isinstance(said, Tenancy) and said.state is State.GONE and nothing_left(said)
    assert why(take_back(entered(), "wang")) == "tenancy.over"
    assert why(leave(verified(), By.LANDLORD, "chen")) == "tenancy.not_yours"


def test_a_tenancy_shows_nothing_of_anybody() -> None:
    shown = repr(verified())
    for word in ("小张", "桂花苑", "002X", "1949", "a1'"):
        assert word not in shown


def test_all_that_is_not_of_the_invitation_itself_goes() -> None:
    kept = {"id", "landlord", "grid", "state", "invited_at", "due_at", "version"}
    assert {each.name for each in fields(Tenancy)} == kept | set(PERSONAL)


def test_every_state_is_reached_and_only_the_last_is_an_end() -> None:
    assert {after for _, after in MOVES.items()} | {State.INVITED} == set(State)
    assert {state for state in State if not any(state is before for before, _ in MOVES)} == {State.GONE}
    assert {verb for _, verb in MOVES} | {Verb.INVITE} == set(Verb)
    assert "\n".join(lines()) in (Path(bot.__file__).parents[1] / "docs" / "tenants.md").read_text("utf-8")


# --- whatever happens

WHO, HOMES, DOCUMENTS = st.sampled_from(["wang", "chen", "li"]), st.sampled_from(["h1", "h2"]), st.sampled_from("xyz")
PICK = st.integers(0, 5)
VISITS = st.sampled_from([LI, Visit("zhao", "", frozenset({"g7"})), Visit("wu", "", frozenset({"g8"})),
                          Visit("wang", "wang", frozenset({"g7"}))])  # fmt: skip


class Street(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.all: dict[str, Tenancy] = {}
        self.answers: dict[str, int] = {}

    def put(self, before: Tenancy, verb: Verb, said: Tenancy | Refusal) -> None:
        if isinstance(said, Refusal):
            return
        assert MOVES[before.state, verb] is said.state
        self.all[before.id] = said

    def one(self, n: int) -> Tenancy:
        names = list(self.all)
        return self.all[names[-1 - n % len(names)]] if names else invited("first", now=self.now)

    @rule(who=WHO, home=HOMES)
    def a_tenant_comes(self, who: str, home: str) -> None:
        self.all[f"t{len(self.all)}"] = invited(f"t{len(self.all)}", who, home, self.now)

    @rule(n=PICK, document=DOCUMENTS, writer=WHO, consent=st.sampled_from([NOW_IN_FORCE, NOW_IN_FORCE, 0]))
    def somebody_enters(self, n: int, document: str, writer: str, consent: int) -> None:
        one = self.one(n)
        same = [each for each in self.all.values() if each.tenant == document]
        said = enter(one, DOCUMENT, document, self.now, consent=consent, same=same, writer=writer)
        if isinstance(said, Tenancy):
            assert consent == NOW_IN_FORCE and writer != one.landlord
            assert one.state is State.ENTERED or self.now < one.invited_at + ANSWER
            self.put(one, Verb.ENTER, said)

    @rule(n=PICK, visit=VISITS)
    def a_cadre_verifies(self, n: int, visit: Visit) -> None:
        one = self.one(n)
        same = [each for each in self.all.values() if each.tenant and each.tenant == one.tenant]
        said = verify(one, visit, self.now, SCHEME, same)
        if isinstance(said, Tenancy):
            assert one.tenant and "g7" in visit.grids and visit.resident != one.landlord
        self.put(one, Verb.VERIFY, said)

    @rule(n=PICK, visit=VISITS, verb=st.sampled_from([Verb.MISS, Verb.STAY, Verb.CONFIRM, Verb.REFUTE]))
    def a_cadre_finds(self, n: int, visit: Visit, verb: Verb) -> None:
        one = self.one(n)
        done = {Verb.MISS: miss, Verb.STAY: stay, Verb.CONFIRM: confirm, Verb.REFUTE: refute}[verb]
        self.put(one, verb, done(one, visit, self.now))

    @rule(n=PICK, who=WHO, verb=st.sampled_from([Verb.DECLINE, Verb.WITHDRAW, Verb.TAKE_BACK, Verb.LEAVE]))
    def somebody_wants_it_otherwise(self, n: int, who: str, verb: Verb) -> None:
        one = self.one(n)
        match verb:
            case Verb.DECLINE:
                said = decline(one)
            case Verb.WITHDRAW:
                said = withdraw(one)
            case Verb.TAKE_BACK:
                said = take_back(one, who)
            case _:
                said = leave(one, By.LANDLORD, who)
        self.put(one, verb, said)

    @rule(hours=st.sampled_from([1, 24, 24 * 7, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for one in list(self.all.values()):
            self.put(one, Verb.LAPSE, lapse(one, self.now))

    @invariant()
    def all_is_true(self) -> None:
        there: set[tuple[str, str]] = set()
        for one in self.all.values():
            waits = one.state in (State.INVITED, State.CLOSED, State.MOVED_OUT)
            if one.state is State.GONE or one.state is State.CLOSED:
                assert nothing_left(one)
            else:
                assert bool(one.due_at) == waits
            if one.state in LIVES:
                assert one.document and one.consent == NOW_IN_FORCE
                assert (one.tenant, one.home) not in there, "one tenant twice at one address"
                there.add((one.tenant, one.home))
            assert not (waits and one.due_at and one.due_at <= self.now), "its time was over"


def test_whatever_happens_a_registration_is_right() -> None:
    run_state_machine_as_test(Street)
