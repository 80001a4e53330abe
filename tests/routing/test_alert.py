"""The life of an alert: what may follow what, and that two persons stand behind every word."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.alert import (
    LONGEST,
    MOVES,
    OPEN,
    OUT,
    Alert,
    AlertStep,
    Content,
    Ending,
    IllegalAlertMove,
    Kind,
    Missing,
    OwnWords,
    State,
    Unconfirmed,
    Verb,
    drawn,
)
from routing.areas import AreaKind
from tests.town import APPROVER_1, APPROVER_2, AUTHOR, GRID_1, NOON

MOTHER = Content(missing=Missing("陈阿婆", 78, clothes="红色外套"), reference="G110-7")


def drafted(kind: Kind = Kind.MISSING) -> Alert:
    return Alert(drawn("38164275"), kind, State.DRAFT, GRID_1, AUTHOR, NOON, MOTHER)


def step(
    verb: Verb, by: str = AUTHOR, to: str = "", content: Content | None = None, reference: str = "G110-7"
) -> AlertStep:
    return AlertStep("a38164275", verb, NOON, by, to=to, content=content, confirmed=True, reference=reference)


def live() -> Alert:
    waiting = drafted().after(step(Verb.SUBMIT))
    return waiting.after(step(Verb.APPROVE, APPROVER_1, "grid"))


def test_an_alert_goes_out_on_the_word_of_a_second_person() -> None:
    alert = live()
    assert (alert.state, alert.author, alert.approver) == (State.LIVE, AUTHOR, APPROVER_1)
    assert alert.ring is AreaKind.GRID
    assert alert.expires_at == NOON + LONGEST


def test_nobody_approves_words_of_their_own() -> None:
    waiting = drafted().after(step(Verb.SUBMIT))
    with pytest.raises(OwnWords):
        waiting.after(step(Verb.APPROVE, AUTHOR, "grid"))
    assert not waiting.may_approve(AUTHOR)
    assert waiting.may_approve(APPROVER_1)


def test_whoever_changed_the_words_last_is_an_author_too() -> None:
    waiting = drafted().after(step(Verb.EDIT, APPROVER_1, content=MOTHER)).after(step(Verb.SUBMIT, AUTHOR))
    for writer in (AUTHOR, APPROVER_1):
        with pytest.raises(OwnWords):
            waiting.after(step(Verb.APPROVE, writer, "grid"))
    assert waiting.after(step(Verb.APPROVE, APPROVER_2, "grid")).approver == APPROVER_2


def test_nobody_without_a_name_approves() -> None:
    with pytest.raises(OwnWords):
        drafted().after(step(Verb.SUBMIT)).after(step(Verb.APPROVE, "", "grid"))


def test_an_approved_alert_of_one_person_cannot_even_be_built() -> None:
    with pytest.raises(OwnWords):
        replace(live(), approver=AUTHOR)
    with pytest.raises(IllegalAlertMove):
        replace(drafted(), state=State.LIVE)
    with pytest.raises(Unconfirmed):
        replace(live(), confirmed=False)


def test_words_changed_while_somebody_was_asked_are_to_be_read_anew() -> None:
    waiting = drafted().after(step(Verb.SUBMIT)).after(step(Verb.ASK, "clock", APPROVER_1))
    assert waiting.asked == (APPROVER_1,)
    changed = waiting.after(step(Verb.EDIT, content=replace(MOTHER, words="走路慢")))
    assert (changed.state, changed.asked) == (State.DRAFT, ())
    assert not changed.may(Verb.APPROVE)


@pytest.mark.parametrize(("confirmed", "reference"), [(False, "G110-7"), (True, " "), (True, "G110-8")])
def test_a_missing_person_needs_the_word_of_the_police(confirmed: bool, reference: str) -> None:
    waiting = drafted().after(step(Verb.SUBMIT))
    yes = replace(step(Verb.APPROVE, APPROVER_1, "grid"), confirmed=confirmed, reference=reference)
    with pytest.raises(Unconfirmed):
        waiting.after(yes)


def test_the_reference_that_the_approver_was_given_stands_in_the_alert() -> None:
    without = drafted().after(step(Verb.EDIT, content=replace(MOTHER, reference="")))
    alert = without.after(step(Verb.SUBMIT)).after(step(Verb.APPROVE, APPROVER_1, reference=" G110-9 "))
    assert alert.content.reference == "G110-9"


def test_a_notice_needs_a_second_person_but_no_police() -> None:
    waiting = drafted(Kind.NOTICE).after(step(Verb.SUBMIT))
    assert waiting.after(AlertStep(waiting.id, Verb.APPROVE, NOON, APPROVER_1)).state is State.LIVE


def test_a_correction_is_shown_once_a_second_person_said_yes() -> None:
    better = replace(MOTHER, words="带着拐杖")
    alert = live().after(step(Verb.CORRECT, APPROVER_1, content=better))
    assert alert.content == MOTHER
    with pytest.raises(OwnWords):
        alert.after(step(Verb.APPROVE, APPROVER_1))
    corrected = alert.after(step(Verb.APPROVE, AUTHOR))  # Another person than who corrected it: both have read it.
    assert (corrected.content, corrected.correction, corrected.state) == (better, None, State.LIVE)
    assert (corrected.writers, corrected.approver) == ((APPROVER_1,), AUTHOR)
    assert corrected.expires_at == alert.expires_at


def test_a_correction_declined_leaves_the_alert_as_it_was() -> None:
    alert = live()
    assert alert.after(step(Verb.CORRECT, content=Content())).after(step(Verb.DECLINE, APPROVER_2)) == alert


def test_without_a_correction_there_is_nothing_to_approve() -> None:
    for verb in (Verb.APPROVE, Verb.DECLINE, Verb.ASK):
        assert not live().may(verb)
        with pytest.raises(IllegalAlertMove):
            live().after(step(verb, APPROVER_2))


@pytest.mark.parametrize("before", [(), (Verb.PAUSE,), (Verb.CANCEL,)])
def test_one_person_takes_it_back_at_once(before: tuple[Verb, ...]) -> None:
    alert = live()
    for verb in before:
        alert = alert.after(step(verb))
    back = alert.after(step(Verb.TAKE_BACK, AUTHOR, Ending.FOUND))
    assert (back.state, back.ending, back.ended_at) == (State.TAKEN_BACK, Ending.FOUND, NOON)


def test_a_ring_only_ever_widens() -> None:
    wider = live().after(step(Verb.WIDEN, "clock", "street"))
    assert wider.ring is AreaKind.STREET
    for ring in ("grid", "community", "street", "micro"):
        with pytest.raises(IllegalAlertMove):
            wider.after(step(Verb.WIDEN, AUTHOR, ring))


def test_it_ends_after_23_hours_at_most() -> None:
    with pytest.raises(ValueError, match="lives at most"):
        replace(drafted(), life=timedelta(hours=23, seconds=1))
    assert live().after(step(Verb.EXPIRE, "clock")).ending is Ending.EXPIRED


def test_what_waits_for_the_morning_lives_from_the_morning_on() -> None:
    waiting = replace(drafted(Kind.NOTICE), life=timedelta(hours=2)).after(step(Verb.SUBMIT))
    at_night = waiting.after(step(Verb.APPROVE, APPROVER_1))
    assert (at_night.ring, at_night.expires_at) == (None, NOON + LONGEST)
    morning = NOON + timedelta(hours=8)
    told = at_night.after(replace(step(Verb.WIDEN, "clock", "community"), at=morning))
    assert told.expires_at == morning + timedelta(hours=2)
    wider = told.after(replace(step(Verb.WIDEN, "clock", "street"), at=morning + timedelta(hours=1)))
    assert wider.expires_at == told.expires_at


def test_a_draft_that_nobody_goes_on_with_was_never_out() -> None:
    lapsed = drafted().after(step(Verb.EXPIRE, "clock"))
    assert (lapsed.state, lapsed.ending) == (State.ABANDONED, None)


def test_what_it_said_of_a_person_is_forgotten() -> None:
    over = live().after(step(Verb.TAKE_BACK, AUTHOR, Ending.FALSE)).after(step(Verb.ERASE, "clock"))
    assert over.erased
    assert over.content == Content()


def test_its_number_is_never_a_cases() -> None:
    assert (drafted().id, drafted().shown) == ("a38164275", "A 3816 4275")


def test_what_is_known_of_the_person_is_not_printed() -> None:
    assert "陈阿婆" not in repr(live())
    assert "红色外套" not in repr(step(Verb.EDIT, content=MOTHER))


PEOPLE = (AUTHOR, APPROVER_1, APPROVER_2)
STEPS = st.builds(
    step,
    st.sampled_from(Verb),
    st.sampled_from((*PEOPLE, "")),
    st.sampled_from(("", "grid", "community", "street", "district", "found", "false")),
    st.none() | st.just(MOTHER),
    st.sampled_from(("", "G110-7", "G110-8")),
)


@given(st.sampled_from(Kind), st.lists(STEPS, max_size=25))
def test_whatever_is_done_no_word_is_out_without_two_persons(kind: Kind, steps: list[AlertStep]) -> None:
    alert, written = drafted(kind), {"": AUTHOR}
    ended = False
    for number, each in enumerate(steps):
        if each.content:  # No two of them say the same: so it is seen whose words they are.
            each = replace(each, content=replace(MOTHER, words=str(number)))
        before = alert
        try:
            alert = before.after(each)
        except (IllegalAlertMove, ValueError):
            assert alert is before
            continue
        assert MOVES[before.state, each.verb] is alert.state
        assert not ended or each.verb is Verb.ERASE
        ended = alert.state not in OPEN
        if each.verb in (Verb.EDIT, Verb.CORRECT) and each.content:
            written[each.content.words] = each.by
        if alert.state in OUT:
            assert alert.approver in PEOPLE
            assert alert.approver not in alert.writers
            assert alert.approver != written[alert.content.words]
            assert alert.expires_at is not None
            assert alert.expires_at - NOON <= LONGEST
        if before.state in OUT and each.verb is not Verb.APPROVE and each.verb is not Verb.ERASE:
            assert alert.content == before.content  # What is shown changes by a second person's yes alone.
        if alert.state is State.TAKEN_BACK:
            assert alert.ending is not None
