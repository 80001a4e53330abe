"""Small rules as tables: yes or no in words, which kind, what may be heard in a group, which buttons name a case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.desks.closing import verdict
from bot.desks.groups import Hearing, hearing
from bot.desks.presses import subject
from bot.desks.sorting import chosen, doubtful, sort
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Quoted
from nlu.understanding import Emergency, Guess, Understanding
from routing.directory import Group, Hears
from routing.platforms import CATEGORIES, Urgency
from tests.town import NOON


@pytest.mark.parametrize(
    ("said", "solved"),
    [
        ("好了", True),
        ("解决了", True),
        ("已经修好了,谢谢", True),
        ("谢谢", True),
        ("没问题了", True),
        ("没事了", True),
        ("不错", True),
        ("可以了!", True),
        ("ok", True),
        ("solved", True),
        ("没有", False),
        ("没解决", False),
        ("还没好", False),
        ("没修好", False),
        ("不行", False),
        ("又坏了", False),
        ("还是不亮", False),
        ("白来一趟", False),
        ("not solved", False),
        ("居住证怎么办理", None),
        ("楼下的垃圾也请收一收", None),
        ("", None),
        ("好了以后过了两天的晚上十点钟左右路灯就一直在那里闪个不停", None),
    ],
)
def test_is_it_solved_said_in_words(said: str, solved: bool | None) -> None:
    assert verdict(said) is solved


def heard(*guesses: tuple[str, float], **more: object) -> Understanding:
    return Understanding("x", categories=tuple(Guess(*each) for each in guesses), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("guesses", "alone", "category", "choices", "private"),
    [
        ((("service.light", 0.9), ("service.road", 0.1)), False, "service.light", ("service.road",), False),
        ((("service.light", 0.5), ("service.road", 0.4)), False, "", ("service.light", "service.road"), False),
        ((("order.family", 0.7), ("order.neighbour", 0.2)), False, "order.family", ("order.neighbour",), True),
        ((("service.road", 0.5), ("order.neighbour", 0.4)), False, "", ("service.road", "order.neighbour"), True),
        ((("enforcement.noise", 0.5), ("order.neighbour", 0.3)), False, "", ("enforcement.noise",), False),
        ((("service.road", 0.5), ("order.neighbour", 0.3)), True, "", ("service.road", "order.neighbour"), False),
        ((("service.other", 0.9), ("service.road", 0.1)), False, "", (), False),  # It says that there is something.
        ((("no.such.kind", 0.9),), False, "", (), False),
        ((), False, "", (), False),
    ],
)  # fmt: skip
def test_which_kind(
    guesses: tuple[tuple[str, float], ...], alone: bool, category: str, choices: tuple[str, ...], private: bool
) -> None:
    found = sort(heard(*guesses), alone=alone)
    assert (found.category, found.choices, found.private) == (category, choices, private)
    assert found.sure == bool(category)


def test_in_a_group_no_private_kind_is_ever_offered_on_a_button() -> None:
    for code in CATEGORIES:
        for p in (0.1, 0.3, 0.34):
            found = sort(heard(("enforcement.noise", 0.5), (code, p)))
            assert found.private or not any(CATEGORIES[each].private for each in found.choices)


@pytest.mark.parametrize(
    ("danger", "code"),
    [
        (Emergency.FIRE, "enforcement.fire"),
        (Emergency.GAS, "market.gas"),
        (Emergency.INJURY, "service.urgent_help"),
        (Emergency.VIOLENCE, "order.fight"),
        (Emergency.TRAPPED, "service.urgent_help"),
        (Emergency.PERIL, "service.urgent_help"),
    ],
)
def test_danger_decides_the_kind_and_is_urgent(danger: Emergency, code: str) -> None:
    for found in (sort(heard(emergency=danger)), doubtful(heard(emergency=danger))):
        assert (found.category, found.urgency, found.sure) == (code, Urgency.NOW, True)


def test_words_of_violence_make_a_quarrel_urgent() -> None:
    assert sort(heard(("order.family", 0.9))).urgency is Urgency.TODAY
    assert sort(heard(("order.family", 0.9), violent=True)).urgency is Urgency.NOW
    assert chosen("order.neighbour", violent=True).urgency is Urgency.NOW
    assert chosen("service.road", violent=True).urgency is Urgency.TODAY


def test_words_that_hardly_sound_like_a_report_are_asked_about() -> None:
    found = doubtful(heard(("order.staff", 0.9), ("service.road", 0.1)))
    assert (found.category, found.sure, found.private) == ("", False, True)
    assert found.choices == ("order.staff", "service.road")


TALK = Inbound("1", Address("telegram", "bot1", "-1"), Kind.MESSAGE, NOON, text="x")
PHOTO = (Media(MediaKind.PHOTO, "f"),)
MENTION = Group("telegram", "bot1", "-1", "c1", "柳岸")
LISTEN = replace(MENTION, hears=Hears.LISTEN)
TO_NEIGHBOUR, TO_BOT = Quoted("m1"), Quoted("m1", mine=True)


@pytest.mark.parametrize(
    ("inbound", "group", "waiting", "joins", "clear", "what"),
    [
        (TALK, MENTION, False, False, False, "pass"),
        (TALK, MENTION, False, False, True, "pass"),
        (TALK, LISTEN, False, False, False, "pass"),
        (TALK, LISTEN, False, False, True, "overhear"),
        (TALK, None, False, False, True, "pass"),
        (replace(TALK, quoted=TO_NEIGHBOUR), LISTEN, False, False, True, "pass"),
        (replace(TALK, addressed=True), MENTION, False, False, False, "take"),
        (replace(TALK, addressed=True, quoted=TO_NEIGHBOUR), MENTION, False, False, False, "take"),
        (replace(TALK, private=True), None, False, False, False, "take"),
        (TALK, MENTION, True, False, False, "take"),
        (replace(TALK, quoted=TO_NEIGHBOUR), MENTION, True, True, False, "pass"),
        (replace(TALK, quoted=TO_BOT), MENTION, True, True, False, "take"),
        (TALK, MENTION, False, True, False, "pass"),
        (replace(TALK, media=PHOTO), MENTION, False, True, False, "take"),
        (replace(TALK, location=(30.0, 120.0)), MENTION, False, True, False, "take"),
        (replace(TALK, media=PHOTO), MENTION, False, False, False, "pass"),
        (replace(TALK, media=PHOTO, quoted=TO_NEIGHBOUR), MENTION, False, True, False, "pass"),
        (replace(TALK, kind=Kind.EDITED), MENTION, False, False, False, "pass"),
        (replace(TALK, kind=Kind.EDITED), LISTEN, False, False, True, "pass"),
        (replace(TALK, kind=Kind.EDITED), MENTION, False, True, False, "take"),
        (replace(TALK, kind=Kind.EDITED, addressed=True), MENTION, False, False, False, "take"),
        (replace(TALK, kind=Kind.IGNORED), MENTION, False, False, False, "pass"),
        (replace(TALK, kind=Kind.JOINED), None, False, False, False, "take"),
        (replace(TALK, kind=Kind.PRESS), MENTION, False, False, False, "take"),
    ],
)
def test_what_may_be_kept_of_what_is_said_in_a_group(
    inbound: Inbound, group: Group | None, waiting: bool, joins: bool, clear: bool, what: str
) -> None:
    assert hearing(inbound, group, waiting, joins, clear) is Hearing(what)


@pytest.mark.parametrize(
    ("data", "number"),
    [
        ("accept:38164275", "38164275"),
        ("kind:38164275:service.light", "38164275"),
        ("case:38164275", "38164275"),
        ("human", ""),
        ("human:faq:residence_permit:t", ""),
        ("faq:38164275", ""),
        ("accept", ""),
        ("accept:", ""),
        ("accept:3816427", ""),
        ("accept:381642755", ""),
        ("accept:١٢٣٤٥٦٧٨", ""),
        ("accept:²²²²²²²²", ""),
        ("accept:' OR 1=1", ""),
        ("", ""),
        (":::", ""),
        ("ACCEPT:38164275", ""),
    ],
)
def test_the_case_that_a_button_names(data: str, number: str) -> None:
    assert subject(data) == number


@pytest.mark.parametrize(
    ("report", "kind", "sure"), [(0.45, 0.97, True), (0.45, 0.7, False), (0.1, 0.99, False), (0.31, 0.91, True)]
)
def test_a_kind_beyond_doubt_is_not_asked_about(report: float, kind: float, sure: bool) -> None:
    said = Understanding(
        "垃圾三天没收",
        intents=(Guess("ask", 1 - report), Guess("report", report)),
        categories=(Guess("enforcement.garbage", kind), Guess("service.drain", 1 - kind)),
    )
    assert doubtful(said).sure is sure
    assert doubtful(said).category == ("enforcement.garbage" if sure else "")
