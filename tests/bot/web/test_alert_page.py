"""An alert's own page: what it says while it is out, and that it says no more afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import town
from tests.bot.web.alert_desk import approve, drafted, picture, press, write
from tests.bot.web.desk_house import at_work, desk_house
from tests.bot.web.visiting import guest


async def test_while_it_is_out_it_shows_the_words_and_the_picture_and_afterwards_neither(tmp_path: Path) -> None:
    async with (
        desk_house(tmp_path) as here,
        at_work(here) as feng,
        at_work(here, town.APPROVER_1) as shi,
        guest(here.house) as anybody,
    ):
        alert = await write(feng, here, photos=[picture()], place="桂花苑门口")
        await anybody.open(f"/alerts/{alert}")
        assert anybody.status == 404  # Nobody has approved it.
        await approve(shi, alert)
        page = await anybody.open(f"/alerts/{alert}")
        assert anybody.status == 200 and "红色外套" in page and 'href="tel:110"' in page
        assert "noindex" in anybody.headers["X-Robots-Tag"] and anybody.headers["Cache-Control"] == "no-store"
        await anybody.open(f"/alerts/{alert}/photo")
        assert anybody.headers["Content-Type"] == "image/jpeg"
        await press(feng, alert, "take_back", ending="found")
        page = await anybody.open(f"/alerts/{alert}")
        assert anybody.status == 200
        for personal in ("陈阿婆", "红色外套", "桂花苑", "G110-7"):
            assert personal not in page
        await anybody.open(f"/alerts/{alert}/photo")
        assert anybody.status == 404


@pytest.mark.parametrize("path", ["a00000000", "a38164275", "38164275", "a3816427", "a381642755", "aaaaaaaaa"])
async def test_what_is_no_alert_has_no_page(tmp_path: Path, path: str) -> None:
    async with desk_house(tmp_path) as here, guest(here.house) as anybody:
        await drafted(here)
        for each in (path, f"{path}/photo"):
            await anybody.open(f"/alerts/{each}")
            assert anybody.status == 404


async def test_past_its_hour_it_shows_nothing_even_if_no_clock_took_it_back(tmp_path: Path) -> None:
    async with (
        desk_house(tmp_path) as here,
        at_work(here) as feng,
        at_work(here, town.APPROVER_1) as shi,
        guest(here.house) as anybody,
    ):
        alert = await write(feng, here, photos=[picture()])
        await approve(shi, alert)
        here.clock.forward(hours=23)
        assert "陈阿婆" not in await anybody.open(f"/alerts/{alert}")
        await anybody.open(f"/alerts/{alert}/photo")
        assert anybody.status == 404
