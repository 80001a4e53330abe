"""wuyou train --encoder: a real tiny model is weighed and kept; what cannot be had is one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nlu.model import load_model
from tests.bot.commands import Wuyou, runs
from tests.bot.conftest import write_little
from tests.dialogs.test_engines import break_in_half, tiny_encoder


@pytest.fixture
def wuyou(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_as_before: None) -> Wuyou:
    """Runs a command in a folder of its own that has a little written data."""
    monkeypatch.chdir(tmp_path)
    write_little(tmp_path / "data")
    return runs


def refused(wuyou: Wuyou, encoder: Path | str) -> str:
    """What is said on the way out; no model was made."""
    done = wuyou("train", "--data", "data", "--out", "model", "--encoder", encoder)
    assert done.exit_code == 2, done.output
    (sentence,) = done.stderr.strip().splitlines()
    assert sentence.startswith(f"--encoder {encoder}: ")
    assert not Path("model", "model.json").exists()
    return str(sentence)


def test_without_the_library_it_is_one_sentence(wuyou: Wuyou, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    assert refused(wuyou, "bge-small").endswith("sentence_transformers is not installed (make semantic)")


def test_a_model_that_breaks_while_loading_is_one_sentence(wuyou: Wuyou, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise OSError("no file config.json\nmany\nlines")

    monkeypatch.setattr("nlu.semantic.load_named", broken)
    assert "cannot be loaded (no file config.json)" in refused(wuyou, "bge-small")


@pytest.mark.semantic
def test_a_folder_that_is_not_there_holds_nothing_or_half_a_model_is_one_sentence(wuyou: Wuyou, tmp_path: Path) -> None:
    assert "cannot be loaded" in refused(wuyou, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "cannot be loaded" in refused(wuyou, tmp_path / "empty")
    half = tiny_encoder(tmp_path / "encoder")
    break_in_half(Path(half))
    assert "cannot be loaded" in refused(wuyou, half)


@pytest.mark.semantic
def test_a_real_model_is_weighed_and_its_weight_kept(wuyou: Wuyou, tmp_path: Path) -> None:
    name = tiny_encoder(tmp_path / "encoder")
    done = wuyou("train", "--data", "data", "--out", "model", "--encoder", name)
    assert done.exit_code == 0, done.output
    assert f"Encoder {name} counts" in done.stdout
    fit = load_model(tmp_path / "model").encoder
    assert fit is not None
    assert fit.name == name
    assert dict(fit.top1)[fit.weight] == max(dict(fit.top1).values()) or not fit.weight
    assert ("the bot does not ask it" in done.stdout) == (not fit.weight)
    (tmp_path / "config.yaml").write_text(f"nlu: {{model: model, encoder: '{name}'}}\n", "utf-8")
    (tmp_path / "exam.tsv").write_text("residence_permit\t居住证在哪里办\nelder_card\t老年卡几岁能办\n", "utf-8")
    done = wuyou("evaluate", "exam.tsv", "--task", "faq", "--config", "config.yaml", "--json")
    assert done.exit_code == 0, done.output
    assert '"top1": 1.0' in done.stdout
