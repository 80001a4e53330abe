"""Who writes what in these tests: messages of the town's residents, and what a desk would decide."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from bot.messages import Address, Inbound, Kind, Letter, Sender
from bot.outcome import Change, Draft, Outcome, Thread
from bot.store import Store
from routing.case import Case, State, Step, Verb
from routing.sla import start
from tests.town import BOT, CHANNEL, GRID_1, GROUP_GRID_1, NOON

_keys = itertools.count(1)

ALICE, BOB = "41001", "41002"
NAMES = {ALICE: "爱丽丝阿姨", BOB: "老鲍勃"}
GROUP = Address(CHANNEL, BOT, GROUP_GRID_1)


def message(
    user: str = ALICE,
    words: str = "桥头有垃圾",
    at: Address = GROUP,
    *,
    key: str = "",
    now: datetime = NOON,
    **more: object,
) -> Inbound:
    """A message as a channel reads it."""
    key = key or str(next(_keys))
    sender = Sender(user, NAMES.get(user, ""))
    return Inbound(key, at, Kind.MESSAGE, now, sender=sender, message_id=key, text=words, **more)  # type: ignore[arg-type]


def private(user: str = ALICE, words: str = "你好", **more: object) -> Inbound:
    return message(user, words, Address(CHANNEL, BOT, user), private=True, **more)


async def opened(store: Store, inbound: Inbound | None = None, **fields: object) -> Case:
    """Commits what a first report becomes, and returns the case as it was read back."""
    inbound = inbound or message()
    outcome = await report(store, inbound, **fields)
    await store.commit(outcome)
    case = next(change for change in outcome.changes if isinstance(change, Case))
    return await case_of(store, case.number)


async def report(store: Store, inbound: Inbound, **fields: object) -> Outcome:
    """A case, its clocks, its first step, a draft in the talk, and a letter."""
    thread = await store.thread(inbound)
    scene = await store.scene(inbound, thread)
    number = scene.fresh.number
    case = Case(
        number,
        State.RECEIVED,
        thread.resident.id,
        thread.id,
        inbound.message_id,
        inbound.sent_at,
        inbound.text,
        grid=GRID_1,
        urgency="today",
    )
    case = replace(case, **fields)  # type: ignore[arg-type]
    draft = Draft(inbound.sent_at + timedelta(minutes=10), number)
    return Outcome(
        inbound.cause,
        (replace(thread, draft=draft), case, *start(number, "today", inbound.sent_at)),
        (Step(number, Verb.RECEIVE, inbound.sent_at, thread.resident.id, case.words),),
        (Letter(inbound.at, "case.received", case=number),),
        note="report.opened",
    )


async def case_of(store: Store, number: str) -> Case:
    case = (await store.scene_for_case(number)).case
    assert case is not None
    return case


async def thread_of(store: Store, inbound: Inbound) -> Thread:
    thread = await store.known_thread(inbound)
    assert thread is not None
    return thread


def click(cause: str, *changes: Change, steps: tuple[Step, ...] = ()) -> Outcome:
    return Outcome(cause, changes, steps)


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, to see that nothing changed."""

    def dump(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
        return {
            name: sorted((tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))), key=repr)
            for name in SQLModel.metadata.tables
        }

    return store.db.read_now(dump)
