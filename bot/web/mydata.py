"""The page where somebody takes out all that is kept of them: by a one-time link from the chat, open for minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.desks.mydata import PURPOSE
from bot.my_data import MyData
from bot.outcome import Link
from bot.store import Store, links
from bot.web.forms import read_form
from bot.web.pages import Pages
from bot.web.readers import Cookies, is_ours

_FORMS = {"pdf": ("application/pdf", "my-data.pdf"), "json": ("application/json", "my-data.json")}


class MyDataPage:
    """`/my/{token}` shows the door; to look does not use the link up, for chat apps look at links before people do.
    What is chosen there comes once."""

    def __init__(self, store: Store, data: MyData, pages: Pages, cookies: Cookies, now: Callable[[], datetime]) -> None:
        self._store, self._data, self._pages, self._cookies, self._now = store, data, pages, cookies, now

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/my/{token}", self.knock), web.post("/my/{token}", self.take)]

    async def knock(self, request: web.Request) -> web.Response:
        token, now, store = request.match_info["token"], self._now(), self._store
        link = await store.db.read(lambda c: links.read(c, store.keys, token, now))
        if not _is_mine(link):
            return self._pages.notice(self._cookies.reader(request), "link_used", status=410)
        return self._pages.page("mydata.html", self._cookies.reader(request), forms=list(_FORMS))

    async def take(self, request: web.Request) -> web.Response:
        """The file, as it is named in the form. The link opens nothing more."""
        form, reader = await read_form(request), self._cookies.reader(request)
        if not is_ours(request, form.get("proof")):
            raise web.HTTPForbidden
        kind = form.get("form")
        if kind not in _FORMS:
            raise web.HTTPBadRequest
        token, now, store = request.match_info["token"], self._now(), self._store
        # Looked at first: a link for something else must not be used up here.
        link = await store.db.read(lambda c: links.read(c, store.keys, token, now))
        if not _is_mine(link) or (used := await store.use_link(token, now)) is None:
            return self._pages.notice(reader, "link_used", status=410)
        whose = used.resident
        body = await (self._data.as_json(whose) if kind == "json" else self._data.as_pdf(whose, reader.language))
        if body is None:
            return self._pages.notice(reader, "link_used", status=410)
        type_, name = _FORMS[kind]
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return web.Response(body=body, content_type=type_, headers=headers)


def _is_mine(link: Link | None) -> bool:
    return link is not None and link.purpose == PURPOSE
