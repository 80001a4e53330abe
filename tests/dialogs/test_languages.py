"""Which language a person is answered in: alone the one they switched to or plainly write, in a group the group's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.desks.mine import tongue
from nlu.model import Model
from tests.rig import Rig, rig


async def language(house: Rig) -> str:
    """Of the person whose message came in last."""
    assert house.last_in is not None
    return (await house.store.thread(house.last_in)).resident.language


async def test_alone_the_language_that_is_plainly_written_is_answered_in(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        await house.says("alice", "private", "The lamp at my door is broken")
        assert await language(house) == "en"
        await house.says("alice", "private", "ok")
        assert await language(house) == "en", "which says nothing of a language"
        await house.says("alice", "private", "路灯坏了三天了没人来修")
        assert await language(house) == "zh"


async def test_in_a_group_what_a_person_speaks_stays(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        await house.says("alice", "private", "路灯坏了三天了没人来修")
        await house.says("alice", "private", "The lamp at my door is broken")
        await house.says("alice", "willow", "@bot 柳岸路3号的路灯坏了三天了")
        assert await language(house) == "en"


async def test_the_switch_of_the_page_changes_the_answers_to_come(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        await house.says("alice", "private", "路灯坏了三天了没人来修")
        first = house.last_in
        assert first is not None
        assert first.sender is not None
        there = replace(first, at=replace(first.at, channel="web"))
        thread = await house.store.thread(there)
        for chosen in ("en", "zh", "en"):
            said = replace(there, sender=replace(first.sender, language=chosen), text="好的知道了谢谢")
            speaks = tongue(said, thread.resident)
            thread = replace(thread, resident=speaks or thread.resident)
            assert (thread.resident.language or "zh") == chosen
