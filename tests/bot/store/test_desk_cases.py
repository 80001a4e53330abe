"""What the desk's page reads, on both databases: open cases by the promise due first, their words, their letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.outcome import Outcome
from bot.store import Database, Keys, Store, desk_cases
from routing.case import State, Step, Verb
from routing.sla import ClockKind
from tests import town
from tests.bot.store.cast import message, opened
from tests.fakes import Clock
from tests.rig import render


async def test_open_cases_stand_by_the_promise_that_is_due_first(tables_url: str, tmp_path: Path) -> None:
    clock, db = Clock(town.NOON), Database.open(tables_url)
    try:
        store = await Store.open(db, Keys.load(tmp_path / "keys", create=True), render, now=clock)
        await store.replace_directory(town.rows())
        late = await opened(store, replace(message(words="路灯不亮"), sent_at=town.NOON - timedelta(hours=5)))
        soon = await opened(store, replace(message(words="马蜂窝"), sent_at=town.NOON))
        gone = await opened(store, replace(message(words="算了"), sent_at=town.NOON))
        step = Step(gone.number, Verb.WITHDRAW, town.NOON, gone.reporter)
        await store.commit(Outcome("click:gone", (gone.after(step),), (step,)))
        scene = await store.scene_for_case(late.number)
        kept = tuple(each.stop(town.NOON) for each in scene.clocks if each.kind is ClockKind.SIGN)
        await store.commit(Outcome("click:kept", kept))

        found = await db.read(desk_cases.open_cases)
        assert [each.number for each in found] == [late.number, soon.number]
        clocks = [each.clock for each in found if each.clock]
        assert [each.kind for each in clocks] == [ClockKind.DISPATCH, ClockKind.SIGN]
        assert clocks[0].promised_at == town.NOON - timedelta(hours=5) + timedelta(minutes=10)
        assert {each.state for each in found} == {State.RECEIVED}

        words = await db.read(lambda c: desk_cases.cases(c, store.keys, [late.number, "11111111"]))
        assert {number: case.words for number, case in words.items()} == {late.number: "路灯不亮"}
        letters = await db.read(lambda c: desk_cases.letters_of(c, store.house, late.number, 10))
        assert [(each.to.chat, each.state) for each in letters] == [(town.GROUP_GRID_1, "waiting")]
        assert letters[0].text.startswith("case.received")
        assert await db.read(lambda c: desk_cases.was_done(c, "click:gone"))
        assert not await db.read(lambda c: desk_cases.was_done(c, "click:other"))
    finally:
        await db.close()
