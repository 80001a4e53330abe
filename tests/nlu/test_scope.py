"""Questions that stand in no book: how like a written one they are, and that an answer beside them is less sure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from nlu.beyond import Beyond
from nlu.grams import grams
from nlu.lexical import Lexicon
from nlu.linear import Reading, features
from nlu.model import BadModel, Model, keep, load_model
from nlu.normalise import normalise
from nlu.thresholds import read_thresholds
from nlu.train import train
from nlu.understanding import Entry
from nlu.written import ELSEWHERE, Example, Written

NONE_OF_THEM = (
    "老年卡丢了能挂失吗",
    "居住证能摇号买车吗",
    "积分能转给别人吗",
    "灭火器在哪里买便宜",
    "养老院床位怎么排队",
    "护照过期了怎么换",
)


@pytest.fixture(scope="module")
def whole(data: Written) -> Written:
    beside = tuple(Example(ELSEWHERE, text, "x.yml", line) for line, text in enumerate(NONE_OF_THEM))
    return replace(data, examples=(*data.examples, *beside))


@pytest.fixture(scope="module")
def taught(whole: Written) -> Model:
    return train(whole)


@pytest.fixture
def book(whole: Written, taught: Model) -> Lexicon:
    return Lexicon(whole.entries(), (), taught.background, taught.entries)


def likeness(beyond: Beyond, text: str) -> float:
    return beyond.likeness(Counter(grams(normalise(text))))


def test_the_nearest_written_question_counts() -> None:
    beyond = Beyond(NONE_OF_THEM)
    assert likeness(beyond, NONE_OF_THEM[1]) > 0.8
    assert likeness(beyond, "居住证能摇号吗") > likeness(beyond, "居住证怎么办") > 0.0
    assert likeness(beyond, "😀") == likeness(beyond, "") == likeness(Beyond(()), "居住证") == 0.0
    assert likeness(beyond, "xyz") == 0.0


def test_what_is_asked_twice_is_the_same_twice() -> None:
    beyond = Beyond(NONE_OF_THEM)
    assert likeness(beyond, "护照怎么换") == likeness(beyond, "护照怎么换")


def test_a_classifier_of_its_own_tells_what_some_entry_answers(taught: Model) -> None:
    assert taught.entries is not None
    assert taught.entries.scope is not None
    within = taught.entries.scope.within
    asked = within(Reading(features(normalise("居住证要带什么材料"))))
    assert asked > within(Reading(features(normalise("护照过期怎么换"))))


def test_an_answer_knows_how_far_the_question_is_from_the_book(book: Lexicon) -> None:
    (asked, *_) = book.answers(normalise("居住证怎么办"))
    (beside, *_) = book.answers(normalise("居住证能摇号买车不"))
    assert beside.entry == asked.entry == "residence_permit"
    assert asked.within > beside.within
    assert asked.known > asked.beyond
    assert beside.beyond > beside.known


def test_beside_the_book_one_is_less_sure(book: Lexicon) -> None:
    sure = read_thresholds().sure
    answers = book.answers(normalise("居住证怎么办"))
    nearer = tuple(replace(each, within=-2.0, beyond=1.0) for each in answers)
    assert sure(nearer, 1.0) < sure(answers, 1.0)


def test_an_entry_added_later_may_answer_what_was_written_as_answered_by_none(book: Lexicon) -> None:
    before = book.answers(normalise(NONE_OF_THEM[5]))
    book.add(Entry("passport", NONE_OF_THEM[5], (), "到出入境窗口换。"))
    (best, *_) = book.answers(normalise(NONE_OF_THEM[5]))
    assert best.entry == "passport"
    assert best.learnt is None
    assert best.beyond > 0.8
    limits = read_thresholds()
    # What is known of questions without an entry was learnt before it came, and does not speak against it.
    assert limits.sure((best,), 1.0) == limits.sure((replace(best, beyond=0.0, within=0.0, known=0.0),), 1.0)
    assert not before or before[0].entry != "passport"


def test_without_such_questions_there_is_nothing_to_tell_apart(model: Model, lexicon: Lexicon) -> None:
    assert model.entries is not None
    assert model.entries.scope is None
    (best, *_) = lexicon.answers(normalise("居住证怎么办"))
    assert (best.within, best.known, best.beyond) == (0.0, 0.0, 0.0)


def test_a_saved_model_says_the_same(taught: Model, whole: Written, book: Lexicon, tmp_path: Path) -> None:
    keep(taught, whole.entries(), tmp_path / "model")
    again = load_model(tmp_path / "model")
    loaded = Lexicon(whole.entries(), (), again.background, again.entries)
    for said in ("居住证怎么办", NONE_OF_THEM[0], "月亮有多远"):
        one, other = book.answers(normalise(said)), loaded.answers(normalise(said))
        assert [each.entry for each in one] == [each.entry for each in other]
        for mine, theirs in zip(one, other, strict=True):
            assert (mine.within, mine.known, mine.beyond) == pytest.approx(
                (theirs.within, theirs.known, theirs.beyond), abs=0.01
            )


def test_a_scope_of_other_labels_is_refused(taught: Model, whole: Written, tmp_path: Path) -> None:
    keep(taught, whole.entries(), tmp_path / "model")
    file = tmp_path / "model" / "scope.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"some"', '"much"'), encoding="utf-8")
    with pytest.raises(BadModel, match="scope"):
        load_model(tmp_path / "model")
