"""One trained model for the run, and a house for each dialog."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import nlu
from nlu.model import Model
from nlu.train import load_or_train
from tests.rig import Rig, rig


@pytest.fixture(scope="session")
def model(pytestconfig: pytest.Config) -> Model:
    """The model trained on the written data; kept between runs under the hash of the data."""
    return load_or_train(Path(nlu.__file__).parent / "data", pytestconfig.cache.mkdir("model"))


@pytest.fixture
async def house(tmp_path: Path, model: Model) -> AsyncIterator[Rig]:
    async with rig(tmp_path, model) as house:
        yield house
