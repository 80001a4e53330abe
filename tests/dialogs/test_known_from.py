"""Alone no group says where somebody is: places near the groups they wrote in are proposed; a button decides."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

KNOWN = """
# who wrote in a group before is asked whether it is the house there
alice in willow: @bot 柳岸路1号的路灯坏了
  willow*
  li*
alice presses withdraw in willow
  willow*
  li*
alice alone: 3幢2单元的楼道灯坏了
  alice: head.received ask.this_place [place no_place]
  case: received grid= place=
alice presses place
  alice~ next.dispatched
  li: card.case
  case: dispatched grid=g1 place=桂花苑3幢2单元

# who is known from two groups chooses
alice in willow: @bot 柳岸路1号的路灯坏了
  willow*
  li*
alice presses withdraw in willow
  willow*
  li*
alice in bridge: @bot 新桥路5号的路灯坏了
  bridge*
  zhao*
alice presses withdraw in bridge
  bridge*
  zhao*
alice alone: 3幢2单元的楼道灯坏了
  alice: ask.which_place
  case: received grid= place=

# in a grid's own group the grid is proposed, and words instead of a press are taken as they are
alice in grid1: @bot 柳岸路1号的路灯坏了
  grid1*
  li*
alice presses withdraw in grid1
  grid1*
  li*
alice alone: 路灯坏了
  alice: ask.place
alice alone: 老槐树底下
  alice*
  case: received grid= place=
alice alone: 就是老槐树底下
  alice*
  case: dispatched grid= place=就是老槐树底下
  he*
  feng*

# who was never heard in a group is asked where, as ever
bob alone: 3幢2单元的楼道灯坏了
  bob: head.received
  case: grid=
"""


@dialogs(KNOWN)
async def test_known_from(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
