"""The address behind our own proxies: believed from them alone, and used where tries are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.console import signing
from bot.web.proxies import client, networks
from tests.bot.web.desk_house import DeskHouse, desk_house
from tests.bot.web.visiting import guest

OURS = networks(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["203.0.113.7, 10.1.1.1"], "203.0.113.7"),
        ("127.0.0.1", ["203.0.113.7", "10.1.1.1"], "203.0.113.7"),  # the header twice
        ("127.0.0.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),  # the first was written by whoever asked
        ("127.0.0.1", ["10.2.2.2, 10.1.1.1"], "10.2.2.2"),  # ours all the way
        ("::ffff:127.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"),
        ("fd00::1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("127.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # forged: no proxy of ours brings it
        ("203.0.113.9", ["127.0.0.1"], "203.0.113.9"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, nonsense, 10.1.1.1"], "10.1.1.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_nearest_that_is_no_proxy_of_ours_is_the_client(peer: str, forwarded: list[str], found: str) -> None:
    assert client(peer, forwarded, OURS) == found


def test_without_proxies_nothing_is_believed() -> None:
    assert client("127.0.0.1", ["203.0.113.7"], ()) == "127.0.0.1"


@given(st.lists(st.text(max_size=60), max_size=4))
def test_whatever_stands_in_the_header_from_elsewhere_changes_nothing(forwarded: list[str]) -> None:
    assert client("203.0.113.9", forwarded, OURS) == "203.0.113.9"
    assert client("127.0.0.1", forwarded, OURS)


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path, proxies=("127.0.0.1",)) as house:
        yield house


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


async def tries(house: DeskHouse, *addresses: str) -> list[int]:
    """The statuses of one sign-in from each of these addresses, as the header names them."""
    async with guest(house.house) as visitor:
        await visitor.open("/desk/signin")
        seen = []
        for n, address in enumerate(addresses):
            forwarded = {"X-Forwarded-For": address}
            await visitor.send("/desk/signin", headers=forwarded, person=f"p{n}", password="wrong wrong wrong")
            seen.append(visitor.status)
        return seen


async def test_tries_are_counted_for_each_address_behind_our_proxy(
    behind: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "OF_ADDRESS", (2, timedelta(minutes=5)))
    assert await tries(behind, *["203.0.113.7"] * 3, "203.0.113.8") == [403, 403, 429, 403]
    assert await tries(behind, *[f"2001:db8::{n}" for n in range(1, 4)], "2001:db8:0:1::1") == [403, 403, 429, 403]
    forged = [f"198.51.100.{n}, 203.0.113.9" for n in range(3)]
    assert await tries(behind, *forged) == [403, 403, 429]


async def test_a_header_from_elsewhere_is_ignored(bare: DeskHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "OF_ADDRESS", (2, timedelta(minutes=5)))
    assert await tries(bare, *[f"203.0.113.{n}" for n in range(3)]) == [403, 403, 429]
