"""Person: what somebody who is missing looks like, as a family tells it in a hurry, by voice or by hand."""
# ruff: noqa: E501  (a pattern is read as one piece)

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from nlu.numbers import count, number

READ = 600  #: Characters searched.


class Gender(StrEnum):
    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class Person:
    """A description; None and "" is what was not said. Where and when they were last seen are places and time of the
    whole message."""

    age: float | None = None  #: Years; 0.67 is eight months.
    height: int | None = None  #: Centimetres.
    weight: float | None = None  #: Kilograms.
    build: str = ""  #: As it was said: 偏瘦, 矮胖.
    gender: Gender | None = None
    upper: str = ""  #: 红色外套
    lower: str = ""
    shoes: str = ""
    hat: str = ""
    hair: str = ""
    glasses: bool | None = None
    marks: tuple[str, ...] = ()  #: 拄拐杖, 耳背, 老年痴呆

    @property
    def told(self) -> int:
        """How many of the fields were said."""
        return sum(getattr(self, each.name) not in (None, "", ()) for each in fields(self))


_N = "[0-9]{1,3}|[一二两三四五六七八九十百零]{1,5}"
_AGE = re.compile(
    rf"(?<![\d第.])(?P<n>十几|几十|{_N})(?:多|几|来)?(?:周)?岁(?P<half>半)?(?!月)"
    r"|(?P<months>\d{1,2}|十[一二三四五六七八]?|[一二两三四五六七八九])个(?:多)?月(?:大|的?(?:宝宝|婴儿|孩子|娃))"
    rf"|(?:年龄|年纪|岁数|年近|年过|今年|快|都|已经)(?:是|:| )?(?P<said>{_N})(?:多|几)?(?=出头|高龄|的人|左右|[了,。 ;]|$)"
    rf"|(?:[爸妈爹娘爷奶公婆父母亲叔姨舅姑]|老人|老头子?|老太太?|老汉|老伴|孩子)[,: ]?(?P<bare>[6-9]\d|[五六七八九]十[一二三四五六七八九]?)(?=多|出头|[,。 ;了]|$)"
    r"|(?P<round>[二三四五六七八九]十|[2-9]0)(?:多岁?|出头|来岁)(?![个分块元斤米天人条户号家])"
)
_HEIGHT = re.compile(
    r"(?:(?P<m>[1一])?(?<![2-90两二三四五六七八九十百几])(?:米|m(?![a-z]))(?P<cm>[0-9]{1,2}|[一二三四五六七八九]{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?)(?P<half>半)?(?![\d米个])"
    r"|(?P<point>[01]\.\d{1,2})(?:米|m(?![a-z]))"
    r"|(?P<whole>1?\d\d|[一二][百零一二三四五六七八九十]{2,5}|[五六七八九]十[一二三四五六七八九]?)(?:公分|厘米|cm)"
    r"|(?:身高|个子|个头|高)(?:大概|大约|差不多|约|是|有|:| )*(?P<bare>1\d\d|[一]百?[零一二三四五六七八九十]{2,4})(?!斤|公斤))"
)
_WEIGHT = re.compile(
    r"(?:(?P<n>\d{2,3}|[一二]百[零一二三四五六七八九十]{0,3}|[三四五六七八九]十[一二三四五六七八九]?)(?:多|来|几)?(?P<unit>斤|公斤|kg|千克)"
    r"|体重(?:大概|大约|差不多|约|是|有|:| )*(?P<bare>\d{2,3}|[一二]百[零一二三四五六七八九十]{0,3}|[三四五六七八九]十[一二三四五六七八九]?))"
)
_BUILD = re.compile(
    "(?:偏|微|很|有点|比较|矮|高)?(?:瘦高|瘦小|瘦弱|清瘦|消瘦|矮胖|高瘦|高大|壮实|结实|偏瘦|偏胖|微胖|中等身材|身材中等|瘦瘦[小高]?的?|胖胖的?|胖(?=[,。 的]|$)|瘦(?=[,。 的]|$)|壮(?=[,。 的]|$))"
)
_COLOUR = "(?:大|暗|枣|玫|粉|橘|浅|深|淡|墨|军|藏|天|宝|米|驼|咖|卡|土|荧光|黑白|红白|蓝白)?(?:[红黑白灰蓝绿黄紫粉橙棕褐青花]|米白|咖啡|卡其|迷彩|格子|碎花|条纹|牛仔)(?:色|颜色)?(?:的)?"
_UPPER = "外套|上衣|衣服|衣裳|棉袄|袄子|棉衣|棉服|羽绒服|毛衣|毛线衣|t恤衫?|衬衫|衬衣|夹克衫?|马甲|背心|卫衣|大衣|风衣|外衣|西装|西服|睡衣|连衣裙|冲锋衣|短袖|长袖|工装|工作服|开衫|羊毛衫|唐装|旗袍|病号服|校服|雨衣|polo衫|汗衫|罩衫|衫"
_LOWER = "牛仔裤|运动裤|打底裤|长裤|短裤|西裤|棉裤|校裤|睡裤|裤子|裤|半身裙|短裙|裙子|裙"
_SHOES = "运动鞋|老北京布鞋|解放鞋|布鞋|拖鞋|皮鞋|凉鞋|球鞋|跑鞋|棉鞋|胶鞋|雨鞋|雨靴|靴子|鞋子?"
_HAT = "鸭舌帽|棒球帽|毛线帽|绒线帽|草帽|安全帽|太阳帽|渔夫帽|帽子|头巾"
# What may stand between a colour and its garment: no other colour, no other garment.
_BETWEEN = "(?:(?![红黑白灰蓝绿黄紫粉橙棕褐青穿戴件双条顶身和脚]|外套|大衣|上衣|[衣袄裤裙鞋帽衫服])[\u4e00-\u9fff])"
_HAIR = re.compile(
    "白头发|花白(?:的?头发)?|白发|短发|长头?发|卷发|卷毛|马尾辫?|双?辫子|光头|秃顶|谢顶|寸头|平头|齐肩发?|刘海|(?:头发|短头发|长头发)[花全]?白|染[黄红]头发|黄头发"
)
_GLASSES = re.compile(
    "(?P<no>没|不|未)?(?:有)?戴(?:着|了|副|个|一副|着副)*(?:[\u4e00-\u9fff]{0,4}?)(?:眼镜|老花镜|墨镜)"
)
_MARKS = re.compile(
    "拄(?:着)?拐(?:杖|棍)?|坐轮椅|推轮椅|驼背|跛脚?|瘸腿?|耳背|耳聋|听不见|聋哑|不会说话|说不清话|老年痴呆|老年性?痴呆|痴呆|阿尔茨海默症?|老糊涂|脑子不(?:太)?清楚|记性不好|智力(?:有?(?:问题|障碍|残疾))|智障|自闭症|精神(?:病|不好|有问题)|黄手环|手环|有胎记|[左右]?[脸手眉额]上?(?:有)?(?:块|颗|道)?(?:疤|痣|胎记)|心脏病|糖尿病"
)
_FEMALE = re.compile(
    "女(?:性|孩|儿|的|生|士|娃|,| |。)|[,。 :]女(?=[,。 ])|[妈娘奶婆姨婶嫂姐妹]|母亲|老太|姑娘|闺女|丫头|媳妇|囡"
)
_MALE = re.compile(
    "男(?:性|孩|的|生|士|娃|,| |。)|[,。 :]男(?=[,。 ])|[爸爹爷叔伯舅哥弟]|外公|父亲|老头|老汉|儿子|小伙|孙子|老公|丈夫|阿公"
)
_GONE = re.compile(
    "走丢|走失|不见了|找不到|找不着|没回[来家]|未归|失踪|寻人|丢了|走散|离家|出走|迷路|寻找|帮忙找|帮我找|有没有[看见]|看[到见](?:过)?|没影|联系不上|下落"
)
_WEARS = re.compile("穿|戴|身高|身材|上身|下身|上衣|外套")


def person(text: str) -> Person | None:
    """Returns what normalised `text` says somebody looks like; None when nobody is described.

    An age alone describes nobody ("满60岁怎么办证"): somebody has to be gone or seen, or more has to be told.
    """
    text = text[:READ]
    gone, wears = _GONE.search(text), _WEARS.search(text)
    if not gone and not wears:
        return None
    found = Person(
        age=_age(text),
        height=_height(text),
        weight=_weight(text),
        build=_first(_BUILD, text),
        upper=_garment(text, _UPPER, "上身|上衣"),
        lower=_garment(text, _LOWER, "下身|下面"),
        shoes=_garment(text, _SHOES, "脚上|脚穿|脚蹬"),
        hat=_garment(text, _HAT, "头戴|戴着?"),
        hair=_first(_HAIR, text),
        glasses=_glasses(text),
        marks=tuple(dict.fromkeys(each[0] for each in _MARKS.finditer(text))),
    )
    if not found.told or (not gone and found.told < 2):
        return None
    return replace(found, gender=_gender(text))


def _age(text: str) -> float | None:
    for found in _AGE.finditer(text):
        try:
            if found["months"]:
                return round(number(found["months"]) / 12, 2)
            years = count(found["n"] or found["said"] or found["bare"] or found["round"])
        except ValueError:
            continue
        if 0 < years <= 120 and (found["n"] or found["bare"] or years >= 3):
            return years + (0.5 if found["half"] else 0)
    return None


def _height(text: str) -> int | None:
    for found in _HEIGHT.finditer(text):
        try:
            if found["point"]:
                tall = round(float(found["point"]) * 100)
            elif found["cm"]:
                if not found["m"] and not re.search("身高|高|个", text[max(0, found.start() - 4) : found.start()]):
                    continue
                part = found["cm"]
                tens = number(part) * (10 if len(part) == 1 and part != "十" else 1)
                tall = round(100 + tens + (5 if found["half"] else 0))
            else:
                tall = _spoken(found["whole"] or found["bare"])
        except ValueError:
            continue
        if 40 <= tall <= 220:
            return tall
    return None


def _spoken(text: str) -> int:
    """一六五 is 165, 一百六 is 160."""
    return round(number(text))


def _weight(text: str) -> float | None:
    for found in _WEIGHT.finditer(text):
        try:
            heavy = number(found["n"] or found["bare"])
        except ValueError:
            continue
        unit = found["unit"] or ("斤" if heavy > 90 else "公斤")
        kilos = heavy / 2 if unit == "斤" else heavy
        if 2 <= kilos <= 200:
            return kilos
    return None


def _garment(text: str, kinds: str, where: str) -> str:
    """The first garment of these kinds with its colour: with one first, then as "上身红", then without."""
    if found := re.search(f"{_COLOUR}{_BETWEEN}{{0,3}}?(?:{kinds})", text):
        return found[0]
    if found := re.search(f"(?:{where})(?:穿着?|是|了|件|一件)*(?P<what>{_COLOUR})(?=[,。 下脚黑]|$)", text):
        return found["what"].removesuffix("的")
    found = re.search(
        rf"(?:^|[穿戴着件双条顶身,、。和 ])(?:了|着|件|双|条|顶|身|一)*(?P<what>{_BETWEEN}{{0,4}}?(?:{kinds}))(?![子夹])",
        text,
    )
    return found["what"] if found else ""


def _glasses(text: str) -> bool | None:
    found = _GLASSES.search(text)
    return None if found is None else not found["no"]


def _gender(text: str) -> Gender | None:
    """Of the word nearest before what tells that somebody is gone or wears something; else of the first."""
    cue = _GONE.search(text) or _WEARS.search(text)
    until = cue.start() if cue else len(text)
    words = sorted(
        (found.start(), gender)
        for pattern, gender in ((_FEMALE, Gender.FEMALE), (_MALE, Gender.MALE))
        for found in pattern.finditer(text)
    )
    before = [gender for start, gender in words if start < until]
    return before[0] if before else words[0][1] if words else None


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0] if found else ""
