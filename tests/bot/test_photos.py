"""Photos are taken in safely: nothing but pixels is kept, nothing but pictures is opened, and not with our secrets at
hand. The cleaner runs in its own process here, as in the house."""

from __future__ import annotations

import asyncio
import io
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from bot import cleaner
from bot.darkroom import Darkroom
from bot.photos import MOST_BYTES, MOST_VOICE, PhotoGone, PhotoRefused, Photos
from bot.store.private import Keys, photo_name
from routing.duplicates import ALIKE, COPY, differing

GPS = 0x8825


@pytest.fixture
def photos(tmp_path: Path) -> Photos:
    return Photos(str(tmp_path / "photos"))


def saved(image: Image.Image, form: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


def picture(mode: str = "RGB", size: tuple[int, int] = (64, 48), colour: Any = (200, 30, 30)) -> Image.Image:
    return Image.new(mode, size, colour)


def telling() -> bytes:
    """A JPEG that tells where and with what it was made, and by whom, in every place where a JPEG can."""
    exif = Image.Exif()
    exif[0x010F], exif[0x9286], exif[0x013B] = "MAKER-SECRET", "COMMENT-SECRET", "ARTIST-SECRET"
    exif.get_ifd(GPS).update({1: "N", 2: (30.0, 12.0, 34.567), 3: "E", 4: (120.0, 9.0, 1.0)})
    whole = saved(
        picture(), "JPEG", exif=exif, comment=b"JPEG-COMMENT-SECRET", icc_profile=b"ICC-SECRET" * 20, xmp=b"XMP-SECRET"
    )
    assert all(word in whole for word in (b"MAKER-SECRET", b"JPEG-COMMENT-SECRET", b"ICC-SECRET", b"XMP-SECRET"))
    return whole + b"PK\x03\x04<script>TRAILER-SECRET</script>"


async def test_of_a_photo_nothing_but_the_pixels_is_kept(photos: Photos) -> None:
    kept = await photos.read(await photos.keep(telling()))
    assert b"SECRET" not in kept
    assert b"script" not in kept
    with Image.open(io.BytesIO(kept)) as found:
        assert (found.format, found.size, dict(found.getexif())) == ("JPEG", (64, 48), {})
        assert not {"comment", "icc_profile", "xmp", "exif"} & set(found.info)


async def test_a_png_and_a_webp_lose_their_words_too(photos: Photos) -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "TEXT-SECRET")
    words.add_itxt("XML:com.adobe.xmp", "XMP-SECRET")
    for data in (saved(picture(), "PNG", pnginfo=words), saved(picture(), "WEBP", xmp=b"XMP-SECRET")):
        assert b"SECRET" in data
        kept = await photos.read(await photos.keep(data))
        assert b"SECRET" not in kept
        assert kept.startswith(b"\xff\xd8\xff")


async def test_a_photo_stands_upright_and_is_no_larger_than_needed(photos: Photos) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = await photos.read(await photos.keep(saved(picture(size=(4000, 1000)), "JPEG", exif=exif)))
    with Image.open(io.BytesIO(kept)) as found:
        assert found.size == (640, 2560)


async def test_what_can_be_seen_through_stands_on_white(photos: Photos) -> None:
    kept = await photos.read(await photos.keep(saved(picture("RGBA", colour=(0, 0, 0, 0)), "PNG")))
    with Image.open(io.BytesIO(kept)) as found:
        assert found.getpixel((5, 5)) == (255, 255, 255)


async def test_of_a_moving_picture_the_first_one_is_kept(photos: Photos) -> None:
    moving = saved(picture(), "WEBP", save_all=True, append_images=[picture(colour=(0, 0, 255))] * 30, duration=20)
    kept = await photos.read(await photos.keep(moving))
    with Image.open(io.BytesIO(kept)) as found:
        assert getattr(found, "n_frames", 1) == 1


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(width: int = 10_000, height: int = 10_000) -> bytes:
    """A PNG of a hundred megapixels in some kilobytes."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_small_file_with_a_hundred_megapixels_is_not_unpacked(photos: Photos) -> None:
    data = bomb()
    assert len(data) < 100_000
    with pytest.raises(PhotoRefused) as refused:
        await photos.keep(data)
    assert refused.value.key == "photo.too_large"


def no_pictures() -> Iterator[Any]:
    for form in ("GIF", "TIFF", "BMP", "PPM", "ICO", "TGA"):
        yield pytest.param(saved(picture(), form), id=form)
    yield pytest.param(b"", id="nothing")
    yield pytest.param(b"\xff\xd8\xff", id="three bytes")
    yield pytest.param(saved(picture(), "JPEG")[:300], id="half a JPEG")
    yield pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", id="SVG")
    yield pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", id="PostScript")
    yield pytest.param(b"MZ" + b"\0" * 500, id="a program")
    yield pytest.param("马蜂窝".encode() * 100, id="words")


@pytest.mark.parametrize("data", list(no_pictures()))
async def test_what_is_no_photo_is_refused(photos: Photos, data: bytes) -> None:
    with pytest.raises(PhotoRefused) as refused:
        await photos.keep(data)
    assert refused.value.key == "photo.cannot_open"


async def test_too_many_bytes_are_refused_before_anything_is_started(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.photos.sys.executable", "/nowhere")
    with pytest.raises(PhotoRefused) as refused:
        await photos.keep(b"\xff\xd8" + bytes(MOST_BYTES))
    assert refused.value.key == "photo.too_large"


async def test_the_cleaner_sees_no_secret_and_imports_nothing_from_where_it_stands(
    photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that a picture takes over finds no token in its environment, and no module of ours is shadowed."""
    spy = tmp_path / "spy.py"
    spy.write_text(
        "import os, sys\nsys.stdin.buffer.read()\nprint('a print:' + str(sys.flags.isolated), sorted(os.environ))\n"
    )
    monkeypatch.setenv("WUYOU_BOT1_TOKEN", "123:abc")
    monkeypatch.setattr(cleaner, "__file__", str(spy))
    kept = await photos.read(await photos.keep(b"x"))
    assert kept.startswith(b"1 ")
    assert b"TOKEN" not in kept
    assert b"PYTHON" not in kept


async def test_a_cleaner_that_hangs_is_ended(photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = tmp_path / "hangs.py"
    hangs.write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(cleaner, "__file__", str(hangs))
    monkeypatch.setattr("bot.photos.SECONDS", 0.2)
    with pytest.raises(PhotoRefused):
        await photos.keep(saved(picture(), "JPEG"))


async def test_the_cleaner_has_limits(tmp_path: Path) -> None:
    code = (
        "import resource, runpy, sys, io\n"
        "sys.stdin = io.TextIOWrapper(io.BytesIO(b''))\n"
        f"module = runpy.run_path({str(cleaner.__file__)!r})\n"
        "module['main']()\n"
        "for name in ('AS', 'CPU', 'FSIZE', 'CORE'):\n"
        "    print(resource.getrlimit(getattr(resource, 'RLIMIT_' + name))[0])\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert [int(line) for line in out.split()] == [cleaner.MEMORY, cleaner.SECONDS, 0, 0]


async def test_names_of_photos_cannot_be_guessed_and_lead_nowhere_else(photos: Photos, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"not yours")
    first, second = [await photos.keep(saved(picture(size=(8, 8)), "PNG")) for _ in range(2)]
    assert first != second
    assert len(first) == len(".jpg") + 24
    for key in ("nothing.jpg", "%2e%2e/secret.jpg"):
        with pytest.raises(PhotoGone):
            await photos.read(key)
    with pytest.raises(Exception, match=r"\.\."):
        await photos.read("../secret.jpg")


async def test_a_voice_message_is_ogg_and_not_endless(photos: Photos) -> None:
    assert await photos.read(await photos.keep(b"OggS and so on", "v.ogg")) == b"OggS and so on"
    for data in (b"RIFFxxxxWAVE", b"<html>", b"OggS" + bytes(MOST_VOICE)):
        with pytest.raises(PhotoRefused):
            await photos.keep(data, "v.ogg")


async def test_the_darkroom_goes_on_after_the_database_was_away(photos: Photos) -> None:
    class Away:
        asked = 0

        async def photo_orders(self, most: int) -> list[object]:
            self.asked += 1
            raise OSError("the database is away")

    store = Away()
    darkroom = Darkroom(store, photos, {}, lambda: None)  # type: ignore[arg-type, return-value]
    task = asyncio.create_task(darkroom.run())
    async with asyncio.timeout(20):
        while store.asked < 2:
            darkroom.wake()
            await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def scene(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Something like a photo: soft light and dark, no two alike."""
    dice = Random(seed)
    small = Image.new("RGB", (7, 6))
    small.putdata([tuple(dice.randrange(256) for _ in range(3)) for _ in range(42)])
    return small.resize(size, Image.Resampling.BICUBIC)


def print_of(image: Image.Image, **how: Any) -> int:
    return cleaner.print_of(cleaner.clean(saved(image, "JPEG", **how)))


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_is_known_again_and_another_picture_is_not(seed: int) -> None:
    taken = scene(seed, (1600, 1200))
    first = print_of(taken)
    smaller, pale = taken.resize((400, 300)), taken.point(lambda level: int(level * 0.8) + 20)
    for copy in (print_of(smaller), print_of(taken, quality=30), print_of(pale)):
        assert differing(first, copy) <= COPY
    assert all(differing(first, print_of(scene(other))) > ALIKE for other in range(100, 120))


def test_a_picture_that_shows_nothing_has_no_print() -> None:
    assert print_of(picture()) == print_of(picture(colour=(0, 0, 0))) == 0


async def test_the_print_of_each_kept_picture_is_told_and_of_a_voice_none(tmp_path: Path) -> None:
    told: dict[str, int] = {}

    async def hears(key: str, print_: int) -> None:
        told[key] = print_

    photos = Photos(str(tmp_path / "photos"), printed=hears)
    key = await photos.keep(saved(scene(1), "JPEG"))
    await photos.keep(saved(picture(), "JPEG"))
    await photos.keep(b"OggS and so on", "v.ogg")
    assert told == {key: print_of(scene(1))}


async def test_a_kept_photo_lies_sealed_and_opens_with_its_own_key_alone(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    keys = Keys.load(tmp_path / "keys", create=True)
    photos = Photos(str(folder), keys=keys)
    one, other = [await photos.keep(saved(picture(), "JPEG")) for _ in range(2)]
    assert b"JFIF" not in (folder / one).read_bytes()
    (folder / "moved.jpg").write_bytes((folder / one).read_bytes())
    with pytest.raises(PhotoGone):
        await photos.read("moved.jpg")
    with pytest.raises(PhotoGone):
        await Photos(str(folder)).read(one)
    old = keys.current
    new = keys.add_tree()
    assert (await photos.read(one)).startswith(b"\xff\xd8"), "an older tree still opens"
    (folder / "plain.jpg").write_bytes(saved(picture(), "JPEG"))  # Of before pictures were sealed.
    assert await photos.trees() == {old, ""}
    assert await photos.seal_anew() == 3  # What cannot be opened stays as it is.
    keys.drop(old)
    assert (await photos.read("plain.jpg")).startswith(b"\xff\xd8")
    assert await photos.trees() == {old, new}
    keys.destroy(photo_name(one))
    with pytest.raises(PhotoGone):
        await photos.read(one)
    assert await photos.read(other)
    with pytest.raises(PhotoRefused):
        await photos.keep(saved(picture(), "JPEG"), one)
    assert await photos.delete([one, other, "never-was.jpg"]) == 2
