"""Complaints about those who would get them: nothing brings them there."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

ABOVE = """
# a complaint about the leader goes past the leader and no clock brings it there
alice in willow: @bot 我要投诉街道的何主任,态度恶劣推诿不办事,柳岸路3号
  willow: written_aside
  alice: head.received order.staff role.desk
  feng: card.case order.staff
  case: dispatched order.staff private holder=feng asked=feng unit=
30 days pass
  feng*
  alice*
  case: holder=feng asked=feng
"""


@dialogs(ABOVE)
async def test_whom_it_is_about_never_gets_it(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
