"""Letters to DingTalk by other ways: to people outside the organisation, and to groups that only hear."""

from __future__ import annotations

import pytest

from bot.channels.base import Fate, Parcel
from bot.channels.dingtalk import DingTalkChannel
from bot.messages import Address
from tests.bot.channels.conftest import Drawer
from tests.bot.channels.dingtalk.conftest import Letter, listening, robot_for
from tests.bot.channels.dingtalk.test_send import YES, refused
from tests.servers.dingtalk import DingTalk
from tests.servers.dingtalk_cast import Group

# --- outsiders


async def test_an_outsider_is_answered_in_words_for_an_hour_and_a_half(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter
) -> None:
    carol = server.person("Carol", inside=False)
    async with listening(dingtalk, server) as ear:
        carol.says(server.app, "你好")
        await server.until(lambda: ear.heard)
    to = letter("收到", chat=ear.heard[0].at.chat, buttons=YES)

    await dingtalk.send(to)

    assert carol.texts == ["收到\n更多 https://wuyou.example/r7Kd2x"]
    server.clock.forward(5401)
    await refused(dingtalk.send(to), Fate.GONE)


async def test_an_outsider_who_never_wrote_alone_is_not_written_to(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter
) -> None:
    carol = server.person("Carol", inside=False)
    assert not dingtalk.can.writes_first(carol.sender_id)
    assert dingtalk.can.writes_first("staff0001")

    await refused(dingtalk.send(letter("收到", chat=carol.sender_id)), Fate.GONE)


async def test_an_answer_goes_to_no_strange_address(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter
) -> None:
    carol = server.person("Carol", inside=False)
    async with listening(dingtalk, server) as ear:
        carol.says(server.app, "你好", sessionWebhook="https://dingtalk.com.evil.example/x")
        await server.until(lambda: ear.heard)

    await refused(dingtalk.send(letter("收到", chat=ear.heard[0].at.chat)), Fate.GONE)


# --- who asked


async def test_a_card_in_a_group_calls_whoever_asked_and_no_outsider(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter
) -> None:
    alice, carol = group.members[0], server.person("Carol", inside=False)
    async with listening(dingtalk, server) as ear:
        asked = [alice.says(group, "路灯坏了"), carol.says(group, "井盖没了"), alice.says(server.app, "你好")]
        await server.until(lambda: len(ear.heard) == 3)
    for number in (*asked, "unknown"):
        await dingtalk.send(letter("收到", buttons=YES, reply_to=number))

    assert [card.called for card in group.messages] == [{alice.staff_id: "Alice"}, {}, {}, {}]


# --- custom robots


def to_robot(text: str, name: str = "robot-willow", **fields: object) -> Parcel:
    return Parcel(**{"id": 1, "to": Address("dingtalk", "robots", name), "text": text, **fields})  # type: ignore[arg-type]


async def test_a_group_that_only_hears_gets_words_and_links(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, drawer: Drawer
) -> None:
    drawer.pictures["p.jpg"] = b"jpeg"
    robot_for(dingtalk, server, group)

    assert await dingtalk.send(to_robot("寻人", buttons=YES, photos=("p.jpg",))) == ""

    assert group.texts == ["寻人\n更多 https://wuyou.example/r7Kd2x"]
    assert not server.media, "a picture could not be taken back"


async def test_a_signature_is_made_anew_for_each_message(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group
) -> None:
    robot_for(dingtalk, server, group)
    await dingtalk.send(to_robot("1"))
    server.clock.forward(7200)
    await dingtalk.send(to_robot("2"))

    assert group.texts == ["1", "2"]


async def test_a_robot_that_was_too_fast_waits_ten_minutes(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group
) -> None:
    robot_for(dingtalk, server, group)
    for number in range(20):
        await dingtalk.send(to_robot(str(number)))

    assert (await refused(dingtalk.send(to_robot("21")), Fate.WAIT)).after == 600


@pytest.mark.parametrize(
    ("spoils", "fate"), [("secret", Fate.RETRY), ("token", Fate.GONE), ("keyword", Fate.REFUSED), ("name", Fate.GONE)]
)
async def test_what_is_wrong_with_a_robot_says_what_becomes_of_the_letter(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, spoils: str, fate: Fate
) -> None:
    robot = robot_for(dingtalk, server, group, keyword="通知" if spoils == "keyword" else "")
    if spoils == "secret":
        robot.secret = "SECother"
    if spoils == "token":
        server.robots.clear()

    await refused(dingtalk.send(to_robot("寻人", "robot-other" if spoils == "name" else "robot-willow")), fate)


async def test_what_a_robot_said_cannot_be_taken_back(dingtalk: DingTalkChannel) -> None:
    await refused(dingtalk.recall(Address("dingtalk", "robots", "robot-willow"), ""), Fate.REFUSED)
