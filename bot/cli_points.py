"""Commands on points: wuyou ledger verify, balance, entries, reviews, approve, decline, reverse."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, opened, refuse, say, settings_of, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.ledger import Booked, Earning, Entry, Purse, Refusal, Scheme
    from bot.outcome import Points
    from bot.store.ledger import Bad

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

BY = "console"  #: Who decided what is decided here.
_WRONG = {
    "no_entry": "entry {seq} ({key}) can be no entry: its amount, or the way its points go, is impossible",
    "gap": "an entry is missing before entry {seq} ({key})",
    "chain": "entry {seq} ({key}) was changed, or does not follow from the one before it",
    "below_0": "entry {seq} ({key}) takes more points than there were",
    "earlier": "entry {seq} ({key}) is of a time before the one ahead of it",
    "end": "entries are missing behind entry {seq}, or were added past the ledger",
    "balance": "the balance of {key} is not the sum of its entries (all entries are right)",
}
Who = Annotated[str, typer.Argument(metavar="ID", help="A holder's id, a resident's id, street, or mall.")]


# --- the ledger


@app.callback()
def ledger_group() -> None:
    """Points: is the ledger true, and what stands in an account. No names are shown (docs/points.md).

    \b
    Examples:
      wuyou ledger verify
      wuyou ledger balance 5f0c31d2a7b94e10
      wuyou ledger entries 5f0c31d2a7b94e10
      wuyou ledger reviews
      wuyou ledger reverse tenant:9b1c
    """


@app.command()
def verify(config: Config = CONFIG) -> None:
    """Go through the whole ledger and name the first bad entry. Exit code 1 when there is one.

    Each entry is held against the one before it, each balance against the sum of its entries.

    \b
    Example:
      wuyou ledger verify
    """
    settings = settings_of(config)

    async def work() -> tuple[Bad | None, int]:
        from sqlalchemy import func, select

        from bot.store.ledger import first_bad
        from bot.store.ledger_tables import LEDGER

        def look(connection: Connection) -> tuple[Bad | None, int]:
            return first_bad(connection), connection.scalar(select(func.count()).select_from(LEDGER)) or 0

        async with opened(settings) as store:
            return await store.db.read(look)

    bad, count = go(work())
    if bad is not None:
        refuse(f"The ledger is wrong: {_WRONG[bad.what].format(seq=bad.seq, key=bad.key)}.")
    say(f"All {count} entries follow one from another, and every balance is the sum of its entries.")


@app.command()
def balance(who: Who, config: Config = CONFIG, as_json: AsJson = False) -> None:
    """Print what stands in the accounts of one holder, of the street, or of the mall.

    \b
    Examples:
      wuyou ledger balance 5f0c31d2a7b94e10
      wuyou ledger balance street --json
    """
    settings = settings_of(config)

    async def work() -> list[dict[str, object]]:
        from sqlalchemy import select

        from bot.store.ledger_tables import BALANCE

        async with opened(settings) as store:

            def look(connection: Connection) -> list[dict[str, object]]:
                one = who in ("street", "mall")
                mine = BALANCE.c.account == who if one else BALANCE.c.holder == _holder(connection, who)
                rows = connection.execute(select(BALANCE).where(mine).order_by(BALANCE.c.account, BALANCE.c.lot))
                return [{"account": row.account, "year": row.lot or "", "points": row.balance} for row in rows]

            return await store.db.read(look)

    rows = go(work())
    if as_json:
        say(json.dumps(rows, indent=2))
    elif rows:
        table(rows[0], [row.values() for row in rows])
    else:
        refuse(f"Nothing was ever booked for {who!r}.")


@app.command()
def entries(
    who: Annotated[str, typer.Argument(metavar="ID", help="A holder's id, or a resident's.")],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the newest first.")] = 50,
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Print the newest entries of one holder, with their reasons.

    \b
    Example:
      wuyou ledger entries 5f0c31d2a7b94e10 --limit 10
    """
    settings = settings_of(config)

    async def work() -> list[Entry]:
        from bot.store.ledger import newest_of

        async with opened(settings) as store:
            return await store.db.read(lambda c: newest_of(c, _holder(c, who), limit))

    rows: list[dict[str, object]] = [
        {
            "at": f"{entry.at:%Y-%m-%d %H:%M}Z",
            "points": entry.amount,
            "from": str(entry.payer),
            "to": str(entry.payee),
            "year": entry.lot or "",
            "reason": str(entry.reason),
            "for": entry.thing,
        }
        for entry in go(work())
    ]
    if as_json:
        say(json.dumps(rows, indent=2))
    elif rows:
        table(rows[0], [row.values() for row in rows])
    else:
        refuse(f"Nothing was ever booked for {who!r}.")


def _holder(connection: Connection, who: str) -> str:
    """The holder's id of a resident's; any other is taken for a holder's."""
    from sqlalchemy import select

    from bot.store.ledger_tables import PURSE

    return connection.scalar(select(PURSE.c.holder).where(PURSE.c.resident == who)) or who


# --- what a person decides

Thing = Annotated[str, typer.Argument(metavar="THING", help="The key of what was earned for; entries name it.")]
_WHY = {"landlords": "several people registered this tenant", "picture": "a photo that came with another thing before"}


@app.command()
def reviews(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """List what earned nothing yet because a person has to look first, the oldest on top.

    \b
    Example:
      wuyou ledger reviews
    """
    settings = settings_of(config)

    async def work() -> list[Earning]:
        from bot.store.earnings import reviews

        async with opened(settings) as store:
            return await store.db.read(lambda c: reviews(c, 1000))

    rows: list[dict[str, object]] = [
        {
            "thing": each.thing,
            "holder": each.holder,
            "points": each.amount,
            "at": f"{each.at:%Y-%m-%d %H:%M}Z",
            "why": _WHY[each.why],
        }
        for each in go(work())
    ]
    if as_json:
        say(json.dumps(rows, indent=2))
    elif rows:
        table(rows[0], [row.values() for row in rows])
    else:
        say("Nothing waits for a person.")


@app.command()
def approve(thing: Thing, config: Config = CONFIG) -> None:
    """Somebody looked, and it is right: its points are booked, on hold from now on.

    \b
    Example:
      wuyou ledger approve tenant:9b1c
    """
    from bot.ledger import approve

    _decide(config, thing, lambda found, purse, now, scheme: approve(found, purse, BY, now, scheme))
    say(f"{thing}: approved; its points are on hold.")


@app.command()
def decline(thing: Thing, config: Config = CONFIG) -> None:
    """Somebody looked, and it is wrong: nothing is booked, and it counts no more.

    \b
    Example:
      wuyou ledger decline tenant:9b1c
    """
    from bot.ledger import Refusal, decline

    def rule(found: Earning, _purse: Purse, _now: datetime, _scheme: Scheme) -> Booked | Refusal:
        done = decline(found, BY)
        return done if isinstance(done, Refusal) else (done, ())

    _decide(config, thing, rule)
    say(f"{thing}: declined.")


@app.command()
def reverse(thing: Thing, config: Config = CONFIG) -> None:
    """It turned out to be untrue: its points go back. What was spent already is owed, and kept back from what the
    holder earns next.

    \b
    Example:
      wuyou ledger reverse tenant:9b1c
    """
    from bot.ledger import reverse

    _decide(config, thing, lambda found, purse, now, scheme: reverse(found, purse, BY, now, scheme))
    say(f"{thing}: taken back.")


def _decide(config: Config, thing: str, rule: Callable[[Earning, Purse, datetime, Scheme], Booked | Refusal]) -> None:
    """Asks the rule about what was earned for the thing, and commits it; what is refused ends the command."""
    settings = settings_of(config)

    async def work() -> str:
        from bot.ledger import Refusal
        from bot.outcome import Outcome
        from bot.store import Done, Stale, earnings, ledger
        from bot.texts import Texts

        async with opened(settings) as store:
            found = await store.db.read(lambda c: earnings.earning(c, thing))
            if found is None:
                return f"Nothing was ever earned for {thing!r}."
            purse = await store.db.read(partial(ledger.purse, holder=found.holder))
            assert purse is not None
            booked = rule(found, purse, datetime.now(UTC), settings.points.scheme())
            if isinstance(booked, Refusal):
                return Texts.load().say(booked.key, booked.params, "en")
            changes: tuple[Points, ...] = (purse, booked[0])
            try:
                await store.commit(Outcome(f"console:{thing}:{found.version}", changes, entries=booked[1]))
            except (Done, Stale):
                return f"{thing}: somebody changed it at this very moment; nothing was done. Look again."
            return ""

    if refused := go(work()):
        refuse(refused)
