"""Places learnt from marked messages: the street's names first, then the CRF; measured on messages not learnt from."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.crf import READ, Crf, Lesson, Piece, labels, learn, pieces_of
from nlu.entities import by_rule, places
from nlu.lexical import Background, Lexicon, background
from nlu.model import Model
from nlu.normalise import normalise
from nlu.place_words import KINDS, kinds
from nlu.train import learn_places
from nlu.written import BadData, Marked, Written
from tests.learnt import places_of


@pytest.fixture(scope="module")
def crf(written: Written, model_folder: Path) -> Crf:
    """Learnt from four messages of five."""
    known = [each for number, each in enumerate(written.marked) if number % 5]
    return places_of(known, background(each.text for each in written.examples), model_folder)


def said(text: str, lexicon: Lexicon, crf: Crf | None) -> list[str]:
    return [span.text for span in places(normalise(text), lexicon, crf)]


def test_spans_of_messages_not_learnt_from(written: Written, crf: Crf) -> None:
    right = found = true = 0
    for each in written.marked[::5]:
        spans, wanted = set(said(each.text, Lexicon(), crf)), set(map(normalise, each.places))
        right, found, true = right + len(spans & wanted), found + len(spans), true + len(wanted)
    assert 2 * right / (found + true) > 0.76  # measured: 0.82; the rules alone 0.37


def test_hardly_a_place_is_found_where_there_is_none(written: Written, crf: Crf) -> None:
    none = [each for each in written.marked[::5] if not each.places]
    found = sum(bool(said(each.text, Lexicon(), crf)) for each in none)
    assert found <= 0.15 * len(none)  # measured: 0.08, most of them traps


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("阿布扎比广告牌要掉了", ["阿布扎比"]),
        ("阿布扎比3幢2单元的灯坏了", ["阿布扎比3幢2单元"]),
        ("路灯坏了", []),
        ("浙A12345堵住了车库", []),
        ("@wuyou_bot 没人管", []),
        ("12345打不通", []),
        ("路灯坏了 电话138****5678", []),
        ("", []),
    ],
)
def test_the_streets_own_names_come_first(crf: Crf, text: str, found: list[str]) -> None:
    assert [each for each in said(text, Lexicon(places=("阿布扎比",)), crf) if each != "车库"] == found


@pytest.mark.parametrize("pieces", [((0, 3),), ((1, 2), (3, 6)), ((0, 2), (2, 5)), ((0, 1), (1, 2)), ()])
def test_labels_give_back_the_pieces_they_were_made_of(pieces: tuple[Piece, ...]) -> None:
    assert pieces_of(labels("柳岸路三号口", pieces)) == pieces


@pytest.mark.parametrize(
    ("told", "pieces"), [("OIIO", ((1, 3),)), ("EOE", ((0, 1), (2, 3))), ("BEIE", ((0, 2), (2, 4)))]
)
def test_labels_that_no_lesson_has_still_make_pieces(told: str, pieces: tuple[Piece, ...]) -> None:
    assert pieces_of(told) == pieces


def test_a_place_far_back_costs_nothing(crf: Crf) -> None:
    text = normalise("好" * READ + "柳岸路3号")
    assert crf.pieces(text) == crf.pieces(text[:READ])


def test_with_few_messages_the_rules_stand_alone(model: Model) -> None:
    assert learn([Lesson("柳岸路有坑", ((0, 3),))] * 5, by_rule, Background()) is None
    assert said("阳光小区门口有坑", Lexicon(), None) == ["阳光小区门口"]


def test_a_mark_that_is_lost_is_named_by_file_and_line() -> None:
    lost = Marked("柳岸路有坑", ("桂花苑",), "places.yml", 7)
    with pytest.raises(BadData, match=r"places\.yml:7"):
        learn_places([lost], Background())


def test_every_place_word_is_known_where_it_stands_alone() -> None:
    for word, kind in KINDS.items():
        assert {each[0] for each in kinds(word)} == {kind}, word
    assert kinds("去社区服务中心")[1:] == ["F0", "F1", "F1", "F1", "F1", "F2"]
