"""A report that was taken back: whatever is said under it later finds an answer, and nothing is lost."""

from __future__ import annotations

import pytest

from routing.case import State
from tests.rig import Rig


@pytest.mark.parametrize("words", ["没解决", "没有解决,还是不亮", "解决了", "好了,谢谢", "路灯又坏了"])
async def test_a_word_under_a_report_that_was_taken_back_is_answered(house: Rig, words: str) -> None:
    await house.says("alice", "willow", "@bot 柳岸路3号门口的路灯坏了")
    first = house.last("willow")
    number = (await house.newest()).number
    await house.says("alice", "willow", "@bot 算了")
    assert (await house.case(number)).state is State.WITHDRAWN
    seen = len(house.app.events)
    await house.says("alice", "willow", words, reply_to=first)
    assert await house.store.parked() == []
    assert (await house.case(number)).state is State.WITHDRAWN
    assert len(house.app.events) > seen, "an answer of some kind"
