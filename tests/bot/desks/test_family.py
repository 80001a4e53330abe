"""The family guard, whatever people press and write: who is warned has agreed, and so has the one it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.codes import LENGTH, drawn, shown, tidy
from bot.consent import Consent
from bot.desks import family
from bot.desks.turn import Turn
from bot.messages import Address, Inbound, Kind, Press, Sender
from bot.outcome import Family, Fresh, Guard, Outcome, Resident, Scene, Thread, Tie, TieState
from routing.case import Case, State
from tests.thorough import many
from tests.town import BOT, CHANNEL, DESK_BY_DAY, DESK_BY_NIGHT, GRID_1, LI, NIGHT, NOON, POLICE, town

PEOPLE = [
    Resident(name, CHANNEL, f"u-{name}", name, "", Address(CHANNEL, BOT, f"u-{name}"), 1)
    for name in ("ann", "bob", "cat", "dan", "eve")
]
WHO = st.sampled_from(PEOPLE)


class Households(RuleBasedStateMachine):
    """Rows in a dict, decisions by the desk, and beside them what was agreed as we count it."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.keys = NOON, count(1)
        self.ties: dict[str, Tie] = {}
        self.codes: dict[str, str] = {}  #: Tie -> its code.
        self.guards: dict[str, Guard] = {each.id: Guard(each, f"code of {each.id}") for each in PEOPLE}
        self.agreed: set[tuple[str, str]] = set()  #: (guarded, relative)
        self.consents: set[str] = set()

    def _family(self, who: Resident, code: str) -> Family:
        mine = tuple(tie for tie in self.ties.values() if who in (tie.guarded, tie.relative))
        asked = next((self.ties[tie] for tie, each in self.codes.items() if each == code and tie in self.ties), None)
        return Family(self.guards[who.id], mine, asked if code else None)

    def _does(self, who: Resident, *, text: str = "", data: str = "") -> Outcome:
        inbound = Inbound(
            str(next(self.keys)), Address(CHANNEL, BOT, f"u-{who.id}"), Kind.PRESS if data else Kind.MESSAGE, self.now,
            private=True, sender=Sender(f"u-{who.id}"), text=text, press=Press(data, "m") if data else None,
        )  # fmt: skip
        assert family.concerns(inbound)
        thread = Thread(f"t-{who.id}", inbound.at, who, private=True, version=1)
        drawn_now = Fresh("38164275", f"{next(self.keys):020d}" + "t" * 23)
        scene = Scene(drawn_now, thread, family=self._family(who, family.code_in(inbound)))
        turn = Turn(inbound.cause, scene, town(), self.now)
        if data:
            verb, _, argument = data.removeprefix("family:").partition(":")
            family.pressed(turn, verb, argument)
        else:
            family.command(turn, inbound)
        outcome = turn.outcome("family")
        assert outcome.letters, "nobody presses into silence"
        for change in outcome.changes:
            match change:
                case Tie():
                    self._put(change)
                case Guard():
                    self.guards[change.resident.id] = replace(change, version=change.version + 1)
                case Consent():
                    assert change.resident == who.id, "nobody agrees for somebody else"
                    self.consents.add(change.resident)
        return outcome

    def _put(self, tie: Tie) -> None:
        if tie.code:
            self.codes[tie.id] = tie.code
        if tie.state is TieState.GONE:
            self.ties.pop(tie.id)
        else:
            self.ties[tie.id] = replace(tie, code="", version=tie.version + 1)
        if tie.state is not TieState.ASKED:
            self.codes.pop(tie.id, None)

    @rule(who=WHO)
    def asks_for_a_code(self, who: Resident) -> None:
        self._does(who, data="family:add")
        self._does(who, data="family:yes")

    @rule(who=WHO, choice=st.integers(0, 9), yes=st.booleans())
    def opens_a_code(self, who: Resident, choice: int, yes: bool) -> None:
        if not self.codes:
            return
        tie, code = sorted(self.codes.items())[choice % len(self.codes)]
        open_ = self.ties[tie]
        said = self._does(who, text=f"家人 {shown(code).lower()}").letters[0].key
        self._does(who, data=f"family:{'agree' if yes else 'refuse'}:{code}")
        pair = (open_.guarded.id, who.id)
        heard = [each for each in self.agreed if each[1] == who.id]
        may = (
            open_.until is not None and self.now < open_.until and open_.guarded.id != who.id
            and pair not in self.agreed and len(heard) < family.MOST_HEARD
        )  # fmt: skip
        assert (said == "family.agree") == may
        if may and yes:
            self.agreed.add(pair)

    @rule(who=WHO, code=st.binary(min_size=16, max_size=16))
    def guesses_a_code(self, who: Resident, code: bytes) -> None:
        before = dict(self.ties)
        self._does(who, data=f"family:agree:{drawn(code)}")
        assert self.ties == before

    @rule(who=WHO, choice=st.integers(0, 9))
    def ends_one(self, who: Resident, choice: int) -> None:
        linked = sorted(tie for tie, each in self.ties.items() if each.state is TieState.LINKED)
        if not linked:
            return
        tie = self.ties[linked[choice % len(linked)]]
        assert tie.relative is not None
        self._does(who, data=f"family:part:{tie.id}")
        if who in (tie.guarded, tie.relative):
            self.agreed.discard((tie.guarded.id, tie.relative.id))

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(who=WHO)
    def is_warned(self, who: Resident) -> None:
        case = Case("38164275", State.RECEIVED, "r", "t", "m", self.now)
        told = tuple(tie for tie in self.ties.values() if tie.guarded == who and tie.state is TieState.LINKED)
        turn = Turn("w", Scene(Fresh("38164275", "t" * 43), case=case), town(), self.now)
        family.warn(turn, Family(replace(self.guards[who.id], warned_at=None), told))
        heard = {letter.to.chat for letter in turn.outcome("w").letters if letter.key == "family.warned_relative"}
        assert heard == {f"u-{relative}" for guarded, relative in self.agreed if guarded == who.id}

    @invariant()
    def both_agreed_and_nobody_has_too_many(self) -> None:
        linked = [each for each in self.ties.values() if each.state is TieState.LINKED]
        pairs = [(each.guarded.id, each.relative.id) for each in linked if each.relative]
        assert sorted(pairs) == sorted(self.agreed)
        assert {each for pair in pairs for each in pair} <= self.consents
        for person in PEOPLE:
            assert sum(guarded == person.id for guarded, _ in pairs) <= family.MOST_TOLD
            asked = [each for each in self.ties.values() if each.state is TieState.ASKED and each.guarded == person]
            assert len(asked) <= 1


Households.TestCase.settings = settings(max_examples=many(25), stateful_step_count=30)
TestHouseholds = Households.TestCase


@pytest.mark.parametrize(("now", "reached", "hears"), [
    (NOON, {POLICE, LI, DESK_BY_DAY}, {POLICE}),
    (NIGHT, {POLICE, LI, DESK_BY_DAY}, {POLICE}),  # off duty: all of the unit
    (NOON, {LI, DESK_BY_DAY}, {LI}),
    (NOON, {DESK_BY_DAY, DESK_BY_NIGHT}, {DESK_BY_DAY, DESK_BY_NIGHT}),
    (NOON, set[str](), set[str]()),
])  # fmt: skip
def test_the_police_post_is_who_can_be_written_to(now: datetime, reached: set[str], hears: set[str]) -> None:
    case = Case("38164275", State.RECEIVED, "r", "t", "m", now, grid=GRID_1, unit="s-police", holder=LI)
    reach = {who: Address(CHANNEL, BOT, who) for who in reached}
    turn = Turn("w", Scene(Fresh("38164275", "t" * 43), case=case, reach=reach), town(), now)
    family.warn(turn, Family(Guard(PEOPLE[0], "K7QF3MAB")))
    told = {letter.to.chat for letter in turn.outcome("w").letters if letter.key.startswith("family.police")}
    assert told == hears


def test_a_code_is_read_however_it_is_typed() -> None:
    code = drawn(b"some sixteen byte")
    assert len(code) == LENGTH
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in code)
    for typed in (code, shown(code), code.lower(), f" {code[:4]}-{code[4:]} ", full_width):
        assert tidy(typed) == code
    for typed in ("", code[:-1], code + "2", "I" + code[1:], "0" + code[1:], "家人守护家人守护"):
        assert tidy(typed) == ""
