"""A file of routing rules -> Rules, or every mistake with file, line and the nearest right name."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from bot.config import ConfigError
from bot.rules_file import MOST_TEXT, RulesError, read_rules, rules_in, rules_of, shipped, strangers
from routing.directory import Directory, Level
from routing.platforms import Platform
from routing.rules import Hours, Rule
from tests.town import town

WHOLE = """\
rules:
  - name: noise at night
    when:
      category: [enforcement.noise, order]
      area: [g1, "0571"]
      time: [22:00-06:00, 12:00-14:00]
      days: [fri-sun, wed]
      words: [电钻, 装修]
      urgency: now
      source: [telegram, systems:hotline]
    then: {platform: order, lead: police, assist: [enforcement, s-fire], ask: patrol}
  - name: all else
    then: {ask: desk}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "rules.yaml"
    file.write_text(text, "utf-8")
    return file


def test_every_key_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, WHOLE)
    first, second = read_rules(file).rules
    assert first == Rule(
        "noise at night",
        2,
        frozenset({"enforcement.noise", "order"}),
        frozenset({"g1", "0571"}),
        (Hours(time(22), time(6)), Hours(time(12), time(14))),
        frozenset({3, 5, 6, 7}),
        ("电钻", "装修"),
        frozenset({"now"}),
        frozenset({"telegram", "systems:hotline"}),
        Platform.ORDER,
        "police",
        ("enforcement", "s-fire"),
        Level.PATROL,
    )
    assert second == Rule("all else", 12, ask=Level.DESK)
    assert read_rules(file).file == str(file)
    assert rules_of(str(file)) == read_rules(file)


def test_the_mark_of_the_rules_changes_with_the_file(tmp_path: Path) -> None:
    one = read_rules(written(tmp_path, WHOLE)).version
    assert one == read_rules(written(tmp_path, WHOLE)).version
    assert one != read_rules(written(tmp_path, WHOLE + "# another word\n")).version


def test_days_may_run_over_the_end_of_the_week(tmp_path: Path) -> None:
    text = "rules:\n  - name: x\n    when: {days: [sat-mon]}\n    then: {ask: desk}\n"
    assert read_rules(written(tmp_path, text)).rules[0].days == {6, 7, 1}


def test_no_rules_at_all_are_rules(tmp_path: Path) -> None:
    assert read_rules(written(tmp_path, "rules: []\n")).rules == ()


def test_the_shipped_rules_are_those_of_the_package() -> None:
    assert rules_of("") is shipped()
    assert shipped().file.endswith("rules.yaml")


def rule(when: str = "{}", then: str = "{ask: desk}", name: str = "x") -> str:
    return f"rules:\n  - name: {name}\n    when: {when}\n    then: {then}\n"


WRONG = (
    ("ruels: []\n", 1, ("ruels is no key", "'rules'")),
    ("rules:\n", 1, ("write a list",)),
    ("rules: {a: b}\n", 1, ("write a list",)),
    ("rules:\n  - just words\n", 2, ("begins with",)),
    ("rules:\n  - when: {}\n    then: {ask: desk}\n", 2, ("name: write a name",)),
    (rule(name="''"), 2, ("name: write a name",)),
    (rule(name="x" * 61), 2, ("name: write a name",)),
    (rule(name="12"), 2, ("name: write a name",)),
    ("rules:\n  - name: x\n    wenn: {}\n    then: {ask: desk}\n", 3, ("wenn is no key", "'when'")),
    ("rules:\n  - name: x\n    then: {ask: desk}\n    when: always\n", 4, ("when: write",)),
    ("rules:\n  - name: x\n", 2, ("then: say at least one",)),
    ("rules:\n  - name: x\n    when: {days: mon}\n    then:\n", 4, ("then: say at least one",)),
    (rule("{categroy: order}"), 3, ("when.categroy is no key", "'category'")),
    (rule("{category: enforcement.nosie}"), 3, ("'enforcement.nosie' is no category", "'enforcement.noise'")),
    (rule("\n      category:\n        - order\n        - 垃圾"), 6, ("'垃圾' is no category",)),
    (rule("{category: []}"), 3, ("says nothing",)),
    (rule("{category: }"), 3, ("None is no category",)),
    (rule("{category: [[order]]}"), 3, ("is no category",)),
    (rule("{area: 571}"), 3, ("571 is no code", "quotes")),
    (rule("{area: 'a b'}"), 3, ("'a b' is no code",)),
    (rule("{time: 22-6}"), 3, ("'22-6' is no span of time", "22:00-06:00")),
    (rule("{time: 25:00-06:00}"), 3, ("is no span of time",)),
    (rule("{time: 06:00-06:00}"), 3, ("is no span of time",)),
    (rule("{time: 600}"), 3, ("600 is no span of time",)),
    (rule("{days: mnday}"), 3, ("'mnday' is no day",)),
    (rule("{days: [mon-fry]}"), 3, ("'fry' is no day", "'fri'")),
    (rule("{words: [1]}"), 3, ("1 are no words", "quotes")),
    (rule("{words: ['']}"), 3, ("'' are no words",)),
    (rule("{urgency: soon}"), 3, ("'soon' is no urgency",)),
    (rule("{source: telegarm}"), 3, ("'telegarm' is no source", "'telegram'")),
    (rule("{source: 3}"), 3, ("3 is no source",)),
    (rule(then="{platform: oder}"), 4, ("'oder' is no platform", "'order'")),
    (rule(then="{platform: [order, market]}"), 4, ("one alone, not 2",)),
    (rule(then="{ask: boss}"), 4, ("'boss' is no level",)),
    (rule(then="{lead: [police, fire]}"), 4, ("one alone, not 2",)),
    (rule(then="{led: police}"), 4, ("then.led is no key", "'lead'")),
    (rule() + rule("{days: mon}")[7:], 5, ("'x' is the rule of line 2 already",)),
    (rule() + rule("{days: mon}", name="y")[7:], 5, ("rule 'y' never decides: rule 'x' (line 2) takes all",)),
    ("rules:\n  - name: x\n    name: y\n", 3, ("name",)),
    ("rules: [\n", 2, ("key: value",)),
    ("- a\n", 1, ("key: value",)),
)


@pytest.mark.parametrize(("text", "line", "said"), WRONG, ids=[repr(each[0])[:60] for each in WRONG])
def test_a_wrong_rule_is_named_by_file_and_line(text: str, line: int, said: tuple[str, ...], tmp_path: Path) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_rules(file)
    sentences = [each for each in str(caught.value).splitlines() if f"{file}, line {line}:" in each]
    assert any(all(word in sentence for word in said) for sentence in sentences), str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: !!python/object/apply:os.system ['true']\n", "TypeError"),
        ("rules:\n- name: a\n  when: !z\n   words: !q [a]\n  then: {platform: order}\n", "TypeError"),
        ("rules:\n" + "- " * 2000 + "\n", "RecursionError"),
        ("rules: " + "[" * 5000 + "]" * 5000, "bracket"),
        ("rules:\n- name: " + "9" * 5000 + "\n", "ValueError"),
        ("rules: []\n" + "#" * MOST_TEXT, "larger than 256 KiB"),
    ],
    ids=lambda each: each[:30],
)
def test_what_the_reader_of_yaml_stumbles_over_is_a_wrong_file_and_no_crash(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        rules_in(text, "rules.yaml")


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = rule("{category: odrer, urgency: soon}", "{ask: boss}")
    with pytest.raises(RulesError) as caught:
        read_rules(written(tmp_path, text))
    assert len(caught.value.faults) == 3


def test_a_file_that_is_not_there_or_no_text_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_rules(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"rules: \xff\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_rules(broken)
    broken.write_bytes(b"rules: \x01\n")
    with pytest.raises(ConfigError, match=r"broken\.yaml"):
        read_rules(broken)


def test_areas_and_units_are_looked_up_in_the_directory(tmp_path: Path) -> None:
    text = rule("{area: [g1, g9, patrol-7]}", "{lead: s-polise, assist: [fire, polise, s-works]}")
    file = written(tmp_path, text)
    read_rules(file)  # without a directory there is nothing to look in
    with pytest.raises(RulesError) as caught:
        read_rules(file, town())
    area, other, lead, helper = caught.value.faults
    assert f"{file}, line 2: rule 'x': the directory has no area 'g9'; did you mean 'g" in area
    assert "'patrol-7'" in other
    assert "no unit 's-polise'" in lead
    assert "did you mean 's-police'" in lead
    assert "did you mean 'police'" in helper
    assert strangers(read_rules(file), Directory.of()) == ()
    assert strangers(shipped(), town()) == ()
