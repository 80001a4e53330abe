"""The page where somebody takes out what is kept of them: one link, one file, for minutes; and who looked is told."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.desks.mydata import LINK_LIVES, PURPOSE
from bot.outcome import Link, Outcome
from bot.store import held
from bot.store.accounts_audit import Deed
from tests import town
from tests.bot.web.desk_house import DeskHouse, at_work, desk_house
from tests.bot.web.visiting import guest

TOKEN = "t" * 43


async def _link(here: DeskHouse) -> str:
    """A link to the file of whoever reported a case; returns the resident."""
    case = await here.case("桥头有垃圾")
    link = Link(TOKEN, PURPOSE, case.reporter, case.reporter, here.clock() + LINK_LIVES)
    await here.store.commit(Outcome("link:mine", (link,)))
    return case.reporter


async def test_a_link_shows_a_door_and_opens_for_one_file(here: DeskHouse) -> None:
    await _link(here)
    async with guest(here.house) as visitor:
        for _ in range(2):  # Chat apps look at links before people do.
            page = await visitor.open(f"/my/{TOKEN}")
            assert visitor.status == 200 and "爱丽丝" not in page and "桥头" not in page
        await visitor.send(f"/my/{TOKEN}", form="xlsx")
        assert visitor.status == 400
        await visitor.open(f"/my/{TOKEN}")
        body = await visitor.send(f"/my/{TOKEN}", form="json")
        assert visitor.status == 200
        assert visitor.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
        assert visitor.headers["Cache-Control"] == "no-store"
        told = json.loads(body)
        assert told["person"]["name"] == "爱丽丝阿姨"
        assert [matter["words"] for matter in told["matters"]] == ["桥头有垃圾"]
        await visitor.open(f"/my/{TOKEN}")
        assert visitor.status == 410
        await visitor.send(f"/my/{TOKEN}", form="json")
        assert visitor.status == 410


async def test_a_pdf_is_a_pdf(here: DeskHouse) -> None:
    await _link(here)
    async with guest(here.house) as visitor:
        await visitor.open(f"/my/{TOKEN}")
        form = aiohttp.FormData({"proof": visitor.proof, "form": "pdf"})
        async with visitor._session.post(f"{here.url}/my/{TOKEN}", data=form) as answer:
            assert (answer.status, answer.content_type) == (200, "application/pdf")
            assert (await answer.read()).startswith(b"%PDF-")


async def test_forged_old_and_foreign_links_open_nothing(here: DeskHouse) -> None:
    resident, other = await _link(here), "c" * 43
    link = Link(other, "case", "38164275", resident, here.clock() + LINK_LIVES)
    await here.store.commit(Outcome("link:case", (link,)))
    async with guest(here.house) as visitor:
        await visitor.open(f"/my/{TOKEN}")
        for token in (other, "x" * 43, "..%2f..", "%00"):
            await visitor.send(f"/my/{token}", form="json")
            assert visitor.status in (404, 410), token
            await visitor.open(f"/my/{token}")
            assert visitor.status in (404, 410), token
    assert await here.store.use_link(other, here.clock()), "a link for something else was not used up"


async def test_a_link_is_of_no_use_after_minutes_nor_without_the_page(here: DeskHouse) -> None:
    await _link(here)
    async with guest(here.house) as visitor:
        await visitor.open(f"/my/{TOKEN}")
        await visitor.send(f"/my/{TOKEN}", form="json", proof="forged")
        assert visitor.status == 403
        here.clock.now += LINK_LIVES + timedelta(seconds=1)
        await visitor.send(f"/my/{TOKEN}", form="json")
        assert visitor.status == 410


async def test_who_was_erased_meanwhile_gets_no_file(here: DeskHouse) -> None:
    resident = await _link(here)
    async with guest(here.house) as visitor:
        await visitor.open(f"/my/{TOKEN}")
        await here.store.erase(resident)
        await visitor.send(f"/my/{TOKEN}", form="json")
        assert visitor.status == 410


async def test_who_was_unmasked_at_the_desk_is_told_by_whom_and_why(here: DeskHouse) -> None:
    case = await here.case()
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert "爱丽丝阿姨" not in page
        await visitor.send(f"/desk/cases/{case.number}/unmask", words="需要上门核实")
    store = here.store
    found = await store.db.read(lambda c: held.held(c, store.keys, store.house, case.reporter))
    assert [(look.by, look.reason) for look in found.looks] == [(town.DESK_BY_DAY, "需要上门核实")]
    await store.erase(case.reporter)
    from bot.store import accounts_audit

    lines = await store.db.read(lambda c: accounts_audit.entries(c, store.keys, store.house, subject=case.number))
    assert [(line.deed, line.reason) for line in lines] == [(Deed.UNMASK, "")], (
        "the line stays, its reason went with them"
    )
    assert await store.db.read(accounts_audit.first_bad) is None


@pytest.fixture
async def here(tables_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    async with desk_house(tmp_path, url=tables_url) as house:
        yield house
