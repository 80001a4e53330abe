"""Ordered routing rules: category, area, time, words, urgency, source -> platform, lead unit, assisting units."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from functools import lru_cache

from routing.case import Case
from routing.directory import Directory, Level
from routing.platforms import CATEGORIES, Category, Platform
from routing.sla import LOCAL

#: What a case without a kind of its own is sorted as.
UNSORTED = "service.other"


class Condition(StrEnum):
    """What a rule may ask of a case, in the order in which it is looked at."""

    CATEGORY = "category"
    URGENCY = "urgency"
    SOURCE = "source"
    AREA = "area"
    TIME = "time"
    DAYS = "days"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Hours:
    """Local time of day, [start, end). An end not after its start lies on the next day."""

    start: time
    end: time

    def hold(self, clock: time) -> bool:
        if self.start < self.end:
            return self.start <= clock < self.end
        return self.start <= clock or clock < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Every condition that is given must hold; of the values of one condition any. What the second part does
    not say, the catalogue says."""

    name: str
    line: int = 0  #: In its file, for those who look it up.
    category: frozenset[str] = frozenset()  #: Codes, and platforms ("order": all of theirs).
    area: frozenset[str] = frozenset()  #: Codes of areas of any kind; the case lies in one of them.
    time: tuple[Hours, ...] = ()  #: When the matter was reported: it does not change hands as the night passes.
    days: frozenset[int] = frozenset()  #: Local weekdays of that moment, 1-7 from Monday.
    words: tuple[str, ...] = ()  #: One of them stands in what the resident wrote.
    urgency: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()  #: Where it was reported: "telegram", or one account of it: "telegram:bot1".
    platform: Platform | None = None
    lead: str = ""  #: The unit that settles it: a kind ("police"; the nearest of that kind) or a unit's whole code.
    assist: tuple[str, ...] = ()  #: Units that help, in the same form.
    ask: Level | None = None  #: Nobody below this level of the ladder is asked.


@dataclass(frozen=True, slots=True)
class Facts:
    """A case as rules see it."""

    category: Category
    kinds: frozenset[str]  #: The category's code and its platform; nothing while the kind is not known.
    urgency: str
    source: str
    areas: frozenset[str]
    reported: datetime  #: Local.
    clock: time
    words: str

    @classmethod
    def of(cls, case: Case, directory: Directory, source: str = "") -> Facts:
        """The facts of a case. A kind that is not known (yet) has the platform and the unit of `service.other`; a rule
        for a category does not hold for it."""
        known, reported = CATEGORIES.get(case.category), case.opened_at.astimezone(LOCAL)
        return cls(
            known or CATEGORIES[UNSORTED],
            frozenset({known.code, known.platform.value} if known else ()),
            case.urgency,
            source,
            _around(case.grid, directory),
            reported,
            reported.time(),
            plain(case.words),
        )

    def missing(self, rule: Rule) -> Condition | None:
        """The first condition of the rule that does not hold; None when all hold."""
        if rule.category and rule.category.isdisjoint(self.kinds):
            return Condition.CATEGORY
        if rule.urgency and self.urgency not in rule.urgency:
            return Condition.URGENCY
        if rule.source and rule.source.isdisjoint((self.source, self.source.partition(":")[0])):
            return Condition.SOURCE
        if rule.area and rule.area.isdisjoint(self.areas):
            return Condition.AREA
        if rule.time and not any(hours.hold(self.clock) for hours in rule.time):
            return Condition.TIME
        if rule.days and self.reported.isoweekday() not in rule.days:
            return Condition.DAYS
        if rule.words and not any(phrase(word) in self.words for word in rule.words):
            return Condition.WORDS
        return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rule that decides (None: the catalogue alone does), and rules for this very kind that came before it and
    failed, each with the first condition that did not hold."""

    rule: Rule | None
    failed: tuple[tuple[Rule, Condition], ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules in their order: the first whose conditions all hold decides. Without any, the catalogue decides."""

    rules: tuple[Rule, ...] = ()
    version: str = ""  #: A short mark of the file's content, for the record.
    file: str = ""
    text: str = field(default="", repr=False, compare=False)  #: Of the file, to be kept for the record.

    def decide(self, facts: Facts) -> Rule | None:
        """The first rule that holds."""
        return next((rule for rule in self.rules if facts.missing(rule) is None), None)

    def judge(self, facts: Facts) -> Verdict:
        """The same with what failed before it, for those who ask why."""
        failed: list[tuple[Rule, Condition]] = []
        for rule in self.rules:
            missing = facts.missing(rule)
            if missing is None:
                return Verdict(rule, tuple(failed))
            if rule.category and missing is not Condition.CATEGORY:
                failed.append((rule, missing))
        return Verdict(None, tuple(failed))


#: No rules of one's own: each kind goes where the catalogue says.
CATALOGUE_ONLY = Rules()


def plain(words: str) -> str:
    """The words as they are compared: full-width and half-width, large and small letters are the same."""
    return unicodedata.normalize("NFKC", words).casefold()


@lru_cache(maxsize=4096)
def phrase(words: str) -> str:
    """The same for a rule's phrase, which is compared with every report."""
    return plain(words)


def covers(earlier: Rule, later: Rule) -> bool:
    """Whether every case that the later rule could decide is the earlier one's already. (May miss some that are: two
    hours that only together cover a third, say.)"""

    def covered(condition: Condition) -> bool:
        mine, theirs = set(getattr(earlier, condition)), set(getattr(later, condition))
        if condition is Condition.CATEGORY:
            theirs = {platform if (platform := each.partition(".")[0]) in mine else each for each in theirs}
        return not mine or (bool(theirs) and theirs <= mine)

    return all(covered(condition) for condition in Condition)


def _around(code: str, directory: Directory) -> frozenset[str]:
    """The area, all above it, and its patrol area with the zone."""
    patrol = directory.patrol_area_of(code)
    lines = [code, *(area.code for area in directory.ancestors(code))]
    if patrol is not None:
        lines += [patrol.code, *(area.code for area in directory.ancestors(patrol.code))]
    return frozenset(lines) - {""}
