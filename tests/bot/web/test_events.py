"""Open pages hear what happens and miss nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels.base import RenderedButton
from bot.store import web_session
from bot.store.web_chat import MEMBERS, Message
from tests.bot.web.harness import House, house, invite
from tests.bot.web.visiting import guest, listening
from tests.town import WEB_BRIDGE, WEB_GRID_1, WEB_WILLOW

EVENTS = "/s/chen/chat/events"


async def test_an_open_page_hears_what_is_said_in_its_chats(either: House) -> None:
    async with listening(either, EVENTS) as line:
        await either.say(WEB_BRIDGE, "别的群")
        await either.say("li", "别人的私聊")
        await either.say(WEB_WILLOW, "大家好")
        heard = await line.next()
        assert heard["chat"] == WEB_WILLOW
        assert "大家好" in heard["html"]
        row = await line.next("row")
        assert (row["chat"], row["unread"]) == (WEB_WILLOW, 1)


async def test_an_edit_is_told_as_a_newer_version_of_the_same_message(either: House) -> None:
    async with listening(either, EVENTS) as line:
        said = await either.say("chen", "收到", buttons=((RenderedButton("好", "ok:1"),),))
        first = await line.next()
        await either.say("chen", "已接单", edits=said)
        second = await line.next()
        assert (first["id"], second["id"]) == (said, said)
        assert second["version"] > first["version"]
        assert "已接单" in second["html"]
        assert "ok:1" not in second["html"]


async def test_a_line_that_broke_is_told_what_it_missed(either: House) -> None:
    async with listening(either, EVENTS) as line:
        await either.say(WEB_WILLOW, "一")
        await line.next()
        last_id = line.last_id
    edited = await either.say(WEB_WILLOW, "二")
    await either.say(WEB_GRID_1, "三")
    await either.say(WEB_WILLOW, "二，改过", edits=edited)
    async with listening(either, EVENTS, last_id=last_id) as line:
        heard = [await line.next() for _ in range(3)]
    told = " ".join(event["html"] for event in heard)
    assert "二，改过" in told
    assert "三" in told


async def test_what_is_committed_late_with_an_earlier_time_is_not_missed(either: House) -> None:
    """On PostgreSQL a transaction can stamp its time first and commit after another one that was told already."""
    async with listening(either, EVENTS) as line:
        await either.say(WEB_WILLOW, "先说完的")
        await line.next()
        earlier = either.rooms.now() - timedelta(seconds=5)
        late = Message(id="u" + "c" * 32, chat=WEB_WILLOW, author="zhou", sent_at=earlier, text="后到的")
        await either.rooms.post(late)
        assert "后到的" in (await line.next())["html"]
        last_id = line.last_id
    late = Message(id="u" + "d" * 32, chat=WEB_WILLOW, author="zhou", sent_at=earlier, text="更晚到的")
    await either.rooms.post(late)
    async with listening(either, EVENTS, last_id=last_id) as line:
        ids = [(await line.next())["id"] for _ in range(3)]
    assert late.id in ids


async def test_a_page_whose_session_was_ended_hears_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.events.LOOK", 0.0)
    async with house(tmp_path, demo=False) as here, guest(here) as chen:
        token = invite(here, "chen")
        await chen.open(f"/join/{token}")
        await chen.send(f"/join/{token}")
        async with chen.listening("/chat/events") as line:
            await here.say(WEB_WILLOW, "还在听")
            assert "还在听" in (await line.next())["html"]
            await here.db.write(lambda c: web_session.revoke_all(c, "chen", here.rooms.now()))

            async def hears() -> None:
                for _ in range(3):  # Somebody speaks at once: one look may be under way, the next finds the door shut.
                    await here.say(WEB_WILLOW, "不该听到")
                    await line.next()

            with pytest.raises(EOFError):
                await hears()


async def test_a_page_hears_no_more_of_a_chat_its_reader_left(either: House) -> None:
    async with listening(either, EVENTS) as line:
        await either.say(WEB_WILLOW, "还在群里")
        await line.next()
        left = (MEMBERS.c.chat == WEB_WILLOW) & (MEMBERS.c.user_id == "chen")
        await either.db.write(lambda c: c.execute(MEMBERS.delete().where(left)))
        await either.say(WEB_WILLOW, "已经离开")
        await either.say("chen", "只对你说")
        assert "只对你说" in (await line.next())["html"]


async def test_a_page_that_slept_too_long_loads_itself_anew(either: House) -> None:
    now = either.rooms.now()
    for n in range(310):
        await either.rooms.post(Message(id=f"u{n:032x}", chat=WEB_WILLOW, author="zhou", sent_at=now, text=str(n)))
    async with listening(either, f"{EVENTS}?since=0") as line:
        assert await line.next("reload") == {}


async def test_stopping_does_not_wait_for_open_pages(either: House) -> None:
    async with listening(either, EVENTS) as line:
        await either.say(WEB_WILLOW, "在")
        await line.next()
        assert either.rooms.listeners == 1
        either.rooms.close()
        try:
            await line.next()
        except EOFError:
            ended = True
        assert ended


async def test_the_same_letter_sent_twice_is_told_once(either: House) -> None:
    async with listening(either, EVENTS) as line:
        await either.say(WEB_WILLOW, "一")
        either.parcels -= 1
        await either.say(WEB_WILLOW, "一")
        await either.say(WEB_WILLOW, "二")
        assert [(await line.next())["id"] for _ in range(2)] == ["b1", "b2"]
