"""A little written data, and a model trained on it once."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.lexical import Lexicon
from nlu.model import Model
from nlu.train import train
from nlu.understand import Understand
from nlu.written import Written, read_folder

FAQ = """version: "3.1"
nlu:
- intent: faq/residence_permit
  examples: |
    - 居住证怎么办
    - 办居住证要什么材料
    - 暂住证去哪里换
    - 外地人落脚满半年办个证
    - 居住证要带身份证吗
- intent: faq/elder_card
  examples: |
    - 老年卡怎么办
    - 多少岁能办老年优待证
    - 老人坐公交免费的卡
    - 老年证在哪里领
    - 七十岁可以办老年卡吗
- intent: faq/points_rule
  examples: |
    - 积分怎么得
    - 积分值多少钱
    - 登记租客给几分
    - 六十分等于一块钱吗
    - 积分有什么用
- intent: faq/fire_extinguisher
  examples: |
    - 灭火器怎么用
    - 灭火器多久检查一次
    - 先拔销子还是先压把手
    - 家里要不要买灭火器
    - 灭火器几年报废
responses:
  utter_faq/residence_permit:
  - text: "住满半年可以申领，带身份证和租房合同到便民服务中心。"
    metadata:
      title: "居住证怎么办理"
      source: "街道便民服务中心（示例）"
      date: "2026-09-01"
  utter_faq/elder_card:
  - text: "满六十岁可以办老年优待证，带身份证到社区。"
    metadata: {title: "老年优待证", source: "社区（示例）", date: "2026-09-01"}
  utter_faq/points_rule:
  - text: "登记一位租客得六十分，值一元。"
    metadata: {title: "积分怎么得、值多少钱", source: "街道（示例）", date: "2026-09-01"}
  utter_faq/fire_extinguisher:
  - text: "拔销子，对准火的根部，压下把手。"
    metadata: {title: "灭火器使用与检查", source: "消防站（示例）", date: "2026-09-01"}
"""
CATEGORIES = """version: "3.1"
nlu:
- intent: report/enforcement.garbage
  examples: |
    - 垃圾堆在门口没人清
    - 菜场旁边垃圾成山了
    - 楼下垃圾桶满了臭死了
    - 垃圾好几天没人收
    - 建筑垃圾倒在路边
    - 垃圾袋扔得到处都是
- intent: report/service.light
  examples: |
    - 路灯不亮了
    - 楼道灯坏了一个月
    - 3幢2单元楼梯间没灯
    - 门口的路灯一闪一闪
    - 晚上路灯全黑
    - 楼道的灯泡坏了
- intent: report/service.insects
  examples: |
    - 院子里有个马蜂窝
    - 屋檐下一窝马蜂
    - 草丛里有蛇
    - 楼顶马蜂窝好大
    - 车棚里爬出一条蛇
    - 马蜂窝在窗户边
- intent: report/order.missing
  examples: |
    - 我妈走丢了
    - 孩子不见了帮忙找找
    - 老人出门没回来
    - 我爸有老年痴呆走失了
    - 小孩走丢了穿红衣服
    - 奶奶早上出去到现在没回来
"""
INTENTS = """version: "3.1"
nlu:
- intent: ask
  examples: |
    - 请问怎么办手续
    - 在哪里办证
    - 要什么材料
    - 几点上班
    - 多少钱
    - 能不能代办
- intent: report
  examples: |
    - 你们快来人看看
    - 这里坏了没人管
    - 反映一个问题
    - 又堵了快来处理
    - 门口漏水了
    - 井盖没了
- intent: chat
  examples: |
    - 今天天气真好
    - 哈哈哈笑死
    - 晚上吃什么好呢
    - 三缺一快来打牌
    - 我家猫生了小猫
    - 谁家有葱借两根
    - 好的收到
    - 周末去爬山吗
    - 接龙买杨梅
    - 这个视频好看
- intent: points
  examples: |
    - 我有多少积分
    - 积分换大米
    - 兑换商品
    - 查积分
    - 我的积分呢
- intent: missing
  examples: |
    - 有人走丢了
    - 帮忙找人
    - 老人走失求扩散
    - 孩子找不到了
- intent: human
  examples: |
    - 转人工
    - 我要找工作人员
    - 叫个人来跟我说
    - 别机器人了要真人
    - 人工服务
- intent: greet_or_thanks
  examples: |
    - 谢谢
    - 你好
    - 早上好
    - 辛苦了
    - 太感谢了
    - 大家好
"""
PLACES = """version: "3.1"
nlu:
- intent: place
  examples: |
    - [幸福苑3幢2单元门口](place)有人打架
    - 在[东门菜场后面](place)垃圾成山了
    - [柳岸路12号](place)的井盖没了
    - 我住[翠苑新村5幢302室](place)，楼上漏水
    - [城东小学对面](place)路灯不亮
    - 从[建设路](place)到[人民路路口](place)都积水了
    - [陈家湾村3组](place)的水沟堵了
    - [梧桐里7号楼](place)电梯停了
    - 老人最后在[二号桥桥头](place)看到的
    - [红星工业园B区](place)半夜还在响
    - [老王修车铺旁边](place)停满了车
    - [十二栋三单元](place)停电
    - [和平街88号楼下](place)有人摆摊
    - [桂花弄](place)里面有条野狗
    - 你们来[银河花园南门](place)看一下
    - [滨河路公交站](place)牌子倒了
    - 楼上吵得睡不着
    - 走路小心点
    - 我们部门没人管
    - 今天天气真好
    - 路灯坏了好几天
    - 谁来管管啊
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in miniature."""
    place = tmp_path_factory.mktemp("data")
    for name, text in (("faq", FAQ), ("categories", CATEGORIES), ("intents", INTENTS), ("places", PLACES)):
        (place / f"{name}.yml").write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="session")
def data(folder: Path) -> Written:
    return read_folder(folder)


@pytest.fixture(scope="session")
def model(data: Written) -> Model:
    return train(data)


@pytest.fixture
def lexicon(data: Written, model: Model) -> Lexicon:
    return Lexicon(data.entries(), ("幸福苑", "东门菜场", "幸福苑二期"), model.background, model.entries)


@pytest.fixture
def understand(model: Model) -> Understand:
    return Understand(model)
