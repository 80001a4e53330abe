"""wuyou person: what somebody asks for at the counter, not in the chat: all that is kept of them, or none of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_terminal import CONFIG, Config, go, opened, quiet, refuse, say, settings_of

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.my_data import MyData
    from bot.store import Store

person = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

BY = "console"  #: Who did it, in the audit.

Number = Annotated[str, typer.Argument(metavar="CASE", help="The number of a matter that this person reported.")]
Reason = Annotated[str, typer.Option(help="Why; it is written down, and the person is shown it.")]


@person.callback()
def about() -> None:
    """Who comes to the counter is known by the number of a matter they reported: hand out what is kept, or erase it.

    \b
    Examples:
      wuyou person file 38164275 chen.pdf --reason "came to the counter with her identity card"
      wuyou person erase 38164275
    """


@person.command()
def file(
    number: Number,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new file that ends in .pdf or .json.")],
    reason: Reason,
    config: Config = CONFIG,
) -> None:
    """Write all that is kept of the person who reported a matter, as PDF or JSON, to be handed to them alone.

    \b
    Example:
      wuyou person file 38164275 chen.pdf --reason "came to the counter with her identity card"
    """
    settings = settings_of(config)
    quiet()
    kind = out.suffix.lower()
    if kind not in (".pdf", ".json"):
        refuse(f"{out}: a file that ends in .pdf or .json.")
    if len(reason.strip()) < 2:
        refuse("Give the reason with --reason: the person is shown it.")

    async def work() -> bytes | None:
        async with opened(settings) as store:
            who = await _reporter(store, number)
            data = _data(settings, store)
            await _write_down(store, number, who, reason)
            return await (data.as_pdf(who, "") if kind == ".pdf" else data.as_json(who))

    body = go(work())
    if body is None:
        refuse(f"Who reported {number} was erased.")
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        refuse(f"{out} is there already: give a new name.")
    with os.fdopen(handle, "wb") as written:
        written.write(body)
    say(f"{out}: hand it to them alone, then delete it here.")


@person.command()
def erase(
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = CONFIG,
) -> None:
    """Erase the person who reported a matter, everywhere and for ever. Their matters go on without words.

    \b
    Example:
      wuyou person erase 38164275
    """
    settings = settings_of(config)
    quiet()
    if not yes:
        typer.confirm(f"Everything of the person who reported {number} is lost. Did they ask for it?", abort=True)

    async def work() -> bool:
        async with opened(settings) as store:
            return await _data(settings, store).erase(await _reporter(store, number))

    if not go(work()):
        refuse(f"Who reported {number} was erased before.")
    say("Erased. Renew the copy of the key file: wuyou keys copy FILE")


def _data(settings: Settings, store: Store) -> MyData:
    from bot.my_data import MyData
    from bot.photos import Photos
    from bot.texts import Texts

    photos = Photos(settings.photos, keys=store.keys)
    return MyData(store, photos, Texts.load(settings.texts.language), lambda: datetime.now(UTC))


async def _reporter(store: Store, number: str) -> str:
    digits = number.replace(" ", "")
    case = (await store.scene_for_case(digits)).case if len(digits) == 8 and digits.isdigit() else None
    return case.reporter if case is not None else refuse(f"There is no matter {number}.")


async def _write_down(store: Store, number: str, resident: str, reason: str) -> None:
    from sqlalchemy import Connection

    from bot.store import accounts_audit
    from bot.store.accounts_audit import Deed
    from bot.store.rows import key_of
    from nlu.masks import mask

    def write(connection: Connection) -> None:
        key = key_of(connection, store.keys, resident)
        said = mask(reason.strip())[:500]
        accounts_audit.write(connection, store.house, BY, Deed.UNMASK, number, datetime.now(UTC), said, key)

    await store.db.write(write)
