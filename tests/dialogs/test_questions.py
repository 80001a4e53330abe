"""Questions to the bot, the way to a person, commands."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

FAQ = """
# a question is answered as a reply with its source
alice in willow: @bot 居住证怎么办
  willow: faq.answer faq.source "带身份证去窗口" (reply) [helped human]
  cases: 0
alice presses helped in willow
  willow~ faq.answer []

# a neighbour's thanks under my answer do nothing
alice in willow: @bot 居住证怎么办
  willow: faq.answer
bob presses helped in willow
bob presses human in willow
  cases: 0

# alone the thanks are answered
alice alone: 居住证怎么办
  alice: faq.answer
alice presses helped
  alice~ faq.answer []
  alice: faq.glad

# a follow-up is read with the topic
alice in willow: @bot 居住证怎么办
  willow: faq.answer "带身份证"
alice in willow: @bot 要什么材料
  willow: faq.answer "带身份证"

# the topic is forgotten after a quarter of an hour
alice in willow: @bot 居住证怎么办
  willow: faq.answer
16 minutes pass
alice in willow: @bot 那要几天
  willow*
  feng*

# from an answer to a person
alice in willow: @bot 居住证怎么办
  willow: faq.answer
alice presses human in willow
  willow: head.received !service.other role.desk
  feng: card.case service.other
  case: service.other dispatched holder=feng

# a question nobody knows goes to a person
given heard 那个老年食堂有红烧肉吗 as ask .6 chat .4 market.food .3
alice in willow: @bot 那个老年食堂有红烧肉吗
  willow: head.received !service.other role.desk
  feng: card.case service.other "红烧肉"
  case: service.other holder=feng

# a question asked half goes to a choice
given heard 桶呢 as ask .9 enforcement.garbage .5 offer garbage_sorting
alice in willow: @bot 桶呢
  willow: did_you_mean (reply) [question human]
alice presses question in willow
  willow~ faq.answer "厨余"
  cases: 0

# a question while a report is young
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice in willow: @bot 居住证怎么办
  willow: faq.answer
  case: dispatched
  cases: 1

# thanks after a report
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice in willow: @bot 谢谢你
  willow: greet.thanks (reply)
  cases: 1
"""

HUMAN = """
# to a person by words
alice alone: 转人工
  alice: head.received !service.other role.desk
  feng: card.case service.other
  case: service.other holder=feng

# asking for a person twice gives one number and rings once
alice alone: 转人工
  alice: head.received
  feng: card.case
20 minutes pass
alice alone: 转人工
  alice: human.called
  feng: human.wanted [take_over]
  cases: 1
alice alone: 转人工
  alice*
  cases: 1

# to a person on a case calls the desk once however often it is pressed
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice presses human in willow
  willow: human.called
  feng: human.wanted "路灯坏了" [take_over]
alice presses human in willow
  willow~ human.called
alice presses human in willow
  willow~ human.called

# the desk takes the talk over and the bot falls silent until it is given back
alice alone: 柳岸路3号门口的路灯坏了
  alice: head.received
  li: card.case
alice presses human
  alice: human.called
  feng: human.wanted
feng presses take_over
  feng~ human.yours [give_back]
  alice: human.here
  alice~ next.dispatched
  case: dispatched holder=li
alice alone: 居住证怎么办
  feng: card.more "居住证怎么办"
  li~ card.case
feng alone: 您好,灯今晚来修
  alice: case.word "今晚来修"
  alice~ soon
  feng: duty.told
  li~ card.case
11 minutes pass
alice alone: 好的
  feng: card.more "好的"
  li~ card.case
alice alone (photo): 是这盏
  feng: card.more "是这盏"
  li~ card.case
  li: card.more (photo)
feng presses give_back
  feng~ human.given_back []
  alice: human.bot_again
alice alone: 居住证怎么办
  alice: faq.answer
  cases: 1

# in a handed-over talk danger still hears its number
alice alone: 转人工
  alice: head.received
  feng: card.case [accept pass]
feng forges take:{n}
  feng: human.yours
  feng~ state.accepted
  alice: human.here
  alice~ accepted
  case: accepted holder=feng
alice alone: 厨房着火了
  alice: emergency.only emergency.fire
  feng: card.more "着火"
feng presses give_back
  feng~ human.given_back
  feng~ state.done
  alice~ next.done
  alice: case.done [solved unsolved]

# a talk belongs to the first who took it
given night
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  wu: card.case
jiang forges take:{n}
  jiang: human.yours
  willow: human.here
  willow~ next.dispatched
feng forges take:{n}
  feng: human.taken
feng forges giveback:{n}
  feng: duty.not_yours

# only the desk and whoever has the case may take a talk over
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
wang forges take:{n}
  wang: duty.not_yours
bob forges take:{n}
  case: dispatched

# finishing the case gives the talk back
alice alone: 转人工
  alice: head.received
  feng: card.case
feng forges take:{n}
  feng: human.yours
  feng~ accepted
  alice: human.here
  alice~ accepted
feng presses finish
  feng: ask_result
feng alone: 已经说清楚了
  feng~ state.done
  feng: duty.thanks
  alice~ next.done
  alice: case.done
alice alone: 居住证怎么办
  alice: faq.answer

# nobody at the desk is on duty
given off duty feng jiang
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice presses human in willow
  willow: human.nobody
"""

COMMANDS = """
# help in a group and alone
alice in willow: /help
  willow: help.resident (reply) [my_cases human]
alice alone: /help
  alice: help.resident
li alone: /help
  li: help.staff

# a bare mention gets help
alice in willow: @bot
  willow: help.resident

# an unknown command is read as words
alice in willow: /report 柳岸路3号门口的路灯坏了
  willow: head.received service.light
  li: card.case

# a command in Chinese is read as words
alice alone: /柳岸路3号门口的路灯坏了
  alice: head.received service.light
  li: card.case

# an unknown command by itself gets help
alice alone: /xyz
  alice: help.resident

# the first words alone
alice alone: /start
  alice: welcome.resident [my_cases human my_data]
alice presses my_data
  alice: mydata.held
li alone: /start
  li: welcome.staff "李建国"

# a dead link is a welcome
alice alone: /start nosuchtoken
  alice: welcome.resident

# greetings
alice alone: 你好
  alice: greet.hello
li alone: 你好
  li: greet.staff

# another language from now on
alice alone: 柳岸路3号门口的路灯坏了
  alice: head.received
  li: card.case
alice alone: /language en
  alice: help.language_set
alice alone: /language klingon
  alice: help.language
"""


@dialogs(FAQ)
async def test_faq(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)


@dialogs(HUMAN)
async def test_to_a_person(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)


@dialogs(COMMANDS)
async def test_commands(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
