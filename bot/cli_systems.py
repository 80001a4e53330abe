"""Commands on other systems: wuyou key (who may report), wuyou hook (who is told what becomes of cases)"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, nearest, opened, refuse, say, settings_of, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.store import Store

T = TypeVar("T")

key = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
hook = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@key.callback()
def keys() -> None:
    """Keys of other systems, by which they report over Open311 and signals, and read alerts (docs/open311.md).

    \b
    Examples:
      wuyou key add city-app --may open311
      wuyou key list
    """


@key.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="Small letters, digits and hyphens: police-110, lifts.")],
    may: Annotated[str, typer.Option(help="With commas between: open311, signals, missing, cap, pfif.")],
    config: Config = CONFIG,
) -> None:
    """Make a key for another system and print it, with the secret for its webhooks. Both are shown this once.

    open311 and signals let it report; with missing, its signal of a missing person begins the draft of an alert, too.
    cap and pfif let it read alerts (docs/alerts-standards.md): of missing persons, too, so give those to offices alone.
    A system whose key was withdrawn gets a new one under its old name.

    \b
    Examples:
      wuyou key add city-app --may open311
      wuyou key add police-110 --may open311,signals
      wuyou key add county-alerts --may cap,pfif
    """
    from bot.store.systems import MAY, add_system

    _named(name)
    wanted = _several(may)
    for each in sorted(wanted - set(MAY)):
        refuse(f"--may: {each!r} is nothing a key may do{nearest(each, MAY)} There are {', '.join(MAY)}.")
    if not wanted:
        refuse(f"--may: name at least one of {', '.join(MAY)}.")
    now = datetime.now(UTC)
    made = _write(config, lambda c, store: add_system(c, store.house, name, wanted, now), make=True)
    if made is None:
        refuse(f"{name} has a key. To give it another: wuyou key withdraw {name}, then add it again.")
    say(f"key     {made[0]}")
    if "signals" in wanted:
        say(f"secret  {made[1]}")
    typer.echo("They are shown this once; the key is kept as a hash. Give them to that system only.", err=True)


@key.command("list")
def key_list(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """List the systems with their rights. Keys are not shown: of them only hashes are kept.

    \b
    Example:
      wuyou key list
    """
    from bot.store.systems import all_systems

    rows = [
        {
            "name": each.name,
            "may": ",".join(sorted(each.may)),
            "since": f"{each.created_at:%Y-%m-%d %H:%M}Z",
            "withdrawn": f"{each.withdrawn_at:%Y-%m-%d %H:%M}Z" if each.withdrawn_at else "",
        }
        for each in _read(config, lambda c, _: all_systems(c))
    ]
    _print(rows, as_json, "No system has a key: wuyou key add NAME --may open311")


@key.command("withdraw")
def key_withdraw(
    name: Annotated[str, typer.Argument(help="As `wuyou key list` names it.")], config: Config = CONFIG
) -> None:
    """Withdraw a key. A running bot refuses it from this moment on; what it reported stays.

    \b
    Example:
      wuyou key withdraw city-app
    """
    from bot.store.systems import all_systems, withdraw_system

    if not _write(config, lambda c, _: withdraw_system(c, name, datetime.now(UTC))):
        names = [each.name for each in _read(config, lambda c, _: all_systems(c)) if each.withdrawn_at is None]
        refuse(f"No key of {name!r} is in use{nearest(name, names)}")
    say(f"{name}: withdrawn.")


@hook.callback()
def hook_() -> None:
    """Endpoints of other systems that are told what becomes of public cases (docs/open311.md).

    \b
    Examples:
      wuyou hook add city-app https://app.example/wuyou
      wuyou hook list
    """


@hook.command("add")
def hook_add(
    name: Annotated[str, typer.Argument(help="Small letters, digits and hyphens.")],
    url: Annotated[str, typer.Argument(help="Where to post, beginning with https://.")],
    events: Annotated[str, typer.Option(help="Which events, with commas between; case is all of them.")] = "case",
    inside: Annotated[
        bool, typer.Option("--inside", help="It lies in our own network; http:// is then allowed.")
    ] = False,
    config: Config = CONFIG,
) -> None:
    """Add an endpoint and print the secret its messages are signed with. It is shown this once.

    Without --inside nothing is posted to addresses of private networks.

    \b
    Examples:
      wuyou hook add city-app https://app.example/wuyou --events case.receive,case.confirm
      wuyou hook add archive http://10.1.2.3/cases --inside
    """
    from bot.store.hook_letters import EVENTS
    from bot.store.systems import add_hook

    _named(name)
    if not re.fullmatch(r"https://[!-~]{3,500}" if not inside else r"https?://[!-~]{3,500}", url):
        refuse(f"{url!r}: an endpoint begins with https://" + (" or http://." if inside else "; inside: --inside."))
    wanted = _several(events)
    for each in sorted(wanted - {"case", *EVENTS}):
        refuse(f"--events: there is no {each!r}{nearest(each, EVENTS)}")
    if not wanted:
        refuse("--events: name at least one, or case.")
    now = datetime.now(UTC)
    secret = _write(config, lambda c, store: add_hook(c, store.house, name, url, wanted, inside, now), make=True)
    if secret is None:
        refuse(f"There is an endpoint {name}. To change it: wuyou hook withdraw {name}, then add it again.")
    say(f"secret  {secret}")


@hook.command("list")
def hook_list(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """List the endpoints, those that were closed, too.

    \b
    Example:
      wuyou hook list
    """
    from bot.store.systems import hooks

    rows = [
        {
            "name": each.name,
            "url": each.url,
            "events": ",".join(each.events),
            "inside": "yes" if each.inside else "",
            "closed": f"{each.closed_at:%Y-%m-%d %H:%M}Z" if each.closed_at else "",
            "why": each.closed_why,
        }
        for each in _read(config, lambda c, store: hooks(c, store.house))
    ]
    _print(rows, as_json, "No endpoint is told anything: wuyou hook add NAME URL")


@hook.command("withdraw")
def hook_withdraw(
    name: Annotated[str, typer.Argument(help="As `wuyou hook list` names it.")], config: Config = CONFIG
) -> None:
    """Close an endpoint: it is told nothing more, nor what still waits.

    \b
    Example:
      wuyou hook withdraw city-app
    """
    from bot.store.systems import close_hook, hooks

    if not _write(config, lambda c, _: close_hook(c, name, datetime.now(UTC))):
        found = _read(config, lambda c, store: hooks(c, store.house))
        names = [each.name for each in found if each.closed_at is None]
        refuse(f"No endpoint {name!r} is in use{nearest(name, names)}")
    say(f"{name}: closed.")


@hook.command("resume")
def hook_resume(
    name: Annotated[str, typer.Argument(help="As `wuyou hook list` names it.")], config: Config = CONFIG
) -> None:
    """Open a closed endpoint again, at its old address and with its old secret.

    \b
    Example:
      wuyou hook resume city-app
    """
    from bot.store.hook_troubles import missed
    from bot.store.systems import hooks, resume_hook

    if not _write(config, lambda c, _: resume_hook(c, name)):
        found = _read(config, lambda c, store: hooks(c, store.house))
        refuse(f"No endpoint {name!r} is closed{nearest(name, [each.name for each in found if each.closed_at])}")
    count = len(_read(config, lambda c, _: missed(c, name)))
    say(f"{name}: open again." + (f" It missed {count}: wuyou hook resend {name}" if count else ""))


@hook.command("missed")
def hook_missed(
    name: Annotated[str, typer.Argument(help="As `wuyou hook list` names it.")],
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """List what an endpoint never took, the oldest first. It is kept for 30 days.

    \b
    Example:
      wuyou hook missed city-app
    """
    from bot.store.hook_troubles import missed

    rows = [
        {"number": str(each.id), "written": f"{each.written_at:%Y-%m-%d %H:%M}Z", "error": each.error}
        for each in _read(config, lambda c, _: missed(c, name))
    ]
    _print(rows, as_json, f"{name} missed nothing that is kept.")


@hook.command("resend")
def hook_resend(
    name: Annotated[str, typer.Argument(help="As `wuyou hook list` names it.")],
    only: Annotated[str, typer.Option(help="Numbers of `wuyou hook missed`, with commas between.")] = "",
    config: Config = CONFIG,
) -> None:
    """Send an endpoint what it never took once more, under the same ids, by the running bot.

    \b
    Examples:
      wuyou hook resend city-app
      wuyou hook resend city-app --only 41,42
    """
    from bot.store.hook_troubles import send_again
    from bot.store.systems import hooks

    found = _read(config, lambda c, store: hooks(c, store.house))
    if name not in (live := [each.name for each in found if each.closed_at is None]):
        refuse(f"No endpoint {name!r} is in use{nearest(name, live)} A closed one first: wuyou hook resume {name}")
    wanted = _several(only)
    if strange := sorted(each for each in wanted if not re.fullmatch("[0-9]{1,15}", each)):
        refuse(f"--only: {strange[0]!r} is no number of `wuyou hook missed`.")
    rows = {int(each) for each in wanted}
    say(f"{_write(config, lambda c, _: send_again(c, name, datetime.now(UTC), rows))} go out again.")


def _write(config: Path, change: Callable[[Connection, Store], T], *, make: bool = False) -> T:
    """Returns what `change` says of the database of these settings, in one transaction."""
    settings = settings_of(config)

    async def work() -> T:
        async with opened(settings, make=make) as store:
            return await store.db.write(lambda connection: change(connection, store))

    return go(work())


def _read(config: Path, look: Callable[[Connection, Store], T]) -> T:
    """Returns what `look` finds there."""
    settings = settings_of(config)

    async def work() -> T:
        async with opened(settings) as store:
            return await store.db.read(lambda connection: look(connection, store))

    return go(work())


def _several(words: str) -> set[str]:
    return {each.strip() for each in words.split(",") if each.strip()}


def _named(name: str) -> None:
    if not _NAME.fullmatch(name):
        refuse(f"{name!r} is no name: small letters, digits and hyphens, at most 32, a letter or digit first.")


def _print(rows: list[dict[str, str]], as_json: bool, none: str) -> None:
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    elif rows:
        table(rows[0], [row.values() for row in rows])
    else:
        say(none)
