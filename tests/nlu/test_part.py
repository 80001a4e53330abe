"""What a street knows, as far as it is for whoever asks: a more special entry stands in for the general one."""

from __future__ import annotations

from nlu.audience import Audience
from nlu.lexical import Lexicon
from nlu.part import Part
from nlu.understanding import Entry

POOL = Entry("pool", "游泳馆怎么办卡", ("游泳馆几点开门", "哪里可以游泳"), "带身份证去窗口。")
BRIDGE = Entry("pool_bridge", "新桥游泳馆", ("新桥那边能游吗",), "在修，三月再开。")
LIBRARY = Entry("library", "图书馆几点开门", ("借书要带什么",), "九点开门。")


def whole() -> Lexicon:
    return Lexicon((POOL, BRIDGE, LIBRARY))


def test_the_stand_in_answers_what_was_asked_in_the_words_of_the_general_one() -> None:
    street = whole()
    part = Part(street, instead={"pool": "pool_bridge"}, special={"pool_bridge": 1})
    general = street.answers("哪里可以游泳")[0]
    best = part.answers("哪里可以游泳")[0]
    assert (general.entry, best.entry) == ("pool", "pool_bridge")
    assert best.score == general.score
    assert "pool" not in [each.entry for each in part.answers("游泳馆几点开门")]


def test_it_stands_there_once_with_the_better_score_and_all_that_is_covered() -> None:
    street = whole()
    part = Part(street, instead={"pool": "pool_bridge"}, special={"pool_bridge": 1})
    asked = "新桥游泳馆怎么办卡"
    both = {each.entry: each for each in street.answers(asked, 5)}
    found = [each for each in part.answers(asked, 5) if each.entry == "pool_bridge"]
    assert len(found) == 1
    assert found[0].score == max(both["pool"].score, both["pool_bridge"].score)
    assert found[0].coverage == max(both["pool"].coverage, both["pool_bridge"].coverage)


def test_elsewhere_the_general_one_stands_and_the_special_one_is_not_seen() -> None:
    part = Part(whole(), hidden=frozenset({"pool_bridge"}))
    assert part.answers("游泳馆怎么办卡", 5)[0].entry == "pool"
    assert all(each.entry != "pool_bridge" for each in part.answers("新桥游泳馆", 5))
    assert part.title("pool_bridge") == ""
    assert part.title("pool") == POOL.title


def test_a_stand_in_that_is_not_for_the_asker_takes_the_general_one_with_it() -> None:
    part = Part(whole(), hidden=frozenset({"pool_bridge"}), instead={"pool": "pool_bridge"})
    assert all(each.entry == "library" for each in part.answers("游泳馆几点开门", 5))


def test_what_an_encoder_finds_like_goes_to_the_stand_in_as_well() -> None:
    part = Part(whole(), hidden=frozenset({"library"}), instead={"pool": "pool_bridge"})
    assert part.likely({"pool": 0.9, "pool_bridge": 0.4, "library": 0.8}) == {"pool_bridge": 0.9}


def test_an_entry_for_those_who_are_named_goes_first() -> None:
    street = Lexicon(
        (
            Entry("card", "公交卡怎么办", ("公交卡去哪办",), "窗口办。"),
            Entry("elder", "老人公交卡怎么办", ("公交卡去哪办理",), "社区办。"),
        )
    )
    part = Part(street, meant={"elder": Audience.ELDERS})
    assert part.answers("老人公交卡怎么办")[0].entry == "elder"
    scores = [each.score for each in part.answers("公交卡去哪办")]
    assert scores == sorted(scores, reverse=True)
