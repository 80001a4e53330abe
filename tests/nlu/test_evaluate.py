"""Figures that can be worked out by hand."""

import math

import pytest

from nlu.evaluate import auroc, classified, ece, macro_f1, mrr, percentile, top


def test_accuracy_and_f1_by_hand() -> None:
    figures = classified(["a", "a", "b", "c"], ["a", "b", "b", "b"], [0.9, 0.8, 0.7, 0.6])
    assert figures.accuracy == 0.5
    assert figures.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert figures.n == 4


def test_a_perfectly_calibrated_guess_has_no_error() -> None:
    assert ece([0.75] * 4, [True, True, True, False]) == pytest.approx(0)
    assert ece([1.0] * 4, [True, True, False, False]) == pytest.approx(0.5)


def test_ranks_by_hand() -> None:
    ranked = [["a", "b"], ["b", "a"], ["c", "d"]]
    assert top(["a", "a", "a"], ranked, 1) == pytest.approx(1 / 3)
    assert top(["a", "a", "a"], ranked, 2) == pytest.approx(2 / 3)
    assert mrr(["a", "a", "a"], ranked) == pytest.approx(0.5)


def test_auroc_counts_ties_half() -> None:
    assert auroc([2, 3], [0, 1]) == 1
    assert auroc([1], [1]) == 0.5
    assert auroc([0, 2], [1]) == 0.5
    assert math.isnan(auroc([], [1]))


def test_percentiles_are_milliseconds() -> None:
    assert percentile([0.001, 0.002, 0.003], 0.5) == pytest.approx(2)
    assert math.isnan(percentile([], 0.5))


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="1 labels"):
        classified(["a"], [], [])
    assert macro_f1(["a"], ["a"]) == 1
