"""The terminal: how commands begin and end. A store on the way in, one sentence and a code on the way out."""

from __future__ import annotations

import asyncio
import difflib
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.csv_sheet import Fault
    from bot.finding import Finding
    from bot.store import Database, Keys, Store

# Libraries are imported where they are used: `wuyou --help` is there at once.

T = TypeVar("T")

DONE = 0
REFUSED = 1  #: What was given is wrong: a row, an id, a file.
BROKEN = 2  #: The configuration or something the bot needs is wrong. (Typer uses it for wrong options, too.)

Config = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
CONFIG = Path("config.yaml")


def say(words: str = "") -> None:
    """Prints a line."""
    typer.echo(words)


def refuse(sentence: str, code: int = REFUSED) -> NoReturn:
    """Says on stderr why nothing was done, and ends the command."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def list_faults(faults: Iterable[Fault], what: str) -> NoReturn:
    """Names every wrong row on stderr, and that nothing was imported."""
    rows = [str(fault) for fault in faults]
    typer.echo("\n".join(rows), err=True)
    refuse(f"{len(rows)} wrong {'row' if len(rows) == 1 else 'rows'}: {what} was not imported, nothing was changed.")


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a sentence that names the nearest of `names`; a full stop when none is near."""
    found = difflib.get_close_matches(name, list(names), 1, 0.5)
    return f"; did you mean {found[0]!r}?" if found else "."


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Prints a table as wide as the terminal; in a file or a pipe, as wide as it needs to be."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    columns = list(columns)
    sheet = Table(box=SIMPLE, show_header=any(columns), pad_edge=False)
    for column in columns:
        sheet.add_column(column, overflow="fold")
    for row in rows:
        sheet.add_row(*map(str, row))
    # Markup off: what residents and operators wrote is shown as it is.
    Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 160).print(sheet)


def show(findings: Iterable[Finding]) -> None:
    """Prints findings with their mends, one below the other."""
    for finding in findings:
        say(f"{finding.level.upper():<8} {finding.what}")
        if finding.mend:
            say(f"{'':<8} -> {finding.mend}")


def quiet(level: str = "warning", *, lines: bool = False) -> None:
    """What is logged goes to stderr: from this level on; as JSON lines, or to be read by a person."""
    import logging

    import structlog

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(
                (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
                if lines
                # The usual tracebacks show local variables: names of people, what they wrote.
                else (
                    structlog.dev.ConsoleRenderer(
                        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
                    ),
                )
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def settings_of(file: Path) -> Settings:
    """Reads the configuration; what is wrong in it ends the command."""
    from bot.config import ConfigError, load

    try:
        return load(file)
    except ConfigError as error:
        refuse(str(error), BROKEN)


def go(work: Coroutine[None, None, T]) -> T:
    """Runs the work of a command. Keys and databases in trouble become one sentence."""
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError

    from bot.config import ConfigError
    from bot.loop import run
    from bot.store import KeyTrouble
    from bot.store.private import Tampered
    from nlu.written import BadData

    try:
        return run(work)
    except (ConfigError, KeyTrouble, Tampered, BadData) as error:
        sentence = str(error)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()
        sentence = f"The database cannot be used: {reason[0] if reason else type(error.orig).__name__}."
    except CommandError as error:
        sentence = f"The tables cannot be brought to this version: {error}. Was a newer Wuyou here?"
    except OSError as error:
        sentence = f"{error.filename or 'The system'}: {error.strerror or error}."
    refuse(sentence[:1].upper() + sentence[1:], BROKEN)


@asynccontextmanager
async def opened(settings: Settings, *, make: bool = False) -> AsyncIterator[Store]:
    """The store of these settings, beside a running bot or without one. With `make` a database and its keys are made
    where there is none, and tables brought to the newest revision; otherwise their lack ends the command."""
    from bot.doctor_store import without_checkpoints
    from bot.store import Database, Store
    from bot.store.migrate import behind, migrate
    from bot.texts import Texts

    if not make and not _is_there(settings):
        refuse(f"There is no database {settings.database} yet: wuyou import or wuyou run makes it.", BROKEN)
    try:
        db = Database.open(settings.database)
    except ValueError as error:
        refuse(f"database: {error}", BROKEN)
    try:
        without_checkpoints(db.engine)
        if behind(db):
            if not make:
                refuse("The tables are of an older version: wuyou migrate up", BROKEN)
            await asyncio.to_thread(migrate, db)
        keys = keys_of(settings, db)
        texts = Texts.load(settings.texts.language)
        yield await Store.open(db, keys, texts.render, first={"web": "web"}, table=settings.table())
    finally:
        await db.close()


def keys_of(settings: Settings, db: Database) -> Keys:
    """The keys. A new database gets new ones; for one that was written before, a missing file ends the command: it
    cannot be replaced."""
    from sqlalchemy import func, select

    from bot.store import Keys
    from bot.store.tables import PERSON_KEY

    new = not db.read_now(lambda connection: connection.scalar(select(func.count()).select_from(PERSON_KEY)))
    return Keys.load(settings.keys, create=new)


def _is_there(settings: Settings) -> bool:
    from sqlalchemy import make_url

    url = make_url(settings.database)
    return url.get_backend_name() != "sqlite" or os.path.exists(str(url.database))
