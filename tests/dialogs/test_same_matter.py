"""The same matter, told by several: asked about, joined, and every reporter hears how it ends."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

TOLD = """\
alice in willow: @bot 柳岸路3号门口的路灯坏了，一直不亮
  willow: case.status
  li: card.case
"""
JOINED = """\
bob in willow: @bot 柳岸路3号门口的路灯不亮了，黑漆漆的
  willow* any
  li* any
bob presses same in willow
  willow* any
  li* any
"""
MENDED = """\
li presses accept
  willow* any
  li* any
li presses finish
  li* any
li alone: 换了新灯泡
  willow* any
  li* any
"""
#: What a line of three dots stands for.
BEFORE = {"... told": TOLD, "... joined": TOLD + JOINED, "... joined and mended": TOLD + JOINED + MENDED}

SAME = """
# asked once, joined by one press: both hear every step and the end
alice in willow: @bot 柳岸路3号门口的路灯坏了，一直不亮
  willow: case.status head.received
  li: card.case head.usual
bob in willow: @bot 柳岸路3号门口的路灯不亮了，黑漆漆的
  willow: case.status head.received
  willow: same.ask same.others kind.service.light "柳岸路" [same apart] (reply)
  li: card.case card.same [accept pass join]
bob presses same in willow
  li~ card.joined
  li: card.more_people "黑漆漆"
  willow~ case.status next.joined joined.dispatched []
  willow~ same.joined []
  case: joined service.light
  clocks:
li presses accept on card.case
  li~ state.accepted
  willow~ next.accepted
  willow~ next.joined joined.accepted
li presses arrived
  li~ state.arrived
  willow~ next.arrived
  willow~ next.joined joined.arrived
li presses finish
  li: duty.ask_result [no_words]
li alone: 换了新灯泡
  li~ state.done
  li: duty.thanks
  willow: case.done "换了新灯泡" [solved unsolved]
  willow~ next.done
  willow: same.done "换了新灯泡" [unsolved]
  willow~ next.joined joined.done
alice presses solved in willow
  li~ state.closed
  willow~ case.closed
  willow~ next.closed
  willow~ same.closed
  willow~ next.joined joined.closed
bob alone: /mycases
  bob: mine.cases mine.joined state.closed

# nobody but the reporter may say that it is the same
... told
bob in willow: @bot 柳岸路3号门口的路灯不亮了，黑漆漆的
  willow: case.status
  willow: same.ask
  li: card.case
alice presses same in willow
  case: dispatched
carol presses apart in willow
  case: dispatched
li presses same in willow
  case: dispatched

# "it is another one": the card forgets it, and nobody asks again
... told
bob in willow: @bot 柳岸路3号门口的路灯不亮了，黑漆漆的
  willow: case.status
  willow: same.ask
  li: card.case card.same
bob presses apart in willow
  li~ card.case !card.same [accept pass]
  willow~ same.apart []
  case: dispatched
bob in willow (photo): @bot 就是这个灯
  li* any
  willow* any
  case: dispatched

# another place, another kind: nothing is asked
... told
bob in willow: @bot 桂花苑3幢门口的垃圾没人收
  willow: case.status
  li* any

# a private matter is never named, offered or joined
alice in willow: @bot 邻居天天半夜吵架砸东西，和我家闹矛盾，柳岸路3号
  willow* any
  alice* any
  li* any
  feng* any
bob in willow: @bot 邻居天天半夜吵架砸东西，和我家闹矛盾，柳岸路3号
  willow: case.written_aside !same.ask
  bob* any
  li* any
  feng* any
  case: private
bob forges same:{n}
  bob* any
  case: private !joined

# who added words to a joined matter is heard by whoever has it
... joined
bob in willow (photo): @bot 就是这个灯
  li: card.more "就是这个灯"
  li: card.more (photo)
  willow: case.added
  case: joined photos=1

# not solved for the second one: theirs goes out by itself
... joined and mended
bob presses unsolved in willow on same.done
  li: card.case head.split
  willow~ next.dispatched
  willow~ case.reopened ask.still
  case: dispatched holder=li
  clocks: call arrive done

# the first one is not content: all hear that it goes on
... joined and mended
alice presses unsolved in willow on case.done
  willow~ case.reopened
  willow~ same.reopened
  willow~ next.dispatched
  willow~ next.joined joined.dispatched
  li* any
  feng* any
  qian* any
  lv* any

# others wait for it: it cannot be withdrawn
... joined
alice presses withdraw in willow
  willow~ case.others_wait
  willow~ next.joined
bob forges withdraw:{n} in willow
  willow~ next.joined
  case: joined

# the staff join what resembles, and take it out again
... told
bob in willow: @bot 柳岸路3号门口的路灯不亮了，黑漆漆的
  willow* any
  li: card.case [accept pass join]
li presses join
  li~ card.joined
  li: card.more_people
  willow~ next.joined
  willow~ same.joined_here
  case: joined
li alone: /case {n}
  li: card.case card.joined_to state.joined [split]
li presses split
  li: card.fewer_people
  li: card.case head.split
  willow~ next.dispatched
  case: dispatched
  clocks: call arrive done

# two matters of one's own that are one
... told
20 minutes pass
  li* any
  willow* any
  feng* any
alice in willow: @bot 柳岸路3号门口的路灯还是不亮，黑漆漆的
  willow: case.status
  willow: same.ask same.own
  li: card.case

# the place comes later: then it is asked
... told
bob in willow: @bot 路灯坏了，一直不亮
  willow: case.status ask.place_group
bob in willow: 柳岸路3号
  willow: case.status
  willow: same.ask
  li: card.case card.same
"""


def whole(script: str) -> str:
    """The script with what went before written out."""
    return "\n".join(BEFORE.get(line, line).removesuffix("\n") for line in script.split("\n"))


@dialogs(whole(SAME))
async def test_the_same_matter(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
