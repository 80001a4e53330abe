"""The call-back: the desk sees what to ask, writes down what it hears, and whoever has the case reads it at once."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

CALLBACK = """
# the desk calls back and whoever is on the way reads what it was told
alice in grid1: @bot 桂花苑3幢2单元消防通道被堵住了
  grid1: head.received
  li: card.case head.urgent
li presses accept
  grid1~ accepted
  li~ accepted
feng alone: /case {n}
  feng: card.case [callback arrived finish pass]
feng presses callback
  feng: callback.questions web.desk.ask.blocked web.desk.ask.who web.desk.ask.still web.desk.ask.more !web.desk.ask.hurt
feng alone: 1 消防车进不来
  li: callback.told callback.short.blocked
  li~ card.case callback.heard callback.short.blocked
  feng~ card.case callback.short.blocked [arrived finish pass]
  grid1~ accepted
  feng: callback.thanks
  clocks: arrive done

# lines without a number say more and a second call asks what is left
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
feng alone: /case {n}
  feng: card.case [callback accept pass]
feng presses callback
  feng: web.desk.ask.size web.desk.ask.homes web.desk.ask.since
feng alone: 3、三天了
  li: callback.told
  li~ card.case callback.short.since
  feng~ card.case
  willow~ next.soon
  feng: callback.thanks
feng forges callback:{n}
  feng: callback.questions web.desk.ask.size !web.desk.ask.since
feng alone: 路上很黑
  li: callback.told
  li~ card.case callback.short.since callback.short.more
  feng~ card.case
  willow~ next.soon
  feng: callback.thanks
  case: dispatched holder=li

# nobody has called: the desk on duty sees by itself what to ask, and may write it down there
alice in grid1: @bot 桂花苑3幢2单元消防通道被堵住了
  grid1: head.received
  li: card.case head.urgent
li presses accept
  grid1~ accepted
  li~ accepted
2 minutes pass
  li: card.case head.remind_call
  feng: overdue.call callback.to_ask web.desk.ask.blocked web.desk.ask.more !web.desk.ask.hurt [callback case]
  grid1~ accepted
feng presses callback
  feng: callback.questions web.desk.ask.blocked
feng alone: 1 消防车进不来
  li: callback.told callback.short.blocked
  li~ card.case callback.short.blocked
  feng: card.case
  grid1~ accepted
  feng: callback.thanks

# who is not at the desk has no such button
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case [accept pass]
wang forges callback:{n}

# answers that come after half an hour are words like any other
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
feng alone: /case {n}
  feng: card.case
feng presses callback
  feng: callback.questions
31 minutes pass
feng alone: 三天了
  feng: greet.staff
"""


@dialogs(CALLBACK)
async def test_callback(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
