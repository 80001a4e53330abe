"""The conversation that every engine must hold alike, and the hundred lines that teach a small Rasa to hold it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import nlu
from benchmarks.rasa import small
from nlu.rasa import write_project
from nlu.written import Written, read_folder

CONVERSATION = """
# every engine holds this conversation
alice in willow: @bot 居住证怎么办
  willow: faq.answer faq.source "带身份证去窗口" (reply)
  cases: 0
alice in willow: @bot 那要带什么呢
  willow: faq.answer faq.source "带身份证去窗口"
bob in willow: 今晚有人一起打牌吗
  cases: 0
alice in willow: @bot 柳岸路3号的路灯不亮好几天了，麻烦修一下
  willow: case.status head.received next.dispatched
  li: card.case service.light
  case: dispatched service.light holder=li
alice in willow: @bot 谢谢你
  willow: greet.thanks (reply)
  cases: 1
bob alone: 我想和真人聊
  bob: head.received role.desk
  feng: card.case service.other
  case: dispatched service.other holder=feng
  cases: 2
"""
#: Lines of the written data that it is made of: kinds of message and categories that a small Rasa has to know.
KNOWN = ("居住证怎么办", "那要带什么呢", "今晚有人一起打牌吗", "路灯不亮好几天了，麻烦修一下", "谢谢你", "我想和真人聊")
LINES = 100


def hundred(data: Written) -> Written:
    """Returns about a hundred lines of `data`: of every kind of message some, those of the conversation among them."""
    # What comes first in the data is taken.
    return small(replace(data, examples=tuple(sorted(data.examples, key=lambda each: each.text not in KNOWN))), LINES)


def main(arguments: Sequence[str]) -> None:
    """Writes a project for `rasa train nlu` with the hundred lines into a folder."""
    (out,) = arguments
    data = hundred(read_folder(Path(nlu.__file__).parent / "data"))
    write_project(data, Path(out))
    print(f"{len(data.examples)} lines for Rasa")


if __name__ == "__main__":
    main(sys.argv[1:])
