"""Concepts: what neighbourhood matters are about, each with the many words people have for it."""

from __future__ import annotations

from functools import lru_cache

#: Things and people that a matter is about.
THINGS: dict[str, str] = {
    "garbage": "垃圾 废品 废弃物 厨余 泔水 纸箱 脏东西 环卫 清运 保洁 果皮",
    "rubble": "建筑垃圾 装修垃圾 渣土 砖头 碎石 石子 沙子 水泥块 旧家具 沙发 床垫 大件",
    "lamp": "路灯 楼道灯 灯 照明 黑漆漆 黑灯瞎火 漆黑 摸黑 乌漆 黑咕隆咚 黑乎乎 黑黢黢 看不见路",
    "signal": "红绿灯 信号灯 交通灯",
    "lift": "电梯 货梯 轿厢 升降梯 爬不动楼 爬楼",
    "manhole": "井盖 窨井 阴井 下水口 下水井 井口 盖板 盖子",
    "drain": "下水道 下水管 排水 污水管 化粪池 粪水 粪便 厕所堵 管道堵 地漏 雨水口 返水 倒灌 沟 臭水 脏水",
    "flood": "积水 被淹 淹了 水淹 淹到 水漫 进水 内涝 没过",
    "tap": "自来水 水管 水龙头 停水 没水 断水 爆管 管子 喷水 水压 供水 水表 用水 漏水",
    "power": "停电 断电 没电 跳闸 电路 供电 电压 变压器 配电 电表 来电",
    "wire": "电线 电缆 线缆 光缆 网线 飞线 拉线 电线杆 电杆",
    "gas": "煤气 燃气 天然气 液化气 钢瓶 瓶装气 气瓶 气罐",
    "road": "路面 马路 坑 大坑 坑洼 坑坑洼洼 凹 塌陷 塌 地砖 地面 沥青 水泥路 路破 道板 人行道板 砖",
    "rail": "护栏 栏杆 隔离栏 围栏 扶手 围墙 围挡 石墩 隔离墩 路障 道闸",
    "pavement": "人行道 盲道 斑马线 非机动车道 行人",
    "parking": "停车 车位 违停 乱停 停满 堵车 占道停 挪车 车主 停在 车停 僵尸车 私家车 占了车位 地锁",
    "lane": "消防通道 消防车道 通道 生命通道 消防车",
    "ebike": "电动车 电瓶车 电动自行车 电驴 小电驴 电瓶 电马儿 电动摩托",
    "sharedbike": "共享单车 单车 小黄车 小蓝车 哈啰 自行车",
    "bus": "公交 班车 站台 候车亭 候车 站牌 地铁 车次 出租车 的士 打车",
    "corridor": "楼道 楼梯 走廊 过道 楼梯口 楼梯间 单元门 门厅 楼栋 消防楼梯",
    "stairjunk": "杂物 堆物 旧东西 破烂 鞋柜 堆满 堆东西 堆放",
    "renovation": "装修 电钻 冲击钻 敲墙 砸墙 敲敲打打 切割 敲打 钻",
    "site": "工地 施工 打桩 挖机 挖掘机 渣土车 楼盘 塔吊 混凝土 浇筑 盖楼",
    "dance": "广场舞 跳舞 音响 喇叭 大妈 歌声 放歌 音乐 唱歌 ktv 卡拉ok 高音",
    "restaurant": "饭店 餐馆 烧烤 夜宵 排档 大排档 烧烤店 餐饮 小吃 火锅 面馆 厨房",
    "smoke": "油烟 烟味 烟雾 烟太大 冒烟 烟囱 排烟 焚烧 烧东西 烧垃圾 烧秸秆 烟熏 呛",
    "dust": "扬尘 灰尘 尘土 粉尘 灰大 灰太大 沙尘",
    "stall": "摆摊 小摊 摊贩 摊位 摊子 流动摊 占道经营 地摊 小贩 叫卖 推车 水果摊",
    "poster": "小广告 牛皮癣 传单 广告纸 乱贴 涂鸦 贴的广告 开锁 办证广告",
    "signboard": "广告牌 招牌 店招 灯箱 横幅 牌子",
    "illegalbuild": "违建 违章建筑 违法建筑 违章 违章搭建 搭建 搭棚 加盖 私搭 阳光房 封阳台 彩钢棚 私自盖",
    "tree": "树 树枝 大树 树木 枝 树倒 树根",
    "green": "绿化 草坪 花坛 绿化带 种菜 灌木 草 花草 毁绿",
    "river": "河 小河 河道 池塘 湖 水面 河水 河面 溪 鱼塘 排污 污水 废水 死鱼",
    "dog": "狗 犬 遛狗 狗绳 牵绳 金毛 泰迪 狗屎 狗叫",
    "cat": "猫 流浪猫",
    "bird": "鸽子 养鸡 养鸭 鸡 鸭 鹅 鸟 家禽 鸟屎",
    "wasp": "马蜂 黄蜂 胡蜂 蜂窝 蜂巢 蜂",
    "pest": "老鼠 蟑螂 蚊子 苍蝇 白蚁 虫子 跳蚤 蚊虫",
    "snake": "蛇",
    "fitness": "健身器材 健身器 锻炼器材 器材 扭腰机 漫步机 单杠 双杠 秋千 滑梯 游乐设施 乒乓球台 篮球架 锻炼",
    "bench": "长椅 椅子 凳子 座椅 石凳 凉亭 亭子",
    "toilet": "公厕 厕所 卫生间 洗手间",
    "wall": "外墙 墙皮 墙面 墙砖 瓷砖 墙体 屋顶 屋面 天花板 楼顶 房顶 窗户玻璃 裂缝 墙",
    "glass": "玻璃 碎渣 碴子",
    "tower": "高空抛物 抛物 扔下来 楼上扔 往下扔 掉下来 砸下来 坠物",
    "upstairs": "楼上 上面那户 楼顶那家",
    "downstairs": "楼下",
    "neighbour": "邻居 隔壁 对门 左邻右舍 邻里",
    "family": "家暴 老公 老婆 夫妻 丈夫 妻子 婆媳 两口子 离婚",
    "management": "物业 物管 业委会 物业费 维修基金 保安 门卫",
    "wage": "工资 工钱 欠薪 薪水 薪资 血汗钱 拖欠 讨薪 劳务费",
    "overtime": "加班 社保不交 不签合同 劳动合同 辞退 开除 工伤",
    "boss": "老板 厂里 公司 包工头 用人单位 工厂 车间",
    "deposit": "押金 定金 退租 房租 租金 退押金 违约金",
    "landlord": "房东 租客 租户 出租 租房 群租 合租 隔断 二房东 中介 住了十几个人",
    "permit": "居住证 暂住证 身份证 户口 证件",
    "fraud": "诈骗 骗子 骗钱 刷单 冒充 中奖 转账 被骗 骗老人 电信 保健品 杀猪盘",
    "thief": "小偷 偷 被盗 盗窃 不见了 失窃 撬 贼 可疑 踩点",
    "fight": "打架 打起来 斗殴 动手 打人 群殴 持刀 酒瓶 闹事",
    "gamble": "赌博 赌 麻将 打牌 棋牌",
    "lost": "走丢 走失 失踪 找不到人 没回家 联系不上 寻人 不见人",
    "staffmatter": "工作人员 窗口 态度 推诿 社区干部 网格员 办事员",
    "school": "学校 校门 小学 中学 幼儿园 放学 上学 学生 校园",
    "enrol": "入学 报名 学区 转学 招生 学位",
    "food": "食品 饭菜 吃坏 拉肚子 食物中毒 发霉 变质 馊 异物 虫 猪肉 蔬菜 牛奶 奶 面包 熟食 外卖",
    "expired": "过期 保质期 临期 生产日期",
    "price": "价格 涨价 乱收费 宰客 缺斤少两 缺斤短两 称 秤 短秤 多收 收费 标价",
    "fake": "假货 假烟 假酒 冒牌 山寨 仿冒 假冒 伪劣 质量差",
    "license": "无证 执照 营业执照 黑诊所 黑店 没有证 许可证",
    "card": "预付卡 会员卡 充值 健身卡 美容卡 跑路 退卡 办卡 关门 卷款",
    "medicine": "药 药店 诊所 医保卡刷 医疗器械 医院",
    "insurance": "社保 医保 养老金 退休金 报销 低保 补贴",
    "elderly": "老人 老人家 独居 孤寡 八十多 九十 老太 老爷爷 老奶奶 婆婆",
    "hydrant": "消火栓 消防栓 灭火器 消防设施 烟感 喷淋 消防箱",
    "fire": "着火 火灾 起火 失火 火苗 明火",
    "charge": "充电 充电桩 充电器 插线板",
    "chess": "噪音 噪声 扰民",
    "market": "菜场 菜市场 农贸市场 市场",
    "supermarket": "超市 便利店 小卖部 商店 店里",
    "basement": "地下车库 车库 地库 地下室",
    "balcony": "阳台 窗户 窗台",
    "playground": "公园 广场 绿道 游园",
    "delivery": "快递 快递柜 驿站 外卖柜",
    "water_quality": "水质 水黄 浑浊 发黄 有味道 水锈",
    "heat": "暖气 供暖 地暖 空调 外机",
    "injury": "受伤 摔伤 晕倒 昏倒 流血 救护",
}
#: Where it is or who has to do with it, rather than what it is about: two matters may share it and no more.
SETTINGS = frozenset(
    [
        "corridor",
        "upstairs",
        "downstairs",
        "neighbour",
        "management",
        "boss",
        "landlord",
        "staffmatter",
        "school",
        "market",
        "supermarket",
        "basement",
        "balcony",
        "playground",
        "elderly",
        "wall",
        "pavement",
        "restaurant",
        "bus",
        "delivery",
        "road",
        "river",
        "site",
    ]
)
#: What is wrong with them.
TROUBLES: dict[str, str] = {
    "broken": "坏 坏了 不能用 失灵 故障 不动 罢工 损坏 破损 用不了 停运 停了 断 断了 掉下来 破 碎 裂 松 歪 掉了",
    "dark": "不亮 黑漆漆 灭了 黑咕隆咚 看不清 看不见 漆黑 摸黑 熄",
    "full": "满 满了 堆 成山 溢 没人收 没收 没清 没人清 不清 清运 爆满 没来清 堆成 没人倒 不来收",
    "stink": "臭 恶臭 臭味 味道 异味 难闻 熏 熏死 腥 气味 恶心 馊",
    "loud": "吵 噪音 噪声 响 轰隆 震天 闹 声音大 睡不着 睡不了 没法睡 睡不好 写作业 休息不 敲 嗡嗡 大声 音量",
    "night": "半夜 凌晨 深夜 夜里 大半夜 晚上 天天晚上 十二点 通宵",
    "block": "堵 挡 占 占用 过不去 走不了 进不来 出不去 堵死 拦 走不过去 走不过 拥挤 没法走",
    "leak": "漏 渗 滴水 冒水 往外冒 喷 爆 爆了 破了 哗哗 水柱 泄漏",
    "missing": "没了 不见了 丢了 敞 缺 少了 没有盖 被偷",
    "fall": "倒 倒了 倒下来 砸 掉 摔 绊 压 脱落 坠 断",
    "danger": "危险 太吓人 害怕 小心 出事 隐患 不安全 心惊肉跳 吓人 怎么跑",
    "bite": "咬 扑 追 蜇 叮 吓哭 叫",
    "unleashed": "没拴绳 不牵绳 没牵绳 不拴 没拴 没牵 散养 乱跑 拴绳",
    "stop": "停水 停电 没水 没电 断水 断电 来水 来电 没来",
    "dirty": "脏 不扫 没人扫 灰 屎 尿 油污 卫生 不干净 乱扔 乱倒 随地",
    "unpaid": "拖欠 不发 不给 欠 没拿到 没发 拖着 不还 不退 不肯退 找借口",
    "smoke": "油烟 冒烟 烟大 烟太大 呛 往我家 不敢开",
    "trapped": "困 关在 出不来 被困",
    "late": "不来 等了 晚点 迟迟 多久",
    "parked": "乱停 停满 占道 违停 停在",
    "rude": "态度差 态度恶劣 骂人 推诿 不理 踢皮球 不干活",
    "charge": "充电 拉线 飞线",
    "cheat": "骗 假 坑人 忽悠 宰",
    "expired": "过期 保质期 变质 发霉",
    "stolen": "偷 盗 撬",
    "flooded": "积水 淹 进水 倒灌 漫",
}


def _words_of(concepts: dict[str, str]) -> dict[str, frozenset[str]]:
    words: dict[str, set[str]] = {}
    for concept, said in concepts.items():
        for word in said.split():
            words.setdefault(word, set()).add(concept)
    return {word: frozenset(found) for word, found in words.items()}


_THINGS, _TROUBLES = _words_of(THINGS), _words_of(TROUBLES)
_LONGEST = max(map(len, (*_THINGS, *_TROUBLES)))


@lru_cache(maxsize=8192)
def concepts(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Returns the things that normalised `text` is about, and what is wrong with them."""
    return _found(text, _THINGS), _found(text, _TROUBLES)


def _found(text: str, words: dict[str, frozenset[str]]) -> frozenset[str]:
    """The longest word at each place counts, and not the shorter ones inside it: a bird's nest is no bird."""
    found: set[str] = set()
    end = 0
    for start in range(len(text)):
        for length in range(min(_LONGEST, len(text) - start), max(0, end - start), -1):
            here = words.get(text[start : start + length])
            if here:
                found |= here
                end = start + length
                break
    return frozenset(found)
