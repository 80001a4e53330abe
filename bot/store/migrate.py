"""The schema's steps: Alembic, run by the program itself, on either engine, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.store.database import Database

_HERE = Path(__file__).parent / "migrations"


def migrate(db: Database, to: str = "head") -> None:
    """Brings the tables to a revision, up or down ("base": none at all). All steps or none: DDL is in the transaction
    on SQLite too, because our connections leave BEGIN and COMMIT to us."""

    def run(connection: Connection) -> None:
        config = _config(connection)
        revisions = ScriptDirectory.from_config(config)
        here, there = current(connection), revisions.get_current_head() if to == "head" else to
        if there != "base" and (here is None or here in _below(revisions, str(there))):
            command.upgrade(config, to)
        elif here != there:
            command.downgrade(config, to)

    db.write_now(run)


def behind(db: Database) -> bool:
    """Whether the tables are not at the newest revision: `migrate` before serving."""
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    return db.read_now(current) != head


def current(connection: Connection) -> str | None:
    """The revision of the tables; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def draft(db: Database, message: str) -> None:
    """For developers: writes a new revision from what the models have and the database has not. Read it, mend it."""

    def run(connection: Connection) -> None:
        command.revision(_config(connection), message, autogenerate=True)

    db.write_now(run)


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _below(revisions: ScriptDirectory, revision: str) -> set[str]:
    """The revision and those before it."""
    return {each.revision for each in revisions.iterate_revisions(revision, "base")}
