"""wuyou faq and wuyou topics: answers that hold for a time and a place, their history, and what found none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.outcome import Outcome
from bot.store import Store
from tests.bot.commands import Wuyou, in_store

HEADER = "id,title,answer,phrasings,source,date,title_en,answer_en"
LATER = "valid_from,valid_until,area,audience,instead_of"


def sheet(folder: Path, *rows: str, header: str = f"{HEADER},{LATER}") -> str:
    path = folder / "answers.csv"
    path.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    return str(path)


def test_where_and_how_long_an_answer_holds_is_imported_listed_and_kept(wuyou: Wuyou, folder: Path) -> None:
    row = "pool_c1,游泳馆,在修。,,柳岸社区,2026-01-05,,,2026-01-01,2026-03-31,c1,老年人,pool"
    assert "1 new" in wuyou("faq", "import", sheet(folder, row), "--by", "kong").stdout
    (entry,) = json.loads(wuyou("faq", "list", "--json").stdout)
    assert (entry["valid_from"], entry["valid_until"], entry["area"]) == ("2026-01-01", "2026-03-31", "c1")
    assert (entry["audience"], entry["instead_of"], entry["changed_by"]) == ("elders", "pool", "kong")
    assert "until 2026-03-31" in wuyou("faq", "list").stdout
    wuyou("faq", "add", "--id", "pool_c1", "--title", "游泳馆", "--answer", "开了。", "--by", "cao")
    wuyou("faq", "withdraw", "pool_c1", "--by", "cao")
    changes = json.loads(wuyou("faq", "history", "pool_c1", "--json").stdout)
    assert [(each["version"], each["by"]) for each in changes] == [(3, "cao"), (2, "cao"), (1, "kong")]
    assert changes[2]["said"]["valid_until"] == "2026-03-31"
    assert "(withdrawn)" in wuyou("faq", "history", "pool_c1").stdout
    assert "Nothing is known" in wuyou("faq", "history", "nobody").stdout


def test_a_sheet_of_before_has_none_of_the_new_columns(wuyou: Wuyou, folder: Path) -> None:
    assert wuyou("faq", "import", sheet(folder, "pool,游泳馆,开着。,,,,,", header=HEADER)).exit_code == 0
    some = sheet(folder, "pool,游泳馆,开着。,,,,,,c1", header=f"{HEADER},area")
    assert wuyou("faq", "import", some).exit_code == 0
    assert json.loads(wuyou("faq", "list", "--json").stdout)[0]["area"] == "c1"


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("2026-02-30,,,,", "valid_from"),
        (",soon,,,", "valid_until"),
        ("2026-03-01,2026-02-01,,,", "is before valid_from"),
        (",,,aliens,", "audience"),
        (",,c1,,pool", "names the answer itself"),
        (",,,,general", "without an area"),
        (",,c1,,No Id", "instead_of"),
    ],
)
def test_what_cannot_hold_is_refused_by_line(wuyou: Wuyou, folder: Path, rest: str, reason: str) -> None:
    result = wuyou("faq", "import", sheet(folder, f"pool,游泳馆,开着。,,,,,,{rest}"))
    assert result.exit_code == 1
    assert "answers.csv, line 2" in result.stderr
    assert reason in result.stderr


def test_questions_without_an_answer_stand_together_until_they_have_one(folder: Path, wuyou: Wuyou) -> None:
    async def ask(store: Store) -> None:
        for cause, words in enumerate(("哪里可以借轮椅", "请问轮椅哪里借", "图书馆几点开门")):
            await store.commit(Outcome(f"x:{cause}", misses=(words,)))

    wuyou("faq", "add", "--id", "pool", "--title", "游泳馆", "--answer", "开着。")
    in_store(folder, ask)
    (first, second) = json.loads(wuyou("faq", "misses", "--json").stdout)
    assert (first["times"], set(first["questions"])) == (2, {"哪里可以借轮椅", "请问轮椅哪里借"})
    assert second["questions"] == ["图书馆几点开门"]
    told = wuyou("faq", "misses", "--days", "1").stdout
    assert "wuyou faq add --id" in told
    assert "--phrasing" in told
    phrasings = [part for words in first["questions"] for part in ("--phrasing", words)]
    wuyou("faq", "add", "--id", "wheelchair", "--title", "轮椅", "--answer", "服务站。", *phrasings)
    assert len(json.loads(wuyou("faq", "misses", "--json").stdout)) == 1


def test_a_day_without_reports_has_no_topics(wuyou: Wuyou) -> None:
    wuyou("faq", "add", "--id", "pool", "--title", "游泳馆", "--answer", "开着。")
    assert f"Nothing was reported on {datetime.now(UTC).year}" in wuyou("topics").stdout
    assert json.loads(wuyou("topics", "--day", "2026-01-05", "--json").stdout)["topics"] == []
    assert wuyou("topics", "--day", "someday").exit_code == 1
