"""Two at one alert at the same moment: one of them is first, and the other is told how it stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot import alert_door
from bot.channels.base import Can, Channel
from bot.config import Settings
from bot.desks import missing
from bot.outcome import Outcome
from bot.photos import NEUTRAL, Photos
from bot.standing import standing_of
from bot.store import Database, Keys, Store
from bot.texts import Texts
from routing.alert import Alert, AlertStep, Content, Ending, Kind, Missing, State, Verb
from tests import town
from tests.databases import Servers

TEXTS = Texts.load()
MOTHER = Content(missing=Missing("陈阿婆", 78, clothes="红色外套", place="桂花苑门口", seen_at=town.NOON))
YES: dict[str, Any] = {"confirmed": True, "reference": "7"}


@pytest.fixture
async def store(servers: Servers, tmp_path: Path) -> AsyncIterator[Store]:
    db = Database.open(servers.sqlite(tmp_path / "house.db", tables=True))
    store = await Store.open(db, Keys.of(bytes(range(32))), TEXTS.render, now=lambda: town.NOON)
    await store.replace_directory(town.rows())
    yield store
    await db.close()


async def do(store: Store, alert: str, cause: str, verb: Callable[..., Outcome], **said: Any) -> Outcome | None:
    return await alert_door.do(store, alert, cause, partial(verb, cause, **said), lambda: town.NOON)


async def waiting(store: Store) -> str:
    begun = await do(
        store, "", "click:1", missing.begin,
        kind=Kind.MISSING, by=town.DESK_BY_DAY, area=town.GRID_1, content=MOTHER,
    )  # fmt: skip
    assert begun is not None
    alert = next(change.id for change in begun.changes if isinstance(change, Alert))
    await do(store, alert, "click:2", missing.submit, by=town.DESK_BY_DAY)
    return alert


async def steps(store: Store, alert: str, verb: Verb) -> list[AlertStep]:
    return [step for step in await store.alert_steps(alert) if step.verb is verb]


async def test_two_approvers_at_once_are_one_yes(store: Store) -> None:
    alert = await waiting(store)
    both = await asyncio.gather(
        *(do(store, alert, f"click:{p}", missing.approve, by=p, **YES) for p in (town.APPROVER_1, town.APPROVER_2)),
        return_exceptions=True,
    )
    refused = [each for each in both if isinstance(each, missing.Refused)]
    assert [each.reason for each in refused] == ["late"]
    assert len(await steps(store, alert, Verb.APPROVE)) == 1


async def test_a_yes_and_other_words_at_once_never_let_unread_words_out(store: Store) -> None:
    alert = await waiting(store)
    other = Content(missing=Missing("李阿公", 80, clothes="蓝色", place="桥头", seen_at=town.NOON))
    await asyncio.gather(
        do(store, alert, "click:yes", missing.approve, by=town.APPROVER_1, **YES),
        do(store, alert, "click:words", missing.edit, by=town.DESK_BY_DAY, content=other),
        return_exceptions=True,
    )
    found = await store.alert(alert)
    assert found is not None
    assert found.state in (State.LIVE, State.DRAFT)
    if found.state is State.LIVE:
        assert found.content.missing == MOTHER.missing


async def test_a_yes_sent_again_is_the_same_yes(store: Store) -> None:
    alert = await waiting(store)
    assert await do(store, alert, "click:yes", missing.approve, by=town.APPROVER_1, **YES) is not None
    assert await do(store, alert, "click:yes", missing.approve, by=town.APPROVER_1, **YES) is None
    assert len(await steps(store, alert, Verb.APPROVE)) == 1


async def test_an_authors_own_yes_stays_refused_however_often_it_is_tried(store: Store) -> None:
    begun = await do(
        store, "", "click:1", missing.begin,
        kind=Kind.MISSING, by=town.APPROVER_1, area=town.GRID_1, content=MOTHER,
    )  # fmt: skip
    assert begun is not None
    alert = next(change.id for change in begun.changes if isinstance(change, Alert))
    await do(store, alert, "click:2", missing.submit, by=town.APPROVER_1)
    for cause in ("click:yes", "click:yes", "click:other"):
        with pytest.raises(missing.Refused) as refused:
            await do(store, alert, cause, missing.approve, by=town.APPROVER_1, **YES)
        assert refused.value.reason == "own_words"
    found = await store.alert(alert)
    assert found is not None
    assert found.state is State.WAITING


async def test_taken_back_and_sent_further_at_once_it_is_over(store: Store) -> None:
    alert = await waiting(store)
    await do(store, alert, "click:yes", missing.approve, by=town.APPROVER_1, **YES)
    await asyncio.gather(
        do(store, alert, "click:back", missing.take_back, by=town.DESK_BY_DAY, ending=Ending.FOUND),
        do(store, alert, "click:wide", missing.widen, by=town.LEADER, to="street"),
        return_exceptions=True,
    )
    found = await store.alert(alert)
    assert found is not None
    assert found.state is State.TAKEN_BACK


# --- what is the same for all of them


def test_accounts_that_only_send_are_known(tmp_path: Path) -> None:
    edits = Can(True, True, True, True, True, True, True)
    deaf = Can(True, True, True, False, False, True, True)
    channels = {"telegram": SimpleNamespace(can=edits), "pager": SimpleNamespace(can=deaf)}
    settings = Settings.model_validate(
        {"web": {"public_url": "https://wuyou.example/"}, "alerts": {"police": "0571-110"}}
    )
    standing = standing_of(settings, cast(dict[str, Channel], channels))
    assert standing.speakers == {("pager", ""), ("dingtalk", "robots")}
    assert (standing.police, standing.pages, standing.neutral) == ("0571-110", "https://wuyou.example", NEUTRAL)


async def test_the_neutral_picture_is_in_every_store(tmp_path: Path) -> None:
    assert (await Photos(str(tmp_path)).read(NEUTRAL)).startswith(b"\xff\xd8")
