"""Aspects: what of a matter a short question asks for (papers, fee, place, hours ...), and which sentences tell it."""

from __future__ import annotations

import re
from enum import StrEnum


class Aspect(StrEnum):
    """One side of a matter that people ask for by itself."""

    BRING = "bring"
    FEE = "fee"
    PLACE = "place"
    HOURS = "hours"
    LASTS = "lasts"  #: How long it takes, or holds.
    ONLINE = "online"
    PROXY = "proxy"  #: May somebody else go?
    PHONE = "phone"
    WHO = "who"  #: Who may, from what age, under which conditions.


# How it is asked for, and what a sentence has that tells it; of normalised text.
_ASPECTS: tuple[tuple[Aspect, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        Aspect.BRING,
        re.compile(
            r"(?:带|拿|备|交|准备|需要|提供|要)(?:些|点)?(?:什么|啥|哪些)|材料|证件|手续|原件|复印件|照片"
            r"|要不要(?:带|拿)|what (?:do|should|must) i bring|bring|documents?|papers"
        ),
        re.compile(
            r"带(?!动|来|头)|凭|材料|身份证|户口[本簿]|证明|合同|复印件|原件|照片|病历|发票"
            r"|bring|identity card|certificate|contract|photo|papers|documents?"
        ),
    ),
    (
        Aspect.FEE,
        re.compile(r"多少钱|几块|几元|收费|费用|要钱|花钱|免费|贵不贵|交钱|how much|cost|fee|free|pay"),
        re.compile(r"元|收费|免费|费用|不要钱|不花钱|工本费|自费|fee|free|cost|yuan|pay"),
    ),
    (
        Aspect.PLACE,
        re.compile(
            r"哪[里儿]|去哪|在哪|哪个(?:地方|窗口|部门|单位)|什么地方|地址|怎么走|where|which (?:office|counter)"
        ),
        re.compile(
            r"窗口|中心|派出所|服务站|大厅|到(?!期|场|账|了|位).{1,12}(?:办|领|交|登|填|报)|地址|地点|村社|居委会|银行|医院"
            r"|[路街]\d+号|counter|cent(?:er|re)|station|office|hospital|bank"
        ),
    ),
    (
        Aspect.HOURS,
        re.compile(
            r"几点|什么时[候间]|啥时候|上班|下班|周[末一二三四五六日]|星期|开门|关门|营业|开放|节假日|中午"
            r"|when|open|hours|weekend|sunday|saturday"
        ),
        re.compile(
            r"[点时](?:到|至|半|前|后|起|以)|上午|下午|中午|早上|晚上|周[末一二三四五六日]|工作日|节假日|每天|全天|24小时|双休"
            r"|o'clock|\d ?[ap]\.?m|every day|weekday|weekend|monday|sunday|saturday|open"
        ),
    ),
    (
        Aspect.LASTS,
        re.compile(r"多久|几天|多长时间|多少天|等几|几个月|当天|有效期|管几年|how long|how many days"),
        re.compile(
            r"(?<!满)(?<!住)(?<!第)(?:\d+|[一二两三四五六七八九十半几]+)个?(?:工作日|天|月|星期|小时|分钟|年)"
            r"|当场|当天|马上|及时|days?|weeks?|months?|minutes|hours|at once"
        ),
    ),
    (
        Aspect.ONLINE,
        re.compile(r"网上|线上|手机|app|小程序|微信|支付宝|不用跑|online|by phone|on my phone"),
        re.compile(r"网上|线上|手机|app|小程序|公众号|微信|支付宝|私聊|网站|online|app\b|website|privately"),
    ),
    (
        Aspect.PROXY,
        re.compile(r"代办|代领|别人|本人|家[里人]|子女|儿子|女儿|老伴|替|代|帮.{0,4}办|someone else|for my|in person"),
        re.compile(r"代办|代领|代为|本人|家[里人]属?|子女|委托|上门|帮您|person|family|on your behalf|come to you"),
    ),
    (
        Aspect.PHONE,
        re.compile(r"电话|打给谁|号码多少|怎么联系|联系方式|phone number|call|contact"),
        re.compile(r"电话|拨打?|打(?!开|印|扫|架)|联系|\d{5,}|call|phone|hotline"),
    ),
    (
        Aspect.WHO,
        re.compile(r"谁|哪些人|什么人|什么条件|条件|够不够|几岁|多大|多少岁|资格|who|how old|condition|qualif"),
        re.compile(r"满.{0,6}[岁年月]|条件|才能|可以(?:申请|申领|领)|符合|户籍|岁|对象|if you|aged|years|qualif"),
    ),
)
_SENTENCE = re.compile(r"[^。！？!?;；\n]+(?:[。！？!?;；\n]|$)")
_ENGLISH = re.compile(r"\S.*?(?:[.!?;](?=\s|$)|$)", re.DOTALL)


def aspects(asked: str) -> frozenset[Aspect]:
    """Returns what normalised `asked` asks for; empty when it asks for no one side."""
    return frozenset(aspect for aspect, question, _ in _ASPECTS if question.search(asked))


def part(answer: str, asked: str) -> str:
    """Returns the sentences of `answer` that tell what normalised `asked` asks for, as they stand there.

    Empty when it asks for no one side, or no sentence or every sentence tells it: then the whole answer is the answer.
    """
    wanted = aspects(asked)
    if not wanted:
        return ""
    telling = [tells for aspect, _, tells in _ASPECTS if aspect in wanted]
    sentences = sentences_of(answer)
    found = [each for each in sentences if any(tells.search(each.lower()) for tells in telling)]
    if not found or len(found) == len(sentences):
        return ""
    return (" " if answer.isascii() else "").join(found)


def sentences_of(text: str) -> list[str]:
    """Returns the sentences of `text`, trimmed, in their order."""
    pattern = _ENGLISH if text.isascii() else _SENTENCE
    return [each.strip() for each in pattern.findall(text) if each.strip()]
