"""Why a case goes where it goes, in plain words, in both languages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from bot.route_words import explain, recorded, sentences
from bot.rules_file import shipped
from bot.texts import LANGUAGES, Texts
from routing.case import Case, State
from routing.directory import Level
from routing.route import route
from routing.rules import CATALOGUE_ONLY, Rule, Rules
from routing.why import Why
from tests.town import NIGHT, NOON, rows, town

EVERYBODY = frozenset(town().people)
TEXTS = Texts.load()
CASE = Case("38164275", State.RECEIVED, "r", "t", "m", NOON, "路灯坏了", "service.light", True, "today", grid="g1")


def told(
    case: Case, rules: Rules = CATALOGUE_ONLY, reach: Collection[str] = EVERYBODY, *, night: bool = False
) -> list[str]:
    """The keys' sentences in English; that they can be said in every language is looked at by the way."""
    found = explain(case, town(), reach, NIGHT if night else NOON, rules, "telegram:bot1")
    lines = {language: sentences(found, rules, town(), TEXTS, language) for language in LANGUAGES}
    assert all(all(each) and len(each) == len(lines["en"]) for each in lines.values())
    return lines["en"]


def says(lines: list[str], key: str, **params: str) -> bool:
    return TEXTS.say(key, params, "en") in lines


def test_the_catalogue_alone_names_unit_and_cadre() -> None:
    lines = told(CASE)
    assert says(lines, "route.catalogue")
    assert says(lines, "route.unit", unit="柳桥市政养护站", code="s-works", platform="Public services")
    assert says(lines, "route.person", name="李建国", id="li", level="grid cadre")


def test_levels_where_nobody_is_on_duty_are_named_and_the_least_loaded_comes_first() -> None:
    lines = told(CASE, shipped(), night=True)
    assert says(lines, "route.skipped", level="grid cadre")
    assert says(lines, "route.least", count="2")
    assert any("route" not in line and "repairs" in line for line in lines)


def test_a_rule_without_conditions_holds_for_every_matter() -> None:
    lines = told(CASE, Rules((Rule("all", ask=Level.DESK),), file="rules.yaml"))
    assert any(TEXTS.say("route.always", {}, "en") in line for line in lines)
    assert says(lines, "route.person", name="冯晓敏", id="feng", level="street desk")
    assert not any("nobody is on duty" in line for line in lines)  # the rule begins at the desk


def test_a_kind_that_is_a_guess_is_said_to_be_one() -> None:
    assert says(told(replace(CASE, category_sure=False)), "route.doubt")
    assert not says(told(CASE), "route.doubt")


def test_a_place_nobody_knows_is_said_and_no_level_is_blamed() -> None:
    lines = told(replace(CASE, grid=""))
    assert says(lines, "route.nowhere")
    assert not any("nobody is on duty" in line for line in lines)


def test_without_a_unit_and_without_anybody_it_says_so() -> None:
    bare = replace(rows(), units=()).directory()
    found = explain(CASE, bare, (), NOON, CATALOGUE_ONLY, "web:web")
    lines = sentences(found, CATALOGUE_ONLY, bare, TEXTS, "en")
    assert says(lines, "route.no_unit", platform="Public services")
    assert says(lines, "route.nobody")


def test_who_is_not_on_duty_and_asked_all_the_same_is_said_to_be() -> None:
    assert says(told(CASE, reach={"feng"}, night=True), "route.person_resting", name="冯晓敏", id="feng",
                level="street desk")  # fmt: skip


@pytest.mark.parametrize("category", ["order.staff"])
def test_a_complaint_about_staff_says_who_is_kept_out(category: str) -> None:
    lines = told(replace(CASE, category=category, words="何主任骂人", private=True), shipped())
    assert says(lines, "route.staff")
    assert says(lines, "route.no_unit_staff", platform="Public order")
    assert any("何志明" in line for line in lines)
    assert says(lines, "route.skipped", level="street leader")
    assert says(lines, "route.person", name="冯晓敏", id="feng", level="street desk")


# --- what is on record


def on_record(why: Why) -> list[str]:
    lines = {language: recorded(why.written(), town(), TEXTS, language) for language in LANGUAGES}
    assert len(lines["zh"]) == len(lines["en"])
    assert all(all(each) for each in lines.values())
    return lines["en"]


def test_what_is_on_record_is_said_in_the_readers_language() -> None:
    lines = on_record(route(CASE, town(), EVERYBODY, NOON).why)
    assert says(lines, "route.then.person", who="李建国 (li)", level="grid cadre")
    assert says(lines, "route.then.place", area="柳岸第一网格")
    assert says(lines, "route.unit", unit="柳桥市政养护站", code="s-works", platform="Public services")
    assert says(lines, "route.then.catalogue")
    assert "李建国" in "".join(recorded(route(CASE, town(), EVERYBODY, NOON).why.written(), town(), TEXTS, "zh"))


def test_all_that_may_be_on_record_is_said() -> None:
    whole = Why(
        "order.fight", "order", "s-gone", ("s-fire", "s-lost"), "", "wu", "patrol", False, 1, 735, True,
        ("li", "nobody-here"), 3, "fights", "1a2b3c4d",
    )  # fmt: skip
    lines = on_record(whole)
    assert says(lines, "route.unit", unit="s-gone", code="s-gone", platform="Public order")
    assert says(lines, "route.assist", units="柳桥消防站, s-lost")
    assert says(lines, "route.nowhere")
    assert says(lines, "route.then.rule", rule="fights", version="1a2b3c4d")
    assert says(lines, "route.then.person_resting", who="吴斌 (wu)", level="patrol")
    assert says(lines, "route.then.after", who="李建国 (li), nobody-here")
    for key, params in (
        ("in_hand", {"count": 1}),
        ("metres", {"metres": 735}),
        ("skilled", {}),
        ("arbiter", {"times": 3}),
    ):
        assert TEXTS.say(f"route.then.{key}", params, "en") in lines
    assert says(on_record(Why("order.fight", "order")), "route.then.nobody")
    assert on_record(Why(sent_by="feng")) == [TEXTS.say("route.then.sent_by", {"who": "冯晓敏 (feng)"}, "en")]


def test_a_line_of_before_is_shown_as_it_is() -> None:
    assert recorded("sent by the desk (feng)", town(), TEXTS) == []
