"""wuyou topics, wuyou faq misses: what was reported on a day, and what was asked without an answer, by likeness."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, opened, refuse, say, settings_of, table

if TYPE_CHECKING:
    from bot.misses import Day, Missed

_SHOWN = 3  #: Questions and reports shown of each group.
_LONGEST = 40


def misses(
    days: Annotated[int, typer.Option(min=1, max=90, help="How many days back.")] = 30,
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """List what people asked and the bot could not answer, like questions together, the most asked first.

    Counted are questions to the bot that it asked back, handed to a person, or answered without help. Numbers of people
    are masked; what nobody asks again for 90 days is forgotten, and so is what an answer has as its phrasing.

    \b
    Examples:
      wuyou faq misses
      wuyou faq misses --days 7 --json
    """
    settings = settings_of(config)
    from bot.misses import missed

    async def work() -> tuple[Missed, ...]:
        async with opened(settings) as store:
            return await missed(store, datetime.now(UTC) - timedelta(days=days))

    found = go(work())
    if as_json:
        rows = [
            {"times": each.times, "last": f"{each.last_at:%Y-%m-%d}", "name": each.name, "questions": each.questions}
            for each in found
        ]
        say(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not found:
        say(f"Every question of the last {days} days found an answer.")
        return
    table(
        ("times", "last", "about", "questions"),
        [
            (each.times, f"{each.last_at:%Y-%m-%d}", each.name, "\n".join(map(_cut, each.questions[:_SHOWN])))
            for each in found
        ],
    )
    first = found[0]
    phrasings = " ".join(f"--phrasing {shlex.quote(each)}" for each in first.questions[:_SHOWN])
    say(f"To answer the first: wuyou faq add --id ID --title {shlex.quote(_cut(first.questions[0]))} {phrasings}")


def topics(
    day: Annotated[str, typer.Option(help="A local day, YYYY-MM-DD; else today.")] = "",
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """List what was reported on a day, by topic, the largest first. Private matters are counted, never read.

    \b
    Examples:
      wuyou topics
      wuyou topics --day 2026-01-31 --json
    """
    settings = settings_of(config)
    from bot.misses import day_of
    from routing.sla import LOCAL

    try:
        wanted = date.fromisoformat(day) if day else datetime.now(LOCAL).date()
    except ValueError:
        refuse(f'--day "{day}" is not a day YYYY-MM-DD')

    async def work() -> Day:
        async with opened(settings) as store:
            return await day_of(store, wanted)

    found = go(work())
    if as_json:
        rows = [
            {"name": each.name, "count": len(each.members), "cases": [found.numbers[place] for place in each.members]}
            for each in found.topics
        ]
        say(json.dumps({"day": str(wanted), "topics": rows, "private": found.private}, ensure_ascii=False, indent=2))
        return
    if found.topics:
        table(
            ("reports", "about", "for example"),
            [
                (len(each.members), each.name or "(no words)", _cut(found.texts[each.members[0]]))
                for each in found.topics
            ],
        )
    else:
        say(f"Nothing was reported on {wanted}.")
    if found.private:
        say(f"Private matters, which are not read here: {found.private}.")


def _cut(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
