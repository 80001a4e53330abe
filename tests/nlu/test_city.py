"""A city's own messages: few labels are learnt from whole and cut messages, many from whole ones."""

from __future__ import annotations

import pytest

from nlu import train_city
from nlu.city import City, learn
from nlu.train_city import MANY

NUMBERS = "甲乙丙丁戊己庚辛壬癸"


def letters(labels: int) -> list[tuple[str, str]]:
    """Eight messages a label, each with a word of its own that tells the label."""
    words = ("路灯不亮已经很多天", "请尽快来人看看", "住户都在说这件事", "上个月也打过电话")
    return [
        (f"{words[number % 4]},{word},{words[number // 4]}{NUMBERS[number]}", word)
        for word in (a + b for a in NUMBERS for b in NUMBERS[: labels // 10])
        for number in range(8)
    ]


@pytest.mark.parametrize("labels", [20, 60])
def test_a_label_is_found_whether_there_are_few_or_many(labels: int) -> None:
    city = learn(letters(labels))
    assert len(city.labels) == labels
    right = [city.guesses(f"昨天夜里{word}也一样", 1)[0].label == word for word in city.labels]
    assert sum(right) >= 0.9 * labels


def test_many_labels_are_learnt_whole_and_few_cut_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[int] = []
    real = train_city._taught

    def count(matrix: object, targets: list[int], *others: object) -> object:
        rows.append(len(targets))
        return real(matrix, targets, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(train_city, "_taught", count)
    long = [(text * 4, label) for text, label in letters(60)]
    few = {label for _, label in long[: 8 * (MANY // 5)]}
    for kept in (long, [each for each in long if each[1] in few]):
        assert isinstance(learn(kept), City)
    assert rows[1] == len(long)
    assert rows[3] == 3 * 8 * len(few)
