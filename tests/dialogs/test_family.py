"""The family guard in chat: both agree, either ends it, and who has no part in it presses in vain."""

from __future__ import annotations

from pathlib import Path

from nlu.model import Model
from tests.dialogs.play import Dialog, dialogs, play

FAMILY = """
# granny asks and her son agrees and each sees it
granny alone: 家人
  granny: family.none [family_add]
granny presses family_add
  granny: family.ask consent.family.v1 [family_yes family_no]
granny presses family_yes
  granny: family.code "t.me/wuyou_bot?start=fam-"
son alone: 家人 {code}
  son: family.agree "granny" [family_agree family_refuse]
son presses family_agree
  son: family.linked_hears "granny"
  granny: family.linked_tells "son"
granny alone: /family
  granny: family.shown family.tells [family_add family_part]
son alone: 家人守护
  son: family.shown family.hears [family_add family_part]
  cases: 0

# it works by the link as well and however the code is typed
granny alone: /family
  granny: family.none
granny presses family_add
  granny: family.ask
granny presses family_yes
  granny: family.code
son alone: /start fam-{code}
  son: family.agree
son alone: family: {code}
  son: family.agree
son presses family_agree
  son: family.linked_hears
  granny: family.linked_tells

# either ends it with one button and the other hears so
granny alone: 家人
  granny: family.none
granny presses family_add
  granny: family.ask
granny presses family_yes
  granny: family.code
son alone: 家人 {code}
  son: family.agree
son presses family_agree
  son: family.linked_hears
  granny: family.linked_tells
son presses family_part on family.linked_hears
  son: family.parted "granny"
  granny: family.parted_by_other "son"
granny alone: 家人
  granny: family.none
granny presses family_part on family.linked_tells
  granny: family.parted_already

# nobody is their own guard and the code stays open
granny alone: 家人
  granny: family.none
granny presses family_add
  granny: family.ask
granny presses family_yes
  granny: family.code
granny alone: 家人 {code}
  granny: family.own_code
son alone: 家人 {code}
  son: family.agree

# a code is good once
granny alone: 家人
  granny: family.none
granny presses family_add
  granny: family.ask
granny presses family_yes
  granny: family.code
son alone: 家人 {code}
  son: family.agree
stranger alone: 家人 {code}
  stranger: family.agree
son presses family_agree
  son: family.linked_hears
  granny: family.linked_tells
stranger presses family_agree
  stranger: family.no_code
son presses family_agree
  son: family.no_code
stranger alone: 家人 {code}
  stranger: family.no_code

# a code is good for a day
granny alone: 家人
  granny: family.none
granny presses family_add
  granny: family.ask
granny presses family_yes
  granny: family.code
son alone: 家人 {code}
  son: family.agree
25 hours pass
son presses family_agree
  son: family.no_code

# a new code ends the one before and no is an answer
granny alone: 家人
  granny: family.none
granny presses family_add
  granny: family.ask
granny presses family_no
  granny: family.as_it_was
granny presses family_yes
  granny: family.code
son alone: 家人 {code}
  son: family.agree
granny presses family_yes
  granny: family.code
son presses family_agree
  son: family.no_code
son alone: 家人 {code}
  son: family.agree
son presses family_refuse
  son: family.as_it_was
  granny: family.refused
son presses family_agree
  son: family.no_code

# who is linked already is told so
granny alone: 家人
  granny: family.none
granny presses family_add
  granny: family.ask
granny presses family_yes
  granny: family.code
son alone: 家人 {code}
  son: family.agree
son presses family_agree
  son: family.linked_hears
  granny: family.linked_tells
granny presses family_yes
  granny: family.code
son alone: 家人 {code}
  son: family.already "granny"

# forged buttons open nothing and in a group nothing is said of a family
stranger alone: 家人
  stranger: family.none
stranger forges family:part:t123
  stranger: family.parted_already
stranger forges family:agree:K7QF3MAB
  stranger: family.no_code
stranger forges family:agree:
  stranger: family.no_code
stranger forges family:
  stranger: family.none
alice in willow: @bot 家人
  willow: mine.in_private_only
  cases: 0
"""


@dialogs(FAMILY)
async def test_the_family_guard_in_chat(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)
