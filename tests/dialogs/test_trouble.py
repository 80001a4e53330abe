"""The inbox in trouble: one row nobody can read, a database that is away, a message somebody else has dealt with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import update

from bot.intake import Intake
from bot.messages import Inbound
from bot.store.tables import INBOX
from nlu.understanding import Understanding
from tests.rig import Rig

LAMP = "@bot 柳岸路3号门口的路灯坏了"


@asynccontextmanager
async def running(house: Rig) -> AsyncIterator[None]:
    """Door 1 looks for what was left behind, as it does in the running house."""
    task = asyncio.create_task(house.intake.run())
    try:
        yield
        assert not task.done(), "the door stays open"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def answered(house: Rig, where: str) -> None:
    async with asyncio.timeout(20):
        while not house.chat(where):
            await asyncio.sleep(0.01)
            await house.settles()


async def test_a_row_nobody_can_read_is_parked_and_all_others_go_on(house: Rig) -> None:
    broken = await left_behind(house, "alice", "willow")
    await left_behind(house, "bob", "bridge")
    row = update(INBOX).where(INBOX.c.cause == broken.cause)
    await house.store.db.write(lambda c: c.execute(row.values(payload=b"\x01 this was never sealed")))
    async with running(house):
        await answered(house, "bridge")
    (parked,) = await house.store.parked()
    assert (parked.cause, parked.error) == (broken.cause, "cannot be read: Tampered")
    assert house.chat("willow") == []


async def test_a_chat_goes_on_by_itself_after_the_database_was_away(
    house: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:

    async def fails(*_: object) -> int:
        raise OSError("the database is away")

    with monkeypatch.context() as out_of_order:
        out_of_order.setattr(house.store, "commit", fails)
        out_of_order.setattr(house.store, "fail", fails)
        await house.says("alice", "willow", LAMP, settle=False)
        await house.intake.idle()
    assert house.chat("willow") == []
    async with running(house):
        await answered(house, "willow")
    assert house.last("willow").text.startswith("case.status")


class Deaf:
    """A scenery that never shows anything."""

    async def of(self, inbound: Inbound) -> tuple[Understanding, object, object]:
        raise LookupError("nothing to see")


async def test_what_somebody_else_dealt_with_is_not_tried_for_ever(house: Rig) -> None:
    intake = Intake(house.store, Deaf(), lambda text: False, {}, house.clock)  # type: ignore[arg-type]
    inbound = await left_behind(house, "alice", "willow")
    await house.store.drop(inbound.cause)
    intake._line_up(inbound)
    async with asyncio.timeout(20):
        await intake.idle()


async def left_behind(house: Rig, who: str, where: str) -> Inbound:
    """A message that was stored, and whose process died then."""
    inbound = await house.says(who, where, LAMP, settle=False)
    await house.intake.close()
    house.intake._chats.clear()
    house.store._tray.taken.clear()
    return inbound
