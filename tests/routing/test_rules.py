"""Rules: which of them holds for a case, which decides, and that the shipped ones say what the catalogue says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from bot.rules_file import shipped
from bot.sample.street import street
from routing.case import Case, State
from routing.directory import Level
from routing.platforms import CATEGORIES, Platform
from routing.route import route
from routing.rules import CATALOGUE_ONLY, Condition, Facts, Hours, Rule, Rules, covers
from tests.town import NIGHT, NOON, town

EVERYBODY = frozenset(town().people)
NOISE = Case(
    "38164275", State.RECEIVED, "r", "t", "m", NIGHT, "楼上半夜在装修，电钻声 KTV", "enforcement.noise", True, "today",
    grid="g1",
)  # fmt: skip


def facts(case: Case = NOISE, source: str = "telegram:bot1") -> Facts:
    return Facts.of(case, town(), source)


def hours(text: str) -> Hours:
    start, end = (time.fromisoformat(each) for each in text.split("-"))
    return Hours(start, end)


@pytest.mark.parametrize(
    ("rule", "missing"),
    [
        (Rule("all"), None),
        (Rule("kind", category=frozenset({"enforcement.noise"})), None),
        (Rule("platform", category=frozenset({"enforcement"})), None),
        (Rule("other kind", category=frozenset({"order", "enforcement.dust"})), Condition.CATEGORY),
        (Rule("grid", area=frozenset({"g1"})), None),
        (Rule("community", area=frozenset({"c1"})), None),
        (Rule("district", area=frozenset({"d"})), None),
        (Rule("patrol area", area=frozenset({"p1"})), None),
        (Rule("zone", area=frozenset({"nowhere", "z1"})), None),
        (Rule("elsewhere", area=frozenset({"c2"})), Condition.AREA),
        (Rule("night", time=(hours("22:00-06:00"),)), None),
        (Rule("evening", time=(hours("18:00-23:00"),)), Condition.TIME),  # it is 23:00: the end is not in it
        (Rule("two spans", time=(hours("08:00-12:00"), hours("23:00-23:30"))), None),
        (Rule("Monday", days=frozenset({1})), None),
        (Rule("weekend", days=frozenset({6, 7})), Condition.DAYS),
        (Rule("words", words=("麻将", "电钻")), None),
        (Rule("full width", words=("ｋｔｖ",)), None),
        (Rule("other words", words=("麻将",)), Condition.WORDS),
        (Rule("urgency", urgency=frozenset({"today", "now"})), None),
        (Rule("other urgency", urgency=frozenset({"now"})), Condition.URGENCY),
        (Rule("app", source=frozenset({"telegram"})), None),
        (Rule("account", source=frozenset({"telegram:bot1"})), None),
        (Rule("other account", source=frozenset({"telegram:bot2", "web"})), Condition.SOURCE),
        (
            Rule(
                "all of it",
                1,
                frozenset({"enforcement.noise"}),
                frozenset({"c1"}),
                (hours("22:00-06:00"),),
                frozenset({1}),
                ("电钻",),
                frozenset({"today"}),
                frozenset({"telegram"}),
            ),
            None,
        ),
    ],
    ids=lambda each: each.name if isinstance(each, Rule) else None,
)
def test_a_rule_holds_when_all_its_conditions_do(rule: Rule, missing: Condition | None) -> None:
    assert facts().missing(rule) is missing


def test_the_hours_of_a_night_cross_midnight() -> None:
    night, day = hours("22:00-06:00"), hours("06:00-22:00")
    for minute in range(0, 24 * 60, 7):
        clock = (datetime(2026, 1, 5) + timedelta(minutes=minute)).time()
        assert night.hold(clock) is not day.hold(clock)
    assert str(night) == "22:00-06:00"


def test_the_first_rule_that_holds_decides_and_says_which_failed_before_it() -> None:
    kinds = frozenset({"enforcement.noise"})
    day = Rule("by day", category=kinds, time=(hours("06:00-22:00"),))
    other = Rule("rivers", category=frozenset({"enforcement.water"}), lead="river")
    everywhere = Rule("at weekends", days=frozenset({6, 7}))
    night, last = Rule("by night", category=kinds), Rule("all")
    rules = Rules((day, other, everywhere, night, last))
    assert rules.decide(facts()) is night
    verdict = rules.judge(facts())
    assert verdict.rule is night
    assert verdict.failed == ((day, Condition.TIME),)
    assert Rules((day,)).judge(facts()).rule is None
    assert Rules((day,)).judge(facts()).failed == ((day, Condition.TIME),)
    assert CATALOGUE_ONLY.decide(facts()) is None


def test_a_kind_nobody_knows_and_a_place_nobody_knows_still_have_facts() -> None:
    lost = facts(replace(NOISE, category="no.such", grid=""))
    assert lost.category.code == "service.other"
    assert lost.areas == frozenset()
    for category in ("", "no.such"):
        assert facts(replace(NOISE, category=category)).category.code == "service.other"
        assert facts(replace(NOISE, category=category)).missing(Rule("kind", category=frozenset({"service.other"})))


@pytest.mark.parametrize(
    ("rule", "platform", "unit", "assist"),
    [
        (Rule("nothing more", ask=Level.CADRE), "enforcement", "s-enforcement", ()),
        (Rule("a kind of another platform", lead="police"), "order", "s-police", ()),
        (Rule("a unit by its code", lead="s-fire"), "enforcement", "s-fire", ()),
        (Rule("a kind the platform lacks", platform=Platform.MARKET, lead="police"), "market", "s-market", ()),
        (Rule("a kind nobody has", lead="river"), "enforcement", "s-enforcement", ()),
        (Rule("a platform", platform=Platform.SERVICE), "service", "s-hall", ()),
        (Rule("helpers", assist=("police", "s-fire", "fire", "river", "enforcement")), "enforcement", "s-enforcement",
         ("s-police", "s-fire")),
    ],
    ids=lambda each: each.name if isinstance(each, Rule) else None,
)  # fmt: skip
def test_a_rule_names_the_platform_the_lead_and_the_helpers(
    rule: Rule, platform: str, unit: str, assist: tuple[str, ...]
) -> None:
    found = route(NOISE, town(), EVERYBODY, NOON, rules=Rules((rule,), "1a2b3c4d"))
    assert (found.platform, found.unit, found.assist, found.rule) == (platform, unit, assist, rule.name)
    assert f'rule "{rule.name}" of rules 1a2b3c4d' in found.reason
    for helper in assist:
        assert helper in found.reason


@pytest.mark.parametrize(
    ("ask", "person"), [(None, "li"), ("cadre", "li"), ("patrol", "qian"), ("street", "he"), ("desk", "feng")]
)
def test_a_rule_says_from_which_level_on_people_are_asked(ask: str | None, person: str) -> None:
    rule = Rule("from there", ask=Level(ask) if ask else None)
    assert route(NOISE, town(), EVERYBODY, NOON, rules=Rules((rule,))).person == person


def test_a_rule_may_give_what_is_not_sorted_to_the_ground() -> None:
    other = replace(NOISE, category="service.other")
    assert route(other, town(), EVERYBODY, NOON).person == "feng"
    assert route(other, town(), EVERYBODY, NOON, rules=Rules((Rule("cadres sort", ask=Level.CADRE),))).person == "li"


def test_the_shipped_rules_say_of_every_kind_and_place_what_the_catalogue_says() -> None:
    sample = street().directory()
    for directory, grids, reach in (
        (town(), ("g1", "m1", "c2", "s", "", "nowhere"), EVERYBODY),
        (sample, ("xx-c01-g1", "xx-c01", ""), frozenset(sample.people)),
    ):
        for category in ("", "no.such", *CATEGORIES):
            for grid in grids:
                for at in (NOON, NIGHT):
                    case = replace(NOISE, category=category, grid=grid, words="")
                    plain = route(case, directory, reach, at)
                    ruled = route(case, directory, reach, at, rules=shipped())
                    same = ("platform", "unit", "person", "level", "on_duty", "assist")
                    assert [getattr(ruled, name) for name in same] == [getattr(plain, name) for name in same], case
                    assert bool(ruled.rule) is (category in CATEGORIES)


def test_each_shipped_rule_is_reached_by_the_kinds_it_names() -> None:
    for rule in shipped().rules:
        for code in rule.category:
            assert shipped().decide(facts(replace(NOISE, category=code))) is rule


@pytest.mark.parametrize(
    ("earlier", "later", "covered"),
    [
        (Rule("a"), Rule("b", category=frozenset({"order"})), True),
        (Rule("a", category=frozenset({"order"})), Rule("b", category=frozenset({"order.fight"})), True),
        (Rule("a", category=frozenset({"order"})), Rule("b", category=frozenset({"order.fight", "market"})), False),
        (Rule("a", category=frozenset({"order"})), Rule("b"), False),
        (Rule("a", category=frozenset({"order.fight"})), Rule("b", category=frozenset({"order"})), False),
        (Rule("a", days=frozenset({6, 7})), Rule("b", days=frozenset({7})), True),
        (Rule("a", words=("x",)), Rule("b", words=("x", "y")), False),
    ],
)
def test_a_rule_that_comes_after_a_wider_one_is_covered(earlier: Rule, later: Rule, covered: bool) -> None:
    assert covers(earlier, later) is covered
