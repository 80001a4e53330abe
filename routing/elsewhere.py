"""Elsewhere: whether a text names another city or district than ours, so that their 解放路 is not taken for ours."""

import re
from collections.abc import Iterable

_PROVINCES = (
    "河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|"
    "四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
#: Cities at the level of a prefecture, and the four that are provinces. Those below are known by their 市, 县 or 区.
_CITIES = (
    "北京|上海|天津|重庆|石家庄|唐山|秦皇岛|邯郸|邢台|保定|张家口|承德|沧州|廊坊|衡水|"
    "太原|大同|阳泉|长治|晋城|朔州|晋中|运城|忻州|临汾|吕梁|呼和浩特|包头|乌海|赤峰|通辽|"
    "鄂尔多斯|呼伦贝尔|巴彦淖尔|乌兰察布|沈阳|大连|鞍山|抚顺|本溪|丹东|锦州|营口|阜新|辽阳|"
    "盘锦|铁岭|朝阳|葫芦岛|长春|吉林|四平|辽源|通化|白山|松原|白城|延边|哈尔滨|齐齐哈尔|"
    "鸡西|鹤岗|双鸭山|大庆|伊春|佳木斯|七台河|牡丹江|黑河|绥化|南京|无锡|徐州|常州|苏州|"
    "南通|连云港|淮安|盐城|扬州|镇江|泰州|宿迁|杭州|宁波|温州|嘉兴|湖州|绍兴|金华|衢州|"
    "舟山|台州|丽水|合肥|芜湖|蚌埠|淮南|马鞍山|淮北|铜陵|安庆|黄山|滁州|阜阳|宿州|六安|"
    "亳州|池州|宣城|福州|厦门|莆田|三明|泉州|漳州|南平|龙岩|宁德|南昌|景德镇|萍乡|九江|"
    "新余|鹰潭|赣州|吉安|宜春|抚州|上饶|济南|青岛|淄博|枣庄|东营|烟台|潍坊|济宁|泰安|"
    "威海|日照|临沂|德州|聊城|滨州|菏泽|郑州|开封|洛阳|平顶山|安阳|鹤壁|新乡|焦作|濮阳|"
    "许昌|漯河|三门峡|南阳|商丘|信阳|周口|驻马店|武汉|黄石|十堰|宜昌|襄阳|鄂州|荆门|孝感|"
    "荆州|黄冈|咸宁|随州|恩施|长沙|株洲|湘潭|衡阳|邵阳|岳阳|常德|张家界|益阳|郴州|永州|"
    "怀化|娄底|湘西|广州|韶关|深圳|珠海|汕头|佛山|江门|湛江|茂名|肇庆|惠州|梅州|汕尾|"
    "河源|阳江|清远|东莞|中山|潮州|揭阳|云浮|南宁|柳州|桂林|梧州|北海|防城港|钦州|贵港|"
    "玉林|百色|贺州|河池|来宾|崇左|海口|三亚|三沙|儋州|成都|自贡|攀枝花|泸州|德阳|绵阳|"
    "广元|遂宁|内江|乐山|南充|眉山|宜宾|广安|达州|雅安|巴中|资阳|阿坝|甘孜|凉山|贵阳|"
    "六盘水|遵义|安顺|毕节|铜仁|昆明|曲靖|玉溪|保山|昭通|丽江|普洱|临沧|楚雄|红河|文山|"
    "西双版纳|大理|德宏|怒江|迪庆|拉萨|日喀则|昌都|林芝|山南|那曲|阿里|西安|铜川|宝鸡|"
    "咸阳|渭南|延安|汉中|榆林|安康|商洛|兰州|嘉峪关|金昌|白银|天水|武威|张掖|平凉|酒泉|"
    "庆阳|定西|陇南|临夏|甘南|西宁|海东|海北|黄南|海西|玉树|银川|石嘴山|吴忠|固原|中卫|"
    "乌鲁木齐|克拉玛依|吐鲁番|哈密|昌吉|博尔塔拉|巴音郭楞|阿克苏|喀什|和田|伊犁|塔城|阿勒泰|"
    "台北|高雄|台中|台南"
)

# 南京市场, 上海市民: the 市 of another word.
_SHI = "市(?![场民政区容委立心井级价])"
# 小区, 社区, 北区, 工业区 are parts of a place; a district of a city is none of them.
_QU = "(?<![小社园东南西北中新老旧库厂校片景工业生活发高风林矿牧农商务住宅教学办公一二三四五六七八九十a-z])区(?![间域])"
_PROVINCE = re.compile(f"({_PROVINCES})(?:省|(?:壮族|回族|维吾尔)?自治区|特别行政区)")
# 北京朝阳区 needs no 市; 吉林路县前街 is no city.
_ITS_DISTRICT = f"(?=[^\\W\\d路街道巷弄桥]{{1,4}}?(?:{_QU}|县))"
_CITY = re.compile(f"({_CITIES})(?:{_SHI}|地区|盟|(?:\\w{{1,5}}族)?自治州|{_ITS_DISTRICT})")
_BEFORE = "(?:(?:我们|我|他|她|就|人|家)*(?:住在|现在在|在|住|是|到|去))?"
_FIRST_CITY = re.compile(rf"{_BEFORE}([^\W\d]{{2,3}}){_SHI}(?=\w{{2}})")
# 警戒区里 is no district: a road or a town follows one.
_FIRST_DISTRICT = re.compile(
    rf"([^\W\d路街道巷弄桥]{{1,3}}?(?:{_QU}|县))(?![里内外的有是在])(?=\w{{1,8}}?[路街道巷弄镇乡村])"
)
_OWN_DISTRICT = re.compile(r"[^\W\d]{1,7}?(?:区|县|市)")
_FRONT = re.compile(r"(?:中国)?(?:\w{2,8}?(?:省|自治区))?(?:\w{2,8}?(?:市|自治州|地区|盟))?")
_START = re.compile(_BEFORE)


class Homes:
    """What our own province, city and districts are called, learnt from the areas' names and the addresses."""

    __slots__ = ("_known", "_names")

    def __init__(self, texts: Iterable[str], names: Iterable[str] = ()) -> None:
        """`texts` are areas and addresses in full; `names` the places of the library: one that holds 上城区 is no
        other district."""
        self._known = frozenset(word for text in texts for word in _regions(text))
        self._names = "\n".join(names)

    def without(self, text: str, ours: bool) -> str | None:
        """The normalised text without our province and city in it; None when it names another city or district.

        `ours` is whether it names one of our districts or streets: then an unknown city is ours.
        """
        known = self._known
        for pattern in (_PROVINCE, _CITY):
            for found in pattern.finditer(text):
                if found[1] not in known and not ours:
                    return None
        # Gone only in front of something: 杭州市 of 杭州市萧溪区..., not 上海城.
        rest = _PROVINCE.sub("", text)
        rest = _CITY.sub(lambda m: "" if m[0] != m[1] or m[1] in known else m[0], rest)
        if not ours:
            if (city := _FIRST_CITY.match(rest)) and city[1] not in known and not self._holds(city[1] + "市"):
                return None
            start = _START.match(rest)
            district = _FIRST_DISTRICT.match(rest, start.end() if start else 0)
            if district and district[1] not in known and not self._holds(district[1]):
                return None
        return rest

    def _holds(self, word: str) -> bool:
        return word in self._names


def unfronted(text: str, first: str) -> str:
    """The text without a province and a city before `first`, our topmost area: 浙江省杭州市 before 萧溪区."""
    at = text.find(first, 1, 30)
    return text[at:] if at > 0 and _FRONT.fullmatch(text, 0, at) else text


def _regions(text: str) -> Iterable[str]:
    """The provinces, cities and districts that a full name begins with."""
    at = 0
    for pattern in (_PROVINCE, _CITY):
        if found := pattern.match(text, at):
            yield found[1]
            at = found.end()
    if city := _FIRST_CITY.match(text, at):
        yield city[1]
        at = city.end()
    if district := _OWN_DISTRICT.match(text, at):
        yield district[0]
        yield district[0][:-1]
