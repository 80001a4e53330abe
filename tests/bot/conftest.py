"""Folders to run the command wuyou in, empty or with the town imported, and a model that is learnt in no time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.directory_csv import write_directory
from nlu.model import Model
from nlu.written import read_folder
from tests import town
from tests.bot.commands import Wuyou, configured
from tests.nlu.conftest import CATEGORIES, FAQ, INTENTS


@pytest.fixture
def log_as_before() -> Iterator[None]:
    """A command turns the log to its own stderr, which ends with it."""
    yield
    structlog.reset_defaults()


def furnished(folder: Path) -> Path:
    """The folder, with a configuration and the town's files."""
    (folder / "config.yaml").write_text("web:\n  public_url: https://wuyou.example\n", "utf-8")
    write_directory(town.rows(), folder / "town")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a configuration and the town's files; nothing is imported."""
    return furnished(tmp_path)


@pytest.fixture
def wuyou(folder: Path, log_as_before: None) -> Wuyou:
    """Runs a command on that configuration."""
    return configured(folder)


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where `wuyou import` ran."""
    folder = furnished(tmp_path_factory.mktemp("imported"))
    done = configured(folder)("import", str(folder / "town"))
    structlog.reset_defaults()
    assert done.exit_code in (0, 1), done.output
    return folder


@pytest.fixture
def street(folder: Path, imported: Path) -> Path:
    """The folder, with the town imported."""
    shutil.copytree(imported / "data", folder / "data")
    return folder


def write_little(folder: Path) -> Path:
    """The folder, with a little written data: enough to learn from in no time."""
    folder.mkdir(exist_ok=True)
    for name, text in (("faq", FAQ), ("categories", CATEGORIES), ("intents", INTENTS)):
        (folder / f"{name}.yml").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a little written data."""
    return write_little(tmp_path_factory.mktemp("little"))


@pytest.fixture(scope="session")
def small(little: Path) -> Model:
    """A model of that."""
    from nlu.train import train

    return train(read_folder(little))


@pytest.fixture
def learnt(small: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model instead of the whole written data, which takes long to learn."""
    monkeypatch.setattr("nlu.train.load_or_train", lambda *_: small)
