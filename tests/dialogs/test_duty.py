"""The people responsible: accepting, passing on, calling back, finishing; and their clocks."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

DUTY = """
# accepting twice changes nothing
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
li forges accept:{n}
  li~ state.accepted [called arrived finish pass]
  case: accepted holder=li asked=li

# what is passed on goes to the next and after the third time an arbiter decides whose it is
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received role.cadre
  li: card.case
li presses pass
  li~ card.passed []
  qian: card.case head.passed_on [accept pass]
  willow~ next.dispatched role.patrol
qian presses pass
  qian~ card.passed
  sun: card.case head.passed_on
  willow~ next.dispatched
sun presses pass
  sun~ card.passed
  feng: card.case head.arbiter [accept pass]
  willow~ role.desk
feng presses pass
  feng~ card.passed
  he: card.case head.arbiter
  willow~ role.leader
he presses pass
  he~ card.passed
  feng: card.case head.arbiter
  willow~ role.desk
feng presses pass
  feng: card.case head.arbiter
  willow~ role.desk
  case: dispatched holder=feng

# whoever passed it on can no longer press
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses pass
  li~ card.passed
  qian: card.case
  willow~ role.patrol
li forges accept:{n}
  li: duty.not_yours
sun forges accept:{n}
  sun: duty.not_yours
qian presses accept
  qian~ accepted
  willow~ accepted role.patrol
  case: holder=qian

# the desk may take a case from whoever does not answer
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
feng alone: /case {n}
  feng: card.case [callback accept pass]
feng presses accept
  feng~ accepted
  li~ card.passed
  willow~ accepted role.desk
  case: holder=feng

# a reply to the card is passed on to the resident and counts as calling back
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted [called arrived finish pass]
li alone (reply card.case): 我下午三点到桂花苑3幢2单元
  willow: case.word "我下午三点到桂花苑3幢" !"2单元"
  willow~ accepted
  li: duty.told
  li~ accepted [arrived finish pass]
  clocks: arrive done

# a photo in reply to a card reaches the resident
alice alone: 柳岸路3号门口的路灯坏了
  alice: head.received
  li: card.case
li alone (photo, reply card.case): 是这盏灯吗
  alice: case.word "是这盏灯吗"
  alice: result_photo (photo)
  alice~ next.soon
  li: duty.told
  li~ card.case

# a reply to a card of somebody else's case is not passed on
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses pass
  li~ card.passed
  qian: card.case
  willow~ role.patrol
li alone (reply card.passed): 我还是去看看
  li: duty.not_yours

# words beside the cards are no case and tell how to reach the resident
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li alone: 嗯嗯啊啊喔喔
  li*
  cases: 1

# finished with a photo alone
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
li presses finish
  li: ask_result [no_words]
li alone (photo):
  willow~ next.done
  willow: case.done [solved unsolved]
  willow: result_photo (photo)
  li: duty.thanks
  li~ state.done
  case: done results=1
li alone (photo):
  li: duty.photo_added
  willow: result_photo (photo)
  case: results=2

# finished without a word
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
li presses finish
  li: ask_result
li presses no_words
  willow~ next.done
  willow: case.done
  li: duty.thanks
  li~ state.done
li presses no_words
  li~ state.done
  case: done

# what a finisher writes about people does not reach the group
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
li presses finish
  li: ask_result
li alone: 已和3幢2单元502室的住户说好,他电话13812345678
  willow~ next.done
  willow: case.done !"502" !"2单元" !"13812345678"
  li: duty.thanks
  li~ state.done

# the reply to one card while another asks for its result goes to the right resident
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
bob alone: 桂花苑1幢1单元楼下垃圾堆了好几天没人清运
  bob: head.received
  li: card.case enforcement.garbage
li presses accept on service.light
  willow~ accepted
  li~ accepted
li presses finish on service.light
  li: ask_result
li alone (reply enforcement.garbage): 垃圾车下午来
  bob: case.word "垃圾车下午来"
  bob~ next.soon
  li: duty.told
  li~ enforcement.garbage
li alone: 灯修好了
  willow~ next.done
  willow: case.done "灯修好了"
  li: duty.thanks
  li~ state.done service.light

# a cadre is a resident too and reports like one
li in grid1: @bot 柳岸路3号门口的路灯坏了
  grid1: head.received
  li: card.case
  case: holder=li
li presses accept
  grid1~ accepted
  li~ accepted

# /case without a number lists one's own
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice alone: /case
  alice: mine.cases

# the card of a case that was taken back shows it
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice in willow: @bot 不用了
  willow~ next.withdrawn
  li~ state.withdrawn []
li forges accept:{n}
  li~ state.withdrawn []
  case: withdrawn

# what is accepted cannot be taken back
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
alice forges withdraw:{n} in willow
  willow~ too_late_to_withdraw [human]
  case: accepted
"""

NIGHT = """
# at night a patrol goes
given night
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received role.patrol
  wu: card.case
  case: holder=wu

# the second case of the night goes to the other patrol
given night
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  wu: card.case
bob in willow: @bot 桂花苑1幢1单元楼下垃圾堆了好几天没人清运
  willow: head.received
  zhou: card.case

# a gap in the roster ends at the street's leader
given off duty li qian sun lv zhou wu
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received role.leader
  he: card.case
  case: holder=he

# with nobody on the roster at all the desk still gets it
given without he
given off duty li qian sun lv feng jiang
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received role.desk
  feng*
  jiang*

# a cadre who never started the bot is passed over
given not first
given started qian feng
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received role.patrol
  qian: card.case
  case: holder=qian asked=qian

# when nobody can be written to the resident is told so and nothing else
given not first
given started kong
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received next.nobody !role [wrong_kind wrong_place withdraw human]
  case: received holder=
  clocks: dispatch call arrive done
10 minutes pass
  willow~ next.nobody
  clocks: dispatch call arrive done
feng alone: /start
  feng: welcome.staff
5 minutes pass
  feng: card.case head.overdue
  willow~ next.dispatched role.desk
  case: dispatched holder=feng
"""


@dialogs(DUTY)
async def test_duty(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)


@dialogs(NIGHT)
async def test_who_is_there(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
