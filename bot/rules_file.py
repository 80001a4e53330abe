"""Routing rules as a YAML file -> Rules, or every mistake with file, line and the nearest right name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from bot.config import ConfigError, nearest, text_of, tree_in
from routing.directory import Directory, Level
from routing.platforms import CATEGORIES, Platform, Urgency
from routing.rules import Hours, Rule, Rules, covers

#: Where a matter may have been reported: the chat apps, and other systems. After a colon may stand which: an account of
#: the app, the name of a system's key.
SOURCES = ("web", "telegram", "dingtalk", "systems")
#: The kinds of unit that the catalogue names.
KINDS = frozenset(category.unit for category in CATEGORIES.values())
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_CODE = re.compile(r"\S{1,60}")
_LONGEST = 60  #: Characters of a name or of a phrase.
MOST_TEXT = 256 * 1024  #: Characters of a file: some thousands of rules.
DEEPEST = 50


class RulesError(ConfigError):
    """A file of rules that is not taken: a sentence for each mistake."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@cache
def shipped() -> Rules:
    """The rules that Wuyou comes with: the catalogue's, one by one."""
    return read_rules(Path(str(files("routing"))) / "rules.yaml")


def rules_of(file: str) -> Rules:
    """The rules of the configuration's file; without one those that are shipped. Raises ConfigError."""
    return read_rules(Path(file)) if file else shipped()


def read_rules(file: Path, directory: Directory | None = None) -> Rules:
    """Reads rules in their order. With a directory, its areas and units are looked up as well. Raises RulesError with
    all mistakes, or ConfigError when the file cannot be read as YAML."""
    return rules_in(text_of(file), str(file), directory)


def rules_in(text: str, file: str, directory: Directory | None = None) -> Rules:
    """The same from a text; `file` is what it is called."""
    reader = _Reader(file)
    if len(text) > MOST_TEXT:
        raise ConfigError(f"{file}: is larger than {MOST_TEXT // 1024} KiB.")
    if _depth(text) > DEEPEST:
        raise ConfigError(f"{file}: has lists in lists in lists, {DEEPEST} deep and more: is a bracket missing?")
    try:
        rules = tuple(reader.rules(tree_in(text, file)))
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as fault:
        # Tags, endless numbers, dashes in dashes: the reader of YAML stumbles in its own ways, and the bot must not.
        raise ConfigError(f"{file}: is no list of rules ({type(fault).__name__}).") from None
    if reader.faults:
        raise RulesError(reader.faults)
    found = Rules(rules, hashlib.sha256(text.encode()).hexdigest()[:8], file, text)
    if directory is not None and (strange := strangers(found, directory)):
        raise RulesError(strange)
    return found


def _depth(text: str) -> int:
    """How many brackets are open at most: the reader of YAML takes seconds for some thousand."""
    deepest = depth = 0
    for char in text:
        depth += (char in "[{") - (char in "]}")
        deepest = max(deepest, depth)
    return deepest


def strangers(rules: Rules, directory: Directory) -> tuple[str, ...]:
    """A sentence for each area and unit that the rules name and the directory does not have. Of an empty directory
    nothing is said: it is still to be imported."""
    if not directory.areas:
        return ()
    kinds = KINDS | {code.rpartition("-")[2] for code in directory.units}
    found = []
    for rule in rules.rules:
        where = f"{rules.file}, line {rule.line}: rule {rule.name!r}: "
        found += [
            f"{where}the directory has no area {code!r}{nearest(code, directory.areas)}"
            for code in sorted(rule.area)
            if directory.area(code) is None
        ]
        found += [
            f"{where}the directory has no unit {name!r}, and it is no kind of unit"
            f"{nearest(name, [*kinds, *directory.units])}"
            for name in (rule.lead, *rule.assist)
            if name and name not in kinds and directory.unit(name) is None
        ]
    return tuple(found)


class _Reader:
    """Reads the tree, and collects what is wrong in it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.faults: list[str] = []

    def rules(self, tree: CommentedMap) -> list[Rule]:
        self._keys(tree, ("rules",), "")
        rows = tree.get("rules")
        if not isinstance(rows, CommentedSeq):
            self._wrong(_key_line(tree, "rules"), "rules: write a list, `- name: ...` for each rule")
            return []
        found: list[Rule] = []
        for place, row in enumerate(rows):
            line = rows.lc.item(place)[0] + 1
            if not isinstance(row, CommentedMap):
                self._wrong(line, "a rule begins with `- name: ...`")
                continue
            rule = self._rule(row, line)
            if twin := next((other for other in found if other.name == rule.name), None):
                self._wrong(line, f"name: {rule.name!r} is the rule of line {twin.line} already")
            elif first := next((other for other in found if covers(other, rule)), None):
                self._wrong(
                    line, f"rule {rule.name!r} never decides: rule {first.name!r} (line {first.line}) takes all"
                )
            found.append(rule)
        return found

    def _rule(self, row: CommentedMap, line: int) -> Rule:
        self._keys(row, ("name", "when", "then"), "")
        name = row.get("name")
        if not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST:
            self._wrong(_key_line(row, "name", line), f"name: write a name of 1 to {_LONGEST} characters")
            name = f"line {line}"
        when, then = self._part(row, "when", line), self._part(row, "then", line)
        self._keys(when, ("category", "area", "time", "days", "words", "urgency", "source"), "when.")
        self._keys(then, ("platform", "lead", "assist", "ask"), "then.")
        if not then:
            self._wrong(_key_line(row, "then", line), "then: say at least one of platform, lead, assist, ask")
        categories = (*CATEGORIES, *Platform)
        days = self._values(when, "when.days", self._day)
        platform = self._one(then, "then.platform", _known("platform", list(Platform)))
        ask = self._one(then, "then.ask", _known("level of the ladder", list(Level)))
        return Rule(
            name.strip(),
            line,
            frozenset(self._values(when, "when.category", _known("category", categories))),
            frozenset(self._values(when, "when.area", _code)),
            tuple(self._values(when, "when.time", _hours)),
            frozenset(day for span in days for day in span),
            tuple(self._values(when, "when.words", _phrase)),
            frozenset(self._values(when, "when.urgency", _known("urgency", list(Urgency)))),
            frozenset(self._values(when, "when.source", _source)),
            Platform(platform) if platform else None,
            self._one(then, "then.lead", _code),
            tuple(self._values(then, "then.assist", _code)),
            Level(ask) if ask else None,
        )

    def _part(self, row: CommentedMap, key: str, line: int) -> CommentedMap:
        part = row.get(key)
        if part is None:
            return CommentedMap()
        if not isinstance(part, CommentedMap):
            self._wrong(_key_line(row, key, line), f"{key}: write `key: value` lines under it")
            return CommentedMap()
        return part

    def _values(self, part: CommentedMap, key: str, read: Callable[[Any], Any]) -> list[Any]:
        """The values of a key, one or a list of them. A key with nothing behind it is a slip, not a condition."""
        name = key.rpartition(".")[2]
        if name not in part:
            return []
        given = part[name]
        line = _key_line(part, name)
        rows = (
            [(given.lc.item(place)[0] + 1, value) for place, value in enumerate(given)]
            if isinstance(given, CommentedSeq)
            else [(line, given)]
        )
        if not rows:
            self._wrong(line, f"{key}: says nothing; leave the key out, or give a value")
        found = []
        for line, value in rows:
            try:
                found.append(read(value))
            except ValueError as fault:
                self._wrong(line, f"{key}: {fault}")
        return found

    def _one(self, part: CommentedMap, key: str, read: Callable[[Any], str]) -> str:
        found = self._values(part, key, read)
        if len(found) > 1:
            self._wrong(_key_line(part, key.rpartition(".")[2]), f"{key}: one alone, not {len(found)}")
        return str(found[0]) if found else ""

    def _keys(self, part: CommentedMap, names: tuple[str, ...], before: str) -> None:
        for key in part:
            if key not in names:
                self._wrong(_key_line(part, key), f"{before}{key} is no key{nearest(str(key), names)}")

    @staticmethod
    def _day(value: Any) -> tuple[int, ...]:
        first, _, last = str(value).partition("-")
        numbers = [_one_of(each, "day", DAYS) for each in ([first, last] if last else [first])]
        start, end = DAYS.index(numbers[0]) + 1, DAYS.index(numbers[-1]) + 1
        return tuple((start - 1 + step) % 7 + 1 for step in range((end - start) % 7 + 1))

    def _wrong(self, line: int, sentence: str) -> None:
        end = "" if sentence.endswith((".", "?")) else "."
        self.faults.append(f"{self._file}, line {line}: {sentence}{end}")


def _key_line(part: CommentedMap, key: Any, otherwise: int = 1) -> int:
    return int(part.lc.key(key)[0]) + 1 if key in part else otherwise


def _known(what: str, names: Iterable[str]) -> Callable[[Any], str]:
    return lambda value: _one_of(value, what, names)


def _one_of(value: Any, what: str, names: Iterable[str]) -> str:
    if not isinstance(value, str) or value not in set(names):
        raise ValueError(f"{value!r} is no {what}{nearest(str(value), names)}")
    return value


def _code(value: Any) -> str:
    if not isinstance(value, str):
        # 0571 would become 377 or 571 on the way: what stands in quotes stays as it is.
        raise ValueError(f"{value!r} is no code; write it in quotes")
    if not _CODE.fullmatch(value):
        raise ValueError(f"{value!r} is no code: 1 to 60 characters without blanks")
    return value


def _source(value: Any) -> str:
    _one_of(value.partition(":")[0] if isinstance(value, str) else value, "source", SOURCES)
    return str(value)


def _hours(value: Any) -> Hours:
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None or value[:5] == value[6:]:
        raise ValueError(f"{value!r} is no span of time; write it like 22:00-06:00 (local time, the end not included)")
    start, end = (time(int(found[place]), int(found[place + 1])) for place in (1, 3))
    return Hours(start, end)


def _phrase(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST:
        raise ValueError(f"{value!r} are no words: 1 to {_LONGEST} characters, in quotes if they are a number")
    return value.strip()
