"""Every sentence the bot says, by key and language. Sentences stand in zh.toml and en.toml, nowhere else."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from bot.channels.base import RenderedButton
from bot.messages import Letter, Said, Words
from routing.platforms import CATEGORIES
from routing.sla import LOCAL

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in its receiver's language."""

    text: str = field(repr=False)
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()


class UnknownText(KeyError):
    """No such key in any language: a mistake in the code, found by the tests."""


class Texts:
    """The texts of all languages. A key that a language lacks is said in the house's language."""

    def __init__(self, tables: Mapping[str, Mapping[str, str]], house: str = "zh") -> None:
        self._tables, self.house = tables, house

    @classmethod
    def load(cls, house: str = "zh") -> Texts:
        """Returns what the packaged files say. `house` is the language of those whose language is unknown."""
        return cls(_packaged(), house)

    def keys(self, language: str) -> frozenset[str]:
        return frozenset(self._tables[language])

    def template(self, key: str, language: str = "") -> str:
        """The sentence as it stands in the file. Raises UnknownText."""
        for table in (self._tables.get(language), self._tables[self.house], *self._tables.values()):
            if table is not None and key in table:
                return table[key]
        raise UnknownText(key)

    def say(self, key: str, params: Mapping[str, Words] | None = None, language: str = "") -> str:
        """Returns the sentence. A line whose every placeholder is empty is left out, so that "Place: {place}" does
        not appear without a place."""
        language = language if language in self._tables else self.house
        template = self.template(key, language)
        if "{" not in template:
            return template
        shown = {name: self._words(value, language) for name, value in (params or {}).items()}
        lines = []
        for line in template.split("\n"):
            names = [name for _, name, _, _ in string.Formatter().parse(line) if name]
            if names and not any(shown[name] for name in names):
                continue
            lines.append(line.format_map(shown))
        return "\n".join(lines).strip("\n")

    def render(self, letter: Letter) -> Rendered:
        """Returns the letter's text and buttons in its language."""
        return Rendered(
            self.say(letter.key, letter.params, letter.language),
            tuple(
                tuple(
                    RenderedButton(self.say(button.label, button.params, letter.language), button.data, button.url)
                    for button in row
                )
                for row in letter.buttons
            ),
        )

    def _words(self, value: Words, language: str) -> str:
        match value:
            case Said("time.today" as key, {"at": datetime() as at}):
                return at.astimezone(LOCAL).strftime(self.template(key, language))
            case Said(key, params):
                return self.say(key, params, language)
            case datetime():
                return value.astimezone(LOCAL).strftime(self.template("time.instant", language))
            case tuple():
                return "\n".join(part for each in value if (part := self._words(each, language)))
            case _:
                return str(value)


@cache
def _packaged() -> Mapping[str, Mapping[str, str]]:
    """Language -> key -> sentence; read once, for the files are part of the program."""
    here = files("bot.texts")
    tables = {}
    for language in LANGUAGES:
        table = dict(_flat(tomllib.loads((here / f"{language}.toml").read_text("utf-8"))))
        # The kinds of matter are named once, in the catalogue; to residents some otherwise, in the file.
        official = {code: str(getattr(each, language)) for code, each in CATEGORIES.items()}
        table |= {f"category.{code}": name for code, name in official.items()}
        tables[language] = {f"kind.{code}": name for code, name in official.items()} | table
    return tables


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, str(value)
