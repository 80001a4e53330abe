"""How long each kind of personal data is kept. (A noun; the store lets it go, the configuration says how long.)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Spans:
    """Ends of time, counted from when something came in (for people: from when they were last heard of)."""

    updates: timedelta = timedelta(days=30)
    photos: timedelta = timedelta(days=180)
    chat: timedelta = timedelta(days=180)
    cases: timedelta = timedelta(days=3 * 365)

    def of(self, kind: str) -> timedelta:
        """Of a kind of `retention.KINDS`; people are kept as long as their cases."""
        return {
            "updates": self.updates, "photos": self.photos, "chat": self.chat,
            "cases": self.cases, "people": self.cases,
        }[kind]  # fmt: skip
