"""What residents of the simulation write, and a listener who knows what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from nlu.understanding import Guess, Intent, Lexicon, Span, Understanding
from routing.areas import StandardAddress
from routing.directory import Directory, Group
from routing.platforms import CATEGORIES, Urgency

#: How often each kind of matter is reported, in parts: what a street hears of at night. What is missing here is 1.
_OFTEN = {
    "enforcement.noise": 14, "enforcement.parking": 10, "enforcement.garbage": 8, "enforcement.ebike": 6,
    "enforcement.fire_lane": 5, "enforcement.smoke": 5, "enforcement.stall": 5, "service.light": 7, "service.tap": 5,
    "service.power": 4, "service.drain": 3, "service.dogs": 5, "service.manhole": 2, "service.insects": 2,
    "service.urgent_help": 3, "order.fight": 4, "order.neighbour": 5, "order.theft": 3, "order.fraud": 2,
    "order.family": 3, "market.gas": 2, "market.lift": 3,
}  # fmt: skip
#: Shares of reports whose kind is doubtful, and that name no place.
_DOUBTFUL, _NOWHERE = 0.06, 0.12


@dataclass(slots=True)
class Report:
    """One resident's matter as it really is; what the house learns of it, it learns from words and buttons."""

    resident: str
    group: Group
    at: datetime
    message: str
    category: str
    place: StandardAddress
    words: str
    says_where: bool
    case: str = ""  #: The number, once it has one.

    @property
    def urgency(self) -> Urgency:
        return CATEGORIES[self.category].urgency


class Pen:
    """Draws what is reported, where, and in which words."""

    def __init__(self, directory: Directory, dice: Random) -> None:
        self._dice = dice
        self._codes = list(CATEGORIES)
        self._weights = [_OFTEN.get(code, 1) for code in self._codes]
        self._places = list(directory.addresses.values())
        self._groups: dict[str, list[Group]] = {}
        for group in directory.groups:
            self._groups.setdefault(group.area, []).append(group)
        self._above = {
            grid.code: [grid.code, *(area.code for area in directory.ancestors(grid.code))]
            for grid in directory.areas.values()
        }

    def writes(self, number: int, at: datetime) -> Report:
        """The next report: of a kind as often as it happens, at any address, in a group that people there sit in."""
        dice = self._dice
        place = dice.choice(self._places)
        groups = [group for code in self._above[place.area] for group in self._groups.get(code, ())]
        category = dice.choices(self._codes, self._weights)[0]
        says_where = dice.random() >= _NOWHERE
        trouble = CATEGORIES[category].zh
        return Report(
            str(900_000 + number),
            dice.choice(groups),
            at,
            f"r{number}",
            category,
            place,
            f"{place.text}{trouble}" if says_where else trouble,
            says_where,
        )


class Listener:
    """Understands each report as it is meant, now and then with doubt. Implements `nlu.understanding.Nlu`: how well
    words are understood is measured elsewhere, here it must not blur what dispatch does."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._known: dict[str, Report] = {}

    def learns(self, report: Report) -> None:
        self._known[report.words] = report

    async def understand(self, text: str, *, topic: str | None, lexicon: Lexicon, now: datetime) -> Understanding:
        report = self._known.get(text)
        if report is None:  # An answer to "where?", or what was done.
            return Understanding(text, (Guess(Intent.CHAT, 0.6), Guess(Intent.REPORT, 0.4)))
        p = 0.45 if self._dice.random() < _DOUBTFUL else 0.9
        end = len(report.place.text)
        return Understanding(
            text,
            (Guess(Intent.REPORT, 0.95), Guess(Intent.CHAT, 0.05)),
            (Guess(report.category, p), Guess("service.suggestion", 1 - p)),
            places=(Span(report.place.text, 0, end),) if report.says_where else (),
        )
