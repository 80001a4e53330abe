"""What people do in the chat page, without script."""

from __future__ import annotations

import pytest

from bot.messages import Kind
from bot.store.web_chat import BOT
from bot.web.chat import ANSWER_SOON
from tests.bot.web.harness import House, picture
from tests.bot.web.visiting import Guest
from tests.town import WEB_BRIDGE, WEB_GRID_1, WEB_WILLOW

CHAT = f"/s/chen/chat/{WEB_WILLOW}"
KEY, OTHER_KEY = "a" * 32, "b" * 32


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ANSWER_SOON > 0
    monkeypatch.setattr("bot.web.chat.ANSWER_SOON", 0.01)


async def test_a_resident_writes_and_the_bot_hears_it(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="@无忧 桥头的路灯不亮了")
    assert anna.status == 200
    assert anna.url == CHAT
    assert anna.texts == ["@无忧 桥头的路灯不亮了"]
    heard = demo.ears.last
    assert (heard.kind, heard.at.chat, heard.text, heard.addressed) == (
        Kind.MESSAGE,
        WEB_WILLOW,
        "桥头的路灯不亮了",
        True,
    )
    assert heard.sender is not None
    assert heard.sender.user_id == "chen"
    assert heard.message_id == f"u{KEY}"


async def test_the_same_message_sent_twice_is_one(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    for _ in range(3):
        await anna.send(f"{CHAT}/messages", key=KEY, text="路灯不亮了", photos=[picture(60, 40)])
    assert anna.texts == ["路灯不亮了"]
    assert len(demo.ears.taken) == 1
    assert len(demo.album.kept) == 1


async def test_a_key_of_somebody_else_opens_nothing(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="我的")
    theirs = f"/s/zhou/chat/{WEB_WILLOW}"
    await anna.open(theirs)
    await anna.send(f"{theirs}/messages", as_json=True, key=KEY, text="他的")
    assert anna.status == 409
    await anna.open(theirs)
    assert anna.texts == ["我的"]


@pytest.mark.parametrize(
    ("text", "addressed", "command", "argument"),
    [
        ("@无忧 /mycases", True, "mycases", ""),
        ("今晚有大风", False, "", ""),
        ("@无忧 在吗", True, "", ""),
        ("＠无忧，在吗", True, "", ""),
        ("问一下 @Wuyou", True, "", ""),
        ("写给 a@wuyouxx.com", False, "", ""),
        ("/help", True, "help", ""),
        ("/start@wuyou abc", True, "start", "abc"),
        ("价格 3/5", False, "", ""),
    ],
)
async def test_what_is_meant_for_the_bot(
    demo: House, anna: Guest, text: str, addressed: bool, command: str, argument: str
) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text=text)
    heard = demo.ears.last
    assert (heard.addressed, heard.command, heard.argument) == (addressed, command, argument)


async def test_a_reply_to_the_bot_is_meant_for_it_and_a_reply_to_a_neighbour_brings_the_photo(
    demo: House, anna: Guest
) -> None:
    said = await demo.say(WEB_WILLOW, "是在这里吗？")
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="是的", reply_to=said, photos=[picture(60, 40)])
    assert demo.ears.last.addressed
    assert demo.ears.last.quoted is not None
    assert demo.ears.last.quoted.mine
    neighbour = f"/s/zhou/chat/{WEB_WILLOW}"
    await anna.open(f"{neighbour}?reply=u{KEY}")
    await anna.send(f"{neighbour}/messages", key=OTHER_KEY, text="@无忧 看这个", reply_to=f"u{KEY}")
    quoted = demo.ears.last.quoted
    assert quoted is not None
    assert not quoted.mine
    assert [media.ref for media in quoted.media] == ["photo1.jpg"]
    assert "photo1.jpg" in anna.page


async def test_a_private_message_is_always_for_the_bot(demo: House, anna: Guest) -> None:
    await anna.open("/s/chen/chat/chen")
    await anna.send("/s/chen/chat/chen/messages", key=KEY, text="垃圾几点收")
    assert demo.ears.last.private
    assert demo.ears.last.addressed


async def test_the_ready_made_buttons_work_without_script(demo: House, anna: Guest) -> None:
    await anna.open("/s/chen/chat/chen")
    await anna.send("/s/chen/chat/chen/messages", key=KEY, text="", say="/mycases")
    assert demo.ears.last.command == "mycases"
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=OTHER_KEY, text="路灯不亮", call="bot")
    assert demo.ears.last.addressed


async def test_numbers_of_telephones_are_masked_before_they_are_kept(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="我的电话 13812345678")
    assert "13812345678" not in anna.page
    assert "5678" in anna.texts[0]
    assert "13812345678" not in demo.ears.last.text


async def test_what_no_keyboard_types_is_taken_out(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="路灯\x00\u202e不亮\r\n了\x07")
    assert anna.texts == ["路灯不亮\n了"]


async def test_scripts_in_words_names_and_buttons_stay_words(demo: House, anna: Guest) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    await demo.say(WEB_WILLOW, evil)
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text=evil, reply_to="b1")
    assert "<script>alert" not in anna.page
    assert "<img src=x" not in anna.page
    assert anna.texts == [evil, evil]


async def test_a_button_leads_to_the_web_or_nowhere(demo: House, anna: Guest) -> None:
    from bot.channels.base import RenderedButton

    rows = ((RenderedButton("好", url="https://example.org/a?b=1"), RenderedButton("坏", url="javascript:alert(1)")),)
    await demo.say(WEB_WILLOW, "看", buttons=rows)
    await anna.open(CHAT)
    assert "https://example.org/a?b=1" in anna.page
    assert "javascript:" not in anna.page


async def test_a_pressed_button_reaches_the_bot_once(demo: House, anna: Guest) -> None:
    from bot.channels.base import RenderedButton

    said = await demo.say(WEB_WILLOW, "是这里吗？", buttons=((RenderedButton("对", "place:yes"),),))
    await anna.open(CHAT)
    for _ in range(2):
        await anna.send(f"{CHAT}/press", message=said, data="place:yes", key=KEY)
    assert anna.url == CHAT
    (press,) = demo.ears.taken
    assert press.kind is Kind.PRESS
    assert press.press is not None
    assert (press.press.data, press.press.message_id) == ("place:yes", said)
    await anna.send(f"{CHAT}/press", as_json=True, message=said, data="admin:yes", key=OTHER_KEY)
    assert anna.status == 409
    await anna.open(f"/s/zhou/chat/{WEB_BRIDGE}")  # A page of their own, with a proof that fits.
    await anna.send(f"/s/zhou/chat/{WEB_BRIDGE}/press", as_json=True, message=said, data="place:yes", key=OTHER_KEY)
    assert anna.status == 404
    assert len(demo.ears.taken) == 1


async def test_a_message_taken_back_is_gone_and_the_bot_hears_of_it(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="写错了", photos=[picture(60, 40)])
    await anna.open(f"/s/zhou/chat/{WEB_WILLOW}")
    await anna.send(f"/s/zhou/chat/{WEB_WILLOW}/recall", message=f"u{KEY}")
    assert anna.status == 404
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/recall", message=f"u{KEY}")
    assert anna.texts == []
    assert demo.ears.last.kind is Kind.DELETED
    assert demo.ears.last.text == ""
    await anna.open("/s/chen/photos/photo1.jpg")
    assert anna.status == 404


async def test_nobody_reads_a_chat_where_they_do_not_sit(demo: House, anna: Guest) -> None:
    await demo.say("chen", "只给陈奶奶")
    await anna.open(CHAT)
    for path in ("/s/zhou/chat/chen", f"/s/zhou/chat/{WEB_GRID_1}", "/s/zhou/chat/nowhere", "/s/nobody/chat"):
        await anna.open(path)
        assert anna.status == 404
        assert "只给陈奶奶" not in anna.page
    await anna.open(f"/s/zhou/chat/{WEB_WILLOW}")
    for what in ("messages", "press", "recall", "read"):
        await anna.send(f"/s/zhou/chat/{WEB_GRID_1}/{what}", key=KEY, text="hallo")
        assert anna.status == 404
    assert demo.ears.taken == []


async def test_a_message_of_another_chat_is_not_quoted(demo: House, anna: Guest) -> None:
    secret = await demo.say("chen", "只给陈奶奶")
    there = f"/s/zhou/chat/{WEB_WILLOW}"
    await anna.open(f"{there}?reply={secret}")
    assert "只给陈奶奶" not in anna.page
    await anna.send(f"{there}/messages", key=KEY, text="引用", reply_to=secret)
    assert "只给陈奶奶" not in anna.page
    assert demo.ears.last.quoted is None


async def test_earlier_messages_are_a_click_away(demo: House, anna: Guest) -> None:
    for n in range(60):
        await demo.say(WEB_WILLOW, f"第{n}条")
    await anna.open(CHAT)
    assert anna.texts[0] == "第10条"
    assert anna.texts[-1] == "第59条"
    before = anna.page.split("?before=")[1].split('"')[0]
    await anna.open(f"{CHAT}?before={before}")
    assert anna.texts[-1] == "第9条"
    await anna.open(f"{CHAT}/earlier?before={before}")
    assert anna.texts == [f"第{n}条" for n in range(10)]


async def test_a_place_is_drawn_and_named(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    await anna.send(f"{CHAT}/messages", key=KEY, text="", location="30.0050,120.0050")
    assert demo.ears.last.location == (30.005, 120.005)
    assert 'class="grid lit"' in anna.page
    await anna.send(f"{CHAT}/messages", as_json=True, key=OTHER_KEY, text="", location="nan,999")
    assert anna.status == 422


async def test_unread_messages_are_counted_until_the_chat_is_opened(demo: House, anna: Guest) -> None:
    await demo.say(WEB_WILLOW, "一")
    await demo.say(WEB_WILLOW, "二")
    (chat,) = [chat for chat in await demo.rooms.chats("chen") if chat.id == WEB_WILLOW]
    assert chat.unread == 2
    await anna.open(CHAT)
    (chat,) = [chat for chat in await demo.rooms.chats("chen") if chat.id == WEB_WILLOW]
    assert chat.unread == 0
    assert chat.last is not None
    assert chat.last.author == BOT


async def test_the_switch_changes_the_language_of_one_seat(demo: House, anna: Guest) -> None:
    await anna.open(CHAT)
    assert '<html lang="zh-CN"' in anna.page
    await anna.send("/s/chen/settings", language="en", back=CHAT)
    assert '<html lang="en"' in anna.page
    await anna.send(f"{CHAT}/messages", key=KEY, text="@wuyou hello")
    assert demo.ears.last.sender is not None
    assert demo.ears.last.sender.language == "en"
    await anna.open(f"/s/li/chat/{WEB_WILLOW}")
    assert '<html lang="zh-CN"' in anna.page
    await anna.open("/s/li/chat", **{"Accept-Language": "en-GB,en;q=0.8"})
    assert '<html lang="en"' in anna.page


async def test_the_switches_lead_back_into_the_house_only(demo: House, anna: Guest) -> None:
    await anna.open("/")
    for away in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        await anna.send("/settings", size="large", back=away)
        assert anna.url == "/"
    assert 'class="large"' in anna.page
