"""/openapi.json: the OpenAPI 3.1 document of the doors for other systems, built from what they are built from."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from aiohttp import web

from bot.signal_sheet import COLUMNS, OPTIONAL
from bot.web import openapi_exports
from bot.web.open311_words import TYPES
from bot.web.open311_write import FIELD, MEDIA_URL
from bot.web.signals import CSV, JSON, MOST_ROWS, PATH, Body, Data
from routing.platforms import CATEGORIES

V2 = "/open311/v2"
_CODES = list(CATEGORIES)
_ERRORS = "What is wrong, in the form of the standard"
_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_DATE = {"type": "string", "format": "date-time"}
_NUMBER = {"type": "string", "pattern": "^[1-9]{8}$"}

_REQUEST = {
    "type": "object",
    "required": ["service_request_id", "status", "service_code", "requested_datetime"],
    "properties": {
        "service_request_id": _NUMBER,
        "status": {"enum": ["open", "closed"]},
        "status_notes": _TEXT,
        "service_name": _TEXT,
        "service_code": {"enum": _CODES},
        "description": _TEXT,
        "agency_responsible": _TEXT,
        "service_notice": _MAYBE,
        "requested_datetime": _DATE,
        "updated_datetime": _DATE,
        "expected_datetime": {"type": ["string", "null"], "format": "date-time"},
        "address": _MAYBE,
        "address_id": _MAYBE,
        "zipcode": _MAYBE,
        "lat": {"type": ["number", "null"]},
        "long": {"type": ["number", "null"]},
        "media_url": _MAYBE,
        "extended_attributes": {"type": "object"},
        "notes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"datetime": _DATE, "description": _TEXT, "type": _TEXT},
            },
        },
    },
}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "required": list(item), "properties": item}}


def _query(name: str, schema: dict[str, Any], what: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": what, "schema": schema}


def _path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


_WRONG = _list({"code": {"type": "integer"}, "description": _TEXT})
_START = _query("start_date", _DATE, "From this instant on; at most 90 days before end_date.")
_END = _query("end_date", _DATE, "Up to this instant; without one, now.")
_SPAN = (_START, _END)
_AROUND = {
    "type": "object",
    "properties": {
        "lat": {"type": "number", "minimum": -90, "maximum": 90, "description": "In degrees (WGS-84)."},
        "long": {"type": "number", "minimum": -180, "maximum": 180},
        "radius": {"type": "integer", "minimum": 1, "maximum": 100_000, "description": "Metres; 1000 without it."},
    },
    "dependentRequired": {"lat": ["long"], "long": ["lat"], "radius": ["lat", "long"]},
    "additionalProperties": False,
}
_WHICH = (
    _query("service_request_id", _TEXT, "Numbers with commas between; everything else is then set aside."),
    _query("service_code", _TEXT, "Codes with commas between."),
    *_SPAN,
    _query("status", {"enum": ["open", "closed", "open,closed"]}, "Both without it."),
    _query("updated_after", _DATE, "Those to which something was done since then."),
    _query("place", _AROUND, "Only those around a place; its members are arguments of their own.")
    | {"style": "form", "explode": True},
    _query("page", {"type": "integer", "minimum": 1, "maximum": 100_000}, "From 1."),
    _query("page_size", {"type": "integer", "minimum": 1, "maximum": 1000}, "1000 without it."),
    _query("extensions", {"enum": ["true", "false"]}, "With extended_attributes and notes."),
)
_CODE_IN_PATH = _path("service_code", {"enum": _CODES})
_NUMBER_IN_PATH = _path("service_request_id", _NUMBER)


def _answers(status: str, schema: dict[str, Any], *wrong: str) -> dict[str, Any]:
    good = {"description": "Done", "content": {"application/json": {"schema": schema}}}
    bad = {"description": _ERRORS, "content": {"application/json": {"schema": _WRONG}}}
    return {status: good, **dict.fromkeys(wrong, bad)}


def _get(
    name: str, what: str, schema: dict[str, Any], *given: dict[str, Any], wrong: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": what,
        "parameters": list(given),
        "responses": _answers("200", schema, *wrong),
    }


def _post(name: str, what: str, schema: dict[str, Any], form: dict[str, Any], **example: Any) -> dict[str, Any]:
    content = {
        key: {"schema": form, "example": example}
        for key in ("application/x-www-form-urlencoded", "multipart/form-data")
    }
    return {
        "operationId": name,
        "summary": what,
        "security": [{"api_key": []}],
        "requestBody": {"required": True, "content": content},
        "responses": _answers("201", schema, "400", "403", "404", "429"),
    }


def _form(*required: str, **fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": fields, "propertyNames": {"pattern": FIELD}}


def _as_xml(verbs: dict[str, Any]) -> dict[str, Any]:
    """The same address with the suffix .xml."""
    made = {}
    for verb, each in verbs.items():
        answers = {
            status: {"description": answer["description"], "content": {TYPES["xml"]: {}}}
            for status, answer in each["responses"].items()
        }
        made[verb] = {**each, "operationId": each["operationId"] + "_xml", "responses": answers}
    return made


_TOKEN = _path("token", {"type": "string", "pattern": "^[A-Za-z0-9-]{1,80}$"})
_REPORT = _form(
    "service_code",
    service_code={"enum": _CODES},
    lat={"type": "number", "minimum": -90, "maximum": 90},
    long={"type": "number", "minimum": -180, "maximum": 180},
    address_string={"type": "string", "maxLength": 200},
    address_id={"type": "string", "pattern": r"^[A-Za-z0-9-]{0,40}$"},
    description={"type": "string", "maxLength": 4000},
    account_id=_TEXT,
    device_id=_TEXT,
    email=_TEXT,
    phone=_TEXT,
    first_name=_TEXT,
    last_name=_TEXT,
    media_url={"type": "string", "pattern": MEDIA_URL},
    media_urls={"type": "string", "pattern": MEDIA_URL, "description": "Several with commas between, at most 5."},
)
_REPORT["dependentRequired"] = {"lat": ["long"], "long": ["lat"]}
_REPORT["anyOf"] = [
    {"required": ["lat", "long"]},
    {"required": ["address_string"], "properties": {"address_string": {"pattern": r"\S"}}},
    {"required": ["address_id"], "properties": {"address_id": {"minLength": 1}}},
]
_UPDATE = _form(
    "service_request_id",
    "description",
    service_request_id=_NUMBER,
    description={"type": "string", "pattern": r"\S", "maxLength": 4000},
)

_LAMP = {"service_code": "service.light", "lat": 30.005, "long": 120.005, "description": "The lamp at the gate is out"}
_MORE = {"service_request_id": "38164275", "description": "The next lamp is out too"}


def _signal() -> dict[str, Any]:
    one = _form("id", "service_request_id", id=_TEXT, service_request_id=_TEXT)
    count = {"type": "integer", "minimum": 0}
    sheet = _form("rows", "new", "signals", rows=count, new=count, signals={"type": "array", "items": one})
    row = _form("line", "detail", line=count, detail=_TEXT)
    why = _form(
        "title", "status", title=_TEXT, status={"type": "integer"}, detail=_TEXT, errors={"type": "array", "items": row}
    )
    problem = {
        "description": "Why it was not taken (RFC 9457); of a sheet, `errors` names the wrong rows",
        "content": {"application/problem+json": {"schema": why}},
    }
    body = Body.model_json_schema(ref_template="#/components/schemas/{model}")
    body.pop("$defs", None)
    wrong = ("400", "401", "404", "413", "415", "422", "429")
    good = {"description": "Stored", "content": {JSON: {"schema": {"anyOf": [one, sheet]}}}}
    call = {"type": "lift.stopped", "data": {"description": "The lift has stopped", "service_code": "market.lift"}}
    columns = ",".join((*COLUMNS, *OPTIONAL))
    return {
        "operationId": "signal",
        "summary": "Report by webhook: signed (Standard Webhooks), or with a key and an id",
        "description": f"Many as {CSV}: the columns {columns} (needed: {', '.join(COLUMNS)}), at most {MOST_ROWS} "
        "rows, all of them taken or none. Each row has its own id; the sheet needs none.",
        "security": [{"key": []}, {"api_key": []}],
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "The same id is the same signal. A signed one has webhook-id instead.",
                "schema": {"type": "string", "pattern": "^[A-Za-z0-9_:-]{1,100}$"},
                "example": "lift-7:2026-11-22T08:00",
            }
        ],
        "requestBody": {"required": True, "content": {JSON: {"schema": body, "example": call}, CSV: {"schema": _TEXT}}},
        "responses": {"202": good, **dict.fromkeys(wrong, problem)},
    }


def routes() -> list[web.RouteDef]:
    return [web.get("/openapi.json", show)]


async def show(request: web.Request) -> web.Response:
    return web.json_response(document())


def document() -> dict[str, Any]:
    """The document. Every address answers in XML and in JSON; the JSON is described."""
    found = {"type": "array", "items": _REQUEST}
    made = {"type": "array", "items": {"type": "object"}}
    paths: dict[str, dict[str, Any]] = {
        "discovery": {"get": _get("discovery", "What this server is and where", {"type": "object"})},
        "services": {"get": _get("services", "What may be reported", _list({"service_code": {"enum": _CODES}}))},
        "services/{service_code}": {
            "get": _get("service", "What is asked beside", {"type": "object"}, _CODE_IN_PATH, wrong=("404",))
        },
        "requests": {
            "get": _get("requests", "Public matters, the newest first", found, *_WHICH, wrong=("400", "404", "429")),
            "post": _post("report", "Report a matter", made, _REPORT, **_LAMP),
        },
        "requests/{service_request_id}": {
            "get": _get("request", "One public matter", found, _NUMBER_IN_PATH, wrong=("404",))
        },
        "tokens/{token}": {"get": _get("token", "The number that a token became", made, _TOKEN, wrong=("404",))},
        "servicerequestupdates": {
            "get": _get("updates", "What was done to public matters", made, *_SPAN, wrong=("400", "429")),
            "post": _post("update", "Add words or pictures to a report of this same system", made, _UPDATE, **_MORE),
        },
    }
    # What was reported can be read, and more be said of it.
    number = "$response.body#/0/service_request_id"
    paths["requests"]["post"]["responses"]["201"]["links"] = {
        "request": {"operationId": "request", "parameters": {"service_request_id": number}}
    }
    both: dict[str, Any] = {f"{V2}/{path}.json": each for path, each in paths.items()}
    both |= {f"{V2}/{path}.xml": _as_xml(each) for path, each in paths.items()}
    map_ = _get("map", "Open public matters as GeoJSON", {}, *_WHICH, wrong=("400", "404", "429"))
    map_["responses"]["200"]["content"] = {"application/geo+json": {"schema": {"type": "object"}}}
    both[f"{V2}/requests.geojson"] = {"get": map_}
    bulk = _get("bulk", "Public matters as the standard's bulk sheet", {}, *_WHICH, wrong=("400", "404", "429"))
    bulk["responses"] = {
        status: {**answer, "content": {CSV if status == "200" else TYPES["xml"]: {}}}
        for status, answer in bulk["responses"].items()
    }
    both[f"{V2}/requests.csv"] = {"get": bulk}
    both[PATH] = {"post": _signal()}
    both |= openapi_exports.paths()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wuyou",
            "version": version("wuyou"),
            "description": "Open311 GeoReport v2: reads are open and show public categories only. Signals. "
            "Alerts as CAP 1.2 and PFIF 1.4, by key.",
        },
        "paths": both,
        "components": {
            "schemas": {"Data": Data.model_json_schema()},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }
