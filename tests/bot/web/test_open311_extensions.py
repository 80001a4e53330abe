"""What Open311 offers beyond its base: a search around a place, the bulk sheet, several pictures' addresses."""

from __future__ import annotations

import csv
import io
import itertools
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.web.open311_shown import BULK
from tests import town
from tests.bot.web.systems_house import Town

V2 = "/open311/v2"
_NAMES = itertools.count()
LAMP = {"service_code": "service.light", "description": "路灯坏了", "lat": "30.001", "long": "120.001"}


async def report(here: Town, **more: str) -> tuple[int, Any]:
    key = more.pop("key", "") or (await here.key(f"app{next(_NAMES)}", "open311"))[0]
    return await here.post(f"{V2}/requests.json", data={"api_key": key, **LAMP, **more})


async def found(here: Town, **query: str) -> list[str]:
    status, said = await here.get(f"{V2}/requests.json", **query)
    assert status == 200, said
    return [each["service_request_id"] for each in said]


async def test_a_search_around_a_place_goes_by_the_place_that_is_shown(small: Town) -> None:
    number = (await report(small))[1][0]["service_request_id"]
    assert (await small.rig.case(number)).grid == town.GRID_1
    middle = {"lat": "30.005", "long": "120.005"}
    assert await found(small, **middle, radius="1") == [number], "the middle of its grid"
    corner = {"lat": "30.001", "long": "120.001"}
    assert await found(small, **corner, radius="1") == [], "where it really is, nobody learns by asking"
    assert await found(small, **corner, radius="700") == [number]
    assert await found(small, **corner) == [number], "a kilometre without a radius"
    assert await found(small, lat="30.2", long="120.2") == []
    assert await found(small, lat="-90", long="180", radius="100000") == []


@pytest.mark.parametrize(
    "query",
    [
        {"radius": "5"},
        {"lat": "30"},
        {"lat": "30", "long": "north"},
        {"lat": "30", "long": "181"},
        {"lat": "30", "long": "120", "radius": "0"},
        {"lat": "30", "long": "120", "radius": "-5"},
        {"lat": "30", "long": "120", "radius": "nan"},
        {"lat": "30", "long": "120", "radius": "100001"},
        {"updated_after": "yesterday"},
    ],
)
async def test_a_wrong_search_gets_the_standards_error(query: dict[str, str], small: Town) -> None:
    for form in ("json", "geojson"):
        status, said = await small.get(f"{V2}/requests.{form}", **query)
        assert (status, said[0]["code"]) == (400, 400)
    for form in ("xml", "csv"):
        status, said = await small.get(f"{V2}/requests.{form}", **query)
        assert status == 400
        assert ElementTree.fromstring(said).findtext("error/code") == "400"


async def test_the_bulk_sheet_has_the_columns_of_the_standard(small: Town) -> None:
    number = (await report(small))[1][0]["service_request_id"]
    async with small.session.get(f"{small.url}{V2}/requests.csv", params={"locale": "en"}) as answer:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert tuple(rows[0]) == BULK
    row = rows[0]
    assert (row["service_request_id"], row["status"], row["closed_date"]) == (number, "open", "")
    assert (row["status_description"], row["lat"]) == ("dispatched", "30.005")
    assert "路灯坏了" not in str(rows)


async def test_the_addresses_of_pictures_are_kept_as_words(small: Town) -> None:
    urls = ["https://a.example/1.jpg", "https://a.example/2.jpg"]
    _, said = await report(small, media_url=urls[0], **{"media_urls[]": urls[1]})
    words = (await small.rig.case(said[0]["service_request_id"])).words
    assert all(url in words for url in urls)
    status, said = await report(small, media_urls=f"{urls[0]},javascript:alert(1)")
    assert (status, said[0]["code"]) == (400, 400)
    status, said = await report(small, media_urls=",".join(urls * 3))
    assert (status, said[0]["code"]) == (400, 400)
    assert await small.cases() == 1


async def test_another_jurisdiction_is_not_found_here(small: Town) -> None:
    key, _ = await small.key("city-app", "open311")
    for path in ("discovery", "services", "services/service.light", "requests", "servicerequestupdates"):
        status, said = await small.get(f"{V2}/{path}.json", jurisdiction_id="elsewhere.example")
        assert (status, said[0]["code"]) == (404, 404), path
        assert (await small.get(f"{V2}/{path}.json", jurisdiction_id="127.0.0.1"))[0] == 200
        assert (await small.get(f"{V2}/{path}.json", jurisdiction_id=""))[0] == 200
    assert (await small.get(f"{V2}/requests.csv", jurisdiction_id="elsewhere.example"))[0] == 404
    assert (await report(small, key=key, jurisdiction_id="elsewhere.example"))[0] == 404
    more = {"api_key": key, "service_request_id": "38164275", "description": "x", "jurisdiction_id": "elsewhere"}
    assert (await small.post(f"{V2}/servicerequestupdates.json", data=more))[0] == 404
    assert await small.cases() == 0
    assert (await report(small, key=key, jurisdiction_id="127.0.0.1"))[0] == 201
