"""The clocks of those responsible: reminders, the next person, up the chain, the desk."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

CLOCKS = """
# a lamp nobody looks at climbs the ladder
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
24 minutes pass
1 minutes pass
  li~ card.passed
  qian: card.case head.overdue
  willow~ next.dispatched role.patrol
25 minutes pass
  qian~ card.passed
  sun: card.case head.overdue
  willow~ next.dispatched
10 minutes pass
  sun: card.case head.remind_call card.late.call
  feng: overdue.call "柳岸路" callback.to_ask web.desk.ask.since [callback case]
  willow~ next.soon
30 minutes pass
  sun~ card.passed
  lv: card.case head.overdue
  willow~ next.soon role.community

# whoever accepted in time keeps it until the promise is broken
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
24 minutes pass
li presses accept
  willow~ accepted
  li~ accepted
1 minutes pass
34 minutes pass
1 minutes pass
  li: card.case head.remind_call card.late.call
  feng: overdue.call
  willow~ accepted

# what is urgent goes to the next after a minute
alice in grid1: @bot 桂花苑3幢2单元消防通道被堵住了
  grid1: head.received
  li: card.case head.urgent
59 seconds pass
1 seconds pass
  li~ card.passed
  qian: card.case head.overdue
  grid1~ role.patrol
1 minutes pass
  qian: card.case head.remind_call
  feng: overdue.call
  grid1~ next.soon
qian presses accept
  qian~ accepted
  grid1~ accepted

# accepted but nobody called
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
1 hours pass
  li: card.case head.remind_call card.late.call [called arrived finish pass]
  feng: overdue.call
  willow~ accepted
30 minutes pass
  li: card.case head.remind_call
  qian: overdue.call
  willow~ accepted
1 hours pass
  li: card.case head.remind_call
  lv: overdue.call
  willow~ accepted
li presses called
  li~ card.by.arrive
  willow~ accepted
  clocks: arrive done

# after an outage each clock goes off once
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
30 hours pass
  li: card.case head.remind_done
  feng*
  jiang*
  willow*

# a promise that has passed is not made again
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: next.dispatched
  li: card.case
2 hours pass
  willow~ next.soon !next.dispatched
  li*
  feng*

# the clocks of a closed case are silent
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice presses withdraw in willow
  willow~ withdrawn
  li~ withdrawn
30 days pass

# an urgent matter is dispatched while the place is asked
alice in willow: @bot 有个马蜂窝,很大,怕蜇人
  willow: head.received service.insects ask.place_group
  lv: card.case head.urgent
  case: dispatched now holder=lv
  clocks: call arrive done
alice in willow: 柳岸小学
  willow: next.dispatched "柳岸小学"
  lv~ card.passed
  wang: card.case head.urgent
  case: holder=wang

# an urgent matter nobody takes
alice in willow: @bot 柳岸路3号有个马蜂窝,很大,怕蜇人
  willow: head.received service.insects
  li: card.case head.urgent
2 minutes pass
  li: card.case head.remind_call
  feng: overdue.call
  willow~ next.soon
1 minutes pass
  li~ card.passed
  qian: card.case head.overdue
  willow~ next.soon

# when everybody had it the desk keeps it and hears less and less often
given without qian sun he lv
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
90 minutes pass
  li*
  feng*
  willow*
30 minutes pass
  li~ card.passed
  feng: card.case head.overdue
  willow~ next.soon role.desk
  case: holder=feng
1 hours pass
  feng: card.case head.remind_call
  willow~ next.soon
2 hours pass
  feng*
  willow*
  case: dispatched holder=feng asked=li,feng

# a card that the app refused is no dispatch and the next gets one
given blocked li
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  clocks: dispatch call arrive done
10 minutes pass
  qian: card.case head.overdue
  willow~ role.patrol
  feng: overdue.undispatched
  case: holder=qian
  clocks: call arrive done
"""


@dialogs(CLOCKS)
async def test_clocks(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
