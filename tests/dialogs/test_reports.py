"""Reports: in the group and alone, with words, photos and pins, from the first message to the resident's yes."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

OPENING = """
# a broken lamp goes to the cadre and back
alice in willow: @bot 柳岸路3号门口的路灯坏了,晚上看不见
  willow: head.received service.light next.dispatched role.cadre hotline [wrong_kind wrong_place withdraw human]
  li: card.case head.usual service.light state.dispatched by.call [accept pass]
  case: dispatched service.light today public holder=li grid=g1 unit=s-works
  clocks: call arrive done
li presses accept
  willow~ case.status head.later next.accepted role.cadre !case.hotline [human]
  li~ state.accepted [called arrived finish pass]
  clocks: call arrive done
li presses called
  li~ state.accepted by.arrive [arrived finish pass]
  willow~ next.accepted
  clocks: arrive done
li presses arrived
  li~ state.arrived [finish pass]
  willow~ next.arrived [human]
  clocks: done
li presses finish
  li: duty.ask_result [no_words]
li alone: 灯泡换好了
  li~ state.done []
  li: duty.thanks
  willow~ next.done []
  willow: case.done "灯泡换好了" (reply) [solved unsolved]
  case: done
  clocks: answer
alice presses solved in willow
  willow~ next.closed [unsolved]
  willow~ case.closed []
  li~ state.closed []
  case: closed
  clocks:

# a photo by itself is a report and asks what it is
alice in willow (photo): @bot
  willow: case.status head.received ask.what
  case: received unsorted photos=1
  clocks: dispatch=paused call arrive done place
alice in willow: 路灯坏了,柳岸路3号
  willow: case.status service.light next.dispatched
  li: card.case (photo)
  case: dispatched service.light photos=1

# a photo with words is one report
alice in willow (photo): @bot 柳岸路3号门口的路灯坏了
  willow: head.received service.light
  li: card.case !(photo)
  li: card.more card.photo (photo)
  case: dispatched photos=1

# a photo sent within ten minutes joins the report without a word to the bot
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
9 minutes pass
alice in willow (photo):
  willow: case.added
  li~ card.case
  li: card.more card.photo (photo)
  case: photos=1
  cases: 1

# a photo sent after ten minutes without a mention is the neighbours' affair
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
11 minutes pass
alice in willow (photo): 看我家的猫
  cases: 1
  case: photos=0

# somebody else's photo does not join
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
bob in willow (photo):
  case: photos=0

# talk with neighbours after a report is let be
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice in willow: 今天天气真好,大家去跳舞吗
  case: dispatched

# more words to the bot within ten minutes belong to the report
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice in willow: @bot 路灯三天前就不亮了
  willow: case.added
  li~ card.case "三天前"
  li: card.more "三天前"
  cases: 1

# a matter of another kind is a report of its own
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received service.light
  li: card.case
alice in willow: @bot 桂花苑1幢1单元楼下垃圾堆了好几天没人清运
  willow: head.received enforcement.garbage
  li: card.case enforcement.garbage
  cases: 2

# an album is one report with its photos and the caption that came last
alice in willow (photo, album a):
alice in willow (photo, album a):
alice in willow (photo, album a, last): @bot 柳岸路3号门口的路灯坏了
  willow: head.received service.light
  li: card.case
  li: card.more (photo)
  case: photos=3
  cases: 1

# an album that is not for the bot is erased
alice in willow (photo, album a):
alice in willow (photo, album a, last): 我家的花开了
  cases: 0

# an album of ten photos
alice alone (10 photos): 柳岸路3号门口的路灯坏了
  alice: head.received service.light
  li: card.case
  li: card.more (photo)
  case: photos=10

# a pin says where it is
alice in willow: @bot 路灯坏了
  willow: head.received service.light ask.place_group
  case: received grid=c1
alice in willow (pin 30.0148 120.0052):
  willow~ service.light next.dispatched
  wang: card.case service.light
  case: dispatched grid=g2 holder=wang

# a pin in another community goes to its cadre
alice in willow (pin 30.006 120.016): @bot 路灯坏了
  willow: head.received service.light next.dispatched
  zhao: card.case
  case: grid=g3

# a mention under a neighbour's photo takes it in
bob in willow (photo): 看看这里
alice in willow (reply bob): @bot 柳岸路3号门口的路灯坏了
  willow: head.received service.light
  li: card.case "看看这里"
  li: card.more (photo)
  case: photos=1

# a bare mention under a neighbour's words and photo reports them
bob in willow (photo): 柳岸路3号门口的路灯坏了
alice in willow (reply bob): @bot
  willow: head.received service.light
  li: card.case "柳岸路3号门口的路灯坏了"
  li: card.more (photo)

# a request under a neighbour's words is understood together with them
bob in willow: 柳岸路3号门口的路灯坏了,晚上看不见
alice in willow (reply bob): @bot 帮忙报一下
  willow: head.received "柳岸路"
  li*
  cases: 1

# a report alone names the house
alice alone: 桂花苑3幢2单元的楼道灯坏了
  alice: head.received service.light "桂花苑3幢2单元"
  li: card.case "桂花苑3幢2单元"

# a house number is not echoed in a group
alice in willow: @bot 桂花苑3幢2单元502室门口的楼道灯坏了
  willow: head.received service.light "桂花苑3幢" !"2单元" !"502"
  li: card.case "2单元"

# in a grid's own group nobody has to say where
alice in grid1: @bot 路灯坏了
  grid1: head.received service.light ask.place_group
  li: card.case
  case: dispatched grid=g1

# a message in English
alice alone: hello
  alice*
"""

KIND_AND_PLACE = """
# an unsure kind is asked with buttons and goes by the one that is pressed
given heard 柳岸路3号那里坏了 as report .9 service.light .45 service.road .4
alice in willow: @bot 柳岸路3号那里坏了
  willow: head.received ask.kind [kind.service.light kind.service.road other_kind]
  case: received unsorted
  clocks: dispatch=paused call arrive done place
bob presses kind.service.road in willow
  case: unsorted
alice presses kind.service.road in willow
  willow~ service.road next.dispatched
  li: card.case service.road
  case: service.road dispatched

# none of these goes to the desk
given heard 柳岸路3号那里坏了 as report .9 service.light .45 service.road .4
alice in willow: @bot 柳岸路3号那里坏了
  willow: ask.kind
alice presses other_kind in willow
  willow~ !service.other role.desk
  feng: card.case service.other
  case: service.other dispatched

# an unsure kind that may be private is asked in private
given heard 柳岸路3号那里坏了 as report .9 order.neighbour .4 enforcement.noise .3
alice in willow: @bot 柳岸路3号那里坏了
  willow: written_aside []
  alice: ask.kind [kind.order.neighbour kind.enforcement.noise other_kind]
alice presses kind.enforcement.noise
  alice~ enforcement.noise
  li: card.case
  case: private enforcement.noise

# in the group no private kind stands on a button
given heard 柳岸路3号那里坏了 as report .9 enforcement.noise .5 order.neighbour .3 service.road .1
alice in willow: @bot 柳岸路3号那里坏了
  willow: ask.kind [kind.enforcement.noise kind.service.road other_kind]

# an unsure kind answered in words that are unclear too goes to a person
given heard 柳岸路3号那里坏了 as report .9 service.light .45 service.road .4
given heard 就那个呀 as chat .6 service.light .2 service.road .2
alice in willow: @bot 柳岸路3号那里坏了
  willow: ask.kind
alice in willow: 就那个呀
  willow: next.dispatched role.desk
  feng: card.case

# an unsure kind that nobody answers goes to a person after three minutes
given heard 柳岸路3号那里坏了 as report .9 service.light .45 service.road .4
alice in willow: @bot 柳岸路3号那里坏了
  willow: ask.kind
3 minutes pass
  willow~ next.dispatched role.desk
  feng: card.case service.other
  case: dispatched holder=feng

# words that hardly sound like a report are asked about and not guessed
given heard 柳岸路3号你们看看 as report .3 chat .3 order.staff .7 service.road .1
alice alone: 柳岸路3号你们看看
  alice: ask.kind [kind.order.staff kind.service.road other_kind]
  case: unsorted
# the place is asked and answered in words
alice in willow: @bot 路灯坏了
  willow: head.received service.light ask.place_group [withdraw human]
  case: received holder=
  clocks: dispatch=paused call arrive done place
alice in willow: 柳岸小学
  willow: service.light next.dispatched "柳岸小学"
  wang: card.case
  case: dispatched holder=wang

# nobody says where and after three minutes it goes out anyway
alice in willow: @bot 路灯坏了
  willow: ask.place_group
3 minutes pass
  willow~ next.dispatched role.community
  lv: card.case
  case: dispatched holder=lv grid=c1

# a word to a neighbour is no answer to the bot
bob in willow: 吃了吗
alice in willow: @bot 路灯坏了
  willow: ask.place_group
alice in willow (reply bob): 在柳岸小学吃的
  case: received grid=c1

# a house the library lacks is asked about with one button
alice alone: 路灯坏了,柳岸路9号
  alice: head.received ask.this_place [place no_place]
alice presses place
  alice~ next.dispatched "柳岸路9号"
  li: card.case
  case: grid=g1

# going on with the story or urging is no answer to where
alice alone: 路灯坏了
  alice: ask.place
alice alone: 快点来人啊,都三天了
  alice: ask.place
  case: place=
alice alone: 柳岸小学
  alice: next.dispatched "柳岸小学"
  wang: card.case

# a story told in pieces is one matter, sorted once a piece says what it is
alice alone: 我想反映一个事
  alice: ask.what
alice alone: 就那个呀
  alice: next.dispatched role.desk
  feng: card.case service.other
alice alone: 路灯不亮了
  alice: service.light ask.place
  feng*
alice alone: 柳岸路3号
  alice: service.light next.dispatched role.cadre
  li: card.case service.light
  feng*
  cases: 1

# who only says that there is something is asked what
alice alone: 我想反映一个事
  alice: head.received ask.what [withdraw human]
alice alone: 柳岸路3号门口的路灯坏了
  alice: service.light next.dispatched
  li: card.case

# a place that may be two is asked with buttons
alice in willow: @bot 路灯坏了
  willow: ask.place_group
alice in willow: 桂花苑3幢2单元
  willow*
  li*
  chen*

# the wrong kind is put right by a button
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received service.light
  li: card.case
alice presses wrong_kind in willow
  willow~ ask.kind_again
alice in willow: 是垃圾没人清运,堆成山了
  willow: enforcement.garbage next.dispatched
  li~ card.case enforcement.garbage
  li: card.more
  case: enforcement.garbage holder=li unit=s-enforcement

# the wrong place is put right by words and goes to the other cadre
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received service.light
  li: card.case
alice presses wrong_place in willow
  willow~ ask.place_group
alice in willow: 柳岸小学
  willow: next.dispatched "柳岸小学"
  li~ card.passed []
  wang: card.case
  case: holder=wang grid=g2

# a neighbour's press does nothing
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
bob presses withdraw in willow
bob presses wrong_kind in willow
bob presses human in willow
  case: dispatched service.light

# taking it back
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice presses withdraw in willow
  willow~ next.withdrawn []
  li~ state.withdrawn []
  case: withdrawn
  clocks:
"""


@dialogs(OPENING)
async def test_opening(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)


@dialogs(KIND_AND_PLACE)
async def test_kind_and_place(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
