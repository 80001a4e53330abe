"""wuyou signals: a sheet of another system's reports, taken in as if each had been posted."""

from __future__ import annotations

import asyncio
import csv
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, list_faults, nearest, opened, refuse, say, settings_of, table

if TYPE_CHECKING:
    from bot.channels.systems import Report
    from bot.config import Settings
    from bot.store import Store

#: Rows written together: a running bot waits no longer for the writer than for one of its own trips.
AT_ONCE = 250
MOST_ROWS = 1_000_000

Step = Callable[[int], None]


def signals(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A CSV file in UTF-8 with the columns below.")],
    system: Annotated[str, typer.Option(help="Whose reports they are: a name of `wuyou key list`.")],
    wait: Annotated[
        int, typer.Option(min=0, metavar="SECONDS", help="Wait so long until the running bot has decided them all.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write each id with its case number to this CSV file.")
    ] = None,
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Take in many reports of another system from a CSV file (docs/open311.md).

    \b
    The columns: id, description, and if you have them
      service_code      the kind; without it, it is found in the words or a person sorts it
      address_string    the place in words
      address_id        a standard address, or the code of an area
      lat, long         in degrees (WGS-84)
      requested_datetime  when it was reported there

    The id is the system's own: the same id again is the same report, and nothing is written. A wrong row is named by
    line and reason, and then no row is taken. What was taken waits for the running bot, or for the next one. Broken
    off half-way: give the same file again.

    \b
    Examples:
      wuyou signals calls.csv --system police-110
      wuyou signals calls.csv --system police-110 --wait 60 --out numbers.csv
    """
    settings = settings_of(config)
    if not file.is_file():
        refuse(f"{file} is no file.")
    if out is not None and (out.is_dir() or not out.parent.is_dir() or (out.exists() and out.samefile(file))):
        refuse(f"{out} cannot be written: name a file in a folder that is there, and not the sheet itself.")
    began = time.monotonic()
    rows, new, found, left = go(_take(settings, file, system, wait))
    if out is not None:
        try:
            _write(out, found)
        except OSError as error:
            refuse(f"{out} cannot be written: {error.strerror}.")
    seconds, cases = time.monotonic() - began, sum(map(bool, found.values()))
    if as_json:
        account = {"rows": rows, "new": new, "known": rows - new, "cases": cases, "waiting": left}
        say(json.dumps({**account, "seconds": round(seconds, 1)}))
        return
    counts = (("new", new), ("known before", rows - new), ("cases by now", cases), ("waiting", left))
    table(("", "rows"), [*((name, f"{count:,}") for name, count in counts), ("all", f"{rows:,} in {seconds:.0f} s")])
    if left:
        say("Those that wait are decided by the running bot within seconds, or by the next one that runs.")


async def _take(settings: Settings, file: Path, name: str, wait: int) -> tuple[int, int, dict[str, str], int]:
    """Returns how many rows there are, how many are new, the case number of each id ("" while it has none), and how
    many are not decided yet."""
    from bot.channels.systems import cause_of
    from bot.store.reported import numbers, waiting

    async with opened(settings) as store:
        await _may_signal(store, name)
        reports = _read(file, store)
        new = 0
        with _bar("Storing", len(reports)) as step:
            for start in range(0, len(reports), AT_ONCE):
                some = reports[start : start + AT_ONCE]
                new += await _lay_in(store, name, some)
                step(len(some))
        ids = {cause_of(name, report.id): report.id for report in reports}
        left = await store.db.read(lambda c: waiting(c, ids))
        until = time.monotonic() + wait
        with _bar("Deciding", left if wait else 0) as step:
            while left and time.monotonic() < until:
                await asyncio.sleep(0.5)
                before, left = left, await store.db.read(lambda c: waiting(c, ids))
                step(before - left)
        found = await store.db.read(lambda c: numbers(c, ids))
    return len(reports), new, {id: found.get(cause, "") for cause, id in ids.items()}, left


async def _may_signal(store: Store, name: str) -> None:
    from bot.store.systems import all_systems

    there = await store.db.read(all_systems)
    good = [each.name for each in there if each.withdrawn_at is None and "signals" in each.may]
    if name not in good:
        refuse(
            f"No system {name!r} may send signals{nearest(name, good)} To let it: wuyou key add {name} --may signals"
        )


def _read(file: Path, store: Store) -> Sequence[Report]:
    from bot.csv_sheet import Faults, ImportRefused, rows_of
    from bot.signal_sheet import COLUMNS, OPTIONAL, reports_of

    faults = Faults()
    try:
        return reports_of(
            rows_of(file, COLUMNS, faults, OPTIONAL), faults, store.directory, MOST_ROWS, datetime.now(UTC)
        )
    except ImportRefused as refused:
        list_faults(refused.faults, file.name)


async def _lay_in(store: Store, name: str, reports: Iterable[Report]) -> int:
    from bot.channels.systems import read
    from bot.intake import clean
    from bot.store.reported import lay_in

    now = datetime.now(UTC)
    inbounds = [clean(read(name, report, now)) for report in reports]
    return await store.db.write(lambda c: lay_in(c, store.keys, store.house, inbounds, now))


@contextmanager
def _bar(what: str, total: int) -> Iterator[Step]:
    """A progress bar on the terminal; elsewhere, and for nothing, none."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not (total and console.is_terminal)) as shown:
        task = shown.add_task(what, total=total)
        yield lambda count: shown.advance(task, count)


def _write(path: Path, found: Mapping[str, str]) -> None:
    """The file is there when it is whole, or as it was before."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as sheet:
            writer = csv.writer(sheet, lineterminator="\n")
            writer.writerow(("id", "service_request_id"))
            # What a spreadsheet would take for a formula; an id begins with no other such mark.
            writer.writerows(("'" + id if id.startswith("-") else id, number) for id, number in found.items())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
