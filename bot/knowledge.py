"""What the street knows, in memory: its FAQ index and its place names, kept in step with the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bot.outcome import FaqEntry
from nlu.audience import Audience
from nlu.entries import Learnt
from nlu.lexical import Background, Lexicon
from nlu.part import Part
from nlu.understanding import Entry, Span
from routing.directory import AreaKind, Directory

#: Askers of how many places are remembered.
MOST_PLACES = 256


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom an answer is looked for."""

    areas: tuple[str, ...] = ()  #: Where they are, or are known to belong; empty: not known.
    staff: bool = False  #: In the directory, and writing to the bot alone.


@dataclass(frozen=True, slots=True)
class Known:
    """What one asker may hear: the index to look it up in, and the entries themselves, by id."""

    lexicon: Part
    faq: Mapping[str, FaqEntry]


class Knowledge:
    """Follows the FAQ, the directory and the day. A changed entry touches the index alone: no training."""

    def __init__(self, background: Background | None = None, learnt: Learnt | None = None) -> None:
        self._background, self._learnt = background, learnt
        self._faq: Mapping[str, FaqEntry] = {}
        self._directory: Directory | None = None
        self._today: date | None = None
        self._used: Mapping[str, FaqEntry] = {}  #: Of the FAQ what is in force today.
        self.lexicon = Lexicon((), (), background, learnt)
        self.by_area = False  #: Whether it matters where somebody asks.
        self._part = lru_cache(MOST_PLACES)(self._made)

    def follow(self, faq: Mapping[str, FaqEntry], directory: Directory, today: date | None = None) -> Lexicon:
        """Returns the lexicon as of these; without `today`, of entries whose time is over or to come as well. The same
        objects again cost three comparisons."""
        if directory is self._directory and faq is self._faq and today == self._today:
            return self.lexicon
        used = faq if today is None else {id_: entry for id_, entry in faq.items() if entry.in_force(today)}
        if directory is not self._directory:
            # Place names only come with an import; a fresh index is simplest and takes milliseconds.
            names = sorted(place_names(directory))
            self.lexicon = Lexicon(map(_entry, used.values()), names, self._background, self._learnt)
        else:
            for gone in self._used.keys() - used.keys():
                self.lexicon.withdraw(gone)
            for id_, entry in used.items():
                if self._used.get(id_) != entry:
                    self.lexicon.add(_entry(entry))
        self._directory, self._faq, self._today, self._used = directory, faq, today, used
        self.by_area = any(entry.area for entry in used.values())
        self._part.cache_clear()
        return self.lexicon

    def places(self, text: str) -> tuple[Span, ...]:
        """Returns the street's place names in normalised `text`."""
        return self.lexicon.places(text)

    def heard_by(self, asker: Asker) -> Known:
        """Returns what this asker may hear, as of the last `follow`."""
        return self._part(asker)

    def _made(self, asker: Asker) -> Known:
        faq, directory = self._used, self._directory
        here = {id_: entry for id_, entry in faq.items() if _for(entry, asker, directory)}
        special: dict[str, int] = {}
        instead: dict[str, str] = {}
        for id_, entry in here.items():
            if entry.area and directory is not None:
                special[id_] = 1 + len(directory.ancestors(entry.area))
        for id_ in sorted(special, key=lambda each: (special[each], each)):  # The smallest area comes last, and stays.
            if here[id_].instead_of:
                instead[here[id_].instead_of] = id_
        meant = {id_: entry.audience for id_, entry in here.items() if entry.audience}
        hidden = frozenset(faq.keys() - here.keys())
        return Known(Part(self.lexicon, hidden, instead, special, meant), here if hidden else faq)


def place_names(directory: Directory) -> set[str]:
    """The names people use for places: roads, compounds, landmarks, communities."""
    names = {area.name for area in directory.areas.values() if area.kind in (AreaKind.COMMUNITY, AreaKind.MICRO)}
    return names | set(directory.gazetteer.place_names)


def _for(entry: FaqEntry, asker: Asker, directory: Directory | None) -> bool:
    if entry.audience is Audience.STAFF and not asker.staff:
        return False
    if not entry.area:
        return True
    return directory is not None and any(directory.contains(entry.area, area) for area in asker.areas)


def _entry(entry: FaqEntry) -> Entry:
    return Entry(entry.id, entry.title, entry.phrasings, entry.answer)
