"""SQLite files with all tables and nothing in them: made once in each process, then copied."""

from __future__ import annotations

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from bot.store import Database
from bot.store.migrate import migrate


def tables_at(file: Path) -> str:
    """Lays such a file there, unless one is there already, and returns its address."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        shutil.copy(_template(), file)
    return f"sqlite:///{file}"


@cache
def _template() -> Path:
    folder = Path(mkdtemp(prefix="tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    db = Database.open(f"sqlite:///{folder / 'tables.db'}")
    try:
        migrate(db)
    finally:
        db.close_now()
    return folder / "tables.db"
