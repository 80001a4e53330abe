"""Whatever is sent: nothing breaks, nothing takes long, and nonsense is not believed."""
# ruff: noqa: E501  (sayings stand in rows)

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlu.lexical import Lexicon
from nlu.understand import Understand
from nlu.understanding import Stance, Understanding
from tests.thorough import many

NOW = datetime(2026, 3, 18, 7, 0, tzinfo=UTC)
WORDS = "昨晚十点多前天三四个小时了到现在国庆一米六78岁走丢穿红外套黑裤子浙A12345幸福苑3幢2单元502室门口路灯坏了还有垃圾没人收,。 "


def heard(understand: Understand, lexicon: Lexicon, text: str) -> Understanding:
    found = understand.lexically(text, topic=None, lexicon=lexicon, now=NOW)
    assert all(span.text == found.text[span.start : span.end] for span in found.places)
    assert all(one.end <= other.start for one, other in zip(found.places, found.places[1:], strict=False))
    assert found.when is None or (found.when[0] <= found.when[1] and found.when[0].tzinfo is UTC)
    assert len(found.matters) in (0, 2)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "幸福苑3幢2单元门口昨晚十点多有人打架，" * 50_000,
        "1" * 1_000_000,
        "一" * 1_000_000,
        "路" * 1_000_000,
        "浙A1 " * 250_000,
        "还有路灯坏了。" * 100_000,
        "红色的外套黑" * 150_000,
        "\x00\x07\x1b\u202e\ufeff" * 200_000,
        "👵🏽" * 200_000,
        " \n\t" * 300_000,
        "[" * 500_000 + "](place)",
        "电话 138****5678" * 100_000,
    ],
    ids=["words", "digits", "one", "road", "plate", "and", "red", "control", "emoji", "blank", "marks", "numbers"],
)
def test_a_megabyte_costs_no_more_than_a_page(understand: Understand, lexicon: Lexicon, text: str) -> None:
    began = time.process_time()
    heard(understand, lexicon, text)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("text", ["", "🙂", "👍👍👍", "12345", "３１４", "???", "。。。", "\u200b", "\ud83d", "☎️ 110"])
def test_what_says_nothing_is_not_believed(understand: Understand, lexicon: Lexicon, text: str) -> None:
    found = heard(understand, lexicon, text)
    assert found.stance is Stance.UNSURE
    assert not found.intents
    assert not found.places
    assert found.person is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=many(200))
@given(text=st.text(max_size=200) | st.text(alphabet=WORDS, max_size=200))
def test_any_text_is_understood_somehow(understand: Understand, lexicon: Lexicon, text: str) -> None:
    heard(understand, lexicon, text)
