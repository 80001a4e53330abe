"""wuyou report: a month by unit and by community, from the clocks as they are stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.store import Store
from tests import town
from tests.bot.commands import Wuyou, in_store
from tests.bot.store.cast import message, opened


async def cases(store: Store) -> None:
    for at, unit, grid in (
        (datetime(2026, 1, 31, 15, 59, tzinfo=UTC), "s-police", town.GRID_1),
        (datetime(2026, 1, 31, 16, 0, tzinfo=UTC), "s-police", town.GRID_1),  # February in the street
        (datetime(2026, 2, 10, tzinfo=UTC), "s-fire", town.GRID_3),
        (datetime(2026, 2, 28, 15, 59, tzinfo=UTC), "", ""),
        (datetime(2026, 2, 28, 16, 0, tzinfo=UTC), "s-fire", town.GRID_3),
        (datetime.now(UTC) + timedelta(days=400), "s-fire", town.GRID_3),
    ):
        await opened(store, message(words="灯坏了", now=at), unit=unit, grid=grid)


@pytest.fixture(autouse=True)
def _reported(street: Path) -> None:
    in_store(street, cases)


def told(wuyou: Wuyou, *words: str) -> Any:
    result = wuyou("report", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_month_is_counted_by_unit_in_local_time(wuyou: Wuyou) -> None:
    found = told(wuyou, "--month", "2026-02")
    assert (found["month"], found["by"], found["all"]["cases"]) == ("2026-02", "unit", 3)
    assert [(row["unit"], row["cases"], row["red"]) for row in found["rows"]] == [
        ("", 1, 1),
        ("s-fire", 1, 1),
        ("s-police", 1, 1),
    ]
    assert found["all"]["late"] == {"sign": 3, "dispatch": 3, "call": 3, "arrive": 3, "done": 3}
    assert found["all"]["kept"] == 0


def test_a_month_is_counted_by_community(wuyou: Wuyou) -> None:
    rows = told(wuyou, "--month", "2026-02", "--by", "community")["rows"]
    assert [(row["community"], row["cases"]) for row in rows] == [("", 1), (town.WILLOW, 1), (town.BRIDGE, 1)]


def test_the_table_names_units_and_communities_and_shows_no_words(wuyou: Wuyou) -> None:
    shown = wuyou("report", "--month", "2026-02").stdout
    assert "柳桥派出所" in shown
    assert "灯" not in shown
    assert "柳岸社区" in wuyou("report", "--month", "2026-02", "--by", "community").stdout


def test_a_month_to_come_is_green(wuyou: Wuyou) -> None:
    month = f"{datetime.now(UTC) + timedelta(days=400, hours=8):%Y-%m}"
    assert told(wuyou, "--month", month)["all"]["green"] == 1


def test_a_month_without_cases_is_said(wuyou: Wuyou) -> None:
    assert "No case was reported in 2025-06." in wuyou("report", "--month", "2025-06").stdout
    assert told(wuyou, "--month", "2025-06")["all"] is None
    assert told(wuyou)["rows"] == []


@pytest.mark.parametrize("month", ["2026-13", "November", "9999-12", "2026"])
def test_what_is_no_month_is_refused(wuyou: Wuyou, month: str) -> None:
    result = wuyou("report", "--month", month)
    assert result.exit_code == 1
    assert "is no month" in result.stderr
