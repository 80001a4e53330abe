"""Open311 GeoReport v2 at /open311/v2/: discovery, services, requests, tokens, updates; and the matters as GeoJSON."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiohttp import web

from bot.store import Store
from bot.store.public_cases import PUBLIC, Asked, PublicCase, public_cases, public_steps
from bot.texts import LANGUAGES, Texts
from bot.web.open311_words import (
    Answer,
    Refused,
    count_in,
    date_in,
    instant,
    list_in,
    opened,
    refusal,
    written,
)
from bot.web.open311_write import Writing
from bot.web.reporting import Reports
from routing.platforms import CATEGORIES, PLATFORM_EN, PLATFORM_ZH, Category, Urgency

log = structlog.get_logger(__name__)

BASE = "/open311/v2"
SPEC = "http://wiki.open311.org/GeoReport_v2"
CHANGED = "2026-11-22T00:00:00+08:00"  #: When this interface was changed last.
MOST, SPAN = 1000, timedelta(days=90)

Ask = Callable[[web.Request], Awaitable[Answer]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Open311:
    """The whole interface. Reads are open and show public categories only; writing needs a key."""

    def __init__(
        self, store: Store, texts: Texts, reports: Reports, writing: Writing, now: Callable[[], datetime], url: str
    ) -> None:
        self._store, self._texts, self._reports, self._writing, self._now = store, texts, reports, writing, now
        self._url = url.rstrip("/")

    def routes(self) -> list[web.RouteDef]:
        form = ".{form:xml|json}"
        asked = (
            (f"/discovery{form}", self.discovery),
            (f"/services{form}", self.services),
            (f"/services/{{code:[a-z_.]+}}{form}", self.service),
            (f"/requests{form}", self.requests),
            (f"/requests/{{number:[0-9]+}}{form}", self.request),
            (f"/tokens/{{token:[A-Za-z0-9-]+}}{form}", self.token),
            (f"/servicerequestupdates{form}", self.updates),
        )
        return [
            *(web.get(BASE + path, door(ask)) for path, ask in asked),
            web.post(f"{BASE}/requests{form}", door(self.report)),
            web.post(f"{BASE}/servicerequestupdates{form}", door(self.update)),
            web.get(f"{BASE}/requests.geojson", self.geojson),
            web.route("*", r"/open311/{rest:[\s\S]*}", door(nothing)),
        ]

    # --- what there is

    async def discovery(self, request: web.Request) -> Answer:
        base = (self._url or f"{request.scheme}://{request.host}") + BASE
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
        return Answer("service_requests", [self._shown(case, request) for case in await self._cases(request)])

    async def request(self, request: web.Request) -> Answer:
        number = request.match_info["number"]
        now = self._now()
        found = await self._store.db.read(lambda c: public_cases(c, Asked(now, now, (number,))))
        if not found:
            raise Refused(404, "service_request_id is no request that may be shown")
        return Answer("service_requests", [self._shown(found[0], request)])

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
        said = [
            {
                "update_id": str(step.id),
                "service_request_id": step.number,
                "status": "closed" if step.verb in ("confirm", "lapse") else "open",
                "updated_datetime": instant(step.at),
                "description": self._say(f"step.{step.verb}", request),
                "media_url": None,
            }
            for step in steps
        ]
        return Answer("service_requests_updates", said)

    async def geojson(self, request: web.Request) -> web.Response:
        """The open public matters (RFC 7946), each at the centre of its grid; with `status=closed` the closed ones."""
        try:
            cases = await self._cases(request, open_only="status" not in request.query)
        except Refused as refused:
            return written(refusal(refused), "json")
        features = []
        for case in cases:
            shown = self._shown(case, request)
            lat, lon = shown.pop("lat"), shown.pop("long")
            point = {"type": "Point", "coordinates": [lon, lat]} if lat is not None else None
            features.append({"type": "Feature", "id": case.number, "geometry": point, "properties": shown})
        body = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
        response = web.Response(text=body, content_type="application/geo+json", charset="utf-8")
        opened(response)
        return response

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
        )
        return [] if hidden else await self._store.db.read(lambda c: public_cases(c, asked))

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
        system, report = await self._writing.report(request, secrets.token_hex(16))
        number = await self._reports.take(system, report)
        which = {"service_request_id": number} if number else {"token": f"{system.name}-{report.id}"}
        notice = {"service_notice": self._say("notice", request), "account_id": None}
        return Answer("service_requests", [which | notice], 201)

    async def update(self, request: web.Request) -> Answer:
        system, report, chat = await self._writing.update(request, secrets.token_hex(16))
        await self._reports.take(system, report, chat)
        return Answer("service_requests_updates", [{"update_id": f"{system.name}-{report.id}"}], 201)

    # --- words

    def _service(self, category: Category, request: web.Request) -> dict[str, Any]:
        language = self._language(request)
        name, platform = str(getattr(category, language)), self._platform(category, language)
        return {
            "service_code": category.code,
            "service_name": name,
            "description": self._texts.say("web.open311.describe", {"platform": platform, "name": name}, language),
            "metadata": True,
            "type": "realtime",
            "keywords": ",".join((name, platform)),
            "group": platform,
        }

    def _shown(self, case: PublicCase, request: web.Request) -> dict[str, Any]:
        """A case as everybody may see it: its kind for words, the middle of its grid for the place, no picture."""
        language, directory = self._language(request), self._store.directory
        category = CATEGORIES[case.category]
        name = str(getattr(category, language))
        grid, unit = directory.area(case.grid), directory.unit(case.unit)
        where = tuple(round(each, 6) for each in grid.centre) if grid and grid.centre else (None, None)
        shown: dict[str, Any] = {
            "service_request_id": case.number,
            "status": "open" if case.open else "closed",
            "status_notes": self._say(f"state.{case.state}", request),
            "service_name": name,
            "service_code": case.category,
            "description": name,
            "agency_responsible": unit.name if unit else self._platform(category, language),
            "service_notice": None,
            "requested_datetime": instant(case.opened_at),
            "updated_datetime": instant(case.updated_at),
            "expected_datetime": instant(case.due_at),
            "address": grid.name if grid else None,
            "address_id": grid.code if grid else None,
            "zipcode": None,
            "lat": where[0],
            "long": where[1],
            "media_url": None,
        }
        if request.query.get("extensions") == "true":
            shown["extended_attributes"] = {"detailed_status": case.state.value, "platform": category.platform.value}
        return shown

    def _platform(self, category: Category, language: str) -> str:
        return (PLATFORM_ZH if language == "zh" else PLATFORM_EN)[category.platform]

    def _say(self, key: str, request: web.Request) -> str:
        return self._texts.say(f"web.open311.{key}", {}, self._language(request))

    def _language(self, request: web.Request) -> str:
        asked = request.query.get("locale", "") or request.headers.get("Accept-Language", "")
        found = asked.strip().lower()[:2]
        return found if found in LANGUAGES else self._texts.house


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
        form = request.match_info.get("form") or ("json" if request.path.endswith("json") else "xml")
        allow = ""
        try:
            answer = await ask(request)
        except Refused as refused:
            answer, allow = refusal(refused), refused.allow
        except web.HTTPException as error:  # A body that is too large, or none.
            answer = refusal(Refused(400, error.reason))
        except ConnectionError:
            raise
        except Exception:
            log.exception("open311 failed", path=request.match_info.route.resource and request.path[:100])
            answer = refusal(Refused(500, "something went wrong here; it is in the log"))
        response = written(answer, form)
        if allow:
            response.headers["Allow"] = allow
        if answer.status == 429:
            response.headers["Retry-After"] = "1"
        return response

    return handler
