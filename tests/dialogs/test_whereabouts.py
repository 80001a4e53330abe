"""Where a patrol is: a pin shared with the bot alone sends the next matter there, and is soon forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.messages import Address, Inbound, Kind, Sender
from bot.store.positions import read
from bot.store.tables import INBOX
from nlu.model import Model
from tests import town
from tests.dialogs.play import Dialog, dialogs, play
from tests.rig import Rig, rig

WHERE = """
# of two free patrols the one who is there is asked
given night
zhou alone (pin 30.003 120.003):
  zhou: whereabouts.kept
wu alone (pin 30.018 120.018):
  wu: whereabouts.kept
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received role.patrol
  zhou: card.case
  case: holder=zhou

# after ten minutes it counts no more
given night
zhou alone (pin 30.003 120.003):
  zhou: whereabouts.kept
11 minutes pass
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received role.patrol
  wu: card.case
  case: holder=wu

# off duty nothing is kept
zhou alone (pin 30.003 120.003):
  zhou: whereabouts.off_duty
"""


@dialogs(WHERE)
async def test_where_a_patrol_is(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)


def moved(house: Rig, person: str, lat: float, key: str, *, private: bool = True) -> Inbound:
    at = Address(town.CHANNEL, town.BOT, town.user_of(person))
    return Inbound(
        key, at, Kind.MOVED, house.clock(), private, Sender(town.user_of(person)), "9", location=(lat, 120.003),
        addressed=True,
    )  # fmt: skip


def kept(house: Rig) -> dict[str, float]:
    """Person -> latitude."""
    return {person: each.lat for person, each in house.store.db.read_now(lambda c: read(c, house.store.keys)).items()}


@pytest.mark.parametrize("who", ["li", "alice", "zhou"])
async def test_a_place_that_moves_is_kept_of_patrols_on_duty_alone(who: str, tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        await house.comes(moved(house, who, 30.003, "m1"))
        assert kept(house) == {}
        stored = house.store.db.read_now(lambda c: c.execute(select(INBOX.c.cause, INBOX.c.payload)).all())
        assert [tuple(row) for row in stored] == [(f"{town.CHANNEL}:{town.BOT}:m1", None)], "its id alone"
        assert await house.store.forget_positions(house.clock()) == 0


async def test_a_live_location_moves_and_goes_when_the_shift_ends(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        for n, lat in enumerate((30.003, 30.004)):
            await house.comes(moved(house, "sun", lat, f"m{n}"))
            house.clock.forward(seconds=20)
        await house.comes(replace(moved(house, "sun", 30.009, "late"), sent_at=house.clock() - timedelta(minutes=1)))
        await house.store.refresh()
        assert kept(house) == {"sun": 30.004}
        assert house.store.placed({})["sun"].at == (30.004, 120.003)
        assert await house.store.forget_positions(house.clock()) == 0
        night = house.clock() + timedelta(hours=8)
        assert await house.store.forget_positions(night) == 1
        assert kept(house) == {}
        assert await house.store.forget_positions(night) == 0
        assert house.store.placed({}) == {}
