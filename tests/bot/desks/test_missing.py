"""Alerts as a desk decides them: what they must say, who may, who is asked, and what becomes of the photo."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.desks import missing
from bot.desks.missing import Refused
from bot.desks.missing.presses import alert_in
from bot.desks.missing.sheet import Sheet
from bot.desks.presses import pressed, subject
from bot.messages import Address, Inbound, Kind, Lane, Press, Said
from bot.outcome import Fresh, Outcome, Resident, Scene, Standing, Thread
from bot.texts import Texts
from nlu.understanding import Understanding
from routing.alert import Alert, AlertStep, Colour, Content, Ending, Missing, Sex, State, Verb
from routing.alert import Kind as AlertKind
from routing.directory import Group, Role
from routing.sla import ClockKind
from tests import town
from tests.bot.desks.alert_cast import MOTHER, REFERENCE, AlertDesk, refusal
from tests.town import APPROVER_1, APPROVER_2, AUTHOR, DESK_BY_DAY, GRID_1, LEADER, WILLOW

TEXTS = Texts.load()


@pytest.fixture
def desk() -> AlertDesk:
    return AlertDesk()


# --- from the draft to the groups


def test_an_approved_alert_reaches_the_first_ring_with_photo_and_the_number_of_the_police(desk: AlertDesk) -> None:
    outcome = desk.live()
    assert desk.told(outcome) == [(town.GROUP_GRID_1, "alerts.missing", "mother.jpg")]
    letter = outcome.fanouts[0].letter  # type: ignore[union-attr]
    assert (letter.lane, letter.slot, letter.case) == (Lane.ALERT, "a38164275:alert", "a38164275")
    text = TEXTS.say(letter.key, letter.params, "zh")
    for said in (
        "陈阿婆",
        "女",
        "78 岁",
        "155 厘米",
        "红色外套",
        "拄拐杖",
        "桂花苑门口",
        "1月5日 12:00",
        "打 110",
        "G110-7",
    ):
        assert said in text
    assert "演练" not in text
    assert len(text) < 1024


def test_an_alert_has_no_place_for_a_familys_number() -> None:
    assert not {"phone", "telephone", "contact"} & {field.name for each in (Content, Missing) for field in fields(each)}


@pytest.mark.parametrize("words", ["看到打 13800138000", "妈妈电话 0571 8888 1234", "身份证 330106194801011234"])
def test_numbers_of_people_in_the_words_are_refused(desk: AlertDesk, words: str) -> None:
    assert refusal(lambda: desk.begin(replace(MOTHER, words=words))) == "telephone"
    mother = replace(MOTHER.missing or Missing(), features=words)
    assert refusal(lambda: desk.begin(replace(MOTHER, missing=mother))) == "telephone"


@pytest.mark.parametrize(
    "content",
    [
        Content(),
        replace(MOTHER, missing=replace(MOTHER.missing or Missing(), clothes="", features=" ")),
        replace(MOTHER, missing=replace(MOTHER.missing or Missing(), place="")),
        replace(MOTHER, missing=replace(MOTHER.missing or Missing(), seen_at=None)),
        replace(MOTHER, missing=replace(MOTHER.missing or Missing(), name="", age=None)),
    ],
)
def test_what_says_too_little_is_not_submitted(desk: AlertDesk, content: Content) -> None:
    desk.begin(content)
    assert refusal(lambda: desk.do(missing.submit, by=DESK_BY_DAY)) == "incomplete"


@pytest.mark.parametrize("body", [{"age": 131}, {"age": -1}, {"height": 20}, {"height": 300}])
def test_an_age_or_height_that_is_none_is_refused(desk: AlertDesk, body: dict[str, int]) -> None:
    wrong = replace(MOTHER, missing=replace(MOTHER.missing or Missing(), **body))  # type: ignore[arg-type]
    assert refusal(lambda: desk.begin(wrong)) == "body"


def test_what_is_too_long_for_a_caption_is_refused(desk: AlertDesk) -> None:
    assert refusal(lambda: desk.begin(replace(MOTHER, words="很" * 601))) == "long"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_longest_alert_fits_a_caption(language: str) -> None:
    line, rows = "长" * 110, town.rows()
    desk = AlertDesk(replace(rows, groups=tuple(replace(group, test=True) for group in rows.groups)).directory())
    person = Missing(line, 130, Sex.FEMALE, 250, line, line, line, None, town.NOON)
    longest = Content(words="长" * 154, missing=person, reference=REFERENCE)
    desk.live(longest, exercise=True)
    desk.do(missing.correct, by=DESK_BY_DAY, content=longest)
    letter = desk.approve().fanouts[0].letter  # type: ignore[union-attr]
    assert len(TEXTS.say(letter.key, letter.params, language)) < 1024
    assert (
        refusal(lambda: desk.do(missing.correct, by=DESK_BY_DAY, content=replace(longest, words="长" * 160))) == "long"
    )


# --- two persons


@pytest.mark.parametrize("by", [APPROVER_1, AUTHOR, LEADER, town.LI, DESK_BY_DAY, "clock", "", "nobody"])
def test_nobody_approves_their_own_words_and_only_approvers_approve(desk: AlertDesk, by: str) -> None:
    desk.begin(by=APPROVER_1)
    desk.do(missing.submit, by=APPROVER_1)
    reason = refusal(lambda: desk.approve(by))
    assert reason == ("own_words" if by == APPROVER_1 else "not_yours")
    assert desk.alert is not None
    assert desk.alert.state is State.WAITING


def test_an_author_who_became_an_approver_still_wrote_the_words(desk: AlertDesk) -> None:
    desk.submitted()
    rows = town.rows()
    people = tuple(replace(p, role=Role.APPROVER) if p.id == DESK_BY_DAY else p for p in rows.people)
    desk.directory = replace(rows, people=people).directory()
    assert refusal(lambda: desk.approve(DESK_BY_DAY)) == "own_words"


@pytest.mark.parametrize(
    ("phone", "user_id"),
    [("138-0013-8000", "another"), ("+86 138 0013 8000", "another"), ("008613800138000", "another"), (None, "feng")],
)
def test_an_author_with_a_second_entry_in_the_address_book_is_one_person(
    desk: AlertDesk, phone: str | None, user_id: str
) -> None:
    desk.submitted()
    rows = town.rows()
    found = next(p for p in rows.people if p.id == DESK_BY_DAY)
    author = replace(found, phone="13800138000", channel="telegram", user_id="feng")
    twin = replace(author, id="feng2", role=Role.APPROVER, phone=phone, user_id=user_id)
    others = tuple(p for p in rows.people if p.id != author.id)
    desk.directory = replace(rows, people=(*others, author, twin)).directory()
    assert refusal(lambda: desk.approve("feng2")) == "own_words"


def test_whoever_changed_the_words_last_cannot_approve_them(desk: AlertDesk) -> None:
    desk.begin()
    desk.do(missing.edit, by=APPROVER_1, content=replace(MOTHER, words="改过"))
    desk.do(missing.submit, by=DESK_BY_DAY)
    assert refusal(lambda: desk.approve(APPROVER_1)) == "own_words"
    desk.approve(APPROVER_2)


def test_a_yes_that_comes_twice_or_late_changes_nothing(desk: AlertDesk) -> None:
    desk.live()
    for by in (APPROVER_1, APPROVER_2, DESK_BY_DAY):
        assert refusal(lambda by=by: desk.approve(by)) in ("late", "not_yours")  # type: ignore[misc]


def test_a_yes_to_other_words_than_were_read_is_no_yes(desk: AlertDesk) -> None:
    desk.submitted()
    read = desk.scene
    desk.do(missing.edit, by=DESK_BY_DAY, content=replace(MOTHER, words="改过"))
    late = missing.approve(
        "click:x", read, desk.directory, desk.now, by=APPROVER_1, confirmed=True, reference=REFERENCE
    )
    [alert] = [change for change in late.changes if isinstance(change, Alert)]
    assert desk.alert is not None
    assert alert.version != desk.alert.version  # `commit` raises Stale, and the door looks again:
    assert refusal(lambda: desk.approve()) == "late"


@pytest.mark.parametrize(("confirmed", "reference"), [(False, REFERENCE), (True, ""), (False, "")])
def test_without_the_police_nobody_missing_is_called_out(desk: AlertDesk, confirmed: bool, reference: str) -> None:
    desk.submitted()
    assert refusal(lambda: desk.approve(confirmed=confirmed, reference=reference)) == "unconfirmed"


def test_another_reference_than_the_alerts_is_looked_at_again(desk: AlertDesk) -> None:
    desk.submitted(replace(MOTHER, reference="G110-8"))
    assert refusal(desk.approve) == "reference"


def test_who_answers_for_another_area_neither_writes_nor_approves(desk: AlertDesk) -> None:
    rows = town.rows()
    moved = tuple(replace(p, area=WILLOW) if p.id == APPROVER_2 else p for p in rows.people)
    desk.directory = replace(rows, people=moved).directory()
    assert refusal(lambda: desk.begin(by=APPROVER_2, area=town.GRID_3)) == "not_yours"
    desk.submitted(area=town.GRID_3)
    assert refusal(lambda: desk.approve(APPROVER_2)) == "not_yours"


# --- who is asked


def asked(desk: AlertDesk) -> list[str]:
    return [letter.to.chat for letter in desk.letters if letter.key == "alerts.ask.card"]


def test_an_approver_is_asked_in_private_and_the_next_after_two_minutes(desk: AlertDesk) -> None:
    desk.standing = replace(desk.standing, pages="https://wuyou.example")
    desk.submitted()
    assert asked(desk) == [town.user_of(APPROVER_1)]
    card = desk.letters[-1]
    assert [[(b.data, b.url) for b in row] for row in card.buttons] == [
        [("", "https://wuyou.example/desk/alerts/a38164275")],
        [("alert_no:a38164275", "")],
    ]
    assert "冯晓敏" in TEXTS.render(card).text
    desk.passes(timedelta(minutes=1, seconds=59))
    assert len(asked(desk)) == 1
    desk.passes(timedelta(seconds=1))
    assert asked(desk) == [town.user_of(APPROVER_1), town.user_of(APPROVER_2)]


def test_when_nobody_answers_the_desk_hears_it_and_everybody_is_asked_again_ever_less_often(desk: AlertDesk) -> None:
    desk.submitted()
    desk.passes(timedelta(hours=3))
    nobody = [letter.to.chat for letter in desk.letters if letter.key == "alerts.nobody_answers"]
    assert set(nobody) == {town.user_of(DESK_BY_DAY)}
    assert 3 <= len(nobody) < 12
    assert 8 <= len(asked(desk)) < 20


def test_an_approver_whom_the_bot_cannot_write_to_is_not_waited_for(desk: AlertDesk) -> None:
    del desk.reach[APPROVER_1]
    desk.submitted()
    assert asked(desk) == [town.user_of(APPROVER_2)]


def test_with_no_approver_in_any_chat_the_desk_hears_it_at_once_and_the_page_still_approves(desk: AlertDesk) -> None:
    desk.reach = {DESK_BY_DAY: desk.reach[DESK_BY_DAY]}
    desk.submitted()
    assert [letter.key for letter in desk.letters] == ["alerts.nobody_answers"]
    desk.approve()


def test_without_any_approver_it_is_said_when_it_is_submitted(desk: AlertDesk) -> None:
    rows = town.rows()
    desk.directory = replace(rows, people=tuple(p for p in rows.people if p.role is not Role.APPROVER)).directory()
    desk.begin()
    assert refusal(lambda: desk.do(missing.submit, by=DESK_BY_DAY)) == "no_approver"


def test_once_approved_nobody_else_is_asked_and_all_cards_say_so(desk: AlertDesk) -> None:
    desk.submitted()
    desk.passes(timedelta(minutes=2))
    outcome = desk.approve(APPROVER_2)
    settled = {letter.to.chat: letter.slot for letter in outcome.letters if letter.key == "alerts.asked.approved"}
    assert settled == {town.user_of(p): f"a38164275:ask:{p}" for p in (APPROVER_1, APPROVER_2)}
    assert {letter.photos for letter in outcome.letters if letter.key == "alerts.asked.approved"} == {("calm.jpg",)}
    assert not desk.clocks[ClockKind.APPROVAL].running


def press(desk: AlertDesk, person: str, *, private: bool = True) -> Outcome:
    at = desk.reach.get(person) or Address("telegram", "bot1", town.user_of(person))
    thread = Thread("t", at, Resident("r", "telegram", town.user_of(person), version=1), private, version=1)
    scene = replace(desk.scene, thread=thread, person=person)
    inbound = Inbound("7", at, Kind.PRESS, desk.now, private, press=Press("alert_no:a38164275", "m"))
    return pressed(inbound, Understanding(""), scene, desk.directory, desk.now)


def test_an_approver_says_no_by_a_button_and_the_author_hears_it(desk: AlertDesk) -> None:
    desk.submitted()
    assert press(desk, APPROVER_2).note == "press.not_theirs"  # Not asked yet.
    assert press(desk, APPROVER_1, private=False).note == "press.not_theirs"
    outcome = desk.take(press(desk, APPROVER_1))
    assert desk.alert is not None
    assert desk.alert.state is State.DECLINED
    assert [letter.key for letter in outcome.letters] == ["alerts.asked.declined", "alerts.declined"]
    again = press(desk, APPROVER_1)
    assert not again.changes


def test_an_old_button_says_how_it_stands(desk: AlertDesk) -> None:
    desk.submitted()
    old = desk.scene
    desk.approve()
    desk.alert = replace(desk.alert, asked=old.alert.asked)  # type: ignore[union-attr, type-var]
    outcome = press(desk, APPROVER_1)
    assert [letter.key for letter in outcome.letters] == ["alerts.refused.late"]


@pytest.mark.parametrize(
    "data", ["alert_no:a3816427", "alert_no:381642755", "alert_no:b38164275", "alert_no:a3816427x", "x"]
)
def test_a_button_of_no_alert_names_none(data: str) -> None:
    assert alert_in(data) == ""
    assert subject("alert_no:a38164275") == "a38164275"


# --- photos


def test_a_photo_that_cannot_be_opened_is_left_out_and_the_author_hears_it(desk: AlertDesk) -> None:
    desk.begin()
    desk.pictures["mother.jpg"] = "refused"
    outcome = desk.do(missing.submit, by=DESK_BY_DAY)
    assert desk.alert is not None
    assert desk.alert.content.photo == ""
    assert [letter.key for letter in outcome.letters] == ["alerts.without_photo", "alerts.ask.card"]
    assert isinstance(outcome.letters[1].params["photo"], Said)
    assert desk.told(desk.approve()) == [(town.GROUP_GRID_1, "alerts.missing", "")]


def test_a_photo_that_is_still_being_cleaned_is_waited_for(desk: AlertDesk) -> None:
    desk.pictures["mother.jpg"] = "waiting"
    desk.submitted()
    assert refusal(desk.approve) == "photo_waiting"
    desk.pictures["mother.jpg"] = "refused"
    assert refusal(desk.approve) == "photo_refused"
    desk.do(missing.edit, by=DESK_BY_DAY, content=replace(MOTHER, photo=""))
    desk.do(missing.submit, by=DESK_BY_DAY)
    desk.approve()


def test_an_account_that_only_sends_never_gets_the_photo(desk: AlertDesk) -> None:
    speaker = Group("dingtalk", "robots", "robot-willow", GRID_1, "柳岸群")
    rows = town.rows()
    desk.directory = replace(rows, groups=(*rows.groups, speaker)).directory()
    desk.standing = replace(desk.standing, speakers=frozenset({("dingtalk", "robots")}), pages="https://wuyou.example")
    outcome = desk.live()
    [letter] = [f.letter for f in outcome.fanouts if Address("dingtalk", "robots", "robot-willow") in f.groups]  # type: ignore[union-attr]
    assert letter.photos == ()
    assert "https://wuyou.example/alerts/a38164275" in TEXTS.say(letter.key, letter.params)
    assert desk.told(outcome) == [(town.GROUP_GRID_1, "alerts.missing", "mother.jpg")]


# --- the form of it


def test_every_state_verb_ending_and_ring_has_its_word() -> None:
    for name, members in (
        ("state", State),
        ("verb", Verb),
        ("ending", Ending),
        ("kind", AlertKind),
        ("colour", Colour),
    ):
        for member in members:
            assert TEXTS.say(f"alerts.{name}.{member}")


def test_each_step_is_on_record(desk: AlertDesk) -> None:
    desk.live()
    desk.passes(timedelta(minutes=10))
    desk.do(missing.take_back, by=DESK_BY_DAY, ending=Ending.FOUND, why="在家")
    assert [(step.verb, step.by, step.to) for step in desk.steps] == [
        (Verb.BEGIN, DESK_BY_DAY, ""),
        (Verb.SUBMIT, DESK_BY_DAY, ""),
        (Verb.ASK, "clock", APPROVER_1),
        (Verb.APPROVE, APPROVER_1, "grid"),
        (Verb.WIDEN, "clock", "community"),
        (Verb.TAKE_BACK, DESK_BY_DAY, "found"),
    ]


def test_without_an_alert_every_verb_is_refused() -> None:
    empty = Scene(Fresh("1", "t"), standing=Standing())
    said: dict[Any, dict[str, object]] = {
        missing.submit: {}, missing.approve: {}, missing.decline: {}, missing.abandon: {}, missing.pause: {},
        missing.resume: {}, missing.cancel: {}, missing.widen: {"to": "street"},
        missing.edit: {"content": MOTHER}, missing.correct: {"content": MOTHER},
        missing.take_back: {"ending": Ending.FOUND},
    }  # fmt: skip
    for verb, more in said.items():
        with pytest.raises(Refused) as refused:
            verb("click:1", empty, town.town(), town.NOON, by=APPROVER_1, **more)
        assert refused.value.reason == "none"


def test_a_sheet_lets_no_illegal_step_through(desk: AlertDesk) -> None:
    desk.begin()
    sheet = Sheet("click:x", desk.scene, desk.directory, desk.now)
    assert refusal(lambda: sheet.step(AlertStep("a38164275", Verb.APPROVE, desk.now, APPROVER_1))) == "late"
    assert not sheet.outcome("x").changes
