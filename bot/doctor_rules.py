"""What the doctor says of the routing rules: whether they can be read, and what they name that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from bot.config import ConfigError, Settings
from bot.finding import Finding, Level
from bot.rules_file import rules_of, strangers
from routing.directory import Directory

_MOST = 20  #: Findings; a file for another city would fill the screen.


def rule_findings(settings: Settings) -> Iterator[Finding]:
    """The mistakes in the file itself. With one, `wuyou run` does not start, and a running bot keeps the rules it
    has."""
    try:
        rules_of(settings.routing.rules)
    except ConfigError as error:
        for sentence in str(error).splitlines()[:_MOST]:
            mend = "Correct it, and look with wuyou route try. A running bot works by the last good rules meanwhile."
            yield Finding(Level.BROKEN, sentence, mend)


def stranger_findings(settings: Settings, directory: Directory) -> Iterator[Finding]:
    """The areas and units that the rules name and the directory does not have."""
    try:
        rules = rules_of(settings.routing.rules)
    except ConfigError:
        return  # Said above.
    for sentence in strangers(rules, directory)[:_MOST]:
        yield Finding(
            Level.WARNING, sentence, "Correct the rule, or import the area or the unit; until then it does not hold."
        )
