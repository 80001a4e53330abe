"""A house to visit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nlu.model import Model
from tests.bot.web.desk_house import DeskHouse, desk_house
from tests.bot.web.harness import House, house
from tests.bot.web.systems_house import Town, open_town
from tests.bot.web.visiting import Guest, guest


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as open_house:
        yield open_house


@pytest.fixture
async def either(tmp_path: Path, tables_url: str) -> AsyncIterator[House]:
    """The demo on each engine in turn."""
    async with house(tmp_path, url=tables_url) as open_house:
        yield open_house


@pytest.fixture
async def earnest(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, demo=False) as open_house:
        yield open_house


@pytest.fixture
async def anna(demo: House) -> AsyncIterator[Guest]:
    async with guest(demo) as somebody:
        yield somebody


@pytest.fixture
async def walker(earnest: House) -> AsyncIterator[Guest]:
    async with guest(earnest) as somebody:
        yield somebody


@pytest.fixture
async def doors(tmp_path: Path, model: Model, tables_url: str) -> AsyncIterator[Town]:
    """The town with its doors for other systems, on each engine in turn."""
    async with open_town(tmp_path, model, "" if tables_url.startswith("sqlite") else tables_url) as opened:
        yield opened


@pytest.fixture
async def small(tmp_path: Path, model: Model) -> AsyncIterator[Town]:
    """The same on SQLite alone."""
    async with open_town(tmp_path, model) as opened:
        yield opened


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as opened:
        yield opened
