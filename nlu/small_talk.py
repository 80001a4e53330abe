"""Small talk: what somebody says to the bot alone who wants nothing of the city; and trouble, which is never small."""

from __future__ import annotations

import re

from nlu.understanding import Intent, Understanding

#: Longer than this it is a story, and a story is listened to.
MOST = 24
#: Talk from this probability on; and at most so much of a report or a missing person, and of a wish for a person.
_TALK, _MATTER, _PERSON = 0.6, 0.15, 0.35

# "Are you there?" "Who are you?" "A joke, please." "Have you eaten?" "What time is it?"
_TO_THE_BOT = re.compile(
    r"^(?:喂+|哎|嗨|哈[喽啰罗]|你好|您好|hello|hi|hey|请问|那个|小?无?忧|机器人|小助手|,|!|\s)*(?:"
    r"(?:有没有人|有人|在)(?:在|吗|么|嘛|不|没|啊|呀|呢)*(?:在)?|(?:你|您)(?:还)?在(?:不在|吗|么|不|线|哪)?(?:吗)?|在不在|在线吗"
    r"|(?:你|您)(?:到底)?(?:是|叫)(?:个)?(?:谁|啥|什么|哪位|干嘛|干什么|做什么|真人|人|男|女|机器|ai|chatgpt|不是)(?:的|名字|名儿|东西|人|呀|啊|吗|么|吧|还是(?:机器人?|真人|人|电脑|ai|程序|男|女))*"
    r"|(?:你|您)(?:会|能)(?:干|做|聊|说|唱|帮)(?:点|些|什么|啥|嘛|吗|我|忙|干|做)*|(?:你|您)(?:今年)?(?:多大|几岁)(?:了|啦|呀)?"
    r"|(?:给我|跟我|再|来|帮我|你)*(?:讲|说|来)(?:个|一个|点|段)(?:笑话|故事|段子|冷笑话|鬼故事)(?:听听|呗|吧|吗)?|(?:给我|来)?唱(?:首|个|支|一首)?歌?(?:听听|吧|呗)?"
    r"|(?:你|您)?(?:早饭|午饭|中饭|晚饭|饭)?吃(?:过|了|饱)(?:饭)?(?:了)?(?:没有?|吗|伐|么|不)(?:啊|呀|你)?"
    r"|(?:现在|请问)?几点(?:钟)?了?(?:呀|啊)?|今天(?:是)?(?:星期|礼拜|周)几(?:呀|啊)?|今天几号(?:了|呀)?|(?:今天|明天|外面|现在)(?:的)?天气(?:怎么样|如何|好不好|好吗|咋样)"
    r"|(?:跟我|陪我|咱们?|我们|随便|来)*(?:聊聊|唠唠|聊|唠)(?:会儿|天|嗑|一会|吧|呗)*|(?:好|真|太)?无聊(?:啊|呀|死了|哦)?|测试?(?:试|一下)*|试(?:试|一下)(?:看)?"
    r"|(?:[0-9一二三四五六七八九十]+(?:[+\-*x乘加减]|除以)[0-9一二三四五六七八九十]+(?:等于(?:几|多少)|[=?]|是几)*)"
    r"|who are you|what(?:'s| is) your name|are you (?:a )?(?:bot|robot|human|real|there)"
    r"|tell me a joke|how are you(?: today| doing)?|anybody there|anyone there|what can you do"
    r")[啊呀呢哦嘛\s,。.!?~]*$"
)
# Whoever says one of these is not making conversation.
_TROUBLE = re.compile(
    "难过|伤心|心情(?:很|好|特别)?(?:不好|差|糟|低落)|难受|不舒服|疼|痛|害怕|好怕|怕死|恐惧|绝望|崩溃|撑不(?:住|下去)|熬不(?:住|下去)|受不了|活着|想死|死了算|没意思|没人(?:陪|管|理|要|说话)|孤单|孤独|寂寞"
    "|想哭|哭|压力|失眠|抑郁|焦虑|欺负|打我|骂我|威胁|跟踪|救|求(?:求|助|你)|帮帮|怎么办|出事|不见了|走丢|没钱|没饭|饿|生病|病了|吃不下|睡不着|想不开|对不起|告别|再见了|永别|遗书|后悔|委屈|累了不想"
    r"|\b(?:sad|lonely|afraid|scared|hurt|pain|ill|sick|cry|crying|depressed|hopeless|hungry|help|die|alone)\b"
)


def troubled(text: str) -> bool:
    """Whether normalised `text` has a word of distress: a person should read it."""
    return bool(_TROUBLE.search(text))


def small_talk(heard: Understanding) -> bool:
    """Whether the words are talk to the bot alone: no matter, no place, no distress, no wish for a person."""
    text = heard.text
    if not text or len(text) > MOST or heard.emergency or heard.violent or heard.places or heard.foreign:
        return False
    if troubled(text):
        return False
    if _TO_THE_BOT.match(text):
        return True
    p = {each.label: each.p for each in heard.intents}
    talk = p.get(Intent.CHAT, 0.0) + p.get(Intent.GREET, 0.0)
    matter = p.get(Intent.REPORT, 0.0) + p.get(Intent.MISSING, 0.0)
    return talk >= _TALK and matter < _MATTER and p.get(Intent.HUMAN, 0.0) < _PERSON
