"""Two matters in one message are told apart; one matter told in two sentences stays one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.linear import Linear, features
from nlu.matters import matters
from nlu.normalise import normalise
from nlu.understanding import Guess
from nlu.written import Example, Written
from tests.learnt import linear_of

KINDS = {"灯": "service.light", "垃圾": "enforcement.garbage", "狗": "enforcement.dog"}


def kinds(text: str) -> tuple[Guess, ...]:
    """A classifier that knows three words, and is sure."""
    found = [Guess(label, 0.9) for word, label in KINDS.items() if word in text]
    return tuple(found) if len(found) == 1 else tuple(Guess(each.label, 0.9 / len(found)) for each in found)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("柳岸路路灯坏了，还有垃圾没人收", ["service.light", "enforcement.garbage"]),
        ("楼道灯坏了 另外有条野狗乱跑", ["service.light", "enforcement.dog"]),
        ("垃圾三天没人收了。路灯也不亮了", ["enforcement.garbage", "service.light"]),
        ("楼下路灯坏了还有垃圾没人收", ["service.light", "enforcement.garbage"]),
        ("一是路灯坏了,二是垃圾没人收", ["service.light", "enforcement.garbage"]),
        ("楼道路灯坏了，垃圾也堆成山了", ["service.light", "enforcement.garbage"]),
        ("路灯坏了，门口又有野狗乱跑", ["service.light", "enforcement.dog"]),
        ("路灯坏了，也没人管垃圾", []),
        ("路灯坏了，还有一盏路灯也不亮", []),
        ("路灯坏了。三天没人管了", []),
        ("路灯下的垃圾没人收", []),
        ("路灯坏了还有多久修好", []),
        ("", []),
    ],
)
def test_matters_are_told_apart(said: str, found: list[str]) -> None:
    assert [each.category.label for each in matters(normalise(said), kinds)] == found


@pytest.fixture(scope="module")
def reports(written: Written) -> list[Example]:
    return [each for each in written.examples if each.kind == "report" and each.name]


@pytest.fixture(scope="module")
def half(reports: list[Example], model_folder: Path) -> Linear:
    return linear_of([(each.text, each.name) for each in reports[::2]], model_folder)


def test_one_matter_is_hardly_ever_taken_for_two(reports: list[Example], half: Linear) -> None:
    unseen = reports[1::4]
    cut = [each for each in unseen if matters(normalise(each.text), lambda text: half.guesses(features(text), 5))]
    assert len(cut) < 0.02 * len(unseen)
