"""The web channel as the outbox sees it, and what a crash leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.channels.base import Fate, Parcel, RenderedButton, SendError
from bot.channels.web import read
from bot.messages import Address, Kind
from bot.store import web_chat, web_message, web_session
from bot.store.private import Tampered
from bot.store.web_chat import Message
from bot.web.postbox import Postbox
from tests.bot.web.harness import House
from tests.town import WEB_WILLOW


def to(chat: str) -> Address:
    return Address("web", "web", chat)


async def test_a_parcel_that_comes_twice_is_one_message(either: House) -> None:
    parcel = Parcel(7, to(WEB_WILLOW), "收到", buttons=((RenderedButton("好", "ok:1"),),))
    assert await either.channel.send(parcel) == await either.channel.send(parcel)
    (message,) = await either.rooms.page(WEB_WILLOW)
    assert message.buttons == parcel.buttons
    assert message.version == 1


async def test_an_edit_keeps_the_photo_and_is_one_change_however_often_it_comes(either: House) -> None:
    sent = await either.channel.send(Parcel(1, to(WEB_WILLOW), "收到", photos=("p.jpg",)))
    edit = Parcel(2, to(WEB_WILLOW), "已办好", edits=sent, had_photo=True)
    assert await either.channel.send(edit) == await either.channel.send(edit) == sent
    (message,) = await either.rooms.page(WEB_WILLOW)
    assert (message.text, message.photos, message.version, message.edited) == ("已办好", ("p.jpg",), 2, True)


async def test_a_photo_that_another_took_the_place_of_is_nobodys_to_see(either: House) -> None:
    """The picture of somebody who was missing, once the alert is taken back."""
    shown = Parcel(2, to(WEB_WILLOW), "一", photos=("face.jpg",))
    await either.channel.send(shown)
    assert await either.rooms.may_see("chen", "face.jpg")
    (message,) = await either.rooms.page(WEB_WILLOW)
    await either.channel.send(replace(shown, id=3, edits=message.id, text="二", photos=("calm.jpg",)))
    assert await either.rooms.may_see("chen", "calm.jpg")
    assert not await either.rooms.may_see("chen", "face.jpg")


async def test_the_bot_can_write_first_to_somebody_who_never_wrote(either: House) -> None:
    await either.db.write(lambda c: web_chat.add_user(c, "wang", "王秀英", either.rooms.now()))
    await either.channel.send(Parcel(1, to("wang"), "您好"))
    (chat,) = await either.rooms.chats("wang")
    assert chat.private


@pytest.mark.parametrize(("parcel", "fate"), [
    (Parcel(1, Address("web", "web", "nowhere"), "x"), Fate.GONE),
    (Parcel(1, Address("web", "web", WEB_WILLOW), "x", edits="b99"), Fate.SEND_ANEW),
])  # fmt: skip
async def test_what_cannot_be_sent_says_what_to_do(either: House, parcel: Parcel, fate: Fate) -> None:
    with pytest.raises(SendError) as caught:
        await either.channel.send(parcel)
    assert caught.value.fate is fate


async def test_a_recalled_message_cannot_be_edited(either: House) -> None:
    sent = await either.say(WEB_WILLOW, "找人", photos=("p.jpg",))
    await either.channel.recall(to(WEB_WILLOW), sent)
    await either.channel.recall(to(WEB_WILLOW), sent)
    assert not await either.rooms.may_see("chen", "p.jpg")
    with pytest.raises(SendError) as caught:
        await either.say(WEB_WILLOW, "找到了", edits=sent)
    assert caught.value.fate is Fate.SEND_ANEW


async def test_a_photo_is_fetched_by_its_key(either: House) -> None:
    either.album.kept["a.jpg"] = b"bytes"
    assert await either.channel.fetch(to(WEB_WILLOW), "a.jpg") == b"bytes"
    with pytest.raises(SendError) as caught:
        await either.channel.fetch(to(WEB_WILLOW), "b.jpg")
    assert caught.value.fate is Fate.GONE


async def test_a_pushed_channel_yields_no_updates(either: House) -> None:
    assert [batch async for batch in either.channel.updates()] == []


async def test_what_was_said_before_a_crash_is_heard_after_it(either: House) -> None:
    now = either.rooms.now()
    await either.rooms.post(Message(id="u" + "1" * 32, chat=WEB_WILLOW, author="chen", sent_at=now, text="@无忧 路灯"))
    postbox = Postbox(either.rooms, either.ears)
    assert await postbox.catch_up() == 1
    assert await postbox.catch_up() == 0
    (heard,) = either.ears.taken
    assert heard.text == "路灯"
    assert heard.addressed


async def test_a_message_the_bot_could_not_be_told_is_told_when_it_is_sent_again(either: House) -> None:
    from bot.messages import Sender

    postbox = Postbox(either.rooms, either.ears)
    chat = await either.rooms.chat(WEB_WILLOW, "chen")
    assert chat is not None
    either.ears.broken = True
    with pytest.raises(OSError, match="disk"):
        await postbox.post(chat, Sender("chen", "陈奶奶"), "1" * 32, "@无忧 路灯")
    assert either.ears.taken == []
    either.ears.broken = False
    await postbox.post(chat, Sender("chen", "陈奶奶"), "1" * 32, "@无忧 路灯")
    await postbox.post(chat, Sender("chen", "陈奶奶"), "1" * 32, "@无忧 路灯")
    assert either.ears.calls == 2
    assert len(either.ears.taken) == 1


async def test_each_change_of_a_message_has_a_key_of_its_own(either: House) -> None:
    now = either.rooms.now()
    chat = await either.rooms.chat(WEB_WILLOW, "chen")
    assert chat is not None
    first = await either.rooms.post(Message(id="u" + "1" * 32, chat=WEB_WILLOW, author="chen", sent_at=now, text="一"))
    second = await either.rooms.rewrite(first.id, "二")
    third = await either.rooms.recall(first.id)
    assert second is not None
    assert third is not None
    inbounds = [read(message, chat) for message in (first, second, third)]
    assert [inbound.kind for inbound in inbounds] == [Kind.MESSAGE, Kind.EDITED, Kind.DELETED]
    assert len({inbound.cause for inbound in inbounds}) == 3
    assert {inbound.message_id for inbound in inbounds} == {first.id}


async def test_old_messages_are_forgotten_with_the_right_to_see_their_photos(either: House) -> None:
    await either.say(WEB_WILLOW, "旧", photos=("old.jpg",))
    later = either.rooms.now() + timedelta(days=1)
    assert await either.db.write(lambda c: web_message.forget(c, later)) == 1
    assert not await either.rooms.may_see("chen", "old.jpg")
    assert await either.rooms.page(WEB_WILLOW) == []


async def test_the_bots_id_is_nobodys(either: House) -> None:
    with pytest.raises(ValueError, match="bot"):
        await either.db.write(lambda c: web_chat.add_user(c, "bot", "x", either.rooms.now()))


async def test_what_people_write_and_are_called_is_sealed(demo: House) -> None:
    now = demo.rooms.now()
    await demo.db.write(lambda c: web_chat.add_user(c, "wang", "王秀英奶奶", now, demo.rooms.keys))
    secret = Message(
        id="u" + "1" * 32, chat=WEB_WILLOW, author="chen", sent_at=now, text="秘密的话", location=(30.123, 120.5)
    )
    await demo.rooms.post(secret)
    said = await demo.say("chen", "只对您说的话", buttons=((RenderedButton("桂花苑九幢", "place:1:0"),),))
    folder = Path(str(demo.db.url.database)).parent
    on_disk = b"".join(part.read_bytes() for part in folder.glob("web.db*"))
    for words in ("秘密的话", "只对您说的话", "王秀英奶奶", "桂花苑九幢"):
        assert words.encode() not in on_disk
    (alone,) = await demo.rooms.page("chen")
    assert (alone.id, alone.buttons) == (said, ((RenderedButton("桂花苑九幢", "place:1:0"),),))
    (message,) = await demo.rooms.page(WEB_WILLOW)
    assert (message.text, message.location, message.name) == ("秘密的话", (30.123, 120.5), "陈奶奶")


async def test_a_sealed_message_opens_in_its_own_row_only(either: House) -> None:
    now = either.rooms.now()
    for n in (1, 2):
        await either.rooms.post(Message(id=f"u{n:032x}", chat=WEB_WILLOW, author="chen", sent_at=now, text=str(n)))
    moved = select(web_chat.MESSAGES.c.text).where(web_chat.MESSAGES.c.id == f"u{1:032x}").scalar_subquery()
    other = update(web_chat.MESSAGES).where(web_chat.MESSAGES.c.id == f"u{2:032x}")
    await either.db.write(lambda c: c.execute(other.values(text=moved)))
    with pytest.raises(Tampered):
        await either.rooms.page(WEB_WILLOW)


async def test_who_is_erased_leaves_no_words_and_begins_anew(either: House) -> None:
    now, keys = either.rooms.now(), either.rooms.keys
    mine = Message(id="u" + "1" * 32, chat=WEB_WILLOW, author="chen", sent_at=now, text="我写的", photos=("p.jpg",))
    await either.rooms.post(mine)
    await either.say("chen", "给您的")
    token = await either.db.write(lambda c: web_session.invite(c, "chen", now))
    await either.db.write(lambda c: web_message.erase(c, "chen", now, keys))
    assert [m.text for m in [*await either.rooms.page(WEB_WILLOW), *await either.rooms.page("chen")]] == ["", ""]
    assert await either.rooms.unheard() == []
    assert await either.rooms.name("chen") == ""
    assert await either.rooms.seats("chen") == {"chen"}
    assert not await either.rooms.may_see("li", "p.jpg")
    assert await either.db.write(lambda c: web_session.redeem(c, token, now)) is None
    await either.db.write(lambda c: web_chat.add_user(c, "chen", "陈奶奶", now, keys))
    await either.say("chen", "欢迎回来")
    assert await either.rooms.name("chen") == "陈奶奶"
    assert [m.text for m in await either.rooms.page("chen")] == ["", "欢迎回来"]
