"""docs/open311.md and the README: each curl line does what the page says, on a running server; the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from bot.web.openapi import document
from tests.bot.web.systems_house import Town

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "open311.md"


def lines_of(page: Path) -> list[str]:
    """The shell lines of a page that ask a server for something."""
    return [
        line
        for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        for line in re.split(r"\n(?=curl|wuyou|printf)", block.strip())
        if "curl" in line
    ]


async def shell(line: str, **environment: str) -> str:
    done = await asyncio.create_subprocess_exec(
        "sh", "-c", line, env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await done.communicate()
    assert done.returncode == 0, f"{line}\n{error.decode()}"
    return out.decode()


async def test_every_curl_line_of_the_page_works(small: Town) -> None:
    lines = lines_of(PAGE)
    assert len(lines) >= 14
    key, _ = await small.key("city-app", "open311", "signals")
    number, said = "", {}
    for line in lines:
        said[line] = await shell(line, WUYOU=small.url, KEY=key, NUMBER=number)
        if "requests.json" in line and "$KEY" in line:
            number = json.loads(said[line])[0]["service_request_id"]
    assert await small.cases() == 3, "a lamp, a manhole cover and a lift"
    lift = json.loads(next(out for line, out in said.items() if "lift-7" in line))
    assert (await small.rig.case(lift["service_request_id"])).category == "market.lift"
    sheet = json.loads(next(out for line, out in said.items() if "text/csv" in line))
    assert (sheet["rows"], sheet["new"]) == (2, 2)
    assert "The next lamp" in (await small.rig.case(number)).words


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
async def test_the_readme_sends_a_case_and_fetches_it(name: str, small: Town) -> None:
    send, fetch = lines_of(ROOT / name)
    key, _ = await small.key("city-app", "open311", "signals")
    number = json.loads(await shell(send, WUYOU=small.url, KEY=key))[0]["service_request_id"]
    (case,) = json.loads(await shell(fetch, WUYOU=small.url, NUMBER=number))
    assert (case["service_request_id"], case["status"], case["service_code"]) == (number, "open", "service.light")
    assert await small.cases() == 1


async def test_no_page_has_a_curl_line_that_is_not_run() -> None:
    pages = [ROOT / "README.md", ROOT / "README.zh-CN.md", *(ROOT / "docs").glob("*.md")]
    assert {page.name for page in pages if lines_of(page)} == {
        "README.md", "README.zh-CN.md", PAGE.name, "alerts-standards.md",
    }  # fmt: skip
    written = PAGE.read_text("utf-8").count("curl -")
    assert written == sum(line.count("curl -") for line in lines_of(PAGE))


async def test_the_openapi_document_names_every_door_and_no_other(small: Town) -> None:
    status, shown = await small.get("/openapi.json")
    assert status == 200
    assert shown == document()
    assert shown["openapi"].startswith("3.1")
    for path, verbs in shown["paths"].items():
        for verb in verbs:
            filled = re.sub(r"\{[a-z_]+\}", "none", path.replace("{service_request_id}", "11111111"))
            async with small.session.request(verb, small.url + filled) as answer:
                assert str(answer.status) in verbs[verb]["responses"], f"{verb} {path}"
    names = [each["operationId"] for verbs in shown["paths"].values() for each in verbs.values()]
    assert len(names) == len(set(names))
