"""POST /signals: by signature or key, once per id, stored before it is answered; and bad ones leave nothing."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import webhooks
from bot.store.systems import withdraw_system
from routing.case import State
from tests import town
from tests.bot.web.systems_house import Town
from tests.town import NOON

CALL: dict[str, Any] = {
    "type": "call.passed_on",
    "timestamp": "2026-03-02T12:00:00+08:00",
    "data": {"description": "柳岸路3号门口井盖没了", "service_code": "service.manhole", "address_string": "柳岸路3号"},
}


async def send(
    doors: Town, secret: str, id: str = "msg_1", body: bytes | None = None, late: float = 0.0, **headers: str
) -> tuple[int, Any]:
    raw = json.dumps(CALL, ensure_ascii=False).encode() if body is None else body
    at = doors.rig.clock() - timedelta(seconds=late)
    signed = {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": webhooks.sign(secret, id, at, raw),
    }
    return await doors.post("/signals", data=raw, headers=signed | headers)


async def test_a_signed_signal_becomes_a_case_once_however_often_it_comes(doors: Town) -> None:
    _, secret = await doors.key("police-110", "signals")
    answers = await asyncio.gather(*(send(doors, secret) for _ in range(5)))
    assert {status for status, _ in answers} == {202}
    numbers = {said["service_request_id"] for _, said in answers}
    assert len(numbers) == 1
    assert await doors.cases() == 1
    case = await doors.rig.case(numbers.pop())
    assert (case.state, case.category, case.grid) == (State.DISPATCHED, "service.manhole", town.GRID_1)
    assert case.place == "柳岸路3号"
    await doors.rig.settles()
    assert doors.rig.last("li").text.startswith("card.case")


async def test_a_signal_by_key_alone_needs_an_id(small: Town) -> None:
    key, _ = await small.key("lifts", "signals")
    by_key = {"Authorization": f"Bearer {key}"}
    assert (await small.post("/signals", json=CALL, headers=by_key))[0] == 400
    status, said = await small.post("/signals", json=CALL, headers={**by_key, "Idempotency-Key": "lift-7:2026"})
    assert status == 202
    assert said["id"] == "lift-7:2026"
    assert (await small.rig.case(said["service_request_id"])).open


async def test_the_kind_is_found_in_the_words_or_a_person_sorts_it(small: Town) -> None:
    _, secret = await small.key("hotline", "signals")
    told = {"data": {"description": "小区里有马蜂窝，就在儿童滑梯旁边", "address_id": town.GRID_1}}
    _, said = await send(small, secret, "a", json.dumps(told).encode())
    assert (await small.rig.case(said["service_request_id"])).category == "service.insects"
    told = {"data": {"description": "那个事情你们看看", "address_id": town.GRID_1}}
    _, said = await send(small, secret, "b", json.dumps(told).encode())
    case = await small.rig.case(said["service_request_id"])
    assert (case.category, case.category_sure) == ("service.other", False)
    assert "desk" in case.reason


async def test_numbers_of_people_are_masked_before_anything_is_kept(small: Town) -> None:
    _, secret = await small.key("hotline", "signals")
    told = {"data": {"description": "报警人电话13812345678，路灯不亮", "address_id": town.GRID_1}}
    _, said = await send(small, secret, "a", json.dumps(told).encode())
    assert "13812345678" not in (await small.rig.case(said["service_request_id"])).words


@pytest.mark.parametrize("late", [301.0, -301.0, 86400.0])
async def test_a_stale_signal_is_refused(late: float, small: Town) -> None:
    _, secret = await small.key("police-110", "signals")
    status, said = await send(small, secret, late=late)
    assert (status, said["status"]) == (401, 401)
    assert await small.cases() == 0


async def test_a_recorded_signal_with_another_body_id_or_time_is_refused(small: Town) -> None:
    _, secret = await small.key("police-110", "signals")
    now = str(int(small.rig.clock().timestamp()))
    forged = json.dumps(CALL).encode() + b" "
    signature = webhooks.sign(secret, "msg_1", small.rig.clock(), json.dumps(CALL).encode())
    for headers, body in (
        ({"webhook-id": "msg_1", "webhook-timestamp": now}, forged),
        ({"webhook-id": "msg_2", "webhook-timestamp": now}, json.dumps(CALL).encode()),
        ({"webhook-id": "msg_1", "webhook-timestamp": str(int(now) + 1)}, json.dumps(CALL).encode()),
        ({"webhook-id": "msg.1", "webhook-timestamp": now}, json.dumps(CALL).encode()),
        ({"webhook-timestamp": now}, json.dumps(CALL).encode()),
        ({"webhook-id": "msg_1"}, json.dumps(CALL).encode()),
        ({"webhook-id": "msg_1", "webhook-timestamp": "\u0661"}, json.dumps(CALL).encode()),
        ({"webhook-id": "msg_1", "webhook-timestamp": "999999999999"}, json.dumps(CALL).encode()),
        ({"webhook-id": "msg_1", "webhook-timestamp": "9999999999999"}, json.dumps(CALL).encode()),
    ):
        given = {"Content-Type": "application/json", "webhook-signature": signature, **headers}
        assert (await small.post("/signals", data=body, headers=given))[0] == 401
    assert await small.cases() == 0


async def test_who_may_not_send_signals_sends_none(small: Town) -> None:
    _, secret = await small.key("city-app", "open311")
    assert (await send(small, secret))[0] == 401
    _, secret = await small.key("lifts", "signals")
    store = small.rig.store
    assert await store.db.write(lambda c: withdraw_system(c, "lifts", small.rig.clock()))
    assert (await send(small, secret))[0] == 401
    assert (await small.post("/signals", json=CALL))[0] == 401
    assert await small.cases() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 30_000, 400),
        (b"\xff", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"data": {}}', 422),
        (b'{"data": {"description": ""}}', 422),
        (b'{"data": {"description": " \\n\\u3000"}}', 422),
        (b'{"data": {"description": "\\u0000"}}', 422),
        (b'{"data": {"description": "a", "service_code": "moon"}}', 422),
        (b'{"data": {"description": "a", "lat": 1.0}}', 422),
        (b'{"data": {"description": "a", "lat": NaN, "long": 1.0}}', 422),
        (b'{"data": {"description": "a", "lat": 91.0, "long": 1.0}}', 422),
        (b'{"data": {"description": "a", "address_id": "nowhere"}}', 404),
        (b'{"data": {"description": "a", "strange": 1}}', 422),
        (b'{"data": {"description": "' + b"a" * 4001 + b'"}}', 422),
        (b"a" * 70_000, 413),
    ],
)
async def test_a_signal_that_is_none_says_why_and_leaves_nothing(body: bytes, status: int, small: Town) -> None:
    _, secret = await small.key("police-110", "signals")
    got, said = await send(small, secret, body=body)
    assert got == status
    assert said["status"] == status
    assert await small.cases() == 0


async def test_xml_is_not_read(small: Town) -> None:
    _, secret = await small.key("police-110", "signals")
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
    assert (await send(small, secret, body=bomb, **{"Content-Type": "text/xml"}))[0] == 415


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20), st.text(max_size=60))
def test_whatever_comes_is_genuine_or_said_not_to_be(body: bytes, id: str, at: str, signature: str) -> None:
    with pytest.raises(webhooks.NotGenuine):
        webhooks.check(["whsec_" + "A" * 32], id, at, signature, body, NOON)


def test_the_signature_is_the_standards() -> None:
    """The example of the Standard Webhooks reference libraries."""
    from datetime import UTC, datetime

    secret, id, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    body = b'{"test": 2432232314}'
    when = datetime.fromtimestamp(at, UTC)
    assert webhooks.sign(secret, id, when, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    old = f"v1,AAAA {webhooks.sign(secret, id, when, body)}"
    assert webhooks.check([secret], id, str(at), old, body, when) == 0
