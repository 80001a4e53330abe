"""Signing in and out, the first password by a set-up code, and one's own account."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from aiohttp import web
from sqlalchemy import Connection

from bot.desks.permits import rights_of
from bot.passwords import Passwords, weakness
from bot.store import Store, accounts
from bot.store.accounts_audit import Deed
from bot.web.console.book import write_down
from bot.web.console.doors import SessionDesk
from bot.web.console.familiar import Familiar
from bot.web.console.guard import Visit, proven
from bot.web.console.kept import Kept, kept_of, unpacked
from bot.web.forms import Form
from bot.web.pages import Pages
from bot.web.postbox import typed
from bot.web.proxies import network_of
from bot.web.readers import Cookies

log = structlog.get_logger()

#: Tries in a row, then one in so long: for one name, and for one address (behind which a whole hall may sit).
OF_NAME, OF_ADDRESS = (5, timedelta(minutes=1)), (30, timedelta(seconds=5))
_SAID = ("password", "everywhere")
Answer = TypeVar("Answer", bound=web.StreamResponse)


class Signing:
    """The doors of the desk, in earnest."""

    def __init__(
        self,
        store: Store,
        door: SessionDesk,
        passwords: Passwords,
        pages: Pages,
        cookies: Cookies,
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._door, self._passwords = store, door, passwords
        self._pages, self._cookies, self._now = pages, cookies, now
        self._familiar = Familiar(store.keys, cookies)

    async def look(self, request: web.Request) -> web.Response:
        if await self._door.known(request):
            raise web.HTTPSeeOther(_back(request.query.get("next", "")))
        return self._page(request)

    async def sign_in(self, request: web.Request) -> web.Response:
        """A name nobody has costs what a wrong password costs, and is answered alike."""
        form = await proven(request)
        name, now, kept_form = typed(form.get("person")).strip()[:100], self._now(), unpacked(form.get("kept"))
        wait = await self._wait(request, name, now)
        if wait:
            log.warning("desk sign-in refused", why="too often")
            return self._page(request, wrong="wait", wait=wait, name=name, status=429, kept=kept_form)
        kept = await self._store.db.read(lambda c: accounts.password_of(c, name))
        fits = await self._passwords.fits(kept, form.get("password"))
        await self._store.look()
        person = self._store.directory.person(name)
        token = ""
        if fits and person is not None and rights_of(person):
            token = await self._in(request, person.id, kept, Deed.SIGN_IN, now)
        if not token or person is None:
            log.warning("desk sign-in refused", why="wrong", account=name if kept else "")
            return self._page(request, wrong="wrong", name=name, status=403, kept=kept_form)
        if kept_form is None:
            raise self._let_in(web.HTTPSeeOther(_back(form.get("next"))), token, person.id, now)
        page = self._pages.page("console/kept.html", self._cookies.reader(request), kept=kept_form)
        return self._let_in(page, token, person.id, now)

    def too_late(self, request: web.Request, form: Form) -> web.Response | None:
        """The sign-in, for somebody whose session ended while they wrote: their words go along."""
        kept = kept_of(request.path, form)
        return self._page(request, status=403, kept=kept) if kept else None

    async def knock(self, request: web.Request) -> web.Response:
        """The form for a first password. The code stands behind the address's #, which no proxy's log ever sees: the
        page's script puts it into the form, or a person does."""
        return self._setup(request)

    async def set_up(self, request: web.Request) -> web.Response:
        form, now = await proven(request), self._now()
        code, password = form.get("code").strip()[:40], form.get("password")
        if wait := await self._wait(request, "", now):
            return self._setup(request, code=code, wrong="wait", wait=wait, status=429)
        known = await self._store.db.read(lambda c: accounts.invited(c, code, now))
        person = self._store.directory.person(known)
        if person is None or not rights_of(person):
            return self._setup(request, code=code, wrong="code", status=403)
        fault = weakness(password, person.id, person.name) or ("differ" if password != form.get("again") else "")
        if fault:
            return self._setup(request, code=code, wrong=fault, status=422)
        kept = await self._passwords.hash(password)
        if await self._store.db.write(lambda c: accounts.set_up(c, code, kept, now)) is None:
            return self._setup(request, code=code, wrong="code", status=403)
        token = await self._in(request, person.id, kept, Deed.SET_UP, now)
        if not token:
            raise web.HTTPSeeOther("/desk/signin")
        raise self._let_in(web.HTTPSeeOther("/desk"), token, person.id, now)

    async def sign_out(self, visit: Visit) -> web.Response:
        session = visit.operator.session
        assert session is not None
        await self._store.db.write(lambda c: accounts.sign_out(c, session.token))
        raise self._out()

    async def sign_out_everywhere(self, visit: Visit) -> web.Response:
        await self._store.db.write(lambda c: accounts.sign_out_everywhere(c, visit.person))
        raise self._out()

    async def password(self, visit: Visit) -> web.Response:
        """Another password. Whoever sits at a browser left open does not get to keep the account: the old one first."""
        form, now, person, session = visit.form, self._now(), visit.operator.person, visit.operator.session
        assert session is not None
        if wait := await self._wait(visit.request, person.id, now):
            return self._account(visit, wrong="wait", wait=wait, status=429)
        kept = await self._store.db.read(lambda c: accounts.password_of(c, person.id))
        if not await self._passwords.fits(kept, form.get("old")):
            return self._account(visit, wrong="old", status=403)
        fault = weakness(form.get("password"), person.id, person.name)
        if fault or form.get("password") != form.get("again"):
            return self._account(visit, wrong=fault or "differ", status=422)
        new = await self._passwords.hash(form.get("password"))

        def write(connection: Connection) -> None:
            accounts.change_password(connection, person.id, new, now, session.token)
            accounts.forgive(connection, *self._keys(visit.request, person.id))

        await self._store.db.write(write)
        await write_down(self._store, person.id, Deed.PASSWORD, person.id, now)
        raise web.HTTPSeeOther("/desk/account?said=password")

    async def account(self, visit: Visit) -> web.Response:
        said = visit.request.query.get("said", "")
        return self._account(visit, said=said if said in _SAID else "")

    # --- inside

    async def _in(self, request: web.Request, person: str, kept: str | None, deed: Deed, now: datetime) -> str:
        """The token of a fresh session: whatever cookie there was before is worth nothing. "" when the account was
        closed, or its password changed, while the one that is `kept` was looked at."""

        def write(connection: Connection) -> str:
            if accounts.held_password_of(connection, person) != kept:
                return ""
            accounts.forgive(connection, *self._keys(request, person))
            return accounts.sign_in(connection, person, now)

        await write_down(self._store, person, deed, person, now)
        return await self._store.db.write(write)

    def _let_in(self, answer: Answer, token: str, person: str, now: datetime) -> Answer:
        self._door.let_in(answer, token)
        self._familiar.mark(answer, person, now)
        return answer

    def _out(self) -> web.HTTPSeeOther:
        answer = web.HTTPSeeOther("/desk/signin")
        self._door.let_out(answer)
        return answer

    def _keys(self, request: web.Request, name: str) -> tuple[bytes, bytes]:
        blind, browser = self._store.keys.blind, self._familiar.known(request, name, self._now())
        of_name = blind("desk browser tries", browser) if browser else blind("desk name", name)
        return of_name, blind("desk address", network_of(request.remote or ""))

    async def _wait(self, request: web.Request, name: str, now: datetime) -> int:
        """Counts a try of the name (if there is one; in a browser that the person signed in with before, of that
        browser) and of the address. Returns minutes to wait, 0: go on."""
        of_name, of_address = self._keys(request, name)

        def count(connection: Connection) -> timedelta:
            waits = [accounts.tried(connection, of_address, now, *OF_ADDRESS)]
            if name and not waits[0]:
                waits.append(accounts.tried(connection, of_name, now, *OF_NAME))
            return max(waits)

        return math.ceil((await self._store.db.write(count)).total_seconds() / 60)

    def _page(
        self,
        request: web.Request,
        *,
        wrong: str = "",
        wait: int = 0,
        name: str = "",
        status: int = 200,
        kept: Kept | None = None,
    ) -> web.Response:
        answer = self._pages.page(
            "console/signin.html",
            self._cookies.reader(request),
            status=status,
            wrong=wrong,
            wait=str(wait),
            name=name,
            next=request.query.get("next", ""),
            kept=kept.packed() if kept else "",
        )
        return _later(answer, wait)

    def _setup(
        self, request: web.Request, *, code: str = "", wrong: str = "", wait: int = 0, status: int = 200
    ) -> web.Response:
        reader = self._cookies.reader(request)
        page = self._pages.page("console/setup.html", reader, status=status, code=code, wrong=wrong, wait=str(wait))
        return _later(page, wait)

    def _account(
        self, visit: Visit, *, wrong: str = "", said: str = "", wait: int = 0, status: int = 200
    ) -> web.Response:
        session = visit.operator.session
        page = self._pages.page(
            "console/account.html",
            self._cookies.reader(visit.request),
            status=status,
            visit=visit,
            now=self._now(),
            area=self._store.directory.area(visit.operator.person.area),
            until=session.began_at + accounts.ABSOLUTE if session else None,
            wrong=wrong,
            said=said,
            wait=str(wait),
        )
        return _later(page, wait)


def _later(answer: web.Response, minutes: int) -> web.Response:
    if minutes:
        answer.headers["Retry-After"] = str(minutes * 60)
    return answer


def _back(next: str) -> str:
    """Where the operator wanted to go, if that is a page of the desk's."""
    fine = next in ("/desk", "/answers") or next.startswith(("/desk/", "/answers?"))
    return next if fine and "\\" not in next and not next.startswith("/desk/sign") else "/desk"
