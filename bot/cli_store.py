"""Commands on what is kept: wuyou import, invite, parked, migrate."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli_terminal import (
    CONFIG,
    AsJson,
    Config,
    go,
    list_faults,
    nearest,
    opened,
    refuse,
    say,
    settings_of,
    show,
    table,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.outcome import Outcome
    from bot.store import Parked
    from routing.directory import Group

parked = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


def import_directory(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with the six CSV files.")],
    config: Config = CONFIG,
) -> None:
    """Import the directory: areas, people, units, groups, duty and addresses.

    \b
    The six files, UTF-8 with a header (docs/configuration.md has an example of each):
      areas.csv      code,parent,kind,name,boundary
      people.csv     id,name,role,area,unit,phone,channel,user_id
      units.csv      code,platform,name,area
      groups.csv     channel,bot,chat_id,area,name,hears
      duty.csv       person,weekday,from,to
      addresses.csv  address_id,text,area,lat,lon
    Three more where you have them (docs/directory.md):
      leave.csv      person,from,to,deputy
      hours.csv      area,weekday,from,to
      holidays.ics   days off, and days worked instead

    The import takes the place of the one before. Every wrong row is named by file, line and reason, and then nothing
    is imported. A running bot works by the new directory within two seconds.

    \b
    Example:
      wuyou import our-street/ --config config.yaml
    """
    settings = settings_of(config)
    if not folder.is_dir():
        refuse(f"{folder} is no folder. Give the one that holds areas.csv, people.csv and the other four.")
    from bot.directory_csv import ImportRefused, read_directory
    from bot.doctor import bots
    from bot.doctor_directory import directory_findings
    from bot.finding import Level

    try:
        rows = read_directory(folder)
    except ImportRefused as refused:
        list_faults(refused.faults, str(folder))

    async def work() -> tuple[int, list[str]]:
        async with opened(settings, make=True) as store:
            otherwise = await store.replace_directory(rows)
            if otherwise:
                await store.commit(announced(otherwise, datetime.now(UTC)))
            return len(otherwise), list(store.reach)

    switched, reach = go(work())
    names = ("areas", "people", "units", "groups", "duty", "addresses")
    counts = [(f"{name}.csv", len(getattr(rows, name))) for name in names]
    more = (("leave.csv", rows.leave), ("hours.csv", rows.hours), ("holidays.ics", rows.holidays))
    table(("imported", "rows"), [*counts, *((file, len(found)) for file, found in more if found)])
    if switched:
        say(f"{switched} groups are heard otherwise than before; the bot says so there.")
    found = list(directory_findings(rows.directory(), reach, bots(settings)))
    show(finding for finding in found if finding.level in (Level.WARNING, Level.BROKEN))


def announced(groups: tuple[Group, ...], now: datetime) -> Outcome:
    """The bot says in each of these groups what it hears from now on."""
    from bot.messages import Address, Button, Lane, Letter
    from bot.outcome import Outcome
    from routing.directory import Hears

    letters = []
    for group in groups:
        other = Hears.MENTION if group.hears is Hears.LISTEN else Hears.LISTEN
        back = Button(f"button.hear_{other}", f"hears:{other}")
        at = Address(group.channel, group.bot, group.chat_id)
        letters.append(Letter(at, f"groups.hears_{group.hears}", lane=Lane.UPDATE, buttons=((back,),)))
    return Outcome(f"import:{now.isoformat()}", letters=tuple(letters), note="groups.switched")


def invite(
    user_id: Annotated[str, typer.Argument(help="A short id of your choice; for staff, their user_id of people.csv.")],
    name: Annotated[str, typer.Argument(help="The name that others in the group see.")],
    groups: Annotated[str, typer.Option(help="Ids of web groups to sit in, with commas between.")] = "",
    config: Config = CONFIG,
) -> None:
    """Make a one-time link to the web chat for one person, and print it.

    The link opens once, within seven days. Groups are those of groups.csv with the channel web. Inviting the same id
    again gives a new link, for a new browser.

    \b
    Examples:
      wuyou invite chen 陈奶奶 --groups w-willow,w-grid1
      wuyou invite cadre-li 李建国
    """
    settings = settings_of(config)
    if not settings.channels.web.enabled:
        refuse("The web channel is off: set channels.web.enabled to true.")
    wanted = [each.strip() for each in groups.split(",") if each.strip()]

    async def work() -> tuple[str, timedelta]:
        from bot.store import web_chat, web_session

        async with opened(settings, make=True) as store:
            there = {group.chat_id: group for group in store.directory.groups if group.channel == "web"}
            for chat in wanted:
                if chat not in there:
                    refuse(f"groups.csv has no web group {chat!r}{nearest(chat, there)}")
            now = datetime.now(UTC)

            def write(connection: Connection) -> str:
                web_chat.add_user(connection, user_id, name, now, store.keys)
                web_chat.open_private(connection, user_id)
                for chat in wanted:
                    web_chat.add_group(connection, chat, there[chat].name)
                    web_chat.join(connection, chat, [user_id])
                return web_session.invite(connection, user_id, now)

            return await store.db.write(write), web_session.LINK_LIVES

    try:
        token, lives = go(work())
    except ValueError as error:
        refuse(str(error))
    base = settings.web.public_url.rstrip("/") or f"http://{settings.web.host}:{settings.web.port}"
    say(f"{base}/join/{token}")
    typer.echo(f"This link opens once, within {lives.days} days, for {name}. Give it to nobody else.", err=True)
    if not settings.web.public_url:
        typer.echo("It leads to this machine only: set web.public_url to the address people use.", err=True)


@parked.callback()
def parked_list(context: typer.Context, config: Config = CONFIG, as_json: AsJson = False) -> None:
    """Messages that failed three times and wait for a person: list them, put one back in line.

    \b
    Examples:
      wuyou parked
      wuyou parked list --json
      wuyou parked retry telegram:bot1:41
    """
    if context.invoked_subcommand is None:
        list_(config, as_json)


@parked.command("list")
def list_(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """List them, the oldest first. Their words are not shown.

    \b
    Example:
      wuyou parked list
    """
    settings = settings_of(config)

    async def work() -> list[Parked]:
        async with opened(settings) as store:
            return await store.parked(1000)

    rows = [
        {
            "cause": each.cause,
            "kind": each.inbound.kind.value,
            "chat": each.inbound.at.chat,
            "sent": f"{each.inbound.sent_at:%Y-%m-%d %H:%M}Z",
            "tries": each.tries,
            "error": each.error,
        }
        for each in go(work())
    ]
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    elif rows:
        table(rows[0], [row.values() for row in rows])
    else:
        say("Nothing is parked.")


@parked.command()
def retry(
    cause: Annotated[str, typer.Argument(help="The cause, as `wuyou parked list` names it.")], config: Config = CONFIG
) -> None:
    """Put a message back in line; a running bot takes it up within two seconds.

    \b
    Example:
      wuyou parked retry telegram:bot1:41
    """
    settings = settings_of(config)

    async def work() -> tuple[bool, list[str]]:
        async with opened(settings) as store:
            return await store.retry(cause), [each.cause for each in await store.parked(1000)]

    done, causes = go(work())
    if not done:
        refuse(f"Nothing is parked under {cause!r}{nearest(cause, causes)}")
    say(f"{cause}: back in line.")


def migrate(
    direction: Annotated[Literal["up", "down"], typer.Argument(help="up to the newest tables, or down one step.")],
    to: Annotated[str, typer.Option(help='A revision; "base" is an empty database.')] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before going down.")] = False,
    config: Config = CONFIG,
) -> None:
    """Bring the tables to another revision: all steps or none.

    `wuyou run` goes up by itself. Going down loses what the older tables have no room for: stop the bot and back up
    first.

    \b
    Examples:
      wuyou migrate up
      wuyou migrate down --to 0001
    """
    settings = settings_of(config)
    if direction == "down" and not yes:
        typer.confirm("Going down can lose data. Is the bot stopped, and is there a backup?", abort=True)

    async def work() -> tuple[str, str]:
        from bot.store import Database
        from bot.store.migrate import current, migrate

        db = Database.open(settings.database)
        try:
            before = db.read_now(current)
            there = to or ("head" if direction == "up" else _below(before))
            migrate(db, there)
            return str(before or "base"), str(db.read_now(current) or "base")
        finally:
            await db.close()

    before, after = go(work())
    say(f"The tables are at {after}." if before == after else f"The tables went from {before} to {after}.")


def _below(revision: str | None) -> str:
    """The revision before this one."""
    from alembic.script import ScriptDirectory

    from bot.store import migrations

    if revision is None:
        return "base"
    found = ScriptDirectory(str(Path(migrations.__file__ or "").parent)).get_revision(revision)
    return str(found.down_revision or "base") if found else "base"
