"""Every button in every state, pressed by everybody: who may not, changes nothing; who may, does what MOVES allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desks import decide
from bot.desks.missing import ticks
from bot.desks.overdue import due
from bot.desks.presses import REPORTER, STAFF
from bot.messages import Address, Inbound, Kind, Press, Sender
from bot.outcome import Asking, Draft, Fresh, Outcome, Resident, Scene, Thread
from nlu.understanding import Understanding
from routing.case import MOVES, Case, State, Verb
from routing.sla import Clock, ClockKind, start
from tests import town
from tests.thorough import many

DIRECTORY = town.town()
REACH = {who: Address("telegram", "bot1", f"u-{who}") for who in DIRECTORY.people}
GROUP = Address("telegram", "bot1", town.GROUP_WILLOW)
NUMBER = "38164275"
NOW = town.NOON + timedelta(minutes=5)
#: What each button of the staff does to a case, if anything.
MEANS = {
    "accept": Verb.ACCEPT, "pass": Verb.PASS_ON, "called": Verb.CALL, "arrived": Verb.ARRIVE, "done": Verb.FINISH,
}  # fmt: skip


def talk(who: str, *, alone: bool) -> Thread:
    home = Address("telegram", "bot1", f"u-{who}")
    resident = Resident(f"r-{who}", "telegram", f"u-{who}", who, "", home, 1)
    return Thread(f"t-{who}-{alone}", home if alone else GROUP, resident, alone, version=1)


def case(state: State, **more: object) -> Case:
    base = Case(
        NUMBER, state, "r-alice", "t-alice-False", "m1", town.NOON, "灯坏了", "service.light", True, "today",
        place="柳岸路3号", grid="g1", platform="service", unit="s-works", holder="li", asked=("li",), version=3,
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def scene(who: str, matter: Case, *, alone: bool) -> Scene:
    clocks = tuple(replace(clock, version=1) for clock in start(NUMBER, "today", town.NOON))
    thread = talk(who, alone=alone)
    return Scene(
        fresh=Fresh("99999999", "token", ("k1", "k2")),
        thread=thread,
        group=None if alone else DIRECTORY.group("telegram", "bot1", GROUP.chat),
        person=who if who in DIRECTORY.people else "",
        case=matter,
        clocks=clocks,
        reporter=thread if thread.id == matter.thread else talk("alice", alone=False),
        reach=REACH,
        usernames={"bot1": "wuyou_bot"},
    )


def press(who: str, data: str, matter: Case, *, alone: bool = True) -> Outcome:
    at = REACH.get(who, Address("telegram", "bot1", f"u-{who}")) if alone else GROUP
    inbound = Inbound(
        "1", at, Kind.PRESS, NOW, alone, Sender(f"u-{who}"), "m9", addressed=True, press=Press(data, "m9")
    )
    return decide(inbound, Understanding(""), scene(who, matter, alone=alone), DIRECTORY, NOW)


def cases_of(outcome: Outcome) -> list[Case]:
    return [change for change in outcome.changes if isinstance(change, Case)]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", sorted({*STAFF, *REPORTER}))
def test_who_neither_reported_nor_holds_it_changes_nothing(state: State, verb: str) -> None:
    for who, alone in product(("bob", "wang", "he", "qian", "shi", "kong"), (True, False)):
        outcome = press(who, f"{verb}:{NUMBER}:service.road", case(state), alone=alone)
        assert cases_of(outcome) == [], who
        assert outcome.steps == (), who
        assert not [change for change in outcome.changes if isinstance(change, Clock | Thread)]
        for letter in outcome.letters:
            assert letter.to.chat == f"u-{who}", "nobody else hears of it, least of all a group"
            assert letter.key == "duty.not_yours"


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", sorted(STAFF))
def test_the_reporter_may_not_press_what_is_the_staffs(state: State, verb: str) -> None:
    outcome = press("alice", f"{verb}:{NUMBER}", case(state), alone=False)
    assert (cases_of(outcome), outcome.steps, outcome.letters) == ([], (), ())


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", sorted(REPORTER))
def test_the_holder_may_not_press_what_is_the_reporters(state: State, verb: str) -> None:
    outcome = press("li", f"{verb}:{NUMBER}:service.road", case(state))
    assert (cases_of(outcome), outcome.steps, outcome.letters) == ([], (), ())


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(("button", "verb"), MEANS.items())
@pytest.mark.parametrize("who", ["li", "feng"])
def test_the_holder_and_the_desk_move_it_as_the_table_says(state: State, button: str, verb: Verb, who: str) -> None:
    outcome = press(who, f"{button}:{NUMBER}", case(state))
    done = [step.verb for step in outcome.steps]
    if (state, verb) in MOVES and (state is not State.DONE or verb is not Verb.CALL):
        assert verb in done
    elif verb is not Verb.CALL:
        assert done == []
        assert cases_of(outcome) == []
    assert all(letter.to != GROUP or letter.key.startswith("case.") for letter in outcome.letters)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", sorted(REPORTER))
def test_whatever_the_reporter_presses_is_no_mistake(state: State, verb: str) -> None:
    for argument in ("", "service.road", "order.family", "no.such", "0", "9", "none"):
        outcome = press("alice", f"{verb}:{NUMBER}:{argument}", case(state), alone=False)
        parts = state is State.JOINED and verb == "unsolved"  # Theirs is another matter: it goes out by itself.
        for after in cases_of(outcome):
            moves = state in (State.RECEIVED, State.DISPATCHED, State.DONE, State.CLOSED) or parts
            assert moves or after.state is state


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", [kind for kind in ClockKind if kind not in ticks.KINDS])
def test_every_clock_in_every_state_goes_off_without_a_mistake(state: State, kind: ClockKind) -> None:
    categories = ("", "service.light", "order.staff", "order.family")
    for holder, category, rung in product(("", "li", "feng"), categories, range(8)):
        private = category.startswith("order")
        asked = (holder,) if holder else ()
        matter = case(state, category=category, private=private, holder=holder, asked=asked)
        clock = Clock(NUMBER, kind, town.NOON, NOW, NOW, rung, version=2 + rung)
        around = replace(scene("alice", matter, alone=False), thread=None, clocks=(clock,))
        outcome = due(clock, around, DIRECTORY, NOW)
        after = next(change for change in outcome.changes if isinstance(change, Clock) and change.kind is kind)
        assert after.stopped_at or after.due_at > NOW, f"{holder} {category} {rung}: it rings for ever at once"
        for letter in outcome.letters:
            if private and letter.to == GROUP:
                assert letter.key in ("case.written_aside", "case.come_aside", "case.write_to_me")
            if category == "order.staff":
                heard = letter.to.chat.removeprefix("u-")
                assert heard in ("alice", "he", "feng", holder) or letter.to == GROUP


@settings(max_examples=many(300))
@given(
    data=st.one_of(
        st.text(max_size=64),
        st.builds(
            lambda verb, number, argument: f"{verb}:{number}:{argument}"[:64],
            st.sampled_from([*STAFF, *REPORTER, "faq", "helped", "offer", "hears", "case", "mycases", "human"]),
            st.sampled_from([NUMBER, "", "yes", "no", "listen", "faq", "residence_permit", "0", "² "]),
            st.text(max_size=40),
        ),
    ),
    who=st.sampled_from(["alice", "bob", "li", "wang", "feng", "he"]),
    state=st.sampled_from(State),
    alone=st.booleans(),
)
def test_no_forged_button_breaks_anything(data: str, who: str, state: State, alone: bool) -> None:
    outcome = press(who, data, case(state), alone=alone)
    assert len(outcome.note) <= 40
    for letter in outcome.letters:
        buttons = [button for row in letter.buttons for button in row]
        assert len(buttons) <= 4
        assert all(len(button.data.encode()) <= 64 for button in buttons)


def test_a_private_case_is_silent_in_its_group_whatever_is_pressed() -> None:
    for state in State:
        for verb in (*STAFF, *REPORTER):
            for who in ("alice", "li", "feng", "bob"):
                for alone in (True, False):
                    matter = case(state, private=True, category="order.family")
                    for letter in press(who, f"{verb}:{NUMBER}:x", matter, alone=alone).letters:
                        assert letter.to != GROUP or letter.key in ("human.called", "human.nobody", "case.not_open")


def test_the_words_of_a_finisher_who_lost_the_case_meanwhile_go_nowhere() -> None:
    matter = case(State.DISPATCHED, holder="qian", asked=("li", "qian"))
    around = scene("li", matter, alone=True)
    assert around.thread is not None
    waits = replace(around.thread, draft=Draft(NOW + timedelta(minutes=5), NUMBER, Asking.RESULT))
    said = Inbound("1", REACH["li"], Kind.MESSAGE, NOW, True, Sender("u-li"), "m9", "修好了", addressed=True)
    outcome = decide(said, Understanding("修好了"), replace(around, thread=waits), DIRECTORY, NOW)
    assert cases_of(outcome) == []
    assert [letter.key for letter in outcome.letters] == ["duty.not_yours"]
