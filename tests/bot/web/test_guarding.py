"""What is kept out, and what is said to it."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from bot.web.forms import MOST_PHOTO, MOST_PLAIN
from bot.web.postbox import Mistaken, Pace, Uploads
from tests.bot.web.harness import House, house, picture
from tests.bot.web.visiting import Guest, guest
from tests.town import WEB_GRID_1, WEB_WILLOW

CHAT = f"/s/chen/chat/{WEB_WILLOW}"
KEY = "a" * 32


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.chat.ANSWER_SOON", 0.01)


@pytest.mark.parametrize(
    ("headers", "proof"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Sec-Fetch-Site": "same-site"}, None),
        ({"Origin": "https://evil.example"}, None),
        ({}, "0" * 64),
        ({}, ""),
    ],
)
async def test_a_form_from_elsewhere_is_refused(
    demo: House, anna: Guest, headers: dict[str, str], proof: str | None
) -> None:
    await anna.open(CHAT)
    given = anna.proof if proof is None else proof
    await anna.send(f"{CHAT}/messages", headers=headers, proof=given, key=KEY, text="x")
    assert anna.status == 403
    assert demo.ears.taken == []


async def test_a_seats_proof_is_no_other_seats(demo: House, anna: Guest) -> None:
    await anna.open(f"/s/zhou/chat/{WEB_WILLOW}")
    await anna.send(f"{CHAT}/messages", key=KEY, text="x")
    assert anna.status == 403


async def test_every_page_carries_the_headers_that_keep_scripts_out(demo: House, anna: Guest) -> None:
    for path in ("/", CHAT, "/s/chen/chat/nowhere", "/static/wuyou.css", "/livez"):
        await anna.open(path)
        assert "script-src 'self'" in anna.headers["Content-Security-Policy"]
        assert "unsafe" not in anna.headers["Content-Security-Policy"]
        assert anna.headers["X-Content-Type-Options"] == "nosniff"
    await anna.open(CHAT)
    assert anna.headers["Cache-Control"] == "no-store"
    assert " style=" not in anna.page
    assert " onclick=" not in anna.page
    assert anna.page.count("<script") == anna.page.count("<script src=") + anna.page.count('<script type="module" src=')


async def test_no_template_calls_anything_safe() -> None:
    from pathlib import Path

    import bot.web.pages

    for template in (Path(bot.web.pages.__file__).parent / "templates").glob("*.html"):
        assert "|safe" not in template.read_text("utf-8").replace(" ", ""), template.name


async def test_another_name_for_this_computer_does_not_open_the_demo(demo: House) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{demo.url}/", headers={"Host": "evil.example"}) as answer:
            assert answer.status == 421
        async with session.get(f"{demo.url}/livez", headers={"Host": "evil.example"}) as answer:
            assert answer.status == 200


async def test_what_is_no_photo_is_refused_in_words(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="看照片", photos=[b"GIF89a not a photo"])
    assert anna.status == 422
    assert 'role="alert"' in anna.page
    assert "看照片" in anna.page  # What was written is still in the field.
    assert demo.ears.taken == []
    await anna.send(f"{CHAT}/messages", as_json=True, key=KEY, text="看照片", photos=[b"%PDF"])
    assert anna.status == 422
    assert "error" in anna.page


async def test_a_photo_that_is_too_big_is_refused_and_the_browser_hears_it(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="", photos=[b"\xff" * (MOST_PHOTO + 1)])
    assert anna.status == 413
    await anna.send(f"{CHAT}/messages", key=KEY, text="", photos=[picture(8, 8)] * 11)
    assert anna.status == 413
    await anna.send(f"{CHAT}/messages", key=KEY, text="", photos=[picture(8, 8)] * 10)
    assert anna.status == 200
    assert len(demo.ears.last.media) == 10


async def test_five_megabytes_of_text_are_answered_with_413(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="啊" * 1_700_000)
    assert anna.status == 413
    assert 'role="alert"' in anna.page
    await anna.send(f"{CHAT}/messages", key=KEY, text="啊" * 4_001)
    assert anna.status == 413
    await anna.send(f"{CHAT}/messages", key=KEY, text="啊" * 4_000)
    assert anna.status == 200


async def test_a_body_past_all_measure_is_not_listened_to(demo: House) -> None:
    async with aiohttp.ClientSession() as session:
        headers = {"Content-Length": str(10**9), "Content-Type": "multipart/form-data; boundary=x"}
        request = session.post(f"{demo.url}{CHAT}/messages", data=b"", headers=headers)
        async with request as answer:
            assert answer.status == 413


@pytest.mark.parametrize("path", ["/settings", "/leave", "/join/nothing"])
async def test_who_has_not_come_in_fills_no_memory_with_photos(tmp_path: Path, path: str) -> None:
    async with house(tmp_path, demo=False) as here, guest(here) as stranger:
        await stranger.send(path, photos=[b"\xff" * MOST_PLAIN, b"\xff" * 9])
        assert stranger.status == 413


@pytest.mark.parametrize(
    "body",
    [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\nz\r\n--x--", b"\x00" * 99],
    ids=["nothing", "begun", "nameless", "noise"],
)
async def test_broken_forms_are_the_senders_mistake(demo: House, body: bytes) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{demo.url}{CHAT}/messages", data=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
        ) as answer,
    ):
        assert 400 <= answer.status < 500


async def test_photos_open_for_those_who_sit_where_they_were_posted(demo: House, anna: Guest) -> None:
    there = f"/s/chen/chat/{WEB_GRID_1}"
    await anna.open(there)
    await anna.send(f"{there}/messages", key=KEY, text="", photos=[picture(60, 40)])
    await anna.open("/s/li/photos/photo1.jpg")
    assert anna.status == 200
    assert anna.headers["Content-Type"] == "image/jpeg"
    assert anna.headers["X-Content-Type-Options"] == "nosniff"
    # Asked for each time: what was taken back is not shown from what the browser kept.
    assert anna.headers["Cache-Control"] == "private, no-cache"
    await anna.open("/s/li/photos/photo1.jpg", **{"If-None-Match": anna.headers["ETag"]})
    assert anna.status == 304
    for path in ("/s/zhou/photos/photo1.jpg", "/s/li/photos/photo2.jpg", "/s/li/photos/..%2Fweb.db"):
        await anna.open(path)
        assert anna.status == 404


async def test_whoever_writes_too_fast_is_asked_to_wait(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    answers = []
    for n in range(24):
        await anna.send(f"{CHAT}/messages", as_json=True, key=f"{n:032x}", text=f"{n}")
        answers.append(anna.status)
    assert answers[:20] == [200] * 20
    assert answers[-1] == 429


def test_an_allowance_fills_again() -> None:
    now = [100.0]
    pace = Pace(burst=3, seconds=2.0, now=lambda: now[0])
    assert [pace.wait_for("a") > 0 for _ in range(4)] == [False, False, False, True]
    assert pace.wait_for("b") == 0
    now[0] += 2.0
    assert [pace.wait_for("a") > 0 for _ in range(2)] == [False, True]
    now[0] += 60.0
    assert [pace.wait_for("a") > 0 for _ in range(4)] == [False, False, False, True]


async def test_a_failure_of_ours_is_said_in_the_readers_language(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    demo.ears.broken = True
    await anna.send(f"{CHAT}/messages", key=KEY, text="路灯不亮")
    assert anna.status == 500
    assert '<html lang="zh-CN"' in anna.page
    assert "Traceback" not in anna.page


def test_a_third_large_form_of_one_person_at_a_time_is_refused_before_it_is_read() -> None:
    uploads = Uploads(most=2, large=1000)
    with uploads.of("alice", 5000), uploads.of("alice", None):
        with pytest.raises(Mistaken), uploads.of("alice", 5000):
            pass
        with uploads.of("alice", 1000), uploads.of("bob", 5000):
            pass
    with uploads.of("alice", 5000):
        pass
