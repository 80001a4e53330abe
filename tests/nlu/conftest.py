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


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in miniature."""
    place = tmp_path_factory.mktemp("data")
    for name, text in (("faq", FAQ), ("categories", CATEGORIES), ("intents", INTENTS)):
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
    return Lexicon(data.entries(), ("幸福苑", "东门菜场", "幸福苑二期"), model.background)


@pytest.fixture
def understand(model: Model) -> Understand:
    return Understand(model)
