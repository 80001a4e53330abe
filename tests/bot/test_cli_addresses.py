"""wuyou addresses match: a sheet in, an account and a sheet out, and a wrong one refused whole."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from bot.address_sheet import Result, matched, read_sheet, write_sheet
from bot.csv_sheet import ImportRefused
from tests import town
from tests.bot.commands import Wuyou

pytestmark = pytest.mark.usefixtures("street")

SHEET = """id,text,area,lat,lon
h1,桂花苑3-2,c1,,
h2,江湾区柳岸路十八号,,,
h3,柳岸路,c1,,
h4,北京市朝阳区柳岸路18号,c1,,
h5,,c1,,
h6,这里,g1,,
h7,,,30.002,120.002
h8,"=SUM(A1)，桂花苑3幢2单元",c1,,
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "homes.csv"
    path.write_text(SHEET, "utf-8")
    return path


def test_every_row_is_matched_ambiguous_or_none(sheet: Path) -> None:
    found = {each.asked.id: each for each in matched(read_sheet(sheet, town.town()), town.town())}
    assert {id_: each.result.value for id_, each in found.items()} == {
        "h1": "matched", "h2": "matched", "h3": "ambiguous", "h4": "none", "h5": "none", "h6": "none", "h7": "matched",
        "h8": "matched",
    }  # fmt: skip
    assert found["h1"].found[0].address_id == "a4"
    assert found["h7"].found[0].grid == town.GRID_1
    assert len(found["h3"].found) == 2


def test_the_sheet_that_is_written_can_be_opened_without_a_formula_in_it(sheet: Path, tmp_path: Path) -> None:
    write_sheet(tmp_path / "out.csv", matched(read_sheet(sheet, town.town()), town.town()))
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert len(rows) == 8
    assert rows["h8"]["text"].startswith("'=")
    assert (rows["h1"]["address"], rows["h1"]["grid"], rows["h1"]["score"]) == ("桂花苑3幢2单元", "g1", "1.00")
    assert rows["h3"]["others"] == "柳岸路 (0.76)"
    assert not list(tmp_path.glob("*.part"))


def test_a_sheet_that_breaks_off_leaves_the_one_before(sheet: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("before", "utf-8")
    rows = matched(read_sheet(sheet, town.town()), town.town())

    def breaks() -> Any:
        yield next(rows)
        raise OSError(28, "no space")

    with pytest.raises(OSError, match="no space"):
        write_sheet(tmp_path / "out.csv", breaks())
    assert (tmp_path / "out.csv").read_text("utf-8") == "before"
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name\nx\n", "has no column text"),
        ("text,area\n柳岸路1号,c9\n", 'line 2: area "c9" is no area of the directory'),
        ("text,lat,lon\n柳岸路1号,120,30\n", "are swapped"),
        ("text,lat,lon\n柳岸路1号,north,30\n", "is not a number of degrees"),
        ("text\na,b\n", "line 2: has 2 fields, the header has 1"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_matched(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "homes.csv").write_text(text, "utf-8")
    with pytest.raises(ImportRefused, match=reason):
        read_sheet(tmp_path / "homes.csv", town.town())


def test_the_account_says_how_many_of_each(wuyou: Wuyou, sheet: Path, tmp_path: Path) -> None:
    done = wuyou("addresses", "match", str(sheet), "--out", str(tmp_path / "out.csv"), "--json")
    account = json.loads(done.stdout)
    assert {name: account[name] for name in ("rows", *Result)} == {"rows": 8, "matched": 4, "ambiguous": 1, "none": 3}
    assert "Matching" not in done.output  # No bar without a terminal.
    assert (tmp_path / "out.csv").exists()
    assert "50.0%" in wuyou("addresses", "match", str(sheet)).stdout


def test_what_cannot_be_read_or_written_is_said_in_one_sentence(wuyou: Wuyou, sheet: Path, tmp_path: Path) -> None:
    for words in (
        (str(tmp_path / "none.csv"),),
        (str(sheet), "--out", str(sheet)),
        (str(sheet), "--out", str(tmp_path / "none" / "out.csv")),
        (str(sheet), "--out", str(tmp_path)),
    ):
        done = wuyou("addresses", "match", *words)
        assert done.exit_code == 1
        assert "Traceback" not in done.output
    sheet.write_bytes("text\n柳岸路".encode("gbk"))
    done = wuyou("addresses", "match", str(sheet))
    assert done.exit_code == 1
    assert "GBK" in done.output
