"""Points that wait for a person, at the desk: approved or declined with a reason, once; and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.ledger import Earned, Review, Rule, Scheme, Thing, earn
from bot.outcome import Outcome
from bot.store import accounts_audit, earnings, ledger
from bot.store.ledger_tables import LEDGER
from tests import town
from tests.bot.store.cast import private
from tests.bot.web.desk_house import DeskHouse, at_work, desk_house, key_of

SCHEME, THING = Scheme(landlords=1), "tenant:9b1c"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


async def waiting(here: DeskHouse, user: str = "u-someone") -> None:
    """A tenant whom too many registered."""
    came = replace(private(words="积分"), sent_at=here.clock())
    assert came.sender is not None
    thread = await here.store.thread(replace(came, sender=replace(came.sender, user_id=user)))
    await here.store.commit(Outcome("hello", (thread.resident, thread)))
    now, resident, thing = here.clock(), thread.resident.id, Thing(Rule.TENANT, THING, "a tenant")
    purse = await here.store.db.read(lambda c: ledger.purse_of(c, resident))
    known = await here.store.db.read(lambda c: earnings.known(c, thing, purse.holder, now, SCHEME))
    found = earn(thing, purse, known, now, SCHEME)
    assert isinstance(found, Review)
    await here.store.commit(Outcome("wait", (purse, known, found.earning)))


async def now(here: DeskHouse) -> tuple[Earned, int]:
    """What became of it, and how many entries there are."""
    found = await here.store.db.read(lambda c: earnings.earning(c, THING))
    assert found is not None
    return found.state, await here.store.db.read(lambda c: c.scalar(select(func.count()).select_from(LEDGER)) or 0)


@pytest.mark.parametrize(("act", "after"), [("approve", (Earned.HELD, 1)), ("decline", (Earned.DECLINED, 0))])
async def test_it_is_decided_once_with_a_reason_on_record(here: DeskHouse, act: str, after: tuple[Earned, int]) -> None:
    await waiting(here)
    async with at_work(here) as feng:
        key = key_of(await feng.open("/desk/reviews"))
        assert THING in feng.page
        await feng.send(f"/desk/reviews/{act}", key=key, thing=THING, why=" ")
        assert feng.status == 422 and await now(here) == (Earned.REVIEW, 0)
        for _ in range(2):
            await feng.send(f"/desk/reviews/{act}", key=key, thing=THING, why="去看过了")
            assert feng.status == 200 and await now(here) == after
        for again in ("approve", "decline"):
            await feng.send(f"/desk/reviews/{again}", key="e" * 32, thing=THING, why="再来一次")
            assert feng.status == 409 and await now(here) == after
    house = here.store.house
    lines = await here.store.db.read(lambda c: accounts_audit.entries(c, here.store.keys, house, subject=THING))
    assert [(line.by, line.reason) for line in lines] == [(town.DESK_BY_DAY, "去看过了")]


async def test_nobody_decides_about_points_of_their_own_and_nothing_that_is_not_there(here: DeskHouse) -> None:
    feng = here.store.directory.person(town.DESK_BY_DAY)
    assert feng is not None and feng.user_id
    await waiting(here, feng.user_id)
    async with at_work(here) as visitor:
        await visitor.open("/desk/reviews")
        for thing in (THING, "tenant:other", "", "x" * 5000):
            await visitor.send("/desk/reviews/approve", key="a" * 32, thing=thing, why="属实")
            assert visitor.status == 409 and 'role="alert"' in visitor.page
    assert await now(here) == (Earned.REVIEW, 0)
