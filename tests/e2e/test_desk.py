"""An operator's first day in a real browser: invited, a password, a late case, a talk, and home again."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.texts import Texts
from routing.case import Verb
from tests import town
from tests.bot.web.desk_house import PASSWORD, desk_house, furnish_cases

playwright = pytest.importorskip("playwright.async_api", reason="no browser: pip install playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no browser: apt install chromium")]

PROBES = (Path(__file__).parents[1] / "bot/web/probes.js").read_text("utf-8").partition("\n")[2].strip()
TEXTS = Texts.load()
#: Milliseconds; a busy machine is slow. Nothing is judged by it.
PATIENCE = 30_000


def say(key: str, language: str = "zh", **params: str) -> str:
    return TEXTS.say(f"web.desk.{key}", params, language)


@asynccontextmanager
async def browser(**how: Any) -> AsyncIterator[Any]:
    """A browser whose page must not complain."""
    complaints: list[str] = []
    async with playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context(**{"viewport": {"width": 390, "height": 800}, "locale": "zh-CN", **how})
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Security Policy" in line.text else None)
        yield page
        await context.close()
        await chromium.close()
    assert complaints == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
async def test_an_operators_first_day(tmp_path: Path, script: bool) -> None:
    async with desk_house(tmp_path) as house, browser(java_script_enabled=script) as page:
        house.clock.forward(minutes=-300)
        case = await house.case("路灯不亮，晚上看不见路", category="service.light", grid=town.GRID_1)
        house.clock.forward(minutes=300)
        code = house.code(town.DESK_BY_DAY)

        await page.goto(f"{house.url}/desk/setup#{code}")
        if script:
            assert await page.input_value('[name="code"]') == code
            assert page.url == f"{house.url}/desk/setup"
        else:
            await page.fill('[name="code"]', code)
        await page.fill('[name="password"]', PASSWORD)
        await page.fill('[name="again"]', PASSWORD)
        await page.get_by_role("button", name=say("set_up_go")).click()

        line = page.locator(".case.red")
        await line.get_by_text(case.shown).wait_for()
        await line.locator("a").click()
        await page.get_by_role("button", name=say("act.take"), exact=True).click()
        await page.get_by_text(say("done.take")).wait_for()

        await page.fill("#form-write textarea", "您好，维修师傅今晚七点到。")
        await page.get_by_role("button", name=say("act.write"), exact=True).click()
        await page.get_by_text(say("done.write")).wait_for()
        await page.locator(".thread .staff").get_by_text("您好，维修师傅今晚七点到。").wait_for()

        await page.get_by_role("button", name=say("act.giveback"), exact=True).click()
        await page.get_by_text(say("done.giveback")).wait_for()
        await page.get_by_role("button", name=say("sign_out"), exact=True).click()
        await page.wait_for_url("**/desk/signin")
        await page.goto(f"{house.url}/desk/cases")
        assert page.url == f"{house.url}/desk/signin?next=/desk/cases"

        steps = [(step.verb, step.by) for step in (await house.store.scene_for_case(case.number)).steps]
        assert steps[1:] == [(Verb.ACCEPT, town.DESK_BY_DAY), (Verb.CALL, town.DESK_BY_DAY)]
        scene = await house.store.scene_for_case(case.number)
        assert scene.reporter is not None and scene.reporter.handed_to == ""


async def test_the_board_looks_again_by_itself_and_keeps_the_finger_where_it_was(tmp_path: Path) -> None:
    async with desk_house(tmp_path, demo=True) as house, browser() as page:
        first = await house.case("路灯不亮")
        await page.goto(f"{house.url}/s/u-feng/desk/cases")
        await page.get_by_text(first.shown).wait_for()
        await page.locator(".case a").first.focus()
        second = await house.case("马蜂窝")
        await page.evaluate("again()")
        await page.get_by_text(second.shown).wait_for()
        assert await page.evaluate("document.activeElement.getAttribute('href')") == (
            f"/s/u-feng/desk/cases/{first.number}"
        )


async def test_a_board_without_a_line_says_so_until_it_has_one_again(tmp_path: Path) -> None:
    async with desk_house(tmp_path, demo=True) as house, browser() as page:
        first = await house.case("路灯不亮")
        await page.goto(f"{house.url}/s/u-feng/desk/cases")
        await page.get_by_text(first.shown).wait_for()
        assert not await page.locator("#stale").is_visible()
        await page.context.set_offline(True)
        await page.evaluate("again()")
        await page.locator("#stale").wait_for()
        await page.context.set_offline(False)
        await page.evaluate("again()")
        await page.locator("#stale").wait_for(state="hidden")


async def test_a_filter_needs_no_button(tmp_path: Path) -> None:
    async with desk_house(tmp_path, demo=True) as house, browser() as page:
        one = await house.case("路灯不亮", category="service.light")
        other = await house.case("马蜂窝", category="service.insects")
        await page.goto(f"{house.url}/s/u-feng/desk/cases")
        await page.get_by_text(one.shown).wait_for()
        await page.select_option('[name="category"]', "service.insects")
        await page.wait_for_url("**category=service.insects*")
        await page.get_by_text(other.shown).wait_for()
        assert await page.get_by_text(one.shown).count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_what_the_eye_and_the_finger_need(tmp_path: Path, scheme: str, width: int) -> None:
    how = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "locale": "en-US"}
    async with desk_house(tmp_path, demo=True) as house, browser(**how) as page:
        await furnish_cases(house, 7)
        case = await house.case("路灯不亮" * 60, place="很长的地名" * 12)
        for path in ("cases", f"cases/{case.number}", "people", "parked"):
            await page.goto(f"{house.url}/s/u-feng/desk/{path}")
            for each in await page.locator("details").all():
                await each.evaluate("(details) => { details.open = true; }")
            await seen(page, path)


async def seen(page: Any, path: str) -> None:
    """Contrast 4.5:1 and targets of 44 px, by the probes of the chat page; nothing wider than the screen."""
    ratio, text = await page.evaluate(f"{PROBES}.contrast()")
    assert ratio >= 4.5, f"{path}: {ratio:.2f} {text!r}"
    assert await page.evaluate(f"{PROBES}.small()") == [], path
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


async def test_the_door_is_as_easy_to_read(tmp_path: Path) -> None:
    async with desk_house(tmp_path) as house, browser(viewport={"width": 360, "height": 740}) as page:
        for path in ("signin", "setup"):
            await page.goto(f"{house.url}/desk/{path}")
            await seen(page, path)
