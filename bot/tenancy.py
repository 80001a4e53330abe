"""Tenancy and MOVES: the whole life of one tenant's registration at one address. Nouns and rules; reads no clock.

The landlord invites, the tenant alone enters their number or declines, the grid's cadre verifies at a visit. Whoever
declines and whoever never answers leave the same trace: none. Nobody is scored, and no face is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.consent import VERSIONS, Agreed, Purpose, may_agree
from bot.documents import Document
from bot.ledger import SKEW, Earning, Known, Purse, Refusal, Rule, Scheme, Thing, counts_once
from routing.diagram import diagram
from routing.sla import LOCAL

#: So long an invitation may be answered.
ANSWER = timedelta(days=7)
#: So long what was registered is kept after somebody moved out: a mistake can be told until then.
KEPT = timedelta(days=30)
#: A tenant moved in at most so long ago, or moves in at most so soon.
LONGEST_AGO, SOONEST = timedelta(days=365 * 30), timedelta(days=30)
MOST_NAME = 60  #: Characters.


class State(StrEnum):
    INVITED = "invited"
    #: Declined. Nothing personal is left; it stands as long as an unanswered one does, so that nobody can tell them
    #: apart, and then all hear "not completed".
    CLOSED = "closed"
    ENTERED = "entered"  #: The tenant agreed and entered their document.
    VERIFIED = "verified"
    LEAVING = "leaving"  #: Somebody told that they moved out; nobody has looked yet.
    MOVED_OUT = "moved_out"
    GONE = "gone"  #: Nothing of it is kept.


class Verb(StrEnum):
    INVITE = "invite"  #: By the landlord.
    ENTER = "enter"  #: By the tenant alone; again, to correct it, until it is verified.
    DECLINE = "decline"
    WITHDRAW = "withdraw"  #: The tenant takes their consent back, whenever they like.
    TAKE_BACK = "take_back"  #: By the landlord, who mistook something.
    VERIFY = "verify"  #: By the grid's cadre, at a visit.
    MISS = "miss"  #: At the visit it could not be completed.
    LEAVE = "leave"  #: The notice that the tenant moved out, by landlord or tenant.
    STAY = "stay"  #: At the visit they still live there.
    CONFIRM = "confirm"  #: At the visit they have moved out.
    REFUTE = "refute"  #: It turned out to be untrue.
    LAPSE = "lapse"  #: By time.


S, V = State, Verb
MOVES: dict[tuple[State, Verb], State] = {
    (S.INVITED, V.ENTER): S.ENTERED,
    (S.INVITED, V.DECLINE): S.CLOSED,
    (S.INVITED, V.TAKE_BACK): S.GONE,
    (S.INVITED, V.LAPSE): S.GONE,
    (S.CLOSED, V.TAKE_BACK): S.GONE,  # as if it were unanswered
    (S.CLOSED, V.LAPSE): S.GONE,
    (S.ENTERED, V.ENTER): S.ENTERED,
    (S.ENTERED, V.WITHDRAW): S.GONE,
    (S.ENTERED, V.VERIFY): S.VERIFIED,
    (S.ENTERED, V.MISS): S.GONE,
    (S.VERIFIED, V.WITHDRAW): S.GONE,
    (S.VERIFIED, V.LEAVE): S.LEAVING,
    (S.VERIFIED, V.REFUTE): S.GONE,
    (S.LEAVING, V.WITHDRAW): S.GONE,
    (S.LEAVING, V.STAY): S.VERIFIED,
    (S.LEAVING, V.CONFIRM): S.MOVED_OUT,
    (S.LEAVING, V.REFUTE): S.GONE,
    (S.MOVED_OUT, V.WITHDRAW): S.GONE,
    (S.MOVED_OUT, V.REFUTE): S.GONE,
    (S.MOVED_OUT, V.LAPSE): S.GONE,
}
#: In these somebody is registered at an address.
LIVES = frozenset({State.ENTERED, State.VERIFIED, State.LEAVING})
#: In these nothing is kept that names anybody.
EMPTY = frozenset({State.CLOSED, State.GONE})


class By(StrEnum):
    """Who told that somebody moved out."""

    LANDLORD = "landlord"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class Tenancy:
    """One tenant at one address, registered by one landlord. What names anybody is sealed in its row."""

    id: str  #: Ours, random.
    landlord: str  #: Resident id; empty once they were erased.
    grid: str
    home: str  #: Blind index of the address: tells that two are the same, and not which.
    state: State
    invited_at: datetime
    due_at: datetime | None  #: When it lapses; None: it does not.
    address: str = field(default="", repr=False)  #: Of the address library.
    place: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    since: date | None = field(default=None, repr=False)  #: Moved in.
    document: Document | None = field(default=None, repr=False)
    guardian: str = field(default="", repr=False)  #: Who agreed for a child.
    tenant: str = ""  #: Blind index of the document.
    consent: int = 0  #: Version of the text they agreed to.
    entered_at: datetime | None = None
    verified_at: datetime | None = None
    by: str = ""  #: Person id of the cadre who was there last.
    thing: str = ""  #: What it earned for; the ledger's key.
    told_by: By | None = None
    version: int = 0

    def after(self, verb: Verb) -> State | None:
        """The state after it; None when it may not follow."""
        return MOVES.get((self.state, verb))


@dataclass(frozen=True, slots=True)
class Around:
    """What is known when somebody stands at the door."""

    tenancy: Tenancy
    same: tuple[Tenancy, ...] = ()  #: All that is registered under the same document.
    purse: Purse | None = None  #: The landlord's; None once they were erased, where nothing was earned.
    known: Known | None = None  #: Around what this visit may earn.
    earning: Earning | None = None  #: What the registration earned.


@dataclass(frozen=True, slots=True)
class Visit:
    """Who stands at the door, as far as the rules ask."""

    cadre: str  #: Person id.
    resident: str = ""  #: Their own resident id, where it is known.
    grids: frozenset[str] = frozenset()  #: Those they answer for.


def invite(
    id_: str, landlord: str, *, grid: str, home: str, address: str, place: str, name: str, since: date, now: datetime
) -> Tenancy | Refusal:
    """The landlord says that a tenant has come. `address` is one of the library: free text alone registers nobody."""
    today = now.astimezone(LOCAL).date()
    name = " ".join(name.split())
    if not (address and home and grid):
        return Refusal("tenancy.no_address")
    if not name or len(name) > MOST_NAME:
        return Refusal("tenancy.no_name")
    if not today - LONGEST_AGO <= since <= today + SOONEST:
        return Refusal("tenancy.since")
    return Tenancy(
        id_,
        landlord,
        grid,
        home,
        State.INVITED,
        now,
        now + ANSWER,
        address=address,
        place=place,
        name=name,
        since=since,
    )


def enter(
    tenancy: Tenancy,
    document: Document,
    tenant: str,
    now: datetime,
    *,
    consent: int,
    same: Iterable[Tenancy] = (),
    writer: str = "",
    guardian: str = "",
) -> Tenancy | Refusal:
    """The tenant agrees and enters their document. `tenant` is its blind index, `same` all that is registered under
    it, `consent` the version of the text they were shown, `writer` their resident id where it is known, `guardian`
    who agrees for a child."""
    if tenancy.after(Verb.ENTER) is None:
        return Refusal("tenancy.over")
    if now < tenancy.invited_at - SKEW:
        return Refusal("points.clock")
    if tenancy.due_at is not None and now >= tenancy.due_at:
        return Refusal("tenancy.over")
    if writer and writer == tenancy.landlord:
        return Refusal("tenancy.tenant_alone")
    if consent != VERSIONS[Purpose.TENANCY]:
        return Refusal("tenancy.words_changed")
    agreed = Agreed.GUARDIAN if guardian else Agreed.SELF
    guardian = " ".join(guardian.split())[:MOST_NAME]
    if not may_agree(agreed, document.born, now.astimezone(LOCAL).date(), guardian, tenancy.name):
        return Refusal("tenancy.guardian")
    if _there(tenancy, same, LIVES):
        return Refusal("tenancy.there_already")
    return replace(
        tenancy, state=State.ENTERED, due_at=None, document=document, tenant=tenant, guardian=guardian,
        consent=consent, entered_at=now,
    )  # fmt: skip


def decline(tenancy: Tenancy) -> Tenancy | Refusal:
    """The tenant does not want it. Nobody hears so before an unanswered one would lapse."""
    return _moved(tenancy, Verb.DECLINE)


def withdraw(tenancy: Tenancy) -> Tenancy | Refusal:
    """The tenant takes their consent back. What was earned for it stays: it was true."""
    return _moved(tenancy, Verb.WITHDRAW)


def take_back(tenancy: Tenancy, landlord: str) -> Tenancy | Refusal:
    """The landlord mistook something. Once the tenant has answered it is no longer theirs to take back."""
    return _moved(tenancy, Verb.TAKE_BACK) if _owns(tenancy, landlord) else Refusal("tenancy.not_yours")


def verify(
    tenancy: Tenancy, visit: Visit, now: datetime, scheme: Scheme, same: Iterable[Tenancy] = ()
) -> Tenancy | Refusal:
    """The grid's cadre was there and saw the document. Nobody verifies a tenant of their own."""
    if refused := _visited(tenancy, Verb.VERIFY, visit, now):
        return refused
    if tenancy.consent != VERSIONS[Purpose.TENANCY]:
        return Refusal("tenancy.words_changed")
    if _there(tenancy, same, LIVES - {State.ENTERED}):
        return Refusal("tenancy.there_already")
    verified = replace(tenancy, state=State.VERIFIED, verified_at=now, by=visit.cadre)
    return replace(verified, thing=thing(verified, Rule.TENANT, now, scheme).key)


def miss(tenancy: Tenancy, visit: Visit, now: datetime) -> Tenancy | Refusal:
    """The visit found nobody, or another document: it is not completed, and nothing of it is kept."""
    return _visited(tenancy, Verb.MISS, visit, now) or _moved(tenancy, Verb.MISS)


def leave(tenancy: Tenancy, told_by: By, landlord: str = "") -> Tenancy | Refusal:
    """Somebody tells that the tenant moved out; as the landlord, `landlord` is who says so."""
    if told_by is By.LANDLORD and not _owns(tenancy, landlord):
        return Refusal("tenancy.not_yours")
    moved = _moved(tenancy, Verb.LEAVE)
    return moved if isinstance(moved, Refusal) else replace(moved, told_by=told_by)


def stay(tenancy: Tenancy, visit: Visit, now: datetime) -> Tenancy | Refusal:
    """The visit found them still living there."""
    if refused := _visited(tenancy, Verb.STAY, visit, now):
        return refused
    return replace(tenancy, state=State.VERIFIED, told_by=None, by=visit.cadre)


def confirm(tenancy: Tenancy, visit: Visit, now: datetime) -> Tenancy | Refusal:
    """The visit found that they moved out."""
    if refused := _visited(tenancy, Verb.CONFIRM, visit, now):
        return refused
    return replace(tenancy, state=State.MOVED_OUT, due_at=now + KEPT, by=visit.cadre)


def refute(tenancy: Tenancy, visit: Visit, now: datetime) -> Tenancy | Refusal:
    """It turned out to be untrue: nothing of it is kept. What it earned (`thing`) is to be taken back beside."""
    return _visited(tenancy, Verb.REFUTE, visit, now) or _moved(tenancy, Verb.REFUTE)


def lapse(tenancy: Tenancy, now: datetime) -> Tenancy | Refusal:
    """Its time is over: unanswered, declined, or long moved out."""
    if tenancy.due_at is None or now < tenancy.due_at:
        return Refusal("tenancy.not_yet")
    return _moved(tenancy, Verb.LAPSE)


def thing(tenancy: Tenancy, rule: Rule, now: datetime, scheme: Scheme) -> Thing:
    """What may earn points: one tenant once per address and period, whoever registers them. Only who registers a
    tenant is counted among their landlords, not who tells that they moved out."""
    key = counts_once(rule, tenancy.tenant, tenancy.home, now, scheme.period)
    return Thing(rule, key, tenancy.tenant if rule is Rule.TENANT else "")


def lines() -> Iterator[str]:
    """Yields the lines of the state diagram that docs/tenants.md shows, drawn from MOVES."""
    return diagram(MOVES.items(), (Verb.INVITE, State.INVITED), (State.GONE,))


def _moved(tenancy: Tenancy, verb: Verb) -> Tenancy | Refusal:
    """The next state; what names anybody goes with the states that keep nothing."""
    state = tenancy.after(verb)
    if state is None:
        return Refusal("tenancy.over")
    moved = replace(tenancy, state=state)
    if state not in EMPTY:
        return moved
    return replace(
        moved, address="", place="", name="", since=None, document=None, guardian="", tenant="", consent=0, home="",
        entered_at=None, verified_at=None, by="", told_by=None, thing="",
    )  # fmt: skip


def _owns(tenancy: Tenancy, landlord: str) -> bool:
    return bool(landlord) and landlord == tenancy.landlord


def _visited(tenancy: Tenancy, verb: Verb, visit: Visit, now: datetime) -> Refusal | None:
    if tenancy.grid not in visit.grids or not visit.cadre:
        return Refusal("tenancy.not_your_grid")
    if tenancy.after(verb) is None:
        return Refusal("tenancy.not_completed")
    if visit.resident and visit.resident == tenancy.landlord:
        return Refusal("tenancy.not_your_own")
    newest = max(filter(None, (tenancy.invited_at, tenancy.entered_at, tenancy.verified_at)))
    return Refusal("points.clock") if now < newest - SKEW else None


def _there(tenancy: Tenancy, same: Iterable[Tenancy], states: frozenset[State]) -> bool:
    """Whether the same tenant is registered at the same address already, by whomever."""
    return any(each.id != tenancy.id and each.home == tenancy.home and each.state in states for each in same)
