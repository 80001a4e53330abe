"""A complaint about staff never reaches the person or the unit complained of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.accused import STAFF, accused
from routing.case import Case, State
from routing.directory import Directory, Level, Person, Role, Unit
from routing.dispatch import Hands
from routing.platforms import Platform
from routing.route import desk_for, ladder_of, route, superior
from routing.rules import Rule, Rules
from tests.town import NOON, STREET, rows, town

COMPLAINT = Case(
    "38164275", State.RECEIVED, "r", "t", "m", NOON, "有人办事不公", STAFF, True, "days", True, grid="g1"
)  # fmt: skip
EVERYBODY = frozenset(town().people)


def about(words: str, directory: Directory | None = None) -> tuple[set[str], set[str]]:
    found = accused(replace(COMPLAINT, words=words), directory or town())
    return set(found.people), set(found.units)


@pytest.mark.parametrize(
    ("words", "people"),
    [
        ("李建国上门的时候骂人", {"li"}),
        ("那个何主任从来不接电话", {"he"}),
        ("何副主任收了红包", {"he"}),
        ("姓冯的态度太差", {"feng"}),
        ("小冯接了电话就挂", {"feng"}),
        ("值班的人说不归他管", {"feng", "jiang"}),
        ("街道领导不作为", {"he", "lv"}),
        ("The operator hung up on me", {"feng", "jiang"}),
        ("有人办事不公", set()),
    ],
)
def test_a_name_a_surname_with_a_title_and_an_office_count(words: str, people: set[str]) -> None:
    named, units = about(words)
    assert people <= named
    assert not units
    if not people:
        assert not named


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        ("柳桥派出所不立案", "s-police"),
        ("民警说话很难听", "s-police"),
        ("便民服务中心窗口的人在玩手机", "s-hall"),
        ("城管把我的车拖走了还骂人", "s-enforcement"),
        ("市政养护站拖了两个月", "s-works"),
        ("矛盾调解中心偏心", "s-mediation"),
        ("The POLICE laughed at me", "s-police"),
    ],
)
def test_a_unit_counts_by_its_name_without_its_place_and_as_people_call_it(words: str, unit: str) -> None:
    people, units = about(words)
    assert unit in units
    if unit == "s-police":
        assert "yan" in people  # who works there


def test_whoever_works_with_the_one_complained_of_gets_it_no_more_than_they_do() -> None:
    people = (
        *rows().people,
        Person("boss", "甲乙", Role.LEADER, STREET, "s-works", channel="telegram", user_id="u-boss"),
        Person("bao", "包青", Role.UNIT, STREET, "s-works", channel="telegram", user_id="u-bao"),
        Person("mate", "丙丁", Role.UNIT, STREET, "s-works", channel="telegram", user_id="u-mate"),
    )
    directory = replace(rows(), people=people).directory()
    people_of, units = about("那个包师傅收钱不办事", directory)
    assert (people_of, units) == ({"bao", "mate", "boss"}, {"s-works"})
    rules = Rules((Rule("works", lead="works", assist=("works",), ask=Level.CADRE),))
    case = replace(COMPLAINT, words="那个包师傅收钱不办事")
    found = route(case, directory, frozenset(directory.people), NOON, rules=rules)
    assert (found.unit, found.assist, found.person) == ("", (), "he")


def test_only_a_complaint_about_staff_accuses() -> None:
    assert not accused(replace(COMPLAINT, category="service.light", words="李建国说路灯坏了"), town())
    assert not accused(COMPLAINT, town())
    assert accused(replace(COMPLAINT, words="李建国"), town())


def test_a_double_surname_is_one_and_a_name_of_one_sign_says_nothing() -> None:
    people = (
        Person("ou", "欧阳明", Role.LEADER, STREET, channel="web", user_id="1"),
        Person("x", "明", Role.LEADER, STREET, channel="web", user_id="2"),
        Person("en", "Ann Lee", Role.DESK, STREET, channel="web", user_id="3"),
    )
    directory = replace(rows(), people=people).directory()
    assert about("欧阳队长不讲理", directory)[0] == {"ou"}
    assert about("天明了", directory)[0] == set()
    assert about("ANN LEE was rude", directory)[0] == {"en"}


def test_a_unit_of_a_place_with_another_name_counts_by_its_whole_name() -> None:
    directory = replace(rows(), units=(Unit("s-xyz", Platform.ORDER, "联合办公室", STREET),)).directory()
    assert about("联合办公室的人", directory)[1] == {"s-xyz"}
    assert about("办公室的人", directory)[1] == set()


def test_with_leader_and_desk_complained_of_the_last_resort_hears_it_and_then_nobody() -> None:
    both = replace(COMPLAINT, words="街道领导和值班的都不管")
    found = route(both, town(), EVERYBODY, NOON)
    assert town().people[found.person].role in (Role.APPROVER, Role.ADMIN)
    everybody = replace(COMPLAINT, words="，".join(person.name for person in town().people.values()))
    assert route(everybody, town(), EVERYBODY, NOON).person == ""


def test_the_unit_a_rule_names_is_dropped_when_it_is_the_one_complained_of() -> None:
    rules = Rules((Rule("to the police", lead="police", assist=("hall", "police"), ask=Level.CADRE),))
    usual = route(COMPLAINT, town(), EVERYBODY, NOON, rules=rules)
    assert (usual.unit, usual.assist, usual.person) == ("s-police", ("s-hall",), "he")
    found = route(replace(COMPLAINT, words="派出所和窗口都推来推去"), town(), EVERYBODY, NOON, rules=rules)
    assert (found.unit, found.assist) == ("", ())


TITLES = st.sampled_from(["主任", "书记", "副队长", "警官", "师傅", "某", "副所长"])
PEOPLE = st.sampled_from(sorted(town().people))
UNITS = st.sampled_from(sorted(town().units))
TEXT = st.text("柳桥路灯态度差骂人不办事推来推去，。 abcX１", max_size=20)


@given(
    before=TEXT,
    after=TEXT,
    person=PEOPLE,
    other=st.one_of(st.none(), UNITS),
    works_at=st.one_of(st.none(), UNITS),
    said=st.one_of(st.none(), TITLES),
    place=st.sampled_from(["g1", "g3", "c1", "c2", "s", "m1", "", "nowhere"]),
    holder=PEOPLE,
    asked=st.lists(PEOPLE, max_size=6),
    reach=st.sets(PEOPLE),
    hours=st.integers(0, 200),
    passed=st.integers(0, 6),
    steps=st.integers(1, 4),
    hands=st.dictionaries(PEOPLE, st.builds(Hands, st.integers(0, 9))),
    ask=st.one_of(st.none(), st.sampled_from(list(Level))),
    lead=st.one_of(st.just(""), UNITS, st.sampled_from(["police", "hall", "works"])),
    escalated=st.booleans(),
)
def test_no_way_leads_a_complaint_to_whom_it_is_about(
    before: str, after: str, person: str, other: str | None, works_at: str | None, said: str | None, place: str,
    holder: str, asked: list[str], reach: set[str], hours: int, passed: int, steps: int, hands: dict[str, Hands],
    ask: Level | None, lead: str, escalated: bool,
) -> None:  # fmt: skip
    people = tuple(replace(each, unit=works_at) if each.id == person and works_at else each for each in rows().people)
    directory = replace(rows(), people=people).directory()
    name = directory.people[person].name
    unit = directory.unit(other)
    words = before + (name[0] + said if said else name) + after + (unit.name if unit else "")
    case = replace(COMPLAINT, words=words, grid=place, holder=holder, asked=tuple(asked))
    now = NOON + timedelta(hours=hours)
    rules = Rules((Rule("any", lead=lead, assist=(other,) if other else (), ask=ask),))
    kept_out = {person} | {each.id for each in people if other and each.unit == other}

    above = holder if escalated else ""
    found = route(case, directory, reach, now, hands=hands, above=above, rules=rules, passed=passed)
    assert found.person not in kept_out
    assert found.level in ("", "street", "desk")
    if other:
        assert found.unit != other
        assert other not in found.assist
    assert not kept_out & {rung.person.id for rung in ladder_of(case, directory, now, ask=ask)}
    assert not kept_out & {each.id for each in desk_for(case, directory)}
    assert superior(case, directory, reach, now, steps) not in kept_out
