"""The same house on PostgreSQL: the main walk, and two people who press at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nlu.model import Model
from routing.case import State
from tests.databases import Servers
from tests.dialogs.test_walk import test_a_broken_lamp_goes_to_the_cadre_and_back as the_walk
from tests.rig import Rig, rig

pytestmark = pytest.mark.postgres


@pytest.fixture
async def house(tmp_path: Path, model: Model, servers: Servers) -> AsyncIterator[Rig]:
    async with rig(tmp_path, model, url=servers.postgres()) as house:
        yield house


async def test_the_walk_on_postgres(house: Rig) -> None:
    await the_walk(house)


async def test_many_report_at_once_and_each_has_a_case(house: Rig) -> None:
    people = [f"p{number}" for number in range(20)]
    await asyncio.gather(*(house.says(who, "willow", "@bot 柳岸路3号门口的路灯坏了", settle=False) for who in people))
    await house.settles()
    answers = [message for message in house.chat("willow") if "case.head.received" in message.text]
    assert len(answers) == len(people)
    case = await house.newest()
    assert case.state is State.DISPATCHED
