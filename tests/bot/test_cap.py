"""CAP 1.2: what is issued for an alert, held against OASIS' schema and read by a parser that is not ours."""

from __future__ import annotations

import re
from datetime import timedelta

import capparser
import capvalidator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bot.cap import CAP, House, MsgType, current, document, issued
from bot.xml_out import Element, written
from routing.alert import RINGS, Colour, Content, Ending, Kind, Missing, Sex, Verb
from tests.bot.alerts_told import HOUSE, Told
from tests.thorough import many
from tests.town import NOON

CLOSED = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
NS = {"c": CAP}


def bytes_of(told: Told, house: House = HOUSE) -> bytes:
    messages = current(told.alert, told.steps, told.now)
    return written(document(told.alert, messages, house), {None: CAP})


def tree_of(told: Told) -> etree._Element:
    return etree.fromstring(bytes_of(told), CLOSED)


def words(tree: etree._Element, path: str) -> list[str]:
    return [each.text or "" for each in tree.xpath("/".join(f"c:{part}" for part in path.split("/")), namespaces=NS)]


def again(xml: bytes) -> list[tuple[str, str]]:
    """What another parser wrote after it read it: (element, text), in order."""
    made = capparser.deparse(capparser.parse(stringXML=xml.decode()))
    return [(str(each.tag).rpartition("}")[2], (each.text or "").strip()) for each in etree.fromstring(made).iter()]


def ours(xml: bytes) -> list[tuple[str, str]]:
    found = etree.fromstring(xml, CLOSED).iter()
    return [(etree.QName(each).localname, (each.text or "").strip()) for each in found]


STORIES = {
    "out": lambda: Told().goes_out(),
    "wider": lambda: Told().goes_out().widens("community").widens("street"),
    "corrected": lambda: Told().goes_out().is_corrected(words="带着狗"),
    "found": lambda: Told().goes_out("street").ends(Ending.FOUND),
    "false": lambda: Told().goes_out().ends(Ending.FALSE),
    "drill": lambda: Told(drill=True).goes_out(),
    "district": lambda: Told().goes_out("district"),
    "no group yet": lambda: Told(Content("停水", "明早八点停水"), Kind.NOTICE).goes_out(""),
    "storm": lambda: Told(Content("暴雨红色预警", "请不要出门", colour=Colour.RED), Kind.STORM).goes_out("district"),
    "storm over": lambda: Told(Content("大风", "收好花盆"), Kind.STORM).goes_out().ends(Ending.WITHDRAWN),
}


@pytest.mark.parametrize("story", STORIES)
def test_every_message_keeps_to_the_schema_and_another_parser_reads_it_back(story: str) -> None:
    xml = bytes_of(STORIES[story]())
    checked = capvalidator.check_schema(xml)
    assert checked.passed, checked.message
    assert again(xml) == ours(xml)


def test_the_schema_refuses_what_is_not_as_it_should_be() -> None:
    xml = bytes_of(Told().goes_out())
    for right, wrong in ((b"<sent>", b"<sent>x"), (b"Actual", b"Real"), (b"<msgType>Alert</msgType>", b"")):
        assert right in xml
        assert not capvalidator.check_schema(xml.replace(right, wrong)).passed


def test_an_update_names_all_messages_before_it_and_only_those() -> None:
    told = Told().goes_out().widens("community").is_corrected(words="带着狗")
    found = issued(told.alert, told.steps)
    assert [each.type for each in found] == [MsgType.ALERT, MsgType.UPDATE, MsgType.UPDATE]
    (named,) = words(tree_of(told), "references")
    assert named.split(" ") == [
        "wuyou.example,a38164275.1,2026-01-05T12:02:00+08:00", "wuyou.example,a38164275.2,2026-01-05T12:03:00+08:00",
    ]  # fmt: skip
    assert words(tree_of(Told().goes_out()), "references") == []


@pytest.mark.parametrize(("ending", "kind"), [
    (Ending.FOUND, MsgType.UPDATE), (Ending.FALSE, MsgType.CANCEL), (Ending.WITHDRAWN, MsgType.CANCEL),
])  # fmt: skip
def test_found_is_all_clear_and_a_mistake_is_cancelled(ending: Ending, kind: MsgType) -> None:
    tree = tree_of(Told().goes_out().ends(ending))
    assert words(tree, "msgType") == [kind]
    assert words(tree, "info/responseType") == ["AllClear", "AllClear"]
    assert words(tree, "references") == ["wuyou.example,a38164275.1,2026-01-05T12:02:00+08:00"]


def test_who_was_found_is_named_no_more_and_nobody_is_told_where() -> None:
    told = Told().goes_out().ends(Ending.FOUND)
    xml = bytes_of(told).decode()
    for said in ("陈阿婆", "桂花苑", "红色外套", "k3jx9", "description", "resource", "138"):
        assert said not in xml
    assert words(tree_of(told), "info/headline") == [HOUSE.say("cap.found", {}, each) for each in ("zh", "en")]


def test_what_expires_or_never_goes_out_issues_nothing() -> None:
    told = Told().goes_out()
    assert len(current(told.alert, told.steps, told.expiry - timedelta(seconds=1))) == 1
    assert current(told.alert, told.steps, told.expiry) == ()
    told.now = told.expiry
    before = issued(told.alert, told.steps)
    told.does(Verb.EXPIRE, "clock")
    assert issued(told.alert, told.steps) == before
    assert issued(Told().alert, Told().steps) == ()
    declined = Told().does(Verb.SUBMIT).does(Verb.DECLINE, "shi")
    assert issued(declined.alert, declined.steps) == ()
    gone_on = Told().goes_out().does(Verb.PAUSE).does(Verb.RESUME).does(Verb.SIGHT, "somebody").does(Verb.CANCEL)
    assert len(issued(gone_on.alert, gone_on.steps)) == 1, "none of these changes what is told"


def test_the_same_facts_give_the_same_bytes_and_number() -> None:
    one, other = Told().goes_out().widens("community"), Told().goes_out().widens("community")
    assert bytes_of(one) == bytes_of(other)
    other.does(Verb.PAUSE)
    assert bytes_of(one) == bytes_of(other)


def test_it_holds_where_it_was_told_with_outline_and_codes() -> None:
    told = Told().goes_out().widens("community")
    (_, area), *_ = [(each, each.find("c:area", NS)) for each in tree_of(told).findall("c:info", NS)]
    assert area.findtext("c:areaDesc", namespaces=NS) == "江湾区柳桥街道柳岸社区"
    corners = area.findtext("c:polygon", namespaces=NS).split(" ")
    assert corners[0] == corners[-1] and len(corners) == 5
    assert set(corners) == {
        "30.000000,120.000000",
        "30.000000,120.010000",
        "30.020000,120.010000",
        "30.020000,120.000000",
    }
    codes = [(each.findtext("c:valueName", namespaces=NS), each.findtext("c:value", namespaces=NS))
             for each in area.findall("c:geocode", NS)]  # fmt: skip
    assert codes == [("COMMUNITY", "c1"), ("GRID", "g1"), ("GRID", "g2")]


def test_a_missing_person_is_told_as_the_profile_has_it() -> None:
    tree = tree_of(Told().goes_out())
    for name, value in {
        "language": "zh-CN", "category": "Rescue", "event": "走失人员", "responseType": "Monitor",
        "urgency": "Immediate", "severity": "Severe", "certainty": "Observed", "contact": "110",
        "expires": "2026-01-05T17:02:00+08:00", "senderName": "柳桥街道",
    }.items():  # fmt: skip
        assert words(tree, f"info/{name}")[0] == value
    assert words(tree, "info/resource/uri")[0] == "https://wuyou.example/cap/a38164275.1.jpg"
    assert "陈阿婆" in words(tree, "info/headline")[0]


def test_a_drill_says_so_everywhere() -> None:
    tree = tree_of(Told(drill=True).goes_out())
    assert words(tree, "status") == ["Exercise"]
    assert words(tree, "note") == [HOUSE.say("cap.drill", {}, "zh")]
    for path in ("info/headline", "info/description"):
        for said, language in zip(words(tree, path), ("zh", "en"), strict=True):
            assert said.startswith(HOUSE.say("cap.drill", {}, language))


def test_a_carriage_return_and_what_xml_cannot_hold_do_no_harm() -> None:
    xml = written(Element("alert", "a\r\nb\x00\x0b\ufffe<&]]>"), {None: CAP})
    assert etree.fromstring(xml, CLOSED).text == "a\nb<&]]>"


# --- any alert

_WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
_PHONE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
_MISSING = st.builds(
    Missing, _WORDS, st.none() | st.integers(0, 120), st.none() | st.sampled_from(Sex),
    st.none() | st.integers(30, 220), _WORDS, _WORDS, st.just("老地方"), st.none(), st.just(NOON),
)  # fmt: skip
_ACTS = st.lists(st.sampled_from(("widen", "correct", "pause", "resume", *Ending)), max_size=6)


@settings(max_examples=many(60))
@given(_MISSING, _WORDS, _PHONE, st.sampled_from(("", *RINGS)), _ACTS, st.booleans())
def test_whatever_an_alert_says_it_stays_valid_and_shows_no_telephone(
    missing: Missing, said: str, phone: str, ring: str, acts: list[str], drill: bool
) -> None:
    content = Content("", f"{said} 电话{phone}，", missing, "k3jx9.jpg", "G110-7")
    told = Told(content, drill=drill).goes_out(ring)
    for act in acts:
        if act == "widen" and told.alert.may(Verb.WIDEN):
            left = RINGS[RINGS.index(told.alert.ring) + 1 :] if told.alert.ring else RINGS
            if left:
                told.widens(left[0])
        elif act == "correct" and told.alert.may(Verb.CORRECT):
            told.is_corrected(words=f"{phone} 家属")
        elif act in ("pause", "resume") and told.alert.may(Verb(act)):
            told.does(Verb(act))
        elif act in set(Ending) and told.alert.may(Verb.TAKE_BACK):
            told.ends(Ending(act))
    xml = bytes_of(told)
    assert capvalidator.check_schema(xml).passed
    assert again(xml) == ours(xml)
    shown = xml.decode()
    assert phone not in shown
    if told.alert.ending is not None:
        assert "老地方" not in shown
    tree = etree.fromstring(xml, CLOSED)
    named = (words(tree, "references") or [""])[0].split()
    assert [each.split(",")[1] for each in named] == [f"a38164275.{n + 1}" for n in range(len(named))]
    assert words(tree, "identifier") == [f"a38164275.{len(named) + 1}"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", words(tree, "sent")[0])
