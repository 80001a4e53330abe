"""The invented names of the sample street: communities, roads, compounds, landmarks, units, families."""

from routing.platforms import Platform

DISTRICT, STREET = "望潮区", "萧溪街道"

#: 30 communities; those on 村 are villages with groups of houses (组) instead of compounds.
COMMUNITIES = (
    "新桥社区", "柳岸社区", "桂苑社区", "望江社区", "东塘社区", "西河社区", "南庄社区", "北塘社区", "青枫社区",
    "竹园社区", "梅里社区", "荷塘社区", "杏林社区", "樟树下村", "银杏社区", "塘湾村", "渔浦村", "石桥社区",
    "长安社区", "太平社区", "永丰村", "和平社区", "光明社区", "朝阳社区", "育才社区", "湖滨社区", "山前村",
    "溪口社区", "横塘社区", "古渡村",
)  # fmt: skip

#: Roads from west to east, one for each row of grids, south first.
ROADS_EAST = (
    "望潮路", "萧溪南路", "新桥路", "柳岸路", "人民东路", "育才路", "文昌路", "萧溪北路", "工农路", "山前路",
)  # fmt: skip
#: Roads from south to north, one for each column, west first.
ROADS_NORTH = (
    "古渡路", "渔浦路", "金鸡路", "桂花路", "通济街", "永兴街", "拱秀路", "市心街", "梅花街", "体育路", "竹林路",
    "学士街", "荷花路", "青枫路", "横塘路",
)  # fmt: skip

_COMPOUND_STEMS = (
    "桂花", "柳岸", "望江", "金都", "锦绣", "翠竹", "阳光", "春晓", "景城", "香樟", "绿荫", "丽水", "银河", "紫薇",
    "海棠", "荷塘", "云栖", "听涛", "明月", "福临", "祥和", "康乐", "东方", "星河", "学林", "书香", "梧桐", "丹枫",
    "玉兰", "水岸",
)  # fmt: skip
_COMPOUND_ENDS = ("苑", "花园", "家园", "公寓", "新村")
#: 150 compounds; the stem changes first, so that neighbours do not sound alike.
COMPOUNDS = tuple(stem + end for end in _COMPOUND_ENDS for stem in _COMPOUND_STEMS)

BRIDGES = (
    "新桥", "望江桥", "通济桥", "柳岸桥", "永兴桥", "太平桥", "萧溪大桥", "古渡桥", "石桥", "横塘桥", "仓桥",
    "梦笔桥头", "回澜桥", "东旸桥", "惠济桥", "拱秀桥", "学士桥", "梅里桥", "荷花桥", "青枫桥",
)  # fmt: skip

#: Landmarks of a community: what it ends with, and in which of its grids (0-4) it stands.
LANDMARKS = (
    ("居委会", 0), ("公交站", 0), ("幼儿园", 1), ("卫生服务站", 2), ("文化广场", 2), ("西公交站", 3), ("老年食堂", 4),
)  # fmt: skip
#: Landmarks that every so many communities have: each, end, grid.
RARER = (
    (2, "农贸市场", 1),
    (3, "小学", 3),
    (6, "中学", 4),
    (4, "公园", 2),
    (5, "菜鸟驿站", 0),
    (10, "派出所警务站", 1),
)

ORDINALS = ("第一", "第二", "第三", "第四", "第五")

#: (platform, kind, name): the unit's code ends with the kind that routing/platforms.py asks for. The first of a
#: platform takes what no other does.
UNITS = (
    (Platform.ORDER, "centre", "萧溪街道综治中心"),
    (Platform.ORDER, "mediation", "萧溪街道矛盾调解中心"),
    (Platform.ORDER, "police", "萧溪派出所"),
    (Platform.ORDER, "justice", "萧溪司法所"),
    (Platform.ORDER, "labour", "萧溪劳动保障监察中队"),
    (Platform.ORDER, "inspection", "萧溪街道纪检监察室"),
    (Platform.MARKET, "market", "萧溪市场监管所"),
    (Platform.MARKET, "food", "萧溪食品安全监管组"),
    (Platform.MARKET, "consumer", "萧溪消费维权服务站"),
    (Platform.MARKET, "gas", "萧溪瓶装燃气管理站"),
    (Platform.MARKET, "lift", "萧溪特种设备监管组"),
    (Platform.MARKET, "medicine", "萧溪药械监管组"),
    (Platform.ENFORCEMENT, "enforcement", "萧溪综合执法中队"),
    (Platform.ENFORCEMENT, "sanitation", "萧溪环卫所"),
    (Platform.ENFORCEMENT, "fire", "萧溪消防站"),
    (Platform.ENFORCEMENT, "traffic", "萧溪交警中队"),
    (Platform.ENFORCEMENT, "safety", "萧溪应急管理站"),
    (Platform.ENFORCEMENT, "river", "萧溪河道管护队"),
    (Platform.SERVICE, "hall", "萧溪便民服务中心"),
    (Platform.SERVICE, "works", "萧溪市政养护站"),
    (Platform.SERVICE, "water", "萧溪供水服务站"),
    (Platform.SERVICE, "power", "萧溪供电服务站"),
    (Platform.SERVICE, "civil", "萧溪街道社会事务办"),
    (Platform.SERVICE, "rescue", "萧溪志愿应急救援队"),
)

FAMILY_NAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁沈任"
    "姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔"
)
GIVEN_NAMES = (
    "建国", "志强", "秀英", "桂芳", "丽萍", "国良", "海燕", "春梅", "伟", "敏", "静", "磊", "洋", "勇", "军", "杰",
    "涛", "超", "明华", "晓东", "晓敏", "雪琴", "文斌", "永康", "玉兰", "建平", "红霞", "立新", "佳怡", "思远",
    "嘉豪", "雨欣", "子涵", "德明", "金花", "水根", "阿根", "月仙", "国强", "利民", "卫东", "爱珍", "小燕", "建军",
    "少华", "宏伟", "志明", "婷婷",
)  # fmt: skip
