"""Why a case went where it went, on its page: what is on record is said in the reader's language."""

from dataclasses import replace

from routing.why import Why
from tests import town
from tests.bot.web.desk_house import DeskHouse, at_work


async def test_what_is_on_record_is_said_in_the_readers_language(here: DeskHouse) -> None:
    why = Why("service.light", "service", "s-works", place="柳岸第一网格", person=town.LI, level="cadre", on_duty=True)
    case = await here.case("路灯不亮", category="service.light", reason=why.written())
    before = await here.case("路灯不亮", category="service.light", reason="as it was, by cadre li")
    async with at_work(here) as visitor:
        page = await visitor.open(f"/desk/cases/{case.number}")
        assert "找了：李建国 (li)" in page
        assert "service.light -&gt;" not in page and "on_duty" not in page
        assert '<span lang="en">as it was, by cadre li</span>' in await visitor.open(f"/desk/cases/{before.number}")


async def test_why_is_said_without_codes(here: DeskHouse) -> None:
    case = await here.case("路灯不亮", category="service.light", category_sure=True)
    async with at_work(here) as visitor:
        why = (await visitor.open(f"/desk/cases/{case.number}")).partition('<ul class="why">')[2].partition("</ul>")[0]
    assert "柳岸第一网格" in why and "李建国" in why
    for code in ("service.light", town.GRID_1, f"（{town.LI}）", "s-works", town.BOT):
        assert code not in why


async def test_a_page_says_that_the_address_book_was_changed_since(here: DeskHouse) -> None:
    case = await here.case("路灯不亮", category="service.light")
    said = "wuyou route explain --case " + case.number
    async with at_work(here) as visitor:
        assert said not in await visitor.open(f"/desk/cases/{case.number}")
        here.clock.forward(minutes=5)
        await here.store.replace_directory(replace(town.rows(), addresses=()))
        assert said in await visitor.open(f"/desk/cases/{case.number}")
