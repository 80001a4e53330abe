"""Entities: places and numbers of people in a sentence; the street's own names first, then the CRF, then rules."""
# ruff: noqa: E501  (a pattern is read as one piece)

from __future__ import annotations

import re
from collections.abc import Sequence

from nlu.crf import READ, Crf, Piece
from nlu.numbers import number
from nlu.plates import plates
from nlu.understanding import Lexicon, Span

LONGEST_NAME = 6  #: Characters of a name before what tells its kind (路, 小区, 桥).

_NUMERAL = "(?:[0-9]{1,4}|[一二两三四五六七八九十]{1,3})"
# What tells that a place ends here. Kinds that are a place by themselves stand first; the others need a name.
_KIND = re.compile(
    r"(?P<alone>菜市?场|农贸市场|批发市场|公园|广场|学校|小学|中学|高中|幼儿园|医院|卫生院|卫生服务站|诊所|超市|派出所|居委会?|村委会?|社区服务中心|便民服务中心|文化礼堂|老年食堂|老年活动室|活动中心|图书馆|体育馆|健身点"
    r"|公交车?站|地铁站|地铁口|火车站|汽车站|车站|停车场|地下车库|地库|车库|车棚|垃圾房|垃圾站|垃圾桶边|加油站|充电站|十字路口|红绿灯|菜鸟驿站|驿站|传达室|保安亭|岗亭|门卫室?|篮球场|网球场|工地|水库|涵洞|桥洞|桥头|河边|河坝|江边|湖边|池塘|夜市|步行街|商业街|游乐场|台球厅|网吧|养老院|敬老院)"
    r"|(?P<named>小区|社区|花园|公寓|新村|家园|花苑|佳苑|名苑|嘉园|新苑|雅苑|山庄|别墅|大厦|大楼|商场|商城|市场|中心|宿舍|厂区|工业园|产业园|开发区|大道|大街|老街|胡同|弄堂|弄里|支路|公路|高架|隧道|立交|大桥|小桥|古镇|自然村|村口|街口|巷口|弄口|坝头|码头|祠堂|寺|庙|教堂|酒店|宾馆|饭店|酒吧|理发店|小店|食堂"
    r"|路(?![灯面人口边上过费况障段滑子])|街(?![道上头坊])|巷(?![子])|弄(?![堂里脏坏得好错])|桥(?![上下墩面头洞])|村(?![里民民委上头口])|苑|河(?![道水里边上面])|湖(?![里水边])|港|浜|厂(?!家|里|长)|店(?!里|员|铺|主)|庄(?!稼)|湾|坊|里弄|埠|渡口)"
)
_TAIL = re.compile(
    rf"(?:的|,| |-)?(?:{_NUMERAL}(?:号楼(?![下上道梯])|号院|号|幢|栋|座|弄|单元|楼|层|室|排|组|期|区|栋楼)(?:[0-9]{{2,4}}(?:室|号)?)?"
    rf"|(?<=[幢栋楼元号])[0-9]{{3,4}}室?|[a-z](?:座|区|幢|栋)|-[0-9]{{1,4}})"
)
_BESIDE = re.compile(
    r"的?(?:[东南西北正后前侧大小]{1,2}(?:大?门|面|侧|边|头|首)(?:口|外|里)?|[东南西北]{1,2}(?=$|[,。 有])|门口|门前|门外|大门口?|旁边|边上|旁|隔壁|对面|对过|斜对面|后面|前面|背后|后头|前头|附近|一带|里面|里头|里(?!程|长)|楼下|楼上|楼顶|顶楼|天台|地下车库|地下室|车库|楼道里?|楼梯口|楼梯间|电梯口|路口|路段|路边|街口|巷口|弄口|村口|桥头|桥下|桥上|桥墩|桥洞(?:底下)?|转角处?|拐角处?|交叉口|交汇处|口子上|底下|下面|中间|入口|出口|围墙外?|公交车?站|车站|站台|站牌|停车场|河边|河里|岸边|上(?=$|[,。 有]))"
)
_BUILDING = re.compile(
    rf"(?<![0-9第])(?:{_NUMERAL}(?:号楼(?![下上道梯])|幢|栋)(?:{_NUMERAL}单元)?(?:{_NUMERAL}(?:楼|层))?(?:[0-9]{{3,4}}室?)?|{_NUMERAL}单元(?:{_NUMERAL}(?:楼|层))?(?:[0-9]{{3,4}}室?)?|(?<![0-9])[0-9]{{1,3}}-[0-9]{{1,2}}-[0-9]{{3,4}}(?![0-9]))"
)
# A name does not go past these to the left.
_LEFT = re.compile(
    r"(?:.*(?:[在到从去住往我你他她它您们的是这那哪了就有跟与被把给叫让请又还都也很不没吧吗呢啊呀哦哎俺咱阿恁个谁啥次只条座走成改做跑坐停看听说吃买卖收租扫挖堵抢喝骑推拿把]|和(?!平|睦|谐|顺|合|兴|祥|美)|过(?!街|境|江|溪)|家(?!园|乐)|靠近|位于|发现|看见|经过|路过|昨天|今天|昨晚|今早|早上|晚上|下午|上午|刚才|[^\u4e00-\u9fff]))",
    re.DOTALL,
)
_NO_NAME = re.compile(
    r"^(?:一|二|两|三|几|每|整|某|修|扫|挖|堵|过|走|问|带|让|抢|占|马|公|铁|门|开|本|全|老|小区|社区|住宅|城中|农|乡|进|出|回|到|绕|拦|多|同|自己|店|书|饭|工|化工|发|网|高速|半)$"
)
_EDGES = re.compile(r"^(?:@\w+\s+|[^\w(]+)+|[^\w)]+$")
_TELEPHONE = re.compile(r"[0-9*]{7,}")  #: Masked or not.
_HAN = re.compile("[\u4e00-\u9fff]")
_JOINT = re.compile(r"^(?:和|与|跟|、|/|,)$")

_PEOPLE = re.compile(
    r"(?P<n>\d{1,3}|[一二两三四五六七八九十]{1,3}|十几|几十|好几|几)(?P<more>多|几|来)?(?:个|名|位|口|号)?多?"
    r"(?P<who>人(?!民|行|均|次|家|防|品|员|工|才|体|大|命|情|物|气|事|格|造|生|民币)|(?:老|大|小|男|女|成年?|病|伤|行|路|陌生|外地|醉|年轻|工|业主|租)人?(?:人|孩子?|的|生)(?!行道)|工人|老人|孩子|小孩|娃儿?|学生|男的|女的|小伙子?|老头|老太太?|大妈|大爷|乘客|住户|居民|业主|保安|司机|小青年|混混|壮汉|男子|女子|男人|女人)"
)


def places(text: str, lexicon: Lexicon, crf: Crf | None = None) -> tuple[Span, ...]:
    """Returns the places in normalised `text` from left to right: names the street knows first, then what the CRF takes
    for one, and where there is no CRF what the rules do; each with its house number and "beside", "behind"."""
    text = text[:READ]
    known = lexicon.places(text)
    ruled = by_rule(text, known)
    if crf is None:
        return _spans(text, ruled)
    found = [_trimmed(text, piece) for piece in crf.pieces(text, ruled)]
    found = [piece for piece in found if _says_where(text[piece[0] : piece[1]])]
    for span in known:
        # A name of the street is a place whatever the CRF thinks of it.
        if not any(_meet((span.start, span.end), piece) for piece in found):
            found += [piece for piece in ruled if _meet((span.start, span.end), piece)]
    return _spans(text, _apart(found))


def by_rule(text: str, known: Sequence[Span] = ()) -> tuple[Piece, ...]:
    """Returns the places that the rules find in normalised `text`, around the `known` names; the CRF is told of them."""
    names = [(span.start, _tail(text, span.end)) for span in known]
    found = names + [piece for piece in _by_kind(text) if not any(_meet(piece, other) for other in names)]
    pieces: list[Piece] = []
    for start, end in sorted(found):
        if pieces and _joined(text, pieces[-1][1], start):
            pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]))
        else:
            pieces.append((start, end))
    return tuple(pieces)


def _trimmed(text: str, piece: Piece) -> Piece:
    """The piece without a mention or marks before and after it."""
    core = _EDGES.sub("", text[piece[0] : piece[1]])
    start = text.find(core, piece[0])
    return start, start + len(core)


def _says_where(found: str) -> bool:
    """Whether there is more to it than a mention, a number, a telephone number or a number plate."""
    if _TELEPHONE.search(found) or plates(found):
        return False
    return bool(_HAN.search(found)) or bool(_BUILDING.fullmatch(found))


def _spans(text: str, pieces: Sequence[Piece]) -> tuple[Span, ...]:
    return tuple(Span(text[start:end], start, end) for start, end in pieces)


def people(text: str) -> int | None:
    """Returns how many people normalised `text` speaks of; "十几个" is 10, "好几个" is 3. None when it does not say."""
    found = _PEOPLE.search(text)
    if not found:
        return None
    if found["n"] in ("十几", "几十", "好几", "几"):
        return {"十几": 10, "几十": 20}.get(found["n"], 3)
    try:
        if len(found["n"]) == 2 and not found["n"].isascii() and "十" not in found["n"]:
            return int(number(found["n"][0]))  # 四五个
        return int(number(found["n"]))
    except (ValueError, KeyError):
        return None


def _by_kind(text: str) -> list[Piece]:
    spans: list[Piece] = []
    for kind in _KIND.finditer(text):
        floor = max(kind.start() - LONGEST_NAME, spans[-1][1] if spans else 0)
        before = text[floor : kind.start()]
        stop = _LEFT.match(before)
        start = floor + (stop.end() if stop else 0)
        name = text[start : kind.start()]
        if spans and start == kind.start() == spans[-1][1]:
            spans[-1] = (spans[-1][0], _tail(text, kind.end()))  # 翠苑 + 新村
            continue
        if kind["named"] and (not name or _NO_NAME.match(name)):
            continue
        if kind["alone"] and _NO_NAME.match(name):
            start = kind.start()
        end = _tail(text, kind.end())
        if kind["alone"] and start == kind.start() and end == kind.end() and len(kind[0]) < 2:
            continue
        spans.append((start, end))
    for building in _BUILDING.finditer(text):
        spans.append((building.start(), _tail(text, building.end())))
    return _apart(spans)


def _tail(text: str, end: int) -> int:
    """Returns where a place that ends at `end` really ends: numbers of road, building, stair and door; position."""
    for _ in range(5):
        more = _TAIL.match(text, end)
        if not more:
            break
        end = more.end()
    if more := _BESIDE.match(text, end):
        end = more.end()
        if again := _BESIDE.match(text, end):
            end = again.end()
    return end


def _apart(spans: list[Piece]) -> list[Piece]:
    """Returns the spans with overlapping ones joined."""
    joined: list[Piece] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _meet(one: Piece, other: Piece) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _joined(text: str, end: int, start: int) -> bool:
    """Whether two spans are one place: nothing but 的 between, or two roads that cross."""
    between = text[end:start]
    if between in ("", "的", " "):
        return True
    return bool(_JOINT.match(between)) and bool(re.match(r".{1,8}?(?:路口|交叉口|交汇处|交界)", text[start:]))
