"""Groups: what the bot hears, what it says when it comes, offers of help, groups nobody registered, danger."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

GROUPS = """
# the bot says what it hears when it joins
bot joins willow
  willow: groups.hello_mention [hear_listen]
bot joins bridge
  bridge: groups.hello_listen [hear_mention]

# leaving is silent
bot leaves willow

# in a group that is heard by mention neighbours' talk is nobody's
alice in willow: 柳岸路3号门口的路灯坏了,谁来修修
  cases: 0

# a reply to the bot is for the bot
bot joins willow
  willow: hello_mention
alice in willow (reply hello_mention): 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case

# a group administrator switches and the group hears of it
alice in willow (admin): /hears
  willow: groups.which [hear_mention hear_listen]
alice in willow (admin): /hears listen
  willow: groups.hears_listen [hear_mention]
bob in willow: 柳岸路3号门口的路灯坏了好几天了,快来人修修
  willow: groups.offer [yes_report no]
alice presses hear_mention in willow (admin)
  willow: groups.hears_mention
carol in willow: 柳岸路3号门口的路灯坏了好几天了,快来人修修

# a member may not switch
alice in willow: /hears listen
  willow: groups.only_admins
feng in willow: /hears listen
  willow: groups.hears_listen

# switching is a matter of the group
alice alone: /hears listen
  alice: groups.only_in_group

# what is unmistakable is offered help once and reported on yes
alice in bridge: 新桥路5号门口的路灯坏了好几天了,快来人修修
  bridge: groups.offer (reply) [yes_report no]
  cases: 0
bob presses yes_report in bridge
  cases: 0
alice presses yes_report in bridge
  bridge~ groups.offer_taken []
  bridge: head.received service.light next.dispatched
  zhao: card.case service.light
  case: dispatched holder=zhao

# help that is not wanted is not offered again for hours
alice in bridge: 新桥路5号门口的路灯坏了好几天了,快来人修修
  bridge: groups.offer
alice presses no in bridge
  bridge~ groups.offer_declined []
  cases: 0
alice in bridge: 新桥路5号门口的路灯坏了好几天了,快来人修修
7 hours pass
alice in bridge: 新桥路5号门口的路灯坏了好几天了,快来人修修
  bridge: groups.offer

# an offer that nobody answered lapses
alice in bridge: 新桥路5号门口的路灯坏了好几天了,快来人修修
  bridge: groups.offer
11 minutes pass
alice presses yes_report in bridge
  cases: 0

# an overheard photo comes along
alice in bridge (photo): 新桥路5号门口的路灯坏了好几天了,快来人修修
  bridge: groups.offer
alice presses yes_report in bridge
  bridge~ offer_taken
  bridge: head.received
  zhao: card.case
  zhao: card.more (photo)
  case: photos=1

# somebody with an offer of their own cannot take another's
alice in bridge: 新桥路5号门口的路灯坏了好几天了,快来人修修
  bridge: groups.offer
bob in bridge: 新桥路58号门口的井盖没了,快来人看看
  bridge: groups.offer
alice presses yes_report in bridge
  cases: 0

# an overheard question is offered an answer
alice in bridge: 请问居住证怎么办,要什么材料?
  bridge: groups.offer_answer [yes_answer no]
alice presses yes_answer in bridge
  bridge~ groups.offer_taken
  bridge: faq.answer "带身份证"
  cases: 0

# overheard danger names the number at once
alice in bridge: 着火了!新桥路5号,快来人
  bridge: groups.offer emergency.fire [yes_report no]

# talk in a listening group is nobody's
alice in bridge: 今天晚上吃什么好呢
bob in bridge: 昨天的电影真好看

# a group nobody registered learns how and the desk hears of it once
alice in -4242: @bot 嗯嗯啊啊喔喔
  -4242: groups.unbound "-4242"
  feng: groups.unbound_desk "-4242"
  jiang: groups.unbound_desk
bob in -4242: @bot 嗯嗯啊啊喔喔
25 hours pass
bob in -4242: @bot 嗯嗯啊啊喔喔
  -4242: groups.unbound

# a report in a group nobody registered is taken all the same
alice in -4242: @bot 柳岸路3号门口的路灯坏了
  -4242: head.received service.light
  -4242: groups.unbound
  li: card.case
  feng: groups.unbound_desk
  jiang: groups.unbound_desk
  case: dispatched

# joining a group nobody registered
bot joins -4242
  -4242: groups.unbound
  feng: groups.unbound_desk
  jiang: groups.unbound_desk
"""

DANGER = """
# fire names 119 before anything else and a card goes out at once
alice in willow: @bot 柳岸路3号着火了
  willow: case.status emergency.fire head.received !enforcement.fire next.dispatched !hotline
  li: card.case head.urgent
  case: dispatched now enforcement.fire

# gas
alice in willow: @bot 柳岸路3号门口煤气味很重
  willow: emergency.gas head.received !market.gas
  li: card.case head.urgent

# injury
alice in willow: @bot 柳岸路3号有老人摔倒起不来了,流了好多血
  willow: emergency.injury head.received
  li: card.case head.urgent

# people trapped in a lift
alice in willow: @bot 柳岸路3号电梯里困了人
  willow: emergency.trapped head.received
  li: card.case head.urgent

# violence goes on in private and the group reads the numbers
alice in willow: @bot 柳岸路3号有人打架,拿着刀
  willow: written_aside emergency.aside !emergency.violence
  alice: emergency.violence head.received
  li: card.case head.urgent
  case: private now

# danger without a place goes out at once and asks meanwhile
alice in willow: @bot 着火了
  willow: emergency.fire head.received ask.place_group
  lv: card.case head.urgent
  case: dispatched holder=lv

# danger a minute after a lamp is a matter of its own
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case service.light
alice in willow: @bot 着火了!柳岸路18号
  willow: emergency.fire head.received
  wang: card.case head.urgent enforcement.fire
  cases: 2

# danger after a photo without words is the same matter
alice in willow (photo): @bot
  willow: ask.what
alice in willow: @bot 着火了!柳岸路18号
  willow: emergency.fire head.later
  wang: card.case head.urgent
  cases: 1

# more words about the danger go to whoever comes
alice in willow: @bot 柳岸路3号着火了
  willow: emergency.fire
  li: card.case
alice in willow: @bot 火越来越大,有人受伤流血了
  willow: emergency.injury head.later
  li~ card.case enforcement.fire
  li: card.more "火越来越大"
  cases: 1

# somebody who is missing goes on in private and asks where they were seen last
alice in willow: @bot 我爸爸走丢了,八十岁,穿蓝衣服,快帮忙找
  willow: written_aside emergency.aside !order.missing
  alice: emergency.missing head.received order.missing ask.place_missing
  lv: card.case head.urgent
  case: private now dispatched

# how to use an extinguisher is no fire
alice in willow: @bot 灭火器怎么用
  willow*
  feng*
"""

BAD = """
# a sticker in a group is nothing and alone a friendly word
alice in willow (sticker): @bot
alice alone (sticker):
  alice: greet.hello
alice alone (video):
  alice: photo.not_this_kind

# a voice message is kept and a person listens
alice alone (voice):
  alice: head.received ask.what
  case: photos=1
10 minutes pass
  alice~ next.dispatched role.desk
  feng: card.case (photo)

# a photo that is none is told once and the report goes on
alice in willow (broken): @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
  willow: photo.refused
  case: photos=0 dispatched

# a finisher's photo that is none is told to the finisher
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
li presses accept
  willow~ accepted
  li~ accepted
li presses finish
  li: ask_result
li alone (broken): 修好了
  willow~ next.done
  willow: case.done
  li~ state.done
  li: duty.thanks
  li: photo.refused

# the same message twice is one case
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
again
  cases: 1

# an edited message brings the new words
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice edits in willow: @bot 柳岸路3号门口的路灯坏了,还在冒火花
  willow*
  li*
  cases: 1

# an edited message of a neighbour is nobody's
bob in willow: 今天天气真好
bob edits in willow: 柳岸路3号门口的路灯坏了
  cases: 0

# personal numbers do not reach the card
alice in willow: @bot 柳岸路3号门口的路灯坏了,打我电话13812345678,身份证330106199001011234
  willow*
  li: card.case !"13812345678" !"330106199001011234" "138****5678"

# forged buttons do nothing
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
bob forges accept:{n} in willow
bob forges solved:{n} in willow
bob forges done:{n}
bob forges take:{n}
bob forges case:{n}
  bob: mine.no_such_case
alice forges accept:{n} in willow
alice forges accept:00000000 in willow
alice forges kind:{n}:no.such.kind in willow
  willow~ next.dispatched
alice forges place:{n}:99999999999999999999 in willow
  willow~ ask.place_group
alice forges place:{n}:² in willow
  willow~ ask.place_group
alice forges kind:{n} in willow
  willow~ next.dispatched
li forges accept:١٢٣٤٥٦٧٨
li forges :::::
li forges accept
li forges nothing:at:all
li forges xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
li forges offer:yes:{n}
li forges faq:no_such_entry
li forges hears:listen
  li: groups.only_in_group
wang forges accept:{n}
  wang: duty.not_yours
wang forges finish:{n}
  wang: duty.not_yours
wang forges done:{n}
  wang: duty.not_yours
wang forges giveback:{n}
  wang: duty.not_yours
he forges take:{n}
  he: duty.not_yours
li forges done:{n}
  li~ state.dispatched
li forges arrived:{n}
  li~ state.dispatched
  case: dispatched holder=li
"""


@dialogs(GROUPS)
async def test_groups(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)


@dialogs(DANGER)
async def test_danger(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)


@dialogs(BAD)
async def test_bad_input(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
