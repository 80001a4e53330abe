"""A house for each dialog."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nlu.model import Model
from tests.rig import Rig, rig


@pytest.fixture
async def house(tmp_path: Path, model: Model) -> AsyncIterator[Rig]:
    async with rig(tmp_path, model) as house:
        yield house
