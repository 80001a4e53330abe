"""Every sentence: there in both languages, with the same blanks, short, and true to whose word is whose."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import bot
from bot.messages import Address, Button, Letter, Said
from bot.texts import LANGUAGES, Texts, UnknownText
from nlu.understanding import Emergency
from routing.case import State
from routing.directory import Hears
from routing.duplicates import Again
from routing.platforms import CATEGORIES
from routing.sla import ClockKind
from tests.town import NOON

TEXTS = Texts.load()
#: What the bot says in a chat. (The pages' own words stand under [web] and are theirs to test.)
SPOKEN = sorted(key for key in TEXTS.keys("zh") if not key.startswith(("web.", "category.", "kind.", "time.")))
#: Said to residents.
RESIDENTS = tuple(
    key for key in SPOKEN
    if key.split(".")[0] in ("emergency", "case", "faq", "greet", "help", "welcome", "mine", "photo", "groups", "human")
    and not key.endswith(("staff", "_desk")) and key not in ("human.wanted", "human.yours", "human.taken", "human.over")
)  # fmt: skip


def blanks(key: str, language: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(TEXTS.template(key, language)) if name}


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS.keys("zh") == TEXTS.keys("en")
    for key in TEXTS.keys("zh"):
        assert blanks(key, "zh") == blanks(key, "en"), key


def named_in_code() -> set[str]:
    """Every string in the desks and the doors; f-strings as their beginning. Notes for the log are no texts."""
    found: set[str] = set()
    for file in Path(bot.__file__).parent.rglob("*.py"):
        if "web" in file.parts or "cli" in file.name:
            continue
        tree = ast.parse(file.read_text("utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        outcomes = [call for call in calls if ast.unparse(call.func).lower().endswith("outcome")]
        given = [
            each for call in outcomes for each in (*call.args, *(k.value for k in call.keywords if k.arg == "note"))
        ]
        notes = {id(inner) for each in given for inner in ast.walk(each)}
        pieces = {id(each) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for each in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                found.add(f"{node.values[0].value}*")
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes | pieces:
                found.add(node.value)
    return found


def test_every_text_is_used_and_every_key_in_the_desks_has_a_text() -> None:
    named = named_in_code()
    starts = tuple(each[:-1] for each in named if each.endswith(".*") or re.fullmatch(r"[a-z_]+\.[a-z_.]+\*", each))
    unused = [key for key in SPOKEN if key not in named and not key.startswith(starts)]
    assert unused == []
    tops = {key.split(".")[0] for key in SPOKEN} - {"case", "state", "human", "duty", "card"}
    looks = {each for each in named if re.fullmatch(r"[a-z]+(\.[a-z_]+)*\.[a-z_]*[a-z]", each)}
    asked = {each for each in looks if each.split(".")[0] in tops and each not in SPOKEN}
    assert {each for each in asked if not each.endswith((".csv", ".yml"))} <= {"time.instant"}


@pytest.mark.parametrize(
    "keys",
    [
        [f"emergency.{each}" for each in Emergency],
        [f"state.{each}" for each in State],
        [f"card.state.{each}" for each in State],
        [f"case.next.{each}" for each in State],
        [f"case.joined.{each}" for each in State],
        [f"card.again.{each}" for each in Again],
        [f"groups.hello_{each}" for each in Hears] + [f"groups.hears_{each}" for each in Hears],
        [f"{table}.{kind}" for table in ("card.by", "card.late", "overdue")
         for kind in (ClockKind.CALL, ClockKind.ARRIVE, ClockKind.DONE)],
        [f"card.head.remind_{kind}" for kind in (ClockKind.CALL, ClockKind.ARRIVE, ClockKind.DONE)],
        [f"{table}.{code}" for table in ("category", "kind") for code in CATEGORIES],
    ],
)  # fmt: skip
def test_keys_that_are_put_together_exist(keys: list[str]) -> None:
    for language in LANGUAGES:
        assert set(keys) <= TEXTS.keys(language)


def test_to_residents_no_kind_of_matter_accuses_and_none_has_two_names() -> None:
    for language, words in (("zh", "违规|违法|违停|纠纷|无证|假冒|扰民"), ("en", "violation|illegal|dispute|quarrel")):
        kinds = [TEXTS.say(f"kind.{code}", language=language) for code in CATEGORIES]
        assert [kind for kind in kinds if re.search(words, kind, re.I)] == []
        assert len(set(kinds)) == len(kinds)


def test_accepted_is_said_only_after_a_person_accepted() -> None:
    """ "Received" is the bot's word, "accepted" a person's."""
    may = {
        "case.next.accepted",
        "case.next.accepted_by",
        "case.joined.accepted",
        "state.accepted",
        "card.state.accepted",
        "card.state.dispatched",
    }
    for key in SPOKEN:
        if key not in may:
            assert "受理" not in TEXTS.template(key, "zh"), key
            assert "accepted" not in TEXTS.template(key, "en").lower() or "has accepted it already" in TEXTS.template(
                key, "en"
            ), key
    for key in ("case.head.received", "case.come_aside", "case.write_to_me", "case.written_aside"):
        assert "收到" in TEXTS.template(key, "zh")
        assert "Received" in TEXTS.template(key, "en")


@pytest.mark.parametrize("key", RESIDENTS)
def test_a_resident_hears_at_most_three_short_sentences(key: str) -> None:
    text = re.sub(r"急事请打 110.*|\{[a-z]+\}|^.{2,4}[:：]\{[a-z]+\}$", "", TEXTS.template(key, "zh"), flags=re.M)
    sentences = [part for part in re.split(r"[。？！；\n?!;]", text) if re.search(r"\w", part)]
    # What the bot hears has to be said whole when it joins; the status is lines of a card, not sentences.
    most = 5 if key.startswith("groups.hello") else 4 if key == "groups.unbound" else 3
    assert len(sentences) <= most, sentences
    assert max(map(len, sentences), default=0) <= 40, sentences


@pytest.mark.parametrize(
    "key",
    [
        "case.hotline", "help.resident", "welcome.resident", "human.called", "human.nobody", "greet.hello",
        "groups.hello_mention", "groups.hello_listen", "groups.unbound",
    ],
)  # fmt: skip
def test_110_and_12345_are_in_sight(key: str) -> None:
    for language in LANGUAGES:
        assert "110" in TEXTS.template(key, language)
        assert "12345" in TEXTS.template(key, language)


@pytest.mark.parametrize(
    ("danger", "number"),
    [("fire", "119"), ("gas", "119"), ("injury", "120"), ("violence", "110"), ("trapped", "119")],
)
def test_each_danger_names_its_number(danger: str, number: str) -> None:
    for language in LANGUAGES:
        assert number in TEXTS.template(f"emergency.{danger}", language)


def test_the_aside_names_numbers_and_no_danger() -> None:
    for language in LANGUAGES:
        for number in ("110", "119", "120"):
            assert number in TEXTS.template("emergency.aside", language)
    assert not re.search("火|打|伤|困|煤气", TEXTS.template("emergency.aside", "zh").replace("请先打", ""))


@pytest.mark.parametrize("key", [key for key in SPOKEN if key.startswith("button.")])
def test_a_button_is_a_word_or_two(key: str) -> None:
    for language, most in (("zh", 9), ("en", 20)):
        assert len(re.sub(r"\{[a-z]+\}", "", TEXTS.template(key, language))) <= most


def test_a_line_without_anything_to_say_is_left_out() -> None:
    letter = Letter(
        Address("web", "web", "1"),
        "case.status",
        {
            "alarm": "",
            "head": Said("case.head.received", {"number": "3816 4275"}),
            "kind": "",
            "place": "",
            "next": Said("case.next.dispatched", {"who": Said("role.cadre"), "by": NOON}),
            "hotline": "",
        },
        buttons=((Button("button.place", "place:1:0", params={"place": "桂花苑3幢"}),),),
    )
    rendered = TEXTS.render(letter)
    assert rendered.text.count("\n") == 1
    assert rendered.text.startswith(TEXTS.say("case.head.received", {"number": "3816 4275"}) + "\n")
    assert "12:00" in rendered.text
    assert rendered.buttons[0][0].text == "桂花苑3幢"


def test_braces_in_what_people_write_are_left_as_they_are() -> None:
    said = TEXTS.say("case.word", {"number": "1", "words": "{number} {0} %s"})
    assert said.endswith("{number} {0} %s")


def test_an_unknown_key_is_a_mistake() -> None:
    with pytest.raises(UnknownText):
        TEXTS.say("no.such.key")
