"""What the call-back post asks, and that what it wrote down comes back as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.callback import MOST_WORDS, QUESTIONS, Ask, Told, answers, questions, read, unanswered, written
from routing.case import Case, State, Step, Verb
from routing.platforms import CATEGORIES, Urgency
from tests.town import NOON


def case(category: str, **fields: object) -> Case:
    urgency = CATEGORIES[category].urgency if category in CATEGORIES else ""
    return Case("38164275", State.ACCEPTED, "r", "t", "m", NOON, category=category, urgency=urgency, **fields)  # type: ignore[arg-type]


def note(words: str, minutes: int = 0) -> Step:
    return Step("38164275", Verb.NOTE, NOON + timedelta(minutes=minutes), "feng", words)


def test_every_kind_of_matter_has_questions_of_its_own() -> None:
    assert set(QUESTIONS) == set(CATEGORIES)


@pytest.mark.parametrize("category", [*CATEGORIES, "", "no.such"])
def test_few_questions_are_asked_none_twice_and_the_open_one_last(category: str) -> None:
    asked = questions(category)
    assert 2 <= len(asked) <= 7
    assert len(set(asked)) == len(asked)
    assert asked[-1] is Ask.MORE


@pytest.mark.parametrize("category", [code for code, each in CATEGORIES.items() if each.urgency is Urgency.NOW])
def test_of_what_is_urgent_it_is_asked_how_one_finds_it(category: str) -> None:
    assert Ask.WHERE in questions(category)


def test_a_matter_that_is_urgent_this_time_is_asked_like_an_urgent_one() -> None:
    assert Ask.WHERE not in questions("service.light")
    assert Ask.WHERE in questions("service.light", Urgency.NOW)


def test_a_known_place_is_not_asked_for() -> None:
    assert Ask.WHERE in unanswered(case("order.fight"), ())
    assert Ask.WHERE not in unanswered(case("order.fight", address_id="a1"), ())
    assert Ask.WHERE not in unanswered(case("order.fight", location=(30.0, 120.0)), ())


def test_what_was_answered_is_not_asked_again() -> None:
    told = note(written({Ask.HURT: "没有", Ask.MORE: "狗很大"}))
    left = unanswered(case("order.fight"), (told,))
    assert Ask.HURT not in left
    assert left[-1] is Ask.MORE


def test_the_newest_answer_counts_and_everything_more_is_kept() -> None:
    steps = (
        note(written({Ask.HURT: "没有", Ask.MORE: "狗很大"})),
        note("he was on the telephone"),
        note(written({Ask.HURT: "有一个人", Ask.MORE: "门没锁"}), 2),
    )
    assert answers(steps) == (Told(Ask.HURT, "有一个人"), Told(Ask.MORE, "狗很大"), Told(Ask.MORE, "门没锁"))


def test_after_a_case_is_opened_again_it_is_asked_anew() -> None:
    again = Step("38164275", Verb.REOPEN, NOON + timedelta(hours=1), "r")
    assert answers((note(written({Ask.HURT: "没有"})), again)) == ()


def test_a_note_of_the_desk_and_words_to_the_resident_are_no_answers() -> None:
    called = Step("38164275", Verb.CALL, NOON, "feng", "hurt=x")
    assert answers((note("x=1"), note("=1"), note("hurt="), called)) == ()


@given(st.dictionaries(st.sampled_from(Ask), st.text(max_size=2 * MOST_WORDS)))
def test_what_was_written_down_is_read_back(told: dict[Ask, str]) -> None:
    kept = {ask: " ".join(words.split())[:MOST_WORDS] for ask, words in told.items()}
    assert {each.ask: each.words for each in read(written(told))} == {a: w for a, w in kept.items() if w}
