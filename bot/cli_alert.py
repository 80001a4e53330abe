"""Commands on alerts: wuyou alert list, show, takeback. Nobody approves one from a terminal: that takes a signature."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, nearest, opened, refuse, say, settings_of, table

if TYPE_CHECKING:
    from bot.outcome import Outcome, Scene
    from bot.store.fanout_reads import Progress, Unreached
    from routing.alert import Alert, AlertStep
    from routing.directory import Directory

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

#: How a group's letter stands, of each ring.
_COUNTS = ("sent", "waiting", "held", "unknown", "failed", "withdrawn")

Id = Annotated[str, typer.Argument(metavar="ALERT", help='Its number: a38164275, or "A 3816 4275".')]


@app.callback()
def alert() -> None:
    """Alerts: missing persons, storm warnings, notices (docs/alerts.md).

    \b
    Examples:
      wuyou alert list
      wuyou alert show a38164275
      wuyou alert takeback a38164275 found --by desk1
    """


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over as well.")] = False,
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """List the alerts somebody still has something to do with, the newest first. Names of persons are not shown.

    \b
    Example:
      wuyou alert list --all
    """
    settings = settings_of(config)
    from routing.alert import OPEN, State

    async def work() -> list[Alert]:
        async with opened(settings) as store:
            return await store.alerts(State if everything else OPEN, 1000)

    found = go(work())
    if as_json:
        say(json.dumps([_facts(each) for each in found], ensure_ascii=False, indent=2))
    elif not found:
        say("There is no alert.")
    else:
        columns = ("number", "kind", "state", "area", "ring", "until")
        table(
            columns,
            (
                (a.shown, a.kind + (" (drill)" if a.exercise else ""), a.state, a.area, a.ring or "",
                 f"{a.expires_at:%Y-%m-%d %H:%M}Z" if a.expires_at and a.out else "")
                for a in found
            ),
        )  # fmt: skip


@app.command()
def show(alert: Id, config: Config = CONFIG, as_json: AsJson = False) -> None:
    """Show how far an alert is, which groups did not get it, and what was done to it, by whom and when. What it says of
    a person is not shown.

    \b
    Example:
      wuyou alert show a38164275
    """
    settings = settings_of(config)

    async def work() -> tuple[Alert | None, tuple[AlertStep, ...], list[Alert], Progress, list[Unreached]]:
        from bot.store.fanout_reads import progress, unreached
        from routing.alert import State

        async with opened(settings) as store:
            its, now = _id(alert), datetime.now(UTC)
            how = await store.db.read(lambda c: progress(c, its, {}, now))
            bad = await store.db.read(lambda c: unreached(c, its))
            return await store.alert(its), await store.alert_steps(its), await store.alerts(State, 1000), how, bad

    found, steps, others, how, bad = go(work())
    if found is None:
        refuse(_none(alert, others))
    if as_json:
        done = [{"at": s.at.isoformat(), "verb": s.verb, "by": s.by, "to": s.to} for s in steps]
        parts = {tag: {name: getattr(count, name) for name in _COUNTS} for tag, count in how.parts.items()}
        missed = [{"chat": f"{e.to.channel}:{e.to.bot}:{e.to.chat}", "state": e.state, "why": e.error} for e in bad]
        facts = _facts(found) | {"groups": parts, "unreached": missed, "steps": done}
        say(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for name, value in _facts(found).items():
        if value not in ("", None, [], False):
            say(f"{name:<12} {', '.join(value) if isinstance(value, list) else value}")
    if how.parts:
        table(("groups", *_COUNTS), ((tag, *(getattr(n, each) for each in _COUNTS)) for tag, n in how.parts.items()))
    for each in bad:
        what = "was not told that it is over" if each.recall else "did not get it"
        say(f"{each.to.channel} {each.to.bot} {each.to.chat} {what}: {each.state} ({each.error})")
    table(("at", "what", "by", "to"), ((f"{s.at:%Y-%m-%d %H:%M:%S}Z", s.verb, s.by, s.to) for s in steps))


@app.command()
def takeback(
    alert: Id,
    ending: Annotated[str, typer.Argument(help="Why it ends: found, false or withdrawn.")],
    by: Annotated[str, typer.Option(help="An id of people.csv: who takes it back.")],
    why: Annotated[str, typer.Option(help="For the record alone; no group reads it.")] = "",
    config: Config = CONFIG,
) -> None:
    """Take an alert back everywhere, at once. A running bot sends it out.

    \b
    Example:
      wuyou alert takeback a38164275 found --by desk1
    """
    settings = settings_of(config)
    from routing.alert import Ending

    endings = [each.value for each in Ending if each is not Ending.EXPIRED]
    if ending not in endings:
        refuse(f"{ending!r} is no end{nearest(ending, endings)} There are {', '.join(endings)}.")

    async def work() -> None:
        from bot.alert_door import do
        from bot.desks import missing
        from bot.standing import standing_of
        from bot.texts import Texts
        from nlu.masks import mask
        from routing.alert import State

        def decide(scene: Scene, directory: Directory, now: datetime) -> Outcome:
            return missing.take_back(cause, scene, directory, now, by=by, ending=Ending(ending), why=mask(why))

        cause = f"command:{secrets.token_hex(8)}"
        async with opened(settings) as store:
            store.standing = standing_of(settings, {})
            if by not in store.directory.people:
                refuse(f"people.csv has no {by!r}{nearest(by, store.directory.people)}")
            if await store.alert(_id(alert)) is None:
                refuse(_none(alert, await store.alerts(State, 1000)))
            try:
                await do(store, _id(alert), cause, decide, lambda: datetime.now(UTC))
            except missing.Refused as refused:
                refuse(Texts.load(settings.texts.language).say(f"alerts.refused.{refused.reason}"))

    go(work())
    say(f"{_id(alert)} is taken back.")


def _id(written: str) -> str:
    """Reads "A 3816 4275" and "38164275" as well."""
    return "a" + "".join(char for char in written if char.isdigit())


def _none(alert: str, others: list[Alert]) -> str:
    return f"There is no alert {alert!r}{nearest(_id(alert), [each.id for each in others])}"


def _facts(alert: Alert) -> dict[str, Any]:
    """What may be shown of an alert: nothing of the person."""
    times = {name: getattr(alert, name) for name in ("created_at", "live_at", "expires_at", "corrected_at", "ended_at")}
    return {
        "id": alert.id, "kind": alert.kind, "state": alert.state, "exercise": alert.exercise, "area": alert.area,
        "case": alert.case, "author": alert.author, "writers": list(alert.writers), "approver": alert.approver,
        "asked": list(alert.asked), "ring": alert.ring, "ending": alert.ending, "erased": alert.erased,
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }  # fmt: skip
