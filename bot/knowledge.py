"""What the street knows, in memory: its FAQ index and its place names, kept in step with the database."""

from __future__ import annotations

from collections.abc import Mapping

from bot.outcome import FaqEntry
from nlu.lexical import Background, Lexicon
from nlu.understanding import Entry
from routing.directory import AreaKind, Directory


class Knowledge:
    """Follows the FAQ and the directory. A changed entry touches the index alone: microseconds, no training."""

    def __init__(self, background: Background | None = None) -> None:
        self._background = background
        self._faq: Mapping[str, FaqEntry] = {}
        self._directory: Directory | None = None
        self.lexicon = Lexicon((), (), background)

    def follow(self, faq: Mapping[str, FaqEntry], directory: Directory) -> Lexicon:
        """Returns the lexicon as of these two. The same objects again cost two comparisons."""
        if directory is not self._directory:
            # Place names only come with an import; a fresh index is simplest and takes milliseconds.
            self.lexicon = Lexicon(map(_entry, faq.values()), sorted(place_names(directory)), self._background)
            self._directory, self._faq = directory, faq
        elif faq is not self._faq:
            for gone in self._faq.keys() - faq.keys():
                self.lexicon.withdraw(gone)
            for id_, entry in faq.items():
                if self._faq.get(id_) != entry:
                    self.lexicon.add(_entry(entry))
            self._faq = faq
        return self.lexicon


def place_names(directory: Directory) -> set[str]:
    """The names people use for places: roads, compounds, landmarks, communities."""
    names = {area.name for area in directory.areas.values() if area.kind in (AreaKind.COMMUNITY, AreaKind.MICRO)}
    return names | set(directory.gazetteer.place_names)


def _entry(entry: FaqEntry) -> Entry:
    return Entry(entry.id, entry.title, entry.phrasings)
