"""What has had its time goes by itself: exactly that, some at a time; and a dry run changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.messages import Media, MediaKind
from bot.my_data import MyData
from bot.outcome import Outcome, PhotoOrder
from bot.photos import PhotoGone, Photos
from bot.spans import Spans
from bot.store import Store, inbox, retention, web_chat, web_message
from bot.store.private import HOUSE, ages
from bot.store.rotation import wrapped_house
from bot.store.tables import INBOX, RESIDENT
from bot.texts import Texts
from bot.upkeep import Upkeep
from routing.alert import Alert, AlertStep, Content, Missing
from routing.alert import Kind as About
from routing.alert import State as Stage
from routing.alert import Verb as Deed
from routing.case import Case, State, Step, Verb
from tests.bot.store.cast import ALICE, BOB, case_of, everything, message, opened, private
from tests.town import GRID_1, NOON

DAY = timedelta(days=1)
SPANS = Spans()


@pytest.fixture
def photos(tmp_path: Path, store: Store) -> Photos:
    return Photos(str(tmp_path / "photos"), keys=store.keys)


def upkeep(store: Store, photos: Photos, now: datetime) -> Upkeep:
    store._now = lambda: now

    async def wait(_: float) -> None:
        await store.refresh()  # As the running bot does several times a second.

    return Upkeep(store, photos, MyData(store, photos, Texts.load(), lambda: now), lambda: now, SPANS, wait=wait)


async def _closed(store: Store, case: Case) -> Case:
    done = Step(case.number, Verb.WITHDRAW, NOON, case.reporter)
    await store.commit(Outcome(f"close:{case.number}", (replace(case, state=State.WITHDRAWN),), (done,)))
    return await case_of(store, case.number)


async def _photo(store: Store, photos: Photos, case: Case, key: str) -> None:
    await photos._store.put_async(key, photos._sealed(key, b"JPEG"))  # type: ignore[attr-defined]
    order = PhotoOrder(key, message().at, Media(MediaKind.PHOTO, key), case.number)
    await store.commit(Outcome(f"order:{key}", (order,)))
    await store.commit(Outcome(f"kept:{key}"), photos=[(key, "kept")])
    await store.keep_print(key, 5)
    found = await case_of(store, case.number)
    step = Step(case.number, Verb.DETAIL, NOON, case.reporter, photos=(key,))
    await store.commit(Outcome(f"shown:{key}", (replace(found, photos=(*found.photos, key)),), (step,)))


async def test_each_kind_goes_when_its_time_has_come_and_not_before(store: Store, photos: Photos) -> None:
    old = await opened(store, message(ALICE), place="柳岸路1号")
    await _photo(store, photos, old, "a.jpg")
    still = await opened(store, message(BOB), place="河边")
    await _photo(store, photos, still, "b.jpg")
    closed = await _closed(store, await case_of(store, old.number))
    parked = private("41007", "寄不出去的话")
    await store.keep([parked])
    for _ in range(inbox.TRIES):
        await store.fail(parked.cause, "broken", NOON)
    await store.db.write(lambda c: web_chat.add_user(c, "chen", "陈奶奶", NOON, store.keys))
    await store.db.write(lambda c: web_chat.open_private(c, "chen"))
    said = web_chat.Message("w1", "chen", "chen", NOON, text="路灯坏了")
    await store.db.write(lambda c: web_message.write(c, said, store.keys))

    for days, gone in (
        (29, set[str]()),
        (31, {"updates"}),
        (181, {"updates", "photos", "chat"}),
        (1096, {"updates", "photos", "chat", "cases", "people"}),
    ):
        found = await store.db.read(lambda c, days=days: retention.due(c, NOON + days * DAY, SPANS))
        assert {each.kind for each in found if each.count} == gone, days

    assert not any((await upkeep(store, photos, NOON + 29 * DAY).round()).values())
    counts = await upkeep(store, photos, NOON + 181 * DAY).round()
    assert counts["photos"] == 1 and counts["chat"] == 1 and counts["updates"] >= 3
    with pytest.raises(PhotoGone):
        await photos.read("a.jpg")
    assert await photos.read("b.jpg") == b"JPEG", "its case is open"
    assert (await case_of(store, old.number)).photos == ()
    assert (await case_of(store, still.number)).photos == ("b.jpg",)
    assert (await case_of(store, old.number)).words == closed.words
    assert await store.parked() == []
    assert not await store.db.read(lambda c: c.execute(select(INBOX.c.cause)).all())

    counts = await upkeep(store, photos, NOON + 1096 * DAY).round()
    assert (counts["cases"], counts["people"]) == (1, 1)
    case = await case_of(store, old.number)
    assert (case.words, case.place, case.state, case.grid) == ("", "", State.WITHDRAWN, old.grid), "the figures stay"
    assert (await case_of(store, still.number)).words, "an open matter is kept, and so is who reported it"
    there = select(RESIDENT.c.id).where(RESIDENT.c.user_ix.is_not(None))
    assert await store.db.read(lambda c: list(c.scalars(there))) == [still.reporter]
    assert not any((await upkeep(store, photos, NOON + 1096 * DAY).round()).values()), "once is enough"


async def test_a_dry_run_changes_nothing_and_names_the_day(store: Store) -> None:
    case = await opened(store, message(ALICE))
    await _closed(store, case)
    before = everything(store)
    found = {each.kind: each for each in await store.db.read(lambda c: retention.due(c, NOON + DAY, SPANS))}
    assert everything(store) == before
    assert found["cases"].next == NOON + SPANS.cases
    assert found["updates"].before == NOON + DAY - SPANS.updates
    assert found["photos"].next is None


async def test_a_helping_is_small_and_the_round_takes_as_many_as_it_needs(
    store: Store, photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for n in range(5):
        await _closed(store, await opened(store, message(str(42000 + n))))
    assert (await upkeep(store, photos, NOON + 1100 * DAY).round())["cases"] == 5


async def test_one_process_of_many_makes_a_days_round(store: Store, photos: Photos) -> None:
    one = upkeep(store, photos, NOON)
    assert [await one._is_first() for _ in range(3)] == [True, False, False]
    assert await upkeep(store, photos, NOON + DAY)._is_first()


async def test_the_houses_key_is_another_one_once_it_is_old(store: Store, photos: Photos) -> None:
    before = ages(await store.db.read(wrapped_house) or b"")[0][1]
    now = datetime.fromtimestamp(before, NOON.tzinfo)
    await store.keep([private()])
    store._tray.settled(*store._tray.taken)
    await upkeep(store, photos, now + 34 * DAY).round()
    assert ages(await store.db.read(wrapped_house) or b"")[0][1] == before
    await upkeep(store, photos, now + 36 * DAY).round()
    wrapped = await store.db.read(wrapped_house)
    assert ages(wrapped or b"")[0][1] > before
    assert store.keys.unwrap(HOUSE, wrapped) is not None
    assert await store.claim("w", NOON + DAY), "what waited is sealed anew and opens"


def test_the_spans_are_those_that_are_promised() -> None:
    assert (SPANS.updates.days, SPANS.photos.days, SPANS.cases.days) == (30, 180, 3 * 365)
    assert [SPANS.of(kind) for kind in retention.KINDS][-1] == SPANS.cases


async def test_the_pictures_of_a_forgotten_alert_are_deleted_and_those_sent_by_who_saw_somebody(
    store: Store, photos: Photos
) -> None:
    alert = Alert(
        "a38164275", About.MISSING, Stage.DRAFT, GRID_1, "desk1", NOON, Content(missing=Missing(), photo="face.jpg")
    )
    seen = PhotoOrder("seen.jpg", message().at, Media(MediaKind.PHOTO, "seen.jpg"), alert.id)
    await store.commit(Outcome("click:begin", (alert, seen)))
    for key in ("face.jpg", "seen.jpg", "other.jpg"):
        await photos._store.put_async(key, photos._sealed(key, b"JPEG"))  # type: ignore[attr-defined]
    await upkeep(store, photos, NOON).round()
    assert len(await photos.names()) == 3, "it is not forgotten yet"
    found = await store.alert(alert.id)
    assert found is not None
    for verb in (Deed.ABANDON, Deed.ERASE):
        found = found.after(AlertStep(alert.id, verb, NOON, "desk1"))
    await store.commit(Outcome("tick:erase", (found,)))
    await upkeep(store, photos, NOON).round()
    assert await photos.names() == ["other.jpg"]
