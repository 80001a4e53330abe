"""Commands on those at the desk: wuyou desk invite, list, revoke, audit"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from bot.cli_terminal import CONFIG, REFUSED, AsJson, Config, go, nearest, opened, refuse, say, settings_of, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.store.accounts import Account
    from bot.store.accounts_audit import Entry

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

BY = "console"  #: Who did what is done here.


@app.callback()
def desk() -> None:
    """Accounts of the desk's page: who may sign in (docs/desk.md).

    \b
    Examples:
      wuyou desk invite desk1
      wuyou desk list
      wuyou desk revoke desk1
    """


@app.command("invite")
def invite(
    person: Annotated[str, typer.Argument(help="An id of people.csv whose role has work on the page.")],
    config: Config = CONFIG,
) -> None:
    """Make a set-up code for one person, and print it with the page's address. It is shown this once.

    The person chooses a password with it, once, within three days. Inviting somebody again makes a new code; with it
    a forgotten password is replaced, and every browser of theirs is signed out.

    \b
    Example:
      wuyou desk invite desk1
    """
    settings = settings_of(config)
    from bot.desks.permits import RIGHTS

    async def work() -> str:
        from bot.store import accounts, accounts_audit
        from bot.store.accounts_audit import Deed

        async with opened(settings, make=True) as store:
            people = store.directory.people
            known = people.get(person)
            if known is None:
                refuse(f"people.csv has no {person!r}{nearest(person, people)}")
            if known.role not in RIGHTS:
                roles = ", ".join(sorted(RIGHTS))
                refuse(f"{person} is a {known.role}: they work with their cards. The page is for {roles}.")
            now = datetime.now(UTC)

            def write(connection: Connection) -> str:
                accounts_audit.write(connection, store.house, BY, Deed.INVITE, person, now)
                return accounts.invite(connection, person, now)

            return await store.db.write(write)

    code = go(work())
    say(f"code  {code}")
    at = settings.web.public_url.rstrip("/") or f"http://{settings.web.host}:{settings.web.port}"
    say(f"page  {at}/desk/setup#{quote(code)}")
    typer.echo("It is shown this once and sets one password within three days. Give it to that person alone.", err=True)


@app.command("list")
def list_(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """List the accounts: role, area, state, and how many browsers are signed in.

    \b
    Example:
      wuyou desk list
    """
    settings = settings_of(config)

    async def work() -> list[dict[str, str]]:
        from bot.store import accounts

        async with opened(settings) as store:
            now, people, areas = datetime.now(UTC), store.directory.people, store.directory.areas
            found = []
            for each in await store.db.read(lambda c: accounts.accounts(c, now)):
                who = people.get(each.person)
                area = areas.get(who.area) if who else None
                row = {"person": each.person, "name": who.name if who else "", "role": str(who.role) if who else ""}
                row |= {"area": area.name if area else "", "state": _state(each, now, known=who is not None)}
                found.append(row | {"signed in": str(each.sessions)})
            return found

    rows = go(work())
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    elif rows:
        table(rows[0], [row.values() for row in rows])
    else:
        say("Nobody may sign in: wuyou desk invite PERSON")


@app.command("revoke")
def revoke(
    person: Annotated[str, typer.Argument(help="As `wuyou desk list` names them.")], config: Config = CONFIG
) -> None:
    """Close an account. Password and code are gone, and every browser of theirs is signed out at once.

    \b
    Example:
      wuyou desk revoke desk1
    """
    settings = settings_of(config)

    async def work() -> tuple[bool, list[str]]:
        from bot.store import accounts, accounts_audit
        from bot.store.accounts_audit import Deed

        async with opened(settings) as store:
            now = datetime.now(UTC)

            def write(connection: Connection) -> bool:
                done = accounts.revoke(connection, person, now)
                if done:
                    accounts_audit.write(connection, store.house, BY, Deed.REVOKE, person, now)
                return done

            done = await store.db.write(write)
            there = await store.db.read(lambda c: accounts.accounts(c, now))
            return done, [each.person for each in there if each.revoked_at is None]

    done, names = go(work())
    if not done:
        refuse(f"{person!r} has no account that is open{nearest(person, names)}")
    say(f"{person}: closed.")


@app.command("audit")
def audit(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 50,
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show who signed in, who looked up a reporter and why, and whether the book is whole.

    Exit code 1: a line was changed or taken out; it is named.

    \b
    Example:
      wuyou desk audit --limit 20
    """
    settings = settings_of(config)

    async def work() -> tuple[list[Entry], int | None]:
        from bot.store import accounts_audit

        async with opened(settings) as store:
            found = await store.db.read(lambda c: accounts_audit.entries(c, store.keys, store.house, limit))
            return found, await store.db.read(accounts_audit.first_bad)

    entries, bad = go(work())
    rows = [
        {
            "at": f"{each.at:%Y-%m-%d %H:%M:%S}Z",
            "by": each.by,
            "deed": each.deed.value,
            "subject": each.subject,
            "reason": each.reason,
        }
        for each in entries
    ]
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    elif rows:
        table(rows[0], [row.values() for row in rows])
    else:
        say("Nothing is written down yet.")
    if bad is not None:
        refuse(f"The book is not whole: line {bad} does not follow from the one before it.", REFUSED)


def _state(account: Account, now: datetime, *, known: bool) -> str:
    if account.revoked_at is not None:
        return "revoked"
    if not known:
        return "left the directory"
    if account.code_until is not None and account.code_until > now:
        return f"code until {account.code_until:%Y-%m-%d %H:%M}Z"
    return "open" if account.ready else "code too old"
