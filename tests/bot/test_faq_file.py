"""A file of FAQ entries: read whole, or refused with every wrong row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.faq_file import COLUMNS, MOST_PHRASINGS, ImportRefused, entry_faults, read_faq
from bot.outcome import FaqEntry

HEADER = ",".join(COLUMNS)
YAML = """version: "3.1"
nlu:
- intent: faq/library
  examples: |
    - 图书馆开门吗
    - 借书几点可以去
responses:
  utter_faq/library:
  - text: "周二到周日开门。"
    metadata:
      title: "图书馆几点开门"
      title_en: "When is the library open"
      text_en: "From Tuesday to Sunday."
      source: "街道文化站"
      date: "2026-01-31"
"""


def file(folder: Path, text: str | bytes, name: str = "answers.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refused(path: Path) -> list[str]:
    with pytest.raises(ImportRefused) as caught:
        read_faq(path)
    return [str(fault) for fault in caught.value.faults]


def test_csv_and_yaml_of_the_same_entry_read_alike(tmp_path: Path) -> None:
    row = (
        "library,图书馆几点开门,周二到周日开门。,图书馆开门吗|借书几点可以去,街道文化站,2026-01-31,"
        "When is the library open,From Tuesday to Sunday."
    )
    (from_csv,) = read_faq(file(tmp_path, f"{HEADER}\n{row}\n"))
    (from_yaml,) = read_faq(file(tmp_path, YAML, "answers.yml"))
    assert from_csv == from_yaml
    assert from_csv.phrasings == ("图书馆开门吗", "借书几点可以去")
    assert from_csv.dated == date(2026, 1, 31)
    assert not from_csv.sample


def test_a_sample_says_so(tmp_path: Path) -> None:
    (entry,) = read_faq(file(tmp_path, YAML + "      sample: true\n", "answers.yaml"))
    assert entry.sample


def test_the_seventy_sample_answers_can_be_read() -> None:
    entries = read_faq(Path(__file__).parents[2] / "nlu" / "data" / "faq.yml")
    assert len(entries) == 70
    assert all(entry.sample and entry.title_en and entry.answer_en and entry.dated for entry in entries)
    assert all(len(entry.phrasings) >= 6 for entry in entries)


def test_a_byte_order_mark_and_quoted_lines_are_fine(tmp_path: Path) -> None:
    text = f'\ufeff{HEADER}\nlibrary,几点,"第一行\n第二行",,,,,\n'
    (entry,) = read_faq(file(tmp_path, text))
    assert entry.answer == "第一行\n第二行"
    assert entry.phrasings == ()


WRONG_ROWS = (
    (",几点,开门,,,,,", 'id "" is not'),
    ("Library Hours,几点,开门,,,,,", 'id "Library Hours" is not'),
    (f"{'x' * 41},几点,开门,,,,,", "is not 1 to 40"),
    ("library,,开门,,,,,", "title is empty"),
    ("library,几点,,,,,,", "answer is empty"),
    (f"library,几点,{'长' * 1501},,,,,", "answer is 1501 characters long"),
    ("library,几点,开门,,,31.1.2026,,", 'date "31.1.2026" is not a day'),
    ("library,几点,开门,,,2026-02-30,,", 'date "2026-02-30" is not a day'),
    ("library,几点,开\u202e门,,,,,", "control character (U+202E)"),
    (f"library,几点,开门,{'问' * 201},,,,", "phrasing"),
    ("library,几点,开门,,,,When,", "title_en and answer_en"),
    ("library,几点,开门", "has 3 fields, the header has 8"),
)


@pytest.mark.parametrize(("row", "reason"), WRONG_ROWS, ids=[reason for _, reason in WRONG_ROWS])
def test_a_wrong_row_is_named_by_file_line_and_reason(row: str, reason: str, tmp_path: Path) -> None:
    (fault,) = refused(file(tmp_path, f"{HEADER}\nfine,几点,开门,,,,,\n{row}\n"))
    assert fault.startswith("answers.csv, line 3: ")
    assert reason in fault


def test_every_wrong_row_is_named_at_once(tmp_path: Path) -> None:
    rows = "a,,b,,,,,\nb,c,d,,,x,,\nb,e,f,,,,,\n"
    faults = refused(file(tmp_path, f"{HEADER}\n{rows}"))
    assert [fault.split(":")[0] for fault in faults] == [f"answers.csv, line {line}" for line in (2, 3, 4)]
    assert "already on line 3" in faults[2]


def test_a_sheet_from_a_chinese_excel_is_told_apart(tmp_path: Path) -> None:
    (fault,) = refused(file(tmp_path, f"{HEADER}\nlibrary,几点,开门,,,,,\n".encode("gbk")))
    assert "GBK" in fault


def test_a_wrong_header_names_the_right_one(tmp_path: Path) -> None:
    (fault,) = refused(file(tmp_path, "id,question,answer\n"))
    assert HEADER in fault


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (YAML.replace("intent: faq/library", "intent: faq/museum"), 3, "has no answer"),
        (YAML.replace("    - 借书", "    借书"), 6, "begins with"),
        (YAML.replace('"3.1"', '"2.0"'), 1, "3.1"),
        (YAML + '  utter_faq/library:\n  - text: "两次"\n', 16, "twice"),
        (YAML.replace("2026-01-31", "January"), 8, "is not a day"),
        (YAML.replace('text_en: "From', 'other: "From'), 8, "title_en and answer_en"),
        (YAML.replace("responses:", "answers:"), 8, "unknown section"),
        ("nlu: [\n", 2, ""),
        ('version: "3.1"\n', 1, "holds no answer"),
        ("just words", 1, ""),
        (b"\xff\xfe", 1, "UTF-8"),
    ],
)
def test_a_wrong_yaml_is_named_by_file_line_and_reason(
    text: str | bytes, line: int, reason: str, tmp_path: Path
) -> None:
    faults = refused(file(tmp_path, text, "answers.yml"))
    assert faults[0].startswith(f"answers.yml, line {line}: "), faults
    assert reason in faults[0]


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.csv") == ["none.csv, line 1: there is no such file"]


def test_an_answer_has_a_bounded_number_of_phrasings() -> None:
    fine = FaqEntry("library", "图书馆", "九点开。", tuple(f"图书馆第{n}种问法" for n in range(MOST_PHRASINGS)))
    assert list(entry_faults(fine)) == []
    (reason,) = entry_faults(replace(fine, phrasings=(*fine.phrasings, "还有一种")))
    assert "301 phrasings, at most 300" in reason
