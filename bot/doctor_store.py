"""What the doctor looks for in the database: its tables and keys, what waits, what is stuck, what is empty."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError

from bot.config import Settings
from bot.doctor_hooks import hook_findings
from bot.finding import Finding, Level, counted, some
from bot.store import Database, Keys, KeyTrouble
from bot.store.directory_rows import unbound_groups
from bot.store.hook_letters import NAME as HOOKS
from bot.store.letter_reads import backlog, troubles
from bot.store.memory import Memory, read
from bot.store.migrate import behind
from bot.store.private import HOUSE, Tampered
from bot.store.rows import key_of
from bot.store.tables import INBOX

#: SQLite before it may damage a database to which two connections write or checkpoint at one moment.
MENDED = (3, 51, 3)
_STUCK = timedelta(minutes=10)  #: Longer than that nothing waits while a bot runs.
_SKEW = timedelta(seconds=2)


@dataclass(slots=True)
class Kept:
    """What was found in a database: what is wrong, and what it knows (empty when it cannot be read)."""

    findings: list[Finding] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)


def kept(settings: Settings, now: datetime, first: dict[str, str]) -> Kept:
    """Looks into the database without changing it. `first`: channel -> bot where a bot may write to anybody."""
    found = Kept()
    url = make_url(settings.database)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        found.findings += _sqlite()
        if not Path(str(url.database)).exists():
            found.findings.append(
                Finding(
                    Level.WARNING,
                    f"There is no database {url.database} yet.",
                    "wuyou import DIR or wuyou run makes it.",
                )
            )
            return found
    db = Database.open(settings.database, readers=1)
    try:
        _look(found, db, settings, now, first)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        found.findings.append(
            Finding(
                Level.BROKEN,
                f"The database {shown} cannot be used: {reason}.",
                "Look at `database` in the configuration, and whether the server runs and lets this user in.",
            )
        )
    finally:
        db.close_now()
    return found


def _look(found: Kept, db: Database, settings: Settings, now: datetime, first: dict[str, str]) -> None:
    db.read_now(lambda connection: connection.execute(text("SELECT 1")))
    if behind(db):
        found.findings.append(
            Finding(
                Level.WARNING,
                "The tables are not at the newest revision.",
                "wuyou run and wuyou import bring them there; or: wuyou migrate up.",
            )
        )
        return
    found.findings.append(Finding(Level.WELL, "The database answers, and its tables are at the newest revision."))
    try:
        keys = Keys.load(settings.keys)
        if not os.access(Path(settings.keys).parent, os.W_OK):
            found.findings.append(
                Finding(
                    Level.WARNING,
                    f"The folder of the key file {settings.keys} cannot be written: copies of the database would show "
                    "who is erased.",
                    "Let the bot write there, or give `keys` another folder.",
                )
            )
        house = db.read_now(lambda connection: key_of(connection, keys, HOUSE))
        if house is not None:
            found.memory = db.read_now(lambda connection: read(connection, keys, house, Memory(), first))
    except (KeyTrouble, Tampered) as error:
        found.findings.append(
            Finding(
                Level.BROKEN,
                f"The personal fields cannot be opened: {error}.",
                "Put the key file back that this database was written with.",
            )
        )
    found.findings += db.read_now(lambda connection: _rows(connection, now))
    if not db.sqlite:
        there = db.read_now(lambda connection: connection.execute(text("SELECT clock_timestamp()")).scalar_one())
        found.findings += _skew(datetime.now(UTC) - there)


def _sqlite() -> Iterator[Finding]:
    version = sqlite3.sqlite_version_info
    if version >= MENDED:
        yield Finding(Level.WELL, f"SQLite {sqlite3.sqlite_version}.")
        return
    yield Finding(
        Level.NOTE,
        f"SQLite {sqlite3.sqlite_version} has a bug, mended in 3.51.3: two connections that write or checkpoint at one "
        "moment can damage the file. The bot keeps to one connection that writes, so it is not hit; a command that "
        "writes while the bot runs (import, faq, invite) leaves checkpoints to the bot.",
        "Back up before a large import while the bot runs; or use PostgreSQL, or a Python with a newer SQLite.",
    )


def without_checkpoints(engine: Engine) -> None:
    """For commands beside a running bot: their connection leaves checkpoints to the bot's (see MENDED)."""

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA wal_autocheckpoint=0").close()


def _rows(connection: Connection, now: datetime) -> Iterator[Finding]:
    parked = connection.scalar(select(func.count()).select_from(INBOX).where(INBOX.c.parked_at.is_not(None)))
    if parked:
        yield Finding(
            Level.WARNING,
            f"{counted(parked, 'message')} failed three times and {'waits' if parked == 1 else 'wait'} for a person.",
            "wuyou parked list names them; wuyou parked retry CAUSE puts one back in line.",
        )
    waiting = INBOX.c.payload.is_not(None) & INBOX.c.parked_at.is_(None)
    oldest = connection.scalar(select(func.min(INBOX.c.received_at)).where(waiting))
    if oldest is not None and now - oldest > _STUCK:
        yield Finding(
            Level.WARNING,
            f"A message has waited {_long(now - oldest)} to be dealt with.",
            "Is a bot running on this database? wuyou run.",
        )
    yield from hook_findings(connection)
    lanes = backlog(connection, but=HOOKS)  # Other systems may be away for days; that is said above.
    first = min((each.oldest for each in lanes.values()), default=None)
    if first is not None and now - first > _STUCK:
        count = sum(each.waiting for each in lanes.values())
        yield Finding(
            Level.WARNING,
            f"{counted(count, 'letter')} to be sent; the oldest has waited {_long(now - first)}.",
            "Is a bot running on this database, and does the chat app answer?",
        )
    if bad := troubles(connection, most=1000):
        states = ", ".join(f"{count} {state}" for state, count in Counter(each.state.value for each in bad).items())
        newest = bad[0]
        yield Finding(
            Level.WARNING,
            f"{counted(len(bad), 'letter')} may not have arrived ({states}); the newest, case {newest.case or '-'}, to "
            f"{newest.to.channel} {newest.to.chat}: {newest.error or 'no reason given'}.",
            "Tell these people another way.",
        )
    newest_message = connection.scalar(select(func.max(INBOX.c.received_at)))
    if newest_message is not None and newest_message - now > timedelta(minutes=1):
        yield Finding(
            Level.WARNING,
            f"The newest message came {_long(newest_message - now)} in the future: this machine's clock was set back.",
            "Let the clock be set by NTP: deadlines are counted by it.",
        )
    if groups := unbound_groups(connection):
        named = some([f"{title or 'without a title'} ({channel} {chat})" for channel, _, chat, title in groups])
        yield Finding(
            Level.WARNING,
            f"The bot sits in {counted(len(groups), 'group')} that no import names: {named}.",
            "Add them to groups.csv with their area and import again, or take the bot out.",
        )


def _skew(ahead: timedelta) -> Iterator[Finding]:
    if abs(ahead) > _SKEW:
        yield Finding(
            Level.WARNING,
            f"The clock of this machine is {_long(abs(ahead))} {'ahead of' if ahead > timedelta(0) else 'behind'} the "
            "database's.",
            "Let both be set by NTP: deadlines are counted by them.",
        )


def _long(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 2:
        return f"{time.total_seconds():.0f} s"
    return (
        f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours" if minutes < 2880 else f"{time.days} days"
    )
