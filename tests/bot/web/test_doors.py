"""How one comes in: seats in the demo, one-time links in earnest."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.store import web_session
from bot.web.health import Health
from bot.web.readers import Cookies
from tests.bot.web.harness import SEATS, House, Stopwatch, house, invite
from tests.bot.web.visiting import Guest, guest
from tests.town import NOON, WEB_WILLOW

HTML = {"Accept": "text/html"}


async def test_the_demo_offers_its_seats(demo: House, anna: Guest) -> None:
    await anna.open("/")
    for seat in SEATS:
        assert f"/s/{seat.user_id}" in anna.page
    await anna.open("/s/chen")
    assert anna.url == f"/s/chen/chat/{WEB_WILLOW}"
    await anna.open("/s/li")
    assert anna.url == "/s/li/chat/li"


async def test_seats_sit_side_by_side(demo: House, anna: Guest) -> None:
    await anna.open("/split?seats=chen,li")
    assert anna.page.count("<iframe") == 2
    await anna.open("/split?seats=chen&seats=li&seats=feng&seats=zhou&seats=nobody")
    assert anna.page.count("<iframe") == 3
    await anna.open("/split?seats=nobody")
    assert anna.url == "/"


async def test_in_earnest_there_are_no_seats(earnest: House, walker: Guest) -> None:
    await walker.open("/")
    assert "12345" in walker.page
    for path in ("/s/chen/chat", "/split?seats=chen,li", "/s/chen"):
        await walker.open(path)
        assert walker.status == 404
    await walker.open("/chat")
    assert walker.url == "/"
    for path in ("/chat/events", f"/chat/{WEB_WILLOW}/earlier", "/photos/a.jpg", "/chat/street.json"):
        await walker.open(path, Accept="*/*")
        assert walker.status == 401


async def test_a_link_opens_once(earnest: House, walker: Guest) -> None:
    token = invite(earnest, "chen")
    for _ in range(2):  # Looking does not use it up.
        await walker.open(f"/join/{token}")
        assert walker.status == 200
    await walker.send(f"/join/{token}")
    assert walker.url == "/chat"
    assert "陈奶奶" in walker.page
    async with guest(earnest) as thief:
        await thief.open(f"/join/{token}")
        assert thief.status == 410
        await thief.open("/")
        await thief.send(f"/join/{token}", proof="0" * 64)
        assert thief.status == 403
        await thief.send(f"/join/{token}", proof=thief.proof)
        assert thief.url != "/chat"


async def test_of_two_at_once_one_gets_in(earnest: House) -> None:
    token, now = invite(earnest, "chen"), earnest.rooms.now()
    first = await earnest.db.write(lambda c: web_session.redeem(c, token, now))
    second = await earnest.db.write(lambda c: web_session.redeem(c, token, now))
    assert first
    assert second is None


async def test_tokens_are_stored_hashed(earnest: House) -> None:
    token, now = invite(earnest, "chen"), earnest.rooms.now()
    session = await earnest.db.write(lambda c: web_session.redeem(c, token, now))
    assert session
    assert len(token) >= 43
    file = Path(str(earnest.db.url.database))
    bytes_on_disk = b"".join(part.read_bytes() for part in file.parent.glob("web.db*"))
    assert token.encode() not in bytes_on_disk
    assert session.encode() not in bytes_on_disk


async def test_leaving_ends_the_session_for_good(earnest: House, walker: Guest) -> None:
    token = invite(earnest, "chen")
    await walker.open(f"/join/{token}")
    await walker.send(f"/join/{token}")
    await walker.send("/leave")
    await walker.open("/chat")
    assert walker.url == "/"


async def test_who_left_is_out_even_with_the_old_cookie(earnest: House, walker: Guest) -> None:
    token = invite(earnest, "chen")
    await walker.open(f"/join/{token}")
    await walker.send(f"/join/{token}")
    async with aiohttp.ClientSession(headers={"Cookie": f"wuyou={walker.cookie('wuyou')}"}) as thief:
        async with thief.get(f"{earnest.url}/chat", allow_redirects=False) as answer:
            assert answer.status == 200
        await walker.send("/leave")
        async with thief.get(f"{earnest.url}/chat", allow_redirects=False) as answer:
            assert answer.status in (303, 401)


async def test_no_script_reads_the_cookies_and_no_other_site_sends_them(earnest: House, walker: Guest) -> None:
    token = invite(earnest, "chen")
    await walker.open(f"/join/{token}")
    browser = walker.headers.getall("Set-Cookie")
    await walker.send(f"/join/{token}", follow=False)
    session = walker.headers.getall("Set-Cookie")
    assert browser and session
    for cookie in (*browser, *session):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie or "SameSite=Strict" in cookie
        assert "Domain" not in cookie


def test_by_https_the_cookies_stay_there() -> None:
    cookies = Cookies(secure=True, house="zh")
    answer = web.Response()
    cookies.set(answer, "__Host-wuyou", "token")
    (cookie,) = answer.cookies.values()
    assert cookie["secure"]
    assert cookie["path"] == "/"


async def test_a_session_can_be_revoked_from_the_house(earnest: House, walker: Guest) -> None:
    token, unused = invite(earnest, "chen"), invite(earnest, "chen")
    await walker.open(f"/join/{token}")
    await walker.send(f"/join/{token}")
    now = earnest.rooms.now()
    assert await earnest.db.write(lambda c: web_session.revoke_all(c, "chen", now)) == 1
    await walker.open("/chat")
    assert walker.url == "/"
    await walker.open(f"/join/{unused}")
    assert walker.status == 410


@pytest.mark.parametrize(
    ("visits", "inside"),
    [
        ([29], True),
        ([31], False),
        ([20, 40, 60, 80], True),
        ([25, 50, 75, 100, 125, 150, 175, 181], False),
    ],
)
async def test_a_session_lives_while_it_is_used_and_not_for_ever(
    tmp_path: Path, visits: list[int], inside: bool
) -> None:
    clock = Stopwatch(NOON)
    async with house(tmp_path, demo=False, now=clock) as here, guest(here) as walker:
        token = invite(here, "chen")
        await walker.open(f"/join/{token}")
        await walker.send(f"/join/{token}")
        for day in visits:
            clock.at = NOON + timedelta(days=day)
            await walker.open("/chat")
        assert (walker.url == "/chat") is inside


async def test_a_link_expires(tmp_path: Path) -> None:
    clock = Stopwatch(NOON)
    async with house(tmp_path, demo=False, now=clock) as here, guest(here) as walker:
        token = invite(here, "chen")
        clock.at += timedelta(days=8)
        await walker.open(f"/join/{token}")
        assert walker.status == 410
        await here.db.write(lambda c: web_session.sweep(c, clock.at))
        assert not await here.db.read(lambda c: c.execute(web_session.LINKS.select()).all())


async def test_in_earnest_people_chat_too(earnest: House, walker: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.chat.ANSWER_SOON", 0.01)
    token = invite(earnest, "chen")
    await walker.open(f"/join/{token}")
    await walker.send(f"/join/{token}")
    await walker.open(f"/chat/{WEB_WILLOW}")
    await walker.send(f"/chat/{WEB_WILLOW}/messages", key="a" * 32, text="@无忧 路灯不亮")
    assert walker.texts == ["@无忧 路灯不亮"]
    assert earnest.ears.last.sender is not None
    assert earnest.ears.last.sender.user_id == "chen"


async def test_health_names_the_part_that_is_not_well(tmp_path: Path) -> None:
    async def well() -> None:
        return None

    async def ill() -> None:
        raise OSError("no disk")

    async with house(tmp_path, health=Health({"store": well, "outbox": ill})) as here, guest(here) as probe:
        await probe.open("/livez")
        assert probe.status == 200
        await probe.open("/readyz")
        assert probe.status == 503
        assert '"outbox": "failed"' in probe.page
        assert "no disk" not in probe.page
        await probe.open("/metrics")
        assert "process_cpu_seconds_total" in probe.page or "python_info" in probe.page
