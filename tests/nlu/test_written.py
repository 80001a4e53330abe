"""Written data that cannot be used is named by file and line."""

from pathlib import Path

import pytest

from nlu.understanding import Intent
from nlu.written import BadData, Example, Written, read_folder

HEAD = 'version: "3.1"\nnlu:\n'
ANSWER = 'responses:\n  utter_faq/a:\n  - text: "答"\n    metadata: {title: "题", source: "源", date: "2026-09-01"}\n'


def test_examples_keep_their_file_and_line(data: Written) -> None:
    first = data.examples[0]
    assert (first.file, first.line, first.label) == ("categories.yml", 5, "report/enforcement.garbage")


def test_labels_stand_for_intents() -> None:
    kinds = {"faq/x": Intent.ASK, "report/service.light": Intent.REPORT, "report/order.missing": Intent.MISSING}
    assert {label: Example(label, "", "", 0).intent for label in kinds} == kinds
    assert Example("chat", "", "", 0).intent is Intent.CHAT


def test_an_entry_has_title_phrasings_and_answer(data: Written) -> None:
    entry = next(each for each in data.entries() if each.id == "elder_card")
    assert entry.title == "老年优待证"
    assert "多少岁能办老年优待证" in entry.phrasings
    assert "六十岁" in entry.text
    article = data.articles[0]
    assert (article.source, article.date) == ("街道便民服务中心（示例）", "2026-09-01")


def test_marked_places_are_kept_apart_and_the_marks_are_gone(tmp_path: Path) -> None:
    long = '[二号桥下]{"entity": "place", "role": "there"}'
    text = f"{HEAD}- intent: place\n  examples: |\n    - 在[柳岸路3号](place)和{long}都有\n    - 路灯坏了\n"
    text += "- intent: report\n  examples: |\n    - [桂花苑](place)停水\n    - 电梯[B座]坏了\n"
    (tmp_path / "x.yml").write_text(text, encoding="utf-8")
    written = read_folder(tmp_path)
    assert [(each.label, each.text) for each in written.examples] == [
        ("report", "桂花苑停水"),
        ("report", "电梯[B座]坏了"),
    ]
    assert [(each.text, each.places, each.line) for each in written.marked] == [
        ("在柳岸路3号和二号桥下都有", ("柳岸路3号", "二号桥下"), 5),
        ("路灯坏了", (), 6),
        ("桂花苑停水", ("桂花苑",), 9),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "- intent: nonsense\n  examples: |\n    - 话\n", "x.yml:3: unknown label nonsense"),
        (HEAD + "- intent: report/no.such\n  examples: |\n    - 话\n", "x.yml:3: there is no category no.such"),
        (
            HEAD + "- intent: chat\n  examples: |\n    - 话\n- intent: chat\n  examples: |\n    - 话\n",
            "x.yml:6: chat was already written at x.yml:3",
        ),
        (HEAD + "- intent: chat\n  examples: |\n    - 好\n    - 坏\x07的\n", "x.yml:6"),
        (HEAD + "- intent: chat\n  examples: |\n    - 好\n    - 零\u200b宽\n", "x.yml:6: control character U+200B"),
        (HEAD + "- intent: chat\n  examples: |\n    - 好\n    没有横\n", "x.yml:6: an example begins with '- '"),
        (HEAD + "- intent: chat\n  examples: [好]\n", "x.yml:4: examples must be a block"),
        (HEAD + "- intent: chat\n", "x.yml:3: expected intent and examples"),
        (HEAD + "- intent: chat\n  examples: |\n\n", "no examples"),
        (HEAD + "- intent: faq/a\n  examples: |\n    - 问\n", "x.yml:3: faq/a has no answer"),
        ('version: "3.1"\n' + ANSWER, "utter_faq/a has no phrasings"),
        ('version: "2.0"\n', 'x.yml:1: expected version: "3.1"'),
        ('version: "3.1"\nstories: []\n', "x.yml:2: unknown section stories"),
        ('version: "3.1"\nnlu: [\n', "x.yml:3"),
        (HEAD + "- intent: place\n  examples: |\n    - 在[桥头](time)\n", "x.yml:5: unknown entity time"),
        (HEAD + "- intent: place\n  examples: |\n    - 在[ ](place)\n", "x.yml:5: an empty place"),
        ("- 1\n", "x.yml:1: expected keys and values"),
        ('version: "3.1"\nnlu: ' + "[" * 500, "x.yml: nested too deep"),
        ("", "expected version"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadData) as refused:
        read_folder(tmp_path, {"service.light"})
    assert said in str(refused.value)


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData):
        read_folder(tmp_path)
