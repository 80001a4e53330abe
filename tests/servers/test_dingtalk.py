"""The fake DingTalk refuses what DingTalk refuses, and its stream behaves as the protocol says."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.servers.bot_api_clock import StoppedClock
from tests.servers.dingtalk import DingTalk
from tests.servers.dingtalk_cast import BOT_TOPIC, CARD_TOPIC, Group, Robot

TEMPLATE = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
TOPICS = [
    {"type": "CALLBACK", "topic": BOT_TOPIC},
    {"type": "CALLBACK", "topic": CARD_TOPIC},
    {"type": "EVENT", "topic": "*"},
]


class Caller:
    """A client that knows nothing but HTTP."""

    def __init__(self, server: DingTalk, session: aiohttp.ClientSession) -> None:
        self.server, self.session, self.token = server, session, ""

    async def call(self, path: str, *, method: str = "POST", **values: Any) -> tuple[int, Any]:
        headers = {"x-acs-dingtalk-access-token": self.token}
        async with self.session.request(method, self.server.url + path, json=values, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text

    async def signs_in(self) -> None:
        app = self.server.app
        _, told = await self.call("/v1.0/oauth2/accessToken", appKey=app.client_id, appSecret=app.secret)
        self.token = told["accessToken"]

    async def writes(self, group: Group, content: str) -> tuple[int, Any]:
        param = json.dumps({"content": content}, ensure_ascii=False)
        return await self.call(
            "/v1.0/robot/groupMessages/send",
            robotCode=self.server.app.robot_code, openConversationId=group.id, msgKey="sampleText", msgParam=param,
        )  # fmt: skip

    async def opens(self) -> str:
        app = self.server.app
        status, told = await self.call(
            "/v1.0/gateway/connections/open", clientId=app.client_id, clientSecret=app.secret, subscriptions=TOPICS
        )
        assert status == 200, told
        return str(aiohttp.client.URL(told["endpoint"]).with_query(ticket=told["ticket"]))

    async def robot(self, robot: Robot, content: str, *, stamp: float | None = None) -> Any:
        at = str(int((self.server.clock.time() if stamp is None else stamp) * 1000))
        digest = hmac.new(robot.secret.encode(), f"{at}\n{robot.secret}".encode(), hashlib.sha256).digest()
        query = {"access_token": robot.token, "timestamp": at, "sign": base64.b64encode(digest).decode()}
        url, body = self.server.url + "/robot/send", {"msgtype": "text", "text": {"content": content}}
        async with self.session.post(url, params=query, json=body) as answer:
            return (await answer.json())["errcode"]


@pytest.fixture
async def server() -> AsyncIterator[DingTalk]:
    async with DingTalk(clock=StoppedClock()) as running:
        yield running


@pytest.fixture
async def caller(server: DingTalk) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        caller = Caller(server, session)
        await caller.signs_in()
        yield caller


@pytest.fixture
def group(server: DingTalk) -> Group:
    return server.group("3rd village", [server.person("Alice")])


async def test_a_token_ends_with_its_time(server: DingTalk, caller: Caller, group: Group) -> None:
    assert (await caller.writes(group, "hello"))[0] == 200
    server.clock.forward(7200)
    assert (await caller.writes(group, "again"))[0] == 401
    await caller.signs_in()
    assert (await caller.writes(group, "again"))[0] == 200
    assert group.texts == ["hello", "again"]


async def test_a_wrong_secret_gets_no_token_and_no_ticket(server: DingTalk, caller: Caller) -> None:
    wrong = {"appKey": server.app.client_id, "appSecret": "x"}
    assert (await caller.call("/v1.0/oauth2/accessToken", **wrong))[1]["code"] == "invalidClientIdOrSecret"
    opening = {"clientId": server.app.client_id, "clientSecret": "x", "subscriptions": TOPICS}
    assert (await caller.call("/v1.0/gateway/connections/open", **opening))[0] == 401


async def test_fifteen_thousand_bytes_are_taken_and_one_more_is_not(caller: Caller, group: Group) -> None:
    room = 15_000 - len('{"content": ""}')
    assert (await caller.writes(group, "a" * room))[0] == 200
    assert (await caller.writes(group, "a" * (room + 1)))[0] == 400


async def test_a_robot_writes_only_where_it_is(server: DingTalk, caller: Caller) -> None:
    elsewhere = server.group("elsewhere", [], bots=[])
    assert (await caller.writes(elsewhere, "hello"))[1]["code"] == "invalidParameter.robotCode.notExsit"


async def test_the_twenty_first_call_in_a_second_is_refused(server: DingTalk, caller: Caller, group: Group) -> None:
    told = [(await caller.writes(group, str(number)))[0] for number in range(21)]
    assert told == [200] * 20 + [403]
    server.clock.forward(1.01)
    assert (await caller.writes(group, "later"))[0] == 200


async def test_twenty_people_are_written_to_at_once_and_the_unknown_are_named(server: DingTalk, caller: Caller) -> None:
    staff = [server.person(f"p{number}") for number in range(20)]
    ids = [person.staff_id for person in staff]
    send = {"robotCode": server.app.robot_code, "msgKey": "sampleText", "msgParam": '{"content": "hi"}'}
    status, told = await caller.call("/v1.0/robot/oToMessages/batchSend", userIds=[*ids[:19], "nobody"], **send)
    assert (status, told["invalidStaffIdList"]) == (200, ["nobody"])
    assert [len(person.messages) for person in staff] == [1] * 19 + [0]
    assert (await caller.call("/v1.0/robot/oToMessages/batchSend", userIds=[*ids, "more"], **send))[0] == 400


async def test_a_message_is_recalled_within_a_day(server: DingTalk, caller: Caller, group: Group) -> None:
    keys = [(await caller.writes(group, word))[1]["processQueryKey"] for word in ("one", "two")]
    recall = {"robotCode": server.app.robot_code, "openConversationId": group.id}
    _, told = await caller.call("/v1.0/robot/groupMessages/recall", processQueryKeys=keys[:1], **recall)
    assert (told["successResult"], group.texts) == (keys[:1], ["two"])
    server.clock.forward(24 * 3600 + 1)
    await caller.signs_in()
    _, told = await caller.call("/v1.0/robot/groupMessages/recall", processQueryKeys=keys[1:], **recall)
    assert list(told["failedResult"]) == keys[1:]


async def test_a_custom_robot_wants_a_fresh_signature_and_bans_for_ten_minutes(
    server: DingTalk, caller: Caller, group: Group
) -> None:
    robot = server.robot(group)
    assert await caller.robot(robot, "old", stamp=server.clock.time() - 3601) == 310000
    told = [await caller.robot(robot, str(number)) for number in range(21)]
    assert told == [0] * 20 + [130101]
    server.clock.forward(61)
    assert await caller.robot(robot, "still banned") == 130101
    server.clock.forward(600)
    assert await caller.robot(robot, "free") == 0
    robot.secret = "SECother"
    url = f"{server.url}/robot/send?access_token={robot.token}&timestamp={int(server.clock.time() * 1000)}&sign=x"
    async with caller.session.post(url, json={"msgtype": "text", "text": {"content": "x"}}) as answer:
        assert (await answer.json())["errcode"] == 310000


async def test_a_card_is_one_card_by_its_own_number(server: DingTalk, caller: Caller, group: Group) -> None:
    card = {
        "cardTemplateId": TEMPLATE, "outTrackId": "t1", "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"markdown": "one"}}, "openSpaceId": f"dtv1.card//IM_GROUP.{group.id}",
        "imGroupOpenDeliverModel": {"robotCode": server.app.robot_code},
    }  # fmt: skip
    assert (await caller.call("/v1.0/card/instances/createAndDeliver", **card))[0] == 200
    assert (await caller.call("/v1.0/card/instances/createAndDeliver", **card))[1]["code"] == "param.outTrackIdExist"
    assert (await caller.call("/v1.0/card/instances/deliver", **card))[0] == 200
    changed = {"outTrackId": "t1", "cardData": {"cardParamMap": {"markdown": "two"}}}
    assert (await caller.call("/v1.0/card/instances", method="PUT", **changed))[0] == 200
    assert group.texts == ["two"]
    unknown = changed | {"outTrackId": "t2"}
    assert (await caller.call("/v1.0/card/instances", method="PUT", **unknown))[1]["code"] == "param.outTrackIdNotExist"


async def test_a_ticket_opens_one_connection_within_ninety_seconds(server: DingTalk, caller: Caller) -> None:
    url = await caller.opens()
    async with caller.session.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await caller.session.ws_connect(url)
    late = await caller.opens()
    server.clock.forward(91)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await caller.session.ws_connect(late)


async def test_what_is_not_acknowledged_comes_again_after_a_minute(
    server: DingTalk, caller: Caller, group: Group
) -> None:
    async with caller.session.ws_connect(await caller.opens()) as socket:
        id = group.members[0].says(group, "hello")
        first = await socket.receive_json(timeout=5)
        assert json.loads(first["data"])["msgId"] == id
        server.clock.forward(61)
        again = await socket.receive_json(timeout=5)
        assert again == first
        ack = {"code": 200, "headers": first["headers"], "message": "OK", "data": '{"response": null}'}
        await socket.send_json(ack)
        await server.until(lambda: server.stream.acks)
        assert server.stream.frames == []


async def test_frames_go_to_one_connection_at_random_and_after_disconnect_to_none(
    server: DingTalk, caller: Caller, group: Group
) -> None:
    first = await caller.session.ws_connect(await caller.opens())
    second = await caller.session.ws_connect(await caller.opens())
    for number in range(12):
        group.members[0].says(group, str(number))
    frames = await asyncio.gather(*(_all(socket) for socket in (first, second)))
    assert sum(map(len, frames)) == 12
    assert all(frames), "both had some"
    server.stream.disconnect()
    assert (await first.receive_json(timeout=5))["headers"]["topic"] == "disconnect"
    group.members[0].says(group, "unheard")
    server.clock.forward(10.1)
    assert (await second.receive_json(timeout=5))["headers"]["topic"] == "disconnect"
    assert (await first.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
    assert (await second.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


async def _all(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
    frames = []
    try:
        while True:
            frames.append(await socket.receive_json(timeout=0.3))
    except TimeoutError:
        return frames


@pytest.mark.parametrize(
    ("fault", "answer"),
    [("html_next", "<!DOCTYPE"), ("busy_next", {"status": 1111, "wait": 5})],
)
async def test_a_crowd_is_answered_by_a_page_or_a_number(
    server: DingTalk, caller: Caller, group: Group, fault: str, answer: object
) -> None:
    getattr(server, fault)()
    _, told = await caller.writes(group, "hello")
    assert told == answer or str(told).startswith(str(answer))
    assert (await caller.writes(group, "hello"))[0] == 200


async def test_a_picture_is_fetched_by_its_code_within_ninety_seconds(
    server: DingTalk, caller: Caller, group: Group
) -> None:
    code = server.keeps(b"jpeg")
    ask = {"downloadCode": code, "robotCode": server.app.robot_code}
    _, told = await caller.call("/v1.0/robot/messageFiles/download", **ask)
    async with caller.session.get(told["downloadUrl"]) as answer:
        assert await answer.read() == b"jpeg"
    server.clock.forward(91)
    async with caller.session.get(told["downloadUrl"]) as answer:
        assert answer.status == 403
