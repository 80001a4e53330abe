"""Training: the same text gives the same features; a model survives saving; a damaged folder is trained anew."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nlu import train as training
from nlu.linear import Reader, features
from nlu.model import PLACES, BadModel, Model, load_model
from nlu.normalise import normalise
from nlu.train import fingerprint, fit, load_or_train
from nlu.written import Written


def test_messages_are_told_apart(model: Model) -> None:
    def intent(said: str) -> str:
        return model.intents.guesses(features(normalise(said)))[0].label

    assert intent("居住证在哪里办") == "ask"
    assert intent("楼道灯坏了没人管") == "report"
    assert intent("我妈走丢了帮忙找找") == "missing"
    assert intent("转人工") == "human"
    assert intent("谢谢") == "greet_or_thanks"
    assert intent("我有多少积分") == "points"


def test_reports_get_their_category(model: Model) -> None:
    assert model.categories.guesses(features("屋檐下有马蜂窝"))[0].label == "service.insects"
    assert model.categories.guesses(features("垃圾没人收"))[0].label == "enforcement.garbage"
    assert set(model.categories.labels) == {
        "enforcement.garbage",
        "service.light",
        "service.insects",
        "order.missing",
    }


def test_probabilities_sum_to_1_best_first(model: Model) -> None:
    for said in ("路灯", "", "x", "完全不认识的话🙂", "hello world", "垃圾" * 5000):
        guesses = model.intents.guesses(features(normalise(said)))
        assert sum(guess.p for guess in guesses) == pytest.approx(1, abs=1e-5)
        assert list(guesses) == sorted(guesses, key=lambda guess: -guess.p)


def test_a_message_read_once_says_to_each_classifier_what_it_says_to_it_alone(model: Model) -> None:
    reader = Reader(model.intents, model.categories)
    assert model.entries is not None
    stranger = model.entries.linear  # One that the reader was not told of.
    for said in ("路灯坏了3天,没人管", "", "x", "完全不认识的话🙂", "垃圾" * 5000):
        text = normalise(said)
        read = reader.read(text)
        for each in (model.intents, model.categories, stranger):
            assert read.guesses(each) == each.guesses(features(text))
            assert read.guesses(each, 2) == each.guesses(features(text), 2)


def test_a_saved_model_says_the_same(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = load_model(tmp_path)
    for said in ("路灯坏了", "谢谢", "三缺一"):
        before, after = model.intents.logits(features(said)), again.intents.logits(features(said))
        assert np.allclose(before, after, atol=0.02)
    assert again.background.weight("路灯") == model.background.weight("路灯")
    assert not list(tmp_path.glob("*.pkl"))
    assert model.places is not None
    assert again.places is not None
    assert again.places.pieces("柳岸路12号门口有个坑") == model.places.pieces("柳岸路12号门口有个坑")


def test_a_second_start_does_not_train(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_or_train(folder, tmp_path / "cache")

    def refuse(data: Written) -> Model:
        raise AssertionError("trained again")

    monkeypatch.setattr(training, "train", refuse)
    load_or_train(folder, tmp_path / "cache")


def test_changed_data_asks_for_a_new_model(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    before = fingerprint(tmp_path)
    (tmp_path / "intents.yml").write_text((tmp_path / "intents.yml").read_text() + "    - 多谢\n")
    assert fingerprint(tmp_path) != before


@pytest.mark.parametrize("damage", ["version", "half", "shape", "garbage", "gone", "places", "kind", "idf", "deep"])
def test_a_damaged_model_is_named_and_trained_anew(folder: Path, tmp_path: Path, model: Model, damage: str) -> None:
    cache = tmp_path / fingerprint(folder)
    cache.mkdir()
    model.save(cache)
    words = json.loads((cache / "model.json").read_text())
    if damage == "version":
        (cache / "model.json").write_text(json.dumps(words | {"version": 0}))
    elif damage == "half":
        (cache / "intents.npz").write_bytes((cache / "intents.npz").read_bytes()[:300])
    elif damage == "shape":
        (cache / "intents.npz").write_bytes((cache / "categories.npz").read_bytes())
    elif damage == "kind":
        kinds = json.loads((cache / "intents.json").read_text())
        (cache / "intents.json").write_text(json.dumps(kinds | {"labels": [f"no_{each}" for each in kinds["labels"]]}))
    elif damage == "idf":
        (cache / "model.json").write_text(json.dumps(words | {"unknown": "nan"}))
    elif damage == "deep":
        (cache / "model.json").write_text("[" * 100_000)
    elif damage == "garbage":
        (cache / "categories.json").write_text("[]")
    elif damage == "places":
        (cache / PLACES).write_bytes((cache / PLACES).read_bytes()[:-100] + b"\0" * 100)
    else:
        (cache / "categories.json").unlink()
    with pytest.raises(BadModel, match=cache.name):
        load_model(cache)
    assert load_or_train(folder, tmp_path).intents.labels == model.intents.labels


def test_one_label_is_no_classifier() -> None:
    with pytest.raises(ValueError, match="two labels"):
        fit([("a", "x"), ("b", "x")])


def test_two_labels_are_enough() -> None:
    pair = fit([("路灯坏了", "x"), ("路灯不亮", "x"), ("谢谢你", "y"), ("谢谢大家", "y")] * 3)
    assert pair.guesses(features("路灯"))[0].label == "x"


def test_understanding_needs_no_scikit_learn_at_run_time() -> None:
    script = (
        "import sys, nlu.understand, nlu.train, nlu.similarity;"
        "print([name for name in ('sklearn', 'scipy', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
