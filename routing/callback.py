"""The call-back: what the post asks a resident, by kind of matter, and how the answers are written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from routing.case import Case, Step, Verb
from routing.platforms import CATEGORIES, Platform, Urgency


class Ask(StrEnum):
    """One question of the call-back. Its words stand in the texts, by this name."""

    SAFE = "safe"  #: Are you in safety yourself?
    HURT = "hurt"  #: Is anybody hurt?
    WHERE = "where"  #: Building, floor, entrance: how does one find it?
    STILL = "still"  #: Is it going on at this moment?
    PEOPLE = "people"  #: How many people, and who?
    WEAPON = "weapon"
    TRAPPED = "trapped"  #: Is anybody shut in or stuck, on which floor?
    HELPLESS = "helpless"  #: Children, old or sick people beside it?
    LOOKS = "looks"  #: What do they look like, what do they wear?
    SEEN = "seen"  #: Where and when seen last, which way did they go?
    HABITS = "habits"  #: An illness, a place they like to go to?
    MONEY = "money"  #: Was money sent: how much, when, by what?
    SMELL = "smell"  #: Does it smell of gas or smoke?
    SHUT = "shut"  #: Are valve and fuse shut, windows open?
    BLOCKED = "blocked"  #: Can a fire engine or an ambulance get through?
    WHO = "who"  #: Whose is it, who does it: a shop, a firm, a number plate?
    SIZE = "size"  #: How large, how much, how high?
    HOMES = "homes"  #: Only this home, or how many?
    SINCE = "since"  #: Since when, at what times?
    TRIED = "tried"  #: Who was told of it before, and what came of that?
    WISH = "wish"  #: What would solve it for you?
    PAPERS = "papers"  #: Is there a receipt, a contract, a paper?
    PRIVACY = "privacy"  #: When and how may we reach you without others hearing of it?
    MORE = "more"  #: Anything else the people on the way should know?


@dataclass(frozen=True, slots=True)
class Told:
    """One answer as it was written down."""

    ask: Ask
    words: str


# Most important first: a caller may hang up. Whoever is on the way needs where and what awaits them; an office needs
# since when, whose, and what was tried.
_ROWS = """
order.neighbour       still people since tried wish
order.family          safe hurt still helpless privacy
order.property        since tried papers wish
order.wage            people since size papers
order.fraud           still money who since papers
order.theft           safe still looks seen size
order.fight           safe hurt still people weapon
order.missing         looks seen habits helpless who
order.tenancy         people since who
order.staff           since papers wish privacy
order.school          still people helpless who
market.food           hurt who papers since
market.price          who papers size
market.counterfeit    who papers size
market.license        who since
market.prepaid        who papers size people
market.gas            safe smell shut size who
market.lift           trapped hurt helpless where
market.medicine       hurt who papers
enforcement.garbage   size since who
enforcement.stall     still blocked who
enforcement.building  still size who since
enforcement.noise     still who since tried
enforcement.dust      still who since
enforcement.smoke     still smell who since
enforcement.water     still size who
enforcement.parking   blocked who since
enforcement.posters   size who
enforcement.green     still size who
enforcement.fire_lane blocked who still
enforcement.ebike     still where who helpless
enforcement.fire      smell blocked helpless size
enforcement.worksite  hurt still people who
service.light         size homes since
service.road          hurt size blocked
service.manhole       hurt size blocked where
service.tap           homes since size
service.power         safe hurt homes helpless
service.drain         homes size blocked
service.insects       hurt where size helpless
service.dogs          hurt still size who
service.elder         helpless since tried wish
service.transport     since wish
service.insurance     papers tried wish
service.schooling     papers tried wish
service.facilities    hurt size since
service.urgent_help   hurt where helpless people
service.suggestion    wish
service.other         still size wish
"""

#: What is asked about each kind of matter, the most important first.
QUESTIONS: Mapping[str, tuple[Ask, ...]] = MappingProxyType(
    {code: tuple(map(Ask, asks)) for code, *asks in (row.split() for row in _ROWS.strip().splitlines())}
)

_BY_PLATFORM: Mapping[Platform, tuple[Ask, ...]] = MappingProxyType(
    {
        Platform.ORDER: (Ask.SAFE, Ask.HURT, Ask.STILL, Ask.PEOPLE),
        Platform.MARKET: (Ask.WHO, Ask.PAPERS, Ask.SIZE),
        Platform.ENFORCEMENT: (Ask.STILL, Ask.WHO, Ask.SINCE),
        Platform.SERVICE: (Ask.SIZE, Ask.SINCE, Ask.WISH),
    }
)
#: Of a kind that nobody knows yet.
_UNKNOWN = (Ask.SAFE, Ask.STILL, Ask.SIZE)

_BY_NAME: Mapping[str, Ask] = MappingProxyType({ask.value: ask for ask in Ask})

#: Characters of one answer that are kept.
MOST_WORDS = 500


def questions(category: str, urgency: str = "") -> tuple[Ask, ...]:
    """Returns what the call-back post asks about a kind of matter, the most important first; `MORE` is the last.

    Of what is urgent it is always asked how one finds it: somebody is on the way. A category that is not in the table
    has its platform's questions, an unknown one a few that always make sense.
    """
    known = CATEGORIES.get(category)
    asked = QUESTIONS.get(category) or (_BY_PLATFORM[known.platform] if known else _UNKNOWN)
    urgent = (urgency or (known.urgency if known else "")) == Urgency.NOW
    if urgent and Ask.WHERE not in asked:
        asked = (*asked[:2], Ask.WHERE, *asked[2:])
    return (*asked, Ask.MORE)


def unanswered(case: Case, steps: Iterable[Step]) -> tuple[Ask, ...]:
    """The questions of a case without an answer yet; `MORE` stays for as long as there is anything to add. A place of
    the library with a door to it (address or pin) needs no "where"."""
    given = {each.ask for each in answers(steps)}
    placed = bool(case.address_id or case.location)
    return tuple(
        ask
        for ask in questions(case.category, case.urgency)
        if ask is Ask.MORE or not (ask in given or (ask is Ask.WHERE and placed))
    )


def written(told: Mapping[Ask, str]) -> str:
    """The answers as the words of one NOTE step, each on a line of its own with the name of its question; "" when all
    are empty. Whoever reads them back sees each question in their own language."""
    lines = ((ask, " ".join(words.split())[:MOST_WORDS]) for ask, words in told.items())
    return "\n".join(f"{ask}={words}" for ask, words in lines if words)


def read(words: str) -> tuple[Told, ...]:
    """The answers in the words of a step. A note that is none of the call-back's has none."""
    found = []
    for line in words.split("\n"):
        name, is_answer, said = line.partition("=")
        if is_answer and said and (ask := _BY_NAME.get(name)):
            found.append(Told(ask, said))
    return tuple(found)


def answers(steps: Iterable[Step]) -> tuple[Told, ...]:
    """What the resident told the call-back post since the case was opened (or opened again), each question's newest
    answer, in the order in which they were first answered. Of `MORE` all are kept: each said something else."""
    found: list[Told] = []
    for step in steps:
        if step.verb is Verb.REOPEN:
            found.clear()
        if step.verb is not Verb.NOTE:
            continue
        for told in read(step.words):
            at = next((n for n, old in enumerate(found) if old.ask is told.ask and told.ask is not Ask.MORE), None)
            if at is None:
                found.append(told)
            else:
                found[at] = told
    return tuple(found)
