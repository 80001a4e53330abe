"""wuyou faq: the answers, imported, added, listed and withdrawn while the bot runs."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, list_faults, nearest, opened, refuse, say, settings_of, table
from bot.cli_topics import misses
from nlu.audience import Audience

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

#: How long a running bot takes at most to see a change.
_SEEN = "A running bot answers by it within a second."

By = Annotated[str, typer.Option("--by", help="Who changes it, for its history; else your name on this machine.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A .yml, .yaml or .csv file.")], by: By = "", config: Config = CONFIG
) -> None:
    """Import a file of answers; entries of the same id are replaced.

    \b
    YAML: Rasa's training format, as in nlu/data/faq.yml.
    CSV:  id,title,answer,phrasings,source,date,title_en,answer_en
          with "|" between phrasings and dates like 2026-01-31; and if you want them
          valid_from,valid_until,area,audience,instead_of (see docs/configuration.md).

    A wrong row is named by file, line and reason, and then nothing is imported.

    \b
    Example:
      wuyou faq import answers.csv
    """
    settings = settings_of(config)
    from bot.faq_file import ImportRefused, read_faq

    try:
        entries = read_faq(file)
    except ImportRefused as refused:
        list_faults(refused.faults, file.name)

    async def work() -> tuple[int, int]:
        async with opened(settings, make=True) as store:
            before = set(store.faq)
            await store.faq_put(entries, by or _me())
            return len({entry.id for entry in entries} - before), len(store.faq)

    new, total = go(work())
    say(f"{len(entries)} answers imported: {new} new, {len(entries) - new} replaced; the FAQ has {total} now. {_SEEN}")


@app.command()
def add(
    id: Annotated[str, typer.Option(help="A short name: a-z, 0-9, '_', '.' and '-'.")],
    title: Annotated[str, typer.Option(prompt=True, help="The question as a heading.")],
    answer: Annotated[str, typer.Option(prompt=True, help="At most three short sentences.")],
    phrasing: Annotated[list[str] | None, typer.Option(help="How people ask it; give it several times.")] = None,
    source: Annotated[str, typer.Option(help="Who says so; quoted with the answer.")] = "",
    date: Annotated[str, typer.Option(help="As of when, YYYY-MM-DD.")] = "",
    title_en: Annotated[str, typer.Option(help="The heading in English.")] = "",
    answer_en: Annotated[str, typer.Option(help="The answer in English.")] = "",
    valid_from: Annotated[str, typer.Option("--from", help="Answered from this day on, YYYY-MM-DD.")] = "",
    valid_until: Annotated[str, typer.Option("--until", help="Answered up to this day.")] = "",
    area: Annotated[str, typer.Option(help="The code of the only area in which it holds.")] = "",
    audience: Annotated[str, typer.Option(help=f"Whom it is for: {', '.join(filter(None, Audience))}.")] = "",
    instead_of: Annotated[str, typer.Option(help="The id of the general answer that it stands for there.")] = "",
    by: By = "",
    config: Config = CONFIG,
) -> None:
    """Add one answer, or change the one of this id.

    \b
    Example:
      wuyou faq add --id library_hours --title 图书馆几点开门 --answer 周二到周日，早九点到晚八点。 \\
        --phrasing 图书馆开门吗 --phrasing 借书几点可以去 --source 街道文化站 --date 2026-01-31
    """
    settings = settings_of(config)
    from bot.faq_file import entry_faults, entry_of

    reasons: list[str] = []
    words = {
        "id": id, "title": title, "answer": answer, "phrasings": "|".join(phrasing or ()), "source": source,
        "date": date, "title_en": title_en, "answer_en": answer_en, "valid_from": valid_from,
        "valid_until": valid_until, "area": area, "audience": audience, "instead_of": instead_of,
    }  # fmt: skip
    entry = entry_of(words, reasons.append)
    if reasons := reasons or list(entry_faults(entry)):
        refuse("; ".join(reasons))

    async def work() -> bool:
        async with opened(settings, make=True) as store:
            known = entry.id in store.faq
            await store.faq_put([entry], by or _me())
            return known

    say(f"{id}: {'changed' if go(work()) else 'added'}. {_SEEN}")


@app.command()
def withdraw(id: Annotated[str, typer.Argument(help="The answer's id.")], by: By = "", config: Config = CONFIG) -> None:
    """Take an answer out of use. It stays in the database; importing or adding it again brings it back.

    \b
    Example:
      wuyou faq withdraw library_hours
    """
    settings = settings_of(config)

    async def work() -> tuple[bool, list[str]]:
        async with opened(settings) as store:
            return await store.faq_withdraw(id, by or _me()), list(store.faq)

    done, ids = go(work())
    if not done:
        refuse(f"No answer in use has the id {id!r}{nearest(id, ids)}")
    say(f"{id}: withdrawn. {_SEEN}")


@app.command("list")
def list_(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """List the answers in use.

    \b
    Examples:
      wuyou faq list
      wuyou faq list --json > answers.json
    """
    settings = settings_of(config)

    async def work() -> list[dict[str, object]]:
        async with opened(settings) as store:
            return [
                {
                    "id": entry.id,
                    "title": entry.title,
                    "answer": entry.answer,
                    "phrasings": list(entry.phrasings),
                    "source": entry.source,
                    "date": str(entry.dated or ""),
                    "title_en": entry.title_en,
                    "answer_en": entry.answer_en,
                    "sample": entry.sample,
                    "version": entry.version,
                    "valid_from": str(entry.valid_from or ""),
                    "valid_until": str(entry.valid_until or ""),
                    "area": entry.area,
                    "audience": entry.audience.value,
                    "instead_of": entry.instead_of,
                    "changed_at": entry.changed_at and entry.changed_at.isoformat(),
                    "changed_by": entry.changed_by,
                }
                for entry in store.faq.values()
            ]

    entries = go(work())
    if as_json:
        say(json.dumps(entries, ensure_ascii=False, indent=2))
    elif not entries:
        say("The FAQ is empty: wuyou faq import FILE, or wuyou faq add.")
    else:
        rows = [
            (e["id"], e["title"], len(e["phrasings"]), e["source"], e["date"], _holds(e))  # type: ignore[arg-type]
            for e in entries
        ]
        table(("id", "title", "phrasings", "source", "date", ""), rows)


@app.command()
def history(
    id: Annotated[str, typer.Argument(help="The answer's id.")], config: Config = CONFIG, as_json: AsJson = False
) -> None:
    """Show what an answer said, who changed it and when, the newest first.

    \b
    Example:
      wuyou faq history library_hours
    """
    settings = settings_of(config)

    async def work() -> list[dict[str, object]]:
        async with opened(settings) as store:
            return [
                {"version": each.version, "at": each.at.isoformat(), "by": each.by, "said": each.said}
                for each in await store.faq_history(id)
            ]

    changes = go(work())
    if as_json:
        say(json.dumps(changes, ensure_ascii=False, indent=2))
    elif not changes:
        say(f"Nothing is known of changes to {id!r}.")
    else:
        rows = [(e["version"], str(e["at"])[:16], e["by"], _said(e["said"])) for e in changes]
        table(("version", "at (UTC)", "by", "it said"), rows)


def _said(said: object) -> str:
    return f"{said['title']}: {said['answer']}" if isinstance(said, dict) and said else "(withdrawn)"


def _holds(entry: dict[str, object]) -> str:
    """Where, for whom and how long it holds, and whether it is the sample street's."""
    until = f"until {entry['valid_until']}" if entry["valid_until"] else ""
    since = f"from {entry['valid_from']}" if entry["valid_from"] else ""
    words = (since, until, entry["area"], entry["audience"], "sample" if entry["sample"] else "")
    return ", ".join(str(each) for each in words if each)


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"


app.command()(misses)
