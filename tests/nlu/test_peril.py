"""Nobody is hurt yet: children at deep water, people on ledges, live wires, ice; and what only sounds like it."""

from __future__ import annotations

import re

import pytest

from nlu import peril
from nlu.danger import emergency
from nlu.normalise import normalise
from nlu.understanding import Emergency

PERIL = """
两个七八岁的男孩在江滩上踩水，没见着家长
水塘那里有小孩蹲着捞蝌蚪，一个大人都没有
小姑娘自己在码头台阶上玩，浪很大
放学的学生翻栏杆到河里洗澡
孩子们在结冰的荷花池上蹦
有人在冰面上推小车
五楼窗户外面蹲着个小孩
有个孩子两条腿挂在阳台外边
天台边上有个女孩坐着哭
一个男的爬到电线杆顶上去了
老太太挎着篮子在高速上走
有个大爷躺在马路中央
小孩在铁轨上捡石头
变压器那边有小孩拿棍子在捅
娃娃钻到配电房里面去了
我摸了下路灯杆，手一麻
水里好像有电，狗走过去就倒了
电线被风刮断，搭在了小区铁门上
电缆掉在路面积水里
工地大坑没围，几个娃在边上追
商场电梯门打开了，里面没有轿厢
妹妹把自己反锁在屋里哭，才两岁
小孩被锁在车里，天这么热
楼下独居的老伯三天没露面了
敲了半天门，老太太没有应，平时都在家的
老两口在屋里烧炭盆，现在喊不应
开着煤炉睡觉，一家人头晕恶心
锅还烧着，人出门了，门锁着进不去
熊孩子把炮仗丢进窨井里
招牌松了快掉下来，下面都是放学的孩子
楼上花盆快要砸下来，底下人来人往
老汉滑进粪坑里爬不上来
小孩脑袋卡在护栏里了
涨水了，河堤上还有人站着看
有工人在窗外擦玻璃没系安全绳
有个醉汉睡在机动车道上
外卖小哥倒在雪地里一动不动
孩子一个人爬上了水塔
学生在楼顶上追着玩
幼儿园门口电线断了耷拉在栏杆上
三个小学生在堰塘边打水漂，旁边没有大人陪
湖上刚结了一层冰，有人在上面遛弯
阳台外沿坐着个女的，两脚悬空
男孩翻过护栏站到桥外去了
有个小伙爬上广告架要讨工钱
高压电箱门开着，孩子们拿树枝戳着玩
放学的娃在没盖的井口边跳来跳去
院墙外的电线掉下来搭在晾衣绳上
雨天摸铁门手麻，怕是漏电
隔壁大妈电话打不通，敲门也没人开，两天没见了
小娃娃一个人在四车道中间走
铁道边上有个老汉在轨道上坐着
烧煤取暖一屋子人头疼想吐
外墙瓷砖随时要掉，底下是上学的路，孩子多
老大爷掉到窨井里了
吊机从学校头顶吊东西过
孩子反锁在车里哭
有人趟着洪水过桥
一个女人跨坐在天桥栏杆上面
配电箱锁坏了，娃娃把手往里面掏
下雨天井盖边上的水有电，我脚都麻了
三岁宝宝关在车里，车窗都起雾了
老太太自己住，四天没见她出来晒太阳了
有人躺在铁轨上
一家子在屋里烧炭火，都晕乎乎的
广告牌被风刮得要掉，公交站等车的人就在下面
有个男孩爬上了高压塔
""".strip().split("\n")

CALM = """
今天带孩子在河边玩，风景真好
周末和娃去水库钓鱼了
河边垃圾没人管
河水又黑又臭没人管
小孩在楼下踢球太吵了
孩子们在广场上跑来跑去
阳台上的花开了
阳台上晾的衣服滴水到我家
楼顶的太阳能坏了
楼顶漏水
马路中间的斑马线看不清了
马路中间有个坑
高架上堵死了
铁路边的噪音很大
电线太乱了像蜘蛛网
网线掉在楼道里没人收
停电了什么时候来
变压器嗡嗡响吵得睡不着
电梯门关不上
老人在公园里打太极
奶奶天天在楼下捡纸板
对门老太太人真好
独居老人怎么申请补贴
冰面上能走人吗
游泳池水太脏，孩子洗出红疹
小区游泳馆几点关门
孩子学校门口没有栏杆，建议装一个
请家长看好孩子，别让孩子到河边玩
新闻里说有小孩在冰上玩掉下去了
小时候我们都在河里洗澡
广告牌太亮了晃眼睛
招牌字掉了一个
树枝挡住路灯了
外墙脱落修好了
煤气灶打不着火
煤气费在哪里交
热水器坏了没热水洗澡
火锅店油烟太大
晚上烧炭烤肉的摊子烟太大
井盖响得睡不着
孩子们放学在小区里玩
江边散步的人真多
塘里的鱼死了好多
有人在河里倒垃圾
有人在河边钓鱼
水库什么时候开放
楼顶有人养鸽子
楼上有人往窗外扔垃圾
阳台外面搭了雨棚
窗户外面有人吵架
有人爬楼梯太吵
工地晚上挖坑太吵
路边挖了个大坑，车子过不去
我家墙上有电线
电表箱上贴满小广告
路灯杆歪了
老人敲门推销保健品
打电话没人接，物业不管
学生在车站等车
孩子爱玩手机
我摸黑上楼，灯坏了
冰箱坏了谁收
有人在桥上摆摊
有人坐在花坛边抽烟
一群老人坐在路边打牌
""".strip().split("\n")


@pytest.mark.parametrize("said", PERIL)
def test_somebody_about_to_come_to_harm_is_an_emergency(said: str) -> None:
    assert emergency(normalise(said)) is not None


@pytest.mark.parametrize("said", CALM)
def test_the_same_words_about_something_else_are_none(said: str) -> None:
    assert emergency(normalise(said)) is None


@pytest.mark.parametrize("said", ["空调外机松了，随时会掉下来砸人", "窗户玻璃快要掉下来砸人了"])
def test_what_falls_on_people_is_no_violence(said: str) -> None:
    assert emergency(normalise(said)) is Emergency.PERIL


def test_what_a_pattern_of_peril_finds_has_one_of_the_characters_it_is_tried_for() -> None:
    tried = 0
    for said in map(normalise, (*PERIL, *CALM)):
        for cue, pattern in peril._ALONE:
            if re.search(pattern, said):
                tried += 1
                assert set(cue) & set(said), (pattern, said)
        for cue, signs in peril._TOGETHER:
            if all(re.search(sign, said) for sign in signs):
                tried += 1
                assert set(cue) & set(said), (signs, said)
    assert tried > 30
