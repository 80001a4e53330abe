"""An album that fails is parked whole: no part of it is taken for a message of its own later."""

from __future__ import annotations

import pytest

from bot import intake
from tests.rig import Rig


async def test_every_part_of_an_album_that_fails_is_parked(house: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a desk that breaks")

    monkeypatch.setattr(intake, "decide", fails)
    monkeypatch.setattr(house.intake, "_album_wait", 0.5)  # Both parts are there by then, on a busy machine too.
    await house.says("alice", "willow", "@bot 桥头垃圾没人收", photos=["p1"], album="a", settle=False)
    await house.says("alice", "willow", photos=["p2"], album="a", settle=False)
    await house.intake.idle()
    assert len(await house.store.parked()) == 2
    monkeypatch.undo()
    assert await house.store.claim("later", house.clock(), 10) == []
