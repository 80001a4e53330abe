"""The whole product in a real browser: resident → cadre → resident, to a closed case with a photo.

With WUYOU_PICTURES=1 the pictures of the README are taken on the way (`make pictures`).
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from bot.sample.demo import play
from bot.texts import Texts

playwright = pytest.importorskip("playwright.async_api", reason="no browser: pip install playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no browser: apt install chromium")]

PICTURES = Path(__file__).parents[2] / "docs" / "images" if os.environ.get("WUYOU_PICTURES") else None
PHONE = {"width": 390, "height": 800}
#: Milliseconds; a busy machine is slow. Nothing is judged by it.
PATIENCE = 60_000
TEXTS = Texts.load()


def scene(night: bool) -> bytes:
    """A drawn photo: a street lamp, out or lit."""
    sky, light = ((24, 32, 52), (60, 66, 84)) if night else ((40, 52, 84), (255, 224, 140))
    image = Image.new("RGB", (960, 720), sky)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 560, 960, 720), fill=(58, 62, 58))
    pen.rectangle((470, 200, 490, 580), fill=(110, 116, 120))
    pen.line((480, 205, 600, 180), fill=(110, 116, 120), width=16)
    if not night:
        pen.polygon(((560, 205), (660, 205), (860, 580), (380, 580)), fill=(96, 92, 84))
    pen.ellipse((570, 170, 650, 210), fill=light)
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


@asynccontextmanager
async def demo(folder: Path, model_folder: Path) -> AsyncIterator[str]:
    """The demo, as `wuyou demo` runs it; yields its address."""
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    shutil.copytree(model_folder, folder / "model", dirs_exist_ok=True)
    playing = asyncio.create_task(play(0, folder, opened.set_result))
    try:
        done, _ = await asyncio.wait([opened, playing], timeout=60, return_when=asyncio.FIRST_COMPLETED)
        if playing in done:
            playing.result()
        yield opened.result()
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing


async def taken(page: Any, name: str) -> None:
    """Takes a picture for the README, when asked for."""
    if PICTURES:
        await page.wait_for_timeout(400)
        await page.screenshot(path=PICTURES / f"{name}.png")


def words(key: str) -> str:
    """The longest plain piece of a text, by its key."""
    return max(re.split(r"\{\w+\}|\n", TEXTS.template(key, "zh")), key=len).strip()


async def press(page: Any, key: str) -> None:
    """Presses the newest button with this label."""
    await page.get_by_role("button", name=TEXTS.template(f"button.{key}", "zh"), exact=True).last.click()


async def reads(page: Any, key: str) -> None:
    """Waits until a message with this text is there."""
    await page.locator(".message .text").filter(has_text=words(key)).last.wait_for()


async def test_a_resident_reports_a_cadre_comes_and_the_resident_says_yes(
    tmp_path: Path, model: object, model_folder: Path
) -> None:
    async with demo(tmp_path, model_folder) as url, playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context(viewport=PHONE, locale="zh-CN")
        context.set_default_timeout(PATIENCE)
        resident, cadre = await context.new_page(), await context.new_page()
        await resident.goto(url)
        await taken(resident, "seats")
        await resident.goto(f"{url}/s/resident1")
        await cadre.goto(f"{url}/s/cadre001")

        await resident.click(".chip.call")
        await resident.keyboard.type("桂花苑门口的路灯坏了三天了,晚上看不见路")
        await resident.set_input_files("#photos", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": scene(True)})
        await resident.locator("#chosen li").wait_for()
        await resident.click(".send")
        await reads(resident, "case.head.received")
        await taken(resident, "walk-1-resident")
        await reads(cadre, "card.head.usual")
        await cadre.locator(".photo").last.wait_for()
        await taken(cadre, "walk-2-cadre")

        await press(cadre, "accept")
        await reads(resident, "case.next.accepted")
        await press(cadre, "called")
        # The card is redrawn without this button; until then the others of the card wait too.
        await cadre.get_by_role("button", name=TEXTS.template("button.called", "zh"), exact=True).wait_for(
            state="detached"
        )
        await press(cadre, "arrived")
        await reads(resident, "case.next.arrived")
        await reads(cadre, "card.state.arrived")
        await press(cadre, "finish")
        await reads(cadre, "duty.ask_result")
        await cadre.set_input_files("#photos", {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": scene(False)})
        await cadre.locator("#chosen li").wait_for()
        await cadre.fill("#text", "灯泡和线路都换好了,晚上已经亮了。")
        await cadre.click(".send")
        await reads(cadre, "duty.thanks")
        await taken(cadre, "walk-3-done")

        await reads(resident, "case.done")
        await taken(resident, "walk-4-solved")
        await press(resident, "solved")
        await reads(resident, "case.closed")
        await reads(cadre, "card.state.closed")
        await chromium.close()
