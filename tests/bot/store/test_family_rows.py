"""Ties of the family guard in rows, on both databases: two agree at once, one row; nobody guards themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.consent import Consent, Purpose
from bot.messages import Address
from bot.outcome import Guard, Outcome, Thread, Tie, TieState
from bot.store import Stale, Store
from bot.store.family_rows import code_of, of_guard, of_resident
from tests.bot.store.cast import ALICE, BOB, message
from tests.town import BOT, CHANNEL
from tests.town import NOON as NOW

CODE = "K7QF3MAB"
_causes = count()


async def talk(store: Store, user: str) -> Thread:
    """Somebody who wrote to the bot alone."""
    said = message(user, "家人", Address(CHANNEL, BOT, user), private=True)
    thread = await store.thread(said)
    await store.commit(Outcome(f"said:{next(_causes)}", (thread,)))
    return await store.thread(said)


async def change(store: Store, *changes: Tie | Guard) -> None:
    await store.commit(Outcome(f"press:{next(_causes)}", changes))


async def asked(store: Store) -> tuple[Thread, Thread, Tie]:
    alice, bob = await talk(store, ALICE), await talk(store, BOB)
    await change(store, Tie("t1", alice.resident, until=NOW + timedelta(days=1), code=CODE))
    family = await store.db.read(lambda c: of_resident(c, store.keys, store.house, bob.resident, CODE))
    assert family.asked is not None and family.ties == ()
    return alice, bob, family.asked


async def test_two_who_agree_at_once_make_one_tie(store: Store) -> None:
    alice, bob, tie = await asked(store)
    assert (tie.guarded.id, tie.guarded.name, tie.relative) == (alice.resident.id, alice.resident.name, None)
    linked = replace(tie, relative=bob.resident, state=TieState.LINKED, until=None, agreed_at=NOW)
    await change(store, linked)
    with pytest.raises(Stale):
        await change(store, linked)
    for who in (alice, bob):
        family = await store.db.read(lambda c, who=who: of_resident(c, store.keys, store.house, who.resident, CODE))  # type: ignore[misc]
        assert [(each.state, each.relative and each.relative.id) for each in family.ties] == [
            (TieState.LINKED, bob.resident.id)
        ]
        assert family.asked is None, "the code is used"
    await change(store, replace(linked, state=TieState.GONE, version=2))
    with pytest.raises(Stale):
        await change(store, replace(linked, state=TieState.GONE, version=2))


async def test_the_guard_code_finds_who_is_meant_and_those_who_hear_of_them(store: Store) -> None:
    alice, bob, tie = await asked(store)
    code = code_of(store.keys, alice.resident.id)
    await change(store, Guard(alice.resident, code))
    await change(store, replace(tie, relative=bob.resident, state=TieState.LINKED, until=None, agreed_at=NOW))
    family = await store.db.read(lambda c: of_guard(c, store.keys, store.house, code))
    assert family.guard is not None and family.guard.resident.id == alice.resident.id
    assert [each.relative and each.relative.id for each in family.ties] == [bob.resident.id]
    await change(store, replace(family.guard, warned_at=NOW))
    with pytest.raises(Stale):
        await change(store, replace(family.guard, warned_at=NOW))
    back = Consent(bob.resident.id, Purpose.FAMILY, 1, NOW, withdrawn_at=NOW)
    await store.commit(Outcome("press:back", (back,)))
    assert (await store.db.read(lambda c: of_guard(c, store.keys, store.house, code))).ties == ()
    await store.erase(alice.resident.id)
    assert (await store.db.read(lambda c: of_guard(c, store.keys, store.house, code))).guard is None
    left = text("SELECT (SELECT count(*) FROM family_tie) + (SELECT count(*) FROM family_guard)")
    assert await store.db.read(lambda c: c.scalar(left)) == 0


@pytest.mark.parametrize(
    "wrong", ["relative = guarded, state = 'linked', code_ix = NULL", "state = 'linked'", "code_ix = NULL"]
)
async def test_the_database_too_knows_what_a_tie_is(wrong: str, store: Store) -> None:
    await asked(store)
    with pytest.raises(IntegrityError):
        await store.db.write(lambda c: c.execute(text(f"UPDATE family_tie SET {wrong}")))
