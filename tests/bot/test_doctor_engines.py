"""What the doctor says of the model, the encoder and Rasa, each with what mends it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import NluPart, Settings
from bot.doctor_engines import engines
from bot.finding import Finding, Level
from bot.learnt import learnt_in
from nlu.model import EncoderFit, Model, keep
from nlu.thresholds import read_thresholds

Installs = Callable[[bool], None]
NAME = "sentence_transformers"


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Installs:
    """Says whether sentence-transformers is installed."""
    really = importlib.util.find_spec

    def installed(there: bool) -> None:
        spec = importlib.machinery.ModuleSpec(NAME, None) if there else None
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *more: spec if name == NAME else really(name, *more)
        )

    return installed


async def found(nlu: NluPart, learnt: Path) -> list[Finding]:
    return [each async for each in engines(Settings(nlu=nlu), learnt)]


async def test_nothing_named_is_nothing_to_say(tmp_path: Path) -> None:
    assert await found(NluPart(), tmp_path) == []


async def test_a_model_that_is_there_is_well(tmp_path: Path, model: Model) -> None:
    keep(model, (), tmp_path / "m")
    (finding,) = await found(NluPart(model=str(tmp_path / "m")), tmp_path)
    assert finding.level is Level.WELL


@pytest.mark.parametrize("words", ["", "{}", '{"version": 1}', "no json"])
async def test_a_model_that_cannot_be_read_is_broken(words: str, tmp_path: Path) -> None:
    if words:
        (tmp_path / "model.json").write_text(words, "utf-8")
    (finding,) = await found(NluPart(model=str(tmp_path)), tmp_path)
    assert finding.level is Level.BROKEN
    assert str(tmp_path) in finding.what
    assert "wuyou train" in finding.mend


async def test_an_encoder_without_the_library_is_a_warning(tmp_path: Path, library: Installs) -> None:
    library(False)
    (finding,) = await found(NluPart(encoder="BAAI/bge-small-zh-v1.5"), tmp_path)
    assert finding.level is Level.WARNING
    assert "make semantic" in finding.mend


async def test_a_folder_that_is_not_there_or_holds_no_encoder_is_a_warning(tmp_path: Path, library: Installs) -> None:
    library(True)
    (finding,) = await found(NluPart(encoder=str(tmp_path / "nowhere")), tmp_path)
    assert finding.level is Level.WARNING
    (tmp_path / "empty").mkdir()
    (finding,) = await found(NluPart(encoder=str(tmp_path / "empty")), tmp_path)
    assert finding.level is Level.WARNING
    assert "modules.json" in finding.mend
    (tmp_path / "empty" / "modules.json").write_text("[]", "utf-8")
    (finding,) = await found(NluPart(encoder=str(tmp_path / "empty")), tmp_path)
    assert finding.level is Level.WELL


async def test_whether_an_encoder_was_weighed_is_told(tmp_path: Path, model: Model, library: Installs) -> None:
    library(True)
    fit = EncoderFit("hub/name", 0.0, read_thresholds().learnt, ())
    for encoder, words in (
        (None, "has not been tried"),
        (replace(fit, name="hub/other", weight=0.4), "has not been tried"),
        (fit, "won nothing"),
    ):
        keep(replace(model, encoder=encoder), (), tmp_path / "m")
        (note,) = await found(NluPart(encoder="hub/name"), tmp_path / "m")
        assert note.level is Level.NOTE
        assert words in note.what
        assert note.mend
    keep(replace(model, encoder=replace(fit, weight=0.4)), (), tmp_path / "m")
    (well,) = await found(NluPart(encoder="hub/name"), tmp_path / "m")
    assert well.level is Level.WELL


async def test_a_rasa_that_is_away_is_a_warning(tmp_path: Path) -> None:
    (finding,) = await found(NluPart(engine="rasa", rasa_url="http://127.0.0.1:1"), tmp_path)
    assert finding.level is Level.WARNING
    assert "nlu.rasa_url" in finding.what
    assert "make rasa" in finding.mend


def test_what_the_bot_learns_by_itself_is_kept_beside_its_keys(tmp_path: Path) -> None:
    assert learnt_in(Settings(keys=str(tmp_path / "keys.json"))).parent == tmp_path / "model"
