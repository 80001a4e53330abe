"""docs/alerts-standards.md: each curl line does what the page says, on a running server."""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from nlu.model import Model
from routing.alert import Content
from tests.bot.alerts_told import GRANNY, Told, keep
from tests.bot.web.harness import picture
from tests.bot.web.systems_house import open_town
from tests.bot.web.test_open311_page import ROOT, lines_of, shell

PAGE = ROOT / "docs" / "alerts-standards.md"


async def test_every_curl_line_of_the_page_works(tmp_path: Path, model: Model) -> None:
    lines = lines_of(PAGE)
    assert len(lines) == 7
    assert PAGE.read_text("utf-8").count("curl -") == len(lines)
    async with open_town(tmp_path, model) as here:
        key, _ = await here.key("county-alerts", "cap", "pfif")
        photo = await here.photos.keep(picture())
        told = Told(Content("", "", GRANNY.missing, photo, "G110-7"))
        await keep(told.goes_out(), here.rig.store)
        await keep(Told(number="11111111", drill=True).goes_out(), here.rig.store)
        names = {"IDENTIFIER": "a38164275.1", "ALERT": "a38164275"}
        said = [
            await shell(line.replace("photo.jpg", str(tmp_path / f"{place}.jpg")), WUYOU=here.url, KEY=key, **names)
            for place, line in enumerate(lines)
        ]
    roots = [etree.QName(etree.fromstring(words.encode())).localname for words in said if words]
    assert roots == ["feed", "alert", "feed", "pfif", "pfif"]
    identifiers = [re.findall(r"(a[1-9]{8}\.\d)\.xml", said[place]) for place in (0, 3)]
    assert identifiers == [["a38164275.1"], ["a11111111.1"]]
    assert [(tmp_path / f"{place}.jpg").read_bytes()[:2] for place in (2, 6)] == [b"\xff\xd8"] * 2
