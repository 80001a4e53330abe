"""Small talk, and words of distress that are none."""

from __future__ import annotations

import pytest

from nlu.normalise import normalise
from nlu.small_talk import small_talk, troubled
from nlu.understanding import Guess, Understanding


def heard(text: str, **p: float) -> Understanding:
    return Understanding(normalise(text), intents=tuple(Guess(label, share) for label, share in p.items()))


@pytest.mark.parametrize(
    "said",
    [
        "有人吗",
        "喂，在吗",
        "你在不在呀",
        "讲个笑话",
        "再讲个故事听听",
        "你是谁啊",
        "你叫什么名字",
        "你是机器人吗",
        "吃了吗",
        "你吃过饭没有",
        "几点了",
        "今天星期几",
        "今天天气怎么样",
        "1+1等于几",
        "陪我聊聊天",
        "好无聊啊",
        "测试一下",
        "唱首歌吧",
        "who are you",
        "tell me a joke",
    ],
)
def test_talk_to_the_bot_is_known_whatever_the_model_thinks(said: str) -> None:
    assert small_talk(heard(said, human=0.9, report=0.1))


@pytest.mark.parametrize(
    "said",
    [
        "有人吗，我家着火了",
        "在吗，楼下打起来了",
        "你是人还是机器？我要跟人聊",
        "有没有人来管管",
        "你们几点来修",
        "今天星期几收垃圾",
        "吃了吃坏肚子了",
        "讲个道理好不好，噪音太大了",
        "几点了还在敲墙",
        "有人在楼道抽烟",
    ],
)
def test_what_may_be_a_matter_is_no_talk(said: str) -> None:
    assert not small_talk(heard(said, report=0.5, chat=0.5))


@pytest.mark.parametrize(
    "said", ["我心情不好", "我好难过", "没人陪我说话", "活着太累了", "我害怕", "我睡不着，压力好大", "i feel so lonely"]
)
def test_distress_is_a_persons_even_where_it_sounds_like_talk(said: str) -> None:
    assert not small_talk(heard(said, chat=0.99))
    assert troubled(said)


def test_talk_is_believed_only_when_hardly_anything_else_is_likely() -> None:
    assert small_talk(heard("我家猫今天又胖了", chat=0.9, ask=0.1))
    assert not small_talk(heard("我家猫今天又胖了", chat=0.7, report=0.3))
    assert not small_talk(heard("我家猫今天又胖了" * 5, chat=0.99))
