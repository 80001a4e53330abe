"""Case, Step and MOVES: the whole life of a case. MOVES is the only place that says what may follow what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from routing.diagram import diagram


class State(StrEnum):
    RECEIVED = "received"  #: The bot's word: a number was given. Nobody has it yet.
    DISPATCHED = "dispatched"  #: A card is on its way to somebody, who has not answered.
    ACCEPTED = "accepted"  #: A person's word: "I take it".
    ARRIVED = "arrived"  #: A person is on the spot.
    DONE = "done"  #: A person says it is settled; the resident has not said yes yet.
    CLOSED = "closed"
    JOINED = "joined"  #: The same matter as another case; ends with it.
    WITHDRAWN = "withdrawn"  #: The resident took it back before anybody accepted.


class Verb(StrEnum):
    RECEIVE = "receive"  #: Creates the case.
    DETAIL = "detail"  #: More words, photos, a place, another kind.
    DISPATCH = "dispatch"  #: A card to a person; also to the next one.
    ACCEPT = "accept"
    PASS_ON = "pass_on"  #: "Not mine": back to be dispatched to the next.
    CALL = "call"  #: A person has called the resident back.
    ARRIVE = "arrive"
    FINISH = "finish"
    CONFIRM = "confirm"  #: The resident: it is solved.
    REOPEN = "reopen"  #: The resident: it is not. Of a joined case: it is a matter of its own after all.
    LAPSE = "lapse"  #: The resident did not answer in time; closed, and can be reopened.
    ESCALATE = "escalate"  #: A clock went by: told to somebody higher.
    JOIN = "join"
    WITHDRAW = "withdraw"
    NOTE = "note"  #: A person at the desk writes something down.


S, V = State, Verb

MOVES: dict[tuple[State, Verb], State] = {
    (S.RECEIVED, V.DETAIL): S.RECEIVED,
    (S.RECEIVED, V.DISPATCH): S.DISPATCHED,
    (S.RECEIVED, V.ACCEPT): S.ACCEPTED,  # the desk takes what could not be dispatched
    (S.RECEIVED, V.CALL): S.RECEIVED,  # the desk may call before anybody has accepted
    (S.RECEIVED, V.ESCALATE): S.RECEIVED,
    (S.RECEIVED, V.NOTE): S.RECEIVED,
    (S.RECEIVED, V.JOIN): S.JOINED,
    (S.RECEIVED, V.WITHDRAW): S.WITHDRAWN,
    (S.DISPATCHED, V.DETAIL): S.DISPATCHED,
    (S.DISPATCHED, V.DISPATCH): S.DISPATCHED,  # the next person, or another place came to light
    (S.DISPATCHED, V.ACCEPT): S.ACCEPTED,
    (S.DISPATCHED, V.PASS_ON): S.RECEIVED,
    (S.DISPATCHED, V.CALL): S.DISPATCHED,
    (S.DISPATCHED, V.ESCALATE): S.DISPATCHED,
    (S.DISPATCHED, V.NOTE): S.DISPATCHED,
    (S.DISPATCHED, V.JOIN): S.JOINED,
    (S.DISPATCHED, V.WITHDRAW): S.WITHDRAWN,
    (S.ACCEPTED, V.DETAIL): S.ACCEPTED,
    (S.ACCEPTED, V.DISPATCH): S.DISPATCHED,  # routed again: another kind or place after all
    (S.ACCEPTED, V.PASS_ON): S.RECEIVED,
    (S.ACCEPTED, V.CALL): S.ACCEPTED,
    (S.ACCEPTED, V.ARRIVE): S.ARRIVED,
    (S.ACCEPTED, V.FINISH): S.DONE,  # some matters are settled by telephone
    (S.ACCEPTED, V.ESCALATE): S.ACCEPTED,
    (S.ACCEPTED, V.NOTE): S.ACCEPTED,
    (S.ACCEPTED, V.JOIN): S.JOINED,
    (S.ARRIVED, V.DETAIL): S.ARRIVED,
    (S.ARRIVED, V.DISPATCH): S.DISPATCHED,
    (S.ARRIVED, V.PASS_ON): S.RECEIVED,
    (S.ARRIVED, V.CALL): S.ARRIVED,
    (S.ARRIVED, V.FINISH): S.DONE,
    (S.ARRIVED, V.ESCALATE): S.ARRIVED,
    (S.ARRIVED, V.NOTE): S.ARRIVED,
    (S.ARRIVED, V.JOIN): S.JOINED,
    (S.DONE, V.DETAIL): S.DONE,
    (S.DONE, V.CALL): S.DONE,
    (S.DONE, V.CONFIRM): S.CLOSED,
    (S.DONE, V.REOPEN): S.RECEIVED,  # goes out again as a fresh dispatch, with a leader told
    (S.DONE, V.LAPSE): S.CLOSED,
    (S.DONE, V.NOTE): S.DONE,
    (S.CLOSED, V.REOPEN): S.RECEIVED,
    (S.CLOSED, V.NOTE): S.CLOSED,
    (S.JOINED, V.DETAIL): S.JOINED,  # goes to whoever has the other case in hand
    (S.JOINED, V.REOPEN): S.RECEIVED,  # split again: it goes out by itself
    (S.JOINED, V.NOTE): S.JOINED,
    (S.WITHDRAWN, V.NOTE): S.WITHDRAWN,
}

OPEN = frozenset({S.RECEIVED, S.DISPATCHED, S.ACCEPTED, S.ARRIVED, S.DONE})  #: Somebody still has something to do.


class IllegalMove(Exception):
    """This verb may not follow in this state; nothing was changed. The desk tells the person how it stands."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to a case, by whom and when. Steps are only ever added."""

    case: str
    verb: Verb
    at: datetime
    by: str  #: Person id (directory), resident id, "bot" or "clock".
    words: str = field(default="", repr=False)  #: Masked before it gets here.
    photos: tuple[str, ...] = ()  #: Keys in the photo store.
    to: str = ""  #: DISPATCH, ESCALATE: person id. JOIN, and REOPEN or NOTE where they part again: the other case.


@dataclass(frozen=True, slots=True)
class Case:
    """A resident's matter, from the first message to the resident's yes."""

    number: str  #: Eight digits without 0, shown as "3816 4275".
    state: State
    reporter: str  #: Resident id.
    thread: str  #: Thread id: the talk it came from. Opaque here.
    message: str  #: The message it began with. Opaque here.
    opened_at: datetime  #: When it was first told: all clocks start here, or when another system passed it on.
    words: str = field(default="", repr=False)
    category: str = ""  #: Code of the catalogue; empty until known.
    category_sure: bool = False  #: By itself (p >= .6), or the reporter pressed it.
    urgency: str = ""  #: now, today, days.
    private: bool = False  #: Never named in a group or on an open interface.
    place: str = field(default="", repr=False)  #: As written, or the standard address. May name a house: private.
    address_id: str = field(default="", repr=False)
    grid: str = ""  #: Area code of the grid, or of the community while no more is known.
    location: tuple[float, float] | None = field(default=None, repr=False)
    platform: str = ""
    unit: str = ""
    holder: str = ""  #: Person id who was asked or has accepted.
    asked: tuple[str, ...] = ()  #: Everybody who had the card, in order, the holder last.
    reason: str = ""  #: Why it was routed so, as `Why.written` puts it on record.
    photos: tuple[str, ...] = ()  #: Keys in the photo store.
    result: str = field(default="", repr=False)  #: The finisher's words.
    result_photos: tuple[str, ...] = ()
    joined_to: str = ""
    resembles: str = ""  #: An open case that may be the same matter: its reporter is asked, a person may join them.
    version: int = 0  #: 0: new. `commit` raises Stale when the stored one is another.

    def may(self, verb: Verb) -> bool:
        """Whether this verb may follow now."""
        return (self.state, verb) in MOVES

    def after(self, step: Step) -> Case:
        """Returns the case as it is after the step. Raises IllegalMove and changes nothing otherwise."""
        try:
            state = MOVES[self.state, step.verb]
        except KeyError:
            raise IllegalMove(f"{step.verb} in {self.state}") from None
        changed = replace(self, state=state)
        match step.verb:
            case Verb.DISPATCH:
                return replace(changed, holder=step.to, asked=(*self.asked, step.to))
            case Verb.ACCEPT:
                asked = self.asked if step.by in self.asked else (*self.asked, step.by)
                return replace(changed, holder=step.by, asked=asked)
            case Verb.PASS_ON:
                return replace(changed, holder="")
            case Verb.DETAIL:
                words = "\n".join(part for part in (self.words, step.words) if part)
                return replace(changed, words=words, photos=(*self.photos, *step.photos))
            case Verb.FINISH:
                return replace(changed, result=step.words, result_photos=step.photos)
            case Verb.REOPEN:
                # Who had it may have it again: the next dispatch starts from the top of the ladder.
                return replace(changed, asked=(), holder="", joined_to="")
            case Verb.JOIN:
                return replace(changed, joined_to=step.to, resembles="")
            case _:
                return changed

    @property
    def shown(self) -> str:
        """The number as people read it: "3816 4275"."""
        return shown(self.number)

    @property
    def open(self) -> bool:
        return self.state in OPEN


def shown(number: str) -> str:
    """A case number as people read it."""
    return f"{number[:4]} {number[4:]}"


def mermaid() -> Iterator[str]:
    """Yields the lines of the state diagram that the README shows, drawn from MOVES."""
    return diagram(MOVES.items(), (Verb.RECEIVE, State.RECEIVED), (State.CLOSED, State.JOINED, State.WITHDRAWN))
