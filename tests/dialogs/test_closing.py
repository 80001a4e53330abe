"""The end of a case: yes, no, silence; said with a button or in words."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

#: From here on every dialog: Alice's lamp was put right by Li, and she is asked.
_DONE = """alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
li presses finish
  li: ask_result
li alone: 灯泡换好了
  willow~ next.done
  willow: case.done
  li: duty.thanks
  li~ state.done
"""

SOLVED = """
# yes by the button
done
alice presses solved in willow
  willow~ next.closed [unsolved]
  willow~ case.closed []
  li~ state.closed
alice forges solved:{n} in willow
  case: closed

# a neighbour cannot say yes or no
done
bob presses solved in willow
bob presses unsolved in willow
li forges solved:{n}
  case: done

# yes in words
done
alice in willow (reply case.done): 好了,谢谢
  willow~ next.closed
  willow~ case.closed
  li~ state.closed
  case: closed

# no in words goes out again with the words
done
alice in willow (reply case.done): 没有解决,还是不亮
  willow: next.dispatched role.cadre
  willow~ case.reopened case.sent_again case.leader_told !ask.still
  li: card.case head.reopened "还是不亮"
  lv: duty.reopened
  case: dispatched holder=li asked=li
  clocks: call arrive done

# no by the button asks what is still wrong
done
alice presses unsolved in willow
  willow~ next.dispatched
  willow~ case.reopened case.sent_again case.leader_told ask.still
  li: card.case head.reopened
  lv: duty.reopened
  clocks: call arrive done
alice in willow: 晚上又不亮了
  willow: case.added
  li~ head.reopened "晚上又不亮了"
  li: card.more "晚上又不亮了"

# a picture of what is still wrong is kept with the words
done
alice in willow (reply case.done, photo): 没有解决,还是不亮
  willow*
  li*
  lv*
  case: dispatched photos=1

# two days of silence close it and it can still be opened again
done
47 hours pass
1 hours pass
  willow~ next.closed
  willow~ case.lapsed [unsolved]
  li~ state.closed
  case: closed
  clocks:
alice presses unsolved in willow on case.lapsed
  willow~ next.dispatched
  willow~ case.reopened
  li: card.case head.reopened
  lv: duty.reopened
  case: dispatched

# the second time it goes to somebody above
done
alice presses unsolved in willow
  willow~ next.dispatched
  willow~ case.reopened
  li: head.reopened
  lv: duty.reopened
li presses accept
  willow~ accepted
  li~ accepted
li presses finish
  li: ask_result
li presses no_words
  willow~ next.done
  willow: case.done [solved unsolved]
  li: duty.thanks
  li~ state.done
alice presses unsolved in willow on case.done
  willow~ next.dispatched role.patrol
  willow~ case.reopened
  qian: card.case head.reopened
  li~ card.passed
  lv: duty.reopened
  case: holder=qian

# a new matter while an old one waits for its yes
done
20 minutes pass
alice in willow: @bot 桂花苑1幢1单元楼下垃圾堆了好几天没人清运
  willow: head.received enforcement.garbage
  li: card.case enforcement.garbage
  cases: 2

# a reply to a closed case opens nothing by accident
done
alice presses solved in willow
  willow~ next.closed
  willow~ case.closed
  li~ state.closed
alice in willow (reply case.closed): 谢谢你们
  willow: greet.thanks
  cases: 1

# a reply to a closed case that says it is broken again opens it again
done
alice presses solved in willow
  willow~ next.closed
  willow~ case.closed
  li~ state.closed
1 hours pass
alice in willow (reply case.closed): 还是没修好
  willow: next.dispatched
  willow~ case.reopened
  li: head.reopened
  lv: duty.reopened
  case: dispatched
  cases: 1

# words of a long result are cut for the group
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
li presses finish
  li: ask_result
li alone: LONG
  willow~ next.done
  willow: case.done "…"
  li: duty.thanks
  li~ state.done

# an old button of what is done does nothing
done
alice forges withdraw:{n} in willow
  willow~ next.done
alice forges rekind:{n} in willow
  willow~ next.done
alice forges kind:{n}:enforcement.noise in willow
  willow~ next.done
alice forges place:{n}:0 in willow
  willow~ next.done
li forges arrived:{n}
  li~ state.done
li forges pass:{n}
  li~ state.done
  case: done service.light
"""


@dialogs(SOLVED.replace("\ndone\n", f"\n{_DONE}").replace("LONG", "换了一只灯泡。" * 2000))
async def test_solved(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
