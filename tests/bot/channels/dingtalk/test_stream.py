"""DingTalk's stream: stored, then acknowledged; connections that overlap, fall silent, die, or bring things twice."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.channels.base import Fate, SendError
from bot.channels.dingtalk import DingTalkChannel
from bot.messages import Kind, MediaKind, Press
from tests.bot.channels.conftest import Drawer, Naps
from tests.bot.channels.dingtalk.conftest import Letter, credentials, listening
from tests.bot.channels.dingtalk.test_send import YES
from tests.servers.dingtalk import DingTalk
from tests.servers.dingtalk_cast import BOT_TOPIC, CARD_TOPIC, Group, Person


def one_app(server: DingTalk, drawer: Drawer, naps: Naps, **more: Any) -> DingTalkChannel:
    return DingTalkChannel(
        {"one": credentials(server.app)},
        drawer,
        mark="m",
        base_url=server.url,
        oapi_url=server.url,
        monotonic=server.clock.monotonic,
        sleep=naps,
        **more,
    )


async def test_what_is_said_in_a_group_is_heard_and_acknowledged(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person
) -> None:
    async with listening(dingtalk, server) as ear:
        id = alice.says(group, "路灯坏了")
        await server.until(lambda: server.stream.acks)
    (heard,) = ear.heard
    assert (heard.key, heard.text, heard.at.bot, heard.at.chat) == (id, "路灯坏了", "one", group.id)
    assert (heard.private, heard.addressed, heard.title) == (False, True, "3rd village")
    assert heard.sender is not None
    assert (heard.sender.user_id, heard.sender.name) == (alice.staff_id, "Alice")
    assert server.stream.acks[0].code == 200


async def test_each_app_is_heard_under_its_own_name(dingtalk: DingTalkChannel, server: DingTalk, alice: Person) -> None:
    async with listening(dingtalk, server) as ear:
        alice.says(server.apps[0], "eins")
        alice.says(server.apps[1], "zwei")
        await server.until(lambda: len(ear.heard) == 2)
    assert sorted((each.at.bot, each.text, each.private) for each in ear.heard) == [
        ("one", "eins", True),
        ("two", "zwei", True),
    ]


async def test_nothing_is_acknowledged_before_it_is_stored(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person, naps: Naps
) -> None:
    async with listening(dingtalk, server) as ear:
        ear.fails = 3
        alice.says(group, "路灯坏了")
        await server.until(lambda: ear.heard)
        await server.until(lambda: server.stream.acks)
    assert naps.seconds.count(1.0) == 3
    assert ear.texts == ["路灯坏了"]
    assert len(server.stream.acks) == 1


async def test_whoever_does_not_come_back_for_more_acknowledges_nothing(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person
) -> None:
    alice.says(group, "路灯坏了")
    batches = dingtalk.updates()
    batch = await anext(batches)  # type: ignore[call-overload]
    assert [inbound.text for inbound in batch] == ["路灯坏了"]
    await batches.aclose()  # type: ignore[attr-defined]
    assert server.stream.acks == []

    server.stream.repeat_unanswered()
    async with listening(dingtalk, server) as ear:
        await server.until(lambda: server.stream.acks)
    assert ear.heard[0].cause == batch[0].cause, "known by its id"


async def test_a_message_that_comes_again_is_the_same_message(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person
) -> None:
    async with listening(dingtalk, server) as ear:
        alice.says(group, "路灯坏了")
        await server.until(lambda: server.stream.acks)
        server.stream.double(server.stream.acks[0].id)
        await server.until(lambda: len(server.stream.acks) == 2)
    assert len({inbound.cause for inbound in ear.heard}) == 1


async def test_a_press_that_comes_again_is_the_same_press(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person, letter: Letter
) -> None:
    number = await dingtalk.send(letter("在哪里？", buttons=YES))
    async with listening(dingtalk, server) as ear:
        frame = alice.presses(group.messages[0], "对")
        await server.until(lambda: server.stream.acks)
        server.stream.double(frame)
        await server.until(lambda: len(ear.heard) == 2)
    first, again = ear.heard
    assert first.cause == again.cause
    assert first.press == Press("place:1:yes", number)
    assert (first.at.chat, first.private, first.kind) == (group.id, False, Kind.PRESS)
    assert server.stream.acked(frame)[0].data == {"response": {}}, "the card stays as it is"


async def test_a_press_alone_is_private(
    dingtalk: DingTalkChannel, server: DingTalk, alice: Person, letter: Letter
) -> None:
    await dingtalk.send(letter("新任务", chat=alice.staff_id, buttons=YES))
    async with listening(dingtalk, server) as ear:
        alice.presses(alice.messages[0], "对")
        await server.until(lambda: ear.heard)
    assert (ear.heard[0].private, ear.heard[0].at.chat) == (True, alice.staff_id)


async def test_a_farewell_opens_the_next_connection_before_the_old_one_is_closed(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person
) -> None:
    async with listening(dingtalk, server) as ear:
        server.stream.disconnect()
        await server.until(lambda: server.stream.opened == 4)
        assert len(server.stream.connections) == 4, "the old ones still stand"
        alice.says(group, "meanwhile")
        await server.until(lambda: ear.heard)
        server.clock.forward(10.1)
        await server.until(lambda: len(server.stream.connections) == 2)
        alice.says(group, "after")
        await server.until(lambda: len(ear.heard) == 2)
    assert server.stream.opened == 4


async def test_a_cut_connection_is_replaced(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person
) -> None:
    async with listening(dingtalk, server) as ear:
        server.stream.cut()
        await server.until(lambda: server.stream.opened == 4 and len(server.stream.connections) == 2)
        alice.says(group, "still there?")
        await server.until(lambda: ear.heard)


async def test_a_server_that_closes_at_once_is_called_ever_later(server: DingTalk, drawer: Drawer, naps: Naps) -> None:
    channel = one_app(server, drawer, naps)
    async with listening(channel, server, apps=1):
        for opened in range(2, 6):
            server.stream.cut()
            await server.until(lambda opened=opened: server.stream.opened == opened and server.stream.connections)
    await channel.close()
    assert [0.5 <= nap / 2**number <= 1 for number, nap in enumerate(naps.seconds)] == [True] * 4


async def test_a_door_with_an_odd_answer_is_tried_again(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person
) -> None:
    server.refuse_next(200, 0, path="connections/open", times=2)
    async with listening(dingtalk, server) as ear:
        alice.says(group, "hello")
        await server.until(lambda: ear.heard)


async def test_a_connection_that_only_answers_pings_is_replaced(
    server: DingTalk, group: Group, alice: Person, drawer: Drawer, naps: Naps
) -> None:
    channel = one_app(server, drawer, naps, idle=0.1)
    async with listening(channel, server, apps=1) as ear:
        server.stream.zombify()
        await server.until(lambda: server.stream.opened > 1)
        alice.says(group, "hello")
        server.stream.repeat_unanswered()
        await server.until(lambda: ear.heard)
    await channel.close()


async def test_a_ping_is_echoed(dingtalk: DingTalkChannel, server: DingTalk) -> None:
    async with listening(dingtalk, server):
        server.stream.ping("4711")
        await server.until(lambda: server.stream.pongs == ["4711"] * 2)


async def test_a_door_that_stays_shut_is_tried_again_ever_later(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person, naps: Naps
) -> None:
    server.refuse_next(503, "ServiceUnavailable", times=8, path="connections/open")
    async with listening(dingtalk, server) as ear:
        alice.says(group, "hello")
        await server.until(lambda: ear.heard)
    assert len(naps.seconds) == 8
    assert max(naps.seconds) > 2
    assert max(naps.seconds) <= 60


async def test_a_crowd_at_the_door_is_given_its_five_minutes(
    dingtalk: DingTalkChannel, server: DingTalk, naps: Naps
) -> None:
    server.html_next(path="connections/open")
    task = asyncio.create_task(dingtalk.listen(lambda batch: asyncio.sleep(0)))
    await server.until(lambda: len(naps.seconds) > 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert naps.seconds[0] >= 299


async def test_events_are_acknowledged_and_say_nothing(dingtalk: DingTalkChannel, server: DingTalk) -> None:
    async with listening(dingtalk, server) as ear:
        server.stream.push_raw(server.app, "EVENT", "*", '{"type": "chat_add_member"}', eventType="chat_add_member")
        await server.until(lambda: server.stream.acks)
    assert server.stream.acks[0].data["status"] == "SUCCESS"
    assert ear.heard == []


@pytest.mark.parametrize(
    ("topic", "data"),
    [(BOT_TOPIC, "not json"), (BOT_TOPIC, "[]"), (BOT_TOPIC, "{}"), (BOT_TOPIC, "[" * 9000), (CARD_TOPIC, "null"),
     (BOT_TOPIC, '{"msgId": 1, "conversationType": "1", "senderId": "x", "msgtype": "text", "createAt": 1e99,'
      ' "text": {"content": 1}}')],
)  # fmt: skip
async def test_what_cannot_be_read_is_kept_as_an_id_and_holds_nothing_up(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person, topic: str, data: str
) -> None:
    async with listening(dingtalk, server) as ear:
        server.stream.push_raw(server.app, "CALLBACK", topic, data)
        alice.says(group, "hello")
        await server.until(lambda: len(server.stream.acks) == 2)
    assert sorted(each.kind for each in ear.heard) == [Kind.IGNORED, Kind.MESSAGE]


async def test_what_waits_together_is_put_in_the_order_in_which_it_was_written(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person
) -> None:
    async with listening(dingtalk, server) as ear:
        ear.opened.clear()
        for second in (0, 3, 1, 2):
            alice.says(group, str(second), createAt=1_790_000_000_000 + second * 1000)
            await server.until(lambda: all(frame.sent for frame in server.stream.frames))
        server.stream.ping()
        await server.until(lambda: server.stream.pongs)  # What was sent before it has arrived.
        ear.opened.set()
        await server.until(lambda: len(ear.heard) == 4)
    assert ear.texts == ["0", "1", "2", "3"]


async def test_a_picture_is_fetched_at_once(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, alice: Person
) -> None:
    async with listening(dingtalk, server) as ear:
        alice.sends_rich(group, "\n@无忧 ", "路灯坏了", b"jpeg")
        await server.until(lambda: ear.heard)
    (heard,) = ear.heard
    assert (heard.text, [each.kind for each in heard.media]) == ("路灯坏了", [MediaKind.PHOTO])
    assert await dingtalk.fetch(heard.at, heard.media[0].ref) == b"jpeg"
    headers = {name.lower() for name in server.called("/files")[0].values["headers"]}
    assert "x-acs-dingtalk-access-token" not in headers, "the file's host is another one"


@pytest.mark.parametrize("ref", ["", "code999"])
async def test_a_picture_that_is_not_there_is_gone(dingtalk: DingTalkChannel, letter: Letter, ref: str) -> None:
    with pytest.raises(SendError) as caught:
        await dingtalk.fetch(letter("").to, ref)
    assert caught.value.fate is Fate.GONE


async def test_a_picture_behind_a_crowd_comes_later(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter
) -> None:
    code = server.keeps(b"jpeg")
    server.refuse_next(429, "Throttling", path="messageFiles/download")
    with pytest.raises(SendError) as caught:
        await dingtalk.fetch(letter("").to, code)
    assert caught.value.fate is Fate.WAIT
    assert await dingtalk.fetch(letter("").to, code) == b"jpeg"


async def test_the_doctor_may_knock(dingtalk: DingTalkChannel, server: DingTalk) -> None:
    await dingtalk.knock("one")
    server.app.secret = "another"
    with pytest.raises(SendError) as caught:
        await dingtalk.knock("one")
    assert caught.value.fate is Fate.RETRY or "secret" not in caught.value.reason
    assert json.dumps(server.calls[-1].values)
