"""The nouns of understanding: Intent, Guess, Answer, Span, Understanding; and the protocols an engine keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from nlu.person import Person

if TYPE_CHECKING:
    from nlu.linear import Reading


class Intent(StrEnum):
    """What kind of message it is."""

    ASK = "ask"  #: A question that a FAQ entry could answer.
    REPORT = "report"  #: Something is wrong somewhere; somebody should come.
    CHAT = "chat"  #: Neighbours talking; the bot keeps quiet.
    POINTS = "points"  #: Points, the mall.
    MISSING = "missing"  #: A person is missing.
    HUMAN = "human"  #: Wants to speak with a person.
    GREET = "greet_or_thanks"  #: Good morning, thank you, well done.


class Emergency(StrEnum):
    """Dangers for which 119, 110 or 120 is named before anything else."""

    FIRE = "fire"
    GAS = "gas"
    INJURY = "injury"
    VIOLENCE = "violence"
    TRAPPED = "trapped"
    DESPAIR = "despair"  #: Somebody does not want to live on: 12356, and a person who listens.
    PERIL = "peril"  #: Nobody is hurt yet: a child at deep water, a live wire, an old neighbour nobody hears of.


class Stance(StrEnum):
    """How sure we are of a FAQ answer, by the thresholds in thresholds.toml."""

    ANSWER = "answer"
    OFFER = "offer"  #: "Did you mean ...?" with up to three buttons.
    UNSURE = "unsure"  #: Keep quiet, or hand over to a person.


class Mood(StrEnum):
    THANKS = "thanks"
    ANGER = "anger"


@dataclass(frozen=True, slots=True)
class Guess:
    """A label and its calibrated probability, 0 to 1."""

    label: str
    p: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A FAQ entry that may answer: its id, the score 0 to 1 and the coverage (IDF-weighted share of the question's
    n-grams that the entry has, 0 to 1)."""

    entry: str
    score: float
    coverage: float
    learnt: float | None = None  #: How likely it is by what was learnt from the phrasings; None: it was not learnt.
    elsewhere: float = 0.0  #: How likely it is, by the same, that no entry answers.
    # Of the question, and the same for all of its answers; 0 where nothing was learnt.
    within: float = 0.0  #: Log-odds that some entry answers it.
    known: float = 0.0  #: How like it is the nearest phrasing of all entries, about 0 to 1,
    beyond: float = 0.0  #: and the nearest written question that none of them answers.


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the normalised text: text == understanding.text[start:end]."""

    text: str = field(repr=False)
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A FAQ entry as the index needs it: its id, title, every phrasing a person may use, and the answer, whose words
    count a little."""

    id: str
    title: str
    phrasings: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """A piece of the normalised text that is a matter of its own."""

    text: str = field(repr=False)
    category: Guess


@dataclass(frozen=True, slots=True)
class Understanding:
    """All that one sentence means, as far as we know, and how sure we are."""

    #: Normalised once: NFKC, no control or zero-width characters, simplified, lower case, trimmed.
    text: str = field(repr=False)
    intents: tuple[Guess, ...] = ()  #: Best first; probabilities sum to 1.
    categories: tuple[Guess, ...] = ()  #: Best first, at most 5; codes of the catalogue.
    matters: tuple[Matter, ...] = ()  #: The two matters told in one message, surely of different kinds; else ().
    answers: tuple[Answer, ...] = ()  #: Best first, at most 3.
    stance: Stance = Stance.UNSURE
    places: tuple[Span, ...] = ()
    when: tuple[datetime, datetime] | None = None  #: The instant range a time phrase names, aware UTC.
    people: int | None = None
    plates: tuple[str, ...] = ()  #: Number plates, without gaps and in capitals: 浙A12345.
    person: Person | None = None  #: What somebody who is missing, or was seen, looks like.
    emergency: Emergency | None = None
    violent: bool = False  #: Words of violence: a family matter becomes urgent.
    mood: Mood | None = None
    foreign: bool = False  #: Written in a language that is not read here: what is said of it would be guessing.
    engine: str = "lexical"  #: Which engine decided: lexical, encoder, rasa.

    @property
    def intent(self) -> Intent:
        """The likeliest intent; CHAT when nothing was said."""
        return Intent(self.intents[0].label) if self.intents else Intent.CHAT

    @property
    def intent_p(self) -> float:
        return self.intents[0].p if self.intents else 0.0

    @property
    def category(self) -> Guess | None:
        return self.categories[0] if self.categories else None


class Lexicon(Protocol):
    """What one street knows: its FAQ index and its place names. Changes while running, without training."""

    def answers(self, text: str, most: int = 3, read: Reading | None = None) -> tuple[Answer, ...]: ...

    def places(self, text: str) -> tuple[Span, ...]: ...

    def title(self, entry: str) -> str:
        """Returns the title of a FAQ entry; empty when it is not there (any more)."""
        ...


class Nlu(Protocol):
    """Understands one sentence. `topic` is the FAQ entry this person last spoke of in this chat."""

    async def understand(self, text: str, *, topic: str | None, lexicon: Lexicon, now: datetime) -> Understanding: ...


class Engine(Protocol):
    """One way of classifying. Synchronous engines are rules; a remote one (Rasa) wraps itself."""

    name: str

    def classify(self, text: str) -> tuple[Sequence[Guess], Sequence[Guess]]:
        """Returns (intents, categories), each best first, calibrated."""
        ...
