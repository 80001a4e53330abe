"""Consent: what somebody agreed to, in which words, and whether that still holds. Nouns and rules; reads no clock.

Where the law asks for it (PIPL, the Personal Information Protection Law of the PRC): consent is informed and freely
given (art. 14), is asked anew when the purpose or the way changes (art. 14), can be withdrawn as easily as given (art.
15), is given separately for sensitive data (art. 29), and by a guardian for whoever is under 14 (art. 31).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

#: Under this age a guardian agrees (PIPL art. 28 and 31).
OF_AGE = 14
OLDEST = 130  #: No birthday lies longer ago, in years.


class Purpose(StrEnum):
    """What data may be used for only if the person agreed. (To pass a report on to whoever deals with it is the
    street's duty, art. 13 (3): that is told, not asked.)"""

    LOCATION = "location"  #: A pin or live location is kept with a matter.
    TENANCY = "tenancy"  #: The identity number, for the registration of a tenant.
    FAMILY = "family"  #: The family guard: a warning goes to somebody of the family as well.


class Agreed(StrEnum):
    """Who agreed."""

    SELF = "self"
    GUARDIAN = "guardian"


#: The version of each text in force (consent.<purpose>.v<version> in bot/texts). Whoever changes what a text says, and
#: not only how it says it, counts it up: it is then asked anew.
VERSIONS: dict[Purpose, int] = {Purpose.LOCATION: 1, Purpose.TENANCY: 1, Purpose.FAMILY: 1}


@dataclass(frozen=True, slots=True)
class Consent:
    """That somebody agreed, or took it back. A new one takes the place of the one before."""

    resident: str
    purpose: Purpose
    version: int
    at: datetime
    by: Agreed = Agreed.SELF
    withdrawn_at: datetime | None = None


class Holds(StrEnum):
    """How it stands."""

    YES = "yes"
    NEVER = "never"  #: Nobody asked, or they declined.
    WITHDRAWN = "withdrawn"
    OUTDATED = "outdated"  #: They agreed to other words.
    GUARDIAN = "guardian"  #: A child agreed by themselves: a guardian has to.


def holds(
    purpose: Purpose, given: Iterable[Consent], *, child: bool = False, versions: dict[Purpose, int] = VERSIONS
) -> Holds:
    """How it stands with this purpose now. `child`: the person is under 14."""
    last = newest(purpose, given)
    if last is None:
        return Holds.NEVER
    if last.withdrawn_at is not None:
        return Holds.WITHDRAWN
    if last.version < versions[purpose]:
        return Holds.OUTDATED
    return Holds.GUARDIAN if child and last.by is not Agreed.GUARDIAN else Holds.YES


def newest(purpose: Purpose, given: Iterable[Consent]) -> Consent | None:
    """The last word on this purpose."""
    return max((each for each in given if each.purpose is purpose), key=lambda each: each.at, default=None)


def to_ask(wanted: Iterable[Purpose], given: Iterable[Consent], *, child: bool = False) -> tuple[Purpose, ...]:
    """The purposes to ask for, in order, before anything is done with them."""
    given = tuple(given)
    return tuple(purpose for purpose in wanted if holds(purpose, given, child=child) is not Holds.YES)


def age(birthday: date, today: date) -> int:
    """Years of age on that local day; who was born on 29 February is a year older on 1 March (Civil Code art. 204).
    Raises ValueError for a birthday in the future or longer ago than anybody lives."""
    years = today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))
    if not 0 <= years <= OLDEST:
        raise ValueError("no birthday of anybody alive")
    return years


def needs_guardian(birthday: date | None, today: date) -> bool:
    """Whether a guardian has to agree. Of whom no birthday is known is taken for grown up: we ask nobody's age where
    nothing depends on it."""
    return birthday is not None and age(birthday, today) < OF_AGE


def may_agree(by: Agreed, birthday: date | None, today: date, guardian: str, resident: str) -> bool:
    """Whether this consent may be written down: a child's guardian is a person of their own, and nobody agrees for a
    grown-up."""
    if needs_guardian(birthday, today):
        return by is Agreed.GUARDIAN and bool(guardian) and guardian != resident
    return by is Agreed.SELF and not guardian
