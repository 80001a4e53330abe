"""Alembic's entry: the connection comes from `bot.store.migrate`, the models from all row files."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import SQLModel

import bot.store.accounts
import bot.store.accounts_audit
import bot.store.alert_rows
import bot.store.directory_tables
import bot.store.family_rows
import bot.store.ledger_tables
import bot.store.letter_rows
import bot.store.personal_tables
import bot.store.systems
import bot.store.tables
import bot.store.tenant_rows
import bot.store.web_chat
import bot.store.web_session  # noqa: F401 - each adds its tables to the metadata


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Our own column types by their names in columns.py; everything else as Alembic writes it."""
    from bot.store import columns

    if kind == "type":
        for name in ("Utc", "Day", "Json", "Flag", "Words", "Bytes"):
            if isinstance(item, getattr(columns, name)):
                autogen.imports.add("from bot.store import columns")
                return f"columns.{name}()"
        for name in ("Big", "Degrees"):
            if item is getattr(columns, name) or repr(item) == repr(getattr(columns, name)):
                autogen.imports.add("from bot.store import columns")
                return f"columns.{name}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=render_item,
    transactional_ddl=True,  # Alembic thinks SQLite cannot; with BEGIN in our own hands it can.
    compare_type=True,
)
context.run_migrations()
