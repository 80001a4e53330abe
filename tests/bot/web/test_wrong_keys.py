"""Keys that are good for nothing: tried too often from one place, they wait; a good one never does."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.web import open311_write
from bot.web.postbox import Mistaken, Uploads
from bot.web.proxies import network_of
from bot.web.reporting import WRONG_KEYS
from tests.bot.web.systems_house import Town

SIGNAL = {"data": {"description": "柳岸路3号门口井盖没了"}}
REPORT = {"service_code": "service.manhole", "description": "井盖没了", "address_string": "柳岸路3号"}


async def signal(here: Town, key: str, id: str = "s1") -> tuple[int, Any]:
    return await here.post("/signals", json=SIGNAL, headers={"X-API-Key": key, "Idempotency-Key": id})


async def test_wrong_keys_of_one_address_wait_at_every_door_and_a_key_known_to_be_good_does_not(small: Town) -> None:
    good, _ = await small.key("calls", "signals")
    unused, _ = await small.key("later", "signals")
    assert (await signal(small, good))[0] == 202
    seen = [(await signal(small, f"wy_wrong{n}"))[0] for n in range(WRONG_KEYS + 1)]
    assert seen == [401] * WRONG_KEYS + [429]
    async with small.session.post(f"{small.url}/open311/v2/requests.json", data=REPORT | {"api_key": "x" * 20}) as said:
        assert said.status == 429
        assert int(said.headers["Retry-After"]) > 0
    assert (await signal(small, good, "s2"))[0] == 202
    status, problem = await signal(small, unused)
    assert (status, problem["title"]) == (429, "Too many wrong keys")


async def test_no_key_and_a_key_for_something_else_are_no_wrong_keys(small: Town) -> None:
    other, _ = await small.key("app", "open311")
    for _ in range(WRONG_KEYS + 1):
        assert (await signal(small, ""))[0] == 401
        assert (await signal(small, other))[0] == 401
    assert (await signal(small, "wy_wrong"))[0] == 401


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_the_addresses_of_one_ipv6_network_are_one(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_large_forms_of_one_address_are_read_a_few_at_a_time(
    small: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Uploads, user_id: str, length: int | None) -> Any:
        raise Mistaken("fast", 429)

    key, _ = await small.key("app", "open311")
    monkeypatch.setattr(open311_write.Uploads, "of", full)
    form = aiohttp.FormData(REPORT | {"api_key": key})
    async with small.session.post(f"{small.url}/open311/v2/requests.json", data=form) as said:
        assert said.status == 429
    assert await small.cases() == 0
