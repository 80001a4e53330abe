"""Alone, within minutes of a report, come words that hardly belong to it: the bot asks, and loses none of them."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

BELONGS = """
# chatter beside an open case is asked about, and on "another matter" it is nobody's case
given heard 鹦鹉几岁了 as chat .9
alice alone: 柳岸路3号的路灯坏了
  alice: head.received service.light
  li: card.case
alice alone: 鹦鹉几岁了
  alice: belongs.ask (reply) [belongs another]
  case: dispatched
alice presses another
  alice~ belongs.another
  alice: greet.chat
  cases: 1
  case: dispatched

# what does belong to it goes to the cadre once the button says so, and only once
given heard 鹦鹉几岁了 as chat .46
alice alone: 柳岸路3号的路灯坏了
  alice: head.received
  li: card.case
alice alone: 鹦鹉几岁了
  alice: belongs.ask
alice presses belongs
  alice~ case.added
  li~ card.case
  li: card.more "鹦鹉几岁了"
alice forges belongs:{n}

# another matter in few words becomes a case of its own
given heard 没水了 as report .9 service.tap .9
alice alone: 柳岸路3号的路灯坏了
  alice: head.received
  li: card.case
alice alone: 没水了
  alice: belongs.ask
  cases: 1
alice presses another
  alice~ belongs.another
  alice: head.received service.tap
  alice*
  li*
  lv*
  cases: 2
  case: service.tap

# words that wait for their button are not lost when more come
given heard 鹦鹉几岁了 as chat .46
given heard 晚上吃什么好 as ask .7
alice alone: 柳岸路3号的路灯坏了
  alice: head.received
  li: card.case
alice alone: 鹦鹉几岁了
  alice: belongs.ask
alice alone: 灯还是不亮,快点来修
  alice: case.added
  li~ card.case
  li: card.more "灯还是不亮"
alice alone: 晚上吃什么好
  alice: belongs.ask
alice presses belongs
  alice~ case.added
  li~ card.case
  li: card.more "鹦鹉几岁了" "晚上吃什么好"

# a late press still finds the words
given heard 鹦鹉几岁了 as chat .46
alice alone: 柳岸路3号的路灯坏了
  alice: head.received
  li: card.case
alice alone: 鹦鹉几岁了
  alice: belongs.ask
li presses accept
  alice*
  li*
20 minutes pass
  li*
  alice*
alice presses belongs
  alice~ case.added
  li*

# urging and going on with the story are never asked about
alice alone: 柳岸路3号的路灯坏了
  alice: head.received
  li: card.case
alice alone: 快点来人啊
  alice: case.added !belongs.ask
  li*
"""


@dialogs(BELONGS)
async def test_belongs(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
