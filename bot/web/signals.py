"""POST /signals: other systems report (110 calls, 12345, devices, hazards found). Stored first, then answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import webhooks
from bot.channels.systems import Report
from bot.codes import tidy
from bot.csv_sheet import Fault, Faults, ImportRefused, rows_in
from bot.ledger.mall import LETTERS
from bot.messages import Signal
from bot.signal_sheet import COLUMNS, OPTIONAL, reports_of
from bot.store import Store
from bot.store.systems import System, signers
from bot.web.postbox import Pace
from bot.web.proxies import network_of
from bot.web.reporting import Reports, TooMany, key_in
from routing.platforms import CATEGORIES

log = structlog.get_logger(__name__)

MOST_BYTES = 64 * 1024
MOST_SHEET = 1024 * 1024
MOST_ROWS = 2_000  #: Of a sheet that is posted; a file has no such limit (wuyou signals).
MOST_FAULTS = 100  #: Wrong rows that are named in one answer.
JSON, CSV = "application/json", "text/csv"
PATH = "/signals"
#: What a warning of a fraud is called, and how the code looks of whom it is meant for.
FRAUD, GUARD = "order.fraud", f"^[{LETTERS}]{{4}} ?[{LETTERS}]{{4}}$"
MISSING = "order.missing"  #: Of a system that may do it, the draft of an alert as well.


class Data(BaseModel):
    """What the signal says of the matter."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "dependentRequired": {"lat": ["long"], "long": ["lat"], "guard": ["service_code"]},
            "dependentSchemas": {"guard": {"properties": {"service_code": {"const": FRAUD}}}},
        },
    )

    description: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"[^\s\x00-\x1f]")]
    service_code: Annotated[str, Field(json_schema_extra={"enum": ["", *CATEGORIES]})] = ""
    address_string: Annotated[str, Field(max_length=200)] = ""
    address_id: Annotated[str, Field(max_length=100)] = ""
    guard: Annotated[str, Field(max_length=20, json_schema_extra={"pattern": GUARD})] = ""
    # Left out, they are none; the zero stands for nothing.
    lat: Annotated[float, Field(ge=-90, le=90)] = 0.0
    long: Annotated[float, Field(ge=-180, le=180)] = 0.0

    @property
    def location(self) -> tuple[float, float] | None:
        return (self.lat, self.long) if {"lat", "long"} <= self.model_fields_set else None


class Body(BaseModel):
    """A Standard Webhooks body. What else stands in it is the sender's own."""

    model_config = ConfigDict(extra="ignore", strict=True)

    type: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$", max_length=100)] = "report"
    timestamp: str = ""
    data: Data


class Problem(Exception):
    """Why it was not taken (RFC 9457)."""

    def __init__(
        self, status: int, title: str, detail: str = "", *, faults: tuple[Fault, ...] = (), after: int = 1
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.faults = faults  #: Wrong rows of a sheet.
        self.after = after  #: Seconds to wait, where it was too much at once.


class Signals:
    """The door. The same id again is the same signal: it is answered, and nothing is written."""

    def __init__(self, store: Store, reports: Reports, now: Callable[[], datetime]) -> None:
        self._store, self._reports, self._now = store, reports, now
        #: Sheets of one system: five at once, then one in six seconds.
        self._sheets = Pace(burst=5, seconds=6.0)

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self.post), web.route("*", PATH, self.other)]

    async def post(self, request: web.Request) -> web.Response:
        """202 with the id and, once it is decided, the case's number; else application/problem+json."""
        try:
            return web.json_response(await self._take(request), status=202)
        except Problem as problem:
            return said(problem)
        except ConnectionError:
            raise
        except Exception:  # a door: the sender keeps the signal and comes again
            log.exception("signal not taken")
            return said(Problem(500, "Something went wrong here", "Send it again later, under the same id."))

    async def other(self, request: web.Request) -> web.Response:
        response = said(Problem(405, "Only POST"))
        response.headers["Allow"] = "POST"
        return response

    async def _take(self, request: web.Request) -> dict[str, Any]:
        if request.content_type not in (JSON, CSV):
            raise Problem(415, f"Send {JSON} or {CSV}")
        is_sheet = request.content_type == CSV
        raw = await self._body(request, MOST_SHEET if is_sheet else MOST_BYTES)
        system, id = await self._sender(request, raw)
        if self._reports.pace.wait_for(system.name):
            raise Problem(429, "Too many at once", "Wait a second.")
        if is_sheet:
            return await self._take_sheet(system, raw)
        if not webhooks.ID.fullmatch(id):
            raise Problem(400, "No id", "Name it in Idempotency-Key: letters, digits, _ : and -, at most 100.")
        data = self._read(raw)
        signal = Signal(data.service_code, data.address_string.strip(), data.address_id, guard=tidy(data.guard))
        signal = replace(signal, drafts=data.service_code == MISSING and "missing" in system.may)
        number = await self._reports.take(system, Report(id, data.description, signal, data.location))
        return {"id": id, "service_request_id": number}

    async def _take_sheet(self, system: System, raw: bytes) -> dict[str, Any]:
        """Each row is a signal under an id of its own. One wrong row, and none is taken."""
        if wait := self._sheets.wait_for(system.name):
            seconds = int(wait) + 1
            raise Problem(429, "Too many sheets", f"Wait {seconds} seconds.", after=seconds)
        try:
            reports = await asyncio.to_thread(self._rows, raw)
        except ImportRefused as refused:
            wrong = len(refused.faults)
            said = f"{wrong} wrong {'row' if wrong == 1 else 'rows'}; nothing was taken."
            raise Problem(422, "Not as it should be", said, faults=refused.faults[:MOST_FAULTS]) from None
        new, known = await self._reports.lay_in(system, reports)
        signals = [{"id": each.id, "service_request_id": known.get(each.id, "")} for each in reports]
        return {"rows": len(reports), "new": new, "signals": signals}

    def _rows(self, raw: bytes) -> tuple[Report, ...]:
        faults = Faults()
        rows = rows_in("body", raw, COLUMNS, faults, OPTIONAL)
        return reports_of(rows, faults, self._store.directory, MOST_ROWS, self._now())

    async def _body(self, request: web.Request, most: int) -> bytes:
        if (request.content_length or 0) > most:
            raise Problem(413, "Too large", f"At most {most} bytes.")
        try:
            return await request.clone(client_max_size=most).read()
        except web.HTTPRequestEntityTooLarge:
            raise Problem(413, "Too large", f"At most {most} bytes.") from None
        except web.RequestPayloadError:
            raise Problem(
                400, "The body cannot be read", "It is not what Content-Encoding says, or broke off."
            ) from None

    async def _sender(self, request: web.Request, raw: bytes) -> tuple[System, str]:
        """Who sent it, by signature or by key, and the id of what was sent; "" where none is named."""
        headers = request.headers
        if "webhook-signature" in headers:
            id = headers.get("webhook-id", "")
            known = await self._store.db.read(lambda c: signers(c, self._store.house))
            try:
                place = webhooks.check(
                    [secret for _, secret in known],
                    id,
                    headers.get("webhook-timestamp", ""),
                    headers["webhook-signature"],
                    raw,
                    self._now(),
                )
            except webhooks.NotGenuine as fault:
                raise Problem(401, "Not genuine", str(fault)) from None
            return known[place][0], id
        try:
            system = await self._reports.system(key_in(request), "signals", network_of(request.remote or ""))
        except TooMany as many:
            raise Problem(429, "Too many wrong keys", f"Wait {many.seconds} seconds.", after=many.seconds) from None
        if system is None:
            raise Problem(401, "Who is it?", "Sign it (Standard Webhooks), or send a key that is good for signals.")
        return system, headers.get("Idempotency-Key", "") or headers.get("webhook-id", "")

    def _read(self, raw: bytes) -> Data:
        try:
            tree: Any = json.loads(raw)
        except (ValueError, RecursionError):
            raise Problem(400, "No JSON") from None
        try:
            data = Body.model_validate(tree).data
        except ValidationError as fault:
            first = fault.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise Problem(422, "Not as it should be", f"{where}: {first['msg']}") from None
        if data.service_code and data.service_code not in CATEGORIES:
            raise Problem(422, "Not as it should be", "data.service_code: no service of this name")
        if len({"lat", "long"} & data.model_fields_set) == 1:
            raise Problem(422, "Not as it should be", "data.lat and data.long: both, or neither")
        if "guard" in data.model_fields_set and not (tidy(data.guard) and data.service_code == FRAUD):
            raise Problem(422, "Not as it should be", f"data.guard: a code of eight, and the service_code {FRAUD}")
        directory = self._store.directory
        if data.address_id and not (directory.address(data.address_id) or directory.area(data.address_id)):
            raise Problem(404, "No such place", "data.address_id: no standard address and no area")
        return data


def said(problem: Problem) -> web.Response:
    body: dict[str, Any] = {
        "type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.detail
    }  # fmt: skip
    if problem.faults:
        body["errors"] = [{"line": fault.line, "detail": fault.reason} for fault in problem.faults]
    headers = {"Retry-After": str(problem.after)} if problem.status == 429 else {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.json_response(body, status=problem.status, content_type="application/problem+json", headers=headers)
