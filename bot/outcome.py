"""Thread and Scene: what we knew. Outcome: all that changes by it. (Nouns only.)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.consent import Consent
from bot.ledger import Earning, Entry, Goods, Known, Order, Purse, Shop
from bot.messages import Address, Fanout, FanoutOrder, Letter, Media, Recall
from bot.tenancy import Tenancy
from nlu.audience import Audience
from routing.address import Candidate
from routing.alert import Alert, AlertStep
from routing.case import Case, Step
from routing.directory import Group
from routing.dispatch import USUAL, Hands, Plan
from routing.rings import Pace
from routing.rules import CATALOGUE_ONLY, Rules
from routing.sla import CATALOGUE, Clock, Clocks


class Asking(StrEnum):
    """What the bot asked last and waits for, in one thread."""

    NOTHING = ""
    KIND = "kind"  #: Which kind of matter?
    PLACE = "place"  #: Where?
    OFFER = "offer"  #: Overheard in a `listen` group: "shall I report it for you?"
    RESULT = "result"  #: A cadre: "what was done?" (words, photo)
    CALLBACK = "callback"  #: The desk: "what did the resident say?"
    DISSATISFIED = "dissatisfied"  #: The resident said "not solved": what is still wrong?
    FAQ = "faq"  #: "Did you mean ...?"
    SEEN = "seen"  #: "Where did you see them?", of an alert.
    BELONGS = "belongs"  #: "Does this belong to your report?"; answered by a button alone.


@dataclass(frozen=True, slots=True)
class Draft:
    """What this talk is about right now. Past `until` it is forgotten."""

    until: datetime
    case: str = ""
    asking: Asking = Asking.NOTHING
    text: str = field(default="", repr=False)  #: OFFER, BELONGS: the words in question, kept only until answered.
    media: tuple[Media, ...] = ()
    message_id: str = ""
    choices: tuple[str, ...] = field(
        default=(), repr=False
    )  #: What the buttons stood for: category codes, grids, FAQ ids.


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who writes to us. The user id and the name are encrypted in their row."""

    id: str  #: Ours, random; safe in logs.
    channel: str
    user_id: str = field(repr=False)
    name: str = field(default="", repr=False)
    language: str = ""
    private: Address | None = None  #: Where we may write to this person alone; None until they opened it.
    version: int = 0


@dataclass(frozen=True, slots=True)
class Thread:
    """One person's talk in one chat."""

    id: str  #: Ours, random. The chat may get a new address (migration), the thread keeps its id.
    at: Address
    resident: Resident
    private: bool = False
    draft: Draft | None = None
    topic: str = ""  #: The FAQ entry spoken of last.
    topic_until: datetime | None = None
    #: Person id at the desk who speaks with them, or "desk" while nobody has taken it; the bot is silent meanwhile.
    handed_to: str = ""
    handed_case: str = ""
    offered_until: datetime | None = None  #: A quiet offer of help was made; no second one before.
    version: int = 0


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """An answer of the city with its source, as an operator imported it."""

    id: str
    title: str
    answer: str
    phrasings: tuple[str, ...] = ()
    source: str = ""
    dated: date | None = None
    title_en: str = ""
    answer_en: str = ""
    sample: bool = False  #: The sample street's: says so aloud.
    version: int = 0  #: Counts its changes; what it said before is in its history.
    valid_from: date | None = None  #: Answered from this local day on.
    valid_until: date | None = None  #: Answered up to this local day, that day included.
    area: str = ""  #: Holds in this area only (a community or a grid, as a rule); empty: everywhere.
    audience: Audience = Audience.ALL
    instead_of: str = ""  #: The id of the general entry that it stands for, in its area.
    changed_at: datetime | None = field(default=None, compare=False)
    changed_by: str = field(default="", compare=False)  #: Who changed it last: a name of the machine's, or a person id.

    def in_force(self, today: date) -> bool:
        """Whether it may be answered on that local day."""
        return (self.valid_from is None or self.valid_from <= today) and (
            self.valid_until is None or today <= self.valid_until
        )


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time way from a group, or from a letter, to a private talk or a page. Only its hash is stored."""

    token: str = field(repr=False)
    purpose: str  #: "case": go on with this case in private. "seat": the web channel's door.
    subject: str = field(repr=False)  #: Case number, or user id.
    resident: str  #: Only this resident may use it.
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PhotoOrder:
    """A picture to fetch from an app, clean and keep; `key` is its name in our store from now on."""

    key: str
    at: Address
    media: Media
    case: str = ""
    result: bool = False  #: Shows what was done, not what was found.


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What we learned of a group: the bot came or went, it moved, or it is heard otherwise."""

    at: Address
    title: str = ""
    hears: str = ""  #: "mention", "listen", or empty: as it was.
    present: bool | None = None
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """An open case nearby that may be the same matter; `likeness` of the words, 0 to 1, was computed outside."""

    case: Case
    likeness: float = 0.5  #: 0.5: not compared.
    metres: float | None = None
    picture: int | None = None  #: In how many bits the prints of their nearest pictures differ.


@dataclass(frozen=True, slots=True)
class Joined:
    """A report that was joined to the case in question, and the talk in which its reporter hears of it."""

    case: Case
    thread: Thread | None


@dataclass(frozen=True, slots=True)
class Fresh:
    """Random things, drawn outside the rules."""

    number: str  #: A case number nobody has: eight digits 1 to 9.
    token: str = field(repr=False)  #: 256 bits, URL-safe, at most 43 characters.
    keys: tuple[str, ...] = ()  #: Names for photos: at least as many as the inbound has.


Reach = Mapping[str, Address]
"""Person id -> where the bot can write to that person. A cadre who never started the bot is missing here."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is the same for all alerts of the house."""

    pace: Pace = field(default_factory=Pace)
    police: str = "110"  #: Whom to call who knows something: the police, never a family.
    neutral: str = ""  #: Key of the picture that takes the place of one taken back; empty: it is deleted.
    #: (channel, bot) of accounts that only send, (channel, "") of channels that only do: what they sent cannot be
    #: taken back, so they never get a photo.
    speakers: frozenset[tuple[str, str]] = frozenset()
    pages: str = ""  #: Where the pages are reached from outside: "https://wuyou.example"; empty: nowhere.


@dataclass(frozen=True, slots=True)
class Scan:
    """What the code of an order opens at the counter."""

    order: Order
    purse: Purse
    goods: Goods | None
    thread: Thread | None  #: The talk in which its holder hears of it; None once they were erased.


class TieState(StrEnum):
    ASKED = "asked"  #: A code is out; whoever of the family opens it may agree.
    LINKED = "linked"  #: Both agreed.
    GONE = "gone"  #: One of them took it back: nothing of it is kept.


@dataclass(frozen=True, slots=True)
class Tie:
    """Somebody of the family hears of it when one may be falling for a fraud."""

    id: str  #: Ours, random.
    guarded: Resident  #: About whom the other hears.
    relative: Resident | None = None  #: None until somebody has agreed.
    state: TieState = TieState.ASKED
    until: datetime | None = None  #: ASKED: so long the code may be opened.
    agreed_at: datetime | None = None
    code: str = field(default="", repr=False)  #: Of a new one; only its blind index is kept.
    version: int = 0


@dataclass(frozen=True, slots=True)
class Guard:
    """That somebody may be warned, and by which code other systems name them: it says nothing of who they are."""

    resident: Resident
    code: str = field(repr=False)
    warned_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """Read when somebody speaks of their family, or a system warns of a fraud."""

    guard: Guard | None = None  #: The sender's; of a warning, that of whom it names. None: the code is nobody's.
    ties: tuple[Tie, ...] = ()  #: Those the person has part in, on either side, the oldest first.
    asked: Tie | None = None  #: What the code opens that came with the message, if it is still open.


#: So far back a scene knows what was seen of its alert.
LATELY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known when one message, click or tick is decided."""

    fresh: Fresh
    thread: Thread | None = None  #: Whose talk this is; None for a tick.
    group: Group | None = None  #: The directory's group; None in private or when it is not bound.
    person: str = ""  #: Person id of the directory when the sender is on its staff.
    case: Case | None = None  #: The case in question: the button's, the draft's, the tick's.
    clocks: tuple[Clock, ...] = ()  #: Of that case.
    steps: tuple[Step, ...] = ()  #: Of that case, oldest first.
    reporter: Thread | None = None  #: The talk that case came from.
    mine: tuple[Case, ...] = ()  #: This resident's cases, newest first, at most 8.
    near: tuple[Near, ...] = ()
    seen: tuple[Near, ...] = ()  #: Cases, open or not, with a picture much like one that came now.
    joined: tuple[Joined, ...] = ()  #: Reports joined to that case, the oldest first.
    #: By number: what that case is joined to or resembles, what a button names beside it, what `mine` are joined to.
    others: Mapping[str, Case] = field(default_factory=dict)
    places: tuple[Candidate, ...] = ()  #: What the words or the pin may mean, best first.
    held: Held | None = None  #: Read when somebody asks what we hold of them.
    shop: Shop | None = None  #: Read when the message speaks of points or of the mall.
    family: Family | None = None  #: Read when the message speaks of the family, or is a warning of a fraud.
    scan: Scan | None = None  #: The order whose code somebody of the staff typed.
    proposed: bool = False  #: `places` lie where this person is known from: a button confirms them, nothing else.
    reach: Reach = field(default_factory=dict)
    hands: Mapping[str, Hands] = field(default_factory=dict)  #: Person id -> what they have in hand.
    plan: Plan = USUAL  #: How cases are dispatched.
    faq: Mapping[str, FaqEntry] = field(default_factory=dict)
    table: Clocks = field(default_factory=lambda: CATALOGUE)
    rules: Rules = CATALOGUE_ONLY  #: Who gets which kind of matter, as in force now.
    link_life: timedelta = timedelta(hours=24)
    link: Link | None = None  #: The link whose token came with this message, if it is valid.
    usernames: Mapping[str, str] = field(default_factory=dict)  #: Bot account -> its @name, for t.me links.
    alert: Alert | None = None  #: The alert in question: the button's, the tick's; `clocks` are its own then.
    standing: Standing = field(default_factory=Standing)
    pictures: Mapping[str, str] = field(default_factory=dict)  #: The alert's photos -> "waiting", "kept", "refused".
    sightings: tuple[AlertStep, ...] = ()  #: What anybody said they saw of it, the last ten minutes (`LATELY`) alone.


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody of the staff looked behind the mask, and why."""

    at: datetime
    by: str  #: Person id.
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """What we hold of one person, as they are told it."""

    since: datetime | None = None
    cases: int = 0
    open: int = 0  #: Of those cases.
    photos: int = 0
    consents: tuple[Consent, ...] = ()
    looks: tuple[Look, ...] = ()  #: The newest first.
    pages: str = ""  #: Where our pages are reached; empty: nowhere, and there is no file to fetch.
    photo_days: int = 180  #: So long pictures are kept.
    case_days: int = 1095  #: So long the words of a matter are kept.
    erased_soon: bool = False  #: They asked to be erased, and are within minutes.


@dataclass(frozen=True, slots=True)
class Erasure:
    """This person is to be erased, once their last letter has left."""

    resident: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a patrol said they are: for dispatch alone, for minutes."""

    person: str
    lat: float = field(repr=False)
    lon: float = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class PublicNote:
    """What the desk lets everybody read of a case; a new one takes the place of the old, one without words ends it."""

    case: str
    at: datetime
    words: str


Points = Purse | Earning | Known | Goods | Order
Change = (
    Case
    | Thread
    | Resident
    | Clock
    | Link
    | PhotoOrder
    | GroupChange
    | Position
    | PublicNote
    | Alert
    | AlertStep
    | Points
    | Tie
    | Guard
    | Consent
    | Erasure
    | Tenancy
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one message, click or tick changes: written together, once per cause, or not at all."""

    cause: str  #: "telegram:bot1:41", "click:9f2a", "tick:38164275:arrive:1"
    changes: tuple[Change, ...] = ()  #: Each with the version it was read with; 0 is new.
    steps: tuple[Step, ...] = ()
    letters: tuple[Letter, ...] = ()
    fanouts: tuple[Fanout | Recall | FanoutOrder, ...] = ()  #: Done in this order.
    absorbs: tuple[str, ...] = ()  #: Causes of other inbox rows that were part of this one (an album).
    misses: tuple[str, ...] = field(
        default=(), repr=False
    )  #: Questions without an answer, masked, to be counted by likeness.
    found: tuple[str, ...] = field(default=(), repr=False)  #: Counted as such before, and answered after all.
    entries: tuple[Entry, ...] = ()  #: Of points; the purse they change is among the changes.
    note: str = ""  #: Which desk, for the log line: "report.opened".
