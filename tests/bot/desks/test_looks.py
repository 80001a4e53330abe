"""What was told of somebody who is missing stands on the card, and only there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.desks.looks import looks
from bot.messages import Said
from bot.texts import Texts
from routing.case import Case, State

CASE = Case(
    "12345678", State.RECEIVED, "alice", "talk", "m1", datetime(2026, 1, 5, tzinfo=UTC), category="order.missing"
)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (
            "我妈走丢了，78岁，身高一米五五，短发，穿红色外套黑裤子，拄拐杖",
            "样子：女，78 岁，155 厘米，短发，红色外套，黑裤子，拄拐杖",
        ),
        ("孩子不见了，八个月大的男孩", "样子：男，8 个月"),
        ("老人走失，戴眼镜，电话13812345678", "样子：戴眼镜"),
    ],
)
def test_a_family_in_a_hurry_is_read_into_one_line(words: str, shown: str) -> None:
    found = looks(replace(CASE, words=words))
    assert isinstance(found, Said)
    line = Texts.load().say(found.key, found.params, "zh")
    assert line == shown
    assert "138" not in line


def test_nobody_is_described_where_nobody_is_missing() -> None:
    said = "我妈走丢了，78岁，穿红色外套"
    assert looks(replace(CASE, words=said, category="service.elder")) == ""
    assert looks(replace(CASE, words="我妈走丢了")) == ""
    assert looks(replace(CASE, words="")) == ""
