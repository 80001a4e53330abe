"""Which part of an answer a short question asks for; whom an answer is for; what an asker's part of the FAQ holds."""

from __future__ import annotations

import pytest

from nlu.aspects import Aspect, aspects, part
from nlu.audience import Audience, audience_of, audiences
from nlu.lexical import Lexicon
from nlu.part import Part
from nlu.understand import leans
from nlu.understanding import Entry

ANSWER = "满十六周岁可以申领。带身份证到派出所窗口办。第一次不收费。十五个工作日能拿到。也可以在网上预约。"


@pytest.mark.parametrize(
    ("asked", "aspect", "told"),
    [
        ("那要带什么?", Aspect.BRING, "带身份证到派出所窗口办。"),
        ("在哪办", Aspect.PLACE, "带身份证到派出所窗口办。"),
        ("要多少钱", Aspect.FEE, "第一次不收费。"),
        ("要几天", Aspect.LASTS, "十五个工作日能拿到。"),
        ("网上可以吗", Aspect.ONLINE, "也可以在网上预约。"),
        ("要满几岁", Aspect.WHO, "满十六周岁可以申领。"),
    ],
)
def test_a_follow_up_asks_for_one_side(asked: str, aspect: Aspect, told: str) -> None:
    assert aspect in aspects(asked)
    assert part(ANSWER, asked) == told


def test_without_a_sentence_for_it_the_whole_answer_stands() -> None:
    assert part(ANSWER, "电话多少") == ""
    assert part(ANSWER, "居住证") == ""
    assert part("带身份证来。", "要带什么") == ""
    assert part("", "要带什么") == ""


def test_an_english_answer_has_parts_too() -> None:
    answer = "Adults may apply. Bring your identity card to the counter. It is free of charge."
    assert part(answer, "how much is it") == "It is free of charge."


def test_a_short_question_that_says_nothing_leans_on_the_one_before() -> None:
    assert leans("那要带什么?")
    assert not leans("那老年证在哪办")
    assert not leans("路灯坏了")


def test_audiences_are_named_in_either_language() -> None:
    assert audience_of("房东") is audience_of("landlords") is Audience.LANDLORDS
    assert audience_of("") is Audience.ALL
    with pytest.raises(ValueError, match="nobody"):
        audience_of("nobody")
    assert Audience.ELDERS in audiences("我妈七十多岁了")
    assert audiences("路灯坏了") == frozenset()


def test_many_places_with_the_same_question_do_not_hide_the_one_that_holds_here() -> None:
    entries = [Entry(f"c{n}", f"垃圾几点投放{n}", ("垃圾几点投放", "几点可以扔垃圾")) for n in range(60)]
    whole = Lexicon(entries)
    hidden = frozenset(entry.id for entry in entries if entry.id != "c41")
    ours = Part(whole, hidden, special={"c41": 3})
    assert [each.entry for each in ours.answers("垃圾几点投放")] == ["c41"]
    assert ours.title("c41")
    assert ours.title("c1") == ""
    assert Part(whole).answers("垃圾几点投放") == whole.answers("垃圾几点投放")


def test_whom_it_is_for_decides_between_two_that_are_alike() -> None:
    whole = Lexicon([Entry("a", "登记要带什么", ("登记要什么材料",)), Entry("b", "登记带什么", ("登记要什么材料",))])
    meant = {"a": Audience.TENANTS, "b": Audience.LANDLORDS}
    ours = Part(whole, meant=meant)
    assert ours.answers("我是房东,登记要什么材料")[0].entry == "b"
    assert ours.answers("我租房的,登记要什么材料")[0].entry == "a"
