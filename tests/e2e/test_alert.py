"""An alert in a real browser: composed by the desk, approved by a second person, seen arriving, and taken back."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import utc_now
from bot.sample.demo import GRID
from bot.texts import Texts
from bot.web.console.alert_form import moment
from tests.e2e.test_walk import PATIENCE, PHONE, demo, scene, taken

playwright = pytest.importorskip("playwright.async_api", reason="no browser: pip install playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no browser: apt install chromium")]

TEXTS = Texts.load()
DESK = {"width": 1280, "height": 860}


def say(key: str, **params: str) -> str:
    return TEXTS.say(f"web.desk.alerts.{key}", params, "zh")


async def press(page: Any, key: str) -> None:
    await page.get_by_role("button", name=say(key), exact=True).click()


async def test_an_alert_is_written_approved_by_a_second_person_watched_and_taken_back(
    tmp_path: Path, model: object, model_folder: Path
) -> None:
    async with demo(tmp_path, model_folder) as url, playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        contexts = [await chromium.new_context(viewport=size, locale="zh-CN") for size in (DESK, DESK, PHONE)]
        for context in contexts:
            context.set_default_timeout(PATIENCE)
        desk, approver, resident = [await context.new_page() for context in contexts]
        await resident.goto(f"{url}/s/resident1")

        await desk.goto(f"{url}/s/desk1/desk/alerts/new?kind=missing")
        shown = {
            "name": "陈阿婆",
            "age": "78",
            "clothes": "红色外套，黑裤子",
            "features": "拄拐杖",
            "place": "桂花苑门口",
        }
        for name, value in shown.items():
            await desk.fill(f'[name="{name}"]', value)
        await desk.fill('[name="seen_at"]', moment(utc_now() - timedelta(hours=1)))
        await desk.select_option('[name="area"]', GRID)
        await desk.set_input_files(
            '[name="photos"]', {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": scene(False)}
        )
        await press(desk, "act.ask")
        await desk.get_by_text(say("done.submit")).wait_for()
        assert await desk.locator("#form-approve").count() == 0  # one's own words are for somebody else to approve
        where = desk.url.split("?")[0].replace("/s/desk1/", "/s/approver1/")

        await approver.goto(where)
        await approver.check('[name="confirmed"]')
        await approver.fill('[name="reference"]', "G110-7")
        await taken(approver, "alert-1-approver")
        await press(approver, "act.approve")
        await approver.get_by_text(say("done.approve")).wait_for()

        alert = resident.locator(".message", has_text="红色外套")
        await alert.first.wait_for()
        await alert.first.locator("img").first.wait_for()
        assert await resident.get_by_text("G110-7").count()
        await taken(resident, "alert-2-group")
        # The desk's page follows by itself.
        await desk.get_by_text(say("reads_now")).wait_for()
        await desk.get_by_text(re.compile(r"[1-9]\d* / \d+ 个群已发")).wait_for()
        await taken(desk, "alert-3-watched")

        await press(desk, "act.found")
        await desk.get_by_text(say("done.take_back")).wait_for()
        await resident.locator(".message", has_text="人已经找到了").first.wait_for()
        await alert.first.wait_for(state="detached")
        assert await resident.get_by_text("桂花苑门口").count() == 0
        await desk.get_by_text(re.compile(r"已从 [1-9]\d* 个群撤下")).wait_for()
        await chromium.close()
