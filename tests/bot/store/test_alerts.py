"""Alerts in rows, on both databases: written once per version, sealed under a key of their own, forgotten for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from bot.outcome import LATELY, Outcome
from bot.store import Stale, Store, alert_rows, shredding
from bot.store.private import photo_name
from routing.alert import Alert, AlertStep, Colour, Content, Ending, Kind, Missing, Sex, State, Verb
from routing.areas import AreaKind
from routing.sla import Clock, ClockKind
from tests.bot.store.cast import opened
from tests.town import APPROVER_1, AUTHOR, GRID_1
from tests.town import NOON as NOW

CONTENT = Content(
    "", "走路慢", Missing("陈阿婆", 78, Sex.FEMALE, 155, "红色外套", "拄拐杖", "桂花苑门口", (30.1, 120.2), NOW),
    "p.jpg", "G110-7", Colour.RED,
)  # fmt: skip
_causes = count()


def drafted(number: str = "38164275") -> Alert:
    return Alert(f"a{number}", Kind.MISSING, State.DRAFT, GRID_1, AUTHOR, NOW, CONTENT, life=timedelta(hours=5))


def begun(alert: Alert) -> AlertStep:
    return AlertStep(alert.id, Verb.BEGIN, NOW, AUTHOR, content=alert.content, area=alert.area)


def step(verb: Verb, by: str = AUTHOR, to: str = "", words: str = "") -> AlertStep:
    return AlertStep("a38164275", verb, NOW, by, words, to, confirmed=verb is Verb.APPROVE, reference="G110-7")


async def done(store: Store, alert: Alert, *steps: AlertStep) -> Alert:
    for each in steps:
        alert = alert.after(each)
    await store.commit(Outcome(f"click:{next(_causes)}", (alert, *steps)))
    found = await store.alert(alert.id)
    assert found is not None
    assert replace(found, version=alert.version) == alert
    return found


async def live(store: Store) -> Alert:
    alert = drafted()
    await store.commit(Outcome(f"click:{next(_causes)}", (alert, begun(alert))))
    found = await store.alert(alert.id)
    assert found is not None
    return await done(store, found, step(Verb.SUBMIT), step(Verb.APPROVE, APPROVER_1, "grid"))


async def test_what_was_written_is_read(store: Store) -> None:
    alert = await live(store)
    assert (alert.content, alert.ring, alert.life) == (CONTENT, AreaKind.GRID, timedelta(hours=5))
    better = replace(CONTENT, words="带着狗")
    correct = replace(step(Verb.CORRECT), content=better)
    alert = await done(store, alert, correct)
    assert alert.correction is not None
    assert (alert.correction.content, alert.correction.at) == (better, NOW)
    steps = await store.alert_steps(alert.id)
    assert [each.verb for each in steps] == [Verb.BEGIN, Verb.SUBMIT, Verb.APPROVE, Verb.CORRECT]
    assert steps[0].content == CONTENT
    assert (steps[2].confirmed, steps[2].reference) == (True, "G110-7")
    assert [each.id for each in await store.alerts()] == [alert.id]
    assert await store.alerts((State.TAKEN_BACK,)) == []
    assert await store.alert("a99999999") is None


async def test_what_was_changed_meanwhile_is_not_written_over(store: Store) -> None:
    alert = await live(store)
    await done(store, alert, step(Verb.PAUSE))
    with pytest.raises(Stale):
        await store.commit(Outcome("click:late", (alert.after(step(Verb.CANCEL)), step(Verb.CANCEL))))
    assert step(Verb.CANCEL) not in await store.alert_steps(alert.id)
    with pytest.raises(Stale):
        await store.commit(Outcome("click:again", (drafted(),)))


async def test_the_database_too_lets_nobody_approve_words_of_their_own(store: Store) -> None:
    await live(store)
    for cheat in ("UPDATE alert SET approver = writer", "UPDATE alert SET approver = ''"):
        with pytest.raises(IntegrityError):
            await store.db.write(lambda c, cheat=cheat: c.execute(text(cheat)))  # type: ignore[misc]


async def test_nothing_of_a_person_stands_in_the_rows(store: Store) -> None:
    await live(store)

    def everything(connection: object) -> str:
        found = [connection.execute(select(each)).all() for each in (alert_rows.ALERT, alert_rows.ALERT_STEP)]  # type: ignore[attr-defined]
        return repr(found) + repr([bytes(row.sealed).decode("latin-1") for row in found[0]])

    rows = await store.db.read(everything)
    for said in ("陈阿婆", "红色外套", "G110-7", "走路慢", "陈阿婆".encode().decode("latin-1")):
        assert said not in rows


async def test_what_it_said_of_a_person_is_forgotten_for_good(store: Store) -> None:
    alert = drafted()
    first = replace(begun(alert), content=replace(CONTENT, photo="first.jpg"))
    await store.commit(Outcome("click:first", (replace(alert, content=replace(CONTENT, photo="first.jpg")), first)))
    found = await store.alert(alert.id)
    assert found is not None
    edit = replace(step(Verb.EDIT), content=CONTENT)
    alert = await done(store, found, edit, step(Verb.SUBMIT), step(Verb.APPROVE, APPROVER_1, "grid"))
    alert = await done(store, alert, step(Verb.TAKE_BACK, AUTHOR, Ending.FOUND, "在亲戚家"))
    over = alert.after(step(Verb.ERASE, "clock"))
    await store.commit(Outcome("tick:erase", (over, step(Verb.ERASE, "clock"))))
    found = await store.alert(alert.id)
    assert found is not None
    assert (found.content, found.erased, found.ending) == (Content(), True, Ending.FOUND)
    assert all(not each.words and not each.content and not each.reference for each in await store.alert_steps(alert.id))
    wrapped = text("SELECT wrapped FROM person_key WHERE id = 'alert:a38164275'")
    assert (await store.db.read(lambda c: c.execute(wrapped).all())) == [(None,)]
    # Its photos are cut out of the key file as well: the one it had, and the one before it was corrected.
    cut = await store.db.read(lambda c: shredding.due(c, NOW))
    assert {photo_name("p.jpg"), photo_name("first.jpg")} <= set(cut)


async def test_a_photo_that_is_a_cases_too_stays_with_the_case(store: Store) -> None:
    case = await opened(store, photos=("p.jpg",))
    alert = replace(drafted(), case=case.number)
    await store.commit(Outcome("click:of-case", (alert, begun(alert))))
    found = await store.alert(alert.id)
    assert found is not None
    await done(store, found, step(Verb.ABANDON))
    gone = (await store.alert(alert.id)).after(step(Verb.ERASE, "clock"))  # type: ignore[union-attr]
    await store.commit(Outcome("tick:erase", (gone, step(Verb.ERASE, "clock"))))
    assert photo_name("p.jpg") not in await store.db.read(lambda c: shredding.due(c, NOW))


async def test_the_scene_around_an_alert_holds_its_clocks(store: Store) -> None:
    alert = await live(store)
    clock = Clock(alert.id, ClockKind.RING, NOW, NOW, NOW)
    await store.commit(Outcome("click:clock", (clock,)))
    [due] = await store.due(NOW)
    scene = await store.scene_for_tick(due)
    assert scene.alert == alert
    assert scene.clocks == (due,)
    assert scene.case is None


async def test_an_alert_never_has_the_number_of_a_case(store: Store) -> None:
    case = await opened(store)
    with pytest.raises(Stale):
        await store.commit(Outcome("click:same", (drafted(case.number),)))


async def test_what_went_out_holds_until_its_time_is_over_taken_back_or_not(store: Store) -> None:
    await store.commit(Outcome("click:draft", (drafted("11111111"),)))
    alert = await live(store)
    assert alert.expires_at is not None

    async def holding(since: datetime) -> list[str]:
        return [each.id for each in await store.db.read(lambda c: alert_rows.holding(c, store.keys, since))]

    just_before = alert.expires_at - timedelta(microseconds=1)
    assert (await holding(just_before), await holding(alert.expires_at)) == ([alert.id], [])
    await done(store, alert, step(Verb.TAKE_BACK, AUTHOR, Ending.FOUND))
    assert await holding(just_before) == [alert.id]


async def test_a_scene_of_somebodys_talk_knows_what_was_seen_of_its_alert_lately(store: Store) -> None:
    alert = await live(store)
    early, late = (
        AlertStep(alert.id, Verb.SIGHT, NOW - minutes, "r1", words)
        for minutes, words in ((timedelta(minutes=10), "在桥上"), (timedelta(minutes=9), "在车站"))
    )
    await store.commit(Outcome("sights", (early, late)))
    found = await store.db.read(lambda c: alert_rows.sightings(c, store.keys, alert.id, NOW - LATELY))
    assert [(each.by, each.words) for each in found] == [("r1", "在车站")]
    assert (await store.alert(alert.id)) == alert, "nothing of the alert changed"
