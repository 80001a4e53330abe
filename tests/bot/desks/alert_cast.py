"""An alert's desk on paper: each verb's Outcome becomes the next scene, as the store would make it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.desks import missing
from bot.desks.missing import Refused
from bot.desks.missing.ticks import due
from bot.messages import Address, Fanout, FanoutOrder, Letter, Recall
from bot.outcome import Fresh, Outcome, Scene, Standing
from bot.texts import Texts
from routing.alert import Alert, AlertStep, Content, Kind, Missing, Sex
from routing.directory import Directory
from routing.sla import Clock, ClockKind
from tests import town

MOTHER = Content(
    words="走路慢，爱往河边去",
    missing=Missing("陈阿婆", 78, Sex.FEMALE, 155, "红色外套", "拄拐杖", "桂花苑门口", (30.005, 120.005), town.NOON),
    photo="mother.jpg",
)
STORM = Content("台风将至", "请关好门窗，不要外出。")
REFERENCE = "G110-7"
TEXTS = Texts.load()


@dataclass
class AlertDesk:
    """Does one thing after the other to one alert."""

    directory: Directory = field(default_factory=town.town)
    now: datetime = town.NOON
    standing: Standing = field(default_factory=lambda: Standing(police="110", neutral="calm.jpg"))
    reach: dict[str, Address] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    alert: Alert | None = None
    clocks: dict[ClockKind, Clock] = field(default_factory=dict)
    steps: list[AlertStep] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        people = (town.AUTHOR, town.APPROVER_1, town.APPROVER_2, town.DESK_BY_DAY)
        self.reach = self.reach or {person: Address("telegram", "bot1", town.user_of(person)) for person in people}

    @property
    def scene(self) -> Scene:
        return Scene(
            Fresh("38164275", "token"),
            alert=self.alert,
            clocks=tuple(self.clocks.values()),
            reach=self.reach,
            standing=self.standing,
            pictures=self.pictures,
        )

    def begin(self, content: Content = MOTHER, by: str = town.DESK_BY_DAY, **more: Any) -> Outcome:
        said: dict[str, Any] = {"kind": Kind.MISSING, "area": town.GRID_1} | more
        return self.do(missing.begin, by=by, content=content, **said)

    def submitted(self, content: Content = MOTHER, **more: Any) -> None:
        self.begin(content, **more)
        self.do(missing.submit, by=town.DESK_BY_DAY)

    def live(self, content: Content = MOTHER, **more: Any) -> Outcome:
        self.submitted(content, **more)
        return self.approve()

    def approve(self, by: str = town.APPROVER_1, *, confirmed: bool = True, reference: str = REFERENCE) -> Outcome:
        return self.do(missing.approve, by=by, confirmed=confirmed, reference=reference)

    def do(self, verb: Callable[..., Outcome], **said: object) -> Outcome:
        return self.take(verb(f"click:{len(self.outcomes)}", self.scene, self.directory, self.now, **said))

    def take(self, outcome: Outcome) -> Outcome:
        """What the store would make of it."""
        for change in outcome.changes:
            match change:
                case Alert():
                    assert change.version == (self.alert.version if self.alert else 0)
                    self.alert = replace(change, version=change.version + 1)
                case Clock():
                    self.clocks[change.kind] = replace(change, version=change.version + 1)
                case AlertStep():
                    self.steps.append(change)
        self.outcomes.append(outcome)
        return outcome

    def passes(self, span: timedelta) -> list[Outcome]:
        """Time passes; every clock that is due goes off when it is due."""
        end, done = self.now + span, list[Outcome]()
        while ready := [clock for clock in self.clocks.values() if clock.running and clock.due_at <= end]:
            clock = min(ready, key=lambda each: each.due_at)
            self.now = max(self.now, clock.due_at)
            outcome = due(clock, self.scene, self.directory, self.now)
            assert outcome.changes, f"{clock.kind} goes off for ever"
            done.append(self.take(outcome))
        self.now = end
        return done

    # --- what was said

    def told(self, *outcomes: Outcome) -> list[tuple[str, str, str]]:
        """(chat, text key, photo) of what groups were told."""
        spread = [each for one in outcomes or self.outcomes for each in one.fanouts]
        return [
            (group.chat, each.letter.key, ",".join(each.letter.photos))
            for each in spread
            if isinstance(each, Fanout)
            for group in each.groups
            if group.channel == "telegram"
        ]

    @property
    def letters(self) -> list[Letter]:
        return [letter for outcome in self.outcomes for letter in outcome.letters]


def recalls(outcome: Outcome) -> list[Letter]:
    return [each.letter for each in outcome.fanouts if isinstance(each, Recall)]


def orders(outcome: Outcome) -> list[FanoutOrder]:
    return [each for each in outcome.fanouts if isinstance(each, FanoutOrder)]


def refusal(deed: Callable[[], object]) -> str:
    """Why it was refused; there are words for it."""
    with pytest.raises(Refused) as refused:
        deed()
    assert TEXTS.say(f"alerts.refused.{refused.value.reason}")
    return refused.value.reason
