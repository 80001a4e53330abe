"""The command wuyou ask: what the bot would understand and do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from bot.cli import app
from bot.directory_csv import write_directory
from nlu.model import Model
from nlu.train import train
from nlu.written import read_folder
from tests import town
from tests.nlu.conftest import CATEGORIES, FAQ, INTENTS

Wuyou = Callable[..., Any]


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """A command turns the log to its own stderr, which ends with it."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a configuration and the town's six files."""
    (tmp_path / "config.yaml").write_text("web:\n  public_url: https://wuyou.example\n", "utf-8")
    write_directory(town.rows(), tmp_path / "town")
    return tmp_path


@pytest.fixture
def wuyou(folder: Path) -> Wuyou:
    """Runs a command on that configuration."""
    runner = CliRunner()

    def run(*words: str) -> Any:
        configured = words[0] in ("version", "demo") or "--demo" in words or "--help" in words
        return runner.invoke(app, [*words, *(() if configured else ("--config", str(folder / "config.yaml")))])

    return run


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model trained on a little written data."""
    folder = tmp_path_factory.mktemp("data")
    for name, text in (("faq", FAQ), ("categories", CATEGORIES), ("intents", INTENTS)):
        (folder / f"{name}.yml").write_text(text, "utf-8")
    return train(read_folder(folder))


@pytest.fixture
def learnt(small: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model instead of the whole written data, which takes long to learn."""
    monkeypatch.setattr("nlu.train.load_or_train", lambda *_: small)


@pytest.mark.usefixtures("learnt")
def test_ask_shows_what_would_be_understood_and_done(folder: Path, wuyou: Wuyou) -> None:
    wuyou("import", str(folder / "town"))
    wuyou("faq", "add", "--id", "residence_permit", "--title", "居住证怎么办理", "--answer", "带身份证。")
    found = json.loads(wuyou("ask", "桂花苑3幢2单元门口垃圾堆了好几天没人收", "--json").stdout)
    assert found["intents"][0]["label"] == "report"
    assert found["desk"] == "report.opened"
    assert found["places"]
    assert found["case"]["grid"] == town.GRID_1
    assert [each["key"] for each in found["letters"]].count("case.status") == 1
    shown = wuyou("ask", "桂花苑3幢2单元门口垃圾堆了好几天没人收", "--private").stdout
    assert "report.opened" in shown
    in_group = json.loads(wuyou("ask", "垃圾", "--group", town.GROUP_BRIDGE, "--json").stdout)
    assert in_group["where"] == "新桥社区平安群"
    assert wuyou("ask", "垃圾", "--group", "-10").exit_code == 1


@pytest.mark.usefixtures("learnt")
def test_ask_shows_a_person_plates_and_two_matters(folder: Path, wuyou: Wuyou) -> None:
    wuyou("import", str(folder / "town"))
    found = json.loads(wuyou("ask", "我爸走丢了，75岁，一米七，开走一辆浙A12345", "--private", "--json").stdout)
    assert found["person"]["age"] == 75
    assert found["person"]["height"] == 170
    assert found["plates"] == ["浙A*****"]
    assert found["matters"] == []
    assert json.loads(wuyou("ask", "Où est la station de police", "--json").stdout)["foreign"]
    assert "age 75" in wuyou("ask", "我爸走丢了，75岁，一米七，开走一辆浙A12345").stdout


@pytest.mark.usefixtures("learnt")
@pytest.mark.parametrize("text", ["", "  ", "\x00", "😀", "1", "x" * 100_000])
def test_ask_survives_anything(text: str, folder: Path, wuyou: Wuyou) -> None:
    wuyou("import", str(folder / "town"))
    assert "desk" in json.loads(wuyou("ask", text, "--json").stdout)
