"""wuyou addresses: a sheet of written addresses matched with the library."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_terminal import (
    CONFIG,
    AsJson,
    Config,
    go,
    list_faults,
    opened,
    quiet,
    refuse,
    say,
    settings_of,
    table,
)

if TYPE_CHECKING:
    from bot.address_sheet import Result
    from bot.config import Settings
    from routing.directory import Directory

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def addresses() -> None:
    """Written addresses, matched with the standard ones of the directory.

    \b
    Example:
      wuyou addresses match households.csv --out matched.csv
    """


@app.command("match")
def match_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A CSV file in UTF-8 with a column text.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write each row with its standard address to this CSV file.")
    ] = None,
    config: Config = CONFIG,
    demo: Annotated[bool, typer.Option("--demo", help="Match with the sample street; needs no configuration.")] = False,
    as_json: AsJson = False,
) -> None:
    """Match written addresses with the standard ones, and say how many were matched, ambiguous or not found.

    \b
    The file: text, and if you have them id, area (a code of areas.csv that says where it was written), lat, lon.
    The output: id,text,area,result,address_id,address,grid,score,others
      matched    one place, sure enough to go without asking
      ambiguous  the likeliest first, the others behind it: a person should choose
      none       nothing in this directory, or an address in another city

    A wrong row is named by line and reason, and then nothing is matched or written.

    \b
    Examples:
      wuyou addresses match households.csv --out matched.csv
      wuyou addresses match households.csv --json
    """
    settings = None if demo else settings_of(config)
    if not file.is_file():
        refuse(f"{file} is no file.")
    if out is not None and (out.is_dir() or not out.parent.is_dir() or (out.exists() and out.samefile(file))):
        refuse(f"{out} cannot be written: name a file in a folder that is there, and not the sheet itself.")
    quiet("error")
    directory = go(_directory(settings))
    if not directory.addresses:
        refuse("The directory has no addresses yet: wuyou import")
    from bot.address_sheet import Account, matched, read_sheet, write_sheet
    from bot.csv_sheet import ImportRefused

    try:
        rows = read_sheet(file, directory)
    except ImportRefused as refused:
        list_faults(refused.faults, file.name)
    from rich.console import Console
    from rich.progress import track

    began, account, console = time.monotonic(), Account(), Console(stderr=True)
    shown = track(rows, "Matching", console=console, disable=not console.is_terminal)
    found = account.of(matched(shown, directory))
    try:
        if out is not None:
            write_sheet(out, found)
        else:
            for _ in found:
                pass
    except OSError as error:
        refuse(f"{out} cannot be written: {error.strerror}.")
    _tell(account.counts, account.rows, time.monotonic() - began, as_json)


async def _directory(settings: Settings | None) -> Directory:
    if settings is None:
        from bot.sample.street import directory

        return directory()
    async with opened(settings) as store:
        return store.directory


def _tell(counts: Mapping[Result, int], rows: int, seconds: float, as_json: bool) -> None:
    from bot.address_sheet import Result

    if as_json:
        account = {result.value: counts.get(result, 0) for result in Result}
        say(json.dumps({"rows": rows, **account, "seconds": round(seconds, 1)}))
        return
    lines = [
        (result.value, f"{counts.get(result, 0):,}", f"{counts.get(result, 0) / max(rows, 1):.1%}") for result in Result
    ]
    table(("", "rows", "share"), [*lines, ("all", f"{rows:,}", f"in {seconds:.0f} s")])
