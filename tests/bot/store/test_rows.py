"""Rows and rules say the same: every field of a rule's dataclass has its column or stands in `sealed`."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite

from bot.ledger import Earning, Entry, Goods, Order, Purse
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Press, Quoted, Sender, Signal
from bot.outcome import FaqEntry, Guard, Link, PhotoOrder, Resident, Thread, Tie
from bot.store import alert_rows, directory_tables, family_rows, ledger_tables, tables
from bot.store.columns import Utc, instant, micros
from bot.store.inbound_words import inbound_of, inbound_words, without_nul
from routing.alert import Alert, AlertStep
from routing.case import Case, Step
from routing.directory import Area, Group, Person, Shift, StandardAddress, Unit
from routing.sla import Clock

#: Fields that stand in a row under other names.
ELSEWHERE = {
    "resident": {"private": set[str]()},  # in `reach`
    "thread": {"at": {"channel", "bot", "chat"}, "resident": {"resident"}},
    "link": {"token": {"hash"}},
    "photo": {},
    "area": {"centre": {"lat", "lon"}},
    "family_tie": {"code": {"code_ix"}},
    "family_guard": {"code": {"code_ix"}},
    # in `ledger_account` and `ledger_head`
    "purse": {"lots": set[str](), "pending": set[str](), "held": set[str](), "owed": set[str](), "newest": set[str]()},
}
#: Columns that no rule knows of.
OWN = {
    "resident": {"user_ix"},
    "thread": {"chat_ix", "draft_until"},
    "cases": set[str](),
    "step": {"id", "cause", "position"},
    "clock": set[str](),
    "photo": {"channel", "bot", "kind", "size", "state", "ordered_at"},
    "person": {"user_ix"},
    "chat_group": {"hears_imported", "present"},
    "duty": {"id"},
    "faq_entry": {"withdrawn"},
    "ledger": {"seq", "follows", "bound"},
    "alert": {"writer"},
    "alert_step": {"id", "cause", "position"},
}


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        (Resident, tables.ResidentRow),
        (Thread, tables.ThreadRow),
        (Case, tables.CaseRow),
        (Step, tables.StepRow),
        (Clock, tables.ClockRow),
        (Link, tables.LinkRow),
        (PhotoOrder, tables.PhotoRow),
        (FaqEntry, directory_tables.FaqRow),
        (Alert, alert_rows.AlertRow),
        (AlertStep, alert_rows.AlertStepRow),
        (Area, directory_tables.AreaRow),
        (Unit, directory_tables.UnitRow),
        (Person, directory_tables.PersonRow),
        (Group, directory_tables.GroupRow),
        (Shift, directory_tables.ShiftRow),
        (StandardAddress, directory_tables.StandardAddressRow),
        (Entry, ledger_tables.EntryRow),
        (Purse, ledger_tables.PurseRow),
        (Earning, ledger_tables.EarningRow),
        (Goods, ledger_tables.GoodsRow),
        (Order, ledger_tables.OrderRow),
        (Tie, family_rows.FamilyTieRow),
        (Guard, family_rows.FamilyGuardRow),
    ],
)
def test_fields_and_columns_are_the_same(rule: type, row: type) -> None:
    name = str(row.__tablename__)  # type: ignore[attr-defined]
    sealed = tables.SEALED.get(name, frozenset())
    elsewhere = ELSEWHERE.get(name, {})
    expected = set(OWN.get(name, set())) | ({"sealed"} if sealed else set())
    for field in fields(rule):
        if field.name not in sealed:
            expected |= elsewhere.get(field.name, {field.name})
    assert {column.name for column in tables.table(row).columns} == expected


def test_personal_fields_have_no_column_of_their_own() -> None:
    for name, sealed in tables.SEALED.items():
        columns = {column.name for column in tables.CASE.metadata.tables[name].columns}
        assert not sealed & columns, name


aware = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)).map(
    lambda at: at.replace(tzinfo=timezone(timedelta(hours=8)))
)


@given(aware)
def test_an_instant_survives_to_the_microsecond_and_comes_back_in_utc(at: datetime) -> None:
    dialect: Dialect = sqlite.dialect()
    stored = Utc().process_bind_param(at, dialect)
    back = Utc().process_result_value(stored, dialect)
    assert back == at
    assert back is not None
    assert back.tzinfo is UTC
    assert instant(micros(at)) == at


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        micros(datetime(2026, 1, 1))


texts = st.text(max_size=20)
media = st.builds(Media, st.sampled_from(MediaKind), texts, texts, st.integers(0, 10**9), st.booleans())
inbounds = st.builds(
    Inbound,
    key=texts,
    at=st.builds(Address, texts, texts, texts),
    kind=st.sampled_from(Kind),
    sent_at=aware,
    private=st.booleans(),
    sender=st.none() | st.builds(Sender, texts, texts, st.booleans(), texts),
    message_id=texts,
    text=texts,
    media=st.lists(media, max_size=3).map(tuple),
    location=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    quoted=st.none() | st.builds(Quoted, texts, st.booleans(), texts, texts, st.lists(media, max_size=2).map(tuple)),
    addressed=st.booleans(),
    command=texts,
    argument=texts,
    press=st.none() | st.builds(Press, texts, texts),
    album=texts,
    migrated_to=texts,
    title=texts,
    signal=st.none() | st.builds(Signal, texts, texts, texts, texts),
)


@given(inbounds)
def test_an_inbound_comes_back_from_its_words_as_it_was(inbound: Inbound) -> None:
    assert inbound_of(inbound_words(inbound)) == inbound


@given(inbounds)
def test_no_nul_gets_into_the_inbox(inbound: Inbound) -> None:
    clean = without_nul(inbound)
    assert "\x00" not in clean.text + clean.argument + clean.title + (clean.sender.name if clean.sender else "")
