"""The chat page in a real browser: photos, places, a broken line, and what the eye and the finger need."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.channels.base import RenderedButton
from tests.bot.web.harness import Echo, House, house, picture
from tests.town import WEB_GRID_1, WEB_WILLOW

playwright = pytest.importorskip("playwright.async_api", reason="no browser: pip install playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser: apt install chromium"),
]

CHAT = f"/s/chen/chat/{WEB_WILLOW}"
PHONE = {"width": 360, "height": 740}

PROBES = (Path(__file__).parent / "probes.js").read_text("utf-8").partition("\n")[2].strip()


@pytest.fixture
async def talking(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, ears=Echo()) as here:
        yield here


async def said(page: Any, words: str) -> None:
    """Waits until a bubble says exactly this."""
    await page.locator(".message:not(.pending) .text").get_by_text(words, exact=True).wait_for()


@asynccontextmanager
async def browser(**how: Any) -> AsyncIterator[Callable[[], Any]]:
    """A browser whose pages must not complain: a refused script or style is an error on the console."""
    complaints: list[str] = []
    async with playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context(**{"viewport": PHONE, "locale": "zh-CN", **how})

        async def page() -> Any:
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda line: complaints.append(line.text) if "Security Policy" in line.text else None)
            return page

        yield page
        await context.close()
        await chromium.close()
    assert complaints == []


async def test_what_one_writes_the_other_reads_without_reloading(talking: House) -> None:
    async with browser() as page:
        resident, cadre = await page(), await page()
        await resident.goto(talking.url + CHAT)
        await cadre.goto(f"{talking.url}/s/li/chat/{WEB_WILLOW}")
        await resident.click(".chip.call")
        await resident.keyboard.type("路灯不亮了")
        await resident.click(".send")
        await said(cadre, "@无忧 路灯不亮了")
        await resident.get_by_role("button", name="对", exact=True).click()
        await said(resident, "已收到：yes:1")
        await said(cadre, "已收到：yes:1")
        assert await resident.locator(".message").count() == 2
        assert await cadre.locator(".message").count() == 2


async def test_a_chat_that_is_not_open_moves_up_with_its_count(talking: House) -> None:
    async with browser(viewport={"width": 1280, "height": 800}) as page:
        tab = await page()
        await tab.goto(talking.url + CHAT)
        await tab.wait_for_timeout(200)
        await talking.say(WEB_GRID_1, "停水通知")
        first = tab.locator("#rows .row").first
        await first.get_by_text("停水通知").wait_for()
        assert "1" in await first.locator(".unread").inner_text()


async def test_photos_are_shown_before_and_after_sending_and_large_on_a_tap(talking: House) -> None:
    async with browser() as page:
        tab = await page()
        await tab.goto(talking.url + CHAT)
        large = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture(3600, 2400)}
        await tab.set_input_files("#photos", [large, {**large, "name": "b.jpg"}])
        await tab.locator("#chosen li").nth(1).wait_for()
        await tab.locator("#chosen button").first.click()
        await tab.click(".send")
        await tab.locator(".message:not(.pending) .photo").wait_for()
        assert await tab.locator(".photo").count() == 1
        (kept,) = talking.album.kept.values()
        assert len(kept) < len(large["buffer"])  # Made smaller before it went.
        await tab.click(".photo")
        await tab.locator("#lightbox-photo").wait_for()
        await tab.keyboard.press("Escape")
        assert not await tab.locator("#lightbox").is_visible()


async def test_a_place_is_chosen_on_the_map_with_the_keyboard_too(talking: House) -> None:
    async with browser() as page:
        tab = await page()
        await tab.goto(talking.url + CHAT)
        await tab.click("#place")
        await tab.locator(".leaflet-container").wait_for()
        await tab.focus("#map")
        await tab.keyboard.press("Enter")
        await tab.click("#map-use")
        await tab.click(".send")
        await tab.locator(".plan").wait_for()
        assert talking.ears.last.location is not None


async def test_what_could_not_be_sent_stays_and_is_sent_once_later(talking: House) -> None:
    async with browser() as page:
        tab = await page()
        await tab.goto(talking.url + CHAT)
        await tab.context.set_offline(True)
        await tab.fill("#text", "网断了也要说")
        await tab.click(".send")
        await tab.locator(".message.failed").wait_for()
        await tab.context.set_offline(False)
        await tab.locator(".message.failed button").click()
        await tab.locator(".message.mine:not(.pending)").wait_for()
        assert await tab.locator(".message").count() == 1
        assert [inbound.text for inbound in talking.ears.taken] == ["网断了也要说"]


async def test_a_line_that_broke_catches_up_by_itself(talking: House) -> None:
    async with browser() as page:
        tab = await page()
        await tab.goto(talking.url + CHAT)
        await tab.wait_for_timeout(200)
        await tab.context.set_offline(True)
        await talking.say(WEB_WILLOW, "断网时说的")
        await tab.context.set_offline(False)
        await tab.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
        await tab.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        await said(tab, "断网时说的")
        assert await tab.locator(".message").count() == 1


async def test_without_script_one_writes_and_sees_the_answer(talking: House) -> None:
    async with browser(java_script_enabled=False) as page:
        tab = await page()
        await tab.goto(talking.url + CHAT)
        await tab.fill("#text", "路灯不亮了")
        await tab.set_input_files("#photos", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture(64, 48)})
        await tab.click(".chip.call")
        await said(tab, "收到了：路灯不亮了")
        await tab.get_by_role("button", name="对", exact=True).click()
        await said(tab, "已收到：yes:1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_everything_can_be_read_and_tapped(talking: House, scheme: str, locale: str) -> None:
    talking.album.kept["p.jpg"] = picture()
    rows = ((RenderedButton("对，就是这里", "a:1"), RenderedButton("不是", "b:1")),)
    await talking.say(WEB_WILLOW, "收到，急事打 110。", buttons=rows, location=(30.005, 120.005), photos=("p.jpg",))
    async with browser(color_scheme=scheme, locale=locale) as page:
        tab = await page()
        for where in ("/", "/s/chen/chat", CHAT, "/s/chen/chat/chen", "/s/li/chat/li", "/split?seats=chen,li", "/x"):
            await tab.goto(talking.url + where)
            if where == CHAT:
                await tab.fill("#text", "好的")
                await tab.click(".send")
                await tab.locator(".message.mine:not(.pending)").wait_for()
                await asyncio.sleep(0.3)  # Until what was rising stands still.
                size = await tab.locator(".text").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
                assert size >= 18
            ratio, text = await tab.evaluate(f"{PROBES}.contrast()")
            assert ratio >= 4.5, f"{where}: {ratio:.2f} {text!r}"
            assert await tab.evaluate(f"{PROBES}.small()") == [], where
            assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), where


async def test_the_whole_walk_by_keyboard(talking: House) -> None:
    await talking.say(WEB_WILLOW, "是这里吗？", buttons=((RenderedButton("对", "yes:1"),),))
    async with browser(viewport={"width": 1280, "height": 800}) as page:
        tab = await page()
        await tab.goto(talking.url + CHAT)
        await tab.keyboard.type("@wuyou 在吗")
        await tab.keyboard.press("Enter")
        await said(tab, "收到了：在吗")
        await tab.locator(".buttons button").first.focus()
        await tab.keyboard.press("Enter")
        await said(tab, "已收到：yes:1")
