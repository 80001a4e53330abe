"""Coming to the desk's pages: codes, passwords, sessions, and what a guess costs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.passwords import Passwords
from bot.store import accounts, accounts_audit
from bot.store.accounts import ABSOLUTE, CODE_LIVES, IDLE
from bot.store.accounts_audit import Deed
from bot.web.console import signing
from bot.web.console.signing import OF_NAME
from tests import town
from tests.bot.web.desk_house import PASSWORD, DeskHouse, at_work, desk_house
from tests.bot.web.visiting import guest

FENG, NOW = town.DESK_BY_DAY, town.NOON


async def test_a_code_sets_a_password_and_the_password_signs_in(here: DeskHouse) -> None:
    code = here.code(FENG)
    async with guest(here.house) as visitor:
        page = await visitor.open(f"/desk/setup?code={code}")
        assert f'value="{code}"' not in page, "it stands behind the #, where no proxy's log has it"
        await visitor.send("/desk/setup", code=code, password=PASSWORD, again=PASSWORD + "!")
        assert visitor.status == 422
        await visitor.send("/desk/setup", code=code, password="short", again="short")
        assert visitor.status == 422
        await visitor.send("/desk/setup", code=code, password=PASSWORD, again=PASSWORD)
        assert (visitor.status, visitor.url) == (200, "/desk/cases")
        await visitor.open("/desk/account")
        await visitor.send("/desk/signout")
        assert visitor.url == "/desk/signin"
        await visitor.open("/desk/cases")
        assert visitor.url == "/desk/signin?next=/desk/cases"
        await visitor.send("/desk/signin", person=FENG, password=PASSWORD, next="/desk/people")
        assert (visitor.status, visitor.url) == (200, "/desk/people")
        await visitor.open("/desk/signin")
        assert visitor.url == "/desk/cases"
    store = here.store
    deeds = store.db.read_now(lambda c: [each.deed for each in accounts_audit.entries(c, store.keys, store.house)])
    assert deeds == [Deed.SIGN_IN, Deed.SET_UP]


async def test_a_code_that_was_used_or_is_too_old_sets_nothing(here: DeskHouse) -> None:
    code = here.code(FENG)
    async with guest(here.house) as visitor:
        await visitor.open("/desk/setup")
        here.clock.forward(seconds=CODE_LIVES.total_seconds())
        await visitor.send("/desk/setup", code=code, password=PASSWORD, again=PASSWORD)
        assert visitor.status == 403
        fresh = here.code(FENG)
        await visitor.send("/desk/setup", code=fresh, password=PASSWORD, again=PASSWORD)
        assert visitor.status == 200
        await visitor.send("/desk/signout")
        await visitor.open("/desk/setup")
        await visitor.send("/desk/setup", code=fresh, password="another one here", again="another one here")
        assert visitor.status == 403


async def test_who_is_unknown_and_who_is_wrong_are_answered_alike(here: DeskHouse) -> None:
    here.session(FENG)
    async with guest(here.house) as visitor:
        await visitor.open("/desk/signin")
        pages = []
        for person in (FENG, "nobody", town.LI, ""):
            page = await visitor.send("/desk/signin", person=person, password="wrong wrong wrong")
            assert visitor.status == 403
            pages.append(re.sub(r'value="[^"]*"| autofocus', "", page))
        assert len(set(pages)) == 1
        assert visitor.cookie("wuyou-desk") == ""


async def test_whoever_tries_too_often_waits_whether_there_is_such_a_name_or_not(here: DeskHouse) -> None:
    for person in (FENG, "nobody"):
        async with guest(here.house) as visitor:
            await visitor.open("/desk/signin")
            seen = []
            for _ in range(6):
                await visitor.send("/desk/signin", person=person, password="wrong wrong wrong")
                seen.append(visitor.status)
            assert seen == [403] * 5 + [429]
            assert visitor.headers["Retry-After"] == "60"
    here.clock.forward(minutes=1)
    async with guest(here.house) as visitor:
        await visitor.open("/desk/signin")
        await visitor.send("/desk/signin", person=FENG, password="wrong wrong wrong")
        assert visitor.status == 403


async def test_a_right_password_forgives_and_an_account_without_a_page_gets_no_session(here: DeskHouse) -> None:
    async with guest(here.house) as visitor:
        for person in (FENG, town.PATROLS_BY_DAY[0]):
            code = here.code(person)
            kept = await Passwords().hash(PASSWORD)
            here.store.db.write_now(lambda c, code=code, kept=kept: accounts.set_up(c, code, kept, here.clock()))
        await visitor.open("/desk/signin")
        for _ in range(2):
            for _ in range(OF_NAME[0] - 1):
                await visitor.send("/desk/signin", person=FENG, password="not this one")
                assert visitor.status == 403
            await visitor.send("/desk/signin", person=FENG, password=PASSWORD)
            assert visitor.url == "/desk/cases"
            await visitor.send("/desk/signout")
        await visitor.send("/desk/signin", person=town.PATROLS_BY_DAY[0], password=PASSWORD)
        assert visitor.status == 403
    sessions = here.store.db.read_now(lambda c: {each.person: each.sessions for each in accounts.accounts(c, NOW)})
    assert sessions[town.PATROLS_BY_DAY[0]] == 0


async def test_guessing_codes_and_the_old_password_waits_too(here: DeskHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_work(here) as visitor:
        await visitor.open("/desk/account")
        for n in range(OF_NAME[0] + 1):
            await visitor.send("/desk/account/password", old="not this one", password=PASSWORD, again=PASSWORD)
            assert visitor.status == (403 if n < OF_NAME[0] else 429)
    monkeypatch.setattr(signing, "OF_ADDRESS", (8, timedelta(seconds=5)))
    async with guest(here.house) as visitor:
        await visitor.open("/desk/setup")
        seen = []
        for _ in range(10):
            await visitor.send("/desk/setup", code="abcd-efgh-jkmn-pqrs", password=PASSWORD, again=PASSWORD)
            seen.append(visitor.status)
        assert seen[0] == 403 and seen[-1] == 429


async def test_next_leads_nowhere_else(here: DeskHouse) -> None:
    code = here.code(FENG)
    async with guest(here.house) as visitor:
        await visitor.open("/desk/setup")
        await visitor.send("/desk/setup", code=code, password=PASSWORD, again=PASSWORD)
        for next in ("https://evil.example/", "//evil.example", "/desk/\\evil.example", "/chat", "/deskevil"):
            await visitor.send("/desk/signout")
            await visitor.open("/desk/signin")
            await visitor.send("/desk/signin", person=FENG, password=PASSWORD, next=next, follow=False)
            assert visitor.headers["Location"] == "/desk"


async def test_a_session_ends_by_itself_and_a_page_that_looks_again_keeps_none_alive(here: DeskHouse) -> None:
    async with at_work(here) as visitor:
        await visitor.open("/desk/cases")
        assert visitor.url == "/desk/cases"
        for _ in range(3):
            here.clock.forward(minutes=20)
            await visitor.open("/desk/people")
            assert visitor.url == "/desk/people"
        for _ in range(2):
            here.clock.forward(minutes=20)
            await visitor.open("/desk/cases?auto=1")
        assert visitor.url.startswith("/desk/signin")
    assert timedelta(minutes=40) > IDLE
    async with at_work(here) as visitor:
        for _ in range(int(ABSOLUTE / timedelta(minutes=20))):
            here.clock.forward(minutes=20)
            await visitor.open("/desk/people")
        assert visitor.url == "/desk/people"
        here.clock.forward(minutes=1)
        await visitor.open("/desk/people")
        assert visitor.url.startswith("/desk/signin")


async def test_signing_out_everywhere_ends_the_other_browser_too(here: DeskHouse) -> None:
    async with at_work(here) as one, at_work(here) as other:
        await one.open("/desk/account")
        await one.send("/desk/signout/everywhere")
        await other.open("/desk/cases")
        assert other.url.startswith("/desk/signin")


async def test_another_password_needs_the_old_one_and_ends_other_sessions(here: DeskHouse) -> None:
    code = here.code(FENG)
    async with guest(here.house) as visitor, at_work(here) as other:
        await visitor.open("/desk/setup")
        code = here.code(FENG)
        await visitor.send("/desk/setup", code=code, password=PASSWORD, again=PASSWORD)
        other.keep("wuyou-desk", here.session(FENG))
        await visitor.open("/desk/account")
        new = "eight cold rivers"
        await visitor.send("/desk/account/password", old="no such thing", password=new, again=new)
        assert visitor.status == 403
        await visitor.send("/desk/account/password", old=PASSWORD, password="x", again="x")
        assert visitor.status == 422
        await visitor.send("/desk/account/password", old=PASSWORD, password=new, again=new)
        assert (visitor.status, visitor.url) == (200, "/desk/account?said=password")
        await other.open("/desk/cases")
        assert other.url.startswith("/desk/signin")


async def test_who_is_shut_out_while_the_password_is_looked_at_does_not_come_in(
    here: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = Passwords.fits

    def shut_out(connection: Connection) -> None:
        accounts.revoke(connection, FENG, here.clock())

    def another(connection: Connection) -> None:
        code = accounts.invite(connection, FENG, here.clock())
        accounts.set_up(connection, code, "another hash", here.clock())

    for meanwhile in (another, shut_out):
        code = here.code(FENG)
        async with guest(here.house) as visitor:
            await visitor.open("/desk/setup")
            await visitor.send("/desk/setup", code=code, password=PASSWORD, again=PASSWORD)
            await visitor.send("/desk/signout")

            async def slow(self: Passwords, kept: str | None, password: str, change: Any = meanwhile) -> bool:
                found = await fits(self, kept, password)
                await here.store.db.write(change)
                return found

            with monkeypatch.context() as patched:
                patched.setattr(Passwords, "fits", slow)
                await visitor.open("/desk/signin")
                await visitor.send("/desk/signin", person=FENG, password=PASSWORD)
            assert (visitor.status, visitor.url) == (403, "/desk/signin")
            await visitor.open("/desk/cases")
            assert visitor.url.startswith("/desk/signin")


async def test_who_left_the_directory_is_out_at_once(here: DeskHouse) -> None:
    async with at_work(here) as visitor:
        await visitor.open("/desk/cases")
        assert visitor.status == 200 and visitor.url == "/desk/cases"
        rows = town.rows()
        people = tuple(person for person in rows.people if person.id != FENG)
        duty = tuple(shift for shift in rows.duty if shift.person != FENG)
        await here.store.replace_directory(replace(rows, people=people, duty=duty))
        await visitor.open("/desk/cases")
        assert visitor.url.startswith("/desk/signin")


async def test_the_cookie_is_for_this_house_alone(tmp_path: Path) -> None:
    async with desk_house(tmp_path, secure=True) as house, guest(house.house) as visitor:
        code = house.code(FENG)
        await visitor.open("/desk/setup")
        proof, browser = visitor.proof, visitor.headers.getall("Set-Cookie")[0].split(";")[0]
        given = {"Cookie": browser}
        await visitor.send(
            "/desk/setup", proof=proof, code=code, password=PASSWORD, again=PASSWORD, headers=given, follow=False
        )
        cookie = next(each for each in visitor.headers.getall("Set-Cookie") if "desk" in each)
        assert cookie.startswith("__Host-wuyou-desk=")
        for part in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=43200"):
            assert part in cookie
