"""What strangers and broken clients send to other systems' doors: the door's own error, and nothing half-written."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.store.tables import INBOX
from tests.bot.web.systems_house import Town

V2 = "/open311/v2"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GOOD = "service_code=service.light&lat=30.005&long=120.005&description=x"


async def kept(small: Town) -> int:
    rows = await small.rig.store.db.read(lambda c: c.execute(INBOX.select()).all())
    return len(rows) + await small.cases()


async def raw(small: Town, request: bytes) -> tuple[int, bytes]:
    """The status and body of whatever is answered to these bytes; 0 when the line is cut."""
    port = int(small.url.rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        said = await asyncio.wait_for(reader.read(65536), 5)
    finally:
        writer.close()
        await writer.wait_closed()
    if not said:
        return 0, b""
    return int(said.split(b" ", 2)[1]), said.partition(b"\r\n\r\n")[2]


FORMS = [
    # (the body, what is wrong in it)
    (f"{GOOD}&service_code=service.road", "twice"),
    (f"{GOOD}&lat=10", "twice"),
    (f"api_key=x&{GOOD}", "api_key"),
    (f"{GOOD}&description=y", "twice"),
    ("service_code=service.light&lat=30.005&long=1e400&description=x", "lat and long"),
    ("service_code=service.light&lat=０&long=120&description=x", "lat and long"),
    ("service_code=service.light&lat=inf&long=120&description=x", "lat and long"),
    ("service_code=service.light&address_id=%00&description=x", ""),
    ("service_code[]=service.light&lat=30&long=120", "service_code"),
    ("&" * 5000, "Large"),
    ("a=" + "b" * 5000, "service_code"),
    ("%5B%5D=1&" + GOOD, "no field"),
    ("__proto__=1&constructor=2&" + GOOD, None),
    (f"{GOOD}&lat=30.005", None),
    (f"{GOOD}&submit=1&submit=2", None),
    (f"{GOOD}&media_url=file:///etc/passwd", "media_url"),
    (f"{GOOD}&media_url=http://%0d%0aX:1", "media_url"),
    (f"{GOOD}&attribute[since]=1&attribute[since]=2", None),
]


@pytest.mark.parametrize(("body", "wrong"), FORMS)
async def test_a_form_is_taken_whole_or_refused_in_the_standards_words(
    body: str, wrong: str | None, small: Town
) -> None:
    key, _ = await small.key("app", "open311")
    status, said = await small.post(f"{V2}/requests.json?api_key={key}", data=io.BytesIO(body.encode()), headers=FORM)
    if wrong is None:
        assert status == 201, said
        assert await small.cases() == 1
        return
    assert status in (400, 403, 404), said
    assert said[0]["code"] == status
    assert wrong in str(said)
    assert await kept(small) == 0


async def test_a_nul_is_dropped_and_the_rest_is_taken(small: Town) -> None:
    key, _ = await small.key("app", "open311", "signals")
    body = f"{GOOD}%00y&first_name=%00A".encode()
    status, said = await small.post(f"{V2}/requests.json?api_key={key}", data=io.BytesIO(body), headers=FORM)
    assert status == 201
    assert "\0" not in (await small.rig.case(said[0]["service_request_id"])).words
    call = {"data": {"description": "灯\0坏了", "address_string": "柳岸\0路3号"}}
    status, said = await small.post("/signals", json=call, headers={"X-API-Key": key, "Idempotency-Key": "n-1"})
    assert status == 202
    assert "\0" not in (await small.rig.case(said["service_request_id"])).words


@pytest.mark.parametrize(
    "query",
    [
        "page=-1", "page=1e3", "page=1&page=2", "page=%00", "page_size=-5", "page_size=0", "page_size=９",
        "start_date=2026-13-01T00:00:00Z", "start_date=2026-02-30T00:00:00Z", "start_date=-0001-01-01T00:00:00Z",
        "start_date=10000-01-01T00:00:00Z", "start_date=0", "end_date=now", "start_date=2026-01-01",
        "updated_after=%00", "status=open;closed", "status=OPEN", "extensions=1", "lat=1", "radius=1", "lat=a&long=b",
        "lat=1&long=1&radius=-1", "status=open&status=closed", "service_code=%00", "service_code=' or 1=1 --",
        "jurisdiction_id=elsewhere", "jurisdiction_id=&jurisdiction_id=elsewhere",
    ],
)  # fmt: skip
async def test_a_wrong_question_is_answered_in_the_standards_words(query: str, small: Town) -> None:
    for form in ("json", "xml"):
        async with small.session.get(f"{small.url}{V2}/requests.{form}?{query.replace(' ', '%20')}") as answer:
            said = await answer.text()
            assert answer.status in (400, 404), said
        if form == "json":
            assert json.loads(said)[0]["code"] == answer.status
        else:
            assert ElementTree.fromstring(said).findtext("error/code") == str(answer.status)


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00-23:59"])
@pytest.mark.parametrize("name", ["start_date", "end_date", "updated_after"])
async def test_the_ends_of_time_are_no_trouble(name: str, date: str, small: Town) -> None:
    for path in ("requests.json", "servicerequestupdates.json", "requests.geojson", "requests.csv"):
        assert (await small.get(f"{V2}/{path}", **{name: date}))[0] == 200


async def test_methods_and_paths_that_are_none_are_answered_in_the_standards_words(small: Town) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        async with small.session.request(method, f"{small.url}{V2}/requests.json") as answer:
            assert answer.status == 405
            assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}
            assert (await answer.json())[0]["code"] == 405
    for path in (
        "requests/1.json",
        "requests/38164275.json/",
        "requests/%00.json",
        "services/%2e%2e.json",
        "tokens/.json",
    ):
        assert (await small.get(f"{V2}/{path}"))[0] == 404, path


BOMB = '<!DOCTYPE a [<!ENTITY b "' + "b" * 1000 + '"><!ENTITY c "' + "&b;" * 1000 + '">]><request>&c;</request>'
FILE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><request>&b;</request>'


@pytest.mark.parametrize("body", [BOMB, FILE, "<request>", "\x00\x01", "<?xml version='1.0' encoding='utf-16'?><a/>"])
@pytest.mark.parametrize(
    "kind", ["text/xml", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_xml_is_never_read(body: str, kind: str, small: Town) -> None:
    key, _ = await small.key("app", "open311", "signals")
    for path in (f"{V2}/requests.xml", f"{V2}/servicerequestupdates.xml"):
        status, said = await small.post(
            f"{path}?api_key={key}", data=io.BytesIO(body.encode()), headers={"Content-Type": kind}
        )
        assert status == 400, said
        assert "root:" not in said
        assert ElementTree.fromstring(said).findtext("error/code") == "400"
    by_key = {"X-API-Key": key, "Idempotency-Key": "x-1", "Content-Type": kind}
    status, said = await small.post("/signals", data=io.BytesIO(body.encode()), headers=by_key)
    assert (status, said["status"]) == (415, 415)
    assert await kept(small) == 0


SIGNALS: list[tuple[Any, dict[str, str], int]] = [
    (b"", {}, 400),
    (b"null", {}, 422),
    (b"[]", {}, 422),
    (b'{"data": {"description": "x"}', {}, 400),
    (b"[" * 60_000, {}, 400),
    (b'{"data": {"description": ' + b"9" * 5000 + b"}}", {}, 400),
    (b'{"data": {"description": "x", "lat": NaN, "long": 1}}', {}, 422),
    (b'{"data": {"description": "x", "lat": 1e999, "long": 1}}', {}, 422),
    (b'{"data": {"description": "x", "lat": "1", "long": "1"}}', {}, 422),
    (b'{"data": {"description": "x", "extra": 1}}', {}, 422),
    (b'{"data": {"description": ""}}', {}, 422),
    (b'{"data": {"description": "\\ud800"}}', {}, 422),
    (b"\xff\xfe", {}, 400),
    (b'{"data": {"description": "x"}}', {"Idempotency-Key": ""}, 400),
    (b'{"data": {"description": "x"}}', {"Idempotency-Key": "a b"}, 400),
    (b'{"data": {"description": "x"}}', {"Idempotency-Key": "x" * 101}, 400),
    (b'{"data": {"description": "x"}}', {"Content-Type": "text/plain"}, 415),
    (b'{"data": {"description": "x"}}', {"Content-Type": "application/json, text/csv"}, 415),
    (b'{"data": {"description": "x"}}', {"Content-Encoding": "gzip"}, 400),
    (b'{"data": {"description": "' + b"x" * 70_000 + b'"}}', {}, 413),
    (b'{"data": {"description": "x"}}', {"X-API-Key": ""}, 401),
    (b'{"data": {"description": "x"}}', {"Authorization": "Basic eDp5"}, 401),
    (b'{"data": {"description": "x"}}', {"webhook-signature": "v1,"}, 401),
    (b'{"data": {"description": "x"}}', {"webhook-signature": "v1a,xxxx", "webhook-timestamp": "9" * 12}, 401),
    (b'{"data": {"description": "x"}}', {"webhook-signature": "v1,x", "webhook-timestamp": "-1"}, 401),
]


@pytest.mark.parametrize(("body", "headers", "status"), SIGNALS)
async def test_a_wrong_signal_leaves_nothing(body: bytes, headers: dict[str, str], status: int, small: Town) -> None:
    key, _ = await small.key("app", "signals")
    usual = {"X-API-Key": key, "Idempotency-Key": "x-1", "Content-Type": "application/json"}
    got, said = await small.post("/signals", data=io.BytesIO(body), headers=usual | headers)
    assert (got, said["status"]) == (status, status), said
    assert await kept(small) == 0


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/csv"])
async def test_what_is_not_packed_as_it_says_is_refused(kind: str, small: Town) -> None:
    key, _ = await small.key("app", "open311", "signals")
    packed = {"Content-Encoding": "gzip", "Content-Type": kind, "X-API-Key": key, "Connection": "close"}
    path = "/signals" if kind == "text/csv" else f"{V2}/requests.json"
    assert (await small.post(path, data=io.BytesIO(b"no gzip"), headers=packed))[0] == 400
    bomb = gzip.compress(b"id,description\n" + b" " * 30_000_000)
    assert (await small.post(path, data=io.BytesIO(bomb), headers=packed))[0] in (400, 413)
    assert await kept(small) == 0


async def test_bytes_that_are_no_request_are_cut_off_and_the_door_stays_open(small: Town) -> None:
    key, _ = await small.key("app", "open311", "signals")
    host = b"Host: x\r\nX-API-Key: " + key.encode() + b"\r\n"
    post = (
        b"POST /open311/v2/requests.json HTTP/1.1\r\n" + host + b"Content-Type: application/x-www-form-urlencoded\r\n"
    )
    for request in (
        b"\x16\x03\x01\x02\x00",
        b"GET /open311/v2/requests.json HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + b"Content-Length: -5\r\n\r\n",
        post + b"Content-Length: 99999999999999999999\r\n\r\nx",
        post + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ):
        status, _ = await raw(small, request)
        assert status in (0, 400, 413), request[:80]
    assert (await small.get(f"{V2}/discovery.json"))[0] == 200
    assert await kept(small) == 0
