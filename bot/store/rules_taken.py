"""Routing rules as they came into force: their text is kept, so that an old route can be explained by its own rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from bot.store.directory_tables import RULES_TAKEN


@dataclass(frozen=True, slots=True)
class RulesTaken:
    """What a file of rules said from a moment on."""

    at: datetime
    version: str  #: The mark of `Rules.version`.
    content: str


def keep(connection: Connection, now: datetime, version: str, content: str) -> bool:
    """Writes down that these rules are in force; False when they were already."""
    newest = connection.execute(select(RULES_TAKEN.c.version).order_by(RULES_TAKEN.c.id.desc()).limit(1)).scalar()
    if newest == version:
        return False
    connection.execute(insert(RULES_TAKEN).inline(), {"at": now, "version": version, "content": content})
    return True


def rules_at(connection: Connection, at: datetime) -> RulesTaken | None:
    """The rules in force at that moment; None where none are on record."""
    query = select(RULES_TAKEN.c.at, RULES_TAKEN.c.version, RULES_TAKEN.c.content).where(RULES_TAKEN.c.at <= at)
    row = connection.execute(query.order_by(RULES_TAKEN.c.at.desc(), RULES_TAKEN.c.id.desc()).limit(1)).first()
    return RulesTaken(*row) if row else None
