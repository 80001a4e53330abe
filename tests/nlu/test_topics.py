"""A day's texts by what they are about, each topic with a name of their own words."""

from __future__ import annotations

from nlu.topics import group

DAY = [
    "3幢门口垃圾没人收，堆成山了",
    "幸福小区停水了，什么时候来水",
    "垃圾桶满了没人收，臭死了",
    "路灯不亮了，晚上走路看不见",
    "我家也停水了，一点水都没有",
    "垃圾好几天没人收了，都是苍蝇",
    "停水也不通知一声",
    "楼下的路灯坏了，黑漆漆的",
    "",
    "😀",
]


def test_like_texts_stand_together_and_every_text_in_one_topic() -> None:
    topics = group(DAY)
    together = [set(topic.members) for topic in topics]
    assert {0, 2, 5} in together
    assert {1, 4, 6} in together
    assert {3, 7} in together
    assert sorted(place for topic in topics for place in topic.members) == list(range(len(DAY)))


def test_a_name_is_what_the_texts_share() -> None:
    names = {frozenset(topic.members): topic.name for topic in group(DAY)}
    assert "垃圾" in names[frozenset({0, 2, 5})]
    assert "停水" in names[frozenset({1, 4, 6})]
    assert names[frozenset({8, 9})] == ""


def test_the_same_day_gives_the_same_topics() -> None:
    assert group(DAY) == group(list(DAY))
    assert group(DAY) != ()
    assert group([]) == ()
    assert [topic.name for topic in group(["", " "])] == [""]
    assert group(["路灯坏了"])[0].members == (0,)


def test_no_text_breaks_it() -> None:
    odd = ["a", "1", "的", "\x00\x01", "好" * 100_000, "hello world", "路灯坏了" * 3, "是的", "。"]
    assert sorted(place for topic in group(odd) for place in topic.members) == list(range(len(odd)))
