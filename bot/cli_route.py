"""wuyou route: why a matter goes where it goes, and what other rules would change."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli_route_past import case_at, street_at
from bot.cli_terminal import (
    CONFIG,
    AsJson,
    Config,
    go,
    nearest,
    opened,
    quiet,
    refuse,
    say,
    settings_of,
    table,
)

if TYPE_CHECKING:
    from bot.cli_ask import Street
    from bot.config import Settings
    from bot.route_past import Day
    from bot.route_trial import Change, Trial
    from bot.route_words import Explained
    from routing.case import Case
    from routing.directory import Directory, Group
    from routing.route import Route
    from routing.rules import Rules

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_SPAN = re.compile(r"([1-9]\d{0,4})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}
_SHOWN = 50  #: Changes shown in the table; with --json all.

RulesFile = Annotated[Path | None, typer.Option("--rules", metavar="FILE", help="By these rules, not those in force.")]


@app.callback()
def rule_of() -> None:
    """Who gets which matter, and why; what other rules would change (docs/routing.md).

    \b
    Examples:
      wuyou route explain --demo "路灯坏了"
      wuyou route try rules.yaml --since 30d
    """


@app.command(short_help="Say where a matter would go, by which rule, and why.")
def explain(
    text: Annotated[str, typer.Argument(help="What a resident writes.")] = "",
    config: Config = CONFIG,
    demo: Annotated[bool, typer.Option("--demo", help="On the sample street; needs no configuration.")] = False,
    group: Annotated[str, typer.Option(help="The id of the group it is written in; else no group.")] = "",
    at: Annotated[str, typer.Option(help="Local time: 23:00 (today) or 2026-01-31T23:00; else now.")] = "",
    kind: Annotated[str, typer.Option(help="The kind of matter, if the words are not to decide: service.light.")] = "",
    rules: RulesFile = None,
    case: Annotated[str, typer.Option(help="Instead of words: the number of a case, as of when it was sent.")] = "",
    on: Annotated[str, typer.Option(help="As of that local day: 2026-10-03.")] = "",
    lang: Annotated[Literal["", "zh", "en"], typer.Option(help="Language of the explanation.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say which rule decides, which unit and person get the matter, and why. Nothing is stored or sent.

    With --on, or --case, by the address book, the rosters and the rules of that day, as far back as they are on record.

    \b
    Examples:
      wuyou route explain --demo "路灯坏了" --group g001
      wuyou route explain "半夜装修" --at 23:30 --rules rules.yaml
      wuyou route explain "半夜装修" --on 2026-10-03 --at 23:30
      wuyou route explain --case "3816 4275"
    """
    quiet("error")
    if bool(text) == bool(case) or (case and (demo or group or at or kind)) or (on and demo):
        refuse("Give words, or --case NUMBER without --group, --at and --kind; --on needs an address book of your own.")
    from bot.cli_ask import sample
    from bot.route_past import of_the_day
    from bot.route_words import sentences
    from bot.texts import Texts

    settings = sample() if demo else settings_of(config)
    texts = Texts.load(settings.texts.language)
    day: Day | None
    before: list[str] = []
    after: list[str] = []
    if case:
        found, day, before, after = go(case_at(settings, case, _day(on), rules, texts, lang))
        directory, used = day.directory, day.rules
    else:
        found, directory, used, day = go(
            _explained(text, settings, demo, group, _moment(at, on), kind, rules, bool(on))
        )
    by = of_the_day(day, texts, lang) if day else []
    lines = [*before, *by, *sentences(found, used, directory, texts, lang), *after]
    if as_json:
        told = _told(found, used, lines) | ({"text": ""} if case else {})
        past = day and {
            "at": day.at.isoformat(),
            "imported": day.imported.isoformat(),
            "ruled": day.ruled and day.ruled.isoformat(),
        }
        say(json.dumps({**told, "past": past}, ensure_ascii=False, indent=2))
    else:
        say("\n".join(lines))


@app.command("try", short_help="Route past cases by other rules, and say what would change.")
def try_(
    file: Annotated[Path, typer.Argument(metavar="RULES.yaml", help="The rules on trial.")],
    since: Annotated[str, typer.Option(help="How far back: 12h, 30d, 8w.")] = "30d",
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Route the cases of the last days by the rules in force and by others, and list what would go elsewhere.

    Nothing is changed. Each case is routed as it was reported, by today's directory and with nobody busy, so that what
    differs comes of the rules alone. Words of residents are compared, never shown.

    \b
    Examples:
      wuyou route try rules.yaml
      wuyou route try rules.yaml --since 8w --json
    """
    settings = settings_of(config)
    start = datetime.now(UTC) - _span(since)
    trial, present, other = go(_tried(settings, file, start))
    if as_json:
        say(json.dumps(_listed(trial, present, other, start), ensure_ascii=False, indent=2))
        return
    say(f"{trial.cases} cases since {start:%Y-%m-%d}; {len(trial.changes)} would go elsewhere.")
    if not trial.changes:
        return
    table(("moved", "by rule"), [(times, name or "(the catalogue)") for name, times in trial.by_rule().items()])
    table(("case", "reported", "kind", "place", "now", "then", "rule"), map(_row, trial.changes[:_SHOWN]))
    if len(trial.changes) > _SHOWN:
        say(f"... and {len(trial.changes) - _SHOWN} more: --json lists all.")


@app.command("rules", short_help="Print the rules that Wuyou comes with.")
def rules_() -> None:
    """Print the shipped rules, to begin your own with.

    \b
    Example:
      wuyou route rules > rules.yaml
    """
    from bot.rules_file import shipped

    say(Path(shipped().file).read_text("utf-8").rstrip("\n"))


def _moment(text: str, on: str = "") -> datetime:
    """The instant of --at, on the day of --on; aware UTC."""
    from routing.sla import LOCAL

    now = datetime.now(LOCAL)
    day = _day(on) or now.date()
    try:
        if not text or re.fullmatch(r"\d\d:\d\d", text):
            clock = time.fromisoformat(text) if text else now.time()
            found = datetime.combine(day, clock, LOCAL)
        elif on:
            refuse(f"--at {text!r}: with --on write the time of day alone, 23:00.")
        else:
            found = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"--at {text!r} is no time; write 23:00 or 2026-01-31T23:00.")
    found = (found if found.tzinfo else found.replace(tzinfo=LOCAL)).astimezone(UTC)
    if on and found > datetime.now(UTC) + timedelta(minutes=1):
        refuse(f"--on {on}: that is still to come, and nobody knows the address book of then.")
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        refuse(f"--on {text!r} is no day; write 2026-10-03.")


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None:
        refuse(f"--since {text!r} is no length of time; write 12h, 30d or 8w.")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


async def _explained(
    text: str, settings: Settings, demo: bool, chat: str, now: datetime, kind: str, file: Path | None, past: bool
) -> tuple[Explained, Directory, Rules, Day | None]:
    from bot.cli_ask import street_of
    from bot.route_words import explain as explained
    from bot.rules_file import read_rules, rules_of
    from routing.platforms import CATEGORIES

    if kind and kind not in CATEGORIES:
        refuse(f"--kind {kind!r} is no category{nearest(kind, CATEGORIES)}")
    day: Day | None = None
    if past:
        street, day = await street_at(settings, now, file)
        used = day.rules
    else:
        street = await street_of(settings, demo)
        used = read_rules(file, street.directory) if file else rules_of(settings.routing.rules)
    groups = {each.chat_id: each for each in street.directory.groups}
    if chat and chat not in groups:
        refuse(f"The directory has no group {chat!r}{nearest(chat, groups)}")
    case = await _reported(text, settings, street, groups.get(chat), now, kind)
    group = groups.get(chat)
    source = f"{group.channel}:{group.bot}" if group else "web:web"
    reach = day.reach if day else street.reach
    return explained(case, street.directory, reach, now, used, source), street.directory, used, day


async def _reported(
    text: str, settings: Settings, street: Street, group: Group | None, now: datetime, kind: str
) -> Case:
    """The case as the report desk would open it; where that would ask for the kind, of the likeliest one."""
    from bot.__main__ import written
    from bot.cli_ask import engines
    from bot.desks.sorting import OTHER, chosen, of_first, sort
    from bot.knowledge import Asker, Knowledge
    from bot.learnt import model_of
    from routing.address import match, sure
    from routing.case import Case, State
    from routing.sla import LOCAL

    model = model_of(settings, written())
    knowledge = Knowledge(model.background, model.entries)
    knowledge.follow(street.faq, street.directory, now.astimezone(LOCAL).date())
    lexicon = knowledge.heard_by(Asker((group.area,) if group else ())).lexicon
    nlu, _ = await engines(settings, model, lexicon.whole)
    try:
        heard = await nlu.understand(text, topic=None, lexicon=lexicon, now=now)
    finally:
        for engine in (nlu.remote, nlu.encoder):
            if engine is not None:
                await engine.close()
    sorting = chosen(kind, heard.violent) if kind else sort(of_first(heard), alone=True)
    best = heard.category.label if heard.category else OTHER
    guess = sorting if sorting.category else chosen(best if best else OTHER, heard.violent)
    named = " ".join(span.text for span in heard.places)
    place = sure(match(named, None, group.area if group else None, street.directory)) if named else None
    return Case(
        "11111111",
        State.RECEIVED,
        "resident",
        "talk",
        "1",
        now,
        text,
        guess.category,
        sorting.sure,
        guess.urgency,
        guess.private,
        grid=(place.grid or "") if place else group.area if group else "",
    )


def _told(found: Explained, used: Rules, lines: list[str]) -> dict[str, Any]:
    case, way, rule = found.case, found.route, found.verdict.rule
    return {
        "text": case.words,
        "category": case.category,
        "sure": case.category_sure,
        "urgency": case.urgency,
        "grid": case.grid,
        "source": found.facts.source,
        "at": found.facts.reported.isoformat(),
        "rules": {"file": used.file, "version": used.version},
        "rule": rule and {"name": rule.name, "line": rule.line},
        "failed": [
            {"name": each.name, "line": each.line, "condition": missing.value} for each, missing in found.verdict.failed
        ],
        **_route(way),
        "on_duty": way.on_duty,
        "kept_out": {"people": sorted(way.kept_out.people), "units": sorted(way.kept_out.units)},
        "reason": way.reason,
        "words": lines,
    }


def _route(way: Route) -> dict[str, Any]:
    return {
        "platform": str(way.platform),
        "unit": way.unit,
        "assist": list(way.assist),
        "person": way.person,
        "level": str(way.level),
    }


async def _tried(settings: Settings, file: Path, start: datetime) -> tuple[Trial, Rules, Rules]:
    from bot.config import ConfigError
    from bot.route_trial import try_rules
    from bot.rules_file import read_rules, rules_of
    from bot.store.past_cases import past

    present = rules_of(settings.routing.rules)
    async with opened(settings) as store:
        try:
            other = read_rules(file, store.directory)
        except ConfigError as error:
            refuse(f"{error}\nThese rules were not tried.")
        end = datetime.now(UTC)
        return (
            await store.db.read(
                lambda connection: try_rules(
                    past(connection, store.keys, start, end), present, other, store.directory, store.reach
                )
            ),
            present,
            other,
        )


def _listed(trial: Trial, present: Rules, other: Rules, start: datetime) -> dict[str, Any]:
    return {
        "rules": {"file": other.file, "version": other.version},
        "against": {"file": present.file, "version": present.version},
        "since": start.isoformat(),
        "cases": trial.cases,
        "changed": len(trial.changes),
        "by_rule": trial.by_rule(),
        "changes": [
            {
                "case": each.case.number,
                "opened_at": each.case.opened_at.isoformat(),
                "category": each.case.category,
                "grid": each.case.grid,
                "now": {**_route(each.now), "rule": each.now.rule},
                "then": {**_route(each.then), "rule": each.then.rule},
            }
            for each in trial.changes
        ],
    }


def _row(change: Change) -> tuple[str, ...]:
    from routing.sla import LOCAL

    case = change.case
    return (
        case.shown,
        f"{case.opened_at.astimezone(LOCAL):%m-%d %H:%M}",
        case.category or "-",
        case.grid or "-",
        _short(change.now),
        _short(change.then),
        change.then.rule or "(the catalogue)",
    )


def _short(way: Route) -> str:
    units = " + ".join((way.unit or str(way.platform), *way.assist))
    return f"{units} → {way.person or 'nobody'}"
