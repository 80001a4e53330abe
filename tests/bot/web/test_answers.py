"""The desk's page of answers: who may see it, what stands on it, and what its form does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from aiohttp import web

from bot.channels.web import ChatRooms, WebChannel
from bot.outcome import FaqEntry, Outcome
from bot.store import Database, Keys, Store
from bot.texts import Texts
from bot.web.app import app
from bot.web.health import Health
from bot.web.seats import Seat, furnish
from nlu.audience import Audience
from tests import town
from tests.bot.web.harness import SEATS, TITLES, Album, Ears, House
from tests.bot.web.visiting import Guest, guest
from tests.fakes import Clock
from tests.tables import tables_at

DESK, RESIDENT = "/s/feng/answers", "/s/chen/answers"
#: The cast, on the pages' own channel.
STAFF = tuple(replace(person, channel="web", user_id=person.id) for person in town.rows().people)
GOOD = {
    "id": "wheelchair",
    "title": "哪里可以借轮椅",
    "answer": "到社区服务站借，不收费。",
    "phrasings": "请问哪里可以借轮椅\n轮椅哪里可以借啊\n",
    "source": "柳岸社区",
    "date": "2026-01-05",
    "valid_until": "2026-12-31",
    "area": town.WILLOW,
    "audience": "elders",
}


@asynccontextmanager
async def opened(folder: Path, seats: tuple[Seat, ...] = SEATS) -> AsyncIterator[tuple[Guest, Store]]:
    """The demo's pages over a whole store with the town in it."""
    clock, texts = Clock(town.NOON), Texts.load()
    db = Database.open(tables_at(folder / "town.db"))
    try:
        keys = Keys.load(folder / "keys", create=True)
        store = await Store.open(db, keys, texts.render, now=clock)
        await store.replace_directory(replace(town.rows(), people=STAFF))
        await db.write(lambda connection: furnish(connection, seats, TITLES, clock(), keys))
        rooms, ears, album = ChatRooms(db, clock, keys), Ears(), Album()
        application = app(
            chat=rooms, intake=ears, photos=album, texts=texts, seats=seats, health=Health({}), store=store
        )
        runner = web.AppRunner(application)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            house = House(url, db, rooms, WebChannel(rooms, album), ears, album, runner, application)
            async with guest(house) as visitor:
                yield visitor, store
        finally:
            await runner.cleanup()
    finally:
        await db.close()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[tuple[Guest, Store]]:
    async with opened(tmp_path) as found:
        yield found


async def test_only_whoever_writes_answers_finds_the_page(desk: tuple[Guest, Store]) -> None:
    visitor, store = desk
    for path in (RESIDENT, "/s/li/answers", "/s/nobody/answers"):
        await visitor.open(path)
        assert visitor.status == 404, path
    await visitor.open(DESK)
    assert visitor.status == 200
    proof = visitor.proof
    await visitor.send(RESIDENT, proof=proof, **GOOD)
    assert visitor.status == 404
    await visitor.send(DESK, proof="forged", **GOOD)
    assert visitor.status == 403
    assert "wheelchair" not in store.faq


async def test_an_answer_is_made_of_questions_that_had_none(desk: tuple[Guest, Store]) -> None:
    visitor, store = desk
    for cause, words in enumerate(
        ("请问哪里可以借轮椅", "轮椅哪里可以借啊", "轮椅哪里可以借啊", "<b>图书馆</b>几点开")
    ):
        await store.commit(Outcome(f"x:{cause}", misses=(words,)))
    page = await visitor.open(DESK)
    assert "3 次" in page
    assert "轮椅哪里可以借啊" in page
    assert "<b>图书馆</b>" not in page
    await visitor.send(DESK, **GOOD)
    assert visitor.status == 200
    assert visitor.url.endswith("done=wheelchair")
    entry = store.faq["wheelchair"]
    assert entry.phrasings == ("请问哪里可以借轮椅", "轮椅哪里可以借啊")
    assert (entry.area, entry.audience, entry.valid_until) == (town.WILLOW, Audience.ELDERS, date(2026, 12, 31))
    assert entry.changed_by == "feng"
    assert [miss.words for miss in await store.misses()] == ["<b>图书馆</b>几点开"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "Not An Id"},
        {"title": " "},
        {"answer": ""},
        {"date": "yesterday"},
        {"valid_until": "2026-13-01"},
        {"area": "atlantis"},
        {"audience": "everyone-else"},
        {"answer": "长" * 2000},
    ],
)
async def test_a_wrong_answer_is_refused_and_stays_in_the_form(
    desk: tuple[Guest, Store], wrong: dict[str, str]
) -> None:
    visitor, store = desk
    await visitor.open(DESK)
    page = await visitor.send(DESK, **{**GOOD, **wrong})
    assert visitor.status == 422
    assert "没有保存" in page
    assert "柳岸社区" in page
    assert not store.faq


async def test_a_changed_answer_keeps_what_the_form_does_not_show(desk: tuple[Guest, Store]) -> None:
    visitor, store = desk
    first = FaqEntry(
        "wheelchair",
        "哪里可以借轮椅",
        "到社区服务站借。",
        ("轮椅在哪借",),
        title_en="Wheelchairs",
        answer_en="At the station.",
        valid_from=date(2026, 1, 1),
    )
    await store.faq_put([first], "somebody")
    await visitor.open(DESK)
    await visitor.send(DESK, **GOOD)
    assert visitor.status == 200
    kept = store.faq["wheelchair"]
    assert kept.phrasings[0] == "轮椅在哪借"
    assert len(kept.phrasings) == 3
    assert kept.valid_from == date(2026, 1, 1)
    assert kept.answer_en == ""  # A translation of other words.


async def test_an_author_reads_what_was_asked_and_no_report(tmp_path: Path) -> None:
    author = Seat(town.AUTHOR, "孔雪", "author", "web.seat.desk", (town.WEB_WILLOW,))
    async with opened(tmp_path, (*SEATS, author)) as (visitor, store):
        await store.commit(Outcome("web:1", misses=("哪里可以借轮椅",)))
        page = await visitor.open(f"/s/{town.AUTHOR}/answers")
        assert visitor.status == 200
        assert "借轮椅" in page
        assert 'id="topics"' not in page
        assert 'id="topics"' in await visitor.open(DESK)
