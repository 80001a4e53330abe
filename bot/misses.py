"""Questions without an answer, put together by likeness; and a day's reports by what they are about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bot.store import Store
from bot.store.misses import Miss
from nlu.lexical import Background
from nlu.topics import Topic, group
from nlu.understand import bare
from routing.sla import LOCAL

#: Different questions that are looked at; the most asked ones.
MOST = 2_000
#: Questions are short, and many are about what no report is about: less likeness is enough than for reports.
LIKE_QUESTIONS = 0.38
DAYS = 30  #: How far back, unless told.


@dataclass(frozen=True, slots=True)
class Missed:
    """Questions that ask for the same, in the words of those who asked."""

    times: int  #: How often they were asked, all together.
    last_at: datetime
    name: str = field(repr=False)  #: What they share.
    questions: tuple[str, ...] = field(repr=False)  #: Each once, the most typical first.


@dataclass(frozen=True, slots=True)
class Day:
    """What was reported on a local day. Private matters are counted, never read."""

    topics: tuple[Topic, ...]
    texts: tuple[str, ...] = field(repr=False)  #: What the topics' members are places in.
    numbers: tuple[str, ...]  #: Their case numbers.
    private: int


async def missed(
    store: Store, since: datetime, background: Background | None = None, most: int = MOST
) -> tuple[Missed, ...]:
    """Returns what was asked since then and found no answer, the most asked first; of `most` different questions."""
    return await asyncio.to_thread(together, await store.misses(most, since), background)


def together(misses: Sequence[Miss], background: Background | None = None) -> tuple[Missed, ...]:
    """Returns the questions put together by likeness, the most asked first."""
    found = []
    for topic in group([bare(miss.words) or miss.words for miss in misses], background, LIKE_QUESTIONS):
        members = [misses[place] for place in topic.members]
        questions = tuple(dict.fromkeys(miss.words for miss in members))
        name = topic.name if len(questions) > 1 else questions[0]
        found.append(
            Missed(sum(miss.times for miss in members), max(miss.last_at for miss in members), name, questions)
        )
    return tuple(sorted(found, key=lambda each: (-each.times, -each.last_at.timestamp(), each.questions)))


async def day_of(
    store: Store, day: date, background: Background | None = None, sees: Callable[[str], bool] = lambda grid: True
) -> Day:
    """Returns what was reported on that local day, by topic: in the grids that whoever asks `sees`."""
    start = datetime.combine(day, time(), LOCAL)
    told = [each for each in await store.told(start, start + timedelta(days=1)) if sees(each[3])]
    heard = [(number, words) for number, words, private, _ in told if not private]
    texts = tuple(words for _, words in heard)
    private = sum(private for _, _, private, _ in told)
    topics = await asyncio.to_thread(group, texts, background)
    return Day(topics, texts, tuple(number for number, _ in heard), private)
