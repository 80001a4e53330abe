"""wuyou signals: a sheet of another system's reports, taken whole or not at all, and once per id."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.csv_sheet import Faults, ImportRefused, rows_in
from bot.signal_sheet import COLUMNS, OPTIONAL, reports_of
from bot.store import Store
from bot.store.systems import withdraw_system
from tests import town
from tests.bot.commands import Wuyou, in_store

SHEET = f"""id,description,service_code,address_string,address_id,lat,long
call-1,"柳岸路3号门口井盖没了，
回电13812345678",service.manhole,柳岸路3号,,,
call-2,路灯不亮,,,{town.GRID_1},,
call-3,树倒了,,,,30.002,120.002
"""


@pytest.fixture
def sheet(street: Path, wuyou: Wuyou) -> Path:
    assert wuyou("key", "add", "police-110", "--may", "signals").exit_code == 0
    path = street / "calls.csv"
    path.write_text(SHEET, "utf-8-sig")
    return path


def waiting(folder: Path) -> list[Any]:
    async def look(store: Store) -> object:
        return await store.claim("test", datetime.now(UTC))

    found = in_store(folder, look)
    assert isinstance(found, list)
    return found


def account(wuyou: Wuyou, sheet: Path, *more: str) -> dict[str, Any]:
    done = wuyou("signals", str(sheet), "--system", "police-110", "--json", *more)
    assert done.exit_code == 0, done.output
    return {key: value for key, value in json.loads(done.output).items() if key != "seconds"}


def test_a_sheet_is_laid_in_once_however_often_it_is_given(folder: Path, sheet: Path, wuyou: Wuyou) -> None:
    assert account(wuyou, sheet) == {"rows": 3, "new": 3, "known": 0, "cases": 0, "waiting": 3}
    sheet.write_text(SHEET + "call-4,电梯停了,market.lift,,,,\n", "utf-8")
    assert account(wuyou, sheet) == {"rows": 4, "new": 1, "known": 3, "cases": 0, "waiting": 4}
    found = waiting(folder)
    assert [inbound.cause for inbound in found] == [f"systems:police-110:call-{n}" for n in (1, 2, 3, 4)]
    first, second, third, _ = found
    assert (first.signal.category, first.signal.place) == ("service.manhole", "柳岸路3号")
    assert "13812345678" not in first.text, "numbers of people are masked before anything is kept"
    assert (second.signal.address_id, third.location) == (town.GRID_1, (30.002, 120.002))
    assert len({inbound.at.chat for inbound in found}) == 4, "none waits for another"


def test_every_wrong_row_is_named_and_no_row_is_taken(folder: Path, sheet: Path, wuyou: Wuyou) -> None:
    sheet.write_text(
        SHEET
        + "call-1,again,,,,,\n"
        + "a.b,dots,,,,,\n"
        + ",no id,,,,,\n"
        + "call-5,,,,,,\n"
        + "call-6,what,service.moon,,,,\n"
        + "call-7,where,,,nowhere,,\n"
        + "call-8,half,,,,30.1,\n"
        + "call-9,far,,,,130.1,20\n"
        + "call-10,short\n"
        + f"call-11,{'长' * 4001},,,,,\n",
        "utf-8",
    )
    refused = wuyou("signals", str(sheet), "--system", "police-110")
    assert refused.exit_code == 1
    said = refused.stderr.splitlines()
    wrong = (
        "line 6: id 'call-1' stands in line 2, too",
        "line 7: id: letters",
        "line 8: id is empty",
        "line 9: description is empty",
        "line 10: service_code 'service.moon' is no service",
        "line 11: address_id 'nowhere'",
        "line 12: long",
        "line 13: lat 130.1 and long 20 are swapped",
        "line 14: has 2 fields",
        "line 15: description is 4001 characters long",
    )
    for line, words in zip(said, wrong, strict=False):
        assert line.startswith(f"calls.csv, {words}"), line
    assert said[len(wrong)] == "10 wrong rows: calls.csv was not imported, nothing was changed."
    assert waiting(folder) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,words\n1,x\n", "has no column description"),
        (b"id,description,color\n1,x,red\n", "unknown column"),
        ("id,description\n1,路灯\n".encode("gbk"), "is not UTF-8 but GBK"),
        (b'id,description\n1,"open\n', "cannot be read as CSV"),
        (b"", "has no column id, description"),
        (b"id,description\n1,a\x00b\n", "description holds"),
        (b"id,description\n1,a\n2,b\n3,c\n4,d\n", "at most 3"),
    ],
)
def test_what_is_no_such_sheet_is_refused(content: bytes, said: str) -> None:
    faults = Faults()
    rows = rows_in("calls.csv", content, COLUMNS, faults, OPTIONAL)
    with pytest.raises(ImportRefused, match=said):
        reports_of(rows, faults, town.town(), 3, town.NOON)


def test_only_a_system_that_may_send_signals_is_taken_for_the_sender(folder: Path, sheet: Path, wuyou: Wuyou) -> None:
    refused = wuyou("signals", str(sheet), "--system", "police-11")
    assert refused.exit_code == 1
    assert "did you mean 'police-110'?" in refused.stderr

    async def withdraw(store: Store) -> object:
        return await store.db.write(lambda c: withdraw_system(c, "police-110", datetime.now(UTC)))

    assert in_store(folder, withdraw)
    assert "may send signals" in wuyou("signals", str(sheet), "--system", "police-110").stderr
    assert waiting(folder) == []


def test_the_numbers_are_written_beside_the_ids(folder: Path, sheet: Path, wuyou: Wuyou) -> None:
    account(wuyou, sheet, "--wait", "0", "--out", str(folder / "numbers.csv"))
    with (folder / "numbers.csv").open(encoding="utf-8-sig", newline="") as written:
        assert list(csv.reader(written))[:2] == [["id", "service_request_id"], ["call-1", ""]]
    assert wuyou("signals", str(sheet), "--system", "police-110", "--out", str(sheet)).exit_code == 1
    said = wuyou("signals", str(sheet), "--system", "police-110").output
    assert "known before" in said
    assert "decided by the running bot" in said
