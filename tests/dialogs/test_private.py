"""What must not be heard in a group: private kinds of matter, doors, other people's cases."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

ASIDE = """
# a quarrel with a neighbour goes on in private and the group never reads of it
alice in willow: @bot 邻居天天晚上吵架骂人,和我家闹矛盾,桂花苑1幢1单元
  willow: written_aside !order.neighbour !"桂花苑" (reply) []
  alice: case.status head.received order.neighbour next.dispatched [wrong_kind wrong_place withdraw human]
  li: card.case head.private order.neighbour
  case: dispatched order.neighbour private holder=li
li presses accept
  alice~ next.accepted
  li~ accepted
li presses arrived
  alice~ next.arrived
  li~ arrived
li presses finish
  li: ask_result
li alone (photo): 两家已经谈好了
  li~ state.done
  li: duty.thanks
  alice~ next.done
  alice: case.done "两家已经谈好了" [solved unsolved]
  alice: result_photo (photo)
  case: done results=1
alice presses solved
  alice~ next.closed
  alice~ case.closed
  li~ state.closed

# asked where the lamp is, what is private is no answer and goes on in private
alice in willow: @bot 路灯坏了
  willow: head.received ask.place_group
alice in willow: @bot 老公在外面有人了,天天跟我吵架要离婚
  willow: written_aside !order.family
  alice: head.received order.family
  cases: 2
  case: order.family private

# beside a fire, violence at home is a matter of its own and never a place the group reads of
alice in willow: @bot 着火了
  willow: emergency.fire head.received ask.place_group
  lv: card.case enforcement.fire
alice in willow: @bot 老公又打我了
  willow: written_aside emergency.aside !emergency.violence !"老公"
  alice: emergency.violence head.received
  lv: card.case
  cases: 2
  case: private now

# somebody missing is no answer to where the lamp is
alice in willow: @bot 路灯坏了
  willow: ask.place_group
alice in willow: @bot 我家老人走丢了,找不到了
  willow: written_aside
  alice*
  lv*
  cases: 2
  case: order.missing private

# what is said alone as a place is not read out in the group
alice in willow: @bot 路灯坏了
  willow: ask.place_group
alice alone: 老陈家后门口
  willow~ next.dispatched !"老陈"
  alice*
  li*
  lv*
  case: dispatched place=老陈家后门口

# thanks are no place
alice in willow: @bot 路灯坏了
  willow: ask.place_group
alice in willow: @bot 谢谢
  willow: greet.thanks
  case: received place=

# what is asked about a private matter is asked in private
alice in willow: @bot 老公在外面有人了,天天跟我吵架要离婚
  willow: written_aside []
  alice: head.received order.family ask.place
  case: private received
alice alone: 桂花苑3幢2单元
  alice*
  li*
  chen*

# the answer to a private question may be given in the group and still nothing is said there
alice in willow: @bot 老公在外面有人了,天天跟我吵架要离婚
  willow: written_aside
  alice: ask.place
alice in willow: @bot 柳岸路1号
  alice~ order.family next.dispatched "柳岸路1号"
  li: card.case head.private
  case: dispatched holder=li

# where the bot may not write first the group gets a button that opens the private talk
given not first
alice in willow: @bot 邻居天天晚上吵架骂人,和我家闹矛盾,桂花苑1幢1单元
  willow: come_aside !order.neighbour (reply) [talk_aside]
  li: card.case order.neighbour
  case: private dispatched
  clocks: call arrive done
alice starts with the link
  alice: case.status order.neighbour next.dispatched
li presses accept
  alice~ next.accepted
  li~ accepted

# somebody else who uses the link learns nothing
given not first
alice in willow: @bot 邻居天天晚上吵架骂人,和我家闹矛盾,桂花苑1幢1单元
  willow: come_aside
  li: card.case
bob starts with the link
  bob: welcome.resident !case.status !"桂花苑"
alice starts with the link
  alice: case.status order.neighbour

# the private talk that the button opened goes on with the question
given not first
alice in willow: @bot 老公在外面有人了,天天跟我吵架要离婚
  willow: come_aside
  case: received
alice starts with the link
  alice: case.status order.family ask.place
alice alone: 柳岸路1号
  alice: next.dispatched
  li: card.case

# who never opened the private talk is not told of the end in the group
given not first
alice in willow: @bot 邻居天天晚上吵架骂人,和我家闹矛盾,桂花苑1幢1单元
  willow: come_aside
  li: card.case
li presses accept
  li~ accepted
li presses finish
  li: ask_result
li alone: 谈好了
  li~ state.done
  li: duty.thanks
48 hours pass
  li~ state.closed
  case: closed

# words for somebody who cannot be written to are not said to have arrived
given not first
alice in willow: @bot 邻居天天晚上吵架骂人,和我家闹矛盾,桂花苑1幢1单元
  willow: come_aside
  li: card.case
li alone (reply card.case): 我明天上午来
  li: duty.not_told
  li~ card.case

# a resident who blocked the bot is called aside in the group once more and the desk hears it
given not first
alice alone: /start
  alice: welcome.resident
alice blocks
alice in willow: @bot 邻居天天晚上吵架骂人,和我家闹矛盾,桂花苑1幢1单元
  willow: written_aside
  li: card.case
  clocks: sign call arrive done
30 seconds pass
  willow~ come_aside [talk_aside]
  feng: overdue.unsigned
  clocks: call arrive done

# a matter that turns out to be private leaves the group
alice in willow: @bot 柳岸路3号有点问题要反映一下,路灯坏了
  willow: head.received
  li: card.case
alice presses wrong_kind in willow
  willow~ ask.kind_again
alice in willow: 是邻居天天晚上吵架骂人,和我家闹矛盾
  willow~ written_aside !order.neighbour []
  alice: case.status order.neighbour
  li*
  case: private order.neighbour
li presses accept
  alice~ accepted
  li~ accepted

# an order of silence is kept in a case number asked for in the group
alice in willow: @bot 邻居天天晚上吵架骂人,和我家闹矛盾,桂花苑1幢1单元
  willow: written_aside
  alice: head.received
  li: card.case
alice in willow: /case {n}
  willow: mine.written !order.neighbour
  alice: case.status order.neighbour

# my cases are never read out in a group
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice in willow: /mycases
  willow: mine.written (reply)
  alice: mine.cases mine.line service.light state.dispatched [case]
alice presses case
  alice: case.status "柳岸路3号"

# what was asked in the group and is answered alone is heard alone too, with the door
alice in willow: @bot 路灯坏了
  willow: ask.place_group
alice alone: 柳岸路1号
  willow~ next.dispatched !"1号"
  alice: case.status next.dispatched "柳岸路1号" [wrong_kind wrong_place withdraw human]
  li: card.case
alice alone: 晚上看不见路
  alice: case.added
  li~ card.case
  li: card.more

# a private matter from the group that a person has taken is spoken of with that person alone
alice in willow: @bot 邻居天天晚上吵架骂人,和我家闹矛盾,桂花苑1幢1单元
  willow: written_aside
  alice: head.received
  li: card.case
alice presses human
  alice: human.called
  feng: human.wanted
feng presses take_over
  feng~ human.yours
  alice: human.here
  alice~ next.dispatched
20 minutes pass
alice alone: 我想问问什么时候有人来
  feng: card.more "什么时候有人来"
  li~ card.case
feng alone: 今晚七点到
  alice: case.word "今晚七点到"
  alice~ soon
  feng: duty.told
  li~ card.case
feng presses give_back
  feng~ human.given_back []
  alice: human.bot_again
alice alone: 居住证怎么办
  alice: faq.answer

# plain words ask for my cases and a bare number for its case
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
20 minutes pass
alice alone: 我的事
  alice: mine.cases mine.line service.light [case]
alice alone: {n}
  alice: case.status service.light "柳岸路3号"
alice alone: 1
  alice: greet.chat
bob alone: {n}
  bob: mine.no_such_case
bob alone: 怎么用
  bob: help.resident

# my cases where the bot may not write first
given not first
alice in willow: /mycases
  willow: mine.in_private_only
alice alone: /mycases
  alice: mine.none
alice in willow: /mycases
  willow: mine.written
  alice: mine.none

# a number that is somebody else's is unknown
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
bob alone: /case {n}
  bob: mine.no_such_case
bob in willow: /case {n}
  willow: mine.no_such_case !service.light
bob alone: /case 99999999
  bob: mine.no_such_case
li alone: /case {n}
  li: card.case [accept pass]
feng alone: /case {n}
  feng: card.case
wang alone: /case {n}
  wang: mine.no_such_case
li in willow: /case {n}
  li: card.case
  willow: mine.written !service.light
alice in willow: /case {n}
  willow: case.status service.light

# a reply to what the bot said to a neighbour adds nothing to the neighbour's case
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
bob in willow (reply case.status): 桂花苑1幢1单元楼下垃圾堆了好几天没人清运
  willow: head.received enforcement.garbage
  li: card.case enforcement.garbage !service.light
  cases: 2

# a neighbour with a case of his own who replies to mine adds to his
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case service.light
bob in willow: @bot 桂花苑1幢1单元楼下垃圾堆了好几天没人清运
  willow: head.received
  li: card.case enforcement.garbage
carol in willow: @bot 路灯坏了
  willow: ask.place_group
bob in willow (reply ask.place_group): 就在垃圾房旁边的垃圾
  willow*
  li*
  case: received service.light place=

# a family quarrel with blows is urgent and the group reads only neutral numbers
alice in willow: @bot 老公打我,我在柳岸路1号
  willow: written_aside emergency.aside !emergency.violence !order.family
  alice: case.status emergency.violence head.received
  li: card.case head.urgent
  case: private now dispatched
"""

STAFF = """
# a complaint about staff goes to the street and never to the ground
alice in willow: @bot 我要投诉社区的网格员李建国,态度恶劣推诿不办事,柳岸路3号
  willow: written_aside
  alice: head.received order.staff role.leader
  he: card.case order.staff
  case: dispatched order.staff private holder=he asked=he unit=
2 days pass
  he: card.case head.remind_call
  feng: overdue.call
  alice~ next.soon
2 days pass
  he~ card.passed
  feng: card.case head.overdue order.staff
  alice~ next.soon role.desk
  case: holder=feng asked=he,feng
10 days pass
  he*
  feng*
  alice*
  case: holder=feng asked=he,feng
feng presses accept
  feng~ accepted
  alice~ accepted
feng presses finish
  feng: ask_result
feng presses no_words
  feng~ state.done
  feng: duty.thanks
  alice~ next.done
  alice: case.done
alice presses unsolved
  alice~ next.dispatched
  alice~ case.reopened case.sent_again ask.still
  he: card.case head.reopened
  feng~ card.passed
  case: holder=he asked=he unit=

# a complaint about staff needs no place
alice in willow: @bot 我要投诉网格员李建国,态度恶劣推诿不办事
  willow: written_aside
  alice: head.received order.staff next.dispatched !ask.place
  he: card.case order.staff
  case: dispatched grid=c1

# a lamp that turns out to be a complaint about staff is taken from the cadre without a word why
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice presses wrong_kind in willow
  willow~ ask.kind_again
alice in willow: 我要投诉网格员李建国,态度恶劣推诿不办事
  willow~ written_aside
  alice: case.status order.staff
  li~ card.passed !order.staff !"李建国"
  he: card.case order.staff
"""


@dialogs(ASIDE)
async def test_aside(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)


@dialogs(STAFF)
async def test_complaints_about_staff(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
