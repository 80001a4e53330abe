"""Open311 GeoReport v2 at /open311/v2/: discovery, services, requests, tokens, updates; GeoJSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import structlog
from aiohttp import web
from yarl import URL

from bot.store import Store
from bot.store.public_cases import PUBLIC, Asked, PublicCase, PublicStep, public_cases, public_notes, public_steps
from bot.texts import Texts
from bot.web.open311_shown import Showing
from bot.web.open311_words import Answer, Refused, count_in, date_in, list_in, opened, place_in, refusal, written
from bot.web.open311_write import Writing
from bot.web.reporting import Reports
from bot.web.turns import Full, Turns
from routing.dispatch import metres
from routing.platforms import CATEGORIES, Category, Urgency

log = structlog.get_logger(__name__)

BASE = "/open311/v2"
SPEC = "http://wiki.open311.org/GeoReport_v2"
CHANGED = "2026-11-22T00:00:00+08:00"  #: When this interface was changed last.
MOST, SPAN = 1000, timedelta(days=90)
MOST_NOTES = 20_000  #: Of all requests in one answer.
#: The arguments that mean something.
ARGUMENTS = (
    "jurisdiction_id", "service_request_id", "service_code", "start_date", "end_date", "status", "updated_after",
    "page", "page_size", "lat", "long", "radius", "extensions", "locale", "api_key",
)  # fmt: skip
RADIUS = 1000  #: Metres, where a place is named and no radius.

Ask = Callable[[web.Request], Awaitable[Answer | web.Response]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Open311:
    """The whole interface. Reads are open and show public categories only; writing needs a key."""

    def __init__(
        self, store: Store, texts: Texts, reports: Reports, writing: Writing, now: Callable[[], datetime], url: str
    ) -> None:
        self._store, self._texts, self._reports, self._writing, self._now = store, texts, reports, writing, now
        self._showing = Showing(store, texts)
        self._say, self._language = self._showing.say, self._showing.language
        self._url = url.rstrip("/")
        self._turns = Turns()

    def routes(self) -> list[web.RouteDef]:
        form = ".{form:xml|json}"
        asked = (
            (f"/discovery{form}", self.discovery),
            (f"/services{form}", self.services),
            (f"/services/{{code:[a-z_.]+}}{form}", self.service),
            (f"/requests/{{number:[0-9]+}}{form}", self.request),
            (f"/tokens/{{token:[A-Za-z0-9-]+}}{form}", self.token),
        )
        lists = (
            (f"/requests{form}", self.requests),
            (f"/servicerequestupdates{form}", self.updates),
            ("/requests.{form:geojson}", self.geojson),
            ("/requests.{form:csv}", self.sheet),
        )
        return [
            *(web.get(BASE + path, self._door(ask)) for path, ask in asked),
            *(web.get(BASE + path, self._in_turn(self._door(ask))) for path, ask in lists),
            web.post(f"{BASE}/requests{form}", self._door(self.report)),
            web.post(f"{BASE}/servicerequestupdates{form}", self._door(self.update)),
            web.route("*", r"/open311/{rest:[\s\S]*}", door(nothing)),
        ]

    def _in_turn(self, handler: Handler) -> Handler:
        """Whoever may read may ask for a thousand matters at a time: one list after the other."""

        async def in_turn(request: web.Request) -> web.StreamResponse:
            try:
                async with self._turns.turn():
                    return await handler(request)
            except Full:
                return await door(too_many)(request)

        return in_turn

    def _door(self, ask: Ask) -> Handler:
        """Behind it are requests to this jurisdiction only."""

        async def here(request: web.Request) -> Answer | web.Response:
            query = request.query
            if twice := [name for name in ARGUMENTS if len(query.getall(name, [])) > 1]:
                raise Refused(400, *(f"{name}: named twice; several go with commas between" for name in twice))
            self._is_here(request, query.get("jurisdiction_id", ""))
            return await ask(request)

        return door(here)

    def _is_here(self, request: web.Request, named: str) -> None:
        """This server has one jurisdiction and needs no name for it; the name is its host, as the standard advises."""
        if named and named.lower() != URL(self._base(request)).host:
            raise Refused(404, "jurisdiction_id was not found: this server has one, and needs none")

    def _base(self, request: web.Request) -> str:
        return (self._url or f"{request.scheme}://{request.host}") + BASE

    # --- what there is

    async def discovery(self, request: web.Request) -> Answer:
        base = self._base(request)
        endpoint = {
            "specification": SPEC,
            "url": base,
            "changeset": CHANGED,
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }
        said = {
            "changeset": CHANGED,
            "contact": self._say("contact", request),
            "key_service": self._say("contact", request),
            "endpoints": [endpoint],
        }
        return Answer("discovery", said)

    async def services(self, request: web.Request) -> Answer:
        return Answer("services", [self._service(each, request) for each in CATEGORIES.values()])

    async def service(self, request: web.Request) -> Answer:
        category = CATEGORIES.get(request.match_info["code"])
        if category is None:
            raise Refused(404, "service_code is no service")
        urgent = category.urgency is Urgency.NOW
        name = "danger" if urgent else "since"
        values = [{"key": key, "name": self._say(key, request)} for key in ("yes", "no")] if urgent else []
        attribute = {
            "variable": True,
            "code": name,
            "datatype": "singlevaluelist" if urgent else "text",
            "required": False,
            "datatype_description": "",
            "order": 1,
            "description": self._say("danger" if urgent else "since", request),
            "values": values,
        }
        return Answer("service_definition", {"service_code": category.code, "attributes": [attribute]})

    # --- reading

    async def requests(self, request: web.Request) -> Answer:
        return Answer("service_requests", await self._shown(await self._cases(request), request))

    async def request(self, request: web.Request) -> Answer:
        number = request.match_info["number"]
        now = self._now()
        found = await self._store.db.read(lambda c: public_cases(c, Asked(now, now, (number,))))
        if not found:
            raise Refused(404, "service_request_id is no request that may be shown")
        return Answer("service_requests", await self._shown(found, request))

    async def token(self, request: web.Request) -> Answer:
        token = request.match_info["token"]
        system, _, id = token.rpartition("-")
        number = await self._reports.number(system, id)
        if not number:
            raise Refused(404, "token is unknown, or its report is not decided yet: ask again in some seconds")
        return Answer("service_requests", [{"service_request_id": number, "token": token}])

    async def updates(self, request: web.Request) -> Answer:
        start, end = self._span(request)
        steps = await self._store.db.read(lambda c: public_steps(c, start, end, MOST))
        notes = await self._store.db.read(lambda c: public_notes(c, start, end, MOST))
        said = [(step.at, self._showing.update(step, request)) for step in steps]
        said += [(at, self._showing.published(number, open_, at, words)) for number, open_, at, words in notes]
        said.sort(key=itemgetter(0))
        return Answer("service_requests_updates", [update for _, update in said[:MOST]])

    async def geojson(self, request: web.Request) -> web.Response:
        """The open public matters (RFC 7946), each at the centre of its grid; with `status=closed` the closed ones."""
        features = []
        for case in await self._cases(request, open_only="status" not in request.query):
            shown = self._showing.request(case, request)
            lat, lon = shown.pop("lat"), shown.pop("long")
            point = {"type": "Point", "coordinates": [lon, lat]} if lat is not None else None
            features.append({"type": "Feature", "id": case.number, "geometry": point, "properties": shown})
        body = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
        return web.Response(text=body, content_type="application/geo+json", charset="utf-8")

    async def sheet(self, request: web.Request) -> web.Response:
        """The same as the bulk sheet of the standard (CSV, RFC 4180)."""
        written = io.StringIO()
        csv.writer(written).writerows(self._showing.bulk(await self._cases(request), request))
        return web.Response(text=written.getvalue(), content_type="text/csv", charset="utf-8")

    async def _shown(self, cases: Sequence[PublicCase], request: web.Request) -> list[dict[str, Any]]:
        steps: dict[str, list[PublicStep]] | None = None
        if request.query.get("extensions") == "true":
            steps, numbers, now = {}, [case.number for case in cases], self._now()
            for step in await self._store.db.read(lambda c: public_steps(c, now, now, MOST_NOTES, numbers)):
                steps.setdefault(step.number, []).append(step)
        return [self._showing.request(case, request, steps) for case in cases]

    async def _cases(self, request: web.Request, *, open_only: bool = False) -> list[PublicCase]:
        query = request.query
        start, end = self._span(request)
        codes = list_in(query, "service_code")
        if strange := [code for code in codes if code not in CATEGORIES]:
            raise Refused(404, *(f"service_code {code[:60]!r} is no service" for code in strange[:5]))
        states = set(list_in(query, "status"))
        if states - {"open", "closed"}:
            raise Refused(400, "status: open, closed, or both with a comma between")
        if query.get("extensions", "false") not in ("true", "false"):
            raise Refused(400, "extensions: true or false")
        numbers = list_in(query, "service_request_id", 500)
        hidden = codes and not set(codes) & set(PUBLIC)
        asked = Asked(
            start,
            end,
            tuple(number if number.isascii() else "" for number in numbers),
            codes,
            None if len(states) == 2 else "open" in states if states else (True if open_only else None),
            date_in(query, "updated_after"),
            count_in(query, "page_size", MOST, MOST),
            count_in(query, "page", 1, 100_000),
            grids=self._near(query),
        )
        return [] if hidden else await self._store.db.read(lambda c: public_cases(c, asked))

    def _near(self, query: Mapping[str, str]) -> tuple[str, ...] | None:
        """The areas whose middle lies within `radius` metres; None where no place is named. It is the place that is
        shown which is compared: a search tells no more of where something is."""
        place = place_in(query)
        if place is None:
            if "radius" in query:
                raise Refused(400, "radius: lat and long are missing")
            return None
        radius = count_in(query, "radius", RADIUS, 100_000)
        areas = self._store.directory.areas.values()
        return tuple(each.code for each in areas if each.centre and metres(each.centre, place) <= radius)

    def _span(self, request: web.Request) -> tuple[datetime, datetime]:
        start, end = date_in(request.query, "start_date"), date_in(request.query, "end_date")
        now = self._now()
        if start is None:
            end = end or now
            start = end - SPAN
        end = min(end or now, start + SPAN)
        return start.astimezone(UTC), end.astimezone(UTC)

    # --- writing

    async def report(self, request: web.Request) -> Answer:
        system, report = await self._writing.report(request, secrets.token_hex(16), self._is_here)
        number = await self._reports.take(system, report)
        which = {"service_request_id": number} if number else {"token": f"{system.name}-{report.id}"}
        notice = {"service_notice": self._say("notice", request), "account_id": None}
        return Answer("service_requests", [which | notice], 201)

    async def update(self, request: web.Request) -> Answer:
        system, report, chat = await self._writing.update(request, secrets.token_hex(16), self._is_here)
        await self._reports.take(system, report, chat)
        return Answer("service_requests_updates", [{"update_id": f"{system.name}-{report.id}"}], 201)

    # --- words

    def _service(self, category: Category, request: web.Request) -> dict[str, Any]:
        language = self._language(request)
        name, platform = str(getattr(category, language)), self._showing.platform(category, language)
        return {
            "service_code": category.code,
            "service_name": name,
            "description": self._texts.say("web.open311.describe", {"platform": platform, "name": name}, language),
            "metadata": True,
            "type": "realtime",
            "keywords": ",".join((name, platform)),
            "group": platform,
        }


async def too_many(request: web.Request) -> Answer:
    raise Refused(429, "too many lists are asked for at once: wait a second")


async def nothing(request: web.Request) -> Answer:
    """Neither a path of ours nor, on one of ours, a method it has."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        if resource.canonical.startswith(BASE):
            allowed |= (await resource.resolve(request))[1]
    if allowed:
        raise Refused(405, "this address has no such method", allow=", ".join(sorted(allowed)))
    raise Refused(404, "there is nothing under this address")


def door(ask: Ask) -> Handler:
    """The handler of one address: whatever happens is answered in the standard's own form."""

    async def handler(request: web.Request) -> web.Response:
        form = "json" if (request.match_info.get("form") or request.path).endswith("json") else "xml"
        headers: dict[str, str] = {}
        try:
            answer = await ask(request)
            if isinstance(answer, web.Response):
                opened(answer)
                return answer
        except Refused as refused:
            answer, headers = refusal(refused), _headers(refused)
        except web.HTTPException as error:  # A body that is too large, or none.
            answer = refusal(Refused(400, error.reason))
        except ConnectionError:
            raise
        except Exception:
            log.exception("open311 failed", path=request.match_info.route.resource and request.path[:100])
            answer = refusal(Refused(500, "something went wrong here; it is in the log"))
        response = written(answer, form)
        response.headers.update(headers)
        return response

    return handler


def _headers(refused: Refused) -> dict[str, str]:
    headers = {"Allow": refused.allow} if refused.allow else {}
    return headers | ({"Retry-After": str(refused.after)} if refused.status == 429 else {})
