"""An alert's own page, for whoever follows the link in a group that gets words alone: as it stands at this moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from aiohttp import web

from bot.desks.missing import words
from bot.photos import PhotoGone
from bot.store import Store
from bot.web.chat import PhotoStore
from bot.web.pages import Pages
from bot.web.readers import Cookies
from routing.alert import Alert, Kind

_ID = re.compile(r"a[1-9]{8}")
#: It is shown, and taken back: no search engine and no cache keeps a copy.
HEADERS = {"X-Robots-Tag": "noindex, noarchive", "Cache-Control": "no-store"}


class AlertPage:
    """Shows what two persons stand behind, while it is out; afterwards that it is over, and never where."""

    def __init__(
        self, store: Store, photos: PhotoStore, pages: Pages, cookies: Cookies, now: Callable[[], datetime]
    ) -> None:
        self._store, self._photos, self._pages, self._cookies, self._now = store, photos, pages, cookies, now

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/alerts/{alert}", self.show), web.get("/alerts/{alert}/photo", self.photo)]

    async def show(self, request: web.Request) -> web.Response:
        alert, reader = await self._known(request), self._cookies.reader(request)
        texts, standing = self._pages.texts, self._store.standing
        if out := self._out(alert):
            letter = replace(words.letter(alert, standing), language=reader.language)
        else:
            letter = replace(words.taken_back(alert, standing).letter, language=reader.language)
        said = texts.render(letter).text
        answer = self._pages.page(
            "alert.html",
            reader,
            alert=alert,
            out=out,
            said=said,
            police=standing.police,
            missing=alert.kind is Kind.MISSING,
        )
        answer.headers.update(HEADERS)
        return answer

    async def photo(self, request: web.Request) -> web.Response:
        """The picture, while it is out and not a moment longer."""
        alert = await self._known(request)
        if not (self._out(alert) and alert.content.photo):
            raise web.HTTPNotFound
        try:
            body = await self._photos.read(alert.content.photo)
        except PhotoGone:
            raise web.HTTPNotFound from None
        return web.Response(body=body, content_type="image/jpeg", headers=HEADERS)

    def _out(self, alert: Alert) -> bool:
        """Whether it is out, by the hour as well: a clock that stands still keeps nobody's picture on a page."""
        return alert.out and (alert.expires_at is None or alert.expires_at > self._now())

    async def _known(self, request: web.Request) -> Alert:
        """The alert, if it ever went out. Raises HTTPNotFound."""
        number = request.match_info["alert"]
        found = await self._store.alert(number) if _ID.fullmatch(number) else None
        if found is None or found.live_at is None:
            raise web.HTTPNotFound
        return found
