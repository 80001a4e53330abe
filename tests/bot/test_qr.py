"""A code's QR: drawn by its name, leads to the counter's page, and is no way to other files."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.desks.mall import picture_of
from bot.photos import PhotoGone, Photos
from bot.qr import address_of, qr_of


async def test_the_photo_store_draws_it_when_it_is_asked_for(tmp_path: Path) -> None:
    photos = Photos(str(tmp_path), pages="https://wuyou.example/")
    drawn = await photos.read(picture_of("K7QF3M"))
    with Image.open(BytesIO(drawn)) as picture:
        assert picture.format == "PNG"
        assert 200 < picture.width < 600
    assert drawn != await photos.read(picture_of("K7QF3N"))
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == [], "it is kept nowhere"


def test_it_leads_to_the_counters_page_or_is_the_code_alone() -> None:
    assert address_of("K7QF3M", "https://wuyou.example/") == "https://wuyou.example/fetch/K7QF3M"
    assert address_of("K7QF3M", "") == "K7QF3M"


@pytest.mark.parametrize("name", ["qr-.png", "qr-K7QF30.png", "qr-../../x.png", "k3j.jpg", "qr-K7QF3M.jpg", ""])
def test_other_names_draw_nothing(name: str) -> None:
    assert qr_of(name, "") is None


async def test_what_is_no_code_is_looked_for_among_the_photos(tmp_path: Path) -> None:
    with pytest.raises(PhotoGone):
        await Photos(str(tmp_path)).read("qr-K7QF30.png")
