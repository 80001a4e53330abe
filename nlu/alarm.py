"""Alarm: how likely somebody is in danger there and now, by what was learnt; beside the patterns of `danger`.

People tell of danger in a thousand calm ways. Who it is, where, and what happens are few; these and their pairs are
learnt from together with the characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nlu.linear import Linear, softmax
from nlu.peril import CHILD, ELECTRIC, FALLS, OLD, OUTSIDE, SWIMS, UNWATCHED, WATER, WIRE
from nlu.understanding import Emergency

#: The label of what tells of no danger. The others are those of Emergency.
CALM = "calm"
READ = 200  #: Characters searched for hints.

_HINTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        # who
        ("child", CHILD),
        ("old", OLD),
        ("I", "我|俺|阿拉|咱"),
        (
            "near ones",
            "[爸妈爹娘爷奶公婆叔伯姨舅姑哥弟姐妹嫂]|老公|老婆|老伴|媳妇|儿子|女儿|闺女|邻居|隔壁|对门|楼[上下]|师傅|工人|工友",
        ),
        ("somebody", "有人|有个|一个(?:人|男|女|小|老)|几个"),
        ("beast", "狗|犬|蛇|蜂|野猪"),
        # where
        ("water", f"{WATER}|水里|水边|冰"),
        ("high", rf"{OUTSIDE}|[三四五六七八九十\d]楼|高处|半空"),
        ("road", "车|马路|高速|高架|铁轨|铁路|路中间|隧道"),
        # what
        ("swims", SWIMS),
        ("unwatched", UNWATCHED),
        ("electricity", f"{ELECTRIC}|{WIRE}|漏电|有电|触电|插座|电闸|电瓶|电池"),
        ("overhead", FALLS),
        ("smoke", "烟(?!花|囱|头|火)|冒|焦|糊味|火(?!锅|车|腿|气)|烧|着了|烫手"),
        ("gas", "煤气|燃气|天然气|液化气|瓦斯|沼气|阀门|炭|煤炉|漏气|气味|臭鸡蛋"),
        ("smell", "味|闻|呛|刺鼻"),
        (
            "ill",
            "晕|昏|吐|喘|抽|麻|疼|痛|冷汗|发紫|发青|发白|发乌|肿|血|断|歪|抖|烧到|烫|噎|吞|卡",
        ),
        ("body", "头|脑壳|手|脚|腿|胳膊|膀子|嘴|脸|胸|心口|肚子|眼睛|脖子|舌头|喉咙|身子"),
        (
            "no answer",
            "不应|没应|叫不|喊不|没反应|没动静|不动|不答应|不醒|没声|不吱声|起不来|没气|站不|动不了"
            "|不出来|出不来|下不来|回不来|没上来|拔不|抽不",
        ),
        ("knocks", "敲门|打电话|电话|喊了|拍门"),
        ("long", r"[两二三四五六七八九十几\d]+(?:天|个?钟头|个?小时|分钟|夜)|半天|好久|一直"),
        ("weapon", "刀|棍|斧|锤|铁管|砖|酒瓶|枪|扳手|剪|汽油"),
        ("hits", "打|砸|踹|掐|捅|砍|追|抢|拖|堵|撬|闯|翻进|威胁|绑"),
        ("dies", "不想活|活着|死|跳|轻生|遗书|安眠药|农药|割|一了百了|走了算|对不起|再见|永别|结束"),
        ("stuck", "锁|关在|困|卡|夹|压|埋|陷|掉[进到在]|栽"),
        ("falls", "摔|跌|掉|滑|倒|翻|塌|滚|坠"),
        ("cries", "哭|喊|叫|救命|求救"),
        ("soon", "快|马上|要(?=掉|倒|塌|断)|随时|还在|里面还|越来越|正在|现在|刚才|突然"),
        # and what takes it away
        ("over", "已经|好了|解决|没事|找到|虚惊|处理|修好|扑灭"),
        ("once", "以前|当年|小时候|去年|上次|上个?月|前年|那年|曾经|昨[天晚]|上学期|年前"),
        (
            "told",
            "新闻|电影|电视|视频|抖音|剧|小说|游戏|听说|听.{0,3}讲|片|梦|直播|广播|文章|演|练|课|讲座|培训|宣传|玩",
        ),
        ("asks", "如果|万一|怎么|能不能|可以|吗|多少|哪里|会不会|要不要|为什么|什么"),
        ("jokes", "哈哈|笑|得要|得我|像|似的|一样"),
        ("warns", "通知|提醒|公告|大家|注意|请|各位|转发"),
        ("to be mended", "修|换|处理|管管|清理|补|检修|建议|投诉|反映|什么时候"),
        ("nuisance", "吵|噪音|油烟|垃圾|脏|臭|乱停|堵了|占"),
    )
)


def hints(text: str) -> dict[str, float]:
    """Returns who, where and what normalised `text` speaks of, and every two of them that stand in it together."""
    text = text[:READ]
    found = [name for name, pattern in _HINTS if pattern.search(text)]
    told = {f"<{name}>": 1.0 for name in found}
    for at, name in enumerate(found):
        for other in found[at + 1 :]:
            told[f"<{name} & {other}>"] = 1.0
    return told


def alarm(linear: Linear, counts: Mapping[str, float], text: str) -> tuple[Emergency, float]:
    """Returns the likeliest danger in normalised `text`, whose n-grams are `counts`, and the probability of any."""
    p = softmax(linear.logits({**counts, **hints(text)}) / linear.temperature)
    shares = dict(zip(linear.labels, p.tolist(), strict=True))
    calm = shares.pop(CALM, 0.0)
    return Emergency(max(shares, key=lambda each: shares[each])), 1.0 - calm
