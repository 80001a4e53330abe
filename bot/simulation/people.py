"""The people of a simulation: residents who answer or not, staff who accept, refuse, keep silent, ride and work."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from bot.channels.base import Parcel
from bot.messages import Address, Inbound, Kind, Press, Sender
from bot.outcome import Outcome
from bot.simulation.house import SimulatedHouse
from bot.simulation.street import BOT, CHANNEL
from bot.simulation.words import Report
from routing.case import Case
from routing.directory import Person, Role
from routing.dispatch import metres
from routing.platforms import Urgency


class Why(StrEnum):
    """Why somebody who was asked did not take a case."""

    SILENT = "silent"  #: Did not look.
    REFUSED = "refused"  #: "Not mine".
    BUSY = "busy"  #: Has the hands full.
    OFF_DUTY = "off duty"


@dataclass(frozen=True, slots=True)
class Habits:
    """How people behave: shares from 0 to 1, medians in seconds, spreads of log-normal distributions."""

    silent: float = 0.08
    refuses: float = 0.05
    silent_off_duty: float = 0.7
    hands_full: int = 3  #: Cases in hand, from which on nobody takes another.
    looks: float = 12.0  #: From the ring to the answer.
    calls: float = 40.0  #: A call to the resident.
    works: float = 420.0  #: On the spot.
    spread: float = 0.6
    pace: float = 4.0  #: Metres a second on an e-bike; half of it for cadres, who walk.
    detour: float = 1.35  #: Ways by road against the straight line.
    by_telephone: float = 0.5  #: Of what has days to be settled.
    answers: float = 0.8  #: Residents who are asked where or what.
    confirms: float = 0.45
    dissatisfied: float = 0.04


@dataclass(slots=True)
class Job:
    """A case in somebody's hand."""

    report: Report
    since: float
    others: int  #: Cases already in hand when it was taken.
    called: bool = False
    over: bool = False


class Staff:
    """One person of the staff with a telephone."""

    def __init__(self, person: Person, here: tuple[float, float], town: Town) -> None:
        self.person, self.here, self.town = person, here, town
        self.jobs: dict[str, Job] = {}
        self._asked: set[str] = set()  #: Cases whose card rang here, and were not laid aside since.
        self._wants: set[str] = set()  #: "I take it" was pressed.
        self._work: asyncio.Task[None] | None = None

    def reads(self, parcel: Parcel, ref: str) -> None:
        number, key, _ = parcel.text.split("|")
        data = {button.data.partition(":")[0] for row in parcel.buttons for button in row}
        if key == "card.case" and "accept" in data:
            if not parcel.edits:
                self.town.goes(self._rings(number, ref))
        elif key == "card.case" and data & {"arrived", "finish"}:
            self._takes(number, ref)
        elif key in ("card.case", "card.passed"):
            self._asked.discard(number)
            self._wants.discard(number)
            if job := self.jobs.pop(number, None):
                job.over = True
        elif key == "duty.ask_result":
            self.town.goes(self._after(15.0, f"done:{number}", ref))

    async def _rings(self, number: str, ref: str) -> None:
        """A card with a bell: looked at after a while, or not."""
        town, habits = self.town, self.town.habits
        again = number in self._asked
        self._asked.add(number)
        await asyncio.sleep(town.lasts(habits.looks))
        if number not in self._asked or number in self._wants:
            return
        why = self._why_not(again)
        if why is None:
            self._wants.add(number)
            await town.presses(self.person, f"accept:{number}", ref)
            return
        town.refusals.setdefault(number, []).append((why, town.now()))
        if why is Why.REFUSED or (why is Why.BUSY and town.dice.random() < 0.5):
            self._asked.discard(number)
            await town.presses(self.person, f"pass:{number}", ref)

    def _why_not(self, again: bool) -> Why | None:
        dice, habits = self.town.dice, self.town.habits
        on_duty = self.town.on_duty(self.person)
        if not on_duty and dice.random() < habits.silent_off_duty:
            return Why.OFF_DUTY
        if dice.random() < habits.silent * (0.5 if again else 1.0):
            return Why.SILENT
        if len(self.jobs) >= habits.hands_full and self.person.role is not Role.DESK:
            return Why.BUSY
        return Why.REFUSED if dice.random() < habits.refuses else None

    def _takes(self, number: str, ref: str) -> None:
        """The card says that it is theirs."""
        if number in self.jobs or number not in self._wants:
            return
        self._wants.discard(number)
        self.jobs[number] = Job(self.town.reports[number], self.town.now(), len(self.jobs))
        self.town.held[number] = self.jobs[number]
        if self._work is None:
            self._work = self.town.goes(self._works(ref))

    async def _works(self, ref: str) -> None:
        """One case after the other, the urgent ones first."""
        order = list(Urgency)
        while self.jobs:
            number = min(
                self.jobs, key=lambda each: (order.index(self.jobs[each].report.urgency), self.jobs[each].since)
            )
            job = self.jobs[number]
            await self._does(number, job, ref)
            self.jobs.pop(number, None)
        self._work = None

    async def _does(self, number: str, job: Job, ref: str) -> None:
        town, habits = self.town, self.town.habits
        await asyncio.sleep(town.lasts(habits.calls))
        if job.over:
            return
        await town.presses(self.person, f"called:{number}", ref)
        job.called = True
        by_telephone = self.person.role is Role.DESK or town.dice.random() < habits.by_telephone
        if job.report.urgency is not Urgency.DAYS or not by_telephone:
            pace = habits.pace if self.person.role is Role.PATROL else habits.pace / 2
            there = (job.report.place.lat, job.report.place.lon)
            await asyncio.sleep(metres(self.here, there) * habits.detour / pace)
            if job.over:
                return
            self.here = there
            await town.presses(self.person, f"arrived:{number}", ref)
        await asyncio.sleep(town.lasts(habits.works))
        if not job.over:
            await town.presses(self.person, f"finish:{number}", ref)

    async def _after(self, seconds: float, data: str, ref: str) -> None:
        await asyncio.sleep(self.town.lasts(seconds))
        await self.town.presses(self.person, data, ref)


@dataclass(slots=True)
class Town:
    """Everybody, and what they know."""

    house: SimulatedHouse
    dice: Random
    habits: Habits = field(default_factory=Habits)
    staff: dict[str, Staff] = field(default_factory=dict)  #: By chat.
    reports: dict[str, Report] = field(default_factory=dict)  #: By case number.
    written: dict[str, Report] = field(default_factory=dict)  #: By the id of the message.
    refusals: dict[str, list[tuple[Why, float]]] = field(default_factory=dict)
    held: dict[str, Job] = field(default_factory=dict)
    _keys: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _answered: set[tuple[str, str]] = field(default_factory=set)

    def moves_in(self) -> None:
        """Gives everybody of the directory a telephone."""
        directory = self.house.store.directory
        for person in directory.people.values():
            area = directory.area(person.area)
            centre = area.centre if area and area.centre else (30.1, 120.2)
            spread = (self.dice.uniform(-0.004, 0.004), self.dice.uniform(-0.004, 0.004))
            here = (centre[0] + spread[0], centre[1] + spread[1]) if person.role is Role.PATROL else centre
            if person.user_id:
                self.staff[person.user_id] = Staff(person, here, self)
        self.house.heard.append(self._learns)

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def lasts(self, median: float) -> float:
        """Seconds that something takes this time."""
        return median * self.dice.lognormvariate(0.0, self.habits.spread)

    def on_duty(self, person: Person) -> bool:
        return self.house.store.directory.on_duty(person.id, self.house.wall())

    def goes(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def rest(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    # --- what people do

    async def reports_it(self, report: Report) -> None:
        self.written[report.message] = report
        group = report.group
        at = Address(group.channel, group.bot, group.chat_id)
        await self._says(report, at, report.words, report.message, addressed=True)

    async def presses(self, person: Person, data: str, ref: str) -> None:
        at = Address(CHANNEL, BOT, str(person.user_id))
        await self._press(at, str(person.user_id), data, ref, private=True)

    async def _says(self, report: Report, at: Address, text: str, message: str, *, addressed: bool) -> None:
        await self.house.post(
            Inbound(
                str(next(self._keys)), at, Kind.MESSAGE, self.house.wall(), at.chat.isdigit(),
                Sender(report.resident, "居民"), message, text, addressed=addressed,
            )
        )  # fmt: skip

    async def _press(self, at: Address, user: str, data: str, ref: str, *, private: bool) -> None:
        await self.house.post(
            Inbound(
                str(next(self._keys)), at, Kind.PRESS, self.house.wall(), private,
                Sender(user), ref, addressed=True, press=Press(data, ref),
            )
        )  # fmt: skip

    # --- what people hear

    def arrives(self, parcel: Parcel, ref: str) -> None:
        """A letter is read by whoever sits in that chat."""
        if (staff := self.staff.get(parcel.to.chat)) is not None:
            staff.reads(parcel, ref)
            return
        number, key, asked = parcel.text.split("|")
        report = self.reports.get(number)
        if report is not None and (number, key + asked) not in self._answered:
            answers = self._answer_to(report, parcel, ref, key, asked)
            if answers is not None:
                self._answered.add((number, key + asked))
                self.goes(answers)

    def _answer_to(
        self, report: Report, parcel: Parcel, ref: str, key: str, asked: str
    ) -> Coroutine[Any, Any, None] | None:
        dice, habits, number = self.dice, self.habits, report.case
        if key == "case.status" and asked.startswith("case.ask."):
            if dice.random() >= habits.answers:
                return None
            if asked.startswith("case.ask.kind"):
                return self._after(20.0, report, parcel, f"kind:{number}:{report.category}", ref)
            if asked.startswith("case.ask.place"):
                return self._tells_where(report, parcel)
        if key == "case.done":
            chance = dice.random()
            if chance < habits.dissatisfied:
                return self._after(300.0, report, parcel, f"unsolved:{number}", ref)
            if chance < habits.confirms:
                return self._after(600.0, report, parcel, f"solved:{number}", ref)
        return None

    async def _after(self, seconds: float, report: Report, parcel: Parcel, data: str, ref: str) -> None:
        await asyncio.sleep(self.lasts(seconds))
        await self._press(parcel.to, report.resident, data, ref, private=parcel.to.chat.isdigit())

    async def _tells_where(self, report: Report, parcel: Parcel) -> None:
        await asyncio.sleep(self.lasts(25.0))
        await self._says(report, parcel.to, report.place.text, f"{report.message}w", addressed=False)

    def _learns(self, outcome: Outcome) -> None:
        """Which number a matter has been given."""
        for change in outcome.changes:
            if isinstance(change, Case) and change.number not in self.reports and change.message in self.written:
                report = self.written[change.message]
                report.case = change.number
                self.reports[change.number] = report
