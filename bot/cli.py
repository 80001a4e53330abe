"""The command wuyou: demo and run, and where the other commands stand."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot import (
    cli_addresses,
    cli_alert,
    cli_ask,
    cli_desk,
    cli_doctor,
    cli_faq,
    cli_keys,
    cli_mall,
    cli_model,
    cli_person,
    cli_points,
    cli_route,
    cli_store,
    cli_systems,
    cli_topics,
)
from bot.cli_report import report
from bot.cli_retention import retention
from bot.cli_signals import signals
from bot.cli_simulate import simulate
from bot.cli_terminal import BROKEN, CONFIG, REFUSED, Config, go, quiet, refuse, say, settings_of, show

if TYPE_CHECKING:
    from bot.config import Settings

app = typer.Typer(
    help="""无忧 (Wuyou): a bot for neighbourhood safety groups, and the routing behind it.

    \b
    Examples:
      wuyou demo                          the sample street in your browser
      wuyou run --config config.yaml      in earnest
      wuyou doctor --config config.yaml   what is missing or wrong

    Every command explains itself: wuyou COMMAND --help. Exit codes: 0 done; 1 what was given is wrong; 2 the
    configuration, or something the bot needs, is wrong.""",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_PORTS = 20  #: Tried one after the other in the demo.


@app.command(short_help="Play a sample street in your browser.")
def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The page's port; if it is taken, the next free one.")
    ] = 8080,
    data: Annotated[Path, typer.Option(metavar="DIR", help="Where the demo keeps its street.")] = Path("data/demo"),
    lang: Annotated[Literal["zh", "en"], typer.Option(help="The language of those who choose none.")] = "zh",
    model: Annotated[Path | None, typer.Option(metavar="DIR", help="A folder of wuyou train; else it learns.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the log.")] = False,
) -> None:
    """Play the whole way on this machine: a sample street, with seats for a resident, a cadre and the desk.

    Everything is invented and stays on this machine. Delete the folder to begin anew.

    \b
    Examples:
      wuyou demo
      wuyou demo --port 9000 --lang en
    """
    quiet("info" if verbose else "error")
    free = _free(port)
    with _alone(data / "demo"):
        if free != port:
            say(f"Port {port} is in use by another program; the demo takes {free}.")
        say("Starting; the first time takes some seconds ...")
        from bot.sample.demo import play

        def started(url: str) -> None:
            say(f"The demo is open at {url}\nStop it with Ctrl+C.")

        _serve(play(free, data, started, lang, model))


@app.command(short_help="Run the bot in earnest.")
def run(config: Config = CONFIG) -> None:
    """Run the bot in earnest, until Ctrl+C or SIGTERM. Letters under way are then finished and booked.

    It begins with an empty directory and an empty FAQ: fill them with wuyou import and wuyou faq import. People come
    into the web chat by one-time links: wuyou invite.

    \b
    Example:
      WUYOU_BOT1_TOKEN=123:abc wuyou run --config config.yaml
    """
    settings = settings_of(config)
    from bot.doctor import configuration
    from bot.finding import Level

    found = list(configuration(settings))
    if broken := [finding for finding in found if finding.level is Level.BROKEN]:
        show(broken)
        refuse("The bot was not started.", BROKEN)
    show(found)
    quiet("info", lines=True)
    with _alone(_lock_of(settings)):
        _serve(_open(settings))


@app.command()
def version() -> None:
    """Print the version.

    \b
    Example:
      wuyou version
    """
    from importlib.metadata import version as version_of

    say(version_of("wuyou"))


app.command("import", short_help="Import the directory from six CSV files.")(cli_store.import_directory)
app.add_typer(cli_alert.app, name="alert", short_help="Alerts: list, show, take back.")
app.add_typer(cli_addresses.app, name="addresses", short_help="Written addresses, matched with the standard ones.")
app.add_typer(cli_faq.app, name="faq", help="The answers: import, add, list, withdraw; and what found none.")
app.command(short_help="List what was reported on a day, by topic.")(cli_topics.topics)
app.command(short_help="Look for what is missing or wrong.")(cli_doctor.doctor)
app.command(short_help="Show what the bot would understand and do.")(cli_ask.ask)
app.add_typer(cli_route.app, name="route", short_help="Who gets which matter, and what other rules would change.")
app.command(short_help="Say how a month kept what was promised: red, yellow, green.")(report)
app.command(short_help="Play a night of a street on virtual time.")(simulate)
app.command(short_help="Learn from written data, or from a city's own messages.")(cli_model.train)
app.command(short_help="Say how right and how fast, on labelled messages.")(cli_model.evaluate)
app.command(short_help="Make a one-time link to the web chat.")(cli_store.invite)
app.add_typer(cli_store.parked, name="parked", short_help="Messages that failed three times.")
app.add_typer(cli_desk.app, name="desk", short_help="Accounts of the desk's page: invite, list, revoke, audit.")
app.command(short_help="Let go what has had its time, or say what would go.")(retention)
app.add_typer(cli_person.person, name="person", short_help="All that is kept of somebody: hand it out, erase it.")
app.add_typer(cli_keys.keys, name="keys", short_help="Keys that encrypt personal data: rotate, drop, copy.")
app.add_typer(cli_systems.key, name="key", short_help="Keys of other systems: add, list, withdraw.")
app.add_typer(cli_systems.hook, name="hook", short_help="Endpoints that are told of cases: add, list, withdraw.")
app.add_typer(cli_points.app, name="ledger", short_help="Points: is the ledger true, what is in an account.")
app.add_typer(cli_mall.app, name="mall", short_help="The points mall: goods and their stock.")
app.command(short_help="Take in many reports of another system from CSV.")(signals)
app.command(short_help="Bring the tables to another revision.")(cli_store.migrate)


async def _open(settings: Settings) -> None:
    from bot.__main__ import build, run
    from bot.doctor import faq_findings
    from bot.doctor_directory import directory_findings

    async with build(settings) as house:
        if not house.store.directory.areas:
            show(directory_findings(house.store.directory, (), ()))
        show(faq_findings(house.store.faq))
        await run(house, lambda url: say(f"Wuyou is open at {url}\nStop it with Ctrl+C."))


def _serve(work: Coroutine[Any, Any, None]) -> None:
    """Works until a signal: the first lets letters under way be finished and booked, the second does not wait."""

    async def until_stopped() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
        signals = (signal.SIGINT, signal.SIGTERM)
        stopped = False

        def stop() -> None:
            nonlocal stopped
            if stopped:
                for each in signals:
                    loop.remove_signal_handler(each)
            else:
                say("Stopping; letters under way are finished first. Once more stops at once.")
            stopped = True
            task.cancel()

        for each in signals:
            loop.add_signal_handler(each, stop)
        try:
            await task
        except asyncio.CancelledError:
            if not stopped:
                raise
        except BaseExceptionGroup as group:
            # One part that failed stops all: its own sentence says why.
            raise _first(group) from group

    go(until_stopped())


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def _free(port: int) -> int:
    """The port, or the next that nobody listens on (0 stays 0: the system chooses)."""

    def is_free(each: int) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", each))
            except PermissionError:
                refuse(f"Port {each} is for administrators only; take one above 1023 with --port.", REFUSED)
            except OSError:
                return False
            return True

    found = next((each for each in range(port, min(port + _PORTS, 65536)) if is_free(each)), None)
    return found if found is not None else refuse(f"The ports from {port} on are all in use; name another with --port.")


def _lock_of(settings: Settings) -> Path | None:
    """Beside a SQLite file; several processes may serve one PostgreSQL."""
    from sqlalchemy import make_url

    url = make_url(settings.database)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


@contextmanager
def _alone(beside: Path | None) -> Iterator[None]:
    """One bot for one SQLite database: two would each believe that a chat is theirs. The system lets go of the lock
    when the process ends, however it ends."""
    if beside is None:
        yield
        return
    import fcntl

    beside.parent.mkdir(parents=True, exist_ok=True)
    with beside.with_suffix(".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            refuse(f"Another wuyou is running on {beside.parent}: stop it first, or give another folder.", REFUSED)
        yield


def main() -> None:
    """The entry point. What it makes (the database, photos, keys) others on this machine cannot read."""
    os.umask(0o077)
    app()


if __name__ == "__main__":
    main()
