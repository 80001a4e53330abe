"""Two matters in one message: one is taken, the other is asked for, and the place is that of the one taken."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

TWO_MATTERS = """
# two matters in one message: the first is taken now, the other is asked for
alice in willow: @bot 柳岸路3号门口的路灯坏了好几天，还有垃圾堆在桥头没人收
  willow: head.one_of_two service.light next.dispatched
  li: card.case
  case: dispatched service.light
  cases: 1
alice in willow: @bot 垃圾堆在桥头好几天没人收，臭死了
  willow: head.received enforcement.garbage !head.one_of_two
  cases: 2

# one matter told in two sentences is one
alice in willow: @bot 柳岸路3号门口的路灯坏了。已经三天了，到现在也不亮
  willow: head.received service.light !head.one_of_two
  li: card.case
"""


@dialogs(TWO_MATTERS)
async def test_two_matters(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
