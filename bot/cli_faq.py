"""wuyou faq: the answers, imported, added, listed and withdrawn while the bot runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, list_faults, nearest, opened, refuse, say, settings_of, table

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

#: How long a running bot takes at most to see a change.
_SEEN = "A running bot answers by it within two seconds."


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="A .yml, .yaml or .csv file.")], config: Config = CONFIG) -> None:
    """Import a file of answers; entries of the same id are replaced.

    \b
    YAML: Rasa's training format, as in nlu/data/faq.yml.
    CSV:  id,title,answer,phrasings,source,date,title_en,answer_en
          with "|" between phrasings and dates like 2026-01-31.

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
            await store.faq_put(entries)
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
    config: Config = CONFIG,
) -> None:
    """Add one answer, or change the one of this id.

    \b
    Example:
      wuyou faq add --id library_hours --title 图书馆几点开门 --answer 周二到周日，早九点到晚八点。 \\
        --phrasing 图书馆开门吗 --phrasing 借书几点可以去 --source 街道文化站 --date 2026-01-31
    """
    settings = settings_of(config)
    from bot.faq_file import day, entry_faults
    from bot.outcome import FaqEntry

    phrasings = tuple(each.strip() for each in phrasing or () if each.strip())
    try:
        dated = day(date)
    except ValueError:
        refuse(f'--date "{date}" is not a day YYYY-MM-DD')
    entry = FaqEntry(id, title.strip(), answer.strip(), phrasings, source.strip(), dated, title_en, answer_en)
    if reasons := list(entry_faults(entry)):
        refuse("; ".join(reasons))

    async def work() -> bool:
        async with opened(settings, make=True) as store:
            known = entry.id in store.faq
            await store.faq_put([entry])
            return known

    say(f"{id}: {'changed' if go(work()) else 'added'}. {_SEEN}")


@app.command()
def withdraw(id: Annotated[str, typer.Argument(help="The answer's id.")], config: Config = CONFIG) -> None:
    """Take an answer out of use. It stays in the database; importing or adding it again brings it back.

    \b
    Example:
      wuyou faq withdraw library_hours
    """
    settings = settings_of(config)

    async def work() -> tuple[bool, list[str]]:
        async with opened(settings) as store:
            return await store.faq_withdraw(id), list(store.faq)

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
            (e["id"], e["title"], len(e["phrasings"]), e["source"], e["date"], "sample" if e["sample"] else "")  # type: ignore[arg-type]
            for e in entries
        ]
        table(("id", "title", "phrasings", "source", "date", ""), rows)


@app.command()
def missed(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """List the questions that found no answer, the most asked first: the next entries to write.

    \b
    Example:
      wuyou faq missed
    """
    settings = settings_of(config)

    async def work() -> list[tuple[int, str, str]]:
        async with opened(settings) as store:
            return [(miss.times, f"{miss.last_at:%Y-%m-%d}", miss.words) for miss in await store.misses()]

    found = go(work())
    if as_json:
        names = ("times", "last", "words")
        say(json.dumps([dict(zip(names, each, strict=True)) for each in found], ensure_ascii=False, indent=2))
    elif found:
        table(("times", "last", "question"), found)
    else:
        say("Every question found an answer so far.")
