"""Questions without an answer, put together by likeness; and a day's reports by what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bot.store import Store
from bot.store.misses import Miss
from nlu.lexical import Background
from nlu.topics import Topic, group
from routing.sla import LOCAL

#: Different questions that are looked at; the most asked ones.
MOST = 2_000
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


async def missed(store: Store, since: datetime, background: Background | None = None) -> tuple[Missed, ...]:
    """Returns what was asked since then and found no answer, the most asked first."""
    return together(await store.misses(MOST, since), background)


def together(misses: Sequence[Miss], background: Background | None = None) -> tuple[Missed, ...]:
    """Returns the questions put together by likeness, the most asked first."""
    found = []
    for topic in group([miss.words for miss in misses], background):
        members = [misses[place] for place in topic.members]
        questions = tuple(dict.fromkeys(miss.words for miss in members))
        found.append(
            Missed(sum(miss.times for miss in members), max(miss.last_at for miss in members), topic.name, questions)
        )
    return tuple(sorted(found, key=lambda each: (-each.times, -each.last_at.timestamp(), each.questions)))


async def day_of(store: Store, day: date, background: Background | None = None) -> Day:
    """Returns what was reported on that local day, by topic."""
    start = datetime.combine(day, time(), LOCAL)
    told = await store.told(start, start + timedelta(days=1))
    heard = [(number, words) for number, words, private in told if not private]
    texts = tuple(words for _, words in heard)
    private = sum(private for _, _, private in told)
    return Day(group(texts, background), texts, tuple(number for number, _ in heard), private)
