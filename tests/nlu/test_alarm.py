"""Danger in words that no pattern knows, learnt from written messages; and what only has the words of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nlu.alarm import CALM, alarm, hints
from nlu.danger import aside, emergency
from nlu.lexical import Lexicon
from nlu.linear import features
from nlu.model import BadModel, Model, keep, load_model
from nlu.normalise import normalise
from nlu.rasa import write_project
from nlu.train import alarms, learn_alarm, train
from nlu.tune_alarm import report, trials
from nlu.understand import Understand
from nlu.understanding import Emergency, Intent
from nlu.written import BadData, Example, Written, read_folder

NOW = datetime(2026, 1, 5, tzinfo=UTC)
#: No pattern hears this one.
SAID = "老伴饭吃一半筷子掉地上了，话也讲不清"
DANGERS = """version: "3.1"
nlu:
- intent: danger/injury
  examples: |
    - 老伴早上起来筷子拿不住，话讲不清
    - 我妈饭碗掉了，话也说不清，口水流下来
    - 爷爷筷子掉了，讲话不清楚
    - 爸爸一只手抬不起来，杯子掉了，话讲不清
- intent: danger/fire
  examples: |
    - 隔壁窗口红彤彤的往外窜
    - 插排那边噼啪响，一股焦味
    - 阳台红彤彤的，焦味好大
    - 窗口往外窜火苗子
- intent: calm/chat
  examples: |
    - 昨天看电影，楼都塌了
    - 孩子吃饭筷子老掉
    - 老伴饭吃得香
    - 晚霞红彤彤的
- intent: calm/report
  examples: |
    - 楼下炒菜的焦味飘上来
    - 食堂的筷子洗不干净
"""


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    place = tmp_path_factory.mktemp("dangers")
    for file in folder.glob("*.yml"):
        (place / file.name).write_bytes(file.read_bytes())
    (place / "danger.yml").write_text(DANGERS, encoding="utf-8")
    return read_folder(place)


@pytest.fixture(scope="module")
def taught(whole: Written) -> Model:
    return train(whole)


def test_who_where_and_what_are_read_from_the_words_with_every_two_of_them() -> None:
    found = hints(normalise("奶奶在厨房晕倒了"))
    assert {"<old>", "<ill>", "<falls>", "<old & ill>", "<old & falls>"} <= set(found)
    assert hints("") == {}
    assert set(found.values()) == {1.0}


def test_danger_is_told_from_what_only_sounds_like_it(taught: Model) -> None:
    assert taught.alarm is not None
    for said, danger in ((SAID, Emergency.INJURY), ("楼上窗口红彤彤的，往外窜", Emergency.FIRE)):
        said = normalise(said)
        assert emergency(said) is None
        kind, p = alarm(taught.alarm, features(said), said)
        assert kind is danger
        calm = normalise("积分换的筷子真好用")
        assert p > alarm(taught.alarm, features(calm), calm)[1]


def heard(model: Model, text: str, least: float = 0.3) -> Emergency | None:
    understand = Understand(model)
    alarmed = replace(understand.thresholds, alarm=replace(understand.thresholds.alarm, heard=least))
    nlu = Understand(model, alarmed)
    return nlu.lexically(text, topic=None, lexicon=Lexicon(), now=NOW).emergency


def test_what_no_pattern_hears_is_heard_by_what_was_learnt(taught: Model) -> None:
    assert heard(taught, SAID) is Emergency.INJURY
    assert heard(replace(taught, alarm=None), SAID) is None
    assert heard(taught, SAID, least=1.01) is None


def test_the_patterns_are_believed_without_it(taught: Model) -> None:
    assert heard(taught, "厨房着火了", least=1.01) is Emergency.FIRE


@pytest.mark.parametrize("told", ["新闻里说", "去年", "演习的时候", "虚惊一场，"])
def test_what_is_told_of_another_time_or_place_is_no_danger(taught: Model, told: str) -> None:
    assert aside(normalise(told + SAID))
    assert heard(taught, told + SAID) is None


def test_a_group_that_is_only_listened_to_asks_for_more(taught: Model) -> None:
    understand = Understand(taught)
    gate = understand.thresholds.gate
    eager = replace(understand.thresholds, gate=replace(gate, danger=0.3, talk=1.01))
    shy = replace(eager, gate=replace(eager.gate, danger=1.01, report=1.01, plain=1.01, ask=1.01, missing=1.01))
    assert gate.danger > understand.thresholds.alarm.heard
    assert Understand(taught, eager).gate(SAID)
    assert not Understand(taught, shy).gate(SAID)


def test_messages_of_danger_are_reports_and_calm_ones_what_they_say(whole: Written) -> None:
    assert Example("danger/gas", "", "", 0).intent is Intent.REPORT
    assert {each.intent for each in whole.examples if each.kind == "calm"} == {Intent.CHAT, Intent.REPORT}


def test_a_label_that_is_often_danger_is_no_example_of_calm() -> None:
    def lines(label: str, *texts: str) -> list[Example]:
        return [Example(label, text, "x.yml", 1) for text in texts]

    said = [
        *lines("danger/gas", "屋里有怪味头发沉"),
        *lines("report/order.fight", "楼下打架了", "两个人在门口对骂"),
        *lines("report/service.light", *(f"{number}号楼的路灯不亮" for number in range(20))),
        *lines("chat", "着火了着火了快来人", *(f"今天是{number}号" for number in range(20))),
    ]
    told = [(each.text, label) for each, label in alarms(Written(tuple(said)))]
    assert ("楼下打架了", "violence") in told
    assert "两个人在门口对骂" not in dict(told)  # half of its label is danger
    assert "着火了着火了快来人" not in dict(told)  # in talk nobody knows whether it is right
    assert sum(label == CALM for _, label in told) == 40


def test_without_messages_of_danger_nothing_is_learnt(data: Written, model: Model) -> None:
    assert learn_alarm(data) is None
    assert model.alarm is None


def test_a_saved_model_hears_the_same(taught: Model, whole: Written, tmp_path: Path) -> None:
    keep(taught, whole.entries(), tmp_path / "model")
    assert heard(load_model(tmp_path / "model"), SAID) is heard(taught, SAID)


@pytest.mark.parametrize("harm", ["gone", "unknown"])
def test_a_damaged_one_is_named(taught: Model, whole: Written, tmp_path: Path, harm: str) -> None:
    keep(taught, whole.entries(), tmp_path / "model")
    file = tmp_path / "model" / "alarm.json"
    if harm == "gone":
        file.unlink()
    else:
        file.write_text(file.read_text(encoding="utf-8").replace('"injury"', '"boredom"'), encoding="utf-8")
    with pytest.raises(BadModel, match="alarm" if harm == "gone" else "boredom"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("label", ["danger/boredom", "calm/nothing", "danger", "calm"])
def test_an_unknown_danger_is_named_by_file_and_line(tmp_path: Path, label: str) -> None:
    (tmp_path / "x.yml").write_text(f'version: "3.1"\nnlu:\n- intent: {label}\n  examples: |\n    - 话\n', "utf-8")
    with pytest.raises(BadData, match=f"x.yml:3: unknown label {label}"):
        read_folder(tmp_path)


def test_rasa_learns_them_as_the_kind_of_message_they_are(whole: Written, tmp_path: Path) -> None:
    write_project(whole, tmp_path)
    said = (tmp_path / "data" / "nlu.yml").read_text(encoding="utf-8")
    assert "danger/" not in said
    assert "calm/" not in said
    assert "窗口往外窜火苗子" in said


def test_how_sure_is_sure_enough_is_found_on_messages_left_out(whole: Written) -> None:
    tried = trials(whole)
    assert len(tried) == len(alarms(whole))
    assert any(each.danger for each in tried)
    lines = report(whole).split("\n")
    assert lines[-2] == "[alarm]"
    assert 0.0 <= float(lines[-1].removeprefix("heard = ")) <= 1.0
