"""Open311: what other systems may read, and how they report."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pytest

from routing.case import State
from routing.platforms import CATEGORIES
from tests import town
from tests.bot.web.harness import picture
from tests.bot.web.systems_house import Town

V2 = "/open311/v2"
LAMP = {"service_code": "service.light", "description": "路灯坏了，晚上看不见", "lat": "30.005", "long": "120.005"}


async def report(doors: Town, key: str, **more: str) -> tuple[int, Any]:
    return await doors.post(f"{V2}/requests.json", data={"api_key": key, **LAMP, **more})


async def test_a_report_becomes_a_case_that_a_cadre_has_and_everybody_may_follow(doors: Town) -> None:
    key, _ = await doors.key("city-app", "open311")
    status, said = await report(doors, key)
    assert status == 201
    number = said[0]["service_request_id"]
    case = await doors.rig.case(number)
    assert (case.state, case.category, case.grid) == (State.DISPATCHED, "service.light", town.GRID_1)
    assert doors.rig.store.directory.area(case.grid)
    await doors.rig.settles()
    assert doors.rig.last("li").text.startswith("card.case")
    status, read = await doors.get(f"{V2}/requests/{number}.json")
    assert status == 200
    shown = read[0]
    assert (shown["status"], shown["service_code"], shown["address_id"]) == ("open", "service.light", town.GRID_1)
    assert shown["description"] == shown["service_name"] == CATEGORIES["service.light"].zh
    assert (shown["lat"], shown["long"]) == (30.005, 120.005), "the middle of the grid"
    assert shown["expected_datetime"] > shown["requested_datetime"]
    assert "看不见" not in str(read)
    status, listed = await doors.get(f"{V2}/requests.json", service_code="service.light,service.road", status="open")
    assert [each["service_request_id"] for each in listed] == [number]
    assert (await doors.get(f"{V2}/requests.json", status="closed"))[1] == []
    _, more = await doors.get(f"{V2}/requests.json", service_request_id=number, extensions="true")
    assert more[0]["extended_attributes"] == {"detailed_status": "dispatched", "platform": "service"}
    _, map_ = await doors.get(f"{V2}/requests.geojson")
    assert map_["features"][0]["geometry"] == {"type": "Point", "coordinates": [120.005, 30.005]}
    _, steps = await doors.get(f"{V2}/servicerequestupdates.json")
    assert [each["service_request_id"] for each in steps] == [number, number]


async def test_a_private_matter_is_taken_and_never_shown(doors: Town) -> None:
    key, _ = await doors.key("city-app", "open311")
    _, said = await report(doors, key, service_code="order.family", description="夫妻吵架")
    number = said[0]["service_request_id"]
    assert (await doors.rig.case(number)).private
    assert (await doors.get(f"{V2}/requests/{number}.json"))[0] == 404
    for path in ("requests.json", "requests.geojson", "servicerequestupdates.json"):
        assert number not in str(await doors.get(f"{V2}/{path}"))
    for query in ({"service_request_id": number}, {"service_code": "order.family"}):
        assert (await doors.get(f"{V2}/requests.json", **query))[1] == []


async def test_xml_is_the_same_with_its_wrappers(small: Town) -> None:
    key, _ = await small.key("city-app", "open311")
    async with small.session.post(f"{small.url}{V2}/requests.xml", data={"api_key": key, **LAMP}) as answer:
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
        made = ElementTree.fromstring(await answer.text())
    number = made.findtext("request/service_request_id")
    _, xml = await small.get(f"{V2}/requests/{number}.xml")
    root = ElementTree.fromstring(xml)
    assert root.tag == "service_requests"
    assert root.findtext("request/service_code") == "service.light"
    _, json = await small.get(f"{V2}/requests/{number}.json")
    assert {each.tag: each.text for each in root[0]} == {
        k: str(v) if v is not None else None for k, v in json[0].items()
    }
    for path in ("discovery", "services", "services/service.light", "requests", "servicerequestupdates"):
        status, body = await small.get(f"{V2}/{path}.xml")
        assert status == 200
        assert ElementTree.fromstring(body).tag


async def test_services_are_the_catalogue_and_each_has_its_question(small: Town) -> None:
    _, services = await small.get(f"{V2}/services.json")
    assert [each["service_code"] for each in services] == list(CATEGORIES)
    for code, asked in (("service.light", "text"), ("service.manhole", "singlevaluelist")):
        _, service = await small.get(f"{V2}/services/{code}.json")
        assert service["attributes"][0]["datatype"] == asked
    _, discovery = await small.get(f"{V2}/discovery.json")
    assert discovery["endpoints"][0]["url"] == f"{small.url}{V2}"
    _, english = await small.get(f"{V2}/services.json", locale="en")
    assert english[-1]["service_name"] == "Other"


async def test_pictures_and_answers_come_with_a_report(small: Town) -> None:
    key, _ = await small.key("city-app", "open311")
    form = aiohttp.FormData(default_to_multipart=True)
    fields = {"api_key": key, "service_code": "service.manhole", "address_id": "a1", "attribute[danger]": "yes"}
    for name, value in fields.items():
        form.add_field(name, value)
    form.add_field("media[]", picture(), filename="a.jpg", content_type="image/jpeg")
    status, said = await small.post(f"{V2}/requests.json", data=form)
    assert status == 201, said
    case = await small.rig.case(said[0]["service_request_id"])
    assert len(case.photos) == 1
    assert (case.address_id, case.grid) == ("a1", town.GRID_1)
    assert "现在有人有危险吗" in case.words


async def test_an_address_that_is_not_surely_ours_is_the_desks_to_find(small: Town) -> None:
    key, _ = await small.key("city-app", "open311")
    where = {"lat": "", "long": "", "address_string": "上海市浦东新区世纪大道100号"}
    _, said = await report(small, key, **where)
    case = await small.rig.case(said[0]["service_request_id"])
    assert (case.grid, case.place) == ("", where["address_string"])
    assert "desk" in case.reason


async def test_an_update_reaches_the_case_of_the_same_system_only(small: Town) -> None:
    key, _ = await small.key("city-app", "open311")
    other, _ = await small.key("other", "open311")
    number = (await report(small, key))[1][0]["service_request_id"]
    more = {"service_request_id": number, "description": "还有一盏也坏了"}
    status, said = await small.post(f"{V2}/servicerequestupdates.json", data={"api_key": key, **more})
    assert status == 201, said
    assert "还有一盏" in (await small.rig.case(number)).words
    assert (await small.post(f"{V2}/servicerequestupdates.json", data={"api_key": other, **more}))[0] == 404
    assert await small.cases() == 1


async def test_a_token_leads_to_the_number_once_it_is_decided(small: Town) -> None:
    key, _ = await small.key("city-app", "open311")
    await report(small, key)
    number = (await small.rig.newest()).number
    message = (await small.rig.case(number)).message
    status, said = await small.get(f"{V2}/tokens/city-app-{message}.json")
    assert (status, said[0]["service_request_id"]) == (200, number)
    assert (await small.get(f"{V2}/tokens/city-app-00.json"))[0] == 404


WRONG = [
    ({"api_key": ""}, 403),
    ({"api_key": "wy_" + "x" * 43}, 403),
    ({"service_code": "service.moon"}, 400),
    ({"lat": "north"}, 400),
    ({"lat": "91"}, 400),
    ({"lat": "nan"}, 400),
    ({"lat": "", "long": ""}, 400),
    ({"lat": "", "long": "", "address_id": "nowhere"}, 404),
    ({"description": "字" * 4001}, 400),
    ({"media_url": "javascript:alert(1)"}, 400),
    ({"attribute[colour]": "red"}, 400),
]


@pytest.mark.parametrize(("given", "status"), WRONG)
async def test_a_wrong_report_gets_the_standards_error_and_nothing_is_written(
    given: dict[str, str], status: int, small: Town
) -> None:
    key, _ = await small.key("city-app", "open311")
    got, said = await report(small, **{"key": key, **given} if "api_key" not in given else {"key": given["api_key"]})
    assert got == status
    assert said[0]["code"] == status
    assert said[0]["description"]
    assert await small.cases() == 0


async def test_a_key_for_signals_alone_or_withdrawn_reports_nothing_here(small: Town) -> None:
    key, _ = await small.key("lifts", "signals")
    assert (await report(small, key))[0] == 403


BOMB = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><requests>&c;</requests>"""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (BOMB, "text/xml"),
        (BOMB, "application/xml"),
        ("{}", "application/json"),
        ("no multipart at all", "multipart/form-data; boundary=x"),
        ("x", "multipart/form-data"),
        ("a=%ff%fe&service_code=%00", "application/x-www-form-urlencoded"),
        ("a" * 33_000_000, "application/x-www-form-urlencoded"),
    ],
    ids=["bomb", "bomb too", "json", "torn", "no boundary", "no utf-8", "huge"],
)
async def test_a_body_that_is_no_form_is_refused_unread(body: str, kind: str, small: Town) -> None:
    key, _ = await small.key("city-app", "open311")
    try:
        status, said = await small.post(
            f"{V2}/requests.xml?api_key={key}", data=BytesIO(body.encode()), headers={"Content-Type": kind}
        )
    except aiohttp.ClientConnectionError:
        assert len(body) > 1_000_000, "only what is huge may be cut off"
        return
    assert status == 400
    assert ElementTree.fromstring(said).findtext("error/code") == "400"
    assert await small.cases() == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("requests.json?start_date=yesterday", 400),
        ("requests.json?start_date=2026-01-01T00:00:00", 400),
        ("requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", 200),
        ("requests.json?start_date=&", 400),
        ("requests.json?start_date=9999-12-31T00:00:00Z", 200),
        ("requests.json?status=lost", 400),
        ("requests.json?page=0", 400),
        ("requests.json?page_size=1001", 400),
        ("requests.json?service_code=moon", 404),
        ("requests.json?start_date=2026-11-01T00:00:00 08:00", 200),
        ("requests.json?page=100000", 200),
        ("requests.json?service_request_id=%27%00;--", 200),
        ("requests/38164275.json", 404),
        ("services/service.moon.json", 404),
        ("nothing.json", 404),
        ("requests.pdf", 404),
        ("../../etc/passwd.json", 404),
    ],
)
async def test_what_cannot_be_read_gets_the_standards_error(path: str, status: int, small: Town) -> None:
    got, said = await small.get(f"{V2}/{path}")
    assert got == status
    if status >= 400 and "json" in path and ".." not in path:
        assert said[0]["code"] == status
