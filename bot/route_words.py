"""Why a case goes where it goes, in plain words: one sentence each for kind, place, rule, units and person."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from bot.messages import Said, Words
from bot.texts import Texts
from routing.case import Case
from routing.directory import Directory, Level
from routing.dispatch import Hands
from routing.platforms import Urgency
from routing.route import STAFF, Route, ladder_of, route
from routing.rules import Facts, Rule, Rules, Verdict, plain
from routing.why import Why

Sentence = tuple[str, Mapping[str, Words]]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Explained:
    """A route with what led to it."""

    case: Case
    facts: Facts
    verdict: Verdict
    route: Route
    skipped: tuple[Level, ...]  #: Levels below the person's where nobody could be asked.
    equals: int  #: How many stood on the person's level and could be asked.


def explain(
    case: Case,
    directory: Directory,
    reach: Collection[str],
    now: datetime,
    rules: Rules,
    source: str,
    hands: Mapping[str, Hands] | None = None,
    passed: int = 0,
) -> Explained:
    """Routes the case, which was passed on as "not ours" so often, and keeps what led there."""
    facts = Facts.of(case, directory, source)
    verdict = rules.judge(facts)
    found = route(case, directory, reach, now, hands=hands, rules=rules, source=source, passed=passed)
    ask = verdict.rule.ask if verdict.rule else None
    rungs = [rung for rung in ladder_of(case, directory, now, ask=ask) if rung.person.id in reach]
    levels = list(Level)
    least = levels.index(ask) if ask else levels.index(Level.STREET) if case.category == STAFF else 0
    until = levels.index(Level(found.level)) if found.level else len(levels)
    skipped = tuple(level for level in levels[least:until] if all(rung.level is not level for rung in rungs))
    equals = sum(rung.level == found.level for rung in rungs)
    known = directory.area(case.grid) is not None
    return Explained(case, facts, verdict, found, skipped if rungs and known else (), equals)


#: What is said with codes on a terminal, and without them to whoever works with the case.
_PLAIN = {
    f"route.{name}": f"route.plain.{name}" for name in ("kind", "where", "when", "unit", "person", "person_resting")
}


def sentences(
    found: Explained, rules: Rules, directory: Directory, texts: Texts, language: str = "", *, codes: bool = True
) -> list[str]:
    """The explanation in that language (else the house's), one sentence each; with the `codes` that rules and sheets
    name things by, or without."""
    said = _sentences(found, rules, directory, texts, language)
    return [texts.say(key if codes else _PLAIN.get(key, key), params, language) for key, params in said]


def _sentences(found: Explained, rules: Rules, directory: Directory, texts: Texts, language: str) -> Iterator[Sentence]:
    case, way, verdict = found.case, found.route, found.verdict
    code = found.facts.category.code
    yield (
        "route.kind",
        {"kind": Said(f"kind.{code}"), "code": code, "urgency": Said(f"route.urgency.{case.urgency or Urgency.TODAY}")},
    )
    if not case.category_sure:
        yield "route.doubt", {}
    area = directory.area(case.grid)
    yield ("route.where", {"area": area.name, "code": area.code}) if area else ("route.nowhere", {})
    yield "route.when", {"at": case.opened_at, "source": found.facts.source}
    for rule, missing in verdict.failed:
        yield "route.failed", {"rule": rule.name, "line": rule.line, "why": Said(f"route.not.{missing}")}
    if verdict.rule is None:
        yield "route.catalogue", {}
    else:
        rule = verdict.rule
        because = [texts.say(key, params, language) for key, params in _because(rule, found, directory)]
        why = texts.say("route.and", {}, language).join(because) or Said("route.always")
        yield "route.rule", {"rule": rule.name, "line": rule.line, "file": PurePath(rules.file).name, "why": why}
    platform = Said(f"route.platform.{way.platform}")
    unit = directory.unit(way.unit)
    if unit:
        yield "route.unit", {"unit": unit.name, "code": unit.code, "platform": platform}
    else:
        yield ("route.no_unit_staff" if case.category == STAFF else "route.no_unit"), {"platform": platform}
    if way.assist:
        names = [directory.units[code].name for code in way.assist]
        yield "route.assist", {"units": texts.say("route.comma", {}, language).join(names)}
    if case.category == STAFF:
        yield "route.staff", {}
    if kept := [directory.people[person].name for person in sorted(way.kept_out.people)]:
        yield "route.kept_out", {"who": texts.say("route.comma", {}, language).join(kept)}
    for level in found.skipped:
        yield "route.skipped", {"level": Said(f"route.level.{level}")}
    person = directory.person(way.person)
    if person is None:
        yield "route.nobody", {}
        return
    told: Mapping[str, Words] = {"name": person.name, "id": person.id, "level": Said(f"route.level.{way.level}")}
    yield ("route.person" if way.on_duty else "route.person_resting"), told
    if found.equals > 1:
        yield "route.least", {"count": found.equals}


def recorded(reason: str, directory: Directory, texts: Texts, language: str = "") -> list[str]:
    """What is on record of a case's route, in that language, one sentence each. [] for a line that an earlier version
    kept: it is to be shown as it is."""
    why = Why.read(reason)
    return (
        [texts.say(key, params, language) for key, params in _recorded(why, directory, texts, language)] if why else []
    )


def _recorded(why: Why, directory: Directory, texts: Texts, language: str) -> Iterator[Sentence]:
    comma = texts.say("route.comma", {}, language)
    if why.sent_by:
        yield "route.then.sent_by", {"who": who(why.sent_by, directory)}
        return
    platform = Said(f"route.platform.{why.platform}")
    yield "route.then.kind", {"kind": Said(f"kind.{why.category}"), "platform": platform}
    if why.unit:
        unit = directory.unit(why.unit)
        yield "route.unit", {"unit": unit.name if unit else why.unit, "code": why.unit, "platform": platform}
    if why.assist:
        found = (directory.unit(code) for code in why.assist)
        names = (unit.name if unit else code for unit, code in zip(found, why.assist, strict=True))
        yield "route.assist", {"units": comma.join(names)}
    yield ("route.then.place", {"area": why.place}) if why.place else ("route.nowhere", {})
    if why.rule:
        yield "route.then.rule", {"rule": why.rule, "version": why.rules or "-"}
    else:
        yield "route.then.catalogue", {}
    if not why.person:
        yield "route.then.nobody", {}
        return
    told: Mapping[str, Words] = {"who": who(why.person, directory), "level": Said(f"route.level.{why.level}")}
    yield ("route.then.person" if why.on_duty else "route.then.person_resting"), told
    if why.in_hand:
        yield "route.then.in_hand", {"count": why.in_hand}
    if why.metres is not None:
        yield "route.then.metres", {"metres": why.metres}
    if why.skilled:
        yield "route.then.skilled", {}
    if why.after:
        yield "route.then.after", {"who": comma.join(who(each, directory) for each in why.after)}
    if why.passed:
        yield "route.then.arbiter", {"times": why.passed}


def who(person_id: str, directory: Directory) -> str:
    """A person's name with the id; the id alone of somebody who is listed no more."""
    person = directory.person(person_id)
    return f"{person.name} ({person.id})" if person and person.name != person.id else person_id


def _because(rule: Rule, found: Explained, directory: Directory) -> Iterator[Sentence]:
    """Each condition that the rule makes, with the value for which it holds."""
    facts = found.facts
    if rule.category:
        yield "route.because.category", {"kind": Said(f"kind.{facts.category.code}")}
    if rule.urgency:
        yield "route.because.urgency", {"urgency": Said(f"route.urgency.{facts.urgency}")}
    if rule.source:
        yield "route.because.source", {"source": facts.source}
    if rule.area:
        code = min(rule.area & facts.areas)
        area = directory.area(code)
        yield "route.because.area", {"area": area.name if area else code}
    if rule.time:
        span = next(hours for hours in rule.time if hours.hold(facts.clock))
        yield "route.because.time", {"span": str(span)}
    if rule.days:
        yield "route.because.days", {"day": Said(f"route.day.{_DAYS[facts.reported.isoweekday() - 1]}")}
    if rule.words:
        yield "route.because.words", {"word": next(word for word in rule.words if plain(word) in facts.words)}
