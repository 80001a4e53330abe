"""How one comes to the desk's page: by a session after signing in, or, in the demo, by sitting on a seat of staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import quote

from aiohttp import web

from bot.desks.permits import rights_of
from bot.store import Store, accounts
from bot.store.accounts import DeskSession
from bot.web.readers import Cookies, Door, Visitor
from routing.directory import Person


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody at the desk."""

    person: Person
    session: DeskSession | None = None  #: None in the demo.


class DeskDoor(Protocol):
    """Who is at the desk's page."""

    #: What stands before the page's paths, as a route: "" or "/s/{seat}".
    prefix: str

    async def operator(self, request: web.Request) -> Operator:
        """Who this is. Raises SignedOut, or HTTPNotFound for whom there is no such page."""
        ...


class SignedOut(web.HTTPSeeOther):
    """There is no session, or no more: the way to the sign-in."""


class SeatedDesk:
    """The demo's: whoever sits on a seat of staff that has a page is in. Loopback only, as all seats are."""

    def __init__(self, seats: Door, store: Store) -> None:
        self.prefix, self._seats, self._store = seats.prefix, seats, store

    async def operator(self, request: web.Request) -> Operator:
        visitor = await self._seats.visitor(request)
        person = self._store.directory.person_by_user("web", visitor.user_id)
        if person is None or not rights_of(person):
            raise web.HTTPNotFound
        return Operator(person)


class SessionDesk:
    """In earnest: a cookie whose session is in the database. Nothing but its hash is kept there."""

    prefix = ""

    def __init__(self, store: Store, cookies: Cookies, now: Callable[[], datetime]) -> None:
        self._store, self._cookies, self._now = store, cookies, now
        # The prefix keeps subdomains and plain http from planting this cookie.
        self._cookie: Final = "__Host-wuyou-desk" if cookies.secure else "wuyou-desk"

    async def operator(self, request: web.Request) -> Operator:
        found = await self.known(request)
        if found is None:
            back = request.path_qs if request.method == "GET" else ""
            raise SignedOut(f"/desk/signin?next={quote(back)}" if back else "/desk/signin")
        return found

    async def known(self, request: web.Request) -> Operator | None:
        """Who this is, if anybody who may be here: the directory is asked each time, an import ends rights at once."""
        token, now = request.cookies.get(self._cookie, ""), self._now()
        if not token:
            return None
        session = await self._store.db.read(lambda c: accounts.session_of(c, token, now))
        if session is None:
            return None
        await self._store.look()
        person = self._store.directory.person(session.person)
        if person is None or not rights_of(person):
            return None
        if session.stale and "auto" not in request.query:  # A page that looks again by itself is nobody at work.
            await self._store.db.write(lambda c: accounts.touch(c, token, now))
        return Operator(person, session)

    def let_in(self, response: web.StreamResponse, token: str) -> None:
        self._cookies.set(response, self._cookie, token, seconds=int(accounts.ABSOLUTE.total_seconds()))

    def let_out(self, response: web.StreamResponse) -> None:
        response.del_cookie(self._cookie, path="/", secure=self._cookies.secure, httponly=True, samesite="Lax")


class DeskOrChat:
    """For pages that those at the desk share with those in the chat: whichever session there is."""

    def __init__(self, desk: SessionDesk, chat: Door) -> None:
        self.prefix, self._desk, self._chat = chat.prefix, desk, chat

    async def visitor(self, request: web.Request) -> Visitor:
        found = await self._desk.known(request)
        if found is not None:
            return Visitor(found.person.id, found.person.name, str(found.person.role), found.person.id)
        return await self._chat.visitor(request)
