"""SQLite files with all tables, and nothing in them or a town: made once in each process, then copied."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
from contextlib import closing
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


class MovedIn:
    """A town as it moved in: kept by the first house of its kind in this process, copied for the others."""

    def __init__(self) -> None:
        self._kept: Path | None = None

    def copied(self, folder: Path) -> bool:
        """Lays its town.db and its keys into the folder; False where there is none to copy yet."""
        if self._kept is not None:
            shutil.copytree(self._kept, folder, dirs_exist_ok=True)
        return self._kept is not None

    def keep(self, folder: Path) -> None:
        """Keeps what is in the folder now, though a house may have it open."""
        kept = _folder()
        shutil.copy(folder / "keys", kept)
        with closing(sqlite3.connect(folder / "town.db")) as connection:
            connection.execute("VACUUM INTO ?", (str(kept / "town.db"),))
        self._kept = kept


def _folder() -> Path:
    folder = Path(mkdtemp(prefix="tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _template() -> Path:
    folder = _folder()
    db = Database.open(f"sqlite:///{folder / 'tables.db'}")
    try:
        migrate(db)
    finally:
        db.close_now()
    return folder / "tables.db"
