"""What a visit, or time, does to a tenant's registration; and what the landlord earns by it, in one Outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.ledger import Earned, Entry, Refusal, Review, Rule, Scheme, decline, earn, reverse
from bot.messages import Address, Lane, Letter, Words
from bot.outcome import Change, Outcome
from bot.tenancy import Around, By, State, Tenancy, Verb, Visit, confirm, lapse, miss, refute, stay, thing, verify


def verified(around: Around, visit: Visit, now: datetime, scheme: Scheme) -> Outcome | Refusal:
    """The cadre saw tenant and document: the landlord earns, on hold, what the scheme gives. Where it earns nothing
    (counted before, a cap), it is verified all the same."""
    done = verify(around.tenancy, visit, now, scheme, around.same)
    return done if isinstance(done, Refusal) else _earned(around, done, Rule.TENANT, Verb.VERIFY, now, scheme)


def moved_out(around: Around, visit: Visit, now: datetime, scheme: Scheme) -> Outcome | Refusal:
    """The cadre saw that they moved out: a landlord who told so earns for it."""
    done = confirm(around.tenancy, visit, now)
    if isinstance(done, Refusal):
        return done
    if around.tenancy.told_by is not By.LANDLORD:
        return _outcome(around.tenancy, Verb.CONFIRM, done)
    return _earned(around, done, Rule.MOVED_OUT, Verb.CONFIRM, now, scheme)


def still_there(around: Around, visit: Visit, now: datetime) -> Outcome | Refusal:
    """The cadre saw that they still live there."""
    done = stay(around.tenancy, visit, now)
    return done if isinstance(done, Refusal) else _outcome(around.tenancy, Verb.STAY, done)


def missed(around: Around, visit: Visit, now: datetime) -> Outcome | Refusal:
    """The visit could not complete it: nothing is kept, nothing earned, nothing marked."""
    done = miss(around.tenancy, visit, now)
    return done if isinstance(done, Refusal) else _outcome(around.tenancy, Verb.MISS, done)


def untrue(around: Around, visit: Visit, now: datetime, scheme: Scheme) -> Outcome | Refusal:
    """It turned out to be untrue: what it earned goes back."""
    done = refute(around.tenancy, visit, now)
    if isinstance(done, Refusal):
        return done
    if around.earning is None or around.purse is None:
        return _outcome(around.tenancy, Verb.REFUTE, done)
    if around.earning.state is Earned.REVIEW:
        declined = decline(around.earning, visit.cadre)
        more = () if isinstance(declined, Refusal) else (declined,)
        return _outcome(around.tenancy, Verb.REFUTE, done, *more)
    booked = reverse(around.earning, around.purse, visit.cadre, now, scheme)
    if isinstance(booked, Refusal):
        return booked if booked.key == "points.clock" else _outcome(around.tenancy, Verb.REFUTE, done)
    earning, entries = booked
    return _outcome(around.tenancy, Verb.REFUTE, done, around.purse, earning, entries=entries)


def lapsed(tenancy: Tenancy, now: datetime, cadres: Iterable[Address] = ()) -> Outcome | None:
    """Its time is over. `cadres`, those of the grid, learn that a registration was not completed, in the same words
    whether it was declined or never answered. None: not so, or not now."""
    done = lapse(tenancy, now)
    if isinstance(done, Refusal):
        return None
    outcome = _outcome(tenancy, Verb.LAPSE, done)
    if tenancy.state is State.MOVED_OUT:
        return outcome
    said: dict[str, Words] = {"at": tenancy.invited_at}
    return replace(outcome, letters=tuple(Letter(to, "tenancy.lapsed", said, Lane.UPDATE) for to in cadres))


def _earned(around: Around, done: Tenancy, rule: Rule, verb: Verb, now: datetime, scheme: Scheme) -> Outcome | Refusal:
    purse, known = around.purse, around.known
    if purse is None or known is None or not around.tenancy.landlord:
        return _outcome(around.tenancy, verb, done)
    booked = earn(thing(done, rule, now, scheme), purse, known, now, scheme)
    match booked:
        case Refusal(key="points.clock"):
            return booked
        case Refusal():
            return _outcome(around.tenancy, verb, done if rule is Rule.MOVED_OUT else _unearned(done))
        case Review():
            return _outcome(around.tenancy, verb, done, purse, known, booked.earning)
    earning, entries = booked
    return _outcome(around.tenancy, verb, done, purse, known, earning, entries=entries)


def _unearned(done: Tenancy) -> Tenancy:
    """What earned before, by another registration, is not this one's to lose."""
    return replace(done, thing="")


def _outcome(before: Tenancy, verb: Verb, done: Tenancy, *more: Change, entries: tuple[Entry, ...] = ()) -> Outcome:
    cause = f"tenancy:{verb}:{before.id}:{before.version}"
    return Outcome(cause, (done, *more), entries=entries, note=f"tenants.{verb}")
