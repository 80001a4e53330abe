"""Consent: which words somebody agreed to, whether it still holds, and who agrees for a child."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.consent import VERSIONS, Agreed, Consent, Holds, Purpose, age, holds, may_agree, needs_guardian, newest, to_ask
from bot.texts import LANGUAGES, Texts

NOON = datetime(2026, 1, 5, 4, tzinfo=UTC)
TODAY = date(2026, 1, 5)
GIVEN = Consent("r1", Purpose.TENANCY, 1, NOON)
NEXT = {**VERSIONS, Purpose.TENANCY: 2}


@pytest.mark.parametrize(
    ("given", "versions", "child", "how"),
    [
        ((), VERSIONS, False, Holds.NEVER),
        ((GIVEN,), VERSIONS, False, Holds.YES),
        ((replace(GIVEN, purpose=Purpose.FAMILY),), VERSIONS, False, Holds.NEVER),
        ((replace(GIVEN, withdrawn_at=NOON),), VERSIONS, False, Holds.WITHDRAWN),
        ((GIVEN,), NEXT, False, Holds.OUTDATED),
        ((GIVEN, replace(GIVEN, version=2, at=NOON + timedelta(days=1))), NEXT, False, Holds.YES),
        # What was agreed to before is no agreement once the last word was "no".
        ((GIVEN, replace(GIVEN, at=NOON + timedelta(days=1), withdrawn_at=NOON)), VERSIONS, False, Holds.WITHDRAWN),
        ((replace(GIVEN, withdrawn_at=NOON), replace(GIVEN, at=NOON + timedelta(days=1))), VERSIONS, False, Holds.YES),
        ((GIVEN,), VERSIONS, True, Holds.GUARDIAN),
        ((replace(GIVEN, by=Agreed.GUARDIAN),), VERSIONS, True, Holds.YES),
        ((replace(GIVEN, by=Agreed.GUARDIAN),), VERSIONS, False, Holds.YES),
    ],
)
def test_consent_holds_for_the_words_it_was_given_to(
    given: tuple[Consent, ...], versions: dict[Purpose, int], child: bool, how: Holds
) -> None:
    assert holds(Purpose.TENANCY, given, child=child, versions=versions) is how


def test_what_is_not_agreed_to_is_asked_and_nothing_else() -> None:
    assert to_ask(Purpose, ()) == tuple(Purpose)
    assert to_ask((Purpose.TENANCY,), (GIVEN,)) == ()
    assert to_ask(Purpose, (GIVEN,)) == (Purpose.LOCATION, Purpose.FAMILY)
    assert to_ask((Purpose.TENANCY,), (GIVEN,), child=True) == (Purpose.TENANCY,)
    assert newest(Purpose.FAMILY, (GIVEN,)) is None


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2012, 1, 5), TODAY, 14),
        (date(2012, 1, 6), TODAY, 13),
        (date(2026, 1, 5), TODAY, 0),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
        (date(1900, 1, 1), TODAY, 126),
    ],
)
def test_age_counts_whole_years(born: date, today: date, years: int) -> None:
    assert age(born, today) == years
    assert needs_guardian(born, today) == (years < 14)


@pytest.mark.parametrize("born", [date(2026, 1, 6), date(1850, 1, 1)])
def test_an_impossible_birthday_is_refused(born: date) -> None:
    with pytest.raises(ValueError, match="birthday"):
        needs_guardian(born, TODAY)


@pytest.mark.parametrize(
    ("by", "born", "guardian", "may"),
    [
        (Agreed.SELF, None, "", True),
        (Agreed.SELF, date(1950, 5, 1), "", True),
        (Agreed.SELF, date(2015, 5, 1), "", False),
        (Agreed.GUARDIAN, date(2015, 5, 1), "r2", True),
        (Agreed.GUARDIAN, date(2015, 5, 1), "r1", False),  # A child is not their own guardian.
        (Agreed.GUARDIAN, date(2015, 5, 1), "", False),
        (Agreed.GUARDIAN, date(1950, 5, 1), "r2", False),  # Nobody agrees for a grown-up.
        (Agreed.GUARDIAN, None, "r2", False),
        (Agreed.SELF, None, "r2", False),
    ],
)
def test_for_a_child_a_guardian_agrees_and_for_nobody_else(
    by: Agreed, born: date | None, guardian: str, may: bool
) -> None:
    assert may_agree(by, born, TODAY, guardian, "r1") == may


def test_every_version_in_force_has_its_words_in_every_language() -> None:
    texts = Texts.load()
    for purpose, version in VERSIONS.items():
        for language in LANGUAGES:
            for number in range(1, version + 1):
                assert f"consent.{purpose}.v{number}" in texts.keys(language), "older words stay: they were agreed to"
