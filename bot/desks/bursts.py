"""Something is happening: the desk hears once of a burst of reports, with where; the message is edited as it grows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.messages import Address, Button, Lane, Letter, Said, Words
from bot.outcome import Outcome
from routing.bursts import Burst
from routing.case import shown
from routing.directory import Directory

#: Areas that are named, the most reported first; and cases to look at.
MOST_AREAS, MOST_CASES = 6, 3


def alarm(burst: Burst, directory: Directory, reach: Mapping[str, Address], now: datetime) -> Outcome:
    """Returns what the desks of those areas are told: who is on duty of them, else all. The same burst at the same size
    is one cause; grown, it edits what was sent."""
    cause = f"burst:{burst.category}:{burst.mark}:{burst.groups}"
    params: dict[str, Words] = {
        "kind": Said(f"category.{burst.category}"),
        "groups": burst.groups,
        "people": burst.people,
        "since": burst.began,
        "where": tuple(_where(area, count, directory) for area, count in burst.where[:MOST_AREAS]),
    }
    newest = tuple(dict.fromkeys(each.number for each in reversed(burst.reports)))[:MOST_CASES]
    letters = tuple(
        Letter(
            reach[person],
            "burst.alarm",
            params,
            Lane.DUTY,
            slot=f"burst:{burst.category}:{burst.mark}:{person}",
            buttons=tuple((Button("button.case", f"case:{each}", params={"number": shown(each)}),) for each in newest),
        )
        for person in _told(burst, directory, reach, now)
    )
    return Outcome(cause, letters=letters, note="bursts.alarm")


def _told(burst: Burst, directory: Directory, reach: Mapping[str, Address], now: datetime) -> tuple[str, ...]:
    desks = (person.id for area, _ in burst.where for person in directory.desk_of(area or None))
    people = [person for person in dict.fromkeys(desks) if person in reach]
    return tuple([person for person in people if directory.on_duty(person, now)] or people)


def _where(code: str, count: int, directory: Directory) -> Words:
    area = directory.area(code or None)
    return Said("burst.where" if area else "burst.nowhere", {"area": area.name if area else "", "count": count})
