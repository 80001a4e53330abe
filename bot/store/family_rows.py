"""The family guard in rows: who hears of whom. Of codes blind indexes are kept; of people our own random ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Index, delete, or_, select, update
from sqlmodel import Field, SQLModel

from bot.codes import drawn
from bot.consent import Consent, Purpose
from bot.outcome import Family, Guard, Resident, Tie, TieState
from bot.store.columns import Big, Bytes, Utc, Words
from bot.store.private import DataKey, Keys
from bot.store.ready import Both
from bot.store.rows import REACH_COLUMNS, RESIDENT_COLUMNS, Stale, Values, reach_of, resident_of
from bot.store.tables import PERSON_KEY, REACH, RESIDENT, STRICT, one_of, table, where


class FamilyTieRow(SQLModel, table=True):
    """One tie. While it is asked for it has a code and nobody on the other side; linked, somebody and no code."""

    __tablename__ = "family_tie"
    __table_args__ = (
        Index("family_tie_guarded", "guarded"),
        where("family_tie_relative", "relative IS NOT NULL", "relative"),
        one_of("state", (TieState.ASKED, TieState.LINKED)),
        CheckConstraint("(state = 'linked') = (relative IS NOT NULL)", name="linked_to_somebody"),
        CheckConstraint("(state = 'asked') = (code_ix IS NOT NULL)", name="code_while_asked"),
        CheckConstraint("relative IS NULL OR relative <> guarded", name="two_persons"),
        STRICT,
    )
    id: str = Field(primary_key=True, sa_type=Words)
    guarded: str = Field(sa_type=Words, foreign_key="resident.id")
    relative: str | None = Field(default=None, sa_type=Words, foreign_key="resident.id")
    state: str = Field(sa_type=Words)
    code_ix: bytes | None = Field(default=None, sa_type=Bytes, unique=True)
    until: datetime | None = Field(default=None, sa_type=Utc)
    agreed_at: datetime | None = Field(default=None, sa_type=Utc)
    version: int = Field(sa_type=Big)


class FamilyGuardRow(SQLModel, table=True):
    """Whom a system may warn of by a code. The code follows from the id and a key outside the database."""

    __tablename__ = "family_guard"
    __table_args__ = (STRICT,)
    resident: str = Field(primary_key=True, sa_type=Words, foreign_key="resident.id")
    code_ix: bytes = Field(sa_type=Bytes, unique=True)
    warned_at: datetime | None = Field(default=None, sa_type=Utc)
    version: int = Field(sa_type=Big)


TIE, GUARD = table(FamilyTieRow), table(FamilyGuardRow)
_NEW_TIE = Both(lambda insert: insert(TIE).inline().on_conflict_do_nothing())
_NEW_GUARD = Both(lambda insert: insert(GUARD).inline().on_conflict_do_nothing())


# --- reading


def of_resident(connection: Connection, keys: Keys, house: DataKey, resident: Resident, code: str = "") -> Family:
    """All that concerns this person, and what the code opens."""
    mine = or_(TIE.c.guarded == resident.id, TIE.c.relative == resident.id)
    ties = _ties(connection, keys, house, select(TIE).where(mine).order_by(TIE.c.agreed_at, TIE.c.id))
    asked = next(iter(_ties(connection, keys, house, select(TIE).where(TIE.c.code_ix == _ix(keys, code)))), None)
    row = connection.execute(select(GUARD).where(GUARD.c.resident == resident.id)).first()
    guard = Guard(resident, code_of(keys, resident.id), row.warned_at if row else None, row.version if row else 0)
    return Family(guard, ties, asked if code else None)


def of_guard(connection: Connection, keys: Keys, house: DataKey, code: str) -> Family:
    """Whom a system names by that code, and those who hear of them; an empty one where the code is nobody's."""
    row = connection.execute(select(GUARD).where(GUARD.c.code_ix == _guard_ix(keys, code))).first()
    if row is None:
        return Family()
    named = _residents(connection, keys, house, [row.resident]).get(row.resident)
    if named is None:
        return Family()
    told = select(TIE).where(TIE.c.guarded == row.resident, TIE.c.state == TieState.LINKED.value)
    ties = _ties(connection, keys, house, told.order_by(TIE.c.agreed_at, TIE.c.id))
    return Family(Guard(named, code, row.warned_at, row.version), ties)


def code_of(keys: Keys, resident: str) -> str:
    """The code by which other systems name this person."""
    return drawn(keys.blind("family guard", resident))


def _ties(connection: Connection, keys: Keys, house: DataKey, query: Any) -> tuple[Tie, ...]:
    rows = connection.execute(query).all()
    people = _residents(connection, keys, house, {each for row in rows for each in (row.guarded, row.relative) if each})
    return tuple(
        Tie(
            row.id, people[row.guarded], people.get(row.relative), TieState(row.state), row.until, row.agreed_at, "",
            row.version,
        )
        for row in rows if row.guarded in people
    )  # fmt: skip


def _residents(connection: Connection, keys: Keys, house: DataKey, ids: Iterable[str]) -> dict[str, Resident]:
    """The people with their names, and where each can be written to alone: by the bot they wrote to last."""
    found: dict[str, Resident] = {}
    people = select(*RESIDENT_COLUMNS, RESIDENT.c.user_ix).join_from(
        RESIDENT, PERSON_KEY, PERSON_KEY.c.id == RESIDENT.c.id
    )
    for row in connection.execute(people.where(RESIDENT.c.id.in_(list(ids)), RESIDENT.c.user_ix.is_not(None))):
        way = select(*REACH_COLUMNS).where(REACH.c.channel == row.channel, REACH.c.user_ix == row.user_ix)
        reach = connection.execute(way.order_by(REACH.c.since.desc()).limit(1)).first()
        found[row.id] = resident_of(row[:-1], keys, reach_of(reach, house) if reach else None)
    return found


# --- writing


def write(connection: Connection, keys: Keys, changes: Sequence[object]) -> None:
    """Writes ties and guards at the versions they were read with; nothing is left of a family to whoever takes their
    consent back. Raises Stale."""
    for change in changes:
        match change:
            case Tie():
                _put_tie(connection, keys, change)
            case Guard():
                _put_guard(connection, keys, change)
            case Consent(purpose=Purpose.FAMILY, withdrawn_at=datetime()):
                forget(connection, change.resident)
            case _:
                pass  # None of our business.


def forget(connection: Connection, resident: str) -> None:
    """Nothing of this person's family is known any more."""
    connection.execute(delete(TIE).where(or_(TIE.c.guarded == resident, TIE.c.relative == resident)))
    connection.execute(delete(GUARD).where(GUARD.c.resident == resident))


def forget_unanswered(connection: Connection, before: datetime) -> int:
    """Drops what nobody has opened in time. Returns how many."""
    old = delete(TIE).where(TIE.c.state == TieState.ASKED.value, TIE.c.until < before)
    return connection.execute(old).rowcount


def _put_tie(connection: Connection, keys: Keys, tie: Tie) -> None:
    at_version = (TIE.c.id == tie.id, TIE.c.version == tie.version)
    if tie.state is TieState.GONE:
        done = connection.execute(delete(TIE).where(*at_version)).rowcount
    elif tie.version:
        done = connection.execute(update(TIE).where(*at_version).values(_tie_values(tie, keys))).rowcount
    else:
        done = connection.execute(_NEW_TIE.on(connection), _tie_values(tie, keys)).rowcount
    if not done:
        raise Stale(f"tie {tie.id} is no longer at version {tie.version}")


def _tie_values(tie: Tie, keys: Keys) -> Values:
    return {
        "id": tie.id, "guarded": tie.guarded.id, "relative": tie.relative.id if tie.relative else None,
        "state": tie.state.value, "code_ix": _ix(keys, tie.code) if tie.state is TieState.ASKED else None,
        "until": tie.until, "agreed_at": tie.agreed_at, "version": tie.version + 1,
    }  # fmt: skip


def _put_guard(connection: Connection, keys: Keys, guard: Guard) -> None:
    whose = guard.resident.id
    if guard.version:
        at_version = (GUARD.c.resident == whose, GUARD.c.version == guard.version)
        values = {"warned_at": guard.warned_at, "version": guard.version + 1}
        done = connection.execute(update(GUARD).where(*at_version).values(values)).rowcount
    else:
        row = {"resident": whose, "code_ix": _guard_ix(keys, guard.code), "warned_at": guard.warned_at, "version": 1}
        done = connection.execute(_NEW_GUARD.on(connection), row).rowcount
    if not done:
        raise Stale(f"the guard of {whose} is no longer at version {guard.version}")


def _ix(keys: Keys, code: str) -> bytes:
    return keys.blind("family tie code", code)


def _guard_ix(keys: Keys, code: str) -> bytes:
    return keys.blind("family guard code", code)
