"""The page of answers for whoever signed in at the desk: the desk's ways lead on, and only their own area is read."""

from __future__ import annotations

from dataclasses import replace

from bot.outcome import FaqEntry
from tests import town
from tests.bot.web.desk_house import DeskHouse, at_work

FENG = town.DESK_BY_DAY


async def test_reports_of_other_areas_are_not_read(here: DeskHouse) -> None:
    await here.case("柳岸路的路灯不亮了", category="service.light", grid=town.GRID_1)
    await here.case("新桥菜场的肉有味道", category="market.food", grid=town.GRID_3)
    async with at_work(here) as visitor:
        page = await visitor.open("/answers")
        assert "路灯" in page and "菜场" in page
        rows = town.rows()
        people = tuple(replace(each, area=town.WILLOW) if each.id == FENG else each for each in rows.people)
        await here.store.replace_directory(replace(rows, people=people))
        page = await visitor.open("/answers")
        assert "路灯" in page and "菜场" not in page


async def test_the_desks_ways_lead_on_and_no_chat_that_is_not_theirs(here: DeskHouse) -> None:
    async with at_work(here) as visitor:
        page = await visitor.open("/answers")
        for path in ("/desk/cases", "/desk/parked", "/desk/people", "/desk/account"):
            assert f'href="{path}"' in page
        assert '<a href="/answers" aria-current="page">' in page and 'href="/chat"' not in page


async def test_an_answer_is_signed_by_whoever_is_signed_in(here: DeskHouse) -> None:
    async with at_work(here) as visitor:
        await visitor.open("/answers")
        given = {"id": "boats", "title": "哪里可以借船", "answer": "桥下。", "phrasings": "", "source": "柳岸社区"}
        await visitor.send("/answers", **given, date="2026-01-05", valid_until="", area="", audience="")
        assert visitor.status == 200
    entry: FaqEntry = here.store.faq["boats"]
    assert entry.changed_by == FENG
