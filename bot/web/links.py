"""The door in earnest: a one-time link from the community worker, then a session in a cookie. No seat to choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web

from bot.channels.web import ChatRooms
from bot.store import web_session
from bot.web.forms import read_form
from bot.web.pages import Pages
from bot.web.readers import Cookies, Visitor, is_ours

#: Who works here, by user id: their role as the page names it. Residents are everybody else.
Roles = Callable[[str], str]


class LinkDoor:
    """`/join/{token}` to come in, `/leave` to go; `/` leads to the chat or says how to get a link."""

    prefix = ""

    def __init__(self, rooms: ChatRooms, pages: Pages, cookies: Cookies, role_of: Roles) -> None:
        self._rooms, self._db, self._now = rooms, rooms.db, rooms.now
        self._pages, self._cookies, self._role_of = pages, cookies, role_of
        # The prefix keeps subdomains and plain http from planting this cookie.
        self._cookie: Final = "__Host-wuyou" if cookies.secure else "wuyou"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.front),
            web.get("/join/{token}", self.knock),
            web.post("/join/{token}", self.enter),
            web.post("/leave", self.leave),
        ]

    async def visitor(self, request: web.Request) -> Visitor:
        """Who the session's cookie belongs to; without one, the front page says how to get in."""
        token = request.cookies.get(self._cookie, "")
        now = self._now()
        session = await self._db.read(lambda c: web_session.session_of(c, token, now)) if token else None
        if session is None:
            if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
                raise web.HTTPSeeOther("/")
            raise web.HTTPUnauthorized
        if session.stale:
            await self._db.write(lambda c: web_session.touch(c, token, now))
        return Visitor(session.user_id, await self._rooms.name(session.user_id), self._role_of(session.user_id))

    async def front(self, request: web.Request) -> web.Response:
        try:
            await self.visitor(request)
        except (web.HTTPUnauthorized, web.HTTPSeeOther):
            return self._pages.notice(self._cookies.reader(request), "no_link")
        raise web.HTTPSeeOther("/chat")

    async def knock(self, request: web.Request) -> web.Response:
        """Shows the door. Looking does not use the link up: chat apps look at links before people do."""
        token, now = request.match_info["token"], self._now()
        if not await self._db.read(lambda c: web_session.link_opens(c, token, now)):
            return self._pages.notice(self._cookies.reader(request), "link_used", status=410)
        return self._pages.page("join.html", self._cookies.reader(request))

    async def enter(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        if not is_ours(request, form.get("proof")):
            raise web.HTTPForbidden
        token, now = request.match_info["token"], self._now()
        session = await self._db.write(lambda c: web_session.redeem(c, token, now))
        if session is None:
            return self._pages.notice(self._cookies.reader(request), "link_used", status=410)
        answer = web.HTTPSeeOther("/chat")
        seconds = int(web_session.ABSOLUTE.total_seconds())
        self._cookies.set(answer, self._cookie, session, seconds=seconds)
        raise answer

    async def leave(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        if not is_ours(request, form.get("proof")):
            raise web.HTTPForbidden
        token = request.cookies.get(self._cookie, "")
        await self._db.write(lambda c: web_session.revoke(c, token))
        answer = web.HTTPSeeOther("/")
        answer.del_cookie(self._cookie, path="/", secure=self._cookies.secure, httponly=True, samesite="Lax")
        raise answer
