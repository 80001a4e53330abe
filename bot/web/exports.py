"""/cap/ and /pfif/: alerts for other systems, by key: a feed of what holds now, its CAP documents, PFIF records."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from aiohttp import web
from sqlalchemy import Connection
from yarl import URL

from bot import pfif
from bot.atom import ATOM, CAP_TYPE, feed
from bot.cap import CAP, House, Message, Say, current, document
from bot.photos import PhotoGone
from bot.store import Store, alert_rows
from bot.web.chat import PhotoStore
from bot.web.open311_words import Refused, date_in
from bot.web.proxies import network_of
from bot.web.reporting import Reports, TooMany, key_in
from bot.web.signals import Problem, said
from bot.xml_out import Element, Signer, written
from routing.alert import Alert, Kind

log = structlog.get_logger(__name__)

ATOM_TYPE, PFIF_TYPE = "application/atom+xml", "application/xml"
#: Records of one answer; who wants more asks again from the last one's entry_date on.
MOST_RECORDS = 200
_NO_DOMAIN = re.compile(r"[^A-Za-z0-9.-]")
_SINCE = datetime(1970, 1, 1, tzinfo=UTC)

Ask = Callable[[web.Request], Awaitable[web.Response]]


class Exports:
    """Whoever has the key may read, and stops showing what has expired. Drills are shown to who asks for them alone."""

    def __init__(
        self,
        store: Store,
        reports: Reports,
        photos: PhotoStore,
        say: Say,
        now: Callable[[], datetime],
        url: str = "",
        domain: str = "",
        signer: Signer | None = None,
    ) -> None:
        """`url` is how the house is reached from outside, `domain` the sender's; empty: as the request says."""
        self._store, self._reports, self._photos, self._say, self._now = store, reports, photos, say, now
        self._url, self._domain, self._signer = url.rstrip("/"), domain, signer

    def routes(self) -> list[web.RouteDef]:
        alert = "{alert:a[1-9]{8}}"
        asked = (
            ("/cap/feed.atom", self.feed),
            (f"/cap/{alert}.{{number:[1-9][0-9]{{0,5}}}}.xml", self.message),
            (f"/cap/{alert}.{{number:[1-9][0-9]{{0,5}}}}.jpg", self.picture),
            ("/pfif/persons.xml", self.persons),
            (f"/pfif/{alert}.jpg", self.portrait),
        )
        found = [web.get(path, _door(ask)) for path, ask in asked]
        return [*found, *(web.route("*", f"/{each}/{{rest:.*}}", _door(_nothing)) for each in ("cap", "pfif"))]

    async def feed(self, request: web.Request) -> web.Response:
        """The newest message of each alert that holds; the clean-up of one that was taken back, too."""
        await self._may(request, "cap")
        drills, now = _drills(request), self._now()

        def read(connection: Connection) -> list[tuple[Alert, Message]]:
            held = alert_rows.holding(connection, self._store.keys, now)
            messages = ((alert, self._messages(connection, alert, now)) for alert in held if alert.exercise == drills)
            return [(alert, found[-1]) for alert, found in messages if found]

        listed = await self._store.db.read(read)
        shown = feed(listed, self._house(request), drills=drills)
        return _answer(request, written(shown, {None: ATOM}), ATOM_TYPE)

    async def message(self, request: web.Request) -> web.Response:
        """A CAP document. 410 for one that another has followed: its words are out of date."""
        await self._may(request, "cap")
        alert, messages = await self._asked(request)
        number = int(request.match_info["number"])
        if number < messages[-1].number:
            raise Problem(410, "Another message has followed", f"The newest is {messages[-1].identifier}.")
        if number > messages[-1].number:
            raise _gone()
        shown = document(alert, messages, self._house(request))
        return _answer(request, written(shown, {None: CAP}, self._signer), CAP_TYPE)

    async def picture(self, request: web.Request) -> web.Response:
        """The picture of a missing person, while the alert is out."""
        await self._may(request, "cap")
        alert, messages = await self._asked(request)
        if int(request.match_info["number"]) != messages[-1].number:
            raise _gone()
        return await self._photo(request, alert)

    async def persons(self, request: web.Request) -> web.Response:
        """The records, those that changed longest ago first; drills have none."""
        await self._may(request, "pfif")
        try:
            since = (date_in(request.query, "min_entry_date") or _SINCE).astimezone(UTC)
        except Refused as refused:
            raise Problem(400, "Not as it should be", str(refused)) from None
        now, house = self._now(), self._house(request)
        told = await self._store.db.read(lambda c: alert_rows.holding(c, self._store.keys, since))
        dated = [(pfif.entry_date(alert, now), alert.id, alert) for alert in told
                 if alert.kind is Kind.MISSING and not alert.exercise]  # fmt: skip
        wanted = sorted(each for each in dated if each[0].replace(microsecond=0) >= since.replace(microsecond=0))
        records = tuple(pfif.person(alert, house, now) for *_, alert in wanted[:MOST_RECORDS])
        return _answer(request, written(Element("pfif", records), {None: pfif.PFIF}), PFIF_TYPE)

    async def portrait(self, request: web.Request) -> web.Response:
        """The same picture, for whoever reads PFIF."""
        await self._may(request, "pfif")
        alert = await self._store.alert(request.match_info["alert"])
        if alert is None or alert.exercise or alert.kind is not Kind.MISSING:
            raise _gone()
        return await self._photo(request, alert)

    # --- what they share

    async def _may(self, request: web.Request, right: str) -> None:
        """Raises Problem for whose key is not good for that, and for who asks too often."""
        try:
            system = await self._reports.system(key_in(request), right, network_of(request.remote or ""))
        except TooMany as many:
            raise Problem(429, "Too many wrong keys", f"Wait {many.seconds} seconds.", after=many.seconds) from None
        if system is None:
            raise Problem(401, "Who is it?", f"Send a key that is good for {right}.")
        if self._reports.pace.wait_for(system.name):
            raise Problem(429, "Too many at once", "Wait a second.")

    async def _asked(self, request: web.Request) -> tuple[Alert, tuple[Message, ...]]:
        """The alert that the path names, and its messages. Raises Problem where none of them holds."""
        drills, now = _drills(request), self._now()
        alert = await self._store.alert(request.match_info["alert"])
        if alert is None or alert.exercise != drills:
            raise _gone()
        messages = await self._store.db.read(lambda c: self._messages(c, alert, now))
        if not messages:
            raise _gone()
        return alert, messages

    def _messages(self, connection: Connection, alert: Alert, now: datetime) -> tuple[Message, ...]:
        return current(alert, alert_rows.steps(connection, self._store.keys, alert.id), now)

    async def _photo(self, request: web.Request, alert: Alert) -> web.Response:
        """The picture; gone as soon as the alert is, noticed or not."""
        if not (alert.out and alert.content.photo and alert.expires_at and self._now() < alert.expires_at):
            raise _gone()
        try:
            return _answer(request, await self._photos.read(alert.content.photo), "image/jpeg")
        except PhotoGone:
            raise _gone() from None

    def _house(self, request: web.Request) -> House:
        url = self._url or f"{request.scheme}://{request.host}"
        domain = self._domain or _NO_DOMAIN.sub("-", URL(url).host or "wuyou")
        return House(domain, self._store.standing.police, url, self._store.directory, self._say)


def _gone() -> Problem:
    return Problem(404, "Nothing under this address", "It does not hold any more, or never did. Read the feed.")


def _drills(request: web.Request) -> bool:
    status = request.query.get("status", "Actual")
    if status not in ("Actual", "Exercise"):
        raise Problem(400, "Not as it should be", "status: Actual or Exercise")
    return status == "Exercise"


def _answer(request: web.Request, body: bytes, kind: str) -> web.Response:
    """The body, or 304 to who has it already. No cache between us may keep it: it holds what a key was asked for."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization, X-API-Key"}
    known = request.if_none_match or ()
    if any(each.value in (tag, "*") for each in known):
        response = web.Response(status=304, headers=headers)
    else:
        response = web.Response(body=body, content_type=kind, headers=headers)
        if kind != "image/jpeg":
            response.charset = "utf-8"
    response.etag = tag
    return response


async def _nothing(request: web.Request) -> web.Response:
    if request.method in ("GET", "HEAD"):
        raise _gone()
    raise Problem(405, "Only GET and HEAD")


def _door(ask: Ask) -> Ask:
    """The handler of one address: what goes wrong is answered as a problem."""

    async def handler(request: web.Request) -> web.Response:
        try:
            return await ask(request)
        except Problem as problem:
            response = said(problem)
            if problem.status == 405:
                response.headers["Allow"] = "GET, HEAD"
            return response
        except ConnectionError:
            raise
        except Exception:
            log.exception("export failed", path=request.path[:100])
            return said(Problem(500, "Something went wrong here", "It is in the log."))

    return handler
