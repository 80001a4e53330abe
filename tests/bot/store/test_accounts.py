"""Accounts of the desk: codes that work once, sessions that end, tries that are counted, and a book nobody rewrites."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from bot.passwords import Passwords, weakness
from bot.store import accounts, accounts_audit
from bot.store.accounts_audit import AUDIT, Deed
from bot.store.database import Database
from bot.store.private import Keys
from bot.store.rows import house_key
from tests.town import NOON

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def db(tables_url: str) -> object:
    database = Database.open(tables_url)
    yield database
    database.close_now()


def ready(db: Database, person: str = "feng", password: str = "hash") -> None:
    code = db.write_now(lambda c: accounts.invite(c, person, NOON))
    assert db.write_now(lambda c: accounts.set_up(c, code, password, NOON)) == person


def test_a_code_sets_one_password_and_then_nothing(db: Database) -> None:
    code = db.write_now(lambda c: accounts.invite(c, "feng", NOON))
    assert db.read_now(lambda c: accounts.invited(c, code, NOON)) == "feng"
    assert db.read_now(lambda c: accounts.invited(c, code.upper().replace("-", " "), NOON)) == "feng"
    assert db.read_now(lambda c: accounts.password_of(c, "feng")) is None
    assert db.write_now(lambda c: accounts.set_up(c, code, "one", NOON)) == "feng"
    assert db.write_now(lambda c: accounts.set_up(c, code, "two", NOON)) is None
    assert db.read_now(lambda c: accounts.password_of(c, "feng")) == "one"


def test_a_code_that_is_too_old_or_was_replaced_opens_nothing(db: Database) -> None:
    old = db.write_now(lambda c: accounts.invite(c, "feng", NOON))
    assert db.read_now(lambda c: accounts.invited(c, old, NOON + accounts.CODE_LIVES)) is None
    new = db.write_now(lambda c: accounts.invite(c, "feng", LATER))
    assert db.read_now(lambda c: accounts.invited(c, old, LATER)) is None
    assert db.read_now(lambda c: accounts.invited(c, new, LATER)) == "feng"
    assert db.read_now(lambda c: accounts.invited(c, "", LATER)) is None


def test_codes_and_tokens_are_kept_as_hashes_only(db: Database) -> None:
    code = db.write_now(lambda c: accounts.invite(c, "feng", NOON))
    token = db.write_now(lambda c: accounts.sign_in(c, "feng", NOON))

    def kept(name: str) -> str:
        return db.read_now(lambda c: repr(c.exec_driver_sql(f'SELECT * FROM "{name}"').all()))

    assert code not in kept("desk_account") and code.replace("-", "") not in kept("desk_account")
    assert token not in kept("desk_session")


def test_a_session_ends_when_idle_when_old_and_when_it_is_ended(db: Database) -> None:
    ready(db)

    def live(token: str, at: timedelta) -> bool:
        return db.read_now(lambda c: accounts.session_of(c, token, NOON + at)) is not None

    token = db.write_now(lambda c: accounts.sign_in(c, "feng", NOON))
    assert live(token, accounts.IDLE)
    assert not live(token, accounts.IDLE + timedelta(seconds=1))
    for minutes in range(0, 12 * 60, 20):
        db.write_now(lambda c, minutes=minutes: accounts.touch(c, token, NOON + timedelta(minutes=minutes)))
    assert live(token, timedelta(hours=12))
    assert not live(token, timedelta(hours=12, seconds=1))
    db.write_now(lambda c: accounts.sign_out(c, token))
    assert not live(token, timedelta())
    assert not live("", timedelta())


def test_signing_out_everywhere_a_new_password_and_a_revoked_account_end_sessions(db: Database) -> None:
    ready(db)
    ready(db, "jiang")
    mine, other, theirs = (
        db.write_now(lambda c, who=who: accounts.sign_in(c, who, NOON)) for who in ("feng", "feng", "jiang")
    )

    def live(token: str) -> bool:
        return db.read_now(lambda c: accounts.session_of(c, token, NOON)) is not None

    db.write_now(lambda c: accounts.change_password(c, "feng", "new", NOON, mine))
    assert live(mine) and not live(other) and live(theirs)
    assert db.write_now(lambda c: accounts.sign_out_everywhere(c, "feng")) == 1
    assert not live(mine)
    old = db.write_now(lambda c: accounts.sign_in(c, "feng", NOON))
    ready(db)  # A forgotten password is replaced by a new code: whoever sat there on the old one is out.
    assert not live(old)
    assert db.write_now(lambda c: accounts.revoke(c, "jiang", NOON))
    assert not live(theirs)
    assert db.read_now(lambda c: accounts.password_of(c, "jiang")) is None
    assert not db.write_now(lambda c: accounts.revoke(c, "jiang", NOON))
    assert not db.write_now(lambda c: accounts.revoke(c, "nobody", NOON))
    # Whatever comes a moment after it was closed opens nothing.
    late = db.write_now(lambda c: accounts.sign_in(c, "jiang", NOON))
    assert not live(late)
    db.write_now(lambda c: accounts.change_password(c, "jiang", "new", NOON, late))
    db.write_now(lambda c: accounts.invite(c, "jiang", NOON))
    assert db.read_now(lambda c: accounts.password_of(c, "jiang")) is None
    db.write_now(lambda c: accounts.revoke(c, "jiang", NOON))
    states = {each.person: (each.ready, each.revoked_at) for each in db.read_now(lambda c: accounts.accounts(c, NOON))}
    assert states == {"feng": (True, None), "jiang": (False, NOON)}


def test_whoever_tries_too_often_waits_and_a_right_password_forgives(db: Database) -> None:
    every, no_time = timedelta(minutes=1), timedelta()

    def tries(at: timedelta) -> timedelta:
        return db.write_now(lambda c: accounts.tried(c, b"key", NOON + at, 3, every))

    assert [tries(no_time) for _ in range(3)] == [no_time] * 3
    assert tries(no_time) == every
    assert tries(timedelta(seconds=20)) == timedelta(seconds=40)
    assert tries(every) == no_time
    assert tries(every) == every
    db.write_now(lambda c: accounts.forgive(c, b"key"))
    assert tries(every) == no_time
    db.write_now(lambda c: accounts.sweep(c, NOON + timedelta(days=1)))


def test_the_book_is_only_added_to_and_says_where_it_was_changed(db: Database) -> None:
    keys = Keys.of(b"k" * 32)
    house = db.write_now(lambda c: house_key(c, keys, NOON))
    for n, reason in enumerate(("家属来电", "", "核实地址")):
        at = NOON + timedelta(minutes=n)
        db.write_now(
            lambda c, at=at, reason=reason: accounts_audit.write(c, house, "feng", Deed.UNMASK, "38164275", at, reason)
        )
    found = db.read_now(lambda c: accounts_audit.entries(c, keys, house, subject="38164275"))
    assert [each.reason for each in found] == ["核实地址", "", "家属来电"]
    assert db.read_now(accounts_audit.first_bad) is None
    assert db.read_now(lambda c: accounts_audit.unmasked(c, "38164275", "feng", NOON))
    assert not db.read_now(lambda c: accounts_audit.unmasked(c, "38164275", "jiang", NOON))
    assert not db.read_now(lambda c: accounts_audit.unmasked(c, "38164275", "feng", NOON + timedelta(minutes=2)))
    for change in (AUDIT.delete(), AUDIT.update().values(by="jiang")):
        with pytest.raises(DBAPIError):
            db.write_now(lambda c, change=change: c.execute(change))

    def forge(connection: object) -> None:
        for drop in ("DROP TRIGGER audit_stays ON audit",) if not db.sqlite else ("DROP TRIGGER audit_no_update",):
            connection.exec_driver_sql(drop)  # type: ignore[attr-defined]
        connection.execute(AUDIT.update().where(AUDIT.c.id == 2).values(by="jiang"))  # type: ignore[attr-defined]

    db.write_now(forge)
    assert db.read_now(accounts_audit.first_bad) == 2


async def test_a_password_fits_itself_and_nobody_has_none() -> None:
    passwords = Passwords()
    kept = await passwords.hash("nine warm stoves")
    assert kept.startswith("$argon2id$")
    assert await passwords.fits(kept, "nine warm stoves")
    assert not await passwords.fits(kept, "nine warm stove")
    assert not await passwords.fits(None, "nine warm stoves")
    assert not await passwords.fits("no hash", "nine warm stoves")
    passwords.close()


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "short"),
        ("x" * 201, "long"),
        ("aaaaaaaaaaaa", "plain"),
        ("1234567890", "plain"),
        ("qwertyuiop", "plain"),
        ("abcdefghij", "plain"),
        ("9876543210", "plain"),
        ("poiuytrewq", "plain"),
        ("fengxiaomin1", "plain"),
        ("一壶热茶暖一条街巷", "short"),
        ("一壶热茶，暖一条街巷。", ""),
        ("nine warm stoves", ""),
    ],
)
def test_a_password_is_long_and_no_name(password: str, fault: str) -> None:
    assert weakness(password, "fengxiaomin", "冯晓敏") == fault
