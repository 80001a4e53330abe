"""Alert, AlertStep and MOVES: the whole life of an alert. Two persons stand behind every word of one that is out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from routing.areas import AreaKind
from routing.diagram import diagram

#: An alert ends by itself before chat apps stop taking messages back (DingTalk: 24 h, Telegram: 48 h).
LONGEST = timedelta(hours=23)


class Kind(StrEnum):
    MISSING = "missing"  #: A person has not come home. The police have confirmed it.
    STORM = "storm"  #: A weather warning.
    NOTICE = "notice"  #: Anything else that many groups are to hear: water is off, a road is closed.


class Colour(StrEnum):
    """Of the national weather warnings, the lowest first."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


class Sex(StrEnum):
    """PFIF 1.4's words."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class Ending(StrEnum):
    """Why an alert was taken back."""

    FOUND = "found"  #: Nobody is ever told where.
    FALSE = "false"  #: It was not so.
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  #: For another reason: over, sent by mistake.


class State(StrEnum):
    DRAFT = "draft"  #: Somebody writes it.
    WAITING = "waiting"  #: A second person is asked.
    LIVE = "live"
    PAUSED = "paused"  #: Out, and what has not left yet stands still.
    CANCELLED = "cancelled"  #: What had not left never will. What is out stays until it is taken back or expires.
    TAKEN_BACK = "taken_back"
    DECLINED = "declined"  #: The second person said no; it may be written better.
    ABANDONED = "abandoned"  #: Never went out, and never will.


class Verb(StrEnum):
    BEGIN = "begin"  #: Creates the alert.
    EDIT = "edit"  #: Other words, photo, area: whoever was asked before has to be asked anew.
    SUBMIT = "submit"
    ASK = "ask"  #: An approver is asked; also the next one.
    APPROVE = "approve"  #: The second person's yes: to the alert, or to a correction of it.
    DECLINE = "decline"  #: The second person's no.
    ABANDON = "abandon"
    CORRECT = "correct"  #: Other words for what is out; shown once a second person has said yes.
    WIDEN = "widen"  #: To the groups of a wider ring.
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    SIGHT = "sight"  #: Somebody says they saw the person.
    TAKE_BACK = "take_back"  #: One person is enough, and it is done at once.
    EXPIRE = "expire"
    ERASE = "erase"  #: What it said of a person is forgotten.


S, V = State, Verb

MOVES: dict[tuple[State, Verb], State] = {
    (S.DRAFT, V.EDIT): S.DRAFT,
    (S.DRAFT, V.SUBMIT): S.WAITING,
    (S.DRAFT, V.ABANDON): S.ABANDONED,
    (S.DRAFT, V.EXPIRE): S.ABANDONED,  # nobody went on with it
    (S.WAITING, V.EDIT): S.DRAFT,  # what was read is no longer what would go out
    (S.WAITING, V.ASK): S.WAITING,
    (S.WAITING, V.APPROVE): S.LIVE,
    (S.WAITING, V.DECLINE): S.DECLINED,
    (S.WAITING, V.ABANDON): S.ABANDONED,
    (S.WAITING, V.EXPIRE): S.ABANDONED,
    (S.DECLINED, V.EDIT): S.DRAFT,
    (S.DECLINED, V.ABANDON): S.ABANDONED,
    (S.DECLINED, V.EXPIRE): S.ABANDONED,
    (S.LIVE, V.CORRECT): S.LIVE,
    (S.LIVE, V.ASK): S.LIVE,
    (S.LIVE, V.APPROVE): S.LIVE,  # the correction
    (S.LIVE, V.DECLINE): S.LIVE,
    (S.LIVE, V.WIDEN): S.LIVE,
    (S.LIVE, V.PAUSE): S.PAUSED,
    (S.LIVE, V.CANCEL): S.CANCELLED,
    (S.LIVE, V.SIGHT): S.LIVE,
    (S.LIVE, V.TAKE_BACK): S.TAKEN_BACK,
    (S.LIVE, V.EXPIRE): S.TAKEN_BACK,
    (S.PAUSED, V.CORRECT): S.PAUSED,  # the usual reason to pause: it leaves corrected
    (S.PAUSED, V.ASK): S.PAUSED,
    (S.PAUSED, V.APPROVE): S.PAUSED,
    (S.PAUSED, V.DECLINE): S.PAUSED,
    (S.PAUSED, V.RESUME): S.LIVE,
    (S.PAUSED, V.CANCEL): S.CANCELLED,
    (S.PAUSED, V.SIGHT): S.PAUSED,
    (S.PAUSED, V.TAKE_BACK): S.TAKEN_BACK,
    (S.PAUSED, V.EXPIRE): S.TAKEN_BACK,
    (S.CANCELLED, V.SIGHT): S.CANCELLED,
    (S.CANCELLED, V.TAKE_BACK): S.TAKEN_BACK,
    (S.CANCELLED, V.EXPIRE): S.TAKEN_BACK,
    (S.TAKEN_BACK, V.ERASE): S.TAKEN_BACK,
    (S.ABANDONED, V.ERASE): S.ABANDONED,
}

OUT = frozenset({S.LIVE, S.PAUSED, S.CANCELLED})  #: Some group may show it.
OPEN = frozenset({S.DRAFT, S.WAITING, S.DECLINED}) | OUT  #: Somebody still has something to do.


class IllegalAlertMove(Exception):
    """This verb may not follow in this state, or lacks what it needs; nothing was changed. `args[0]` says which."""


class OwnWords(IllegalAlertMove):
    """Who wrote the words may not approve them: two persons stand behind every alert."""


class Unconfirmed(IllegalAlertMove):
    """The police have not confirmed this missing person by telephone, or under another reference."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is known of somebody who is missing. All of it is personal."""

    name: str = field(default="", repr=False)
    age: int | None = field(default=None, repr=False)  #: Years.
    sex: Sex | None = field(default=None, repr=False)
    height: int | None = field(default=None, repr=False)  #: Centimetres.
    clothes: str = field(default="", repr=False)
    features: str = field(default="", repr=False)  #: What one knows them by: glasses, a stick, an accent.
    place: str = field(default="", repr=False)  #: Where they were last seen, in words.
    location: tuple[float, float] | None = field(default=None, repr=False)  #: The same as (lat, lon), WGS-84.
    seen_at: datetime | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Content:
    """What an alert tells people: the part that two persons stand behind. There is no field for a family's number:
    whoever knows something calls the police."""

    headline: str = field(default="", repr=False)  #: Of a storm warning or a notice.
    words: str = field(default="", repr=False)  #: Its text; of a missing person anything else worth saying.
    missing: Missing | None = field(default=None, repr=False)
    photo: str = ""  #: Key in the photo store, of a cleaned picture; empty: none.
    reference: str = ""  #: The police's reference.
    colour: Colour | None = None  #: Of a storm warning.


@dataclass(frozen=True, slots=True)
class Correction:
    """Other words for an alert that is out, which nobody else has read yet."""

    content: Content
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertStep:
    """One thing done to an alert, by whom and when. Steps are only ever added."""

    alert: str
    verb: Verb
    at: datetime
    by: str  #: Person id of the directory, or "clock".
    words: str = field(default="", repr=False)  #: Why: of a no, of taking back.
    to: str = ""  #: ASK: person id. APPROVE, WIDEN: the ring reached, an AreaKind. TAKE_BACK: an Ending.
    content: Content | None = field(default=None, repr=False)  #: EDIT, CORRECT.
    area: str = ""  #: EDIT: another area; empty: as it was.
    confirmed: bool = False  #: APPROVE: "the police have confirmed this to me by telephone" was ticked.
    reference: str = ""  #: APPROVE: under which reference they did.


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that many groups are told, from its draft to the day it is forgotten."""

    id: str  #: "a" and eight digits without 0, shown as "A 3816 4275": never the number of a case.
    kind: Kind
    state: State
    area: str  #: Where the person was last seen, or whom it concerns: a grid, community, street or district.
    author: str  #: Person id of who began it.
    created_at: datetime
    content: Content
    exercise: bool = False  #: A drill: it goes to test groups alone, and says so first.
    case: str = ""  #: Number of the case it came from.
    writers: tuple[str, ...] = ()  #: Whose words `content` are, whoever changed them last at the end. Never empty.
    approver: str = ""  #: The second person, whose yes `content` has; empty: nobody's yet.
    asked: tuple[str, ...] = ()  #: Approvers asked since the last change, in order.
    correction: Correction | None = None
    confirmed: bool = False  #: The approver ticked that the police confirmed it by telephone.
    ring: AreaKind | None = None  #: The widest ring that was told; None: no group yet.
    ring_at: datetime | None = None
    life: timedelta = LONGEST  #: From when the first group is told to its end.
    submitted_at: datetime | None = None
    live_at: datetime | None = None
    expires_at: datetime | None = None
    corrected_at: datetime | None = None  #: Since when groups are told what `content` says, if it was corrected.
    ended_at: datetime | None = None
    ending: Ending | None = None
    erased: bool = False
    version: int = 0  #: 0: new. `commit` raises Stale when the stored one is another.

    def __post_init__(self) -> None:
        # No alert that breaks these can be built, on whatever path: the rule is in the thing, not in its doors.
        if not self.writers:
            object.__setattr__(self, "writers", (self.author,))
        if self.approver and self.approver in self.writers:
            raise OwnWords("own words")
        if (self.state in OUT or self.live_at) and not self.approver:
            raise IllegalAlertMove("nobody has approved it")
        if self.kind is Kind.MISSING and self.live_at and not self.confirmed:
            raise Unconfirmed("not confirmed")
        if not timedelta(0) < self.life <= LONGEST:
            raise ValueError(f"an alert lives at most {LONGEST}")

    def may(self, verb: Verb) -> bool:
        """Whether this verb may follow now."""
        about_correction = verb in (V.ASK, V.APPROVE, V.DECLINE) and self.state in OUT
        return (self.state, verb) in MOVES and (not about_correction or self.correction is not None)

    def may_approve(self, person: str) -> bool:
        """Whether this person may say yes now: never to words of their own."""
        return self.may(V.APPROVE) and person not in self.unapproved_by

    @property
    def unapproved_by(self) -> tuple[str, ...]:
        """Whose words are waiting for somebody else's yes."""
        return (self.correction.by,) if self.correction else self.writers

    def after(self, step: AlertStep) -> Alert:
        """Returns the alert as it is after the step. Raises IllegalAlertMove (OwnWords, Unconfirmed) and changes
        nothing otherwise."""
        if not self.may(step.verb):
            raise IllegalAlertMove(f"{step.verb} in {self.state}")
        state = MOVES[self.state, step.verb]
        match step.verb:
            case Verb.EDIT:
                return self._edited(state, step)
            case Verb.SUBMIT:
                return replace(self, state=state, submitted_at=step.at)
            case Verb.ASK:
                return replace(self, state=state, asked=(*self.asked, step.to))
            case Verb.APPROVE:
                return self._approved(state, step)
            case Verb.DECLINE | Verb.CANCEL:  # Of what goes no further nothing is corrected either.
                return replace(self, state=state, correction=None, asked=())
            case Verb.CORRECT:
                return replace(self, state=state, correction=Correction(_said(step), step.by, step.at), asked=())
            case Verb.WIDEN:
                expires = self.expires_at if self.ring else step.at + self.life
                return replace(self, state=state, ring=self._wider(step.to), ring_at=step.at, expires_at=expires)
            case Verb.TAKE_BACK:
                return self._ended(state, step, Ending(step.to))
            case Verb.EXPIRE:
                return self._ended(state, step, Ending.EXPIRED if self.out else None)
            case Verb.ABANDON:
                return self._ended(state, step, None)
            case Verb.ERASE:
                return replace(self, state=state, content=Content(), erased=True)
            case _:
                return replace(self, state=state)

    def _edited(self, state: State, step: AlertStep) -> Alert:
        writers = (*(each for each in self.writers if each != step.by), step.by)
        area = step.area or self.area
        return replace(self, state=state, content=_said(step), area=area, writers=writers, asked=())

    def _approved(self, state: State, step: AlertStep) -> Alert:
        """Four eyes: nobody approves words of their own; a missing person's are confirmed by the police as well."""
        writers = self.unapproved_by
        if not step.by or step.by in writers:
            raise OwnWords("own words")
        content = self.correction.content if self.correction else self.content
        if self.kind is Kind.MISSING:
            content = _confirmed(content, step)
        changed: dict[str, Any] = {"content": content, "writers": writers, "approver": step.by, "asked": ()}
        if self.correction:
            return replace(self, state=state, correction=None, corrected_at=step.at, **changed)
        ring = AreaKind(step.to) if step.to else None
        return replace(
            self, state=state, confirmed=step.confirmed, ring=ring, ring_at=step.at if ring else None,
            live_at=step.at, expires_at=step.at + (self.life if ring else LONGEST), **changed,
        )  # fmt: skip

    def _wider(self, to: str) -> AreaKind:
        ring = AreaKind(to)
        if ring not in RINGS or (self.ring and RINGS.index(ring) <= RINGS.index(self.ring)):
            raise IllegalAlertMove("no wider")
        return ring

    def _ended(self, state: State, step: AlertStep, ending: Ending | None) -> Alert:
        return replace(self, state=state, ended_at=step.at, ending=ending, correction=None)

    @property
    def shown(self) -> str:
        """The number as people read it: "A 3816 4275"."""
        return f"{self.id[:1].upper()} {self.id[1:5]} {self.id[5:]}"

    @property
    def out(self) -> bool:
        """Whether some group may show it."""
        return self.state in OUT

    @property
    def open(self) -> bool:
        return self.state in OPEN


#: The rings, the innermost first.
RINGS = (AreaKind.GRID, AreaKind.COMMUNITY, AreaKind.STREET, AreaKind.DISTRICT)


def _said(step: AlertStep) -> Content:
    if step.content is None:
        raise IllegalAlertMove("no words")
    return step.content


def _confirmed(content: Content, step: AlertStep) -> Content:
    """Returns the content with the reference under which the police confirmed it. Raises Unconfirmed."""
    reference = step.reference.strip()
    if not step.confirmed or not reference:
        raise Unconfirmed("not confirmed")
    if content.reference and content.reference != reference:
        raise Unconfirmed("another reference")
    return replace(content, reference=reference)


def drawn(number: str) -> str:
    """An alert's id from a number drawn like a case's."""
    return f"a{number}"


def mermaid() -> Iterator[str]:
    """Yields the lines of the state diagram that docs/alerts.md shows, drawn from MOVES."""
    return diagram(MOVES.items(), (Verb.BEGIN, State.DRAFT), (State.TAKEN_BACK, State.ABANDONED))
