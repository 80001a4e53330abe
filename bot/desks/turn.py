"""One decision in the making: collects what changes, and becomes the Outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.ledger import Entry
from bot.messages import Address, Button, Lane, Letter, Said, Words
from bot.outcome import Asking, Change, Draft, Outcome, Scene, Thread
from routing.accused import accused
from routing.case import Case, Step, Verb
from routing.directory import Directory
from routing.sla import LOCAL, Clock, ClockKind, elsewhere, retime, start

#: What a resident adds within this time belongs to the case they just opened.
JOINS = timedelta(minutes=10)


class Turn:
    """What one message, click or tick changes. Desks tell it what happens; `outcome` says it all at once."""

    def __init__(self, cause: str, scene: Scene, directory: Directory, now: datetime) -> None:
        self.cause, self.scene, self.directory, self.now = cause, scene, directory, now
        self._case: Case | None = scene.case
        self._thread: Thread | None = scene.thread
        self.reporter: Thread | None = scene.reporter  #: The talk the case came from; None while there is no case.
        self.clocks: dict[ClockKind, Clock] = {clock.kind: clock for clock in scene.clocks}
        self._steps: list[Step] = []
        self._letters: list[Letter] = []
        self._changes: list[Change] = []
        self._entries: list[Entry] = []
        self._misses: list[str] = []
        self._found: list[str] = []
        self.several = False  #: Whether the message told more than one matter; the case is about one of them.

    # --- the case

    @property
    def case(self) -> Case:
        """The case as it is by now. Only where there is one: ask `on_case` elsewhere."""
        assert self._case is not None, "no case in this turn"
        return self._case

    @property
    def on_case(self) -> bool:
        return self._case is not None

    @property
    def thread(self) -> Thread:
        """The sender's talk as it is by now. A tick has none: ask `on_thread` there."""
        assert self._thread is not None, "no talk in this turn"
        return self._thread

    @property
    def on_thread(self) -> bool:
        return self._thread is not None

    def open(self, case: Case, taken_at: datetime | None = None) -> None:
        """A new case: its clocks start at the resident's first message, or when it was taken in: nobody here can keep
        a promise for the time in which only another system knew of it."""
        self._case, self.reporter = case, self.thread
        hours = self.directory.hours_of(case.grid)
        started = start(case.number, case.urgency or "today", taken_at or case.opened_at, self.scene.table, hours)
        self.clocks = {clock.kind: clock for clock in started}
        self._steps.append(Step(case.number, Verb.RECEIVE, self.now, case.reporter, case.words, case.photos))

    def step(
        self, verb: Verb, by: str, words: str = "", photos: tuple[str, ...] = (), to: str = "", **also: object
    ) -> Case:
        """Does one step to the case and sets the fields in `also`. Raises IllegalMove; then nothing was collected."""
        step = Step(self.case.number, verb, self.now, by, words, photos, to)
        self._case = replace(self.case.after(step), **also)  # type: ignore[arg-type]
        self._steps.append(step)
        return self.case

    def known(self, **fields: object) -> Case:
        """Something about the case became known that is no step of its own (its kind, its place)."""
        before, self._case = self.case, replace(self.case, **fields)  # type: ignore[arg-type]
        clocks, urgency, hours = tuple(self.clocks.values()), self.case.urgency, self.directory.hours_of(self.case.grid)
        was = before.urgency or "today", self.directory.hours_of(before.grid)
        if urgency != before.urgency:
            clocks = retime(clocks, urgency, self.now, self.scene.table, hours, was=was)
        elif hours is not was[1]:  # Another office answers for it, with hours of its own.
            clocks = elsewhere(clocks, urgency or "today", hours, self.scene.table, was[1])
        self.clocks = {clock.kind: clock for clock in clocks}
        return self.case

    @property
    def of_reporter(self) -> bool:
        """Whether the sender is the one who reported the case."""
        return self.on_thread and self.on_case and self.thread.resident.id == self.case.reporter

    def added(self) -> tuple[str, tuple[str, ...]]:
        """The words and photos that came with this turn's DETAIL steps."""
        details = [step for step in self._steps if step.verb is Verb.DETAIL]
        return "\n".join(step.words for step in details if step.words), tuple(
            photo for step in details for photo in step.photos
        )

    # --- the clocks

    def stop(self, *kinds: ClockKind) -> None:
        for kind in kinds:
            if kind in self.clocks:
                self.clocks[kind] = self.clocks[kind].stop(self.now)

    def pause(self, kind: ClockKind) -> None:
        if kind in self.clocks:
            self.clocks[kind] = self.clocks[kind].pause(self.now)

    def resume(self, kind: ClockKind) -> None:
        if kind in self.clocks:
            span = self.scene.table[self.case.urgency or "today"].get(kind)
            hours = self.directory.hours_of(self.case.grid) if span and span.stands_still else None
            self.clocks[kind] = self.clocks[kind].resume(self.now, hours)

    def begin(self, kind: ClockKind, wait: timedelta) -> None:
        """Starts a clock that is no promise, or starts it again."""
        due = self.now + wait
        version = self.clocks[kind].version if kind in self.clocks else 0
        self.clocks[kind] = Clock(self.case.number, kind, self.now, due, due, version=version)

    def again(self) -> None:
        """A reopened case: its promises to a person start anew, from now."""
        hours = self.directory.hours_of(self.case.grid)
        for clock in start(self.case.number, self.case.urgency or "today", self.now, self.scene.table, hours):
            if clock.kind is not ClockKind.SIGN:
                old = self.clocks.get(clock.kind)
                self.clocks[clock.kind] = replace(clock, version=old.version if old else 0)

    def due(self, kind: ClockKind) -> datetime | str:
        """The promised instant, or "" when there is no such promise."""
        clock = self.clocks.get(kind)
        return clock.promised_at if clock else ""

    def when(self, at: datetime) -> Words:
        """The instant as it is said now: of the same local day the hour alone, which is how people say it."""
        same = at.astimezone(LOCAL).date() == self.now.astimezone(LOCAL).date()
        return Said("time.today", {"at": at}) if same else at

    # --- the talk

    def wait(self, draft: Draft | None) -> None:
        """Remembers (or forgets) what this thread is about."""
        self.talk(draft=draft)

    def awaits(self, asking: Asking) -> bool:
        """Whether the sender was asked this, about this very case, and may still answer."""
        draft = self.thread.draft
        return (
            self.on_case
            and draft is not None
            and draft.until > self.now
            and draft.asking is asking
            and draft.case == self.case.number
        )

    def talk(self, **fields: object) -> None:
        """Changes the sender's thread; a click on a page comes from none."""
        if not self.on_thread:
            return
        same = self.reporter is not None and self.reporter.id == self.thread.id
        self._thread = replace(self.thread, **fields)  # type: ignore[arg-type]
        if same:
            self.reporter = self.thread

    def hand(self, person: str, case: str) -> None:
        """Gives the reporter's talk to a person, or back to the bot."""
        assert self.reporter is not None, "no reporter in this turn"
        same = self.on_thread and self.thread.id == self.reporter.id
        self.reporter = replace(self.reporter, handed_to=person, handed_case=case)
        if same:
            self._thread = self.reporter

    def keep(self, *changes: Change) -> None:
        self._changes.extend(changes)

    def book(self, *entries: Entry) -> None:
        """Points; the purse they change is kept beside them."""
        self._entries.extend(entries)

    def miss(self, question: str) -> None:
        """A question nobody could answer: counted by likeness, for the authors."""
        if question:
            self._misses.append(question)

    # --- letters

    def find(self, question: str) -> None:
        """One of those has an answer after all: it was among the three that were offered."""
        if question:
            self._found.append(question)

    def tell(self, *letters: Letter) -> None:
        self._letters.extend(letters)

    def reply(
        self,
        key: str,
        params: Mapping[str, Words] | None = None,
        *,
        reply_to: str = "",
        buttons: tuple[tuple[Button, ...], ...] = (),
        slot: str = "",
        fresh: bool = False,
    ) -> None:
        """Answers in the sender's own thread. A click on a page has none: the page itself shows how it stands."""
        if not self.on_thread:
            return
        thread = self.thread
        self.tell(
            Letter(
                thread.at,
                key,
                params or {},
                Lane.REPLY,
                slot=slot,
                fresh=fresh,
                buttons=buttons,
                reply_to=reply_to,
                language=thread.resident.language,
                case=self.case.number if self.on_case else "",
            )
        )

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step of the case, those of this turn with them."""
        return (*self.scene.steps, *self._steps)

    def staff(self, person: str) -> Address | None:
        """Where this person of the staff can be written to; nowhere about a complaint that may be about themselves."""
        if self.on_case and person in accused(self.case, self.directory).people:
            return None
        return self.scene.reach.get(person)

    # --- the end

    def outcome(self, note: str) -> Outcome:
        """All of it. What was read and did not change is left out."""
        changes: list[Change] = []
        if self.on_case and self.case != self.scene.case:
            changes.append(self.case)
        before = {clock.kind: clock for clock in self.scene.clocks}
        changes.extend(clock for kind, clock in self.clocks.items() if clock != before.get(kind))
        seen: set[str] = set()
        for thread, old in ((self._thread, self.scene.thread), (self.reporter, self.scene.reporter)):
            if thread is None or thread.id in seen:
                continue
            # A talk in a group that nothing came of is not kept: a neighbour who pressed somebody else's button, say.
            opened = self.on_case and self.case.thread == thread.id
            new = not thread.version and (thread.private or opened or self._on_a_button(thread))
            if thread != old or new:
                seen.add(thread.id)
                changes.append(thread)
        changes.extend(self._changes)
        return Outcome(
            self.cause,
            tuple(changes),
            tuple(self._steps),
            tuple(self._letters),
            misses=tuple(self._misses),
            found=tuple(self._found),
            entries=tuple(self._entries),
            note=note,
        )

    def _on_a_button(self, thread: Thread) -> bool:
        """Whether a button of this turn knows its asker by this talk."""
        rows = (row for letter in self._letters for row in letter.buttons)
        return any(button.data.endswith(f":{thread.id}") for row in rows for button in row)
