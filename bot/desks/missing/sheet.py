"""One decision about an alert in the making: collects what changes, and becomes the Outcome."""

from __future__ import annotations

from datetime import datetime

from bot.desks.permits import Right, covers, rights_of
from bot.messages import Fanout, FanoutOrder, Letter, Recall
from bot.outcome import Change, Outcome, Scene
from routing.alert import LONGEST, Alert, AlertStep, IllegalAlertMove, OwnWords, State, Unconfirmed, Verb
from routing.directory import Directory
from routing.rings import next_due
from routing.sla import Clock, ClockKind


class Refused(Exception):
    """Nothing changes; `reason` is a text key below alerts.refused."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sheet:
    """What one click, button or tick changes of an alert."""

    def __init__(self, cause: str, scene: Scene, directory: Directory, now: datetime) -> None:
        self.cause, self.scene, self.directory, self.now = cause, scene, directory, now
        self._alert = scene.alert
        self.clocks: dict[ClockKind, Clock] = {clock.kind: clock for clock in scene.clocks}
        self._steps: list[AlertStep] = []
        self._letters: list[Letter] = []
        self._fanouts: list[Fanout | Recall | FanoutOrder] = []

    @property
    def alert(self) -> Alert:
        """The alert as it is by now. Raises Refused where there is none."""
        if self._alert is None:
            raise Refused("none")
        return self._alert

    def begin(self, alert: Alert) -> None:
        """A new alert."""
        self._alert = alert
        self._steps.append(
            AlertStep(alert.id, Verb.BEGIN, self.now, alert.author, content=alert.content, area=alert.area)
        )

    def step(self, step: AlertStep) -> Alert:
        """Does one step. Raises Refused, and nothing was collected, where it may not follow: four eyes, the word of
        the police and all else stand in `Alert.after`."""
        try:
            self._alert = self.alert.after(step)
        except OwnWords:
            raise Refused("own_words") from None
        except Unconfirmed as fault:
            raise Refused("reference" if fault.args[0] == "another reference" else "unconfirmed") from None
        except (IllegalAlertMove, ValueError):
            raise Refused("late") from None
        self._steps.append(step)
        return self._alert

    def do(self, verb: Verb, by: str, words: str = "", to: str = "") -> Alert:
        """A step that says no more than this."""
        return self.step(AlertStep(self.alert.id, verb, self.now, by, words, to))

    def allowed(self, person: str, right: Right, area: str = "") -> None:
        """Raises Refused unless this person of the staff has the right, for the alert's area (or for another)."""
        who = self.directory.person(person)
        if who is None or right not in rights_of(who) or not covers(who, area or self.alert.area, self.directory):
            raise Refused("not_yours")

    # --- clocks

    def due(self, kind: ClockKind, at: datetime | None) -> None:
        """The clock goes off at that time; None: it stops."""
        old = self.clocks.get(kind)
        if at is None:
            if old:
                self.clocks[kind] = old.stop(self.now)
        elif old is None or not old.running or old.due_at != at:
            version = old.version if old else 0
            rung = old.rung if old else 0
            self.clocks[kind] = Clock(self.alert.id, kind, self.now, at, at, rung, version=version)

    def keep_time(self) -> None:
        """Sets the clocks as the alert now stands."""
        alert, pace = self.alert, self.scene.standing.pace
        asking = alert.state is State.WAITING or alert.correction is not None
        if not asking:
            self.due(ClockKind.APPROVAL, None)
        self.due(ClockKind.RING, next_due(alert, self.directory, pace))
        self.due(ClockKind.EXPIRY, (alert.expires_at or alert.created_at + LONGEST) if alert.open else None)
        if alert.ended_at and not alert.erased:
            self.due(ClockKind.ERASURE, alert.ended_at + pace.keep)

    # --- letters

    def tell(self, *letters: Letter) -> None:
        self._letters.extend(letters)

    def spread(self, *fanouts: Fanout | Recall | FanoutOrder) -> None:
        self._fanouts.extend(fanouts)

    # --- the end

    def outcome(self, note: str) -> Outcome:
        """All of it. What was read and did not change is left out."""
        changes: list[Change] = []
        if self._alert is not None and self._alert != self.scene.alert:
            self.keep_time()
            changes.append(self._alert)
        before = {clock.kind: clock for clock in self.scene.clocks}
        changes += self._steps
        changes += [clock for kind, clock in self.clocks.items() if clock != before.get(kind)]
        fanouts = tuple(self._fanouts)
        return Outcome(self.cause, tuple(changes), letters=tuple(self._letters), fanouts=fanouts, note=note)
