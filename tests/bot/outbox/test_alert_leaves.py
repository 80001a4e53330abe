"""An alert from the page to the groups and back again, through the store and a worker of the outbox."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot import alert_door
from bot.clock import Sweeper
from bot.desks import missing
from bot.limits import TELEGRAM
from bot.messages import Address, Letter, Media, MediaKind
from bot.outbox import Outbox, Timing
from bot.outcome import Outcome, PhotoOrder, Standing
from bot.store import Database, Keys, Store
from bot.store.fanout_reads import progress, unreached
from bot.texts import Texts
from routing.alert import Alert, Content, Ending, Kind, Missing
from routing.directory import Group
from tests import town
from tests.bot.outbox.app import App, Time
from tests.databases import Servers

GROUPS = 40
_clicks = itertools.count()
TEXTS = Texts.load()
MOTHER = Content(
    missing=Missing("陈阿婆", 78, clothes="红色外套", place="桂花苑门口", seen_at=town.NOON), photo="mother.jpg"
)


@dataclass
class Town:
    store: Store
    app: App
    time: Time
    alert: str = ""

    async def do(self, verb: Callable[..., Outcome], **said: Any) -> Outcome:
        cause = f"click:{next(_clicks)}"
        done = await alert_door.do(self.store, self.alert, cause, partial(verb, cause, **said), self.time)
        assert done is not None
        self.alert = self.alert or next(change.id for change in done.changes if isinstance(change, Alert))
        return done

    async def live(self) -> None:
        await self.do(missing.begin, kind=Kind.MISSING, by=town.DESK_BY_DAY, area=town.GRID_1, content=MOTHER)
        await self.do(missing.submit, by=town.DESK_BY_DAY)
        await self.do(missing.approve, by=town.APPROVER_1, confirmed=True, reference="G110-7")

    def worker(self) -> Outbox:
        worker = Outbox(
            self.store.db, {"telegram": self.app}, {"telegram": TELEGRAM}, self.time, "one",
            timing=Timing(look=timedelta(days=30)), sleep=self.time.sleep, dice=lambda: 1.0, house=self.store.house,
        )  # fmt: skip
        self.time.workers.append(worker)
        return worker

    async def sends(self) -> None:
        assert await self.worker().drain(30)

    def shows(self) -> dict[str, tuple[str, str]]:
        """Chat -> (first line of what it shows, its picture)."""
        return {each.chat: (each.text.splitlines()[0], each.picture) for each in self.app.messages.values()}


@pytest.fixture
async def here(servers: Servers, tmp_path: Path) -> AsyncIterator[Town]:
    db = Database.open(servers.sqlite(tmp_path / "house.db", tables=True))
    time = Time(town.NOON)

    def render(letter: Letter) -> Any:
        return TEXTS.render(letter)

    store = await Store.open(db, Keys.of(bytes(range(32))), render, now=time)
    rows = town.rows()
    near = tuple(Group("telegram", "b", f"-{n}", town.GRID_1, f"群{n}") for n in range(1, GROUPS + 1))
    far = tuple(Group("telegram", "b", f"-{n}", town.WILLOW, f"群{n}") for n in range(101, 106))
    speaker = Group("telegram", "loud", "-900", town.GRID_1, "只收不发的群")
    await store.replace_directory(replace(rows, groups=(*near, *far, speaker)))
    store.standing = Standing(
        neutral="calm.jpg", speakers=frozenset({("telegram", "loud")}), pages="https://wuyou.example"
    )
    yield Town(store, App(time), time)
    await db.close()


ASKED = "【寻人】请大家帮忙找一位走失的人。"
FOUND = "人已经找到了，谢谢大家！"


async def test_found_takes_the_place_of_photo_and_words_in_every_group(here: Town) -> None:
    await here.live()
    await here.sends()
    near = {f"-{n}" for n in range(1, GROUPS + 1)}
    assert here.shows() == {**dict.fromkeys(near, (ASKED, "mother.jpg")), "-900": (ASKED, "")}
    loud = next(each.text for each in here.app.messages.values() if each.chat == "-900")
    assert f"https://wuyou.example/alerts/{here.alert}" in loud
    await here.do(missing.take_back, by=town.DESK_BY_DAY, ending=Ending.FOUND, why="在城东")
    await here.sends()
    assert {chat: shown for chat, shown in here.shows().items() if chat in near} == dict.fromkeys(
        near, (FOUND, "calm.jpg")
    )
    assert here.shows()["-900"][0] == FOUND
    assert not [each for each in here.app.messages.values() if "城东" in each.text or "桂花苑" in each.text]
    how = await here.store.db.read(lambda c: progress(c, here.alert, {"telegram": TELEGRAM}, here.time()))
    assert (how.all.sent, how.taken_back.gone, how.last_at) == (GROUPS + 1, GROUPS + 1, None)


async def test_taken_back_while_it_is_still_being_sent_the_rest_never_hears_of_it(here: Town) -> None:
    await here.live()
    here.app.stops_after(12)
    worker = here.worker()
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(here.app.stopped.wait(), 20)
    await here.do(missing.take_back, by=town.DESK_BY_DAY, ending=Ending.FALSE)
    here.app.goes_on()
    worker.wake()
    await worker.stop()
    await running
    await here.sends()
    shown = here.shows()
    assert 12 <= len(shown) < GROUPS
    assert {first for first, _ in shown.values()} == {"这条寻人消息不对，已经撤回。"}
    assert {picture for _, picture in shown.values()} <= {"calm.jpg", ""}
    how = await here.store.db.read(lambda c: progress(c, here.alert, {"telegram": TELEGRAM}, here.time()))
    assert how.all.withdrawn == GROUPS + 1 - len(shown)


async def test_groups_that_were_not_reached_are_counted_and_listed(here: Town) -> None:
    here.app.kicks("-7")
    here.app.loses_answer(chat="-8")
    await here.live()
    await here.sends()
    how = await here.store.db.read(lambda c: progress(c, here.alert, {"telegram": TELEGRAM}, here.time()))
    assert (how.all.sent, how.all.failed, how.all.unknown) == (GROUPS - 1, 1, 1)
    bad = await here.store.db.read(lambda c: unreached(c, here.alert))
    assert {each.to.chat for each in bad} == {"-7", "-8"}


async def test_a_correction_changes_words_and_photo_in_place_and_the_next_ring_has_it(here: Town) -> None:
    await here.live()
    await here.sends()
    calls = len(here.app.messages)
    better = replace(MOTHER, words="带着一条狗", photo="better.jpg", reference="G110-7")
    await here.do(missing.correct, by=town.DESK_BY_DAY, content=better)
    await here.do(missing.approve, by=town.APPROVER_2, confirmed=True, reference="G110-7")
    await here.sends()
    assert len(here.app.messages) == calls, "edited, not sent anew"
    assert all("带着一条狗" in each.text for each in here.app.messages.values())
    assert {picture for _, picture in here.shows().values()} == {"better.jpg", ""}
    here.time.now = town.NOON + timedelta(minutes=11)
    assert await Sweeper(here.store, here.time).sweep() == 1
    await here.sends()
    assert here.shows()["-103"] == ("【更正】以这一条为准。", "better.jpg")


async def test_a_photo_nobody_can_clean_leaves_the_alert_to_go_without(here: Town) -> None:
    order = PhotoOrder("mother.jpg", Address("telegram", "b", "41"), Media(MediaKind.PHOTO, "ref"))
    await here.store.commit(Outcome("photo:order", (order,)))
    await here.do(missing.begin, kind=Kind.MISSING, by=town.DESK_BY_DAY, area=town.GRID_1, content=MOTHER)
    await here.do(missing.submit, by=town.DESK_BY_DAY)
    with pytest.raises(missing.Refused) as waits:
        await here.do(missing.approve, by=town.APPROVER_1, confirmed=True, reference="G110-7")
    assert waits.value.reason == "photo_waiting"
    await here.store.commit(Outcome("photo:mother.jpg"), photos=[("mother.jpg", "refused")])
    with pytest.raises(missing.Refused) as refused:
        await here.do(missing.approve, by=town.APPROVER_2, confirmed=True, reference="G110-7")
    assert refused.value.reason == "photo_refused"
    await here.do(missing.edit, by=town.DESK_BY_DAY, content=MOTHER)
    submitted = await here.do(missing.submit, by=town.DESK_BY_DAY)
    assert submitted.note == "missing.submitted"
    await here.do(
        missing.approve,
        by=town.APPROVER_1,
        confirmed=True,
        reference="G110-7",
    )
    await here.sends()
    assert {picture for _, picture in here.shows().values()} == {""}
