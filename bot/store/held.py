"""What we hold of one person: counted for the chat, whole for the file they take out; and what they agreed to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.consent import Agreed, Consent, Purpose
from bot.outcome import Held, Look, Resident
from bot.store import accounts_audit, erasure
from bot.store.accounts_audit import Deed
from bot.store.personal_tables import CONSENT, ERASURE
from bot.store.private import DataKey, Keys
from bot.store.rows import CASES, RESIDENT_COLUMNS, STEP_COLUMNS, case_of, key_of, resident_of, step_of
from bot.store.tables import CASE, PERSON_KEY, RESIDENT, STEP
from routing.case import OPEN, Case, Step

LOOKS = 20  #: Of the newest that are told.
_BY_REPORTER = CASES.order_by(CASE.c.opened_at.desc())


def held(connection: Connection, keys: Keys, house: DataKey, resident: str) -> Held:
    """Counts what lies under this resident's name."""
    since = connection.scalar(select(PERSON_KEY.c.created_at).where(PERSON_KEY.c.id == resident))
    states = connection.execute(select(CASE.c.state).where(CASE.c.reporter == resident)).all()
    asked = select(ERASURE.c.resident).where(ERASURE.c.resident == resident, ERASURE.c.done_at.is_(None))
    lines = accounts_audit.entries(connection, keys, house, LOOKS, about=resident)
    return Held(
        since=since,
        cases=len(states),
        open=sum(row.state in OPEN for row in states),
        photos=len(erasure.photos_of(connection, keys, resident)),
        consents=tuple(consents(connection, resident)),
        looks=tuple(Look(line.at, line.by, line.reason) for line in lines if line.deed is Deed.UNMASK),
        erased_soon=connection.execute(asked).first() is not None,
    )


def whole(connection: Connection, keys: Keys, resident: str) -> tuple[Resident | None, list[tuple[Case, list[Step]]]]:
    """The person and all their matters, the newest first, each with its steps; nobody when they were erased."""
    one = select(*RESIDENT_COLUMNS).join_from(RESIDENT, PERSON_KEY, RESIDENT.c.id == PERSON_KEY.c.id)
    row = connection.execute(one.where(RESIDENT.c.id == resident, RESIDENT.c.user_ix.is_not(None))).first()
    if row is None:
        return None, []
    key = key_of(connection, keys, resident)
    cases = [case_of(each, keys) for each in connection.execute(_BY_REPORTER.where(CASE.c.reporter == resident))]
    steps = select(*STEP_COLUMNS).join(CASE, CASE.c.number == STEP.c.case).where(CASE.c.reporter == resident)
    by_case: dict[str, list[Step]] = {}
    for each in connection.execute(steps.order_by(STEP.c.id)):
        step = step_of(each, key)
        by_case.setdefault(step.case, []).append(step)
    return resident_of(row, keys), [(case, by_case.get(case.number, [])) for case in cases]


# --- consent


def consents(connection: Connection, resident: str) -> list[Consent]:
    """All that this person ever agreed to, the oldest first."""
    rows = connection.execute(select(CONSENT).where(CONSENT.c.resident == resident).order_by(CONSENT.c.id))
    return [
        Consent(row.resident, Purpose(row.purpose), row.version, row.at, Agreed(row.by), row.withdrawn_at)
        for row in rows
    ]


def agree(connection: Connection, consent: Consent) -> None:
    """Writes down that somebody agreed, or, `withdrawn_at` being set, that they took it back: then every consent for
    that purpose ends."""
    mine = (CONSENT.c.resident == consent.resident) & (CONSENT.c.purpose == consent.purpose.value)
    if consent.withdrawn_at is not None:
        ends = update(CONSENT).where(mine, CONSENT.c.withdrawn_at.is_(None)).values(withdrawn_at=consent.withdrawn_at)
        connection.execute(ends)
        return
    row: dict[str, Any] = {
        "resident": consent.resident, "purpose": consent.purpose.value, "version": consent.version,
        "by": consent.by.value, "at": consent.at,
    }  # fmt: skip
    connection.execute(insert(CONSENT).values(row))
