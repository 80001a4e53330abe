"""Places, times, numbers of people, dangers and moods in a sentence."""

from datetime import UTC, datetime

import pytest

from nlu.danger import emergency, mood, violent
from nlu.entities import people, places
from nlu.lexical import Lexicon
from nlu.normalise import normalise
from nlu.times import LOCAL, when
from nlu.understanding import Emergency, Mood

NOW = datetime(2026, 3, 18, 15, 0, tzinfo=LOCAL).astimezone(UTC)  # a Wednesday


@pytest.fixture(scope="module")
def street() -> Lexicon:
    return Lexicon(places=("幸福苑", "幸福苑二期", "东门菜场", "新桥", "X"))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("我住在幸福苑3幢2单元502室", ["幸福苑3幢2单元502室"]),
        ("幸福苑二期门口有狗", ["幸福苑二期门口"]),
        ("东门菜场后面棚子烧起来了", ["东门菜场后面"]),
        ("文一路和古墩路交叉口有个坑", ["文一路和古墩路交叉口"]),
        ("和平路12号门口的井盖没了", ["和平路12号门口"]),
        ("翠苑新村5幢地下车库积水", ["翠苑新村5幢地下车库"]),
        ("3-2-502漏水", ["3-2-502"]),
        ("在阳光小区南门旁边", ["阳光小区南门旁边"]),
        ("她往新桥方向走了", ["新桥"]),
        ("从东门菜场到新桥一路都是", ["东门菜场", "新桥"]),
        ("走路走不过去", []),
        ("路灯坏了", []),
        ("今天天气真好", []),
    ],
)
def test_places_are_found(street: Lexicon, said: str, found: list[str]) -> None:
    spans = places(normalise(said), street)
    assert [span.text for span in spans] == found
    assert all(span.text == normalise(said)[span.start : span.end] for span in spans)


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("昨晚十点多", "17 22:00", "17 23:00"),
        ("昨天晚上10点半", "17 22:20", "17 22:40"),
        ("今天下午三点", "18 14:45", "18 15:15"),
        ("今天下午三点左右", "18 14:30", "18 15:30"),
        ("八点多有人吵", "18 08:00", "18 09:00"),
        ("昨晚一点多", "18 01:00", "18 02:00"),
        ("昨晚十二点", "17 23:45", "18 00:15"),
        ("半夜两点", "18 01:45", "18 02:15"),
        ("昨天下午两点到四点", "17 14:00", "17 16:00"),
        ("上午", "18 08:00", "18 12:00"),
        ("上周三", "11 00:00", "12 00:00"),
        ("周日上午九点", "15 08:45", "15 09:15"),
        ("3月5号", "05 00:00", "06 00:00"),
        ("两小时前", "18 12:30", "18 13:30"),
        ("3天前", "15 00:00", "16 00:00"),
        ("刚才", "18 14:30", "18 15:00"),
        ("昨天14:30", "17 14:20", "17 14:40"),
        ("明天下午", "19 12:00", "19 18:00"),
        ("前天下午三四点", "16 15:00", "16 16:30"),
        ("大前天", "15 00:00", "16 00:00"),
        ("刚刚", "18 14:30", "18 15:00"),
        ("半个钟头前", "18 14:22", "18 14:37"),
        ("上个礼拜天早上", "15 05:00", "15 10:00"),
        ("国庆那几天", "01 00:00", "08 00:00"),
        ("这几天", "15 15:00", "18 15:00"),
        ("一大早", "18 05:00", "18 09:00"),
        ("今早6:30左右", "18 06:00", "18 07:00"),
        ("昨儿个夜里", "17 20:00", "18 05:00"),
        ("两三天了", "15 00:00", "18 15:00"),
        ("今儿一早", "18 05:00", "18 09:00"),
        ("昨天半夜一两点", "17 01:00", "17 02:30"),
        ("前几天", "11 15:00", "17 15:00"),
        ("上个星期", "09 00:00", "16 00:00"),
        ("上个月", "01 00:00", "01 00:00"),
        ("三四个小时前", "18 10:37", "18 12:22"),
        ("十来分钟前", "18 14:44", "18 14:54"),
        ("一个半小时前", "18 13:07", "18 13:52"),
        ("几分钟前", "18 14:51", "18 15:00"),
        ("都一个礼拜了", "11 00:00", "18 15:00"),
        ("坏了好几天了晚上看不见", "14 00:00", "18 15:00"),
        ("五天没人管", "13 00:00", "18 15:00"),
        ("有两个小时了", "18 12:30", "18 15:00"),
        ("半个月了", "03 00:00", "18 15:00"),
        ("夜里头两点钟", "18 01:45", "18 02:15"),
        ("三更半夜", "17 23:00", "18 05:00"),
        ("天刚亮就开工", "18 05:00", "18 08:00"),
        ("天黑以后", "17 18:00", "18 00:00"),
        ("吃中饭的时候", "18 11:00", "18 14:00"),
        ("下班的时候", "17 16:00", "17 20:00"),
        ("春节期间", "16 00:00", "24 00:00"),
        ("大年三十晚上", "16 00:00", "17 00:00"),
        ("中秋节", "06 00:00", "09 00:00"),
        ("去年冬天", "01 00:00", "01 00:00"),
        ("3月初", "01 00:00", "11 00:00"),
        ("今年三月", "01 00:00", "01 00:00"),
        ("3/15", "15 00:00", "16 00:00"),
        ("2026-03-15 14:20", "15 14:10", "15 14:30"),
        ("本月十五号", "15 00:00", "16 00:00"),
        ("12号晚上", "12 18:00", "13 00:00"),
        ("周末", "14 00:00", "16 00:00"),
        ("周一到周五", "16 00:00", "21 00:00"),
        ("早上七八点钟", "18 07:00", "18 08:30"),
        ("下午2-4点", "18 14:00", "18 16:00"),
        ("晚上九点到十一点之间", "17 21:00", "17 23:00"),
        ("从早上八点到现在", "18 07:45", "18 15:00"),
        ("从昨天开始", "17 00:00", "18 15:00"),
        ("上午十点前", "18 07:00", "18 10:00"),
        ("八点差五分", "18 07:45", "18 08:05"),
        ("差十分八点", "18 07:40", "18 08:00"),
        ("零点", "17 23:45", "18 00:15"),
        ("午夜", "17 23:00", "18 01:00"),
        ("凌晨3点50", "18 03:40", "18 04:00"),
        ("昨夜头", "17 20:00", "18 05:00"),
        ("今朝早上", "18 05:00", "18 10:00"),
        ("待会", "18 15:00", "18 16:00"),
    ],
)
def test_a_time_phrase_is_a_range_of_instants(said: str, start: str, end: str) -> None:
    found = when(normalise(said), NOW)
    assert found is not None
    assert [each.astimezone(LOCAL).strftime("%d %H:%M") for each in found] == [start, end]
    assert all(each.tzinfo is UTC for each in found)


@pytest.mark.parametrize(
    "said",
    [
        *("每天晚上都吵", "差一点摔倒", "两点建议", "二月三十号", "25点", "我想吃点心", "早就坏了", "路灯坏了", ""),
        *(
            "每天晚上十一点到两点",
            "天天凌晨",
            "隔三差五",
            "一天到晚都在响",
            "国庆路有个坑",
            "两天一次",
            "三月",
            "3-2-502",
        ),
    ],
)
def test_no_time_is_no_time(said: str) -> None:
    assert when(normalise(said), NOW) is None


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("三个人在打架", 3),
        ("里面有5个老人", 5),
        ("十几个小青年", 10),
        ("四五个人围着", 4),
        ("二十几号人", 20),
        ("两个小孩", 2),
        ("两个人行道坏了", None),
        ("一个坑", None),
        ("路灯坏了", None),
    ],
)
def test_people_are_counted(said: str, count: int | None) -> None:
    assert people(normalise(said)) == count


@pytest.mark.parametrize(
    ("said", "danger"),
    [
        ("着火了", Emergency.FIRE),
        ("楼上冒黑烟快来人", Emergency.FIRE),
        ("厨房着火了怎么办", Emergency.FIRE),
        ("家里一股煤气味", Emergency.GAS),
        ("闻到煤气味怎么办", Emergency.GAS),
        ("燃气泄漏了", Emergency.GAS),
        ("我被困在电梯里了", Emergency.TRAPPED),
        ("电梯里关了两个老人", Emergency.TRAPPED),
        ("有人晕倒在路上", Emergency.INJURY),
        ("老人摔倒起不来了", Emergency.INJURY),
        ("孩子掉河里了", Emergency.INJURY),
        ("有人打架动刀了", Emergency.VIOLENCE),
        ("我老公又打我了", Emergency.VIOLENCE),
        ("他拿着菜刀", Emergency.VIOLENCE),
    ],
)
def test_danger_is_heard(said: str, danger: Emergency) -> None:
    assert emergency(normalise(said)) is danger


@pytest.mark.parametrize(
    "said",
    [
        "灭火器怎么用",
        "没有着火，是烧烤",
        "万一着火大家从哪里跑",
        "要是着火了怎么办",
        "飞线充电容易着火",
        "去年着火那次",
        "防火讲座几点开始",
        "有火灾隐患",
        "没人受伤",
        "火已经扑灭了",
        "把我气得要着火",
        "嗓子都冒烟了",
        "眼皮打架",
        "煤气灶打不着火了",
        "热水器点不着火",
        "今天生意火爆",
        "我血压高",
        "遇到困难找谁",
        "我在外面打工",
        "请打我电话",
        "轮胎漏气了",
        "困死了想睡觉",
        "公交车站在哪里",
        "",
    ],
)
def test_talk_of_danger_is_not_danger(said: str) -> None:
    assert emergency(normalise(said)) is None


def test_words_of_violence_make_a_quarrel_urgent() -> None:
    assert violent("他动手打我")
    assert violent("夫妻吵架摔东西喊救命")
    assert not violent("两口子拌嘴")
    assert not violent("他没有打人")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("谢谢你们", Mood.THANKS),
        ("辛苦了👍", Mood.THANKS),
        ("都说了多少遍了到底管不管", Mood.ANGER),
        ("谢谢啊，等了三天还不来，气死我了", Mood.ANGER),
        ("谢谢你全家", Mood.ANGER),
        ("路灯坏了", None),
    ],
)
def test_thanks_and_anger_are_heard(said: str, heard: Mood | None) -> None:
    assert mood(normalise(said)) is heard


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("there is a fire in building 3", Emergency.FIRE),
        ("the fire hydrant is broken", None),
        ("what should i do if there is a fire", None),
        ("i smell gas in the kitchen", Emergency.GAS),
        ("i am trapped in the lift", Emergency.TRAPPED),
        ("someone is fighting downstairs", Emergency.VIOLENCE),
        ("my husband beats me", Emergency.VIOLENCE),
        ("an old man fell and cannot get up", Emergency.INJURY),
        ("help", Emergency.INJURY),
        ("who can help me with my pension", None),
        ("are fireworks allowed", None),
    ],
)
def test_danger_in_plain_english(text: str, danger: Emergency | None) -> None:
    assert emergency(text) is danger
