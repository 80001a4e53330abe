"""Alerts with their steps, as a test of what other systems are told needs them; and the house that tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.cap import House
from bot.outcome import Outcome
from bot.store import Store
from bot.texts import Texts
from routing.alert import Alert, AlertStep, Content, Ending, Kind, Missing, Sex, State, Verb
from tests.town import APPROVER_1, APPROVER_2, AUTHOR, GRID_1, town
from tests.town import NOON as NOW

GRANNY = Content(
    "", "走路慢，家属电话 13812345678",
    Missing("陈阿婆", 78, Sex.FEMALE, 155, "红色外套", "拄拐杖", "桂花苑门口", (30.005, 120.005), NOW),
    "k3jx9.jpg", "G110-7",
)  # fmt: skip
HOUSE = House("wuyou.example", "110", "https://wuyou.example", town(), Texts.load().say)


class Told:
    """One alert and what was done to it."""

    def __init__(
        self, content: Content = GRANNY, kind: Kind = Kind.MISSING, number: str = "38164275", *, drill: bool = False
    ) -> None:
        alert = Alert(f"a{number}", kind, State.DRAFT, GRID_1, AUTHOR, NOW, content, drill, life=timedelta(hours=5))
        self.alert = self.begun = alert
        self.steps = [AlertStep(alert.id, Verb.BEGIN, NOW, AUTHOR, content=content, area=GRID_1)]
        self.now = NOW

    def does(self, verb: Verb, by: str = AUTHOR, to: str = "", content: Content | None = None) -> Told:
        self.now += timedelta(minutes=1)
        yes = verb is Verb.APPROVE
        step = AlertStep(
            self.alert.id, verb, self.now, by, to=to, content=content, confirmed=yes, reference="G110-7" if yes else ""
        )
        self.alert = self.alert.after(step)
        self.steps.append(step)
        return self

    def goes_out(self, ring: str = "grid") -> Told:
        return self.does(Verb.SUBMIT).does(Verb.APPROVE, APPROVER_1, ring)

    def widens(self, ring: str) -> Told:
        return self.does(Verb.WIDEN, "clock", ring)

    def is_corrected(self, **changed: object) -> Told:
        better = replace(self.alert.content, **changed)  # type: ignore[arg-type]
        return self.does(Verb.CORRECT, AUTHOR, content=better).does(Verb.APPROVE, APPROVER_2)

    def ends(self, ending: Ending) -> Told:
        return self.does(Verb.TAKE_BACK, AUTHOR, ending)

    @property
    def expiry(self) -> datetime:
        assert self.alert.expires_at is not None
        return self.alert.expires_at


async def keep(told: Told, store: Store) -> Told:
    """Stores the alert as it was begun and whatever was done to it since, step by step."""
    found = await store.alert(told.alert.id)
    done = await store.alert_steps(told.alert.id)
    alert = found or told.begun
    for step in told.steps[len(done) :]:
        changed = alert if step.verb is Verb.BEGIN else alert.after(step)
        await store.commit(Outcome(f"told:{told.alert.id}:{len(done)}", (changed, step)))
        done = (*done, step)
        found = await store.alert(told.alert.id)
        assert found is not None
        alert = found
    return told
