"""A route explained as of its day: by the address book, the rosters and the rules of that moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.config import ConfigError
from bot.messages import Words
from bot.route_words import Sentence, recorded, who
from bot.rules_file import rules_in
from bot.store import Store
from bot.texts import Texts
from routing.case import Case, State, Step, Verb
from routing.directory import Directory
from routing.route import passed_on
from routing.rules import Rules
from routing.sla import LOCAL


class Unreached(Exception):
    """The history does not reach back to that moment. `begins`: from when on it does; None: nothing was imported."""

    def __init__(self, begins: datetime | None) -> None:
        super().__init__(begins)
        self.begins = begins


@dataclass(frozen=True, slots=True)
class Day:
    """What was known at a moment."""

    at: datetime
    directory: Directory
    reach: frozenset[str]  #: Ids of those who are taken to have been in reach.
    rules: Rules
    imported: datetime  #: When that address book was imported.
    ruled: datetime | None  #: When those rules came into force; None: they are not those of the day.
    gone: frozenset[str]  #: Ids of people who are listed no more.


async def day_of(store: Store, at: datetime, present: Rules, given: Rules | None = None) -> Day:
    """What was known at that moment. `present` are the rules in force now, for a time of which none are on record;
    `given` are rules to go by whatever was in force. Raises Unreached.

    Who could be written to then is not kept: it is taken to be so of everybody who had an account and whom the bot
    can write to now, or who is listed no more.
    """
    past = await store.directory_at(at)
    if past is None:
        raise Unreached(await store.history_from())
    directory = past.rows.directory()
    reach = frozenset(
        person.id for person in directory.people.values()
        if person.has_chat and (person.id in store.reach or person.id in past.gone)
    )  # fmt: skip
    taken = None if given else await store.rules_at(at)
    rules, ruled = given or present, None
    if taken is not None:
        try:
            rules, ruled = rules_in(taken.content, present.file), taken.at
        except ConfigError:  # Written for another version of Wuyou.
            ruled = None
    return Day(at, directory, reach, rules, past.since, ruled, past.gone)


@dataclass(frozen=True, slots=True)
class Sent:
    """A case at the moment it was sent to somebody."""

    case: Case  #: As it was just before; its kind, place and words as they are known now.
    step: Step | None  #: The sending; None: it was not sent to anybody yet.
    passed: int  #: How often it had been passed on as "not ours".
    newest: bool  #: It was not sent to anybody after that: the reason on record is of this one.

    @property
    def at(self) -> datetime:
        return self.step.at if self.step else self.case.opened_at


def sent(case: Case, steps: Iterable[Step], until: date | None = None) -> Sent | None:
    """When the case was sent to somebody last; `until`: of those times until the end of that local day. A case that
    nobody has been sent is taken as it was reported. None: by that day it had not been sent, or not been reported."""
    steps = sorted(steps, key=lambda step: step.at)
    sendings = [place for place, step in enumerate(steps) if step.verb is Verb.DISPATCH]
    known = [place for place in sendings if until is None or steps[place].at.astimezone(LOCAL).date() <= until]
    fresh = replace(case, state=State.RECEIVED, holder="", asked=())
    if not known:
        reported = until is None or case.opened_at.astimezone(LOCAL).date() <= until
        return None if sendings or not reported else Sent(fresh, None, 0, True)
    before = steps[: known[-1]]
    asked: list[str] = []
    for step in before:
        if step.verb is Verb.REOPEN:
            asked.clear()
        elif step.verb is Verb.DISPATCH:
            asked.append(step.to)
        elif step.verb is Verb.ACCEPT and step.by not in asked:
            asked.append(step.by)
    then = replace(fresh, asked=tuple(asked))
    return Sent(then, steps[known[-1]], passed_on(before), known[-1] == sendings[-1])


def of_the_day(day: Day, texts: Texts, language: str = "") -> list[str]:
    """By what a matter is explained, one sentence each."""
    return [texts.say(key, params, language) for key, params in _of_the_day(day, texts, language)]


def of_the_case(found: Sent, person: str, day: Day, texts: Texts, language: str = "") -> tuple[list[str], list[str]]:
    """What is on record of the sending: sentences to stand before the explanation, and after it. `person` is whom the
    explanation names."""

    def said(sentences: Iterator[Sentence]) -> list[str]:
        return [texts.say(key, params, language) for key, params in sentences]

    return said(_before(found, day.directory)), said(_after(found, person, day.directory, texts, language))


def _of_the_day(day: Day, texts: Texts, language: str) -> Iterator[Sentence]:
    yield "route.past.directory", {"at": day.imported}
    if day.ruled is not None:
        yield "route.past.rules", {"version": day.rules.version, "at": day.ruled}
    else:
        yield "route.past.rules_of_now", {"version": day.rules.version}
    yield "route.past.not_kept", {}
    if day.gone:
        yield "route.past.gone", {"who": texts.say("route.comma", {}, language).join(sorted(day.gone))}


def _before(found: Sent, directory: Directory) -> Iterator[Sentence]:
    number, step = found.case.shown, found.step
    if step is None:
        yield "route.past.unsent", {"number": number}
        return
    told: Mapping[str, Words] = {"number": number, "who": who(step.to, directory), "at": step.at}
    if step.by in ("bot", "clock"):
        yield "route.past.sent", told
    else:
        yield "route.past.sent_by", {**told, "by": who(step.by, directory)}
    yield "route.past.as_now", {}


def _after(found: Sent, person: str, directory: Directory, texts: Texts, language: str) -> Iterator[Sentence]:
    if found.step is not None and found.step.to != person:
        yield "route.past.differs", {"who": who(found.step.to, directory)}
    if found.newest and found.case.reason:
        lines = recorded(found.case.reason, directory, texts, language) or [found.case.reason]
        yield "route.past.record", {"reason": "\n".join(lines)}
